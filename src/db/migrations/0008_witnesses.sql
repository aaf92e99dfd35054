-- The desk: who says that money came in, and money that nobody has put to a payment yet.

-- desk/: one money that came in for one lease, whoever says so; `id` is its observation's key.
create table lease_moneys (
  merchant_id uuid not null,
  lease_id uuid not null,
  id uuid not null,
  units numeric(78, 0) not null check (units > 0),
  -- When it came in, as the payment was told.
  at timestamptz not null,
  -- Its witnesses, each once: a person, an entry of a statement, a message.
  said_by uuid references users (id),
  said_at timestamptz,
  -- The person's own name for this money: the same one twice is one money.
  said_reference text,
  entry_id uuid,
  message_id uuid,
  created_at timestamptz not null,
  primary key (merchant_id, lease_id, id),
  check (said_at is not null or entry_id is not null or message_id is not null)
);

-- Money that a statement or a message reports: waiting in the inbox, or put to a lease.
create table incomings (
  merchant_id uuid not null,
  id uuid not null,
  mode text not null check (mode in ('test', 'live')),
  -- On whose requisites; null: on the merchant's own.
  trader_id uuid references users (id),
  source text not null check (source in ('statement', 'message')),
  -- `reversal`: the bank takes earlier money back; only people decide about that.
  kind text not null check (kind in ('money', 'reversal')),
  -- Names it for ever: the same line read again, the same message sent again.
  source_key text not null,
  -- Where it can have come in.
  requisites uuid[] not null,
  asset text not null,
  units numeric(78, 0) not null check (units > 0),
  at timestamptz,
  -- Whether `at` has a time of day.
  timed boolean not null,
  -- Sealed JSON: what the payer wrote, names and numbers.
  details bytea not null,
  status text not null default 'waiting' check (status in ('waiting', 'settled', 'dismissed')),
  -- Why it waits, and for which leases it can be: [{"lease": …, "score": …, "reasons": […]}].
  why text,
  candidates jsonb,
  lease_id uuid,
  money_id uuid,
  -- Null: nobody had to.
  decided_by uuid references users (id),
  decided_at timestamptz,
  reason text,
  created_at timestamptz not null,
  primary key (merchant_id, id),
  check ((status = 'settled') <= (lease_id is not null))
);
-- Beside a primary key, no index that begins like it: a plan made on an empty table takes either.
create unique index incomings_by_source on incomings (source_key, merchant_id);
create index incomings_by_status on incomings (status, mode, merchant_id, id);
create index incomings_waiting on incomings (asset, units, merchant_id) where status = 'waiting';

-- How a bank writes its CSV, by a name of the merchant's own.
create table statement_mappings (
  merchant_id uuid not null references merchants (id),
  mode text not null check (mode in ('test', 'live')),
  name text not null,
  mapping jsonb not null,
  changed_at timestamptz not null,
  primary key (merchant_id, mode, name)
);

-- A phone or a mailbox that forwards what banks write.
create table desk_devices (
  merchant_id uuid not null references merchants (id),
  id uuid not null,
  mode text not null check (mode in ('test', 'live')),
  -- Its messages are about this trader's requisites; null: about the merchant's own.
  trader_id uuid references users (id),
  name text not null,
  -- Sealed: the key with which it signs.
  secret bytea not null,
  active boolean not null default true,
  -- It counts its messages from 1: what is left out has not reached us.
  last_counter bigint not null default 0,
  missing_count integer not null default 0,
  heard_at timestamptz,
  -- The signed time of its last sign of life: an older one is a repetition.
  beat_at timestamptz,
  created_at timestamptz not null,
  primary key (merchant_id, id)
);
create unique index desk_devices_by_id on desk_devices (id);

-- All that devices forwarded, also what no template could read.
create table desk_messages (
  merchant_id uuid not null,
  id uuid not null,
  device_id uuid not null,
  counter bigint not null,
  -- SHA-256 of the body: the same counter with another body is no repetition.
  body_hash bytea not null,
  -- Sealed JSON: sender and text.
  content bytea not null,
  -- Null: none fits.
  template text,
  received_at timestamptz not null,
  created_at timestamptz not null,
  primary key (merchant_id, id)
);
create unique index desk_messages_by_counter on desk_messages (device_id, counter);

-- What a trader looks at, and closed leases to which money may still come.
create index leases_by_status on leases (mode, merchant_id, id) where status = 'open';
create index leases_closed on leases (requisite_id, closed_at) where status = 'closed';
