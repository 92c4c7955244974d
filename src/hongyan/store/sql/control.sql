-- name: control.counts
-- How much an organisation has of everything but people, who are counted in corp_people.
select (select count(*) from department where corp = :corp),
(select count(*) from role where corp = :corp),
(select count(*) from app where disabled_at is null and (corp = :corp or app in (select app from installation where corp = :corp))),
(select count(*) from account where corp = :corp and disabled_at is null),
(select count(*) from media where corp = :corp),
(select count(*) from article where corp = :corp and deleted_at is null),
(select count(*) from card where corp = :corp and deleted_at is null)
limit 1;

-- name: control.next_corp
-- The number the next organisation will have, unless another one is created first.
select coalesce(max(corp), 0) + 1 from corp limit 1;

-- name: control.tasks
-- Primary key, downwards; with a sender it reads on until it has enough.
select seq, sender, app, surface, status, kind, uuid, msg_type, content, n_addressed, n_filtered, n_failed, visible_at, recalled_at
from task where corp = :corp and seq < :before and (:sender is null or sender = :sender) order by seq desc limit :limit;

-- name: control.user_fields
-- What is there of the people that a file names. Index user_userid.
select json_group_array(json_array(userid, name, json(depts), unionid, mobile, title, email, avatar, job_number, active, json(extra))) from user
where left_at is null and (corp, userid) in (values /*rows*/ (?, ?));

-- name: control.media_content
-- primary key
select kind, name, sha256 from media where corp = :corp and media_id = :media_id limit 1;
