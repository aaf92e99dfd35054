-- desk/: files are sealed like the numbers they may show. Those of before stay as they are until
-- the same file is brought again.
alter table evidence add column sealed boolean not null default false;
alter table evidence alter column sealed drop default;
