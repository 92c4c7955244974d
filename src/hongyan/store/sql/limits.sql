-- What is used of the limits, and what the limits did.

-- name: window.of_sender
-- primary key
select rule, start, n from window where corp = :corp and sender = :sender limit 1000;

-- name: sender_day.of_sender
-- primary key
select n_tasks, person_times from sender_day where corp = :corp and day = :day and sender = :sender limit 1;

-- name: rule_day.add
insert into rule_day(corp, sender, day, rule, refused, filtered, observed) values /*rows*/ (?, ?, ?, ?, ?, ?, ?)
on conflict (corp, sender, day, rule) do update set refused = refused + excluded.refused, filtered = filtered + excluded.filtered,
observed = observed + excluded.observed;

-- name: rule_day.of_sender
-- Primary key; one row for each rule that did something that day.
select day, rule, refused, filtered, observed from rule_day where corp = :corp and sender = :sender and day >= :since order by day, rule limit 10000;
