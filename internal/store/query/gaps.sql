-- name: PutAsk :exec
-- A turn that ended without a good answer. Previews are not counted.
insert into gap_asks (conversation_id, turn, reason, language, consent, asked_at)
select c.id, sqlc.arg(turn)::int, sqlc.arg(reason)::text, c.language, sqlc.arg(consent)::text, clock()
from conversations c where c.id = sqlc.arg(conversation_id) and not c.preview
on conflict (conversation_id, turn) do update set reason = excluded.reason, consent = excluded.consent;

-- name: PutBadRating :exec
-- The latest answer of a conversation that its customer has rated badly; one
-- that counts for another reason stays.
insert into gap_asks (conversation_id, turn, reason, language, asked_at)
select c.id, t.turn, 'negative', c.language, clock()
from conversations c
join lateral (select turns.turn from turns where turns.conversation_id = c.id and turns.state = 'composed' and turns.kind = 'answer'
  and turns.engagement = c.engagement order by turns.turn desc limit 1) t on true
where c.id = $1 and not c.preview
on conflict (conversation_id, turn) do nothing;

-- name: SetConsent :exec
update gap_asks set consent = sqlc.arg(consent) where conversation_id = sqlc.arg(conversation_id) and consent = 'asked';

-- name: UngroupedAsks :many
-- Questions that belong to no gap, oldest first, with the text of their turn.
select a.conversation_id, a.turn, a.reason, a.language, c.agent_id,
  coalesce((select string_agg(m.text, E'\n' order by m.seq) from messages m
    where m.conversation_id = a.conversation_id and m.direction = 'in' and m.turn = a.turn), '')::text as question
from gap_asks a join conversations c on c.id = a.conversation_id
where a.gap_id is null
order by a.asked_at, a.conversation_id, a.turn limit sqlc.arg(most)::int;

-- name: GapGroups :many
select id, question, language from gaps
where agent_id = sqlc.arg(agent_id) and language = sqlc.arg(language)
order by last_seen desc, id limit sqlc.arg(most)::int;

-- name: TakeAsk :one
update gap_asks set gap_id = sqlc.arg(gap_id)
where conversation_id = sqlc.arg(conversation_id) and turn = sqlc.arg(turn) and gap_id is null
returning reason, asked_at;

-- name: PutGap :exec
insert into gaps (id, agent_id, question, language, opened_by, reason, first_seen, last_seen)
select sqlc.arg(id), c.agent_id, sqlc.arg(question), sqlc.arg(language), c.id, a.reason, a.asked_at, a.asked_at
from gap_asks a join conversations c on c.id = a.conversation_id
where a.conversation_id = sqlc.arg(conversation_id) and a.turn = sqlc.arg(turn);

-- name: SeenAgain :exec
-- A new question opens a closed gap again, unless it was asked before the close.
update gaps set last_seen = greatest(last_seen, sqlc.arg(asked_at)::timestamptz),
  state = case when closed_at < sqlc.arg(asked_at)::timestamptz then 'open' else state end,
  closed_at = case when closed_at < sqlc.arg(asked_at)::timestamptz then null else closed_at end
where id = sqlc.arg(id);

-- name: Gaps :many
select g.id, g.question, g.language, g.reason, g.state, g.source_id, g.first_seen, g.last_seen,
  (select count(*) from gap_asks a where a.gap_id = g.id)::int as asks,
  coalesce((select array_agg(distinct a.language order by a.language) from gap_asks a where a.gap_id = g.id), '{}')::text[] as languages
from gaps g
where g.agent_id = sqlc.arg(agent_id) and (sqlc.narg(id)::uuid is null or g.id = sqlc.narg(id)::uuid)
  and (sqlc.arg(state)::text = '' or g.state = sqlc.arg(state)::text)
order by asks desc, g.last_seen desc, g.id limit sqlc.arg(most)::int;

-- name: GapAsks :many
select a.conversation_id, a.turn, a.reason, a.language, a.consent, a.asked_at, a.told, a.told_at,
  exists (select 1 from contact_identities i where i.contact_id = c.contact_id and i.kind = 'email')::boolean as email_known,
  q.id as message_id, coalesce(q.text, '')::text as question
from gap_asks a
join conversations c on c.id = a.conversation_id
left join lateral (select (array_agg(m.id order by m.seq desc))[1]::uuid as id, string_agg(m.text, E'\n' order by m.seq) as text
  from messages m where m.conversation_id = a.conversation_id and m.direction = 'in' and m.turn = a.turn) q on true
where a.gap_id = sqlc.arg(gap_id)
order by a.asked_at desc, a.conversation_id, a.turn limit sqlc.arg(most)::int;

-- name: LockGap :one
select id, agent_id, question, language, state, closings from gaps where id = $1 for update;

-- name: CloseGap :exec
update gaps set state = 'closed', closed_at = clock(), closings = closings + 1, source_id = sqlc.narg(source_id), answer = sqlc.arg(answer)
where id = sqlc.arg(id);

-- name: ReopenGap :exec
update gaps set state = 'open', closed_at = null, source_id = null, answer = '' where id = $1;

-- name: Tellings :many
-- Customers who agreed to hear of an answer, whose gap has one, and who have an
-- address.
select a.conversation_id, a.turn, a.gap_id, a.language, g.closings, g.answer, c.lifecycle, c.closed_at, c.close_reason, c.outcome,
  ch.kind as channel_kind, e.value as email, v.settings, clock()::timestamptz as now,
  coalesce((select string_agg(m.text, ' ' order by m.seq) from messages m
    where m.conversation_id = a.conversation_id and m.direction = 'in' and m.turn = a.turn), '')::text as question
from gap_asks a
join gaps g on g.id = a.gap_id and g.state = 'closed' and g.answer <> ''
join conversations c on c.id = a.conversation_id and c.close_reason <> 'erased' and not c.preview
join channels ch on ch.id = c.channel_id
join lateral (select i.value from contact_identities i where i.contact_id = c.contact_id and i.kind = 'email'
  order by i.created_at desc limit 1) e on true
join lateral (select agent_versions.settings from agent_versions where agent_versions.agent_id = c.agent_id
  and agent_versions.status = 'published' order by agent_versions.number desc limit 1) v on true
where a.consent = 'yes' and a.told = '' and a.asked_at < g.closed_at
order by a.asked_at, a.conversation_id, a.turn limit sqlc.arg(most)::int;

-- name: MarkTold :execrows
-- One way, once.
update gap_asks set told = sqlc.arg(told), told_at = clock()
where conversation_id = sqlc.arg(conversation_id) and turn = sqlc.arg(turn) and consent = 'yes' and told = '';

-- name: SettleTold :exec
update gap_asks set told = sqlc.arg(told), told_at = case when sqlc.arg(told)::text = '' then null else told_at end
where conversation_id = sqlc.arg(conversation_id) and turn = sqlc.arg(turn) and told = 'email';
