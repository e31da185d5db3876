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
-- A preview goes by the draft that it tries.
select r.key, r.goal, r.run, coalesce(v.settings, s.settings, d.settings)::jsonb as settings
from goal_runs r
join conversations c on c.id = r.conversation_id
left join agent_versions v on v.agent_id = c.agent_id and v.status = 'published' and v.number = r.version
left join draft_snapshots s on c.preview and s.agent_id = c.agent_id and s.revision = c.preview_draft
left join agent_versions d on c.preview and d.agent_id = c.agent_id and d.status = 'draft'
where r.conversation_id = $1 and r.decided_at is not null and r.applied_at is null
order by r.created_at, r.key limit 1;

-- name: OpenGoalRuns :many
-- Runs without a verdict, with the settings that they go by.
select r.goal, r.run, coalesce(v.settings, '{}')::jsonb as settings
from goal_runs r
join conversations c on c.id = r.conversation_id
left join agent_versions v on v.agent_id = c.agent_id and v.status = 'published' and v.number = r.version
where r.conversation_id = $1 and r.decided_at is null
order by r.created_at, r.key;

-- name: MarkGoalApplied :execrows
update goal_runs set applied_at = clock(), run = sqlc.arg(run) where key = sqlc.arg(key) and applied_at is null;

-- name: PutGoalWrite :exec
insert into goal_writes (run_key, state, email, level, next_at, created_at)
values (sqlc.arg(run_key), 'due', sqlc.arg(email), sqlc.arg(level), clock(), clock())
on conflict (run_key) do nothing;

-- name: GoalWritesDue :many
select w.run_key from goal_writes w join goal_runs r on r.key = w.run_key
where r.conversation_id = $1 and w.state in ('due', 'sending', 'unknown') and w.next_at <= clock()
order by w.created_at, w.run_key;

-- name: OverdueGoalWrites :many
select run_key from goal_writes
where state in ('due', 'sending', 'unknown') and next_at < clock() - sqlc.arg(overdue)::interval
order by next_at limit sqlc.arg(most)::int;

-- name: LockGoalWrite :one
select w.state, w.email, w.level, w.attempts, w.next_at, w.created_at, r.goal, r.run, r.conversation_id, r.contact_id, v.settings,
  (c.close_reason = 'erased')::boolean as erased, clock()::timestamptz as now
from goal_writes w
join goal_runs r on r.key = w.run_key
join conversations c on c.id = r.conversation_id
join agent_versions v on v.agent_id = c.agent_id and v.status = 'published' and v.number = r.version
where w.run_key = $1
for update of w;

-- name: BeginGoalWrite :exec
update goal_writes set state = 'sending', attempts = attempts + 1 where run_key = $1;

-- name: SettleGoalWrite :exec
update goal_writes set state = sqlc.arg(state), error = sqlc.arg(error), next_at = sqlc.arg(next_at),
  settled_at = case when sqlc.arg(state)::text in ('done', 'failed') then clock() end
where run_key = sqlc.arg(run_key);

-- name: NoteGoalLeft :exec
-- What was not written to the CRM is a part of the run.
update goal_runs set run = jsonb_set(run, '{left}', sqlc.arg(left_out)::jsonb) where key = sqlc.arg(key);
