-- name: PutToken :exec
insert into api_tokens (id, name, hash, created_at) values (sqlc.arg(id), sqlc.arg(name), sqlc.arg(hash), clock())
on conflict (hash) do nothing;

-- name: TokenName :one
select name from api_tokens where hash = $1 and revoked_at is null;
