-- desk/payouts: the queue of money that people send for a merchant, one order for each payout.

-- What a merchant decides for its payouts in one mode; no row: the defaults.
create table payout_desks (
  merchant_id uuid not null references merchants (id),
  mode text not null check (mode in ('test', 'live')),
  -- Whether a trader's own word completes what he took.
  traders_confirm boolean not null default false,
  -- Whether a part of the trader's deposit stands for the payout while he has it.
  pledged boolean not null default true,
  -- How many one person may have open at the same time.
  open_limit integer not null default 5 check (open_limit between 1 and 1000),
  -- After so long one that was taken and for which nothing was shown goes back to the queue.
  take_minutes integer not null default 30 check (take_minutes between 1 and 10080),
  primary key (merchant_id, mode)
);

-- `id` is that of the payment.
create table payout_orders (
  merchant_id uuid not null,
  id uuid not null,
  mode text not null check (mode in ('test', 'live')),
  -- The payment's own, printed on the transfer: by it a statement's entry is found.
  reference text not null,
  way text not null check (way in ('bank', 'card', 'phone', 'wallet')),
  asset text not null,
  units numeric(78, 0) not null check (units > 0),
  -- Sealed JSON: where the money goes; and the end of its number, which anybody may see.
  destination bytea not null,
  last_four text not null,
  -- HMAC-SHA-256 of the number in its one form; null where there is none.
  number_hash bytea,
  status text not null default 'waiting' check (status in
    ('waiting', 'taken', 'completed', 'rejected', 'closed', 'reversed')),
  -- Who has it, or had it when it ended.
  taken_by uuid references users (id),
  -- Only where the taker is a trader: whose deposit moves with it.
  trader_id uuid references users (id),
  taken_at timestamptz,
  due_at timestamptz,
  -- Whether the taker's deposit stands for it, as was decided when it was taken.
  pledged boolean not null default false,
  -- The bank's reference, and the SHA-256 of a file that shows the transfer.
  proof_reference text,
  proof_file text,
  proof_at timestamptz,
  -- Why it was given back last, or rejected.
  reason text,
  -- Who said how it ended; null: nobody had to.
  ended_by uuid references users (id),
  ended_at timestamptz,
  -- The entry of a statement that shows the transfer, whoever had said so before.
  witness text,
  -- A reversal is the house's loss and not the trader's.
  house_pays boolean not null default false,
  -- What the trader's deposit has for it, as the ledger has it: reserved, and earned by it.
  reserved_units numeric(78, 0) not null default 0 check (reserved_units >= 0),
  earned_units numeric(78, 0) not null default 0 check (earned_units >= 0),
  -- How many ledger transfers it has caused; numbers their ids.
  postings integer not null default 0,
  created_at timestamptz not null,
  primary key (merchant_id, id),
  check ((status = 'taken') <= (taken_by is not null)),
  check ((status = 'waiting') <= (taken_by is null))
);
-- Beside a primary key, no index that begins like it: a plan made on an empty table takes either.
create index payout_orders_by_status on payout_orders (status, mode, merchant_id, id);
create index payout_orders_waiting on payout_orders (mode, merchant_id, id)
  where status = 'waiting';
create index payout_orders_by_taker on payout_orders (taken_by, status, id)
  where taken_by is not null;
create index payout_orders_due on payout_orders (due_at) where status = 'taken' and proof_at is null;
create unique index payout_orders_by_witness on payout_orders (witness, merchant_id)
  where witness is not null;
create index payout_orders_unseen on payout_orders (asset, units, mode, merchant_id, id)
  where witness is null and status in ('taken', 'completed');
