-- What a page of an inbox reads, after a year as on the first day.

-- What a send says beside its audience. It stood with the audience, whose names may be long.
alter table task add column flags text;      -- JSON; null: sent before this column was there, look into the selectors
-- One sender's tasks that are stored as bitmaps: many a reader has none of them.
create index task_broad on task(corp, sender, seq) where storage = 1;
