-- What is old goes, in small transactions: each statement takes a bounded piece from the old end of an index.

-- name: purge.begin
-- A pass that a restart broke off goes on with what it had counted.
insert into purge(kind, started_at, removed, total) values (:kind, :now, 0, 0)
on conflict (kind) do update set started_at = case when finished_at is null then started_at else :now end,
removed = case when finished_at is null then removed else 0 end, finished_at = null;

-- name: purge.count
update purge set removed = removed + :removed, total = total + :removed where kind = :kind;

-- name: purge.finish
update purge set finished_at = :now where kind = :kind;

-- name: purge.all
select kind, started_at, finished_at, removed, total from purge order by kind limit 100;

-- name: purge.tasks
-- primary key, from its start
select seq, storage, sender, addressed, sets from task where corp = :corp and seq < :before order by seq limit :limit;

-- name: purge.previews
-- index task_preview
select seq, storage, sender, addressed, sets from task indexed by task_preview where corp = :corp and kind = 'preview' and seq < :before order by seq limit :limit;

-- name: purge.delete_tasks
delete from task where (corp, seq) in (values /*rows*/ (?, ?));

-- name: purge.delete_entries
-- primary key
delete from inbox where (corp, ord, sender, seq) in (values /*rows*/ (?, ?, ?, ?));

-- name: purge.oldest_task
select seq from task where corp = :corp order by seq limit 1;

-- name: purge.receipts
-- Of tasks stored as bitmaps that are gone. Index inbox_task
delete from inbox where (corp, ord, sender, seq) in (
  select corp, ord, sender, seq from inbox indexed by inbox_task where corp = :corp and seq < :before and read_at is not null order by seq limit :limit
);

-- name: purge.events
-- primary key
delete from event where corp = :corp and seq in (select seq from event where corp = :corp and seq < :before order by seq limit :limit);

-- name: purge.said
-- primary key
delete from said where corp = :corp and seq in (select seq from said where corp = :corp and seq < :before order by seq limit :limit);

-- name: purge.marks
-- Marks that lie before every task there is. Index read_mark_seq
delete from read_mark where (corp, sender, ord) in (
  select corp, sender, ord from read_mark indexed by read_mark_seq where corp = :corp and sender = :sender and seq < :before limit :limit
);

-- name: purge.comments
-- Oldest first, whoever's. Primary key
delete from comment where comment in (
  select comment from (select comment, created_at from comment where comment > 0 order by comment limit :limit) where created_at < :before
);

-- name: purge.audit
-- Oldest first. Primary key
delete from audit where n in (select n from (select n, at from audit where n > 0 order by n limit :limit) where at < :before);

-- name: purge.usage
-- primary key
delete from usage where (corp, day, sender, ord) in (
  select corp, day, sender, ord from usage where corp = :corp and day < :day order by day limit :limit
);

-- name: purge.sender_days
-- primary key
delete from sender_day where (corp, day, sender) in (
  select corp, day, sender from sender_day where corp = :corp and day < :day order by day limit :limit
);

-- name: purge.rule_days
-- primary key
delete from rule_day where (corp, sender, day, rule) in (
  select corp, sender, day, rule from rule_day where corp = :corp and sender = :sender and day < :day order by day limit :limit
);

-- name: purge.senders
select sender from sender where corp = :corp order by sender limit 10000;

-- name: purge.attempts_floor
-- Where the next step of `purge.attempts` ends. Primary key alone.
select sender, uuid from attempt where corp = :corp and (sender, uuid) > (:sender, :uuid) order by sender, uuid limit 1 offset :scan;

-- name: purge.attempts
-- The old ones of one step; uuids come in no order, and an index by time would cost every send. Primary key
select sender, uuid from (
  select sender, uuid, at from attempt where corp = :corp and (sender, uuid) > (:sender, :uuid) order by sender, uuid limit :scan
) where at < :before limit :scan;

-- name: purge.delete_attempts
delete from attempt where (corp, sender, uuid) in (values /*rows*/ (?, ?, ?));

-- name: purge.old_media
-- Uploads of before, oldest first, behind a position. Index media_newest
select created_at, media_id from media where corp = :corp and (created_at, media_id) > (:at, :media_id) and created_at < :before
order by created_at, media_id limit :limit;

-- name: purge.texts_of_tasks
-- Texts with the id of an upload in them, among the next tasks. Primary key
select seq, case when instr(content, '@lA') > 0 then content else '' end from task where corp = :corp and seq > :after order by seq limit :limit;

-- name: purge.texts_of_articles
-- Drafts and what is published. Primary keys
select a.article, a.thumb_media_id || ' ' || a.content || ' ' || coalesce(p.thumb_media_id || ' ' || p.content, '')
from article a left join published p on p.corp = a.corp and p.article = a.article
where a.corp = :corp and a.article > :after and a.deleted_at is null order by a.article limit :limit;

-- name: purge.texts_of_accounts
-- Their pictures and menus. Accounts are few.
select a.sender, a.avatar_media_id || ' ' || a.preview_media_id || ' ' || coalesce(m.buttons, '') from account a
left join menu m on m.corp = a.corp and m.sender = a.sender where a.corp = :corp and a.sender > :after order by a.sender limit :limit;

-- name: purge.texts_of_installations
select sender, logo_url from installation where corp = :corp and sender > :after order by sender limit :limit;

-- name: purge.texts_of_people
-- Pictures of people. Primary key
select ord, avatar from user where corp = :corp and ord > :after and avatar <> '' order by ord limit :limit;

-- name: purge.texts_of_templates
-- Of every organisation: templates are few.
select t.template_id, (select group_concat(r.content, ' ') from template_revision r where r.template_id = t.template_id)
from template t where t.template_id > :after order by t.template_id limit :limit;
