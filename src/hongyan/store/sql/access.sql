-- name: app.insert
insert into app(app_key, name, kind, corp, secret_hash, scopes, allow_ips, created_at)
values (:app_key, :name, :kind, :corp, :secret_hash, :scopes, :allow_ips, :now) returning app;

-- name: app.by_key
select app, app_key, name, kind, corp, secret_hash, scopes, allow_ips, created_at, disabled_at from app where app_key = :app_key;

-- name: app.by_no
select app, app_key, name, kind, corp, secret_hash, scopes, allow_ips, created_at, disabled_at from app where app = :app;

-- name: app.of_corp
-- The corp's own apps and those installed in it.
select app, app_key, name, kind, corp, secret_hash, scopes, allow_ips, created_at, disabled_at from app
where corp = :corp or app in (select app from installation where corp = :corp and uninstalled_at is null) order by app limit 10000;

-- name: app.update
update app set name = :name, secret_hash = :secret_hash, scopes = :scopes, allow_ips = :allow_ips, disabled_at = :disabled_at where app = :app;

-- name: sender.insert
insert into sender(corp, kind, created_at) values (:corp, :kind, :now) returning sender;

-- name: account.insert
insert into account(sender, corp, unionid, name, brief, descr, avatar_media_id, preview_media_id)
values (:sender, :corp, :unionid, :name, :brief, :descr, :avatar_media_id, :preview_media_id);

-- name: account.by_unionid
select sender, corp, unionid, name, brief, descr, avatar_media_id, preview_media_id, disabled_at, operators, blocked, allow_all, allow_userids, allow_depts
from account where corp = :corp and unionid = :unionid;

-- name: account.by_sender
select sender, corp, unionid, name, brief, descr, avatar_media_id, preview_media_id, disabled_at, operators, blocked, allow_all, allow_userids, allow_depts
from account where corp = :corp and sender = :sender;

-- name: account.by_name
select sender, corp, unionid, name, brief, descr, avatar_media_id, preview_media_id, disabled_at, operators, blocked, allow_all, allow_userids, allow_depts
from account where corp = :corp and name = :name and disabled_at is null;

-- name: account.count
select count(*) from account where corp = :corp and disabled_at is null;

-- name: account.page
select sender, corp, unionid, name, brief, descr, avatar_media_id, preview_media_id, disabled_at, operators, blocked, allow_all, allow_userids, allow_depts
from account where corp = :corp and disabled_at is null order by sender limit :limit offset :offset;

-- name: account.every
-- The ended ones too. index account_unionid
select sender, corp, unionid, name, brief, descr, avatar_media_id, preview_media_id, disabled_at, operators, blocked, allow_all, allow_userids, allow_depts
from account where corp = :corp order by sender limit :limit;

-- name: account.update
update account set name = :name, brief = :brief, descr = :descr, avatar_media_id = :avatar_media_id, preview_media_id = :preview_media_id,
disabled_at = :disabled_at, operators = :operators, blocked = :blocked, allow_all = :allow_all, allow_userids = :allow_userids,
allow_depts = :allow_depts where corp = :corp and sender = :sender;

-- name: installation.insert
insert into installation(sender, corp, app, agent_id, name) values (:sender, :corp, :app, :agent_id, :name);

-- name: installation.of_corp
-- Those that are installed, disabled or not.
select sender, corp, app, agent_id, name, disabled_at, visible_all, visible_userids, visible_depts, admins, description, logo_url, uninstalled_at
from installation where corp = :corp and uninstalled_at is null order by sender limit 10000;

-- name: installation.by_agent
-- Uninstalled ones too: an agent id belongs to one app for good. index installation_agent
select sender, corp, app, agent_id, name, disabled_at, visible_all, visible_userids, visible_depts, admins, description, logo_url, uninstalled_at
from installation where corp = :corp and agent_id = :agent_id limit 1;

-- name: installation.live
-- index installation_agent
select 1 from installation where corp = :corp and app = :app and disabled_at is null and uninstalled_at is null limit 1;

-- name: installation.update
update installation set name = :name, disabled_at = :disabled_at, visible_all = :visible_all, visible_userids = :visible_userids,
visible_depts = :visible_depts, admins = :admins, description = :description, logo_url = :logo_url, uninstalled_at = :uninstalled_at
where corp = :corp and sender = :sender;

-- name: sender.names
-- What each sender of a corp is called.
select a.sender, 'account', a.unionid, a.name, a.avatar_media_id from account a where a.corp = :corp
union all
select i.sender, 'installation', cast(i.agent_id as text), i.name, '' from installation i where i.corp = :corp;

-- name: token.newest
-- index token_of
select hash, generation, expires_at from token where app = :app and corp = :corp and pinned = 0 order by generation desc limit 1;

-- name: token.by_hash
select app, corp, expires_at, pinned from token where hash = :hash;

-- name: token.insert
insert into token(hash, app, corp, generation, expires_at, pinned) values (:hash, :app, :corp, :generation, :expires_at, :pinned)
on conflict (hash) do update set app = excluded.app, corp = excluded.corp, expires_at = excluded.expires_at, pinned = excluded.pinned;

-- name: token.renew
update token set expires_at = :expires_at where hash = :hash;

-- name: token.purge
delete from token where app = :app and corp = :corp and pinned = 0 and expires_at < :before;

-- name: token.revoke
delete from token where app = :app and pinned = 0;

-- name: token.end
-- Those of an internal app stay as rows: the next one takes the generation after theirs, or it would be the same token again. index token_of
update token set expires_at = 0 where app = :app and pinned = 0 and expires_at > 0;

-- name: token.of_app
-- index token_of
select corp, expires_at, pinned from token where app = :app and (pinned = 1 or expires_at > :now) order by corp, generation limit :limit;

-- name: reader.insert
insert into reader(hash, corp, ord, expires_at) values (:hash, :corp, :ord, :expires_at);

-- name: reader.by_hash
select corp, ord, expires_at from reader where hash = :hash;

-- name: reader.purge
delete from reader where expires_at < :now;

-- name: setting.get
select value from setting where name = :name;

-- name: setting.put
insert into setting(name, value) values (:name, :value) on conflict (name) do update set value = excluded.value;
