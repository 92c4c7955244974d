-- What a backup says of the store in it. Both run on the copy, never on the store itself.

-- name: backup.counts
select (select count(*) from corp), (select coalesce(sum(headcount), 0) from corp), (select count(*) from task), (select count(*) from media) limit 1;

-- name: backup.media
-- Files that some upload names, behind a position. Index media_blob.
select distinct corp, blob from media where (corp, blob) > (:corp, :blob) order by corp, blob limit :limit;
