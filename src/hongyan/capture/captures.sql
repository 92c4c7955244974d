-- Statements on the file of captured calls. Pages are newest first, between two positions; what a filter's index does not hold is looked at row by row.
-- The index is named because without statistics SQLite takes whichever begins with the organisation.

-- name: capture.last
select coalesce(max(n), 0) from capture;

-- name: capture.insert
insert into capture(n, at, corp, app, app_name, method, path, status, errcode, code, refused, us, address, task, said)
values (:n, :at, :corp, :app, :app_name, :method, :path, :status, :errcode, :code, :refused, :us, :address, :task, :said);

-- name: capture.insert_data
insert into capture_data(n, data) values (:n, :data);

-- name: capture.insert_person
insert or ignore into capture_person(corp, userid, n) values (:corp, :userid, :n);

-- name: capture.one
select n, at, corp, app, app_name, method, path, status, errcode, refused, us, address, task, said, data
from capture join capture_data using (n) where n = :n;

-- name: capture.page
select n, at, corp, app, app_name, method, path, status, errcode, refused, us, address, task, said from capture indexed by capture_of_corp
where corp = :corp and n < :before and n > :after and (:path = '' or instr(path, :path) > 0)
order by n desc limit :limit;

-- name: capture.page_refused
select n, at, corp, app, app_name, method, path, status, errcode, refused, us, address, task, said from capture indexed by capture_refused
where corp = :corp and refused = 1 and n < :before and n > :after and (:path = '' or instr(path, :path) > 0)
order by n desc limit :limit;

-- name: capture.page_of_code
select n, at, corp, app, app_name, method, path, status, errcode, refused, us, address, task, said from capture indexed by capture_of_code
where corp = :corp and code = :code and n < :before and n > :after
  and (:path = '' or instr(path, :path) > 0) and (:app = '' or app = :app) and refused >= :refused
order by n desc limit :limit;

-- name: capture.page_of_app
select n, at, corp, app, app_name, method, path, status, errcode, refused, us, address, task, said from capture indexed by capture_of_app
where corp = :corp and app = :app and n < :before and n > :after and (:path = '' or instr(path, :path) > 0) and refused >= :refused
order by n desc limit :limit;

-- name: capture.page_of_task
select n, at, corp, app, app_name, method, path, status, errcode, refused, us, address, task, said from capture indexed by capture_of_task
where corp = :corp and task = :task and task <> '' and n < :before and n > :after
  and (:path = '' or instr(path, :path) > 0) and (:app = '' or app = :app) and (:code = '' or code = :code) and refused >= :refused
order by n desc limit :limit;

-- name: capture.page_of_person
-- primary key of capture_person
select c.n, at, c.corp, app, app_name, method, path, status, errcode, refused, us, address, task, said
from capture_person p join capture c on c.n = p.n
where p.corp = :corp and p.userid = :userid and p.n < :before and p.n > :after
  and (:path = '' or instr(path, :path) > 0) and (:app = '' or app = :app) and (:code = '' or code = :code)
  and (:task = '' or task = :task) and refused >= :refused
order by p.n desc limit :limit;

-- name: capture.codes
-- each code once, by steps through the index capture_of_code
with recursive step(code) as (
  select min(code) from capture where corp = :corp
  union all
  select (select min(c.code) from capture c where c.corp = :corp and c.code > step.code) from step where step.code is not null
)
select code from step where code is not null limit :limit;

-- name: capture.apps
-- each app once, by steps through the index capture_of_app
with recursive step(app) as (
  select min(app) from capture where corp = :corp
  union all
  select (select min(c.app) from capture c where c.corp = :corp and c.app > step.app) from step where step.app is not null
)
select app, (select app_name from capture c where c.corp = :corp and c.app = step.app order by n desc limit 1)
from step where app is not null and app <> '' limit :limit;

-- name: capture.at_or_after
-- primary key
select n, at from capture where n >= :n order by n limit 1;

-- name: capture.count_refused
-- Index capture_refused alone; counting stops at `most`.
select count(*) from (select 1 from capture indexed by capture_refused where corp = :corp and refused = 1 and n > :after limit :most);

-- name: capture.oldest
-- the primary key, from its start
select n, at from capture order by n limit :limit;

-- name: capture.purge
delete from capture where n <= :upto;

-- name: capture.purge_data
delete from capture_data where n <= :upto;

-- name: capture.purge_persons
-- index capture_person_n
delete from capture_person where n <= :upto;

-- name: capture.with_data
-- the primary key, from a position
select n, said, path, data from capture not indexed join capture_data using (n) where n > :after and corp in (:corp, '') order by n limit :limit;

-- name: capture.forget
delete from capture where n = :n;

-- name: capture.forget_data
delete from capture_data where n = :n;

-- name: capture.forget_persons
-- index capture_person_n
delete from capture_person where n = :n;
