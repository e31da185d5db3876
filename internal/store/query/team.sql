-- name: InsertUser :exec
insert into users (id, name, email, presence, capacity, hours, skills, created_at)
values (sqlc.arg(id), sqlc.arg(name), sqlc.arg(email), sqlc.arg(presence), sqlc.arg(capacity), sqlc.arg(hours), sqlc.arg(skills), clock());

-- name: SetSkills :execrows
update users set skills = sqlc.arg(skills) where id = sqlc.arg(id);

-- name: SetPresence :execrows
update users set presence = sqlc.arg(presence) where id = sqlc.arg(id);

-- name: ListUsers :many
-- Every user, or the one with a name. Destinations are no people.
select u.id, u.name, u.email, u.presence, u.capacity, u.hours, u.skills,
  (select count(*) from conversations c where c.assigned_to = u.id and c.lifecycle <> 'closed')::int as open
from users u
where not u.desk and (sqlc.narg(name)::text is null or u.name = sqlc.narg(name)::text)
order by u.name;

-- name: InsertTeam :exec
insert into teams (id, name, created_at) values (sqlc.arg(id), sqlc.arg(name), clock());

-- name: InsertMember :exec
insert into team_members (team_id, user_id) values (sqlc.arg(team_id), sqlc.arg(user_id)) on conflict do nothing;

-- name: DeleteMember :execrows
delete from team_members where team_id = sqlc.arg(team_id) and user_id = sqlc.arg(user_id);

-- name: ListTeams :many
select id, name from teams order by name;

-- name: ListMemberships :many
select team_id, user_id from team_members;

-- name: UserExists :one
select exists (select 1 from users where id = $1);

-- name: TeamExists :one
select exists (select 1 from teams where id = $1);
