-- Messages to jobs, and who is told of what.

alter table job add column hears integer not null default 0; -- 1 where a model is told what happens, also when the job is done
alter table job add column heeds integer not null default 0; -- 1 while it waits and a message ends that too
alter table job add column given integer not null default 0; -- 1 once its outcome was given to its parent's code

update job set hears = 1 where definition in
  (select address from definition where json_extract(form, '$.agent.model') is not null);

-- Waits for jobs that are not below the one that waits: without one, waits form no cycle.
create index wait_upward on wait (waiter)
  where substr(target, 1, length(waiter) + 1) <> waiter || '.';

-- Messages, among all entries.
create index entry_signal on entry (job, sequence) where kind = 'signal';

-- Callbacks that nobody has answered: the id of such a handler begins with {"callback":.
create index job_asked on job (id)
  where subtask_id >= '{"callback":' and subtask_id < '{"callback";' and told = 0;
