-- name: LockConversationKey :exec
-- Taken before anything else, so that rows of one key get their numbers in the
-- order in which they are committed.
select pg_advisory_xact_lock(hashtextextended(sqlc.arg(conversation_key)::text, 0));

-- name: ReceivedBefore :one
select m.id, m.conversation_id, m.seq
from inbox_events e
join messages m on m.id = e.message_id
where e.dedupe_key = sqlc.arg(dedupe_key);

-- name: LatestConversation :one
-- The conversation that the next message of a key would join: the open one,
-- else the one closed last. Joins says whether a closed one still does: within
-- the reopening time, or while an earlier message waits to reopen it.
select c.id, c.lifecycle, c.epoch, c.engagement, c.last_seq, c.handoff_id,
  (c.lifecycle <> 'closed'
    or (c.close_reason <> 'erased'
        and (c.closed_at + make_interval(secs => sqlc.arg(reopen_seconds)::float8) > clock()
          or exists (select 1 from messages m where m.conversation_id = c.id and m.direction = 'in' and m.turn is null))))::boolean as joins
from conversations c
where c.conversation_key = sqlc.arg(conversation_key)
order by (c.lifecycle <> 'closed') desc, c.closed_at desc, c.id desc
limit 1
for update;

-- name: InsertConversation :exec
insert into conversations (id, agent_id, channel_id, contact_id, conversation_key, recipient, language, previous_id, created_at, updated_at)
select sqlc.arg(id), ch.agent_id, ch.id, sqlc.arg(contact_id), sqlc.arg(conversation_key), sqlc.arg(recipient),
  sqlc.arg(language), sqlc.narg(previous_id), clock(), clock()
from channels ch
where ch.id = sqlc.arg(channel_id);

-- name: PutInbound :exec
-- The message, what it changes on its conversation, its inbox row and the two
-- notifications, in one statement. The burst limits come from the published
-- settings of the channel's kind.
with message as (
  insert into messages (id, conversation_id, seq, direction, speaker, text, identity_news, effect_key, epoch, engagement, created_at)
  values (sqlc.arg(id), sqlc.arg(conversation_id), sqlc.arg(seq)::bigint, 'in', 'customer', sqlc.arg(text), sqlc.arg(identity_news),
    sqlc.arg(effect_key), sqlc.arg(epoch), sqlc.arg(engagement), clock())
), conversation as (
  update conversations
  set last_seq = sqlc.arg(seq)::bigint, last_inbound = sqlc.arg(seq)::bigint, last_inbound_at = clock(),
    updated_at = clock(), reminded = false,
    deadline = case when deadline_kind in ('inactivity', 'reminder') then null else deadline end,
    deadline_kind = case when deadline_kind in ('inactivity', 'reminder') then '' else deadline_kind end,
    lifecycle = case when lifecycle = 'waiting_customer' then 'open' else lifecycle end
  where id = sqlc.arg(conversation_id)
), behaviour as (
  select v.settings -> 'channels' -> ch.kind as of
  from channels ch
  join agent_versions v on v.agent_id = ch.agent_id and v.status = 'published'
  where ch.id = sqlc.arg(channel_id)
  order by v.number desc
  limit 1
), event as (
  insert into inbox_events (conversation_id, conversation_key, dedupe_key, kind, message_id, quiet_millis, cap_millis, received_at)
  values (sqlc.arg(conversation_id), sqlc.arg(conversation_key), sqlc.arg(dedupe_key), 'message', sqlc.arg(id),
    coalesce((select (of ->> 'quiet_millis')::int from behaviour), sqlc.arg(default_quiet)::int),
    coalesce((select (of ->> 'cap_millis')::int from behaviour), sqlc.arg(default_cap)::int),
    clock())
)
select pg_notify('inbox', ''), pg_notify('chat', sqlc.arg(conversation_id)::uuid::text);

-- name: ClaimInbox :many
-- Head of line per conversation key: a row waits until those before it are
-- relayed or dead. A crashed relay's rows come back when their lease ends. The
-- first row of each key is found by stepping over the index from key to key, so
-- that a long backlog of few conversations costs little.
with recursive heads as (
  (select e.conversation_key, e.id from inbox_events e
    where e.state in ('pending', 'leased') order by e.conversation_key, e.id limit 1)
  union all
  select n.conversation_key, n.id from heads h, lateral (
    select e.conversation_key, e.id from inbox_events e
    where e.state in ('pending', 'leased') and e.conversation_key > h.conversation_key
    order by e.conversation_key, e.id limit 1) n
), due as (
  select e.id
  from heads h join inbox_events e on e.id = h.id
  where e.state in ('pending', 'leased')
    and e.next_attempt_at <= now()
    and (e.state = 'pending' or e.lease_until < now())
  order by e.id
  limit sqlc.arg(row_limit)::int
  for update of e skip locked
)
update inbox_events e
set state = 'leased', attempts = e.attempts + 1, lease_by = sqlc.arg(lease_by)::text,
  lease_until = now() + make_interval(secs => sqlc.arg(lease_seconds)::float8)
from due
where e.id = due.id
returning e.id, e.conversation_id, e.dedupe_key, e.kind, e.message_id, e.control, e.quiet_millis, e.cap_millis, e.attempts, e.received_at,
  (select c.preview from conversations c where c.id = e.conversation_id)::boolean as preview;

-- name: MarkRelayed :exec
update inbox_events
set state = 'relayed', lease_by = null, lease_until = null
where id = sqlc.arg(id) and state in ('pending', 'leased');

-- name: RetryInbox :exec
-- A row that somebody else has relayed meanwhile stays relayed.
update inbox_events
set state = 'pending', lease_by = null, lease_until = null,
  next_attempt_at = now() + make_interval(secs => sqlc.arg(after_seconds)::float8)
where id = sqlc.arg(id) and state = 'leased';

-- name: MarkDead :exec
update inbox_events
set state = 'dead', reason = sqlc.arg(reason), lease_by = null, lease_until = null
where id = sqlc.arg(id) and state = 'leased';

-- name: ReleaseLeases :exec
-- The try that was cut short does not count.
update inbox_events
set state = 'pending', lease_by = null, lease_until = null, attempts = greatest(attempts - 1, 0)
where state = 'leased' and lease_by = sqlc.arg(lease_by)::text;

-- name: InboxBacklog :one
select count(*)::bigint as waiting, coalesce(min(received_at), now())::timestamptz as oldest
from inbox_events
where state in ('pending', 'leased');
