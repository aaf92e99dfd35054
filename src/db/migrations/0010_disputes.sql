-- desk/disputes: what merchants, traders and operators do not agree on, and what shows it.

-- While somebody says that more has come in for a lease, its trader's deposit stands for it also
-- after the lease has closed: all that is said to have come; null: nobody says so.
alter table leases add column claimed_units numeric(78, 0) check (claimed_units >= 0);

-- It had not come, or not all of it, as a dispute has shown: what remains is a row of its own.
alter table lease_moneys add column taken_back_at timestamptz;

create table disputes (
  merchant_id uuid not null references merchants (id),
  id uuid not null,
  mode text not null check (mode in ('test', 'live')),
  kind text not null check (kind in
    ('payment_not_received', 'wrong_amount', 'duplicate', 'payout_not_received')),
  status text not null check (status in
    ('open', 'contested', 'escalated', 'resolved', 'withdrawn', 'closed')),
  payment_id uuid not null,
  -- Null: it is about a payout, which has the id of its payment.
  lease_id uuid,
  -- Null: the merchant is its own desk.
  trader_id uuid references users (id),
  asset text not null,
  -- Of a lease all that came in, of a payout what did not arrive, as the opener says.
  claimed_units numeric(78, 0) not null check (claimed_units >= 0),
  -- The opener says that less has come in than is booked.
  less boolean not null,
  -- What differs from what is booked: at first by the opener, in the end as it was shared out.
  contested_units numeric(78, 0) not null check (contested_units >= 0),
  -- When the payer paid, as somebody said.
  paid_at timestamptz,
  -- Null: somebody at the server's own shell.
  opened_by uuid references users (id),
  opener text not null check (opener in ('merchant', 'trader', 'operator')),
  respondent text not null check (respondent in ('merchant', 'trader')),
  due_at timestamptz,
  acts integer not null,
  -- Of a payout: what is held of the trader's deposit, and how many transfers that has caused.
  held_units numeric(78, 0) not null default 0 check (held_units >= 0),
  postings integer not null default 0,
  -- How it was shared out; null until it is resolved.
  merchant_units numeric(78, 0) check (merchant_units >= 0),
  trader_units numeric(78, 0) check (trader_units >= 0),
  -- What the trader's deposit did not have.
  missing_units numeric(78, 0) not null default 0 check (missing_units >= 0),
  opened_at timestamptz not null,
  changed_at timestamptz not null,
  primary key (merchant_id, id),
  check ((status = 'resolved') = (merchant_units is not null and trader_units is not null)),
  check (merchant_units + trader_units = contested_units),
  check ((status in ('open', 'contested')) = (due_at is not null))
);
-- Beside a primary key, no index that begins like it: a plan made on an empty table takes either.
create unique index disputes_living on disputes ((coalesce(lease_id, payment_id)), merchant_id)
  where status in ('open', 'contested', 'escalated');
create index disputes_due on disputes (due_at) where status in ('open', 'contested');
create index disputes_by_id on disputes (id);
create index disputes_by_payment on disputes (payment_id, merchant_id);
create index disputes_by_trader on disputes (trader_id, id) where trader_id is not null;

-- The timeline: every act is a row, and rows are only ever added.
create table dispute_acts (
  merchant_id uuid not null,
  dispute_id uuid not null,
  seq integer not null,
  at timestamptz not null,
  act text not null,
  party text not null check (party in ('merchant', 'trader', 'operator', 'clock')),
  -- Null: the clock, or somebody at the server's own shell.
  user_id uuid references users (id),
  note text,
  -- What the dispute was right after it.
  status text not null,
  merchant_units numeric(78, 0),
  trader_units numeric(78, 0),
  -- SHA-256 of a file that was shown, and the name it was given.
  file bytea,
  file_name text,
  primary key (merchant_id, dispute_id, seq),
  foreign key (merchant_id, dispute_id) references disputes (merchant_id, id)
);
create index dispute_acts_by_file on dispute_acts (file, merchant_id) where file is not null;

create function dispute_acts_stay() returns trigger language plpgsql as $$
begin
  raise exception 'the timeline of a dispute is only ever added to';
end $$;
create trigger dispute_acts_stay before update or delete on dispute_acts
  for each row execute function dispute_acts_stay();

-- desk/: files by their content. In the database, so that a file and what names it commit together.
create table evidence (
  merchant_id uuid not null references merchants (id),
  -- SHA-256 of the content.
  hash bytea not null check (length(hash) = 32),
  -- By its first bytes, whatever the sender called it.
  type text not null,
  content bytea not null,
  created_at timestamptz not null,
  primary key (merchant_id, hash)
);
-- Pictures and documents are compressed already.
alter table evidence alter column content set storage external;
