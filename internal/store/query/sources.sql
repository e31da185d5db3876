-- name: InsertSource :exec
insert into sources (id, agent_id, type, name, url, file_name, file_id, article_id, question, answer, citations, private,
  language, schedule, include, exclude, max_pages, render, ignore_robots, created_at, updated_at)
values (sqlc.arg(id), sqlc.arg(agent_id), sqlc.arg(type), sqlc.arg(name), sqlc.arg(url), sqlc.arg(file_name),
  sqlc.narg(file_id), sqlc.narg(article_id), sqlc.arg(question), sqlc.arg(answer), sqlc.arg(citations), sqlc.arg(private),
  sqlc.arg(language), sqlc.arg(schedule), sqlc.arg(include)::text[], sqlc.arg(exclude)::text[], sqlc.arg(max_pages),
  sqlc.arg(render), sqlc.arg(ignore_robots), clock(), clock());

-- name: ListSources :many
-- The agent's sources, or the one with an id.
select s.id, s.agent_id, s.type, s.name, s.url, s.file_name, s.file_id, s.article_id, s.question, s.answer, s.citations,
  s.private, s.language, s.schedule, s.include, s.exclude, s.max_pages, s.render, s.ignore_robots, s.status, s.reason,
  s.last_sync, s.synced_at, s.created_at, s.updated_at,
  (select count(*) from documents d where d.source_id = s.id)::int as documents,
  (select count(*) from chunks c where c.source_id = s.id and not c.retiring)::int as chunks
from sources s
where (sqlc.narg(agent_id)::uuid is null or s.agent_id = sqlc.narg(agent_id)::uuid)
  and (sqlc.narg(id)::uuid is null or s.id = sqlc.narg(id)::uuid)
order by s.created_at, s.id;

-- name: SameAddress :many
-- Web sources of the agent, to tell whether an address is there already.
select id, type, url from sources
where agent_id = $1 and type in ('url', 'crawl') and status <> 'removing';

-- name: ChangeSource :execrows
update sources set name = coalesce(sqlc.narg(name), name), url = coalesce(sqlc.narg(url), url),
  question = coalesce(sqlc.narg(question), question), answer = coalesce(sqlc.narg(answer), answer),
  private = coalesce(sqlc.narg(private), private),
  -- Private content is never cited. Spec: S24.
  citations = coalesce(sqlc.narg(citations), citations) and not coalesce(sqlc.narg(private), private),
  language = coalesce(sqlc.narg(language), language), schedule = coalesce(sqlc.narg(schedule), schedule),
  include = coalesce(sqlc.narg(include)::text[], include), exclude = coalesce(sqlc.narg(exclude)::text[], exclude),
  max_pages = coalesce(sqlc.narg(max_pages), max_pages), render = coalesce(sqlc.narg(render), render),
  ignore_robots = coalesce(sqlc.narg(ignore_robots), ignore_robots), updated_at = clock()
where id = sqlc.arg(id) and status <> 'removing';

-- name: LockSource :one
select agent_id, type, status, reason, active_sync, max_pages from sources where id = $1 for no key update;

-- name: HoldSource :one
-- The source as a sync may write it: it cannot change hands meanwhile.
select active_sync, max_pages from sources where id = $1 for share;

-- name: StartRemovals :many
update sources set status = 'removing', reason = '', active_sync = null, updated_at = clock()
where id = any (sqlc.arg(ids)::uuid[]) returning id;

-- name: PurgeChunks :many
-- Takes chunks of a source in removal and notes them for removal from the index.
with gone as (
  delete from chunks where id in (
    select c.id from chunks c join sources s on s.id = c.source_id
    where c.source_id = sqlc.arg(source_id) and s.status = 'removing' limit sqlc.arg(most)::int)
  returning id, source_id
)
insert into chunk_removals (chunk_id, agent_id, source_id, removed_at)
select g.id, s.agent_id, s.id, clock() from gone g join sources s on s.id = g.source_id
on conflict (chunk_id) do update set removed_at = excluded.removed_at
returning chunk_id;

-- name: DeleteRemovedSource :execrows
-- A source in removal of which neither the database nor the index holds anything.
delete from sources s where s.id = sqlc.arg(id) and s.status = 'removing'
  and not exists (select 1 from chunks c where c.source_id = s.id)
  and not exists (select 1 from chunk_removals r where r.source_id = s.id);

-- name: Removals :many
select chunk_id from chunk_removals where agent_id = sqlc.arg(agent_id) order by removed_at, chunk_id limit sqlc.arg(most)::int;

-- name: ForgetRemovals :exec
delete from chunk_removals where chunk_id = any (sqlc.arg(ids)::uuid[]);

-- name: Removed :exec
-- The index has let go of these. One that came back meanwhile has to go in again.
with forgotten as (delete from chunk_removals where chunk_id = any (sqlc.arg(ids)::uuid[]))
update chunks set indexed_at = null, embedders = '{}' where id = any (sqlc.arg(ids)::uuid[]) and indexed_at is not null;

-- name: SchedulesToApply :many
-- Sources whose schedule in Temporal is not the one they should have.
select id, agent_id, status, schedule from sources
where schedule_applied <> case when status = 'removing' or schedule = 'on_change' then 'never' else schedule end
  and not (schedule_applied = '' and (status = 'removing' or schedule in ('never', 'on_change')))
order by updated_at, id limit $1;

-- name: NoteSchedule :exec
update sources set schedule_applied = $2 where id = $1;

-- name: SourcesWaiting :many
-- Sources that nobody reads although they wait for it: their sync could not be
-- started when they were added, changed or removed.
select id, agent_id, status from sources
where active_sync is null and ((status = 'removing' or status = 'queued') and updated_at < clock() - interval '1 minute'
  or wanted_at < clock() - interval '20 seconds')
order by updated_at, id limit $1;

-- name: Reviewed :exec
update sources set status = 'ready', reason = '', updated_at = clock() where id = $1 and status = 'needs_review';

-- name: WantSources :exec
-- What these sources hold has changed: they are read again, whoever reads them
-- now.
update sources set wanted_at = clock() where id = any (sqlc.arg(ids)::uuid[]) and status <> 'removing';
