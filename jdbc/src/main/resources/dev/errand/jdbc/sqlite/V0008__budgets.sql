-- What may be spent on model calls: accounts, and what is set aside for calls.

-- The account of a root, or of a job that was given a share of the one above it.
create table account (
  job text primary key,
  open integer not null default 1,
  granted_tokens integer,             -- null where the account above bounds it
  spent_tokens integer not null default 0,
  reserved_tokens integer not null default 0,
  shared_tokens integer not null default 0,
  returned_tokens integer not null default 0,
  granted_micro_usd integer,
  spent_micro_usd integer not null default 0,
  reserved_micro_usd integer not null default 0,
  shared_micro_usd integer not null default 0,
  returned_micro_usd integer not null default 0
) strict, without rowid;

insert into account (job, granted_tokens, granted_micro_usd, spent_tokens, spent_micro_usd)
  select iif(parent is null, id, substr(id, 1, instr(id, '.') - 1)) as root, 200000000, 500000000,
    sum(input_tokens + output_tokens), sum(micro_usd)
  from job group by root;

alter table job add column reserved_tokens integer not null default 0; -- set aside for the call under way and a last one
alter table job add column reserved_micro_usd integer not null default 0;
alter table job add column last_tokens integer;  -- of these, what is for a last call; null where there is to be none
alter table job add column last_micro_usd integer;
