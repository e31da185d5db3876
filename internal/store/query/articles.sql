-- name: InsertArticle :exec
insert into articles (id, agent_id, external_id, type, title, body, format, url, language, created_at, updated_at)
values (sqlc.arg(id), sqlc.arg(agent_id), sqlc.arg(external_id), sqlc.arg(type), sqlc.arg(title), sqlc.arg(body),
  sqlc.arg(format), sqlc.arg(url), sqlc.arg(language), clock(), clock());

-- name: ListArticles :many
select a.id, a.connector_id, a.external_id, a.type, a.title, a.format, a.url, a.language, a.revision, a.updated_at,
  (select s.id from sources s where s.article_id = a.id and s.status <> 'removing' limit 1) as source_id
from articles a
where a.agent_id = sqlc.arg(agent_id) and a.deleted_at is null
  and (sqlc.arg(type)::text = '' or a.type = sqlc.arg(type)::text)
  and (sqlc.arg(query)::text = '' or a.title ilike '%' || sqlc.arg(query)::text || '%')
order by a.updated_at desc, a.id limit sqlc.arg(most)::int offset sqlc.arg(skip)::int;

-- name: ArticleByID :one
select a.id, a.agent_id, a.connector_id, a.external_id, a.type, a.title, a.body, a.format, a.url, a.language, a.revision,
  a.updated_at, a.deleted_at,
  (select s.id from sources s where s.article_id = a.id and s.status <> 'removing' limit 1) as source_id
from articles a where a.id = $1;

-- name: ChangeArticle :one
-- The revision rises only when something has changed.
update articles a set type = sqlc.arg(type), title = sqlc.arg(title), body = sqlc.arg(body), format = sqlc.arg(format),
  url = sqlc.arg(url), language = sqlc.arg(language),
  revision = a.revision + case when (a.type, a.title, a.body, a.format, a.url, a.language)
    is distinct from (sqlc.arg(type), sqlc.arg(title), sqlc.arg(body), sqlc.arg(format), sqlc.arg(url), sqlc.arg(language)) then 1 else 0 end,
  updated_at = clock()
where a.id = sqlc.arg(id) and a.agent_id = sqlc.arg(agent_id) and a.deleted_at is null
returning a.revision;

-- name: DeleteArticle :execrows
update articles set deleted_at = clock(), updated_at = clock(), body = '' where id = $1 and agent_id = $2 and deleted_at is null;

-- name: SourceOfArticle :many
select id from sources where article_id = $1 and status <> 'removing';

-- name: PullArticle :one
-- Stores an article as a connector found it. before is the revision it had, 0
-- when it is new.
with old as (select id, revision, deleted_at from articles where connector_id = sqlc.arg(connector_id) and external_id = sqlc.arg(external_id))
insert into articles as a (id, agent_id, connector_id, external_id, type, title, body, format, url, language, pulled_at, created_at, updated_at)
values (sqlc.arg(id), sqlc.arg(agent_id), sqlc.arg(connector_id), sqlc.arg(external_id), sqlc.arg(type), sqlc.arg(title),
  sqlc.arg(body), sqlc.arg(format), sqlc.arg(url), sqlc.arg(language), clock(), clock(), clock())
on conflict (connector_id, external_id) where connector_id is not null do update set
  type = excluded.type, title = excluded.title, body = excluded.body, format = excluded.format, url = excluded.url,
  language = excluded.language, pulled_at = excluded.pulled_at, deleted_at = null,
  revision = a.revision + case when a.deleted_at is not null or (a.type, a.title, a.body, a.format, a.url, a.language)
    is distinct from (excluded.type, excluded.title, excluded.body, excluded.format, excluded.url, excluded.language) then 1 else 0 end,
  updated_at = case when (a.type, a.title, a.body, a.format, a.url, a.language)
    is distinct from (excluded.type, excluded.title, excluded.body, excluded.format, excluded.url, excluded.language) then clock() else a.updated_at end
returning a.id, a.revision, coalesce((select revision from old where old.deleted_at is null), 0)::int as before;

-- name: UnpulledArticles :many
-- Articles of the types that a pull saw in full, and that no pull has seen since
-- it began.
select id from articles
where connector_id = sqlc.arg(connector_id) and deleted_at is null and type = any (sqlc.arg(types)::text[])
  and (pulled_at is null or pulled_at < sqlc.arg(began)::timestamptz)
order by id;

-- name: CountArticles :one
select count(*)::int from articles where connector_id = $1 and deleted_at is null;

-- name: DropArticles :exec
update articles set deleted_at = clock(), body = '' where id = any (sqlc.arg(ids)::uuid[]);

-- name: InsertConnector :exec
insert into connectors (id, agent_id, kind, name, url, token_env, add_new, created_at)
values (sqlc.arg(id), sqlc.arg(agent_id), sqlc.arg(kind), sqlc.arg(name), sqlc.arg(url), sqlc.arg(token_env), sqlc.arg(add_new), clock());

-- name: ListConnectors :many
select c.id, c.agent_id, c.kind, c.name, c.url, c.token_env, c.add_new, c.reason, c.pulled_at,
  (select count(*) from articles a where a.connector_id = c.id and a.deleted_at is null)::int as articles
from connectors c
where (sqlc.narg(agent_id)::uuid is null or c.agent_id = sqlc.narg(agent_id)::uuid)
  and (sqlc.narg(id)::uuid is null or c.id = sqlc.narg(id)::uuid)
order by c.created_at, c.id;

-- name: ConnectorPulled :exec
update connectors set reason = sqlc.arg(reason), pulled_at = case when sqlc.arg(reason)::text = '' then clock() else pulled_at end
where id = sqlc.arg(id);

-- name: DetachArticles :exec
-- The articles of a connector that goes: those that a source in removal still
-- names stay until that is gone.
update articles set deleted_at = coalesce(deleted_at, clock()), body = '', connector_id = null where connector_id = $1;

-- name: DeleteConnector :execrows
delete from connectors where id = $1 and agent_id = $2;

-- name: SourcesOfConnector :many
select s.id from sources s join articles a on a.id = s.article_id where a.connector_id = $1 and s.status <> 'removing';
