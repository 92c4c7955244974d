-- name: department.for_edit
-- All departments of a corp; a change needs the tree, and the members of those it touches.
select dept, parent, name, position, members, extra from department where corp = :corp;

-- name: department.one
-- primary key
select dept, parent, name, position, extra from department where corp = :corp and dept = :dept limit 1;

-- name: department.by_key
-- primary key
select json_group_array(json_array(dept, parent, name, position, json(extra))) from department where (corp, dept) in (values /*rows*/ (?, ?));

-- name: department.members
-- primary key
select members from department where corp = :corp and dept = :dept limit 1;

-- name: department.children
-- The planner would take the primary key and read every department.
select dept, parent, name, position, extra from department indexed by department_parent where corp = :corp and parent = :parent order by position, dept limit 100000;

-- name: department.search
-- primary key; reads on until it has enough
select dept from department where corp = :corp and dept > :after and (case :whole when 1 then name = :word else instr(lower(name), lower(:word)) > 0 end)
order by dept limit :limit;

-- name: user.rows_by_ord
-- primary key
select json_group_array(json_array(ord, userid, unionid, name, mobile, title, email, avatar, job_number, depts, active, joined_at, left_at, extra))
from user where (corp, ord) in (values /*rows*/ (?, ?));

-- name: user.rank_by_ord
-- What members of a department are sorted by. Primary key.
select json_group_array(json_array(ord, modified_at, json(json_extract(extra, '$.places')))) from user where (corp, ord) in (values /*rows*/ (?, ?));

-- name: user.by_unionid
-- Without the hint the planner takes the primary key and reads the whole organisation; so with the next two.
select userid from user indexed by user_unionid where corp = :corp and unionid = :unionid and left_at is null limit 1;

-- name: user.by_mobile
select userid from user indexed by user_mobile where corp = :corp and mobile = :mobile and mobile <> '' and left_at is null limit 1;

-- name: user.by_email
select userid from user indexed by user_email where corp = :corp and email = :email and email <> '' and left_at is null limit 1;

-- name: user.search
-- Part of a name. Primary key; reads on until it has enough.
select ord, userid, depts from user where corp = :corp and ord > :after and left_at is null
and instr(lower(name), lower(:word)) > 0 order by ord limit :limit;

-- name: user.search_whole
-- A whole name. Index user_name.
select ord, userid, depts from user indexed by user_name where corp = :corp and name = :word and ord > :after and left_at is null
order by ord limit :limit;

-- name: role_group.all
select grp, name from role_group where corp = :corp order by grp limit 100000;

-- name: role_group.put
insert into role_group(corp, grp, name) values /*rows*/ (?, ?, ?) on conflict (corp, grp) do update set name = excluded.name;

-- name: role_group.delete
delete from role_group where corp = :corp and grp = :grp;

-- name: role_scope.all
-- primary key
select role, ord, depts from role_scope where corp = :corp order by role, ord limit 1000000;

-- name: role_scope.of_role
-- primary key
select ord, depts from role_scope where corp = :corp and role = :role order by ord limit 100000;

-- name: role_scope.put
insert into role_scope(corp, role, ord, depts) values /*rows*/ (?, ?, ?, ?) on conflict (corp, role, ord) do update set depts = excluded.depts;

-- name: role_scope.delete
delete from role_scope where corp = :corp and role = :role and ord = :ord;

-- name: role_scope.delete_person
-- index role_scope_ord
delete from role_scope where corp = :corp and ord = :ord;

-- name: role_scope.delete_role
delete from role_scope where corp = :corp and role = :role;

-- name: directory_change.last
-- primary key
select n from directory_change where corp = :corp order by n desc limit 1;

-- name: directory_change.put
insert into directory_change(corp, n, kind, data, at) values /*rows*/ (?, ?, ?, ?, ?);

-- name: directory_change.page
-- primary key
select n, kind, data, at from directory_change where corp = :corp and n > :after order by n limit :limit;

-- name: login_code.insert
insert into login_code(hash, corp, ord, expires_at) values (:hash, :corp, :ord, :expires_at);

-- name: login_code.take
-- Another organisation's code stays as it is: nobody there learns that there is one. primary key
delete from login_code where hash = :hash and corp = :corp returning corp, ord, expires_at;

-- name: login_code.purge
delete from login_code where expires_at < :now;
