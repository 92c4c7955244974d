-- Message templates and their revisions. A template is joined with its newest revision.

-- name: template.insert
insert into template(template_id, corp, app, name, newest_revision, created_at) values (:template_id, :corp, :app, :name, 1, :now)
on conflict (template_id) do nothing;

-- name: template.by_id
-- Also of a deleted one.
select t.template_id, t.corp, t.app, t.name, t.enabled, t.approved_revision, t.created_at, t.deleted_at,
r.revision, r.state, r.content, r.reason, r.created_at, r.submitted_at, r.decided_at
from template t join template_revision r on r.template_id = t.template_id and r.revision = t.newest_revision
where t.template_id = :template_id limit 1;

-- name: template.page
-- Those of one app, without deleted ones. Index template_of.
select t.template_id, t.corp, t.app, t.name, t.enabled, t.approved_revision, t.created_at, t.deleted_at,
r.revision, r.state, r.content, r.reason, r.created_at, r.submitted_at, r.decided_at
from template t join template_revision r on r.template_id = t.template_id and r.revision = t.newest_revision
where t.app = :app and t.corp = :corp and t.template_id > :after and t.deleted_at is null order by t.template_id limit :limit;

-- name: template.sendable
-- content is null without an approved revision.
select t.corp, t.app, t.enabled, t.deleted_at, r.content
from template t left join template_revision r on r.template_id = t.template_id and r.revision = t.approved_revision
where t.template_id = :template_id limit 1;

-- name: template.named
update template set name = :name, newest_revision = :revision where template_id = :template_id;

-- name: template.approve
update template set approved_revision = :revision, enabled = 1 where template_id = :template_id;

-- name: template.switch
update template set enabled = :enabled where template_id = :template_id;

-- name: template.delete
update template set deleted_at = :now where template_id = :template_id and deleted_at is null;

-- name: template_revision.put
-- A draft is replaced in its place.
insert into template_revision(template_id, revision, state, content, created_at) values (:template_id, :revision, 'draft', :content, :now)
on conflict (template_id, revision) do update set content = excluded.content;

-- name: template_revision.submit
update template_revision set state = 'submitted', submitted_at = :now where template_id = :template_id and revision = :revision;

-- name: template_revision.decide
update template_revision set state = :state, reason = :reason, decided_at = :now where template_id = :template_id and revision = :revision;

-- name: template_revision.newest
select revision, state, content, reason, created_at, submitted_at, decided_at
from template_revision where template_id = :template_id order by revision desc limit :limit;

-- name: template_revision.by_no
select revision, state, content, reason, created_at, submitted_at, decided_at
from template_revision where template_id = :template_id and revision = :revision limit 1;
