-- name: corp.accept_state
select last_seq, org_version, last_bitmap, headcount, zone from corp where corp = :corp;

-- name: corp.moved
update corp set last_seq = :last_seq, last_bitmap = :last_bitmap where corp = :corp;

-- name: attempt.existing
-- primary key
select json_group_array(json_array(corp, sender, uuid)) from attempt where (corp, sender, uuid) in (values /*rows*/ (?, ?, ?));

-- name: attempt.insert
insert or fail into attempt(corp, sender, uuid, at, outcome, seq, decision) values /*rows*/ (?, ?, ?, ?, ?, ?, ?);

-- name: attempt.by_uuid
select at, outcome, seq, decision from attempt where corp = :corp and sender = :sender and uuid = :uuid;

-- name: window.of_senders
select json_group_array(json_array(corp, sender, rule, start, n)) from window where (corp, sender) in (values /*rows*/ (?, ?));

-- name: window.put
insert or fail into window(corp, sender, rule, start, n) values /*rows*/ (?, ?, ?, ?, ?)
on conflict (corp, sender, rule) do update set start = excluded.start, n = excluded.n;

-- name: sender_day.of_senders
select json_group_array(json_array(corp, sender, n_tasks, person_times)) from sender_day where (corp, day, sender) in (values /*rows*/ (?, ?, ?));

-- name: sender_day.put
insert or fail into sender_day(corp, day, sender, n_tasks, person_times) values /*rows*/ (?, ?, ?, ?, ?)
on conflict (corp, day, sender) do update set n_tasks = excluded.n_tasks, person_times = excluded.person_times;

-- name: usage.of_people
-- primary key
select json_group_array(json_array(corp, sender, ord, n, hex(hashes))) from usage where (corp, day, sender, ord) in (values /*rows*/ (?, ?, ?, ?));

-- name: usage.put
insert or fail into usage(corp, day, sender, ord, n, hashes) values /*rows*/ (?, ?, ?, ?, ?, ?)
on conflict (corp, day, sender, ord) do update set n = excluded.n, hashes = excluded.hashes;

-- name: task.insert
insert or fail into task(corp, seq, day, sender, app, surface, status, kind, storage, hash, uuid, msg_type, content, selectors,
n_addressed, n_filtered, n_failed, addressed, sets, invalid, decision, rules_version, visible_at, flags)
values /*rows*/ (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: task.same_content
-- Both storage kinds; index task_hash.
select addressed, sets from task where corp = :corp and day = :day and sender = :sender and hash = :hash and status = 2;

-- name: task.same_content_bitmaps
-- index task_hash
select addressed, sets from task where corp = :corp and day = :day and sender = :sender and hash = :hash and storage = 1 and status = 2;

-- name: task.by_seq
select corp, seq, day, sender, app, surface, status, kind, storage, hash, uuid, msg_type, content, selectors,
n_addressed, n_filtered, n_failed, addressed, sets, invalid, decision, rules_version, visible_at, recalled_at, reads_at_recall, bar_value, bar_color,
coalesce(flags, selectors ->> '$.flags')
from task where corp = :corp and seq = :seq;

-- name: inbox.insert
insert or fail into inbox(corp, ord, sender, seq, kind) values /*rows*/ (?, ?, ?, ?, 0);

-- name: rule_setting.all
select corp, scope, subject, rule, mode, limit_ from rule_setting;

-- name: rule_setting.put
insert into rule_setting(corp, scope, subject, rule, mode, limit_) values (:corp, :scope, :subject, :rule, :mode, :limit)
on conflict (corp, scope, subject, rule) do update set mode = excluded.mode, limit_ = excluded.limit_;

-- name: rule_setting.delete
delete from rule_setting where corp = :corp and scope = :scope and subject = :subject and rule = :rule;

-- name: task.counted_bitmaps
-- A day's work notifications of a sender that are stored as bitmaps, from a place on, in their order; index task_broad.
select seq, addressed, sets from task indexed by task_broad
where corp = :corp and sender = :sender and storage = 1 and seq > :after and day = :day and surface = 'work' and status = 2 order by seq;

-- name: usage.at_least
-- Primary key; at most the people whom the sender wrote to today.
select ord, n, hashes from usage where corp = :corp and day = :day and sender = :sender and n >= :least;
