-- Forgetting a person. The person's number stays, names nobody, and keeps the counts and lists of what was sent true.

-- name: erasure.insert
insert into erasure(corp, ord, alias, state, marks, asked_at) values (:corp, :ord, :alias, 'running', :marks, :now)
on conflict (corp, ord) do nothing returning erasure;

-- name: erasure.open
-- Oldest first. Index erasure_open
select erasure, corp, ord, alias, state, step, position, marks, done, asked_at, finished_at from erasure
where finished_at is null order by erasure limit :limit;

-- name: erasure.one
select erasure, corp, ord, alias, state, step, position, marks, done, asked_at, finished_at from erasure where erasure = :erasure limit 1;

-- name: erasure.page
-- Newest first. Index erasure_of_corp
select erasure, corp, ord, alias, state, step, position, marks, done, asked_at, finished_at from erasure
where corp = :corp and erasure < :before order by erasure desc limit :limit;

-- name: erasure.move
update erasure set state = :state, step = :step, position = :position, done = :done where erasure = :erasure;

-- name: erasure.end_marks
update erasure set marks = '', state = 'compacting' where erasure = :erasure;

-- name: erasure.finish
update erasure set state = 'done', finished_at = :now where erasure = :erasure;

-- name: erase.all_of_userid
-- Everybody who had the userid. The indexes by userid are two: those who are there, and those who left.
select ord from user indexed by user_gone where corp = :corp and userid = :userid and left_at is not null order by ord limit 1000;

-- name: erase.user
update user set userid = :alias, unionid = '', name = '', mobile = '', title = '', email = '', avatar = '', job_number = '', depts = '[]',
extra = '{}', modified_at = :now where corp = :corp and ord = :ord;

-- name: erase.readers
-- Keys to the inbox, among the next ones. Primary key
delete from reader where hash in (
  select hash from (select hash, corp, ord from reader where hash > :after order by hash limit :limit) where corp = :corp and ord = :ord
);

-- name: erase.readers_floor
-- primary key alone
select hash from reader where hash > :after order by hash limit 1 offset :offset;

-- name: erase.login_codes
-- Few: they live for minutes.
delete from login_code where corp = :corp and ord = :ord;

-- name: erase.comments
-- index comment_of_person
delete from comment where comment in (select comment from comment where corp = :corp and ord = :ord limit :limit);

-- name: erase.said
-- index said_by
delete from said where corp = :corp and seq in (select seq from said where corp = :corp and ord = :ord limit :limit);

-- name: erase.articles_floor
-- primary key alone
select article from article where corp = :corp and article > :after order by article limit 1 offset :offset;

-- name: erase.views
-- What the person opened; the counts of each article stay. Primary keys
delete from article_view where corp = :corp and ord = :ord and article in (
  select article from article where corp = :corp and article > :after order by article limit :limit
);

-- name: erase.entries
-- What was never read; receipts stay, as a count does. Primary key
delete from inbox where (corp, ord, sender, seq) in (
  select corp, ord, sender, seq from inbox where corp = :corp and ord = :ord and read_at is null limit :limit
);

-- name: erase.scopes
-- index role_scope_ord
delete from role_scope where corp = :corp and ord = :ord;

-- name: erase.departments
-- Departments whose further fields name the person. There are few departments.
select dept, extra from department where corp = :corp and dept > :after and instr(extra, :userid) > 0 order by dept limit :limit;

-- name: erase.set_department
update department set extra = :extra where corp = :corp and dept = :dept;

-- name: erase.subordinates
-- People whose further fields name the person, among the next ones. Primary key
select ord, extra from (select ord, extra from user where corp = :corp and ord > :after order by ord limit :scan) where instr(extra, :userid) > 0 limit :scan;

-- name: erase.people_floor
-- primary key alone
select ord from user where corp = :corp and ord > :after order by ord limit 1 offset :offset;

-- name: erase.set_subordinate
update user set extra = :extra where corp = :corp and ord = :ord;

-- name: erase.accounts
select sender, operators, blocked, allow_userids from account where corp = :corp and sender > :after order by sender limit :limit;

-- name: erase.set_account
update account set operators = :operators, blocked = :blocked, allow_userids = :allow_userids where corp = :corp and sender = :sender;

-- name: erase.installations
select sender, visible_userids, admins from installation where corp = :corp and sender > :after order by sender limit :limit;

-- name: erase.set_installation
update installation set visible_userids = :visible_userids, admins = :admins where corp = :corp and sender = :sender;

-- name: erase.tasks
-- Sends whose words may name the person, among the next ones. Primary key
select seq, n_addressed, addressed, content, selectors, flags, invalid from (
  select seq, n_addressed, addressed, content, selectors, flags, invalid from task where corp = :corp and seq > :after order by seq limit :scan
) where (n_addressed = 1 and selectors is not null) or instr(selectors, :userid) > 0
or instr(coalesce(flags, ''), :userid) > 0 or instr(coalesce(invalid, ''), :userid) > 0
or exists (select 1 from json_each(:marks) where instr(content, value) > 0) limit :scan;

-- name: erase.tasks_floor
-- primary key alone
select seq from task where corp = :corp and seq > :after order by seq limit 1 offset :offset;

-- name: erase.set_task
update task set content = :content, selectors = :selectors, flags = :flags, invalid = :invalid where corp = :corp and seq = :seq;

-- name: erase.audit
-- primary key
select n, subject, detail from audit where n > :after order by n limit :limit;

-- name: erase.set_audit
update audit set subject = :subject, detail = :detail where n = :n;

-- name: erase.outbox
-- primary key
select n, corp, state, kind, data, biz_id from outbox where n > :after order by n limit :limit;

-- name: erase.set_outbox
update outbox set data = :data, biz_id = :biz_id where n = :n;

-- name: erase.drop_outbox
delete from outbox where n = :n;

-- name: erase.drop_answers
-- primary key
delete from callback_attempt where n = :n;

-- name: erase.answers
-- primary key
select attempt, answer from callback_attempt where n = :n order by attempt limit :limit;

-- name: erase.set_answer
update callback_attempt set answer = :answer where n = :n and attempt = :attempt;

-- name: erase.untold
-- Changes that nobody was told of yet. They wait for a moment.
select data from directory_change where corp = :corp order by n limit :limit;
