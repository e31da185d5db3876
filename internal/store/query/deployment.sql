-- name: Clock :one
select clock()::timestamptz as now;

-- name: FixClock :exec
update test_clock set fixed_at = sqlc.narg(at)::timestamptz, shift = make_interval(secs => sqlc.arg(shift_seconds)::float8);

-- name: PutSecret :one
insert into deployment_secrets (name, value) values (sqlc.arg(name), sqlc.arg(value))
on conflict (name) do update set name = excluded.name
returning value;
