-- Uploads: what shares a content, what refers to them, in what order they are listed.

-- name: media.same_content
-- The blob that has this content already. Index media_sha.
select blob from media where corp = :corp and sha256 = :sha256 limit 1;

-- name: media.blob_uses
-- Index media_blob.
select count(*) from media where corp = :corp and blob = :blob;

-- name: media.named_blobs
-- Which of these blobs some row names. Index media_blob.
select json_group_array(json_array(blob)) from media where (corp, blob) in (values /*rows*/ (?, ?));

-- name: media.page
-- Newest first, behind a position. Index media_newest; with a kind it reads on until it has enough.
select media_id, kind, name, mime, size, blob, created_at from media
where corp = :corp and (created_at, media_id) < (:at, :media_id) and (:kind is null or kind = :kind)
order by created_at desc, media_id desc limit :limit;

-- name: media.delete
-- primary key
delete from media where corp = :corp and media_id = :media_id;

-- name: media.message_uses
-- Messages that show it, as many as :most of them. Index task_media; the expression is the index's.
select count(*) from (
  select 1 from task where corp = :corp and coalesce(content ->> '$.media_id', content ->> '$.cover', content ->> '$.image') = :media_id
  and msg_type in ('image', 'voice', 'file', 'link', 'oa') limit :most
);

-- name: media.other_uses
-- Articles with it as their picture, and accounts with it as theirs.
select (
  select count(*) from article a where a.corp = :corp and a.deleted_at is null and (a.thumb_media_id = :media_id
  or exists (select 1 from published p where p.corp = a.corp and p.article = a.article and p.thumb_media_id = :media_id))
), (select count(*) from account where corp = :corp and (avatar_media_id = :media_id or preview_media_id = :media_id))
limit 1;
