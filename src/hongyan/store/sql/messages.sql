-- name: media.by_id
select media_id, kind, name, mime, size, blob, created_at from media where corp = :corp and media_id = :media_id;

-- name: media.sha
select sha256 from media where corp = :corp and media_id = :media_id;

-- name: media.all
select media_id, kind, name, mime, size, blob, created_at from media where corp = :corp order by created_at, media_id limit 100000;

-- name: media.put
insert into media(corp, media_id, kind, name, mime, size, sha256, blob, created_at)
values (:corp, :media_id, :kind, :name, :mime, :size, :sha256, :blob, :now)
on conflict (corp, media_id) do update set kind = excluded.kind, name = excluded.name, mime = excluded.mime, size = excluded.size,
sha256 = excluded.sha256, blob = excluded.blob;

-- name: article.by_id
-- As readers have it: the published text, and the draft where nothing is published. Primary keys.
select a.article, a.sender, coalesce(p.title, a.title), coalesce(p.digest, a.digest), coalesce(p.content, a.content),
coalesce(p.thumb_media_id, a.thumb_media_id), a.published_at, a.updated_at
from article a left join published p on p.corp = a.corp and p.article = a.article
where a.corp = :corp and a.article = :article and a.deleted_at is null limit 1;

-- name: article.all
-- The same of all.
select a.article, a.sender, coalesce(p.title, a.title), coalesce(p.digest, a.digest), coalesce(p.content, a.content),
coalesce(p.thumb_media_id, a.thumb_media_id), a.published_at, a.updated_at
from article a left join published p on p.corp = a.corp and p.article = a.article
where a.corp = :corp and a.deleted_at is null order by a.article limit 100000;

-- name: article.put
-- What a file brings; it revives what was deleted.
insert into article(corp, article, sender, title, digest, content, thumb_media_id, published_at, created_at, updated_at)
values (:corp, :article, :sender, :title, :digest, :content, :thumb_media_id, :published_at, :now, :now)
on conflict (corp, article) do update set sender = excluded.sender, title = excluded.title, digest = excluded.digest,
content = excluded.content, thumb_media_id = excluded.thumb_media_id, published_at = excluded.published_at, updated_at = excluded.updated_at,
deleted_at = null;

-- name: card.by_id
select media_id, sender, articles from card where corp = :corp and media_id = :media_id and deleted_at is null;

-- name: card.all
select media_id, sender, articles from card where corp = :corp and deleted_at is null order by media_id limit 100000;

-- name: card.put
insert into card(corp, media_id, sender, articles, updated_at) values (:corp, :media_id, :sender, :articles, :now)
on conflict (corp, media_id) do update set sender = excluded.sender, articles = excluded.articles, updated_at = excluded.updated_at, deleted_at = null;
