-- name: ConsoleConversations :many
-- Conversations by their latest change, newest first, or the one with an id.
select c.id, ch.kind as channel, c.lifecycle, c.owner, coalesce(u.name, '')::text as assigned_to, c.reason, c.handoff_id,
  c.language, c.engagement, c.turn, c.replies, c.config_version, c.close_reason, c.outcome,
  coalesce(c.rating, 0)::int as rating, c.deadline, c.deadline_kind, c.previous_id, c.preview, c.created_at, c.updated_at, c.closed_at,
  coalesce((select left(m.text, 120) from messages m where m.conversation_id = c.id and m.seq is not null
    and m.visibility = 'public' order by m.seq desc limit 1), '')::text as last_text
from conversations c
join channels ch on ch.id = c.channel_id
left join users u on u.id = c.assigned_to
where (c.id = sqlc.narg(id)::uuid or sqlc.narg(id)::uuid is null and not c.preview)
  and (sqlc.narg(owner)::text is null or c.owner = sqlc.narg(owner)::text)
  and (sqlc.narg(lifecycle)::text is null or c.lifecycle = sqlc.narg(lifecycle)::text)
  and (sqlc.narg(before_at)::timestamptz is null
    or (c.updated_at, c.id) < (sqlc.narg(before_at)::timestamptz, sqlc.narg(before_id)::uuid))
order by c.updated_at desc, c.id desc limit sqlc.arg(most)::int;

-- name: ConsoleMessages :many
-- The transcript in its order; what has not gone out yet comes last.
select m.id, m.seq, m.speaker, m.speaker_name, m.visibility, m.text, m.citations, m.ask_email, m.class, m.engine,
  m.turn, m.config_version, m.created_at,
  coalesce(p.state, '')::text as state, coalesce(p.code, '')::text as code
from messages m
left join lateral (select state, code from outbound_parts where message_id = m.id order by ord desc limit 1) p on true
where m.conversation_id = sqlc.arg(conversation_id) and (m.seq is null or m.seq > sqlc.arg(after)::bigint)
order by m.seq nulls last, m.id limit sqlc.arg(most)::int;

-- name: ConsoleTurns :many
select turn, state, kind, engine, not_found, degraded, late, created_at, ended_at
from turns where conversation_id = $1 order by turn desc limit 100;

-- name: ConsoleOwnership :many
select epoch, was, becomes, by_whom, reason, at
from ownership_log where conversation_id = $1 order by epoch desc limit 100;

-- name: MessageByKey :one
select id, text from messages where conversation_id = sqlc.arg(conversation_id) and effect_key = sqlc.arg(effect_key);

-- name: ListVersions :many
select number, note, published_at from agent_versions
where agent_id = sqlc.arg(agent_id) and status = 'published' order by number desc limit sqlc.arg(most)::int;

-- name: ChannelDeployed :one
select deployed from channels where id = $1;
