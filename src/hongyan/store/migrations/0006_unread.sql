-- Tasks that a count of unread rows must look at one by one: recalled, or visible later than accepted (a seq is milliseconds × 4096).
create index task_unusual on task(corp, sender, seq) where recalled_at is not null or visible_at > (seq >> 12);
