-- What a row of a job says by itself that was asked of other tables before.

alter table job add column said integer not null default 0;     -- the last message to it; 0 where there was none
alter table job add column news integer not null default 0;     -- the last end of a child that its model may have to be told of; 0 where there was none
alter table job add column priority integer not null default 0; -- the higher first
alter table job add column place integer;                       -- in the queue of its agent; null where it is not due, or only since a moment has come

update job set said = coalesce(
  (select max(sequence) from entry where entry.job = job.id and kind = 'signal'), 0);
update job set news = coalesce(
  (select max(told) from job child where child.parent = job.id), 0) where hears = 1;

-- Written down by whoever deletes the piece.
drop trigger piece_gone;

-- Due jobs by agent, priority and place; and those that have no place, by their moments.
create index job_ready on job (agent, priority desc, place, due, number)
  where place is not null and stop is null;
drop index job_due;
create index job_due on job (due, number) where due is not null and place is null and stop is null;

create index job_held on job (process) where process is not null;

-- Limits that all workers hold.
create table quota (
  name text primary key not null,
  kind text not null,                 -- jobs or calls
  subject text not null,              -- the agent, or the model; empty for all agents
  most integer not null,              -- at a time, or in a minute
  burst integer not null,
  next integer not null,              -- of calls: microseconds, see Pace
  told integer not null
) strict, without rowid;
