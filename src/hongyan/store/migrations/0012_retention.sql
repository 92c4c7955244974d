-- How long things stay, and people who are erased.

-- What the purge did: one row for each kind.
create table purge(
  kind text primary key,
  started_at integer not null,
  finished_at integer,                         -- null: the pass goes on, after a restart too
  removed integer not null,                    -- by the last pass, or by this one so far
  total integer not null
) without rowid;

-- Somebody who is to be forgotten. `marks` is what they are looked for by, JSON, and gone with the last step.
create table erasure(
  erasure integer primary key autoincrement,
  corp integer not null,
  ord integer not null,
  alias text not null,                         -- stands where the userid stood
  state text not null,                         -- running, waiting (for what applications have to be told), done
  step integer not null default 0,
  position text not null default '',           -- how far the step is, JSON
  marks text not null,
  done text not null default '{}',             -- how much of each kind was removed or changed, JSON
  asked_at integer not null,
  finished_at integer
);
create index erasure_of_corp on erasure(corp, erasure);
create unique index erasure_of_person on erasure(corp, ord);
create index erasure_open on erasure(erasure) where finished_at is null;

-- Previews go before the other sends do; there are few.
create index task_preview on task(corp, seq) where kind = 'preview';
