-- payments/: where the answer to a create says where to pay, it is written with that, and the row
-- of its key, whose answer is empty then, is written once.
alter table instructions add column answer text;
