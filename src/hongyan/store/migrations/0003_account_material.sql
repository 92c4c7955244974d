-- Menus, articles with what readers see beside the draft, views, comments, send records.

create table menu(
  corp integer not null,
  sender integer not null,
  enable_input integer not null,               -- readers may write to the account
  status integer not null,                     -- 0 on, 1 off
  buttons text not null,                       -- JSON
  updated_at integer not null,
  primary key (corp, sender)
) without rowid;

alter table article add column uuid text;                                -- of the call that added it; null: brought by a file
alter table article add column view_scope integer not null default 0;    -- 0 the organisation, 1 everyone
alter table article add column allow_forward integer not null default 1;
create unique index article_uuid on article(corp, sender, uuid) where uuid is not null;
-- Covering: the texts of an article lie before its times in the row, and may be a megabyte.
create index article_of on article(corp, sender, article, published_at, deleted_at);

-- What readers see; the article's own columns are what editors work on.
create table published(
  corp integer not null,
  article integer not null,
  title text not null,
  digest text not null,
  content text not null,
  thumb_media_id text not null,
  primary key (corp, article)
);
insert into published(corp, article, title, digest, content, thumb_media_id)
select corp, article, title, digest, content, thumb_media_id from article where published_at is not null;

-- Beside the article, because a row of a megabyte is written anew when one number in it changes.
create table article_count(
  corp integer not null,
  article integer not null,
  user_views integer not null,                 -- people of the organisation
  total_views integer not null,                -- with repetition and with strangers
  primary key (corp, article)
) without rowid;

create index card_of on card(corp, sender, updated_at) where deleted_at is null;

create table article_view(
  corp integer not null,
  article integer not null,
  ord integer not null,
  n integer not null,
  last_at integer not null,
  primary key (corp, article, ord)
) without rowid;

-- Written below an article by somebody who came to it from a message; `task` says under whose rules it is shown.
create table comment(
  comment integer primary key,
  corp integer not null,
  article integer not null,
  task integer not null,
  ord integer not null,
  text text not null,
  created_at integer not null,
  featured_at integer,
  hidden_at integer
);
create index comment_of_article on comment(corp, article, comment);
create index comment_shown on comment(corp, task, article, comment) where hidden_at is null;
create index comment_featured on comment(corp, task, article, comment) where hidden_at is null and featured_at is not null;
create index comment_of_person on comment(corp, ord, task, article, comment);

-- Send records: one run for each account and outcome, in order of sending; covers what is counted.
create index task_record on task(corp, sender, status, (recalled_at is null), visible_at, seq, msg_type, kind, surface)
where surface = 'mass' and kind <> 'preview';
-- The cards of an account, for its page.
create index task_card on task(corp, sender, seq) where msg_type in ('news_card', 'single_news_card');
