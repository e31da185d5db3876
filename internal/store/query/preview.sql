-- name: PreviewByKey :one
select id, lifecycle from conversations where conversation_key = sqlc.arg(conversation_key) and preview;

-- name: PreviewChannel :one
-- A channel of the kind, the oldest first: what it looks like on that channel is
-- tried, and nothing is sent there.
select id from channels where agent_id = sqlc.arg(agent_id) and kind = sqlc.arg(kind) order by created_at, id limit 1;

-- name: PutPreviewContact :exec
insert into contacts (id, display_name, created_at) values (sqlc.arg(id), 'Preview', clock());

-- name: PutPreview :exec
insert into conversations (id, agent_id, channel_id, contact_id, conversation_key, recipient, language, preview, preview_version,
  preview_draft, preview_identity, preview_of, created_at, updated_at, deadline, deadline_kind)
values (sqlc.arg(id), sqlc.arg(agent_id), sqlc.arg(channel_id), sqlc.arg(contact_id), sqlc.arg(conversation_key), 'preview',
  sqlc.arg(language), true, sqlc.arg(version), sqlc.arg(draft), sqlc.arg(identity), sqlc.narg(past), clock(), clock(),
  clock() + sqlc.arg(lasts)::interval, 'inactivity');

-- name: VersionExists :one
select exists (select 1 from agent_versions where agent_id = sqlc.arg(agent_id) and status = 'published' and number = sqlc.arg(number)::int)::boolean;

-- name: DraftExists :one
select exists (select 1 from draft_snapshots where agent_id = sqlc.arg(agent_id) and revision = sqlc.arg(revision))::boolean;

-- name: KeepDraft :exec
insert into draft_snapshots (agent_id, revision, settings, created_at)
values (sqlc.arg(agent_id), sqlc.arg(revision), sqlc.arg(settings), clock())
on conflict (agent_id, revision) do nothing;

-- name: Hurry :exec
-- A message of a preview is not waited for others, and moves its end.
with event as (
  update inbox_events set quiet_millis = 0, cap_millis = 0 where dedupe_key = sqlc.arg(dedupe_key) returning conversation_id
)
update conversations set deadline = clock() + sqlc.arg(lasts)::interval, deadline_kind = 'inactivity'
from event where conversations.id = event.conversation_id;

-- name: PreviewRow :one
select c.id, c.agent_id, c.channel_id, c.contact_id, c.conversation_key, c.lifecycle, ch.kind
from conversations c join channels ch on ch.id = c.channel_id
where c.id = $1 and c.preview;

-- name: SetQueued :exec
-- People would have a preview now: it only says so.
update conversations set reason = sqlc.arg(reason), lifecycle = 'waiting_human', updated_at = clock() where id = sqlc.arg(id);
