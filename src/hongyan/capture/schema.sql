-- Captured calls. `n` is the order they came in; a clock that jumps does not change it.
create table capture (
  n integer primary key,
  at integer not null,        -- epoch milliseconds
  corp text not null,         -- '' while nobody can be told
  app text not null,          -- app_key, or ''
  app_name text not null,
  method text not null,
  path text not null,
  status integer not null,
  errcode text not null,      -- as shown: 0, 33012, 88/40014, a code of /v1.0
  code text not null,         -- as looked for: the last part of errcode
  refused integer not null,
  us integer not null,        -- microseconds until the answer stood
  address text not null,
  task text not null,
  said text not null          -- the refusal's text
) strict;
create index capture_of_corp on capture(corp, n);
create index capture_refused on capture(corp, n) where refused = 1;
create index capture_of_code on capture(corp, code, n);
create index capture_of_app on capture(corp, app, n);
create index capture_of_task on capture(corp, task, n) where task <> '';

create table capture_data (n integer primary key, data blob not null) strict;

create table capture_person (corp text not null, userid text not null, n integer not null, primary key (corp, userid, n)) strict, without rowid;
create index capture_person_n on capture_person(n);
