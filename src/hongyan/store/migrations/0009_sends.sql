-- The console's lists of sends, how many read them, and what was refused.

-- One sender's sends, newest first, among a million of others. The condition keeps the planner from taking it where a narrower index fits better.
create index task_sender on task(corp, sender, seq) where seq > 0;
-- What a list of failed, recalled or delayed sends looks for; few sends ever enter it.
create index task_odd on task(corp, seq) where status = 3 or recalled_at is not null or visible_at > (seq >> 12);
-- How many people were left out in a span of time.
create index task_filtered on task(corp, seq, n_filtered) where n_filtered > 0;
-- Who opened a conversation after a message came, without reading everybody who ever opened it.
create index read_mark_seq on read_mark(corp, sender, seq, at);
create index attempt_refused on attempt(corp, at) where outcome <> 'ok';
