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
select article, sender, title, digest, content, thumb_media_id, published_at, updated_at
from article where corp = :corp and article = :article and deleted_at is null;

-- name: article.all
select article, sender, title, digest, content, thumb_media_id, published_at, updated_at
from article where corp = :corp and deleted_at is null order by article limit 100000;

-- name: article.put
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
