-- Lists of uploads, articles and cards as operators page through them: behind a position, never by offset.

-- name: media.used_by_messages
-- Index task_media; the expression is the index's.
select seq, surface from task where corp = :corp
and coalesce(content ->> '$.media_id', content ->> '$.cover', content ->> '$.image') = :media_id
and msg_type in ('image', 'voice', 'file', 'link', 'oa') order by seq desc limit :limit;

-- name: media.used_by_articles
-- Primary key; reads on until it has enough.
select a.article, a.title from article a where a.corp = :corp and a.deleted_at is null and (a.thumb_media_id = :media_id
or exists (select 1 from published p where p.corp = a.corp and p.article = a.article and p.thumb_media_id = :media_id))
order by a.article desc limit :limit;

-- name: media.used_by_accounts
select sender, unionid, name from account where corp = :corp and (avatar_media_id = :media_id or preview_media_id = :media_id)
order by sender limit :limit;

-- name: article.behind
-- Of one account, newest first, below a number. Index article_of alone
select article from article where corp = :corp and sender = :sender and article < :before
and (:published is null or (published_at is not null) = :published) and (:deleted is null or (deleted_at is not null) = :deleted)
order by article desc limit :limit;

-- name: article.set_rights
update article set view_scope = :view_scope, allow_forward = :allow_forward where corp = :corp and article = :article;

-- name: card.behind
-- Of one account, changed last first, behind a position. Index card_of
select media_id, sender, articles, updated_at from card where corp = :corp and sender = :sender and deleted_at is null
and (updated_at, media_id) < (:at, :media_id) order by updated_at desc, media_id desc limit :limit;
