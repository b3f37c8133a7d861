-- How many jobs a job may have below it: at work at a time, and in all.

alter table job add column admits integer;   -- how many of its children may have begun and not ended; null for any number
alter table job add column live integer not null default 0;   -- how many have
alter table job add column queued integer not null default 0; -- 1 while it waits for a place among its parent's children
alter table job add column allows integer;   -- of a root: how many jobs may be created below it; null for any number
alter table job add column total integer not null default 0;  -- of a root: how many were

-- What children report, for their parents.
create index entry_progress on entry (job, sequence) where kind = 'progress';

create index job_queued on job (parent, ordinal) where queued = 1;
