-- name: ConnectionByName :one
select sqlc.embed(c) from connections c where c.name = $1;

-- name: ConnectionRows :many
select sqlc.embed(c) from connections c order by c.name;

-- name: PutConnection :one
-- A connection keeps its name: actions name it by that. A stored secret was given
-- for one system: it goes when the connection leads to another host.
insert into connections (id, name, definition, created_at, updated_at)
values (sqlc.arg(id), sqlc.arg(name), sqlc.arg(definition), clock(), clock())
on conflict (name) do update set definition = excluded.definition, updated_at = clock(),
  secret = case
    when lower(substring(connections.definition->>'base_url' from '^[^:]+://[^/]+')) = lower(substring(excluded.definition->>'base_url' from '^[^:]+://[^/]+'))
      and lower(coalesce(substring(connections.definition->>'token_url' from '^[^:]+://[^/]+'), ''))
        = lower(coalesce(substring(excluded.definition->>'token_url' from '^[^:]+://[^/]+'), ''))
    then connections.secret
  end
returning sqlc.embed(connections);

-- name: SetConnectionSecret :execrows
update connections set secret = sqlc.arg(secret), updated_at = clock() where name = sqlc.arg(name);

-- name: SealedConnections :many
select name, secret from connections where secret is not null;

-- name: ConnectionSecret :one
select secret from connections where name = $1 and secret is not null;

-- name: DeleteConnection :execrows
delete from connections where name = $1;
