-- Moments are milliseconds since 1970 UTC. Values of any shape are JSON text. Texts that are ordered are ordered by bytes.
-- Columns are only ever added, and only at the end: rows are read by position.
--
-- A row of `job` is written some three times in its life, and each time in most of its indexes: room is left on its pages,
-- and vacuum comes early.

create table errand.job (
  number bigint generated always as identity, -- grows in the order of creation
  id text collate "C" primary key,
  parent text collate "C",            -- null for a root
  ordinal bigint not null,            -- its number among its parent's jobs, from 1; 0 for a root
  key text collate "C",
  digest text not null,
  agent text collate "C" not null,
  created bigint not null,
  definition text not null,           -- definition.address
  status text not null,
  turn bigint not null,               -- how far it has come, up to heard
  acting bigint not null,
  statement bigint not null,
  printed bigint not null,
  children bigint not null,
  heard bigint not null,
  subtask_id text collate "C",        -- the handler's id, as JSON; null where the job has no handler
  told bigint not null,               -- the entry that ended the handler; 0 while it has not ended
  calls bigint not null,
  input_tokens bigint not null,
  output_tokens bigint not null,
  micro_usd bigint not null,
  version bigint not null,            -- steps committed
  fence bigint not null,              -- claims made
  worker text,                        -- who holds the lease; null while nobody does
  process bigint,                     -- process.id of that worker
  due bigint,                         -- when it may be claimed: the lease's end while held; null while it may not
  needed bigint not null,             -- how many of its waits must still end; 0 while it does not wait
  completion text,                    -- how the handler ended
  outcome text,                       -- how the job ended
  kept bigint not null,               -- the first turn whose workspace can still be read
  hears bigint not null,              -- 1 where a model is told what happens, also when the job is done
  heeds bigint not null,              -- 1 while it waits and a message ends that too
  given bigint not null,              -- 1 once its outcome was given to its parent's code
  stop bigint,                        -- stop.number; null while it may go on
  deadline bigint,                    -- when it must have ended; null where it may take as long as it likes
  admits bigint,                      -- how many of its children may have begun and not ended; null for any number
  live bigint not null,               -- how many have
  queued bigint not null,             -- 1 while it waits for a place among its parent's children
  allows bigint,                      -- of a root: how many jobs may be created below it; null for any number
  total bigint not null,              -- of a root: how many were
  reserved_tokens bigint not null,    -- set aside for the call under way and a last one
  reserved_micro_usd bigint not null,
  last_tokens bigint,                 -- of these, what is for a last call; null where there is to be none
  last_micro_usd bigint,
  said bigint not null,               -- the last message to it; 0 where there was none
  news bigint not null,               -- the last end of a child that its model may have to be told of; 0 where there was none
  priority bigint not null,           -- the higher first
  place bigint                        -- in the queue of its agent; null where it is not due, or only since a moment has come
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);

create unique index job_key on errand.job (key) where key is not null and parent is null;
create index job_child on errand.job (parent, ordinal) where parent is not null;
create unique index job_subtask on errand.job (parent, subtask_id) where subtask_id <> 'null';
create index job_told on errand.job (parent, told) where told > 0;
create index job_due on errand.job (due, number) where due is not null and place is null and stop is null;
create index job_ready on errand.job (agent, priority desc, place, due, number)
  where place is not null and stop is null;
create index job_held on errand.job (process) where process is not null;
create index job_asked on errand.job (id)
  where subtask_id >= '{"callback":' and subtask_id < '{"callback";' and told = 0;
create index job_stopping on errand.job (stop) where stop is not null and status <> 'DONE';
create index job_deadline on errand.job (deadline)
  where deadline is not null and stop is null and status <> 'DONE';
create index job_queued on errand.job (parent, ordinal) where queued = 1;

-- One row per root: whoever changes anything of a tree locks it first.
create table errand.tree (
  root text collate "C" primary key,
  sequence bigint not null            -- the last one in entry
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);

-- The history of jobs and, in the same rows, the events of trees.
create table errand.entry (
  root text collate "C" not null,
  sequence bigint not null,           -- without gaps within the root
  time bigint not null,
  job text collate "C" not null,
  turn bigint not null,
  kind text not null,
  data text not null,
  primary key (job, sequence)
);

create index entry_below on errand.entry (root, sequence) where job <> root;
create index entry_signal on errand.entry (job, sequence) where kind = 'signal';
create index entry_progress on errand.entry (job, sequence) where kind = 'progress';

-- Handlers that have not ended and whose end a job is to hear of.
create table errand.wait (
  target text collate "C" not null,   -- the job whose handler is awaited
  waiter text collate "C" not null,
  primary key (target, waiter)
) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);

create index wait_waiter on errand.wait (waiter);

create table errand.effect (
  job text collate "C" not null,
  turn bigint not null,
  statement bigint not null,
  ordinal bigint not null,
  since bigint not null,
  name text not null,
  digest text not null,
  policy text not null,
  result text,                        -- null while it is only intended
  unknown bigint not null,            -- 1 while nobody knows the outcome
  primary key (job, turn, statement, ordinal)
);

create index effect_unknown on errand.effect (job, turn, statement, ordinal) where unknown = 1;

create table errand.definition (
  address text primary key,
  form text not null
);

-- Workspaces co-variable by co-variable, each as it was over time.
--
-- A row holds from turn `since` on and before turn `until`. -1 as `since` means what the job began
-- with; 2147483647 as `until` that nothing has replaced it yet.
create table errand.covariable (
  job text collate "C" not null,
  until bigint not null,
  number bigint not null,
  since bigint not null,
  length bigint not null,             -- how many pieces it has
  head bytea not null,
  digest bigint,                      -- of the head
  variables text not null,
  primary key (job, until, number)
);

create table errand.piece (
  job text collate "C" not null,
  until bigint not null,
  number bigint not null,             -- covariable.number
  place bigint not null,              -- counted from 0
  since bigint not null,
  address text not null,              -- chunk.address
  primary key (job, until, number, place)
);

create index piece_address on errand.piece (address);

create table errand.chunk (
  address text primary key,
  content bytea not null
);

-- Chunks that may have become garbage: a piece that named them has gone.
create table errand.candidate (
  address text primary key
);

-- Durable objects: attributes that several jobs share.
create table errand.object (
  id text collate "C" primary key,
  key text unique,                    -- given by the application; null where a job made the object
  type text not null,
  version bigint not null,            -- how often it was changed, its making included
  changed bigint not null,
  by text,                            -- the job that changed it last; null for the application
  attributes text not null
);

-- Jobs that are to end: cancelled, or past their deadline.
create table errand.stop (
  number bigint primary key,          -- never given twice, and committed in this order
  top text not null,                  -- the job: it and all below it that was not done
  outcome text not null,              -- how they are to end
  until bigint not null               -- when they have ended at the latest
);

-- What may be spent on model calls: the account of a root, or of a job that was given a share of the one above it.
create table errand.account (
  job text collate "C" primary key,
  open bigint not null,
  granted_tokens bigint,              -- null where the account above bounds it
  spent_tokens bigint not null,
  reserved_tokens bigint not null,
  shared_tokens bigint not null,
  returned_tokens bigint not null,
  granted_micro_usd bigint,
  spent_micro_usd bigint not null,
  reserved_micro_usd bigint not null,
  shared_micro_usd bigint not null,
  returned_micro_usd bigint not null
) with (fillfactor = 70);

-- What agents remember: cards, and the words by which they are found.
create table errand.memory (
  number bigint generated always as identity primary key,
  name text collate "C" not null unique,
  cards bigint not null default 0,    -- how many it has, and how many words they have together
  words bigint not null default 0
);

create table errand.card (
  number bigint generated always as identity primary key,
  memory bigint not null,             -- memory.number
  id text collate "C" not null,
  type text not null,
  text text not null,
  entities text not null,             -- a JSON array of names
  importance double precision not null,
  confidence double precision not null,
  created bigint not null,
  updated bigint not null,
  job text,                           -- who wrote it last; null for the application
  accesses bigint not null default 0,
  accessed bigint,                    -- null where it never was
  length bigint not null default 0    -- how many words it has
);

create unique index card_id on errand.card (memory, id);
create index card_updated on errand.card (memory, updated);

create table errand.card_word (
  word text collate "C" not null,
  card bigint not null,               -- card.number
  memory bigint not null,             -- that of the card
  times bigint not null,              -- how often it has the word
  primary key (word, card)
);

create index card_word_card on errand.card_word (card);

-- Limits that all workers hold.
create table errand.quota (
  name text collate "C" primary key,
  kind text not null,                 -- jobs or calls
  subject text not null,              -- the agent, or the model; empty for all agents
  most bigint not null,               -- at a time, or in a minute
  burst bigint not null,
  next bigint not null,               -- of calls: microseconds, see Pace
  told bigint not null
);

-- Who has this store open, so that the leases of a killed process need not run out.
create table errand.process (
  id bigint generated always as identity primary key, -- never given twice
  machine text not null,              -- this boot of this machine, and the name space of its pids
  pid bigint not null,
  started text not null               -- tells a process from a later one with the same pid
);

-- The last transaction of each connection that writes: asked when its commit came to no answer.
create table errand.writer (
  id bigint generated always as identity primary key,
  last bigint not null,
  seen bigint not null
) with (fillfactor = 50);
