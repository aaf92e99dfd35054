-- The desk: requisites on which transfers between people are received, and who holds them now.

-- desk/: what a merchant decides for all of its requisites in one mode; no row: the defaults.
create table desks (
  merchant_id uuid not null references merchants (id),
  mode text not null check (mode in ('test', 'live')),
  -- How equal amounts that are open on one requisite are told apart.
  unique_amounts text not null default 'none'
    check (unique_amounts in ('none', 'whole', 'decimals')),
  -- At most so many whole units, or smallest units, are added for that.
  unique_bound integer not null default 0 check (unique_bound between 0 and 10000),
  primary key (merchant_id, mode)
);

-- The order in which requisites were last leased, also within one moment of the clock.
create sequence requisite_turns;

create table requisites (
  merchant_id uuid not null references merchants (id),
  id uuid not null,
  mode text not null check (mode in ('test', 'live')),
  -- Null: the merchant's own.
  trader_id uuid references users (id),
  kind text not null check (kind in ('card', 'iban', 'account', 'phone', 'wallet')),
  -- What a payer chooses: both kinds of bank account are one way to pay.
  way text not null generated always as (
    case kind when 'iban' then 'bank' when 'account' then 'bank' else kind end) stored,
  currency text not null,
  -- Sealed JSON: the number, the holder and whatever else a payer is shown.
  details bytea not null,
  -- HMAC-SHA-256 of the number in its one form: finds it, tells nothing.
  number_hash bytea not null,
  last_four text not null,
  bank text,
  country text,
  active boolean not null default true,
  -- Null: no limit. Volumes and counts are those of the time zone's day and month.
  min_units numeric(78, 0),
  max_units numeric(78, 0),
  day_units numeric(78, 0),
  day_count integer,
  month_units numeric(78, 0),
  month_count integer,
  open_limit integer,
  cool_down_seconds integer not null default 0 check (cool_down_seconds >= 0),
  -- [{"days": [1, 2], "from": "09:00", "to": "18:00"}], Monday is 1; null: always.
  schedule jsonb,
  time_zone text not null default 'UTC',
  -- Null follows the desk.
  unique_amounts text check (unique_amounts in ('none', 'whole', 'decimals')),
  unique_bound integer check (unique_bound between 0 and 10000),
  -- Leases that are open now.
  open_count integer not null default 0 check (open_count >= 0),
  leased_at timestamptz,
  -- Not worth a look before then: it cools down, is full, or its day is over. Only a hint.
  turn_at timestamptz not null,
  turn bigint not null default nextval('requisite_turns'),
  -- The largest amount worth a try until then: what volumes and deposit leave. Only a hint, too.
  room_units numeric(78, 0),
  room_until timestamptz,
  created_at timestamptz not null,
  primary key (merchant_id, id)
);
-- Beside a primary key, no index that begins like it: a plan made on an empty table takes either.
create unique index requisites_by_number
  on requisites (number_hash, merchant_id, mode, kind, currency);
create index requisites_by_turn on requisites (merchant_id, mode, way, currency, turn_at, turn)
  where active;

-- What a requisite was used for, by the day and month (their first day) of its own time zone.
create table requisite_usage (
  merchant_id uuid not null,
  requisite_id uuid not null,
  period text not null check (period in ('day', 'month')),
  starts date not null,
  units numeric(78, 0) not null default 0 check (units >= 0),
  operations integer not null default 0 check (operations >= 0),
  primary key (merchant_id, requisite_id, period, starts)
);

-- A requisite promised to one instruction, whose id it has.
create table leases (
  merchant_id uuid not null,
  id uuid not null,
  requisite_id uuid not null,
  payment_id uuid not null,
  mode text not null,
  trader_id uuid,
  asset text not null,
  -- What was asked for, and what the payer was told to pay.
  asked_units numeric(78, 0) not null check (asked_units > 0),
  units numeric(78, 0) not null check (units >= asked_units),
  -- Whether its amount must differ from the others that are open on the requisite.
  apart boolean not null,
  status text not null default 'open' check (status in ('open', 'closed')),
  -- All that has come in for it.
  received_units numeric(78, 0) not null default 0 check (received_units >= 0),
  -- The trader's deposit for it, as the ledger has it: still reserved, and gone to the merchant.
  reserved_units numeric(78, 0) not null default 0 check (reserved_units >= 0),
  taken_units numeric(78, 0) not null default 0 check (taken_units >= 0),
  -- How many ledger transfers it has caused; numbers their ids.
  postings integer not null default 0,
  -- The day of the requisite's time zone under which it is counted.
  day date not null,
  leased_at timestamptz not null,
  closed_at timestamptz,
  primary key (merchant_id, id)
);
-- Amounts that must differ do, because they share their merchant; others are their own distinction.
create unique index leases_open
  on leases (requisite_id, units, (case when apart then merchant_id else id end))
  where status = 'open';
