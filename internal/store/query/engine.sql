-- name: PutRun :exec
insert into action_runs (conversation_id, turn, step, decision_step, place, call_id, action, digest, args_hash, arguments, effect,
  identity, state, status, error, detail, gate, test, created_at, ended_at)
values (sqlc.arg(conversation_id), sqlc.arg(turn), sqlc.arg(step), sqlc.arg(decision_step), sqlc.arg(place), sqlc.arg(call_id),
  sqlc.arg(action), sqlc.arg(digest), sqlc.arg(args_hash), sqlc.arg(arguments), sqlc.arg(effect), sqlc.arg(identity),
  sqlc.arg(state), sqlc.arg(status), sqlc.arg(error), sqlc.arg(detail), sqlc.arg(gate), sqlc.arg(test), clock(),
  case when sqlc.arg(state)::text = 'denied' then clock() end)
on conflict (conversation_id, turn, step) do nothing;

-- name: RunRow :one
select sqlc.embed(r) from action_runs r
where r.conversation_id = sqlc.arg(conversation_id) and r.turn = sqlc.arg(turn) and r.step = sqlc.arg(step);

-- name: TellRun :exec
-- A run that does not happen, with what an engine sees of it.
update action_runs set state = 'denied', status = sqlc.arg(status), error = sqlc.arg(error), detail = sqlc.arg(detail),
  gate = sqlc.arg(gate), ended_at = clock()
where conversation_id = sqlc.arg(conversation_id) and turn = sqlc.arg(turn) and step = sqlc.arg(step) and state = 'pending';

-- name: AskRun :exec
-- A run that waits for an answer about this content.
update action_runs set status = 'asked', digest = sqlc.arg(digest), args_hash = sqlc.arg(args_hash), identity = sqlc.arg(identity),
  gate = sqlc.arg(gate)
where conversation_id = sqlc.arg(conversation_id) and turn = sqlc.arg(turn) and step = sqlc.arg(step) and state = 'pending';

-- name: CountRuns :one
select
  (select count(*) from action_runs r where r.conversation_id = c.id and r.turn = sqlc.arg(turn)::int
    and r.state in ('running', 'ok', 'failed', 'unknown', 'waiting'))::int as in_turn,
  (select count(*) from action_runs r join conversations o on o.id = r.conversation_id
    where o.contact_id = c.contact_id and r.action = sqlc.arg(action)::text and r.created_at > clock() - interval '1 hour'
      and r.state in ('running', 'ok', 'failed', 'unknown', 'waiting'))::int as last_hour,
  exists (select 1 from action_runs r where r.conversation_id = c.id and r.args_hash = sqlc.arg(args_hash)::text
    and r.state in ('running', 'ok', 'unknown', 'waiting') and r.effect <> 'read' and r.claimed_at > clock() - interval '10 minutes'
    and not (r.turn = sqlc.arg(turn)::int and r.step = sqlc.arg(step)::int))::boolean as repeated
from conversations c where c.id = sqlc.arg(id);

-- name: ClaimRun :one
update action_runs set state = 'running', attempts = attempts + 1, claimed_at = clock(), digest = sqlc.arg(digest),
  args_hash = sqlc.arg(args_hash), identity = sqlc.arg(identity), status = ''
where conversation_id = sqlc.arg(conversation_id) and turn = sqlc.arg(turn) and step = sqlc.arg(step)
  and state in ('pending', 'running')
returning attempts;

-- name: FinishRun :execrows
-- The result of the latest attempt; one that is stored stays.
update action_runs set state = sqlc.arg(state), status = sqlc.arg(status), error = sqlc.arg(error), detail = sqlc.arg(detail),
  shown = sqlc.arg(shown), http_status = sqlc.arg(http_status), took_millis = sqlc.arg(took_millis),
  ended_at = case when sqlc.arg(state)::text = 'waiting' then null else clock() end
where conversation_id = sqlc.arg(conversation_id) and turn = sqlc.arg(turn) and step = sqlc.arg(step)
  and state in ('running', 'waiting') and attempts = sqlc.arg(attempts);

-- name: RunsOf :many
-- The runs of a turn up to a step, and those of earlier turns, the latest last.
select r.turn, r.step, r.decision_step, r.place, r.call_id, r.action, r.arguments, r.identity, r.state, r.status, r.error, r.detail, r.shown, r.effect
from action_runs r
where r.conversation_id = sqlc.arg(conversation_id) and (r.turn < sqlc.arg(turn) or (r.turn = sqlc.arg(turn) and r.step <= sqlc.arg(step)))
  and coalesce(r.ended_at, r.created_at) >= coalesce(sqlc.narg(since)::timestamptz, '-infinity')
order by r.turn desc, r.step desc
limit sqlc.arg(most)::int;

-- name: DecisionsOf :many
-- The decisions of a turn that called actions, in order.
select step, result from turn_steps
where conversation_id = sqlc.arg(conversation_id) and turn = sqlc.arg(turn) and kind = 'generate' and step <= sqlc.arg(step)
  and result ->> 'kind' = 'call_action'
order by step;

-- name: ReplaceQuestions :exec
-- A new question to the customer takes the place of an open one.
update pendings set state = 'replaced', decided_at = clock(), settled_at = clock()
where conversation_id = sqlc.arg(conversation_id) and kind in ('confirmation', 'identity') and state = 'open';

-- name: TellReplaced :exec
-- The runs that such a question was about do not happen.
update action_runs r set state = 'denied', status = 'denied', error = 'replaced', ended_at = clock()
from pendings p
where p.conversation_id = sqlc.arg(conversation_id) and p.kind in ('confirmation', 'identity') and p.state = 'open'
  and r.conversation_id = p.conversation_id and r.turn = p.turn and r.step = p.step and r.state = 'pending'
  and not (r.turn = sqlc.arg(turn) and r.step = sqlc.arg(step));

-- name: PutPending :exec
insert into pendings (id, conversation_id, kind, turn, step, args_hash, message_id, text, reply, team_id, token_hash, deadline, escalate_at, created_at)
values (sqlc.arg(id), sqlc.arg(conversation_id), sqlc.arg(kind), sqlc.arg(turn), sqlc.arg(step), sqlc.arg(args_hash),
  sqlc.narg(message_id), sqlc.arg(text), sqlc.narg(reply), sqlc.narg(team_id), sqlc.narg(token_hash),
  clock() + sqlc.arg(wait)::interval, clock() + nullif(sqlc.arg(escalate)::interval, interval '0'), clock());

-- name: PendingRow :one
select sqlc.embed(p) from pendings p where p.id = $1;

-- name: SettlePending :exec
update pendings set state = case when state = 'open' then sqlc.arg(state)::text else state end,
  decided_at = coalesce(decided_at, clock()), settled_at = clock()
where id = sqlc.arg(id) and settled_at is null;

-- name: UsePending :execrows
-- A yes is used once.
update pendings set state = 'used', decided_at = coalesce(decided_at, clock()), settled_at = clock()
where id = sqlc.arg(id) and state in ('open', 'yes') and settled_at is null;

-- name: DecidePending :execrows
update pendings set state = sqlc.arg(state), decided_by = sqlc.narg(decided_by), note = sqlc.arg(note), decided_at = clock()
where id = sqlc.arg(id) and state = 'open' and deadline > clock();

-- name: VoidPendings :exec
-- People have the conversation: what the agent asked for is void.
update pendings set state = 'void', decided_at = coalesce(decided_at, clock()), settled_at = clock()
where conversation_id = $1 and settled_at is null and kind <> 'callback';

-- name: VoidRuns :exec
update action_runs r set state = 'denied', status = 'denied', error = 'owner_changed', ended_at = clock()
where r.conversation_id = $1 and r.state = 'pending';

-- name: EscalatePendings :many
update pendings set escalated_at = clock(), escalate_at = null
where conversation_id = $1 and state = 'open' and escalate_at <= clock()
returning id;

-- name: SetResume :exec
update turns set resume_turn = sqlc.narg(resume_turn), resume_step = sqlc.narg(resume_step), resume_pending = sqlc.narg(resume_pending), resume_kind = sqlc.arg(resume_kind), resume_answer = sqlc.arg(resume_answer)
where conversation_id = sqlc.arg(conversation_id) and turn = sqlc.arg(turn);

-- name: SetFrame :exec
update conversations set frame = sqlc.narg(frame) where id = sqlc.arg(id);

-- name: SetRunConfirmed :exec
update action_runs r set confirmed_by = coalesce(r.confirmed_by, (
    select m.id from messages m where m.conversation_id = r.conversation_id and m.direction = 'in'
      and m.turn = sqlc.arg(in_turn)::int order by m.seq desc limit 1)),
  approved_by = coalesce((select p.decided_by from pendings p where p.id = sqlc.arg(pending)), r.approved_by)
where r.conversation_id = sqlc.arg(conversation_id) and r.turn = sqlc.arg(turn) and r.step = sqlc.arg(step);

-- name: RunContact :one
select t.display_name,
  coalesce((select i.value from contact_identities i where i.contact_id = t.id and i.kind = 'email' order by i.created_at desc limit 1), '')::text as email
from contacts t where t.id = $1;

-- name: DecisionAt :one
select result from turn_steps
where conversation_id = sqlc.arg(conversation_id) and turn = sqlc.arg(turn) and step = sqlc.arg(step) and kind = 'generate';

-- name: PendingByToken :one
select sqlc.embed(p) from pendings p where p.token_hash = $1;

-- name: PendingsForPeople :many
select sqlc.embed(p), c.agent_id, coalesce(t.name, '') as team
from pendings p
join conversations c on c.id = p.conversation_id
left join teams t on t.id = p.team_id
where p.kind in ('approval', 'reply') and (sqlc.arg(every)::boolean or p.state = 'open') and not c.preview
order by p.created_at desc
limit sqlc.arg(most)::int;

-- name: VoidReplies :exec
-- A reply that waits for a person is void once the customer has written again, or
-- once the conversation is kept for later: its questions are in no turn again.
with held as (
  update pendings set state = 'void', decided_at = coalesce(decided_at, clock()), settled_at = clock()
  where pendings.conversation_id = sqlc.arg(conversation_id) and kind = 'reply' and settled_at is null
  returning pendings.conversation_id, pendings.turn
), stopped as (
  update turns t set state = 'dropped', opened_by = t.opened_by || '/stopped/' || t.turn
  from held where t.conversation_id = held.conversation_id and t.turn = held.turn and t.state = 'composed'
  returning t.conversation_id, t.turn
)
update messages q set turn = null from stopped
where q.conversation_id = stopped.conversation_id and q.direction = 'in' and q.turn = stopped.turn;

-- name: PendingOfRun :one
select sqlc.embed(p) from pendings p
where p.conversation_id = sqlc.arg(conversation_id) and p.turn = sqlc.arg(turn) and p.step = sqlc.arg(step) and p.kind = sqlc.arg(kind)
order by p.created_at desc limit 1;

-- name: PendingIsOf :one
select exists (select 1 from pendings p join conversations c on c.id = p.conversation_id
  where p.id = sqlc.arg(id) and c.conversation_key = sqlc.arg(conversation_key))::boolean;

-- name: PutCallback :exec
insert into pendings (id, conversation_id, kind, turn, step, token_hash, deadline, created_at)
values (sqlc.arg(id), sqlc.arg(conversation_id), 'callback', sqlc.arg(turn), sqlc.arg(step), sqlc.arg(token_hash),
  clock() + sqlc.arg(wait)::interval, clock())
on conflict (token_hash) do nothing;

-- name: ReportedRun :one
select r.action, coalesce(d.settings, v.settings)::jsonb as settings
from pendings p
join action_runs r on r.conversation_id = p.conversation_id and r.turn = p.turn and r.step = p.step
join turns t on t.conversation_id = p.conversation_id and t.turn = p.turn
join conversations c on c.id = p.conversation_id
left join agent_versions v on v.agent_id = c.agent_id and v.status = 'published' and v.number = t.config_version
left join draft_snapshots d on d.agent_id = c.agent_id and d.revision = t.draft
where p.token_hash = $1;

-- name: FinishReported :exec
update action_runs set state = sqlc.arg(state), status = sqlc.arg(status), error = sqlc.arg(error), detail = sqlc.arg(detail),
  shown = sqlc.arg(shown), ended_at = clock()
where conversation_id = sqlc.arg(conversation_id) and turn = sqlc.arg(turn) and step = sqlc.arg(step)
  and state in ('running', 'waiting');

-- name: EndCallback :exec
-- The call gave its result at once.
update pendings set state = 'void', decided_at = coalesce(decided_at, clock()), settled_at = clock()
where conversation_id = sqlc.arg(conversation_id) and turn = sqlc.arg(turn) and step = sqlc.arg(step) and kind = 'callback'
  and settled_at is null;
