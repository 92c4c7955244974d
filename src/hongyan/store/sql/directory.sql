-- name: corp.insert
insert into corp(corp_id, name, zone, created_at) values (:corp_id, :name, :zone, :now) returning corp;

-- name: corp.by_id
select corp, corp_id, name, zone, org_version, headcount from corp where corp_id = :corp_id;

-- name: corp.by_no
select corp, corp_id, name, zone, org_version, headcount from corp where corp = :corp;

-- name: corp.all
select corp, corp_id, name, zone, org_version, headcount from corp order by corp limit 10000;

-- name: corp.counters
select next_ord, next_dept, org_version, next_role from corp where corp = :corp;

-- name: corp.org_changed
update corp set next_ord = :next_ord, next_dept = :next_dept, next_role = :next_role, org_version = org_version + 1, headcount = :headcount
where corp = :corp;

-- name: corp.rename
update corp set name = :name, zone = :zone where corp = :corp;

-- name: corp.people
select live, inactive from corp_people where corp = :corp;

-- name: corp.set_people
insert into corp_people(corp, live, inactive) values (:corp, :live, :inactive)
on conflict (corp) do update set live = excluded.live, inactive = excluded.inactive;

-- name: user.by_userid
-- index user_userid
select ord, userid, unionid, name, mobile, title, email, avatar, job_number, depts, active, joined_at, left_at, extra
from user where corp = :corp and userid = :userid and left_at is null;

-- name: user.gone_by_userid
-- The planner would take the primary key and read the whole organisation.
select ord, userid, unionid, name, mobile, title, email, avatar, job_number, depts, active, joined_at, left_at, extra
from user indexed by user_gone where corp = :corp and userid = :userid and left_at is not null order by left_at desc, ord desc limit 1;

-- name: user.by_ord
select ord, userid, unionid, name, mobile, title, email, avatar, job_number, depts, active, joined_at, left_at, extra
from user where corp = :corp and ord = :ord;

-- name: user.page
-- A search reads on in the index user_search alone, until it has enough; then rows by primary key.
select ord, userid, unionid, name, mobile, title, email, avatar, job_number, depts, active, joined_at, left_at, extra
from user where corp = :corp and ord in (
  select ord from user indexed by user_search where corp = :corp and left_at is null and userid > :after
  and (:pattern = '' or name like :pattern escape '\' or userid like :pattern escape '\' or mobile like :pattern escape '\')
  order by userid limit :limit
) order by userid limit :limit;

-- name: user.page_by_ord
select ord, userid, unionid, name, mobile, title, email, avatar, job_number, depts, active, joined_at, left_at, extra
from user where corp = :corp and ord > :after and left_at is null order by ord limit :limit;

-- name: user.ids_by_ord
select json_group_array(json_array(ord, userid)) from user where (corp, ord) in (values /*rows*/ (?, ?));

-- name: user.names_by_ord
select json_group_array(json_array(ord, userid, name)) from user where (corp, ord) in (values /*rows*/ (?, ?));

-- name: user.ord
-- index user_userid
select ord from user where corp = :corp and userid = :userid and left_at is null;

-- name: user.ords_by_userid
-- index user_userid
select json_group_array(json_array(userid, ord)) from user where left_at is null and (corp, userid) in (values /*rows*/ (?, ?));

-- name: user.known
-- What an import needs to know of the live people it names. Index user_userid.
select json_group_array(json_array(userid, ord, unionid, json(depts), active, joined_at)) from user
where left_at is null and (corp, userid) in (values /*rows*/ (?, ?));

-- name: user.departed
-- People who left and may come back; the planner would take the primary key and read the whole organisation.
select json_group_array(json_array(userid, ord, unionid, joined_at)) from user indexed by user_gone
where left_at is not null and (corp, userid) in (values /*rows*/ (?, ?));

-- name: user.live_ids
select userid, ord, depts from user where corp = :corp and left_at is null;

-- name: user.put
insert into user(corp, ord, userid, unionid, name, mobile, title, email, avatar, job_number, depts, active, joined_at, extra, modified_at)
values /*rows*/ (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
on conflict (corp, ord) do update set userid = excluded.userid, unionid = excluded.unionid, name = excluded.name, mobile = excluded.mobile,
title = excluded.title, email = excluded.email, avatar = excluded.avatar, job_number = excluded.job_number, depts = excluded.depts,
active = excluded.active, extra = excluded.extra, modified_at = excluded.modified_at, left_at = null;

-- name: user.leave
update user set left_at = :now, depts = '[]' where corp = :corp and ord = :ord and left_at is null;

-- name: department.all
select dept, parent, name, position, members from department where corp = :corp;

-- name: department.put
insert into department(corp, dept, parent, name, position, members, extra) values /*rows*/ (?, ?, ?, ?, ?, ?, ?)
on conflict (corp, dept) do update set parent = excluded.parent, name = excluded.name, position = excluded.position, members = excluded.members,
extra = excluded.extra;

-- name: department.delete
delete from department where corp = :corp and dept = :dept;

-- name: role.all
select role, name, grp, members from role where corp = :corp;

-- name: role.put
insert into role(corp, role, name, grp, members) values /*rows*/ (?, ?, ?, ?, ?)
on conflict (corp, role) do update set name = excluded.name, grp = excluded.grp, members = excluded.members;

-- name: role.delete
delete from role where corp = :corp and role = :role;
