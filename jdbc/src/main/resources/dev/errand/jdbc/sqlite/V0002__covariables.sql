-- Workspaces co-variable by co-variable, each as it was over time.
--
-- A row holds from turn `since` on and before turn `until`. -1 as `since` means what the job began
-- with; 2147483647 as `until` that nothing has replaced it yet.

create table covariable (
  job text not null,
  until integer not null,
  number integer not null,
  since integer not null,
  length integer not null,            -- how many pieces it has
  head blob not null,
  digest integer,                     -- of the head; null where schema 1 wrote it
  variables text not null,
  primary key (job, until, number)
) strict, without rowid;

create table piece (
  job text not null,
  until integer not null,
  number integer not null,            -- covariable.number
  place integer not null,             -- counted from 0
  since integer not null,
  address text not null,              -- chunk.address
  primary key (job, until, number, place)
) strict, without rowid;

create index piece_address on piece (address);

-- Chunks that may have become garbage: a piece that named them has gone.
create table candidate (
  address text primary key not null
) strict, without rowid;

create trigger piece_gone after delete on piece begin
  insert into candidate (address) values (old.address) on conflict do nothing;
end;

-- Entries by job: one of a root's own is then a single row, without a line in an index.
create table entry_by_job (
  root text not null,
  sequence integer not null,          -- without gaps within the root
  time integer not null,
  job text not null,
  turn integer not null,
  kind text not null,
  data text not null,
  primary key (job, sequence)
) strict, without rowid;

insert into entry_by_job select * from entry;
drop table entry;
alter table entry_by_job rename to entry;
create index entry_below on entry (root, sequence) where job <> root;

alter table job add column
  kept integer not null default -1;   -- the first turn whose workspace can still be read

insert into covariable (job, until, number, since, length, head, variables)
  select job, 2147483647, 0, -1, json_array_length(chunks), manifest, variables from workspace;
insert into piece (job, until, number, place, since, address)
  select job, 2147483647, 0, key, -1, value from workspace, json_each(chunks);
insert into candidate (address)
  select address from chunk where address not in (select address from piece);
drop table workspace;
