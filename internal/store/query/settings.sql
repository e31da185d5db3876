-- name: PutDraft :exec
insert into agent_versions (id, agent_id, status, settings, created_at)
values (sqlc.arg(id), sqlc.arg(agent_id), 'draft', sqlc.arg(settings), clock());

-- name: DraftRow :one
select settings, revision from agent_versions where agent_id = $1 and status = 'draft';

-- name: SaveDraft :execrows
update agent_versions set settings = sqlc.arg(settings), revision = revision + 1
where agent_id = sqlc.arg(agent_id) and status = 'draft' and revision = sqlc.arg(revision);

-- name: PublishDraft :one
insert into agent_versions (id, agent_id, number, status, settings, revision, note, created_at, published_at)
select sqlc.arg(id), d.agent_id,
  coalesce((select max(p.number) from agent_versions p where p.agent_id = d.agent_id and p.status = 'published'), 0) + 1,
  'published', d.settings, d.revision, sqlc.arg(note), clock(), clock()
from agent_versions d
where d.agent_id = sqlc.arg(agent_id) and d.status = 'draft' and d.revision = sqlc.arg(revision)
returning coalesce(number, 0)::int as number;

-- name: PublishedRow :one
select settings, coalesce(number, 0)::int as number from agent_versions
where agent_id = $1 and status = 'published' order by agent_versions.number desc limit 1;

-- name: FanOutSettings :execrows
insert into inbox_events (conversation_id, conversation_key, dedupe_key, kind, control, received_at)
select c.id, c.conversation_key,
  'settings/conv_' || replace(c.id::text, '-', '') || '/' || sqlc.arg(version)::int,
  'control', 'settings', clock()
from conversations c
where c.agent_id = sqlc.arg(agent_id) and c.lifecycle <> 'closed' and c.deadline_kind = 'hours'
order by c.id
on conflict (dedupe_key) do nothing;
