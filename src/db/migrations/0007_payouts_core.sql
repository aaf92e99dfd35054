-- Payouts are payments that go out; lists that stay quick however many operations there are.

-- payments/
alter table payments
  add column direction text not null default 'in' check (direction in ('in', 'out')),
  -- Why it failed, where that is more than bad luck: `declined` before any money moved.
  add column cause text check (cause in ('declined')),
  -- Money was seen, or a trader has the payout.
  add column touched boolean not null default false,
  -- The last event after the first; null: nothing has happened since it was made.
  add column updated_at timestamptz,
  -- The price as a decimal number: what lists are sorted by, and never what anything is paid by.
  add column price_value numeric,
  -- Whether the merchant has a reference of its own for it: a column, so that an index can have it.
  add column referenced boolean not null
    generated always as (merchant_reference is not null) stored;

update payments p set
  touched = exists (
    select from observations o
     where o.merchant_id = p.merchant_id and o.payment_id = p.id and o.present),
  updated_at = (
    select max(e.at) from events e
     where e.merchant_id = p.merchant_id and e.payment_id = p.id and e.seq > 1),
  price_value = price_units / case
    when price_asset in ('BTC', 'LTC', 'BCH', 'DOGE', 'DASH', 'ZEC') then 1e8
    when price_asset in ('ETH', 'DAI', 'POL', 'BNB') then 1e18
    when price_asset in ('USDT', 'USDC', 'XRP', 'TRX', 'ADA') then 1e6
    when price_asset = 'XMR' then 1e12
    when price_asset = 'SOL' then 1e9
    when price_asset in ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF',
      'UGX', 'UYI', 'VND', 'VUV', 'XAF', 'XOF', 'XPF') then 1
    when price_asset in ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') then 1e3
    when price_asset in ('CLF', 'UYW') then 1e4
    else 100 end;
alter table payments alter column price_value set not null;

-- Every page begins in one of these. The first also serves whatever is listed by its creation, so
-- that it takes the place of the index by time. A create pays for each of them: the others hold
-- only what has been changed, or what the merchant has a reference of its own for.
create index payments_by_state on payments (merchant_id, mode, direction, price_asset, status,
  touched, referenced, created_at, id);
drop index payments_by_time;
-- Sorted by code points, wherever the database was made.
create index payments_by_merchant_reference
  on payments (merchant_id, mode, merchant_reference collate "C", id)
  where referenced;
create index payments_by_value
  on payments (merchant_id, mode, price_value, id) where referenced;
create index payments_by_update on payments (merchant_id, mode, updated_at, id)
  where updated_at is not null;

-- How many payments there are of each kind: the sum of all rows of that kind. Rows are added by
-- every statement that changes payments, and now and then replaced by their sum, so that nobody
-- waits for somebody else's row and the sum is exact at any moment.
create table payment_tallies (
  merchant_id uuid not null,
  mode text not null,
  id bigint generated always as identity,
  direction text not null,
  price_asset text not null,
  status text not null,
  touched boolean not null,
  referenced boolean not null,
  paused boolean not null,
  -- `none` when there is none.
  cause text not null,
  payments bigint not null,
  primary key (merchant_id, mode, id)
);

insert into payment_tallies
  (merchant_id, mode, direction, price_asset, status, touched, referenced, paused, cause,
   payments)
select merchant_id, mode, direction, price_asset, status, touched,
       referenced, paused, coalesce(cause, 'none'), count(*)
  from payments group by 1, 2, 3, 4, 5, 6, 7, 8, 9;

create function payments_added() returns trigger language plpgsql as $$
begin
  insert into payment_tallies
    (merchant_id, mode, direction, price_asset, status, touched, referenced, paused, cause,
     payments)
  select merchant_id, mode, direction, price_asset, status, touched,
         referenced, paused, coalesce(cause, 'none'), count(*)
    from added group by 1, 2, 3, 4, 5, 6, 7, 8, 9;
  return null;
end $$;

create function payments_removed() returns trigger language plpgsql as $$
begin
  insert into payment_tallies
    (merchant_id, mode, direction, price_asset, status, touched, referenced, paused, cause,
     payments)
  select merchant_id, mode, direction, price_asset, status, touched,
         referenced, paused, coalesce(cause, 'none'), -count(*)
    from removed group by 1, 2, 3, 4, 5, 6, 7, 8, 9;
  return null;
end $$;

create function payments_changed() returns trigger language plpgsql as $$
begin
  insert into payment_tallies
    (merchant_id, mode, direction, price_asset, status, touched, referenced, paused, cause,
     payments)
  select merchant_id, mode, direction, price_asset, status, touched,
         referenced, paused, coalesce(cause, 'none'), sum(change)
    from (select *, 1 as change from added union all select *, -1 from removed) as both_sides
   group by 1, 2, 3, 4, 5, 6, 7, 8, 9 having sum(change) <> 0;
  return null;
end $$;

create trigger payments_added after insert on payments
  referencing new table as added for each statement execute function payments_added();
create trigger payments_removed after delete on payments
  referencing old table as removed for each statement execute function payments_removed();
create trigger payments_changed after update on payments
  referencing new table as added old table as removed
  for each statement execute function payments_changed();
