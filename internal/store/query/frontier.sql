-- name: LockURLs :exec
-- What a page changes of the frontier is locked in one order before anything of
-- it is: its own address, and those that it names first. Pages that name each
-- other would lock each other out otherwise.
select 1 from crawl_urls u
where u.run_id = sqlc.arg(run_id) and u.key = any (sqlc.arg(keys)::text[]) and (u.key = sqlc.arg(own)::text or not u.linked)
order by u.key for update;

-- name: AddURLs :one
-- Adds addresses up to the room that the frontier has, best first, and notes of
-- those that are there that they are named. A page that the run has seen without
-- reading it is not read for a link. Rows go in by their key, or two
-- pages that add the same links would lock each other out.
with listed as (
  select unnest(sqlc.arg(keys)::text[]) as key, unnest(sqlc.arg(urls)::text[]) as url,
    unnest(sqlc.arg(classes)::smallint[]) as class, unnest(sqlc.arg(depths)::int[]) as depth
), given as (
  select distinct on (key) key, url, class, depth from listed order by key, class, depth
), named as (
  update crawl_urls u set linked = true from given g
  where u.run_id = sqlc.arg(run_id)::uuid and u.key = g.key and g.class <> 1 and not u.linked
), fresh as (
  select g.key, g.url, g.class, g.depth from given g
  where not exists (select 1 from crawl_urls u where u.run_id = sqlc.arg(run_id)::uuid and u.key = g.key)
    and not exists (select 1 from pages p
      where p.source_id = sqlc.arg(source_id)::uuid and p.key = g.key and p.seen_sync = sqlc.arg(run_id)::uuid)
  order by g.class, g.depth, g.key limit greatest(sqlc.arg(room)::int, 0)
), added as (
  insert into crawl_urls (run_id, key, url, class, depth, linked)
  select sqlc.arg(run_id)::uuid, f.key, f.url, f.class, f.depth, f.class <> 1 from fresh f order by f.key
  on conflict do nothing returning 1
)
select count(*)::int from added;

-- name: AnalyzeFrontier :exec
-- The first statistics of a table come a minute after it is filled. Without them
-- the planner takes a run for some twenty addresses and reads all of them to find
-- one. Whoever has the table already makes them, too.
analyze (skip_locked) crawl_urls;

-- name: FrontierSize :one
select frontier from sync_runs where id = $1;

-- name: SeedFrontier :one
-- Pages of earlier runs: those that could not be read, or those that have a text.
with added as (
  insert into crawl_urls (run_id, key, url, class, depth)
  select sqlc.arg(run_id)::uuid, p.key, p.url, 1, p.depth from pages p
  where p.source_id = sqlc.arg(source_id)
    and case when sqlc.arg(failed)::boolean then p.outcome in ('failed', 'stale') else p.document_id is not null end
  order by p.key
  on conflict do nothing returning 1
)
select count(*)::int from added;

-- name: SeeOthers :exec
-- What did not fail counts as seen by the run without being read.
with other as (
  update pages p set seen_sync = sqlc.arg(run_id)::uuid,
    outcome = case when p.outcome in ('new', 'updated') then 'unchanged' else p.outcome end
  where p.source_id = sqlc.arg(source_id) and p.outcome not in ('failed', 'stale') returning p.document_id
), seen as (
  update documents d set seen_sync = sqlc.arg(run_id)::uuid
  where d.source_id = sqlc.arg(source_id) and d.id in (select document_id from other) returning 1
)
update sync_runs r set kept = (select count(*) from seen) where r.id = sqlc.arg(run_id)::uuid;

-- name: RoomForNew :one
-- Whether a run may have more documents than the pages of earlier runs that
-- wait. "state = 0 or state = 1" is what the indexes of open addresses answer.
select (s.max_pages = 0 or r.kept + (select count(*) from crawl_urls u where u.run_id = r.id and u.class <= 1 and (u.state = 0 or u.state = 1)) < s.max_pages
  or not exists (select 1 from crawl_urls u where u.run_id = r.id and u.class <= 1 and (u.state = 0 or u.state = 1)))::boolean as room
from sync_runs r join sources s on s.id = r.source_id where r.id = $1;

-- name: FreeLeases :exec
-- One that is locked is about to be done.
with late as (
  select u.key from crawl_urls u where u.run_id = $1 and u.state = 1 and u.lease_until <= clock() for update skip locked
)
update crawl_urls u set state = 0 from late where u.run_id = $1 and u.key = late.key;

-- name: ClaimURLs :many
with mine as (
  select u.key from crawl_urls u
  where u.run_id = sqlc.arg(run_id) and u.state = 0 and (u.due_at is null or u.due_at <= clock())
    and (u.class <= 1 or sqlc.arg(room)::boolean)
  order by u.class, u.depth, u.key limit sqlc.arg(most)::int for update skip locked
), taken as (
  update crawl_urls u set state = 1, tries = tries + 1, lease_until = clock() + sqlc.arg(lease_s)::float8 * interval '1 second'
  from mine where u.run_id = sqlc.arg(run_id) and u.key = mine.key
  returning u.key, u.url, u.class, u.depth, u.tries
)
select t.key, t.url, t.class, t.depth, t.tries, coalesce(p.misses, 0)::int as misses, p.document_id,
  coalesce(p.etag, '')::text as etag, coalesce(p.last_modified, '')::text as last_modified,
  coalesce(p.bytes_hash, '')::text as bytes_hash, coalesce(p.text_hash, '')::text as text_hash
from taken t left join pages p on p.source_id = sqlc.arg(source_id) and p.key = t.key
order by t.class, t.depth, t.key;

-- name: FrontierNext :one
-- How many are not done, and when the first of them can be had, while there is
-- room for those that are new or not. The zero time says never.
select count(*)::int as waiting,
  coalesce(min(case when u.state = 1 then u.lease_until
    when u.class <= 1 or sqlc.arg(room)::boolean then coalesce(u.due_at, (select clock())) end), 'epoch')::timestamptz as next_at
from crawl_urls u where u.run_id = sqlc.arg(run_id) and (u.state = 0 or u.state = 1);

-- name: RenewURLs :exec
with held as (
  select u.key from crawl_urls u where u.run_id = sqlc.arg(run_id) and u.state = 1 and u.key = any (sqlc.arg(keys)::text[])
  order by u.key for update
)
update crawl_urls u set lease_until = clock() + sqlc.arg(lease_s)::float8 * interval '1 second'
from held where u.run_id = sqlc.arg(run_id) and u.key = held.key;

-- name: DoneURL :exec
update crawl_urls set state = 2, due_at = null, lease_until = null, outcome = sqlc.arg(outcome), reason = sqlc.arg(reason)
where run_id = sqlc.arg(run_id) and key = sqlc.arg(key);

-- name: PutBackURL :exec
-- Without a reason it was not begun: the try does not count.
update crawl_urls set state = 0, due_at = sqlc.arg(due_at), lease_until = null, reason = sqlc.arg(reason),
  tries = tries - case when sqlc.arg(reason)::text = '' then 1 else 0 end
where run_id = sqlc.arg(run_id) and key = sqlc.arg(key) and state <> 2;

-- name: CloseFrontier :execrows
with waiting as (
  select u.key from crawl_urls u where u.run_id = sqlc.arg(run_id) and (u.state = 0 or u.state = 1) order by u.key for update
)
update crawl_urls u set state = 2, outcome = 'skipped', reason = sqlc.arg(reason), due_at = null, lease_until = null
from waiting where u.run_id = sqlc.arg(run_id) and u.key = waiting.key;

-- name: CountPage :exec
update sync_runs set requests = requests + sqlc.arg(requests)::int, rendered = rendered + sqlc.arg(rendered)::int,
  frontier = frontier + sqlc.arg(added)::int
where id = sqlc.arg(id);

-- name: LockRun :exec
select 1 from sync_runs where id = $1 for no key update;

-- name: KeepDocument :execrows
-- Counts a document towards the limit of the run; no row when it is reached.
-- Pages of earlier runs that wait have their place before new ones.
update sync_runs r set kept = kept + 1
where r.id = sqlc.arg(id) and (sqlc.arg(most)::int = 0 or kept + case when sqlc.arg(fresh)::boolean then
  (select count(*) from crawl_urls u where u.run_id = r.id and u.class <= 1 and (u.state = 0 or u.state = 1)) else 0 end < sqlc.arg(most)::int);

-- name: HostByName :one
select host, delay_ms, crawl_delay_ms, robots, robots_status, robots_at, busy_until from crawl_hosts where host = $1;

-- name: SaveRobots :exec
insert into crawl_hosts (host, delay_ms, crawl_delay_ms, robots, robots_status, robots_at)
values (sqlc.arg(host), sqlc.arg(delay_ms), sqlc.arg(crawl_delay_ms), sqlc.arg(robots), sqlc.arg(robots_status), clock())
on conflict (host) do update set robots = excluded.robots, robots_status = excluded.robots_status,
  robots_at = excluded.robots_at, crawl_delay_ms = excluded.crawl_delay_ms,
  delay_ms = case when crawl_hosts.delay_ms = 0 then excluded.delay_ms else greatest(crawl_hosts.delay_ms, excluded.crawl_delay_ms) end;

-- name: TakeTurn :one
-- The next turn of a host, over all runs and workers. A host that is known by
-- its robots.txt alone has no pace of its own yet.
insert into crawl_hosts as h (host, delay_ms, next_at)
values (sqlc.arg(host), sqlc.arg(start_ms)::int, clock() + sqlc.arg(start_ms)::int * interval '1 millisecond')
on conflict (host) do update set
  delay_ms = coalesce(nullif(h.delay_ms, 0), excluded.delay_ms),
  next_at = greatest(clock(), h.next_at, h.busy_until)
    + greatest(coalesce(nullif(h.delay_ms, 0), excluded.delay_ms), h.crawl_delay_ms) * interval '1 millisecond'
returning (h.next_at - greatest(h.delay_ms, h.crawl_delay_ms) * interval '1 millisecond')::timestamptz as turn_at;

-- name: SetPace :exec
insert into crawl_hosts (host, delay_ms, busy_until) values (sqlc.arg(host), sqlc.arg(delay_ms), sqlc.narg(busy_until))
on conflict (host) do update set delay_ms = excluded.delay_ms,
  busy_until = coalesce(excluded.busy_until, crawl_hosts.busy_until);

-- name: URLDepth :one
select depth from crawl_urls where run_id = $1 and key = $2;

-- name: KnownWaiting :one
select exists (select 1 from crawl_urls where run_id = $1 and class <= 1 and (state = 0 or state = 1));
