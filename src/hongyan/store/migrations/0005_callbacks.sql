-- Callbacks to applications, and what readers write to accounts.

-- Where an app wants to hear of events. corp 0: a suite's, for every organisation it is installed in. What signs and encrypts is sealed.
create table callback(
  callback integer primary key,
  app integer not null,
  corp integer not null,
  style text not null,                         -- sync: pushes to a suite; flat: an internal app's events; classic: registered over /call_back
  owner text not null,                         -- the key at the end of each plaintext
  url text not null,
  token_sealed blob not null,
  aes_key_sealed blob not null,
  kinds text not null,                         -- JSON list of event kinds; empty: every kind
  created_at integer not null,
  updated_at integer not null
);
create unique index callback_of on callback(app, corp);
create index callback_corp on callback(corp);

-- Events on their way. A row is written in the transaction of what it tells, and stays a while after its end for the log.
create table outbox(
  n integer primary key autoincrement,         -- never given again: it names the event in the log
  callback integer not null,
  lane integer not null,                       -- 0: events in their order; 1: tickets, which need not wait for them
  corp integer not null,                       -- 0: concerns no organisation
  kind text not null,
  event_id text not null,                      -- the same at each attempt
  biz_id text not null,
  data text not null,                          -- the event's own fields, JSON
  created_at integer not null,
  due_at integer not null,
  attempts integer not null default 0,
  state text not null default 'waiting',       -- waiting, delivered, failed, fetched, replaced
  ended_at integer
);
create index outbox_waiting on outbox(callback, lane, n) where state = 'waiting';
create index outbox_failed on outbox(callback, n) where state = 'failed';
create index outbox_log on outbox(callback, n);
create index outbox_ended on outbox(ended_at) where ended_at is not null;

create table callback_attempt(
  n integer not null,                          -- of the outbox
  attempt integer not null,
  at integer not null,
  status integer not null,                     -- of HTTP; 0: no answer
  ms integer not null,
  outcome text not null,
  answer text not null,                        -- what came back, cut
  primary key (n, attempt)
) without rowid;

-- What a reader wrote to an account; its place is one of the corp's sequence.
create table said(
  corp integer not null,
  seq integer not null,
  sender integer not null,                     -- the account it was written to
  ord integer not null,
  content text not null,
  at integer not null,
  primary key (corp, seq)
) without rowid;
create index said_by on said(corp, ord, sender, seq);
