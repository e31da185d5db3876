-- name: InsertFile :exec
insert into files (id, agent_id, name, bytes, sha256, content, created_at)
values (sqlc.arg(id), sqlc.arg(agent_id), sqlc.arg(name), sqlc.arg(bytes), sqlc.arg(sha256), sqlc.arg(content), clock());

-- name: FindFiles :many
select f.id, f.name, f.bytes, f.created_at,
  (select count(*) from sources s where s.file_id = f.id and s.status <> 'removing')::int as sources
from files f
where f.agent_id = sqlc.arg(agent_id) and (sqlc.arg(query)::text = '' or f.name ilike '%' || sqlc.arg(query)::text || '%')
order by f.created_at desc, f.id limit sqlc.arg(most)::int;

-- name: FileByID :one
select name, bytes from files where id = $1 and agent_id = $2;

-- name: SameFile :one
-- A source of the same file: the one that is picked, or one that was uploaded
-- with the same name and content.
select s.id from sources s join files f on f.id = s.file_id
where f.agent_id = sqlc.arg(agent_id) and s.status <> 'removing'
  and (f.id = sqlc.narg(id)::uuid or f.sha256 = sqlc.narg(sha256)::bytea and f.name = sqlc.arg(name)::text)
order by s.id limit 1;

-- name: DeleteFile :execrows
delete from files f where f.id = $1 and f.agent_id = $2 and not exists (select 1 from sources s where s.file_id = f.id);

-- name: FileContent :one
select name, content, encode(sha256, 'hex') as hash from files where id = $1;
