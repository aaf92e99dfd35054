-- A plan made while a table is small takes any index that fits a little, and keeps to it after the
-- table has grown. Where a statement has one right index, no other may fit it.

-- ledger/: transfers are found by their id, in the primary key; by payment only people look.
create index ledger_transfers_of_payment on ledger_transfers (payment_id)
  where payment_id is not null;
drop index ledger_transfers_by_payment;

-- desk/: what a trader looks at. An open lease is one that was not closed; said in these words, the
-- index does not fit those who look for what is open on a requisite.
create index leases_unclosed on leases (mode, merchant_id, id) where closed_at is null;
drop index leases_by_status;
