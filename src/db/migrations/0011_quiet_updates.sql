-- payments/: of those that nobody has paid, the few to which something has happened: a list of
-- them by their last change would otherwise pass over all others.
create index payments_by_quiet_update on payments (merchant_id, mode, updated_at, id)
  where updated_at is not null and status = 'awaiting' and not touched;
