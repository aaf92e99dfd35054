-- payments/: what the house keeps of the price, in its units; null: nothing.
alter table payments
  add column fee_units numeric(78, 0) check (fee_units >= 0 and fee_units <= price_units);
-- Of each sighting, where the ledger holds it now: beside what is held and what is the merchant's.
alter table observations add column fees_units numeric(78, 0) not null default 0;
