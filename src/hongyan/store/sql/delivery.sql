-- name: task.bitmaps_after
-- index task_bitmap
select seq, sender, visible_at, addressed, sets from task where corp = :corp and storage = 1 and seq > :after order by seq desc limit :limit;

-- name: task.bitmaps_between
-- index task_bitmap
select seq, sender, visible_at, addressed, sets from task indexed by task_bitmap
where corp = :corp and storage = 1 and seq < :before and seq > :after order by seq desc limit :limit;

-- name: task.bitmaps_between_last
-- index task_bitmap alone
select seq from task indexed by task_bitmap where corp = :corp and storage = 1 and seq < :before and seq > :after order by seq desc limit 1;

-- name: task.bitmaps_of_sender
-- index task_broad
select seq, sender, visible_at, addressed, sets from task indexed by task_broad
where corp = :corp and sender = :sender and storage = 1 and seq < :before and seq > :after order by seq desc limit :limit;

-- name: task.bitmaps_of_sender_last
-- index task_broad alone
select seq from task indexed by task_broad
where corp = :corp and sender = :sender and storage = 1 and seq < :before and seq > :after order by seq desc limit 1;

-- name: task.next_bitmap_sender
-- The first sender after another who ever had a task stored as a bitmap; index task_broad alone.
select sender from task indexed by task_broad where corp = :corp and storage = 1 and sender > :after order by sender limit 1;

-- name: task.bitmaps_delayed
-- Bitmap tasks below a mark that became visible after it was set. Index task_bitmap.
select addressed, sets from task indexed by task_bitmap where corp = :corp and storage = 1 and seq > :after and seq <= :mark and sender = :sender
and visible_at > :mark_at and visible_at <= :now order by seq limit 200;

-- name: task.as_entries
-- Tasks as one reader has them, with their receipts: corp, ordinal, sender and sequence of each. Primary keys.
select json_group_array(json_array(t.seq, t.msg_type, t.content, coalesce(t.flags, t.selectors ->> '$.flags'), t.kind, t.visible_at, t.recalled_at, t.bar_value, t.bar_color, i.read_at))
from (values /*rows*/ (?, ?, ?, ?)) w
cross join task t on t.corp = w.column1 and t.seq = w.column4
left join inbox i on i.corp = w.column1 and i.ord = w.column2 and i.sender = w.column3 and i.seq = w.column4;

-- name: task.first_bitmap
-- The oldest task stored as a bitmap that was not purged; index task_bitmap.
select min(seq) from task indexed by task_bitmap where corp = :corp and storage = 1;

-- name: task.bitmaps_recalled
-- A sender's recalled tasks stored as bitmaps, as one set; index task_unusual.
select json_group_array(seq) from task indexed by task_unusual
where corp = :corp and sender = :sender and seq > :after and (recalled_at is not null or visible_at > (seq >> 12))
and recalled_at is not null and storage = 1;

-- name: inbox.receipts
-- A sender's tasks stored as bitmaps that a person has read one by one, as one set; index inbox_receipt.
select json_group_array(seq) from inbox indexed by inbox_receipt where corp = :corp and ord = :ord and sender = :sender and seq > :after and kind = 1;

-- name: task.by_seq_short
select sender, storage, visible_at, recalled_at from task where corp = :corp and seq = :seq;

-- name: task.delivered_to
select addressed, sets from task where corp = :corp and seq = :seq;

-- name: task.after
select seq, sender, visible_at, addressed, sets from task where corp = :corp and seq > :after order by seq limit :limit;

-- name: task.newest
select seq from task where corp = :corp and seq < :before order by seq desc limit :limit;

-- name: task.newest_of_sender
select seq from task where corp = :corp and sender = :sender and seq < :before order by seq desc limit :limit;

-- name: task.twins_before
-- In no order. Index task_hash; the planner would take the primary key and read every task before.
select seq from task indexed by task_hash where corp = :corp and day = :day and sender = :sender and hash = :hash and seq < :before and status = 2 limit 1000;

-- name: task.recall
update task set recalled_at = :now, reads_at_recall = :reads where corp = :corp and seq = :seq;

-- name: inbox.next_sender
-- The person's first sender after another; primary key.
select sender from inbox where corp = :corp and ord = :ord and sender > :after order by sender limit 1;

-- name: inbox.page
-- primary key
select json_group_array(seq) from (
  select seq from inbox where corp = :corp and ord = :ord and sender = :sender and seq < :before and kind = 0 order by seq desc limit :limit
);

-- name: inbox.unread_rows
-- primary key alone
select count(*) from (
  select 1 from inbox where corp = :corp and ord = :ord and sender = :sender and seq > :above and seq < :until and kind = 0
  and read_at is null limit :limit
);

-- name: inbox.unread_unusual
-- Of the sender's unusual tasks: how many there are, the person's unread rows between the bounds that nobody sees, and those below them that came late.
-- Index task_unusual; with a bound of 0 the planner would take every task of the sender.
select count(*),
  count(*) filter (where i.seq > :above and i.seq < :until and (t.recalled_at is not null or t.visible_at > :now)),
  count(*) filter (where i.seq <= :above and t.visible_at > :mark_at and t.visible_at <= :now and t.recalled_at is null)
from (
  select corp, sender, seq, visible_at, recalled_at from task indexed by task_unusual
  where corp = :corp and sender = :sender and seq > :after and (recalled_at is not null or visible_at > (seq >> 12)) order by seq limit :limit
) t
left join inbox i on i.corp = t.corp and i.ord = :ord and i.sender = t.sender and i.seq = t.seq and i.kind = 0 and i.read_at is null;

-- name: inbox.any_unusual
-- Whether inbox.unread_unusual would find anything, which it hardly ever does; index task_unusual.
select 1 from task indexed by task_unusual
where corp = :corp and sender = :sender and seq > :after and (recalled_at is not null or visible_at > (seq >> 12)) limit 1;

-- name: inbox.unread_each
-- Every row with its task, where unusual ones are many. Primary keys, from as far below the mark as something delayed may lie.
select count(*) from (
  select 1 from inbox i join task t on t.corp = i.corp and t.seq = i.seq
  where i.corp = :corp and i.ord = :ord and i.sender = :sender and i.seq > :after and i.kind = 0 and i.read_at is null
  and (i.seq > :mark or t.visible_at > :mark_at)
  and t.recalled_at is null and t.visible_at <= :now limit :limit
);

-- name: inbox.read_one
update inbox set read_at = :now where corp = :corp and ord = :ord and sender = :sender and seq = :seq and read_at is null;

-- name: inbox.add_receipt
-- The receipt of a task stored as a bitmap.
insert into inbox(corp, ord, sender, seq, kind, read_at) values (:corp, :ord, :sender, :seq, 1, :now) on conflict do nothing;

-- name: inbox.readers
-- Index inbox_task; the planner would take the primary key and read every inbox of the organisation.
select json_group_array(ord) from inbox indexed by inbox_task where corp = :corp and seq = :seq and read_at is not null;

-- name: read_mark.of_person
select seq, at from read_mark where corp = :corp and sender = :sender and ord = :ord;

-- name: read_mark.put
insert into read_mark(corp, sender, ord, seq, at) values (:corp, :sender, :ord, :seq, :at)
on conflict (corp, sender, ord) do update set seq = excluded.seq, at = excluded.at;

-- name: read_mark.beyond
-- Everybody who opened the conversation after the task became visible. Primary key.
select json_group_array(ord) from read_mark where corp = :corp and sender = :sender and seq >= :seq and at >= :visible_at;

-- name: event.insert
insert into event(corp, seq, kind, task, sender, ord, at) values (:corp, :seq, :kind, :task, :sender, :ord, :now);

-- name: event.after
select e.seq, e.kind, e.task, e.sender, e.ord, t.addressed, t.sets
from event e left join task t on e.kind in ('recalled', 'status_bar') and t.corp = e.corp and t.seq = e.task
where e.corp = :corp and e.seq > :after order by e.seq limit :limit;

-- name: task.set_bar
update task set bar_value = :value, bar_color = :color where corp = :corp and seq = :seq;

-- name: inbox.count_between
-- primary key
select count(*) from inbox where corp = :corp and ord = :ord and sender = :sender and seq >= :since and seq < :before and kind = 0;

-- name: task.counted_bitmaps_before
-- index task_bitmap
select addressed, sets from task indexed by task_bitmap where corp = :corp and storage = 1 and seq >= :since and seq < :before and sender = :sender and status = 2;
