-- What ids are called.

-- name: user.names
-- Live people. Index user_userid.
select json_group_array(json_array(userid, name)) from user where left_at is null and (corp, userid) in (values /*rows*/ (?, ?));

-- name: department.names
select json_group_array(json_array(dept, name)) from department where (corp, dept) in (values /*rows*/ (?, ?));
