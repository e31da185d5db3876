-- name: InsertSource :exec
insert into sources (id, agent_id, type, name, url, file_name, content, question, answer, citations, private, created_at)
values (sqlc.arg(id), sqlc.arg(agent_id), sqlc.arg(type), sqlc.arg(name), sqlc.arg(url), sqlc.arg(file_name),
  sqlc.narg(content), sqlc.arg(question), sqlc.arg(answer), sqlc.arg(citations), sqlc.arg(private), clock());

-- name: ListSources :many
-- The agent's sources, or the one with an id.
select s.id, s.type, s.name, s.url, s.question, s.answer, s.citations, s.private, s.status, s.reason,
  s.synced_at, s.created_at,
  (select count(*) from documents d where d.source_id = s.id)::int as documents,
  (select count(*) from chunks c where c.source_id = s.id)::int as chunks
from sources s
where (sqlc.narg(agent_id)::uuid is null or s.agent_id = sqlc.narg(agent_id)::uuid)
  and (sqlc.narg(id)::uuid is null or s.id = sqlc.narg(id)::uuid)
order by s.created_at, s.id;

-- name: LockSource :one
select agent_id, status, reason, active_sync from sources where id = $1 for no key update;

-- name: StartRemoval :exec
update sources set status = 'removing', reason = '', active_sync = null, content = null where id = $1;

-- name: QueueRemovals :execrows
-- Notes all chunks of a source for removal from the index, except those kept.
insert into chunk_removals (chunk_id, agent_id, source_id, removed_at)
select c.id, s.agent_id, s.id, clock()
from chunks c join sources s on s.id = c.source_id
where c.source_id = sqlc.arg(source_id) and not (c.id = any (sqlc.arg(keep)::uuid[]))
on conflict (chunk_id) do update set removed_at = excluded.removed_at;

-- name: DeleteChunks :exec
delete from chunks where source_id = sqlc.arg(source_id) and not (id = any (sqlc.arg(keep)::uuid[]));

-- name: DeleteDocuments :exec
delete from documents where source_id = sqlc.arg(source_id) and not (key = any (sqlc.arg(keep)::text[]));

-- name: DeleteRemovedSources :exec
-- Sources in removal of which the index holds nothing any more.
delete from sources s where s.status = 'removing'
  and not exists (select 1 from chunk_removals r where r.source_id = s.id);

-- name: Removals :many
select chunk_id from chunk_removals where agent_id = sqlc.arg(agent_id) order by removed_at, chunk_id limit sqlc.arg(most)::int;

-- name: ForgetRemovals :exec
delete from chunk_removals where chunk_id = any (sqlc.arg(ids)::uuid[]);
