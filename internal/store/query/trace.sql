-- name: TraceTurns :many
-- The turns of a conversation, or one of them, with the settings that each
-- pinned.
select t.turn, t.state, t.kind, t.engine, t.not_found, t.degraded, t.late, t.created_at, t.ended_at, t.config_version, t.draft,
  t.violations, coalesce(d.settings, v.settings)::jsonb as settings
from turns t
join conversations c on c.id = t.conversation_id
left join agent_versions v on v.agent_id = c.agent_id and v.status = 'published' and v.number = t.config_version
left join draft_snapshots d on d.agent_id = c.agent_id and d.revision = t.draft
where t.conversation_id = sqlc.arg(conversation_id) and (sqlc.arg(turn)::int = 0 or t.turn = sqlc.arg(turn)::int)
order by t.turn desc limit sqlc.arg(most)::int;

-- name: TraceMessages :many
-- What the customer wrote in a turn, and what the turn said, in order.
select m.id, m.direction, m.text, m.citations,
  coalesce(case when m.direction = 'in' then m.turn else split_part(m.effect_key, '/', 2)::int end, 0)::int as turn
from messages m
where m.conversation_id = sqlc.arg(conversation_id)
  and (m.direction = 'in' and m.turn > 0 or m.class = 'reply')
order by m.created_at, m.seq;

-- name: TraceSteps :many
select turn, step, kind, result, took_millis, query, created_at
from turn_steps where conversation_id = sqlc.arg(conversation_id) and turn between sqlc.arg(first)::int and sqlc.arg(last)::int
order by turn, step, kind desc;

-- name: TraceRuns :many
select turn, step, decision_step, place, call_id, action, arguments, effect, identity, state, status, error, gate, http_status,
  attempts, took_millis, test, (confirmed_by is not null)::boolean as confirmed, (approved_by is not null)::boolean as approved, created_at
from action_runs where conversation_id = sqlc.arg(conversation_id) and turn between sqlc.arg(first)::int and sqlc.arg(last)::int
order by turn, step;

-- name: TraceUsage :many
select turn, step, engine, input_tokens, cached_tokens, output_tokens, failed, created_at
from usage_attempts where conversation_id = sqlc.arg(conversation_id) and turn between sqlc.arg(first)::int and sqlc.arg(last)::int
order by id;
