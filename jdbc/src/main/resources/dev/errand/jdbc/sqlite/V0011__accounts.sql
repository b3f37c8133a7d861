-- An account stands in the row of its job: a step that asks a model changes both, and so writes one
-- page less.
--
-- `job` has a column here that it has not on PostgreSQL. It comes after all that are read by
-- position; whoever adds the next has to make it come last again.

alter table job add column account text;  -- null where it has none: most jobs draw on that above

update job set account =
  (select json_array(open, granted_tokens, spent_tokens, account.reserved_tokens, shared_tokens,
      returned_tokens, granted_micro_usd, spent_micro_usd, account.reserved_micro_usd,
      shared_micro_usd, returned_micro_usd)
    from account where account.job = job.id);

drop table account;

create view account as
  select id as job, account ->> 0 as open,
    account ->> 1 as granted_tokens, account ->> 2 as spent_tokens,
    account ->> 3 as reserved_tokens, account ->> 4 as shared_tokens,
    account ->> 5 as returned_tokens,
    account ->> 6 as granted_micro_usd, account ->> 7 as spent_micro_usd,
    account ->> 8 as reserved_micro_usd, account ->> 9 as shared_micro_usd,
    account ->> 10 as returned_micro_usd
  from job where account is not null;
