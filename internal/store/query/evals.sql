-- name: PutSuite :exec
insert into eval_suites (id, agent_id, name, created_at) values (sqlc.arg(id), sqlc.arg(agent_id), sqlc.arg(name), clock());

-- name: Suites :many
select s.id, s.name, s.created_at, (select count(*) from eval_cases c where c.suite_id = s.id)::int as cases
from eval_suites s
where s.agent_id = sqlc.arg(agent_id) and (sqlc.narg(id)::uuid is null or s.id = sqlc.narg(id)::uuid)
order by s.name limit sqlc.arg(most)::int;

-- name: LockSuite :one
select id, (select count(*) from eval_cases c where c.suite_id = s.id)::int as cases,
  coalesce((select max(c.ord) from eval_cases c where c.suite_id = s.id), 0)::int as last
from eval_suites s where s.id = $1 for update;

-- name: PutCase :exec
-- A case of the same name takes the place of the one before.
insert into eval_cases (suite_id, name, ord, definition)
values (sqlc.arg(suite_id), sqlc.arg(name), sqlc.arg(ord), sqlc.arg(definition))
on conflict (suite_id, name) do update set definition = excluded.definition;

-- name: PutEvalRun :exec
insert into eval_runs (id, suite_id, agent_id, version, draft, repeats, cases, tries, engine, prompt, content, created_at)
select sqlc.arg(id), s.id, s.agent_id, sqlc.arg(version), sqlc.arg(draft), sqlc.arg(repeats),
  coalesce((select jsonb_agg(c.definition order by c.ord, c.name) from eval_cases c where c.suite_id = s.id), '[]'),
  (select count(*)::int from eval_cases c where c.suite_id = s.id) * sqlc.arg(repeats)::int, sqlc.arg(engine), '',
  coalesce((select md5(string_agg(d.hash::text, ',' order by d.id)) from documents d join sources o on o.id = d.source_id
    where o.agent_id = s.agent_id), ''),
  clock()
from eval_suites s where s.id = sqlc.arg(suite_id);

-- name: PutEvalPast :execrows
-- A run of the newest conversations that began in the time and that the agent
-- has answered. One with more turns than a trace has is left out.
with picked as (
  select c.id, c.created_at from conversations c
  where c.agent_id = sqlc.arg(agent_id) and not c.preview and c.close_reason <> 'erased' and c.turn <= sqlc.arg(most_turns)::int
    and c.created_at >= clock() - sqlc.arg(lasts)::interval and c.created_at < clock()
    and exists (select 1 from messages m where m.conversation_id = c.id and m.class = 'reply' and m.speaker = 'agent' and m.seq is not null)
  order by c.created_at desc, c.id desc limit sqlc.arg(most)::int
), past as (
  select jsonb_agg('conv_' || replace(picked.id::text, '-', '') order by picked.created_at desc, picked.id desc) as cases, count(*)::int as tries
  from picked
)
insert into eval_runs (id, agent_id, past_from, past_until, version, draft, repeats, cases, tries, engine, content, created_at)
select sqlc.arg(id), sqlc.arg(agent_id), clock() - sqlc.arg(lasts)::interval, clock(), sqlc.arg(version), sqlc.arg(draft), 1,
  past.cases, past.tries, sqlc.arg(engine),
  coalesce((select md5(string_agg(d.hash::text, ',' order by d.id)) from documents d join sources o on o.id = d.source_id
    where o.agent_id = sqlc.arg(agent_id)), ''),
  clock()
from past where past.tries > 0;

-- name: EvalRuns :many
select r.id, r.suite_id, coalesce(s.name, '')::text as name, r.past_from, r.past_until, r.version, r.draft, r.repeats, r.tries, r.engine, r.prompt, r.content, r.state, r.created_at, r.ended_at,
  (select count(*) from eval_results e where e.run_id = r.id)::int as done,
  (select count(*) from eval_results e where e.run_id = r.id and e.passed)::int as passed
from eval_runs r left join eval_suites s on s.id = r.suite_id
where r.agent_id = sqlc.arg(agent_id) and (sqlc.narg(id)::uuid is null or r.id = sqlc.narg(id)::uuid)
  and (sqlc.narg(suite_id)::uuid is null or r.suite_id = sqlc.narg(suite_id)::uuid)
order by r.created_at desc, r.id limit sqlc.arg(most)::int;

-- name: EvalPlan :one
select jsonb_array_length(cases)::int as cases, (state <> 'running')::boolean as over from eval_runs where id = $1;

-- name: EvalCaseAt :one
select r.agent_id, r.version, r.draft, r.repeats, (r.past_from is not null)::boolean as past, (r.cases -> sqlc.arg(place)::int)::jsonb as definition,
  coalesce((select array_agg(e.repeat order by e.repeat) from eval_results e where e.run_id = r.id and e.place = sqlc.arg(place)::int), '{}')::int[] as done
from eval_runs r where r.id = sqlc.arg(id) and jsonb_array_length(r.cases) > sqlc.arg(place)::int;

-- name: PutResult :exec
insert into eval_results (run_id, place, repeat, result, passed, conversation_id, at)
values (sqlc.arg(run_id), sqlc.arg(place), sqlc.arg(repeat), sqlc.arg(result), sqlc.arg(passed), sqlc.narg(conversation_id), clock())
on conflict (run_id, place, repeat) do nothing;

-- name: SetRunPrompt :exec
update eval_runs set prompt = sqlc.arg(prompt) where id = sqlc.arg(id) and prompt = '';

-- name: EndEvalRun :exec
update eval_runs set state = sqlc.arg(state), ended_at = clock() where id = sqlc.arg(id) and state = 'running';

-- name: EvalResults :many
select place, repeat, result, conversation_id from eval_results where run_id = $1 order by place, repeat;

-- name: PastConversation :one
-- A conversation that is played again, and the customer's last message.
select c.language, ch.kind as channel_kind, coalesce(c.last_inbound_at, c.created_at)::timestamptz as last_inbound_at
from conversations c join channels ch on ch.id = c.channel_id
where c.id = $1 and not c.preview and c.close_reason <> 'erased';

-- name: CopyCustomer :exec
-- What the CRM said of the customer then. It is not asked again.
insert into customer_snapshots (conversation_id, system, address_hash, found, record, properties, at)
select sqlc.arg(preview), s.system, s.address_hash, s.found, s.record, s.properties, clock()
from customer_snapshots s where s.conversation_id = sqlc.arg(past)
on conflict (conversation_id) do nothing;

-- name: RecordedRun :one
-- What came of the call that the conversation of a preview made with the same
-- arguments: of the first for the first, of the second for the second.
select r.state, r.status, r.error, r.detail, r.shown, r.http_status, r.took_millis
from action_runs r
where r.conversation_id = sqlc.arg(past) and r.action = sqlc.arg(action) and r.arguments = sqlc.arg(arguments)::jsonb
  and r.claimed_at is not null and r.state in ('ok', 'failed', 'unknown')
order by r.turn, r.step
offset (select count(*) from action_runs p where p.conversation_id = sqlc.arg(preview) and p.action = sqlc.arg(action)
  and p.arguments = sqlc.arg(arguments)::jsonb and p.claimed_at is not null
  and not (p.turn = sqlc.arg(turn)::int and p.step = sqlc.arg(step)::int))
limit 1;

-- name: CustomerMessages :many
-- What the customer wrote, and the turn that took it: 0 when it was left to
-- people or needed no turn, -1 when nothing has looked at it yet.
select text, coalesce(turn, -1)::int as turn, created_at from messages
where conversation_id = sqlc.arg(conversation_id) and direction = 'in' and seq is not null
order by seq limit sqlc.arg(most)::int;

-- name: FirstHandoff :one
-- When people first got a conversation, and why, beside for some reasons.
select at, reason from ownership_log
where conversation_id = sqlc.arg(conversation_id) and becomes = 'queue' and not reason = any(sqlc.arg(beside)::text[])
order by epoch limit 1;
