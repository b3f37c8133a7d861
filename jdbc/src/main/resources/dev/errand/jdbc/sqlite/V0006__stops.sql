-- Jobs that are to end: cancelled, or past their deadline.

create table stop (
  number integer primary key autoincrement, -- never given twice
  top text not null,                  -- the job: it and all below it that was not done
  outcome text not null,              -- how they are to end
  until integer not null              -- when they have ended at the latest
) strict;

alter table job add column stop integer;     -- stop.number; null while it may go on
alter table job add column deadline integer; -- when it must have ended; null where it may take as long as it likes

create index job_stopping on job (stop) where stop is not null and status <> 'DONE';
create index job_deadline on job (deadline) where deadline is not null and stop is null and status <> 'DONE';
