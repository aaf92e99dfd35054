-- desk/: every lease writes its requisite's row, and with it an entry in each of that table's
-- indexes. Numbers never change: beside the rows they cost a lease nothing. The way to pay follows
-- from the kind, which never changes either, and is written once instead of being worked out again.
create table requisite_numbers (
  merchant_id uuid not null,
  mode text not null,
  kind text not null,
  currency text not null,
  -- HMAC-SHA-256 of the number in its one form: finds it, tells nothing.
  number_hash bytea not null,
  requisite_id uuid not null,
  primary key (merchant_id, mode, kind, currency, number_hash)
);

insert into requisite_numbers (merchant_id, mode, kind, currency, number_hash, requisite_id)
select merchant_id, mode, kind, currency, number_hash, id from requisites;

drop index requisites_by_number;
alter table requisites drop column number_hash;
alter table requisites alter column way drop expression;
