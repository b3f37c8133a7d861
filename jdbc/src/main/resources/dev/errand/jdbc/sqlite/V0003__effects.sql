-- Effects as an operator sees them: since when, and whether anybody knows what came of them.

alter table effect add column since integer not null default 0;
alter table effect add column unknown integer not null default 0; -- 1 while nobody knows the outcome

-- Readings always have a result.
update effect set unknown = 1 where result is null;

create index effect_unknown on effect (job, turn, statement, ordinal) where unknown = 1;
