-- name: DeskRows :many
select sqlc.embed(d) from desks d order by d.name;

-- name: DeskByID :one
select sqlc.embed(d) from desks d where d.id = $1;

-- name: PutDesk :one
-- A destination keeps its id and its user when it is changed.
insert into desks (id, name, definition, user_id, created_at, updated_at)
values (sqlc.arg(id), sqlc.arg(name), sqlc.arg(definition), sqlc.arg(user_id), clock(), clock())
on conflict (name) do update set definition = excluded.definition, updated_at = clock()
returning sqlc.embed(desks);

-- name: DeskUserOf :one
select user_id from desks where name = $1;

-- name: PutDeskUser :one
-- The user in whose name a destination acts. One of an earlier destination of
-- the name is taken again; a person of that name stays a person.
insert into users (id, name, presence, capacity, desk, created_at)
values (sqlc.arg(id), sqlc.arg(name), 'offline', 1000, true, clock())
on conflict (name) do update set name = excluded.name where users.desk
returning id;

-- name: DeleteDesk :execrows
delete from desks where id = $1;

-- name: PutHandoffDesk :exec
insert into handoff_desks (handoff_id, desk_id, seen_seq, created_at)
values (sqlc.arg(handoff_id), sqlc.arg(desk_id), sqlc.arg(seen_seq), clock())
on conflict do nothing;

-- name: PutDeskOpening :exec
insert into desk_outbox (handoff_id, desk_id, kind, key, next_attempt_at, created_at)
values (sqlc.arg(handoff_id), sqlc.arg(desk_id), 'open', sqlc.arg(key), clock(), clock())
on conflict (handoff_id, desk_id, key) do nothing;

-- name: PutDeskMessage :execrows
-- A message for every destination of the conversation's live handoff that wants
-- it. What came from there does not go back.
insert into desk_outbox (handoff_id, desk_id, kind, key, message_id, next_attempt_at, created_at)
select hd.handoff_id, hd.desk_id, 'message', 'message/' || m.id::text, m.id, clock(), clock()
from messages m
join conversations c on c.id = m.conversation_id
join handoffs h on h.id = c.handoff_id and h.state in ('waiting', 'offered', 'accepted')
join handoff_desks hd on hd.handoff_id = h.id and hd.state in ('opening', 'open')
join desks d on d.id = hd.desk_id
where m.id = sqlc.arg(message_id) and m.seq > hd.seen_seq
  and m.effect_key not like 'human/desk/' || d.id::text || '/%' and m.effect_key not like 'desk/%'
  and coalesce((d.definition ->> 'disabled')::boolean, false) = false
  and (jsonb_array_length(coalesce(d.definition -> 'feeds', '[]')) = 0
    or d.definition -> 'feeds' ? (case m.visibility when 'private' then 'notes' else 'messages' end))
on conflict (handoff_id, desk_id, key) do nothing;

-- name: PutDeskUpdate :execrows
insert into desk_outbox (handoff_id, desk_id, kind, key, update_state, update_by, next_attempt_at, created_at)
select hd.handoff_id, hd.desk_id, 'update', sqlc.arg(key), sqlc.arg(update_state), sqlc.arg(update_by), clock(), clock()
from handoff_desks hd
join desks d on d.id = hd.desk_id
where hd.handoff_id = sqlc.arg(handoff_id) and hd.state in ('opening', 'open')
  and coalesce((d.definition ->> 'disabled')::boolean, false) = false
  and (jsonb_array_length(coalesce(d.definition -> 'feeds', '[]')) = 0 or d.definition -> 'feeds' ? 'updates')
on conflict (handoff_id, desk_id, key) do nothing;

-- name: DeskWork :one
-- How many steps of a handoff wait, and when the first of them is due: the first
-- of each destination, in their order. One on its way is due once it is lost.
select count(*)::int as waiting,
  coalesce(min(case when o.state = 'sending' then o.attempt_at + sqlc.arg(lost)::interval else o.next_attempt_at end)
    filter (where o.id = (select min(f.id) from desk_outbox f where f.handoff_id = o.handoff_id and f.desk_id = o.desk_id
      and f.state in ('queued', 'sending'))), '0001-01-01 00:00Z')::timestamptz as due
from desk_outbox o
where o.handoff_id = sqlc.arg(handoff_id) and o.state in ('queued', 'sending');

-- name: SendingDeskSteps :many
select o.id, o.desk_id, o.kind, o.attempt_at, o.tries, o.created_at, d.definition
from desk_outbox o join desks d on d.id = o.desk_id
where o.handoff_id = sqlc.arg(handoff_id) and o.state = 'sending'
for update of o;

-- name: NextDeskStep :one
-- The first step that is due, among the first of each destination.
select o.id, o.desk_id, o.kind, o.key, o.message_id, o.update_state, o.update_by, o.tries, o.created_at,
  hd.external_ref, hd.url, hd.seen_seq
from desk_outbox o
join handoff_desks hd on hd.handoff_id = o.handoff_id and hd.desk_id = o.desk_id
where o.handoff_id = sqlc.arg(handoff_id) and o.state = 'queued' and o.next_attempt_at <= clock()
  and not exists (select 1 from desk_outbox f where f.handoff_id = o.handoff_id and f.desk_id = o.desk_id
    and f.id < o.id and f.state in ('queued', 'sending'))
order by o.id limit 1
for update of o;

-- name: ClaimDeskStep :exec
update desk_outbox set state = 'sending', tries = tries + 1, attempt_id = sqlc.arg(attempt_id)::uuid, attempt_at = clock()
where id = sqlc.arg(id);

-- name: AttemptedDeskStep :one
select o.id, o.handoff_id, o.desk_id, o.kind, o.tries, o.created_at from desk_outbox o
where o.attempt_id = sqlc.arg(attempt_id)::uuid and o.state in ('sending', 'unknown')
for update;

-- name: SettleDeskStep :exec
update desk_outbox set state = sqlc.arg(state), code = sqlc.arg(code),
  next_attempt_at = clock() + sqlc.arg(retry_after)::interval,
  settled_at = case when sqlc.arg(state)::text in ('queued', 'sending') then null else clock() end
where id = sqlc.arg(id);

-- name: DeskOpened :exec
update handoff_desks set state = 'open', external_ref = sqlc.arg(external_ref), url = sqlc.arg(url), opened_at = clock()
where handoff_id = sqlc.arg(handoff_id) and desk_id = sqlc.arg(desk_id);

-- name: DeskFailed :exec
-- What would have followed an opening that failed is never told.
with failed as (
  update handoff_desks hd set state = 'failed'
  where hd.handoff_id = sqlc.arg(handoff_id) and hd.desk_id = sqlc.arg(desk_id) returning hd.handoff_id, hd.desk_id
)
update desk_outbox o set state = 'dropped', settled_at = clock() from failed
where o.handoff_id = failed.handoff_id and o.desk_id = failed.desk_id and o.state = 'queued';

-- name: DeskMessageRow :one
select m.id, m.speaker, m.speaker_name, m.visibility, m.text, m.created_at from messages m where m.id = $1;

-- name: TicketFacts :one
select h.conversation_id, h.reason, h.plan, h.priority, h.brief, h.created_at, c.language, c.contact_id, (case when exists (select 1 from identity_checks k where k.conversation_id = c.id and k.verified_at is not null) then 'verified_email'
    when exists (select 1 from contact_identities e where e.contact_id = c.contact_id and e.kind = 'email') then 'claimed_email'
    else 'anonymous' end)::text as identity, ch.kind as channel_kind,
  ct.display_name,
  coalesce((select i.value from contact_identities i where i.contact_id = c.contact_id and i.kind = 'email'
    order by i.created_at desc limit 1), '')::text as email
from handoffs h
join conversations c on c.id = h.conversation_id
join channels ch on ch.id = c.channel_id
join contacts ct on ct.id = c.contact_id
where h.id = $1;

-- name: TicketLines :many
select id, speaker, speaker_name, text, citations, created_at from (
  select m.seq, m.id, m.speaker, m.speaker_name, m.text, m.citations, m.created_at from messages m
  where m.conversation_id = sqlc.arg(conversation_id) and m.visibility = 'public' and m.seq <= sqlc.arg(seen)::bigint
  order by m.seq desc limit sqlc.arg(most)::int
) t order by t.seq;

-- name: TicketActions :many
select action, state from action_runs
where conversation_id = $1 and state not in ('pending', 'denied') order by created_at desc limit 10;

-- name: HandoffDesks :many
select hd.desk_id, d.name, hd.state, hd.external_ref, hd.url,
  (select count(*) from desk_outbox o where o.handoff_id = hd.handoff_id and o.desk_id = hd.desk_id
    and o.state in ('queued', 'sending'))::int as waiting,
  (select count(*) from desk_outbox o where o.handoff_id = hd.handoff_id and o.desk_id = hd.desk_id
    and o.state in ('failed', 'unknown', 'dropped'))::int as failed,
  coalesce((select o.code from desk_outbox o where o.handoff_id = hd.handoff_id and o.desk_id = hd.desk_id and o.code <> ''
    order by o.id desc limit 1), '')::text as code
from handoff_desks hd join desks d on d.id = hd.desk_id
where hd.handoff_id = $1 order by d.name;

-- name: PutDeskEvent :execrows
insert into desk_events (desk_id, event_id, kind, handoff_id, result, received_at)
values (sqlc.arg(desk_id), sqlc.arg(event_id), sqlc.arg(kind), sqlc.narg(handoff_id)::uuid, 'ignored', clock())
on conflict do nothing;

-- name: SettleDeskEvent :exec
update desk_events set result = sqlc.arg(result) where desk_id = sqlc.arg(desk_id) and event_id = sqlc.arg(event_id);

-- name: HandoffOfDesk :one
-- The handoff that an event of a destination is about: by our id, else by its
-- own; only one that went there.
select hd.handoff_id, h.conversation_id, h.state, d.user_id, d.name
from handoff_desks hd
join handoffs h on h.id = hd.handoff_id
join desks d on d.id = hd.desk_id
where hd.desk_id = sqlc.arg(desk_id)
  and case when sqlc.narg(handoff_id)::uuid is not null then hd.handoff_id = sqlc.narg(handoff_id)::uuid
    else hd.external_ref <> '' and hd.external_ref = sqlc.arg(external_ref)::text end;

-- name: LookNow :exec
-- A handoff that has something new to look at; one that is offered looks at its
-- own deadline.
update handoffs set deadline = least(deadline, clock()) where id = $1 and state in ('waiting', 'accepted');

-- name: OverdueDesks :many
select distinct o.handoff_id from desk_outbox o
where (o.state = 'queued' and o.next_attempt_at < clock() - sqlc.arg(overdue)::interval)
  or (o.state = 'sending' and o.attempt_at < clock() - sqlc.arg(overdue)::interval)
limit sqlc.arg(most)::int;
