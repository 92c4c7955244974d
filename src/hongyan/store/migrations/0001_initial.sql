-- First schema. Every key begins with the corp; times are epoch milliseconds; sets of people are Roaring bitmaps over the corp's ordinals.

create table setting(name text primary key, value text not null) without rowid;

create table corp(
  corp integer primary key,
  corp_id text not null unique,
  name text not null,
  zone text not null,
  next_ord integer not null default 0,
  next_dept integer not null default 2,
  org_version integer not null default 1,
  last_seq integer not null default 0,
  last_bitmap integer not null default 0,      -- seq of the newest task stored as a bitmap
  headcount integer not null default 0,        -- live people
  created_at integer not null
);

-- live: in the organisation; inactive: live, but the client was never activated. Kept apart from corp, whose row changes with every send.
create table corp_people(corp integer primary key, live blob not null, inactive blob not null);

create table user(
  corp integer not null,
  ord integer not null,
  userid text not null,
  unionid text not null,
  name text not null,
  mobile text not null default '',
  title text not null default '',
  email text not null default '',
  avatar text not null default '',
  job_number text not null default '',
  depts text not null,                         -- JSON list of department ids
  active integer not null default 1,
  extra text not null default '{}',            -- further fields of the contact interfaces, JSON
  joined_at integer not null,
  left_at integer,
  primary key (corp, ord)
) without rowid;
create unique index user_userid on user(corp, userid) where left_at is null;
create index user_gone on user(corp, userid) where left_at is not null;
create index user_unionid on user(corp, unionid);

create table department(
  corp integer not null,
  dept integer not null,
  parent integer not null,                     -- 0 above the root
  name text not null,
  position integer not null default 0,
  members blob not null,                       -- u32[] of direct members, derived from user.depts in the same transaction
  extra text not null default '{}',
  primary key (corp, dept)
) without rowid;
create index department_parent on department(corp, parent);

create table role(
  corp integer not null,
  role integer not null,
  name text not null,
  grp text not null default '',
  members blob not null,                       -- Roaring bitmap
  primary key (corp, role)
) without rowid;

create table app(
  app integer primary key,
  app_key text not null unique,
  name text not null,
  kind text not null,                          -- internal, third_party, personal
  corp integer,                                -- the owner of an internal app
  secret_hash blob not null,
  scopes text not null,                        -- JSON list of permission points
  allow_ips text not null default '[]',        -- JSON list of addresses or networks; empty = any
  created_at integer not null,
  disabled_at integer
);

-- Who speaks: a service account, or an app's installation in a corp. One id space, because limits are keyed by it.
create table sender(
  sender integer primary key,
  corp integer not null,
  kind text not null,                          -- account, installation
  created_at integer not null
);
create table account(
  sender integer primary key,
  corp integer not null,
  unionid text not null,
  name text not null,
  brief text not null default '',
  descr text not null default '',
  avatar_media_id text not null default '',
  preview_media_id text not null default '',
  disabled_at integer,                         -- final
  operators text not null default '[]',
  blocked text not null default '[]',          -- userids that never get anything
  allow_all integer not null default 1,
  allow_userids text not null default '[]',
  allow_depts text not null default '[]'
);
create unique index account_unionid on account(corp, unionid);
create table installation(
  sender integer primary key,
  corp integer not null,
  app integer not null,
  agent_id integer not null,
  name text not null,
  disabled_at integer
);
create unique index installation_agent on installation(corp, agent_id);

create table token(
  hash blob primary key,                       -- SHA-256 of the token
  app integer not null,
  corp integer not null,
  generation integer not null,
  expires_at integer,                          -- null: never
  pinned integer not null default 0
) without rowid;
create index token_of on token(app, corp, generation);

-- A reader's key to one inbox.
create table reader(hash blob primary key, corp integer not null, ord integer not null, expires_at integer not null) without rowid;

create table media(
  corp integer not null,
  media_id text not null,
  kind text not null,                          -- image, voice, video, file
  name text not null,
  mime text not null,
  size integer not null,
  sha256 blob not null,
  blob text not null,                          -- id in the blob store
  created_at integer not null,
  primary key (corp, media_id)
) without rowid;
create index media_sha on media(corp, sha256);

create table article(
  corp integer not null,
  article integer not null,
  sender integer not null,
  title text not null,
  digest text not null default '',
  content text not null,
  thumb_media_id text not null default '',
  published_at integer,
  created_at integer not null,
  updated_at integer not null,
  deleted_at integer,
  primary key (corp, article)
);
create table card(
  corp integer not null,
  media_id text not null,
  sender integer not null,
  articles text not null,                      -- JSON list of article ids
  updated_at integer not null,
  deleted_at integer,
  primary key (corp, media_id)
) without rowid;

-- Where a rule differs from the profile. scope: all, app, sender; subject: 0, app or sender.
create table rule_setting(
  corp integer not null,
  scope text not null,
  subject integer not null,
  rule text not null,
  mode text,
  limit_ integer,
  primary key (corp, scope, subject, rule)
) without rowid;

create table task(
  corp integer not null,
  seq integer not null,
  day integer not null,
  sender integer not null,
  app integer not null,
  surface text not null,                       -- mass, work
  status integer not null,                     -- 2 sent, 3 failed; recall is a time
  kind text not null,                          -- single, preview, mass, broad
  storage integer not null,                    -- 0 rows, 1 bitmap
  hash blob,                                   -- 8 bytes; null: takes no part in duplicate suppression
  uuid text not null,
  msg_type text not null,
  content text not null,                       -- canonical body, JSON
  selectors text not null,                     -- what was asked for, JSON
  n_addressed integer not null,
  n_filtered integer not null,
  n_failed integer not null,
  addressed blob not null,
  sets blob,                                   -- MessagePack: filtered and observed by rule, failed; null: none
  invalid text,                                -- JSON; null: none
  decision text not null,                      -- each rule of the call with used, limit, window end; JSON
  rules_version integer not null,
  visible_at integer not null,
  recalled_at integer,
  reads_at_recall blob,                        -- who had read it then; recall freezes reads
  primary key (corp, seq)
);
create index task_hash on task(corp, day, sender, hash) where hash is not null;
create index task_bitmap on task(corp, seq) where storage = 1;

create table attempt(
  corp integer not null,
  sender integer not null,
  uuid text not null,
  at integer not null,
  outcome text not null,                       -- ok, or the key of the refusal in the catalogue
  seq integer,
  decision text not null,
  primary key (corp, sender, uuid)
) without rowid;

create table inbox(
  corp integer not null,
  ord integer not null,
  sender integer not null,
  seq integer not null,
  kind integer not null,                       -- 0 delivered row, 1 receipt of a task stored as a bitmap
  read_at integer,
  primary key (corp, ord, sender, seq)         -- one conversation is one run
) without rowid;
create index inbox_task on inbox(corp, seq, ord) where read_at is not null;

create table read_mark(
  corp integer not null,
  sender integer not null,
  ord integer not null,
  seq integer not null,                        -- everything up to here was opened
  at integer not null,
  primary key (corp, sender, ord)
) without rowid;

create table usage(
  corp integer not null,
  day integer not null,
  sender integer not null,
  ord integer not null,
  n integer not null,
  hashes blob not null,                        -- 8 bytes each
  primary key (corp, day, sender, ord)
) without rowid;

create table sender_day(
  corp integer not null,
  day integer not null,
  sender integer not null,
  n_tasks integer not null,
  person_times integer not null,
  primary key (corp, day, sender)
) without rowid;

-- Aligned windows of the rules that count calls.
create table window(
  corp integer not null,
  sender integer not null,
  rule text not null,
  start integer not null,
  n integer not null,
  primary key (corp, sender, rule)
) without rowid;

-- What changed after acceptance: recalled, read, opened, status bar. Shares the corp's sequence with task.
create table event(
  corp integer not null,
  seq integer not null,
  kind text not null,
  task integer,
  sender integer not null,
  ord integer,
  at integer not null,
  primary key (corp, seq)
) without rowid;
