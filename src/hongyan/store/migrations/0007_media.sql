-- Who refers to an upload, and to the file behind it; uploads newest first.

-- Covering: a look-up of another row would make the planner walk through all uploads of the organisation instead.
drop index media_sha;
create index media_sha on media(corp, sha256, blob);
create index media_blob on media(corp, blob);
create index media_newest on media(corp, created_at, media_id);
-- The upload that a message shows. Pictures inside markdown are not among them: an organisation can find those by their text only.
create index task_media on task(corp, coalesce(content ->> '$.media_id', content ->> '$.cover', content ->> '$.image'))
where msg_type in ('image', 'voice', 'file', 'link', 'oa');
