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
