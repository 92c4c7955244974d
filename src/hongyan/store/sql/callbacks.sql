-- name: callback.put
insert into callback(app, corp, style, owner, url, token_sealed, aes_key_sealed, kinds, created_at, updated_at)
values (:app, :corp, :style, :owner, :url, :token_sealed, :aes_key_sealed, :kinds, :now, :now)
on conflict (app, corp) do update set style = excluded.style, owner = excluded.owner, url = excluded.url, token_sealed = excluded.token_sealed,
aes_key_sealed = excluded.aes_key_sealed, kinds = excluded.kinds, updated_at = excluded.updated_at;

-- name: callback.of_app
-- index callback_of
select c.callback, c.app, c.corp, c.style, c.owner, c.url, c.token_sealed, c.aes_key_sealed, c.kinds, c.created_at, c.updated_at, s.suite_id
from callback c left join suite s on s.app = c.app where c.app = :app and c.corp = :corp limit 1;

-- name: callback.all
select c.callback, c.app, c.corp, c.style, c.owner, c.url, c.token_sealed, c.aes_key_sealed, c.kinds, c.created_at, c.updated_at, s.suite_id
from callback c join app a on a.app = c.app left join suite s on s.app = c.app where a.disabled_at is null order by c.callback limit 10000;

-- name: callback.of_corp
-- An app of another owner is among them only while it is installed there. Indexes callback_corp, installation_agent.
select c.callback, c.app, c.corp, c.style, c.owner, c.url, c.token_sealed, c.aes_key_sealed, c.kinds, c.created_at, c.updated_at, null
from callback c join app a on a.app = c.app where c.corp = :corp and a.disabled_at is null
and (a.corp = c.corp or c.app in (select app from installation where corp = :corp and disabled_at is null and uninstalled_at is null))
order by c.callback limit 1000;

-- name: callback.of_suites_in_corp
-- The suites that are installed there and enabled. index callback_corp
select c.callback, c.app, c.corp, c.style, c.owner, c.url, c.token_sealed, c.aes_key_sealed, c.kinds, c.created_at, c.updated_at, s.suite_id
from callback c join suite s on s.app = c.app join app a on a.app = c.app where c.corp = 0 and a.disabled_at is null
and c.app in (select app from installation where corp = :corp and disabled_at is null and uninstalled_at is null) order by c.callback limit 1000;

-- name: callback.delete
delete from callback where callback = :callback;

-- name: outbox.insert
insert into outbox(callback, lane, corp, kind, event_id, biz_id, data, created_at, due_at)
values (:callback, :lane, :corp, :kind, :event_id, :biz_id, :data, :now, :now);

-- name: outbox.first
-- index outbox_waiting
select n, callback, corp, kind, event_id, biz_id, data, created_at, due_at, attempts, state, ended_at
from outbox where callback = :callback and lane = :lane and state = 'waiting' order by n limit 1;

-- name: outbox.by_n
-- primary key
select n, callback, corp, kind, event_id, biz_id, data, created_at, due_at, attempts, state, ended_at
from outbox where n = :n and callback = :callback limit 1;

-- name: outbox.log
-- index outbox_log
select n, callback, corp, kind, event_id, biz_id, data, created_at, due_at, attempts, state, ended_at
from outbox where callback = :callback and n < :before and (:state = '' or state = :state) order by n desc limit :limit;

-- name: outbox.failed
-- index outbox_failed
select n, callback, corp, kind, event_id, biz_id, data, created_at, due_at, attempts, state, ended_at
from outbox where callback = :callback and state = 'failed' order by n limit :limit;

-- name: outbox.waiting
-- index outbox_waiting
select count(*) from outbox where callback = :callback and lane in (0, 1) and state = 'waiting';

-- name: outbox.attempted
-- Not what was replaced or deleted while it was on its way.
update outbox set attempts = :attempts, state = :state, due_at = :due_at, ended_at = :ended_at where n = :n and state = 'waiting';

-- name: outbox.again
update outbox set state = 'waiting', due_at = :now, ended_at = null where n = :n;

-- name: outbox.hurry
-- What waits is due at once. index outbox_waiting
update outbox set due_at = :now where callback = :callback and lane in (0, 1) and state = 'waiting' and due_at > :now;

-- name: outbox.replace
-- index outbox_waiting
update outbox set state = 'replaced', ended_at = :now where callback = :callback and lane = :lane and state = 'waiting';

-- name: outbox.fetched
update outbox set state = 'fetched' where n = :n;

-- name: outbox.drop
-- index outbox_log
delete from outbox where callback = :callback;

-- name: outbox.purge
-- index outbox_ended; in the order of the attempts' statement
delete from outbox where n in (select n from outbox where ended_at < :before order by ended_at, n limit :limit);

-- name: callback_attempt.insert
insert into callback_attempt(n, attempt, at, status, ms, outcome, answer) values (:n, :attempt, :at, :status, :ms, :outcome, :answer)
on conflict do nothing;

-- name: callback_attempt.of_event
-- primary key
select attempt, at, status, ms, outcome, answer from callback_attempt where n = :n order by attempt desc limit :limit;

-- name: callback_attempt.drop
-- index outbox_log
delete from callback_attempt where n in (select n from outbox where callback = :callback);

-- name: callback_attempt.purge
-- index outbox_ended
delete from callback_attempt where n in (select n from outbox where ended_at < :before order by ended_at, n limit :limit);

-- name: ticket.overdue
-- Suites with a callback and an own ticket older than a moment, or none.
select s.app, s.suite_id from callback c join suite s on s.app = c.app join app a on a.app = c.app
left join suite_ticket t on t.app = s.app and t.ended_at is null
where c.corp = 0 and a.disabled_at is null and (t.issued_at is null or t.issued_at <= :before) limit 1000;

-- name: directory_change.oldest
-- What nobody has been told yet.
select corp, n, kind, data, at from directory_change order by corp, n limit :limit;

-- name: directory_change.told
-- primary key
delete from directory_change where corp = :corp and n <= :n;

-- name: said.insert
insert into said(corp, seq, sender, ord, content, at) values (:corp, :seq, :sender, :ord, :content, :now);

-- name: said.page
-- index said_by
select seq, sender, content, at from said where corp = :corp and ord = :ord and sender = :sender and seq < :before order by seq desc limit :limit;

-- name: said.next_sender
-- The reader's first account after another; index said_by alone
select sender from said where corp = :corp and ord = :ord and sender > :after order by sender limit 1;

-- name: said.one
-- primary key
select seq, sender, content, at from said where corp = :corp and seq = :seq and ord = :ord limit 1;

-- name: department.for_event
-- primary key
select name, parent, position from department where corp = :corp and dept = :dept limit 1;

-- name: role.for_event
-- primary key
select name, grp from role where corp = :corp and role = :role limit 1;
