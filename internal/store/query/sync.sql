-- name: ClaimSync :execrows
-- A step that is repeated late must not claim the source for a run that is over.
update sources s set active_sync = sqlc.arg(sync_id)::uuid, last_sync = sqlc.arg(sync_id)::uuid, status = 'syncing',
  wanted_at = case when active_sync = sqlc.arg(sync_id)::uuid then wanted_at end
where s.id = sqlc.arg(id) and s.status <> 'removing'
  and (s.active_sync is null or s.active_sync = sqlc.arg(sync_id)::uuid)
  and not exists (select 1 from sync_runs r where r.id = sqlc.arg(sync_id)::uuid and r.finished_at is not null);

-- name: InsertSync :exec
insert into sync_runs (id, source_id, agent_id, trigger, state, workflow_id, run_id, started_at)
values (sqlc.arg(id), sqlc.arg(source_id), sqlc.arg(agent_id), sqlc.arg(trigger), 'queued', sqlc.arg(workflow_id), sqlc.arg(run_id), clock())
on conflict (id) do nothing;

-- name: SyncByID :one
select r.id, r.source_id, r.agent_id, r.trigger, r.state, r.reason, r.workflow_id, r.run_id, r.started_at, r.finished_at,
  r.scope, r.probe_status, r.probe_print, r.probe_url, r.requests, r.kept, r.rendered, r.frontier, r.removed, r.held,
  r.embedded, r.indexed, r.counts
from sync_runs r where r.id = $1;

-- name: SyncsOfSource :many
select r.id from sync_runs r where r.source_id = sqlc.arg(source_id) order by r.started_at desc, r.id desc limit sqlc.arg(most)::int;

-- name: MarkSync :execrows
update sync_runs set state = sqlc.arg(state) where id = sqlc.arg(id) and finished_at is null;

-- name: Discovered :exec
update sync_runs set scope = sqlc.arg(scope), probe_status = sqlc.arg(probe_status), probe_print = sqlc.arg(probe_print),
  probe_url = sqlc.arg(probe_url), state = 'crawling'
where id = sqlc.arg(id);

-- name: EndSource :exec
update sources set active_sync = null, status = sqlc.arg(status), reason = sqlc.arg(reason),
  synced_at = case when sqlc.arg(usable)::boolean then clock() else synced_at end
where id = sqlc.arg(id) and active_sync = sqlc.arg(sync_id)::uuid;

-- name: EndSync :exec
update sync_runs set state = sqlc.arg(state), reason = sqlc.arg(reason), counts = sqlc.arg(counts), finished_at = clock()
where id = sqlc.arg(id) and finished_at is null;

-- name: CountIndexed :exec
update sync_runs set embedded = embedded + sqlc.arg(embedded)::int, indexed = indexed + sqlc.arg(indexed)::int
where id = sqlc.arg(id);

-- name: DropOldFrontiers :exec
-- The pages keep what is worth knowing of a run that is over.
delete from crawl_urls u using sync_runs r
where r.id = u.run_id and r.source_id = sqlc.arg(source_id) and r.id <> sqlc.arg(keep) and r.finished_at is not null;

-- name: DropOldSyncs :exec
delete from sync_runs r where r.source_id = sqlc.arg(source_id) and r.finished_at is not null
  and r.id not in (select k.id from sync_runs k where k.source_id = sqlc.arg(source_id) order by k.started_at desc, k.id desc limit 50);

-- name: SyncPages :many
-- The pages of a run by what became of them.
select p.outcome, p.reason, count(*)::int as pages from pages p
where p.source_id = sqlc.arg(source_id) and p.seen_sync = sqlc.arg(sync_id)::uuid
group by p.outcome, p.reason;

-- name: FrontierCounts :one
-- What was closed has no row among the pages of the run, nor has most of what
-- waits.
select count(*) filter (where u.state <> 2)::int as waiting,
  count(*) filter (where u.state <> 2 and not exists (
    select 1 from pages p where p.source_id = sqlc.arg(source_id) and p.key = u.key and p.seen_sync = u.run_id))::int as unread,
  count(*) filter (where u.state = 2 and u.outcome = 'skipped' and not exists (
    select 1 from pages p where p.source_id = sqlc.arg(source_id) and p.key = u.key and p.seen_sync = u.run_id))::int as closed,
  count(*)::int as found
from crawl_urls u where u.run_id = sqlc.arg(sync_id);

-- name: SyncCounts :one
select
  (select count(*) from documents d where d.source_id = sqlc.arg(source_id))::int as documents,
  (select count(*) from chunks c where c.source_id = sqlc.arg(source_id) and not c.retiring)::int as chunks,
  (select count(*) from chunks c where c.source_id = sqlc.arg(source_id) and not c.retiring and c.indexed_at is not null)::int as indexed;

-- name: OpenSyncs :many
-- Runs that have been open for a while, for the watchdog.
select r.id, r.source_id, r.agent_id, r.workflow_id, r.run_id from sync_runs r
where r.finished_at is null and r.started_at < clock() - interval '2 minutes'
order by r.started_at limit $1;

-- name: LoseSource :exec
update sources set active_sync = null, status = case when synced_at is null then 'failed' else 'ready_with_warnings' end, reason = 'lost'
where id = sqlc.arg(id) and active_sync = sqlc.arg(sync_id)::uuid;

-- name: IndexedNow :many
-- Sources whose last run failed because the index did not take everything, and
-- that the index has whole by now.
select s.id, s.agent_id, s.last_sync::uuid as last_sync from sources s
where s.status = 'failed' and s.reason = 'index_unavailable' and s.active_sync is null and s.last_sync is not null
  and exists (select 1 from chunks c where c.source_id = s.id and not c.retiring)
  and not exists (select 1 from chunks c where c.source_id = s.id and not c.retiring and c.indexed_at is null)
order by s.id limit $1;

-- name: HealSource :exec
update sources set status = sqlc.arg(status), reason = sqlc.arg(reason), synced_at = clock()
where id = sqlc.arg(id) and status = 'failed' and reason = 'index_unavailable' and active_sync is null
  and last_sync = sqlc.arg(sync_id)::uuid;

-- name: HostOfSync :one
select h.delay_ms, h.crawl_delay_ms from crawl_hosts h where h.host = $1;

-- name: AgentReads :one
-- Whether a source of the agent is being read, or was a moment ago.
select exists (select 1 from sync_runs where agent_id = $1
  and (finished_at is null or finished_at > clock() - interval '5 minutes'));
