-- What each rule did to each sender's sends, by day: calls refused, people left out, people who would have been (observe).
create table rule_day(
  corp integer not null,
  sender integer not null,
  day integer not null,
  rule text not null,
  refused integer not null default 0,
  filtered integer not null default 0,
  observed integer not null default 0,
  primary key (corp, sender, day, rule)
) without rowid;
