-- What agents remember: cards, and the words by which they are found.

create table memory (
  number integer primary key,
  name text not null unique
) strict;

create table card (
  number integer primary key,         -- that of its words
  memory integer not null,            -- memory.number
  id text not null,
  type text not null,
  text text not null,
  entities text not null,             -- a JSON array of names
  importance real not null,
  confidence real not null,
  created integer not null,
  updated integer not null,
  job text,                           -- who wrote it last; null for the application
  accesses integer not null default 0,
  accessed integer                    -- null where it never was
) strict;

create unique index card_id on card (memory, id);
create index card_updated on card (memory, updated);

-- The words are made by Errand, so that every store has the same: 'ascii' leaves them as they are.
-- The first column has the number of the memory as a word, m1, so that others are not read.
create virtual table card_word using fts5 (memory, words, content = '', contentless_delete = 1, tokenize = 'ascii');
