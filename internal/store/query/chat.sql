-- name: ChannelByKey :one
select id, agent_id, kind from channels where public_key = sqlc.arg(public_key);

-- name: InsertContact :exec
insert into contacts (id, created_at) values (sqlc.arg(id), clock());

-- name: PutIdentity :exec
-- The newest way to reach somebody is the one used, so saying it again renews
-- it.
insert into contact_identities (id, contact_id, kind, value, proof, created_at)
values (sqlc.arg(id), sqlc.arg(contact_id), sqlc.arg(kind), sqlc.arg(value), sqlc.arg(proof), clock())
on conflict (contact_id, kind, value) do update set created_at = excluded.created_at;

-- name: InsertSession :exec
insert into chat_sessions (id, channel_id, contact_id, language, created_at, seen_at, expires_at)
values (sqlc.arg(id), sqlc.arg(channel_id), sqlc.arg(contact_id), sqlc.arg(language), clock(), clock(),
  clock() + make_interval(secs => sqlc.arg(ttl_seconds)::float8));

-- name: Session :one
select s.id, s.channel_id, s.contact_id, s.language, ch.agent_id, ch.public_key,
  (s.seen_at < clock() - interval '1 minute')::boolean as stale
from chat_sessions s
join channels ch on ch.id = s.channel_id
where s.id = sqlc.arg(id) and s.expires_at > clock();

-- name: TouchSession :exec
update chat_sessions
set seen_at = clock(), expires_at = clock() + make_interval(secs => sqlc.arg(ttl_seconds)::float8)
where id = sqlc.arg(id);

-- name: AgentNameOf :one
-- The published name; the agent's own until something is published.
select coalesce((
    select v.settings -> 'profile' ->> 'name' from agent_versions v
    where v.agent_id = a.id and v.status = 'published'
    order by v.number desc limit 1), a.name)::text as name
from agents a
where a.id = sqlc.arg(id);

-- name: EmailKnown :one
select exists (select 1 from contact_identities where contact_id = sqlc.arg(contact_id) and kind = 'email');

-- name: LockLatestThread :one
select id, lifecycle, engagement
from conversations
where conversation_key = sqlc.arg(conversation_key)
order by id desc
limit 1
for update;

-- name: SetRating :exec
update conversations set rating = sqlc.arg(rating)::smallint, updated_at = clock() where id = sqlc.arg(id);

-- name: LatestThread :one
select c.id, c.lifecycle, c.owner, c.engagement, c.last_seq, c.last_inbound, coalesce(c.rating, 0)::int as rating,
  coalesce(u.name, '')::text as human
from conversations c
left join users u on u.id = c.assigned_to
where c.conversation_key = sqlc.arg(conversation_key)
order by c.id desc
limit 1;

-- name: ThreadEnd :one
select last_seq from conversations
where id = sqlc.arg(id) and conversation_key = sqlc.arg(conversation_key);

-- name: TranscriptAfter :many
select m.id, m.conversation_id, m.seq::bigint as seq, m.speaker, m.speaker_name, m.text, m.citations, m.ask_email,
  m.effect_key, m.created_at,
  -- The question of this message that a button can still answer.
  p.id as confirmation
from conversations c
join messages m on m.conversation_id = c.id
left join pendings p on p.conversation_id = c.id and p.message_id = m.id and p.kind = 'confirmation' and p.settled_at is null
  and p.state = 'open' and p.deadline > clock()
where c.conversation_key = sqlc.arg(conversation_key)
  and m.visibility = 'public' and m.seq is not null
  and (m.conversation_id, m.seq) > (sqlc.arg(after_conversation)::uuid, sqlc.arg(after_seq)::bigint)
order by m.conversation_id, m.seq
limit sqlc.arg(row_limit)::int;
