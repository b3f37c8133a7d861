-- Moments are milliseconds since 1970 UTC. Values of any shape are JSON text.
-- Columns are only ever added, and only at the end: rows are read by position.

create table job (
  number integer primary key,         -- grows in the order of creation
  id text not null unique,
  parent text,                        -- null for a root
  ordinal integer not null,           -- its number among its parent's jobs, from 1; 0 for a root
  key text,
  digest text not null,
  agent text not null,
  created integer not null,
  definition text not null,           -- definition.address
  status text not null,
  turn integer not null default 0,    -- how far it has come, up to heard
  acting integer not null default 0,
  statement integer not null default 0,
  printed integer not null default 0,
  children integer not null default 0,
  heard integer not null default 0,
  subtask_id text,                    -- the handler's id, as JSON; null where the job has no handler
  told integer not null default 0,    -- the entry that ended the handler; 0 while it has not ended
  calls integer not null default 0,
  input_tokens integer not null default 0,
  output_tokens integer not null default 0,
  micro_usd integer not null default 0,
  version integer not null default 0, -- steps committed
  fence integer not null default 0,   -- claims made
  worker text,                        -- who holds the lease; null while nobody does
  process integer,                    -- process.id of that worker
  due integer,                        -- when it may be claimed: the lease's end while held; null while it may not
  needed integer not null default 0,  -- how many of its waits must still end; 0 while it does not wait
  completion text,                    -- how the handler ended
  outcome text                        -- how the job ended
) strict;

create unique index job_key on job (key) where key is not null and parent is null;
create unique index job_child on job (parent, ordinal) where parent is not null;
create unique index job_subtask on job (parent, subtask_id) where subtask_id <> 'null';
create index job_told on job (parent, told) where told > 0;
create index job_due on job (due) where due is not null;

-- The history of jobs and, in the same rows, the events of trees.
create table entry (
  root text not null,
  sequence integer not null,          -- without gaps within the root
  time integer not null,
  job text not null,
  turn integer not null,
  kind text not null,
  data text not null,
  primary key (root, sequence)
) strict, without rowid;

create index entry_job on entry (job, sequence);

-- Handlers that have not ended and whose end a job is to hear of.
create table wait (
  target text not null,               -- the job whose handler is awaited
  waiter text not null,
  primary key (target, waiter)
) strict, without rowid;

create index wait_waiter on wait (waiter);

create table effect (
  job text not null,
  turn integer not null,
  statement integer not null,
  ordinal integer not null,
  name text not null,
  digest text not null,
  policy text not null,
  result text,                        -- null while it is only intended
  primary key (job, turn, statement, ordinal)
) strict, without rowid;

create table definition (
  address text primary key not null,
  form text not null
) strict;

create table workspace (
  job text primary key not null,
  manifest blob not null,
  chunks text not null,               -- addresses, in the manifest's order
  variables text not null
) strict;

create table chunk (
  address text primary key not null,
  content blob not null
) strict;

-- Who has this file open, so that the leases of a killed process need not run out.
create table process (
  id integer primary key autoincrement, -- never given twice
  machine text not null,              -- this boot of this machine, and the name space of its pids
  pid integer not null,
  started text not null               -- tells a process from a later one with the same pid
) strict;
