-- name: LockBootstrap :exec
-- Serialises first starts; any other number would do.
select pg_advisory_xact_lock(7823001);

-- name: FirstAgent :one
select a.id, c.id as channel_id, c.public_key
from agents a join channels c on c.agent_id = a.id
order by a.created_at, a.id, c.created_at, c.id limit 1;

-- name: PutAgent :exec
insert into agents (id, name, created_at) values (sqlc.arg(id), sqlc.arg(name), clock());

-- name: PutChannel :exec
insert into channels (id, agent_id, kind, name, public_key, created_at)
values (sqlc.arg(id), sqlc.arg(agent_id), 'live_chat', sqlc.arg(name), sqlc.arg(public_key), clock());

-- name: AgentRow :one
select a.id, a.name, a.switched_on, a.reason, a.state_number,
  coalesce((select max(v.number) from agent_versions v where v.agent_id = a.id and v.status = 'published'), 0)::int as published
from agents a where a.id = $1;

-- name: LockAgent :one
-- New conversations refer to the row, so its key stays free.
select id, switched_on, reason, state_number, fanned_out from agents where id = $1 for no key update;

-- name: PausesInForce :many
select id, scope, target, reason, created_at, until from pauses
where agent_id = $1 and ended_at is null order by created_at, id;

-- name: PutPause :exec
insert into pauses (id, agent_id, scope, target, reason, number, created_at, until)
values (sqlc.arg(id), sqlc.arg(agent_id), sqlc.arg(scope), sqlc.arg(target), sqlc.arg(reason), sqlc.arg(number), clock(), sqlc.narg(until))
on conflict (agent_id, scope, target) where ended_at is null
do update set reason = excluded.reason, number = excluded.number, until = excluded.until;

-- name: EndPauses :execrows
-- Ends the pauses of one scope and target; scope agent ends every pause.
update pauses set ended_at = clock()
where agent_id = sqlc.arg(agent_id) and ended_at is null
  and (sqlc.arg(scope)::text = 'agent' or (scope = sqlc.arg(scope)::text and target = sqlc.arg(target)::text));

-- name: ExpirePauses :execrows
update pauses set ended_at = clock()
where agent_id = $1 and ended_at is null and until <= clock();

-- name: SetAgentState :exec
update agents set switched_on = sqlc.arg(switched_on), reason = sqlc.arg(reason), state_number = sqlc.arg(state_number)
where id = sqlc.arg(id);

-- name: FanOutState :execrows
-- One control row for each of the next conversations that the agent's state
-- moves: those waiting for hours, queued as paused, or with an open question
-- that a pause in force covers. Off interrupts no answer. Spec: S47.
insert into inbox_events (conversation_id, conversation_key, dedupe_key, kind, control, received_at)
select d.id, d.conversation_key, d.dedupe_key, 'control', 'agent_state', clock()
from (
  select c.id, c.conversation_key,
    'agent-state/conv_' || replace(c.id::text, '-', '') || '/' || sqlc.arg(number)::bigint as dedupe_key
  from conversations c
  join channels ch on ch.id = c.channel_id
  where c.agent_id = sqlc.arg(agent_id) and c.lifecycle <> 'closed' and (
    c.deadline_kind = 'hours'
    or (c.owner = 'queue' and c.reason = 'agent_paused')
    or (c.lifecycle = 'open' and exists (
      select 1 from pauses p where p.agent_id = c.agent_id and p.ended_at is null
        and (p.until is null or p.until > clock()) and (
        p.scope = 'agent'
        or (p.scope = 'channel' and p.target = ch.kind)
        or (p.scope = 'conversation' and p.target = 'conv_' || replace(c.id::text, '-', ''))))))
) d
where not exists (select 1 from inbox_events e where e.dedupe_key = d.dedupe_key)
order by d.id limit sqlc.arg(most)::int
on conflict (dedupe_key) do nothing;

-- name: SetFannedOut :exec
update agents set fanned_out = greatest(fanned_out, sqlc.arg(number)::bigint) where id = sqlc.arg(id);
