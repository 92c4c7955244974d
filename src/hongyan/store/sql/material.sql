-- name: menu.of_sender
-- primary key
select buttons, enable_input, status from menu where corp = :corp and sender = :sender limit 1;

-- name: menu.put
insert into menu(corp, sender, enable_input, status, buttons, updated_at) values (:corp, :sender, :enable_input, :status, :buttons, :now)
on conflict (corp, sender) do update set enable_input = excluded.enable_input, status = excluded.status, buttons = excluded.buttons,
updated_at = excluded.updated_at;

-- name: article.edited
-- As editors have it, deleted or not. Primary keys.
select a.article, a.sender, a.title, a.digest, a.content, a.thumb_media_id, a.published_at, a.created_at, a.updated_at, a.deleted_at,
a.view_scope, a.allow_forward, coalesce(c.user_views, 0), coalesce(c.total_views, 0)
from article a left join article_count c on c.corp = a.corp and c.article = a.article
where a.corp = :corp and a.article = :article limit 1;

-- name: article.rights
-- Who may open a published article, without its text. Primary key.
select view_scope, published_at from article where corp = :corp and article = :article and deleted_at is null limit 1;

-- name: article.exists
-- Deleted ones too. Primary key.
select 1 from article where corp = :corp and article = :article limit 1;

-- name: article.by_uuid
-- index article_uuid
select article from article where corp = :corp and sender = :sender and uuid = :uuid limit 1;

-- name: article.next_id
-- Primary key, from its end; numbers are not given twice, since nothing is removed.
select coalesce(max(article), 0) + 1 from article where corp = :corp limit 1;

-- name: article.insert
insert into article(corp, article, sender, title, digest, content, thumb_media_id, created_at, updated_at, uuid, view_scope, allow_forward)
values (:corp, :article, :sender, :title, :digest, :content, :thumb_media_id, :now, :now, :uuid, :view_scope, :allow_forward);

-- name: article.edit
update article set title = :title, digest = :digest, content = :content, thumb_media_id = :thumb_media_id, updated_at = :now
where corp = :corp and article = :article;

-- name: article.publish
update article set published_at = :now where corp = :corp and article = :article;

-- name: article.delete
update article set deleted_at = :now where corp = :corp and article = :article;

-- name: article.count_of_sender
-- index article_of alone
select count(*) from article where corp = :corp and sender = :sender
and (:published is null or (published_at is not null) = :published) and (:deleted is null or (deleted_at is not null) = :deleted);

-- name: article.page_of_sender
-- Newest first. Index article_of alone
select article from article where corp = :corp and sender = :sender
and (:published is null or (published_at is not null) = :published) and (:deleted is null or (deleted_at is not null) = :deleted)
order by article desc limit :limit offset :offset;

-- name: published.put
insert into published(corp, article, title, digest, content, thumb_media_id)
values (:corp, :article, :title, :digest, :content, :thumb_media_id)
on conflict (corp, article) do update set title = excluded.title, digest = excluded.digest, content = excluded.content,
thumb_media_id = excluded.thumb_media_id;

-- name: published.drop
delete from published where corp = :corp and article = :article;

-- name: article_view.add
-- Answers how often this person has opened it now.
insert into article_view(corp, article, ord, n, last_at) values (:corp, :article, :ord, 1, :now)
on conflict (corp, article, ord) do update set n = n + 1, last_at = excluded.last_at returning n;

-- name: article_count.add
insert into article_count(corp, article, user_views, total_views) values (:corp, :article, :people, 1)
on conflict (corp, article) do update set user_views = user_views + excluded.user_views, total_views = total_views + 1;

-- name: card.exists
-- Deleted ones too. Primary key.
select 1 from card where corp = :corp and media_id = :media_id limit 1;

-- name: card.updated_at
-- primary key
select updated_at from card where corp = :corp and media_id = :media_id and deleted_at is null limit 1;

-- name: card.delete
update card set deleted_at = :now where corp = :corp and media_id = :media_id;

-- name: card.count_of_sender
-- index card_of
select count(*) from card indexed by card_of where corp = :corp and sender = :sender and deleted_at is null;

-- name: card.page_of_sender
-- Last changed first. Index card_of
select media_id, sender, articles, updated_at from card where corp = :corp and sender = :sender and deleted_at is null
order by updated_at desc, media_id desc limit :limit offset :offset;

-- name: comment.insert
insert into comment(corp, article, task, ord, text, created_at) values (:corp, :article, :task, :ord, :text, :now) returning comment;

-- name: comment.count_of_person
-- index comment_of_person
select count(*) from comment where corp = :corp and ord = :ord and task = :task and article = :article;

-- name: comment.shown
-- Below an article opened from a message whose comments stand at once. Index comment_shown
select c.comment, c.ord, u.name, c.text, c.created_at, c.featured_at from comment c join user u on u.corp = c.corp and u.ord = c.ord
where c.corp = :corp and c.task = :task and c.article = :article and c.comment < :before and c.hidden_at is null
order by c.comment desc limit :limit;

-- name: comment.featured
-- Below one whose comments are chosen. Index comment_featured
select c.comment, c.ord, u.name, c.text, c.created_at, c.featured_at from comment c join user u on u.corp = c.corp and u.ord = c.ord
where c.corp = :corp and c.task = :task and c.article = :article and c.comment < :before and c.hidden_at is null and c.featured_at is not null
order by c.comment desc limit :limit;

-- name: comment.waiting
-- What a reader wrote and nobody chose yet. Index comment_of_person
select c.comment, c.ord, u.name, c.text, c.created_at, c.featured_at from comment c join user u on u.corp = c.corp and u.ord = c.ord
where c.corp = :corp and c.ord = :ord and c.task = :task and c.article = :article and c.hidden_at is null and c.featured_at is null
order by c.comment desc limit :limit;

-- name: comment.of_article
-- All of them, hidden or not, for who looks after them. Index comment_of_article
select c.comment, c.article, c.task, u.userid, u.name, c.text, c.created_at, c.featured_at, c.hidden_at
from comment c join user u on u.corp = c.corp and u.ord = c.ord
where c.corp = :corp and c.article = :article and c.comment < :before order by c.comment desc limit :limit;

-- name: comment.by_id
-- primary key
select c.comment, c.article, c.task, u.userid, u.name, c.text, c.created_at, c.featured_at, c.hidden_at
from comment c join user u on u.corp = c.corp and u.ord = c.ord where c.comment = :comment and c.corp = :corp limit 1;

-- name: comment.mark
update comment set featured_at = :featured_at, hidden_at = :hidden_at where comment = :comment and corp = :corp;

-- name: record.count
-- index task_record alone: one run of entries, however large the tasks are
select count(*) from task where corp = :corp and sender = :sender and surface = 'mass' and kind <> 'preview'
and status = :status and (recalled_at is null) = :standing and visible_at >= :since and visible_at <= :until
and (:types is null or msg_type in (select value from json_each(:types)));

-- name: record.page
-- Newest first; the pages before are skipped within index task_record, without looking at a task.
select t.seq, t.visible_at, t.msg_type, t.content, coalesce(t.flags, t.selectors ->> '$.flags') from (
  select seq, visible_at as at from task where corp = :corp and sender = :sender and surface = 'mass' and kind <> 'preview'
  and status = :status and (recalled_at is null) = :standing and visible_at >= :since and visible_at <= :until
  and (:types is null or msg_type in (select value from json_each(:types)))
  order by visible_at desc, seq desc limit :limit offset :offset
) page cross join task t on t.corp = :corp and t.seq = page.seq;

-- name: task.cards_of_sender
-- The cards an account sent. Index task_card
select seq, content, coalesce(flags, selectors ->> '$.flags'), kind, visible_at, recalled_at from task
where corp = :corp and sender = :sender and seq < :before and msg_type in ('news_card', 'single_news_card') and status = 2 order by seq desc limit :limit;
