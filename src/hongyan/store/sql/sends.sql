-- Sends as operators look for them: lists that are read downwards in bounded steps, counts, and reads over time.

-- name: sends.page
-- The matching ones among the next `scan` sends below a position, in no order. Primary key.
select seq, sender, surface, status, kind, storage, uuid, msg_type, content, n_addressed, n_filtered, n_failed, visible_at, recalled_at from (
  select seq, sender, surface, status, kind, storage, uuid, msg_type, content, n_addressed, n_filtered, n_failed, visible_at, recalled_at
  from task where corp = :corp and seq < :before and seq >= :since order by seq desc limit :scan
) where (:msg_type = '' or msg_type = :msg_type) and (:kind = '' or kind = :kind) and (:text = '' or instr(lower(content), :text) > 0)
and (:state = '' or :state = case when recalled_at is not null then 'recalled' when status = 3 then 'failed' when visible_at > :now then 'delayed' else 'sent' end)
and (:sender = 0 or sender = :sender);

-- name: sends.page_of_sender
-- The same among one sender's. Index task_sender.
select seq, sender, surface, status, kind, storage, uuid, msg_type, content, n_addressed, n_filtered, n_failed, visible_at, recalled_at from (
  select seq, sender, surface, status, kind, storage, uuid, msg_type, content, n_addressed, n_filtered, n_failed, visible_at, recalled_at
  from task indexed by task_sender where corp = :corp and sender = :sender and seq > 0 and seq < :before and seq >= :since order by seq desc limit :scan
) where (:msg_type = '' or msg_type = :msg_type) and (:kind = '' or kind = :kind) and (:text = '' or instr(lower(content), :text) > 0)
and (:state = '' or :state = case when recalled_at is not null then 'recalled' when status = 3 then 'failed' when visible_at > :now then 'delayed' else 'sent' end);

-- name: sends.page_odd
-- The same among those that failed, were recalled or came late. Index task_odd.
select seq, sender, surface, status, kind, storage, uuid, msg_type, content, n_addressed, n_filtered, n_failed, visible_at, recalled_at from (
  select seq, sender, surface, status, kind, storage, uuid, msg_type, content, n_addressed, n_filtered, n_failed, visible_at, recalled_at
  from task indexed by task_odd where corp = :corp and seq < :before and seq >= :since
  and (status = 3 or recalled_at is not null or visible_at > (seq >> 12)) order by seq desc limit :scan
) where (:msg_type = '' or msg_type = :msg_type) and (:kind = '' or kind = :kind) and (:text = '' or instr(lower(content), :text) > 0)
and :state = case when recalled_at is not null then 'recalled' when status = 3 then 'failed' when visible_at > :now then 'delayed' else 'sent' end
and (:sender = 0 or sender = :sender);

-- name: sends.floor
-- Where the step of `sends.page` ends, and how many sends it looks at. Primary key alone.
select min(seq), count(*) from (select seq from task where corp = :corp and seq < :before and seq >= :since order by seq desc limit :scan) limit 1;

-- name: sends.floor_of_sender
-- index task_sender alone
select min(seq), count(*) from (
  select seq from task indexed by task_sender where corp = :corp and sender = :sender and seq > 0 and seq < :before and seq >= :since order by seq desc limit :scan
) limit 1;

-- name: sends.floor_odd
-- index task_odd
select min(seq), count(*) from (
  select seq from task indexed by task_odd where corp = :corp and seq < :before and seq >= :since
  and (status = 3 or recalled_at is not null or visible_at > (seq >> 12)) order by seq desc limit :scan
) limit 1;

-- name: sends.one
-- primary key
select seq, sender, surface, status, kind, storage, uuid, msg_type, content, n_addressed, n_filtered, n_failed, visible_at, recalled_at
from task where corp = :corp and seq = :seq limit 1;

-- name: sends.by_uuid
-- What became of a uuid, whoever used it. Primary key.
select json_group_array(json_array(sender, at, outcome, seq)) from attempt where (corp, sender, uuid) in (values /*rows*/ (?, ?, ?));

-- name: sends.reads_frozen
-- primary key
select reads_at_recall from task where corp = :corp and seq = :seq limit 1;

-- name: sends.readers_few
-- Receipts, up to a number. Index inbox_task.
select json_group_array(ord) from (select ord from inbox indexed by inbox_task where corp = :corp and seq = :seq and read_at is not null limit :limit);

-- name: sends.openers_few
-- Who opened the conversation since, up to a number. Index read_mark_seq.
select json_group_array(ord) from (
  select ord from read_mark indexed by read_mark_seq where corp = :corp and sender = :sender and seq >= :seq and at >= :visible_at limit :limit
);

-- name: sends.marks_of
-- primary key
select json_group_array(json_array(sender, ord, seq, at)) from read_mark where (corp, sender, ord) in (values /*rows*/ (?, ?, ?));

-- name: sends.reads_after
-- When people opened the message or its conversation, first things first, among the next `scan` changes after the send; two arrays, because
-- a hundred thousand rows take ten times as long. Primary key.
select json_group_array(ord), json_group_array(at) from (select kind, task, sender, ord, at from event where corp = :corp and seq > :seq order by seq limit :scan)
where sender = :sender and at >= :visible_at and ((kind = 'opened' and task >= :seq) or (kind = 'read' and task = :seq));

-- name: sends.count_between
-- How many sends in a span; counting stops at `most`. Primary key alone.
select count(*) from (select 1 from task where corp = :corp and seq >= :since and seq < :until limit :most);

-- name: sends.filtered_between
-- How many people were left out in a span, over at most `most` sends. Index task_filtered alone.
select coalesce(sum(n_filtered), 0) from (select n_filtered from task where corp = :corp and seq >= :since and seq < :until and n_filtered > 0 limit :most) limit 1;

-- name: sends.refused_since
-- Attempts that were refused after they were decoded; counting stops at `most`. Index attempt_refused.
select count(*) from (select 1 from attempt indexed by attempt_refused where corp = :corp and at >= :since and outcome <> 'ok' limit :most);

-- name: sends.senders_today
-- primary key
select sender, n_tasks, person_times from sender_day where corp = :corp and day = :day order by sender limit 1000;
