-- name: ChangeOwner :one
update conversations set owner = sqlc.arg(owner), assigned_to = sqlc.narg(assigned_to), epoch = epoch + 1, updated_at = clock()
where id = sqlc.arg(id)
returning epoch;

-- name: LogOwnership :exec
insert into ownership_log (conversation_id, epoch, was, becomes, by_whom, reason, at)
values (sqlc.arg(conversation_id), sqlc.arg(epoch), sqlc.arg(was), sqlc.arg(becomes), sqlc.arg(by_whom), sqlc.arg(reason), clock());

-- name: CancelReplies :exec
-- The agent's parts that have not begun to go out.
update outbound_parts set state = 'cancelled', code = 'owner_changed'
where conversation_id = $1 and class = 'reply' and state = 'queued';

-- name: QueuedReplies :many
select distinct p.message_id from outbound_parts p
where p.conversation_id = $1 and p.class = 'reply' and p.state = 'queued';

-- name: EndTurn :exec
update turns set state = sqlc.arg(state), ended_at = clock()
where conversation_id = sqlc.arg(conversation_id) and state = 'open';
