-- Third-party apps, message templates, work notifications.

-- A third-party app's suite; its key is the app's. The secret must be used again to check signatures, so it is sealed, not hashed.
create table suite(
  app integer primary key,
  suite_id integer not null unique,
  secret_sealed blob not null,
  created_at integer not null
);
create table suite_ticket(
  app integer not null,
  ticket text not null,
  issued_at integer not null,
  ended_at integer,                            -- a later ticket ends the one before
  primary key (app, ticket)
) without rowid;

alter table installation add column visible_all integer not null default 1;
alter table installation add column visible_userids text not null default '[]';
alter table installation add column visible_depts text not null default '[]';
alter table installation add column admins text not null default '[]';
alter table installation add column description text not null default '';
alter table installation add column logo_url text not null default '';
alter table installation add column uninstalled_at integer;    -- the row stays: what it sent keeps its sender's name

-- corp 0: a third-party app's, for every organisation it is installed in; else an organisation's own.
create table template(
  template_id text primary key,
  corp integer not null,
  app integer not null,
  name text not null,
  enabled integer not null default 1,
  approved_revision integer,                   -- what sends; null: none yet
  newest_revision integer not null,
  created_at integer not null,
  deleted_at integer
) without rowid;
create index template_of on template(app, corp);
create table template_revision(
  template_id text not null,
  revision integer not null,
  state text not null,                         -- draft, submitted, approved, rejected
  content text not null,                       -- JSON
  reason text not null default '',             -- of a rejection
  created_at integer not null,
  submitted_at integer,
  decided_at integer,
  primary key (template_id, revision)
) without rowid;

-- The status bar of an OA message, which may change after it was sent.
alter table task add column bar_value text;
alter table task add column bar_color text;
