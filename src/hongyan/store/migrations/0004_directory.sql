-- The directory interfaces: role groups with ids, what roles manage, login codes, and the list of changes.

-- What changed in an organisation, for those who tell applications of it. Written in the transaction of the change itself
-- (`directory/changes.py`); whoever has told it deletes the row. `n` grows with every change and is not used again; a row is one event.
-- kind and data (JSON):
--   user_add_org, user_modify_org, user_leave_org   {"userids": [text, at most 500]}
--   user_active_org                                 {"userids": [...]}: whose client became active
--   org_dept_create, org_dept_modify, org_dept_remove   {"depts": [number, at most 500]}
--   label_conf_add, label_conf_modify, label_conf_del   {"roles": [number]}
--   label_user_change                               {"action": "add" or "remove", "roles": [number], "userids": [at most 500]}
-- Nothing is written for the first filling of an organisation: nobody can have asked for it.
create table directory_change(
  corp integer not null,
  n integer not null,
  kind text not null,
  data text not null,
  at integer not null,
  primary key (corp, n)
) without rowid;

-- A role's group is its name; the id is how the interfaces call it.
create table role_group(
  corp integer not null,
  grp integer not null,
  name text not null,
  primary key (corp, grp)
) without rowid;
create unique index role_group_name on role_group(corp, name);
-- Roles without a group stand in the group that every organisation has; ids of roles and groups come from one counter.
alter table corp add column next_role integer not null default 1;
insert into role_group(corp, grp, name)
select grouped.corp, row_number() over (partition by grouped.corp order by grouped.first) + highest.role, grouped.label
from (select corp, case grp when '' then '默认' else grp end as label, min(role) as first from role group by corp, label) as grouped
join (select corp, max(role) as role from role group by corp) as highest on highest.corp = grouped.corp;
update corp set next_role = 1 + coalesce((select max(grp) from role_group where role_group.corp = corp.corp), 0);

-- The departments that somebody manages by a role; without a row, all of them.
create table role_scope(
  corp integer not null,
  role integer not null,
  ord integer not null,
  depts text not null,                         -- JSON list of department ids
  primary key (corp, role, ord)
) without rowid;
create index role_scope_ord on role_scope(corp, ord);

-- A code that a reader hands to an application, which learns from it who the reader is. Used once.
create table login_code(hash blob primary key, corp integer not null, ord integer not null, expires_at integer not null) without rowid;

alter table user add column modified_at integer not null default 0;
create index user_mobile on user(corp, mobile) where left_at is null and mobile <> '';
create index user_email on user(corp, email) where left_at is null and email <> '';
