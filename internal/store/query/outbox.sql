-- name: PutMessage :one
-- An outgoing message, once per effect key; its transcript number comes when it
-- goes out. Nothing is returned when it was there before.
insert into messages (id, conversation_id, direction, speaker, speaker_name, text, citations, ask_email, engine, config_version,
  class, effect_key, epoch, engagement, created_at)
values (sqlc.arg(id), sqlc.arg(conversation_id), 'out', sqlc.arg(speaker), sqlc.arg(speaker_name), sqlc.arg(text),
  sqlc.arg(citations), sqlc.arg(ask_email), sqlc.arg(engine), sqlc.arg(config_version), sqlc.arg(class)::text,
  sqlc.arg(effect_key), sqlc.arg(epoch), sqlc.arg(engagement), clock())
on conflict (conversation_id, effect_key) do nothing
returning id;

-- name: PutPart :exec
insert into outbound_parts (id, message_id, conversation_id, class, text, epoch, next_attempt_at, created_at)
values (sqlc.arg(id), sqlc.arg(message_id), sqlc.arg(conversation_id), sqlc.arg(class), sqlc.arg(text), sqlc.arg(epoch), clock(), clock());

-- name: NextPart :one
select p.id, p.message_id, p.class, p.text, p.state, p.epoch, p.tries, p.attempt_at, p.next_attempt_at, p.created_at
from outbound_parts p
where p.conversation_id = $1 and p.state in ('queued', 'sending')
order by p.ord limit 1;

-- name: ClaimPart :exec
update outbound_parts set state = 'sending', tries = tries + 1, attempt_id = sqlc.arg(attempt_id)::uuid, attempt_at = clock()
where id = sqlc.arg(id) and state = 'queued';

-- name: CancelPart :exec
update outbound_parts set state = 'cancelled', code = sqlc.arg(code) where id = sqlc.arg(id) and state = 'queued';

-- name: ReopenQuestion :exec
-- A reply that never went out has answered nothing: its turn is dropped and its
-- questions are in no turn again. The turn gives up what opened it, so that the
-- next one gets a number of its own.
with reply as (
  select m.conversation_id, split_part(m.effect_key, '/', 2)::int as turn from messages m
  where m.id = sqlc.arg(message_id) and m.class = 'reply' and m.seq is null
), stopped as (
  update turns t set state = 'dropped', opened_by = t.opened_by || '/stopped/' || t.turn
  from reply where t.conversation_id = reply.conversation_id and t.turn = reply.turn and t.state = 'composed'
  returning t.conversation_id, t.turn
), questions as (
  update messages q set turn = null from stopped
  where q.conversation_id = stopped.conversation_id and q.direction = 'in' and q.turn = stopped.turn
)
update conversations c set lifecycle = 'open', replies = greatest(c.replies - 1, 0), updated_at = clock()
from stopped where c.id = stopped.conversation_id and c.lifecycle <> 'closed';

-- name: SendingPart :one
select p.id, p.message_id, p.class, p.attempt_id, p.attempt_at from outbound_parts p
where p.conversation_id = $1 and p.state = 'sending';

-- name: AttemptedPart :one
-- The part of an attempt, if that attempt is still its latest.
select p.id, p.message_id, p.class, p.state, p.epoch, p.created_at from outbound_parts p
where p.conversation_id = sqlc.arg(conversation_id) and p.attempt_id = sqlc.arg(attempt_id)::uuid
for update;

-- name: SettlePart :exec
update outbound_parts set state = sqlc.arg(state), code = sqlc.arg(code), provider_id = coalesce(sqlc.narg(provider_id), provider_id),
  sent_at = case when sqlc.arg(state)::text = 'sent' then clock() else sent_at end,
  next_attempt_at = clock() + sqlc.arg(retry_after)::interval
where id = sqlc.arg(id);

-- name: ShowMessage :one
-- Gives a message its place in the transcript, once.
with place as (
  update conversations c set last_seq = c.last_seq + 1, updated_at = clock(),
    last_human_at = case when m.speaker = 'human' then clock() else c.last_human_at end
  from messages m
  where m.id = sqlc.arg(id) and m.seq is null and c.id = m.conversation_id
  returning c.last_seq
)
update messages set seq = place.last_seq from place where messages.id = sqlc.arg(id)
returning messages.seq;

-- name: PutNote :exec
-- A message of the system that only people see.
insert into messages (id, conversation_id, seq, direction, speaker, visibility, text, effect_key, epoch, engagement, created_at)
select sqlc.arg(id), c.id, c.last_seq + 1, 'out', 'system', 'private', sqlc.arg(text), sqlc.arg(effect_key), c.epoch, c.engagement, clock()
from conversations c where c.id = sqlc.arg(conversation_id)
on conflict (conversation_id, effect_key) do nothing;

-- name: RaiseSeq :exec
update conversations set last_seq = (select coalesce(max(seq), 0) from messages where conversation_id = $1)
where id = $1;
