-- name: suite.insert
insert into suite(app, suite_id, secret_sealed, created_at) values (:app, :suite_id, :secret_sealed, :now);

-- name: suite.by_app
select suite_id, secret_sealed, created_at from suite where app = :app;

-- name: suite.by_id
select app from suite where suite_id = :suite_id limit 1;

-- name: suite.seal
update suite set secret_sealed = :secret_sealed where app = :app;

-- name: suite.all
select a.app, a.app_key, a.name, a.kind, a.corp, a.secret_hash, a.scopes, a.allow_ips, a.created_at, a.disabled_at, s.suite_id
from suite s join app a on a.app = s.app order by s.app limit 10000;

-- name: suite.agents
-- Where each suite is installed.
select installation.app, corp.corp_id, agent_id from installation join suite on suite.app = installation.app join corp on corp.corp = installation.corp
where uninstalled_at is null order by sender limit 10000;

-- name: ticket.insert
insert into suite_ticket(app, ticket, issued_at) values (:app, :ticket, :now);

-- name: ticket.end
-- A new ticket ends the one before.
update suite_ticket set ended_at = :now where app = :app and ended_at is null;

-- name: ticket.purge
delete from suite_ticket where app = :app and ended_at < :before;

-- name: ticket.current
select ticket, issued_at from suite_ticket where app = :app and ended_at is null order by issued_at desc limit 1;

-- name: ticket.holds
select 1 from suite_ticket where app = :app and ticket = :ticket and ended_at is null limit 1;

-- name: token.purge_fresh
-- Ended tokens of an app that gets a new one each time; their generation is the time they were made. index token_of
delete from token where hash in (
  select hash from token where app = :app and corp = :corp and generation < :before and expires_at < :now and pinned = 0 limit 1000
);

-- name: token.revoke_in_corp
-- index token_of
delete from token where app = :app and corp = :corp and pinned = 0;
