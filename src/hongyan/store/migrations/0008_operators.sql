-- People who work in the console, their sessions, and what they changed.

create table operator(
  operator integer primary key,
  name text not null,
  password text not null,                      -- argon2id; '': none yet, gets in by a link
  role text not null,                          -- viewer, sender, approver, administrator
  failures integer not null default 0,         -- wrong passwords in a row
  locked_until integer not null default 0,
  created_at integer not null,
  disabled_at integer
);
create unique index operator_name on operator(name);

create table operator_session(
  hash blob primary key,                       -- SHA-256 of what the cookie holds
  operator integer not null,
  created_at integer not null,
  seen_at integer not null,
  expires_at integer not null
) without rowid;
create index operator_session_of on operator_session(operator);

-- A way in that works once.
create table operator_link(hash blob primary key, operator integer not null, expires_at integer not null) without rowid;

create table audit(
  n integer primary key,
  at integer not null,
  corp integer not null default 0,             -- 0: the server's own
  actor text not null,                         -- the operator's name
  action text not null,                        -- such as template.approve
  subject text not null,                       -- what it was done to
  detail text not null default '{}',           -- JSON
  address text not null default ''
);
create index audit_corp on audit(corp, n);
create index audit_actor on audit(actor, n);
