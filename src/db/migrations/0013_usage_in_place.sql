-- desk/: what a requisite was used for stands in its own row, of the last day that was counted and
-- of that day's month: earlier days limit nothing, and whoever leases holds the row in any case.
alter table requisites
  -- Of the requisite's time zone; null: never leased.
  add column counted_day date,
  add column used_day_units numeric(78, 0) not null default 0 check (used_day_units >= 0),
  add column used_day_count integer not null default 0 check (used_day_count >= 0),
  add column used_month_units numeric(78, 0) not null default 0 check (used_month_units >= 0),
  add column used_month_count integer not null default 0 check (used_month_count >= 0);

update requisites r
   set counted_day = day.starts, used_day_units = day.units, used_day_count = day.operations,
       used_month_units = month.units, used_month_count = month.operations
  from (select distinct on (merchant_id, requisite_id) * from requisite_usage
         where period = 'day' order by merchant_id, requisite_id, starts desc) day
  join requisite_usage month on month.merchant_id = day.merchant_id
   and month.requisite_id = day.requisite_id and month.period = 'month'
   and month.starts = date_trunc('month', day.starts)::date
 where r.merchant_id = day.merchant_id and r.id = day.requisite_id;

drop table requisite_usage;
