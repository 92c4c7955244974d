-- Operators of the console, their sessions and what they changed.

-- name: operator.insert
insert into operator(name, password, role, created_at) values (:name, :password, :role, :now) on conflict (name) do nothing;

-- name: operator.by_name
-- index operator_name
select operator, name, password, role, failures, locked_until, created_at, disabled_at from operator where name = :name;

-- name: operator.by_no
select operator, name, password, role, failures, locked_until, created_at, disabled_at from operator where operator = :operator;

-- name: operator.page
-- primary key
select operator, name, password, role, failures, locked_until, created_at, disabled_at from operator where operator > :after order by operator limit :limit;

-- name: operator.others
-- Live administrators besides this one. There are few operators.
select operator from operator where role = 'administrator' and disabled_at is null and operator <> :operator limit 1;

-- name: operator.any
select operator from operator limit 1;

-- name: operator.set_password
update operator set password = :password, failures = 0, locked_until = 0 where operator = :operator;

-- name: operator.set_role
update operator set role = :role where operator = :operator;

-- name: operator.set_disabled
update operator set disabled_at = :disabled_at where operator = :operator;

-- name: operator.failed
update operator set failures = :failures, locked_until = :locked_until where operator = :operator;

-- name: operator_session.insert
insert into operator_session(hash, operator, created_at, seen_at, expires_at) values (:hash, :operator, :now, :now, :expires_at);

-- name: operator_session.by_hash
select s.operator, s.seen_at, s.expires_at, o.name, o.role, o.disabled_at from operator_session s join operator o on o.operator = s.operator where s.hash = :hash;

-- name: operator_session.seen
update operator_session set seen_at = :now where hash = :hash;

-- name: operator_session.end
delete from operator_session where hash = :hash;

-- name: operator_session.end_all
-- index operator_session_of
delete from operator_session where operator = :operator;

-- name: operator_session.purge
-- Few: each operator has a handful.
delete from operator_session where expires_at < :now or seen_at < :idle;

-- name: operator_link.insert
insert into operator_link(hash, operator, expires_at) values (:hash, :operator, :expires_at);

-- name: operator_link.take
delete from operator_link where hash = :hash and expires_at >= :now returning operator;

-- name: operator_link.end_all
-- Few: they live for minutes.
delete from operator_link where operator = :operator or expires_at < :now;

-- name: audit.insert
insert into audit(at, corp, actor, action, subject, detail, address) values (:now, :corp, :actor, :action, :subject, :detail, :address);

-- name: audit.page
-- primary key
select n, at, corp, actor, action, subject, detail, address from audit where n < :before order by n desc limit :limit;

-- name: audit.page_of_actor
-- index audit_actor
select n, at, corp, actor, action, subject, detail, address from audit where actor = :actor and n < :before order by n desc limit :limit;
