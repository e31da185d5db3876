-- name: ClaimTurn :one
-- The same opener always gets the same number. Settled: rule 4.
insert into turns (conversation_id, turn, opened_by, engagement, config_version, draft, late, deadline, created_at)
values (sqlc.arg(conversation_id), sqlc.arg(turn), sqlc.arg(opened_by), sqlc.arg(engagement), sqlc.arg(config_version),
  sqlc.arg(draft), sqlc.arg(late), sqlc.arg(deadline), clock())
on conflict (conversation_id, opened_by) do update
  set state = 'open', ended_at = null, deadline = excluded.deadline, config_version = excluded.config_version,
    draft = excluded.draft
returning turn, late, deadline, config_version;

-- name: GoOn :one
-- The open turn. One that an outage has kept for long is late, and gets its
-- time again.
update turns set late = late or deadline < clock() - sqlc.arg(overdue)::interval,
  deadline = case when deadline < clock() - sqlc.arg(overdue)::interval then sqlc.arg(deadline)::timestamptz else deadline end
where conversation_id = sqlc.arg(conversation_id) and state = 'open'
returning turn, late, deadline, config_version, resume_turn, resume_step;

-- name: TakeMessages :many
update messages set turn = sqlc.arg(turn)::int
where conversation_id = sqlc.arg(conversation_id) and direction = 'in' and (turn is null or turn = sqlc.arg(turn)::int)
returning id;

-- name: SetTurn :exec
update conversations set step = case when turn = sqlc.arg(turn)::int then step else 0 end, turn = greatest(turn, sqlc.arg(turn)::int),
  config_version = sqlc.arg(config_version), waited = false, updated_at = clock(),
  negative_streak = case when turn >= sqlc.arg(turn)::int then negative_streak when sqlc.arg(upset)::boolean then negative_streak + 1
    else 0 end
where id = sqlc.arg(id);

-- name: TurnRow :one
select turn, state, late, engagement, config_version, degraded, resume_turn, resume_step, resume_pending,
  resume_kind, resume_answer from turns
where conversation_id = sqlc.arg(conversation_id) and turn = sqlc.arg(turn);

-- name: TurnQuestions :many
select id, seq, text from messages
where conversation_id = sqlc.arg(conversation_id) and direction = 'in' and turn = sqlc.arg(turn)::int
order by seq;

-- name: PutStep :exec
with put as (
  insert into turn_steps (conversation_id, turn, step, kind, result, took_millis, query, created_at)
  values (sqlc.arg(conversation_id), sqlc.arg(turn), sqlc.arg(step), sqlc.arg(kind), sqlc.arg(result),
    sqlc.arg(took_millis), sqlc.arg(query), clock())
  on conflict (conversation_id, turn, step, kind) do update set result = excluded.result,
    -- What is stored again with a note keeps what it took.
    took_millis = greatest(turn_steps.took_millis, excluded.took_millis),
    query = coalesce(nullif(excluded.query, ''), turn_steps.query)
)
update conversations set step = greatest(step, sqlc.arg(step)::int)
where id = sqlc.arg(conversation_id) and turn = sqlc.arg(turn)::int;

-- name: LatestSteps :many
-- The latest result of each kind, up to a step.
select distinct on (kind) kind, result from turn_steps
where conversation_id = sqlc.arg(conversation_id) and turn = sqlc.arg(turn) and step <= sqlc.arg(step)
order by kind, step desc;

-- name: ConversationSettings :one
select c.agent_id, c.language, c.not_found_streak, c.replies, ch.kind as channel_kind, c.last_seq, c.frame, c.clarify_streak,
  c.contact_id, c.known_since, c.preview_identity, (c.preview_of is not null)::boolean as plays_past, t.resume_turn, t.resume_step,
  (select coalesce(sum(u.input_tokens), 0) from usage_attempts u where u.conversation_id = c.id)::bigint as tokens,
  (select coalesce(jsonb_agg(jsonb_build_object('kind', p.kind, 'state', p.state, 'action', coalesce((select r.action from action_runs r
      where r.conversation_id = p.conversation_id and r.turn = p.turn and r.step = p.step), '')) order by p.created_at, p.id), '[]')
    from pendings p where p.conversation_id = c.id and p.state = 'open')::jsonb as pendings,
  coalesce(v.number, 0)::int as number, coalesce(d.settings, v.settings)::jsonb as settings
from conversations c
join channels ch on ch.id = c.channel_id
join turns t on t.conversation_id = c.id and t.turn = sqlc.arg(turn)
left join agent_versions v on v.agent_id = c.agent_id and v.status = 'published' and v.number = t.config_version
left join draft_snapshots d on d.agent_id = c.agent_id and d.revision = t.draft
where c.id = sqlc.arg(conversation_id);

-- name: PutUsage :exec
insert into usage_attempts (conversation_id, turn, step, engine, input_tokens, cached_tokens, output_tokens, failed, created_at)
values (sqlc.arg(conversation_id), sqlc.arg(turn), sqlc.arg(step), sqlc.arg(engine), sqlc.arg(input_tokens),
  sqlc.arg(cached_tokens), sqlc.arg(output_tokens), sqlc.arg(failed), clock());

-- name: MarkDegraded :exec
update turns set degraded = true where conversation_id = sqlc.arg(conversation_id) and turn = sqlc.arg(turn);

-- name: FinishTurn :exec
update turns set state = sqlc.arg(state), kind = sqlc.arg(kind), engine = sqlc.arg(engine), not_found = sqlc.arg(not_found),
  violations = coalesce(sqlc.arg(violations)::text[], '{}'), ended_at = clock()
where conversation_id = sqlc.arg(conversation_id) and turn = sqlc.arg(turn);

-- name: AfterHold :exec
-- The customer was told that a person looks at the reply. Until that is decided
-- the question is open, and nothing counts as answered or as failed.
update conversations set lifecycle = case when sqlc.arg(more)::boolean then 'open' else 'waiting_customer' end,
  unanswered = true, replies = replies + 1, updated_at = clock()
where id = sqlc.arg(id);

-- name: AfterReply :exec
update conversations set lifecycle = case when sqlc.arg(more)::boolean then 'open' else 'waiting_customer' end,
  unanswered = sqlc.arg(unanswered), not_found_streak = case when sqlc.arg(unanswered)::boolean then not_found_streak + 1 else 0 end,
  clarify_streak = case when sqlc.arg(clarify)::boolean then clarify_streak + 1 else 0 end,
  unresolved_streak = case when sqlc.arg(unresolved)::boolean then unresolved_streak + 1 else 0 end,
  offered_turn = case when sqlc.arg(offers)::boolean then turn else offered_turn end,
  replies = replies + 1, language = sqlc.arg(language), updated_at = clock()
where id = sqlc.arg(id);
