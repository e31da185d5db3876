-- name: LockConversation :one
-- The row under its lock, with everything around it that decisions need.
select sqlc.embed(c), ch.kind as channel_kind, ch.deployed, a.switched_on,
  case when c.preview and c.preview_version = 0 then 0 else coalesce(v.number, 0) end::int as published,
  -- A preview goes by the draft as it stands, by one that was kept, or by the
  -- version that it was made for.
  case when c.preview and c.preview_version = 0 then coalesce(s.revision, d.revision) else 0 end::bigint as draft,
  case when c.preview and c.preview_version = 0 then coalesce(s.settings, d.settings) else v.settings end::jsonb as settings,
  clock()::timestamptz as now
from conversations c
join channels ch on ch.id = c.channel_id
join agents a on a.id = c.agent_id
left join agent_versions v on v.agent_id = c.agent_id and v.status = 'published'
  and v.number = case when c.preview_version > 0 then c.preview_version
    else (select max(n.number) from agent_versions n where n.agent_id = c.agent_id and n.status = 'published') end
left join agent_versions d on c.preview and d.agent_id = c.agent_id and d.status = 'draft'
left join draft_snapshots s on c.preview and s.agent_id = c.agent_id and s.revision = c.preview_draft
where c.id = sqlc.arg(id)
for update of c;

-- name: ConversationCounts :one
-- What stands around the row, read once it is locked: what the locking statement
-- itself joins may be from before the wait for the lock. Questions are the customer's messages that no
-- turn has answered: untaken ones and those of the open turn.
with t as (
  select turns.turn from turns where turns.conversation_id = sqlc.arg(id) and turns.state = 'open'
)
select
  (select count(*) from outbound_parts p where p.conversation_id = c.id and p.state in ('queued', 'sending'))::int as unsent,
  (select count(*) from inbox_events e where e.conversation_id = c.id and e.kind = 'control' and e.applied_at is null)::int as controls,
  coalesce((select t.turn from t), 0)::int as open_turn,
  -- The earlier run that the open turn goes on with has begun.
  exists (select 1 from turns o join action_runs r
    on r.conversation_id = o.conversation_id and r.turn = o.resume_turn and r.step = o.resume_step
    where o.conversation_id = c.id and o.state = 'open' and r.state <> 'pending')::boolean as resumed,
  (select coalesce(jsonb_agg(jsonb_build_object('id', 'pend_' || replace(p.id::text, '-', ''), 'kind', p.kind, 'state', p.state,
      'run', jsonb_build_object('turn', p.turn, 'step', p.step), 'hash', p.args_hash, 'said', coalesce(q.seq, 0),
      'action', coalesce((select r.action from action_runs r
        where r.conversation_id = p.conversation_id and r.turn = p.turn and r.step = p.step), ''),
      'deadline', p.deadline, 'escalate', p.escalate_at) order by p.created_at, p.id), '[]')
    from pendings p left join messages q on q.id = p.message_id
    where p.conversation_id = c.id and p.settled_at is null)::jsonb as pendings,
  (select coalesce(jsonb_agg(jsonb_build_object('seq', m.seq, 'text', m.text, 'taken', m.turn is not null, 'at', m.created_at,
      'news', m.identity_news)
      order by m.seq), '[]')
    from messages m where m.conversation_id = c.id and m.direction = 'in'
      and (m.turn is null or m.turn = (select t.turn from t)))::jsonb as questions,
  exists (select 1 from pauses p where p.agent_id = c.agent_id and p.ended_at is null
    and (p.until is null or p.until > clock())
    and (p.scope = 'agent' or (p.scope = 'channel' and p.target = sqlc.arg(channel_kind)::text)
      or (p.scope = 'conversation' and p.target = sqlc.arg(shown_id)::text)))::boolean as paused,
  exists (select 1 from contact_identities i where i.contact_id = c.contact_id and i.kind = 'email')::boolean as email_known,
  exists (select 1 from gap_asks g where g.conversation_id = c.id and g.turn = c.turn and g.consent = 'asked')::boolean as tell_asked,
  coalesce((select g.consent from gap_asks g where g.conversation_id = c.id and g.consent in ('yes', 'no')
    order by g.turn desc limit 1), '')::text as consent,
  exists (select 1 from conversations n where n.previous_id = c.id)::boolean as returned,
  exists (select 1 from goal_runs g where g.conversation_id = c.id and g.decided_at is not null and g.applied_at is null)::boolean as goal_due,
  exists (select 1 from goal_runs g where g.conversation_id = c.id and g.decided_at is null)::boolean as goal_open,
  coalesce((select h.state from handoffs h where h.id = c.handoff_id), '')::text as handoff_state,
  coalesce((select h.started_at is not null from handoffs h where h.id = c.handoff_id), false)::boolean as handoff_started,
  coalesce((select h.deferred from handoffs h where h.id = c.handoff_id), false)::boolean as handoff_deferred
from conversations c where c.id = sqlc.arg(id);

-- name: UnappliedControls :many
select control from inbox_events
where conversation_id = $1 and kind = 'control' and applied_at is null
order by id;

-- name: ApplyControls :exec
update inbox_events set applied_at = clock()
where conversation_id = $1 and kind = 'control' and applied_at is null;

-- name: SetLanguage :exec
update conversations set language = sqlc.arg(language) where id = sqlc.arg(id);

-- name: Admit :exec
-- waited: the customer was told to wait, so the answer to come is not late.
update conversations set admitted = true, waited = sqlc.arg(waited), lifecycle = 'open', deadline = null, deadline_kind = '', reason = '',
  unanswered = false, not_found_streak = 0, unresolved_streak = 0, updated_at = clock()
where id = sqlc.arg(id);

-- name: Reopen :exec
update conversations set lifecycle = 'open', owner = 'none', admitted = false, engagement = engagement + 1,
  closed_at = null, close_reason = '', outcome = '', deadline = null, deadline_kind = '', handoff_id = null, reason = '',
  unanswered = false, not_found_streak = 0, unresolved_streak = 0, negative_streak = 0, offered_turn = 0, reminded = false, replies = 0, by_human = false, rating = null, updated_at = clock()
where id = $1;

-- name: WaitForHours :exec
-- Those that wait for the same opening wake one after the other, oldest first,
-- over the first minutes. Settled: rule 21.
update conversations set reason = 'outside_hours', lifecycle = 'waiting_human', handoff_id = null, opens_at = sqlc.arg(until)::timestamptz,
  deadline = sqlc.arg(until)::timestamptz + least(
    (select count(*) from conversations w where w.deadline_kind = 'hours' and w.opens_at = sqlc.arg(until)::timestamptz and w.id <> sqlc.arg(id)),
    300) * interval '1 second',
  deadline_kind = 'hours', updated_at = clock()
where id = sqlc.arg(id);

-- name: LeaveToPeople :exec
update messages set turn = 0 where conversation_id = $1 and direction = 'in' and turn is null;

-- name: LeaveBeforeEnd :exec
-- What the customer wrote before ending the chat; what came after opens it again.
update messages set turn = 0
where messages.conversation_id = $1 and direction = 'in' and turn is null and created_at <= (
  select max(e.received_at) from inbox_events e
  where e.conversation_id = $1 and e.control = 'end' and e.applied_at is null);

-- name: ReleaseTurn :exec
update messages set turn = null
where conversation_id = sqlc.arg(conversation_id) and direction = 'in' and turn = sqlc.arg(turn)::int;

-- name: CloseConversation :exec
update conversations set lifecycle = 'closed', owner = 'none', assigned_to = null, closed_at = clock(),
  close_reason = sqlc.arg(close_reason), deadline = clock() + sqlc.arg(outcome_after)::interval, deadline_kind = 'outcome', updated_at = clock()
where id = sqlc.arg(id);

-- name: SetOutcome :exec
update conversations set outcome = sqlc.arg(outcome), deadline = null, deadline_kind = '', updated_at = clock()
where id = sqlc.arg(id) and lifecycle = 'closed';

-- name: SetDeadline :exec
update conversations set deadline = sqlc.narg(deadline)::timestamptz, deadline_kind = sqlc.arg(kind)
where id = sqlc.arg(id);

-- name: SetReminded :exec
update conversations set reminded = true where id = $1;

-- name: SetLifecycle :exec
update conversations set lifecycle = sqlc.arg(lifecycle), updated_at = clock() where id = sqlc.arg(id);

-- name: SetEmailAsked :exec
update conversations set email_asked = true where id = $1;

-- name: TranscriptTail :many
select speaker, text from (
  select m.seq, m.speaker, m.text from messages m
  where m.conversation_id = sqlc.arg(conversation_id) and m.seq is not null and m.visibility = 'public'
    and m.seq < sqlc.arg(before)::bigint and m.created_at >= coalesce(sqlc.narg(since)::timestamptz, '-infinity')
  order by m.seq desc limit sqlc.arg(most)::int
) t order by t.seq;

-- name: ReadHead :one
-- What a workflow steers by, read in the transaction that changed it, with a
-- version of its own: two coroutines of a workflow may get results in another
-- order than they were read in.
with c as (
  update conversations set version = version + 1 where conversations.id = sqlc.arg(id) returning *
)
select c.id, c.agent_id, c.version, c.lifecycle, c.owner, c.epoch, c.engagement, c.turn, c.step, c.last_inbound, c.deadline,
  -- When what the conversation waits for beside it wants to be looked at.
  coalesce((select min(least(p.deadline, p.escalate_at)) from pendings p where p.conversation_id = c.id and p.state = 'open'
    and p.kind <> 'confirmation'), '0001-01-01 00:00Z')::timestamptz as pending_deadline,
  c.deadline_kind, c.handoff_id, c.reason, c.assigned_to, c.close_reason, c.outcome, c.config_version, ch.kind as channel_kind,
  (select count(*) from outbound_parts p where p.conversation_id = c.id and p.state in ('queued', 'sending'))::int as unsent,
  (exists (select 1 from inbox_events e where e.conversation_id = c.id and e.kind = 'control' and e.applied_at is null)
    or exists (select 1 from pendings p where p.conversation_id = c.id and p.settled_at is null and p.state <> 'open')
    or ((c.owner in ('agent', 'human') or c.lifecycle = 'closed' or (c.owner = 'queue' and c.handoff_id is not null))
      and exists (select 1 from goal_runs g where g.conversation_id = c.id and g.decided_at is not null and g.applied_at is null))
    -- Messages for people wait for people, so they are not the workflow's work.
    or (c.owner <> 'queue' and exists (
      select 1 from messages m where m.conversation_id = c.id and m.direction = 'in' and m.turn is null)))::boolean as pending
from c join channels ch on ch.id = c.channel_id;
