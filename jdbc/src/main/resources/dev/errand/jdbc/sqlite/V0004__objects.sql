-- Durable objects: attributes that several jobs share.

create table object (
  id text primary key not null,
  key text unique,                    -- given by the application; null where a job made the object
  type text not null,
  version integer not null,           -- how often it was changed, its making included
  changed integer not null,
  by text,                            -- the job that changed it last; null for the application
  attributes text not null
) strict, without rowid;
