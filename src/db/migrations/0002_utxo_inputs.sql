-- What a transaction spends, as txid:vout: a payment that left the mempool is only called absent
-- when one of these can no longer be spent by it.
alter table utxo_outputs add column inputs text[] not null default '{}';
