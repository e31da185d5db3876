-- name: PutControl :exec
insert into inbox_events (conversation_id, conversation_key, dedupe_key, kind, control, received_at)
select c.id, c.conversation_key, sqlc.arg(dedupe_key)::text, 'control', sqlc.arg(control)::text, clock()
from conversations c
where c.id = sqlc.arg(conversation_id)
on conflict (dedupe_key) do nothing;

-- name: Notify :exec
select pg_notify(sqlc.arg(channel)::text, sqlc.arg(payload)::text);
