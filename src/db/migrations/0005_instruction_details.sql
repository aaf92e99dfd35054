-- payments/: what else a payer is told, such as holder and number of an account: sealed JSON.
alter table instructions add column details bytea;
