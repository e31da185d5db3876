-- name: GoalRunsOf :many
-- The latest run of each goal in a conversation.
select distinct on (r.goal) r.goal, r.run from goal_runs r
where r.conversation_id = $1
order by r.goal, r.created_at desc, r.key desc;

-- name: GoalsDecided :many
-- When each goal was last decided for the contact of a conversation.
select r.goal, max(r.decided_at)::timestamptz as decided_at from goal_runs r
join conversations c on c.contact_id = r.contact_id
where c.id = $1 and r.decided_at is not null
group by r.goal;

-- name: PutGoalRun :exec
-- A run whose outcome has been applied never changes.
insert into goal_runs (key, conversation_id, contact_id, goal, version, run, verdict, created_at, decided_at)
select sqlc.arg(key), c.id, c.contact_id, sqlc.arg(goal), sqlc.arg(version), sqlc.arg(run), sqlc.arg(verdict), clock(),
  case when sqlc.arg(verdict)::text = '' then null else clock() end
from conversations c where c.id = sqlc.arg(conversation_id)
on conflict (key) do update set run = excluded.run, verdict = excluded.verdict,
  decided_at = coalesce(goal_runs.decided_at, excluded.decided_at)
where goal_runs.applied_at is null;

-- name: GoalDue :one
select r.key, r.goal, r.run, v.settings
from goal_runs r
join conversations c on c.id = r.conversation_id
join agent_versions v on v.agent_id = c.agent_id and v.status = 'published' and v.number = r.version
where r.conversation_id = $1 and r.decided_at is not null and r.applied_at is null
order by r.created_at limit 1;

-- name: MarkGoalApplied :execrows
update goal_runs set applied_at = clock(), run = sqlc.arg(run) where key = sqlc.arg(key) and applied_at is null;
