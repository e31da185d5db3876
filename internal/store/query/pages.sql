-- name: PageNow :one
select document_id, text_hash from pages where source_id = $1 and key = $2;

-- name: PutPage :exec
insert into pages (source_id, key, url, outcome, reason, status, document_id, duplicate_of, etag, last_modified, bytes_hash,
  text_hash, depth, rendered, seen_sync, read_at, stale_since)
values (sqlc.arg(source_id), sqlc.arg(key), sqlc.arg(url), sqlc.arg(outcome), sqlc.arg(reason), sqlc.arg(status),
  sqlc.narg(document_id), sqlc.arg(duplicate_of), sqlc.arg(etag), sqlc.arg(last_modified), sqlc.arg(bytes_hash),
  sqlc.arg(text_hash), sqlc.arg(depth), sqlc.arg(rendered), sqlc.arg(sync_id)::uuid, clock(), null)
on conflict (source_id, key) do update set url = excluded.url, outcome = excluded.outcome, reason = excluded.reason,
  status = excluded.status, document_id = excluded.document_id, duplicate_of = excluded.duplicate_of, etag = excluded.etag,
  last_modified = excluded.last_modified, bytes_hash = excluded.bytes_hash, text_hash = excluded.text_hash,
  depth = excluded.depth, rendered = excluded.rendered, seen_sync = excluded.seen_sync, read_at = excluded.read_at,
  stale_since = null, misses = 0;

-- name: PageUnchanged :exec
update pages set outcome = 'unchanged', reason = '', status = sqlc.arg(status), seen_sync = sqlc.arg(sync_id)::uuid,
  read_at = clock(), stale_since = null, misses = 0,
  etag = coalesce(nullif(sqlc.arg(etag)::text, ''), etag),
  last_modified = coalesce(nullif(sqlc.arg(last_modified)::text, ''), last_modified),
  bytes_hash = coalesce(nullif(sqlc.arg(bytes_hash)::text, ''), bytes_hash)
where source_id = sqlc.arg(source_id) and key = sqlc.arg(key);

-- name: PageTrouble :exec
-- A page that could not be read, or is not there: what is stored of it stays
-- until the end of the run.
insert into pages (source_id, key, url, outcome, reason, status, depth, seen_sync, stale_since, misses)
values (sqlc.arg(source_id), sqlc.arg(key), sqlc.arg(url), sqlc.arg(outcome), sqlc.arg(reason), sqlc.arg(status),
  sqlc.arg(depth), sqlc.arg(sync_id)::uuid, clock(), 1)
on conflict (source_id, key) do update set outcome = excluded.outcome, reason = excluded.reason, status = excluded.status,
  seen_sync = excluded.seen_sync, stale_since = coalesce(pages.stale_since, excluded.stale_since), misses = pages.misses + 1;

-- name: PageSkipped :exec
-- A page that is left out has no document any more.
insert into pages (source_id, key, url, outcome, reason, status, duplicate_of, depth, seen_sync, read_at)
values (sqlc.arg(source_id), sqlc.arg(key), sqlc.arg(url), sqlc.arg(outcome), sqlc.arg(reason), sqlc.arg(status),
  sqlc.arg(duplicate_of), sqlc.arg(depth), sqlc.arg(sync_id)::uuid, clock())
on conflict (source_id, key) do update set url = excluded.url, outcome = excluded.outcome, reason = excluded.reason,
  status = excluded.status, duplicate_of = excluded.duplicate_of, document_id = null, etag = '', last_modified = '',
  bytes_hash = '', text_hash = '', seen_sync = excluded.seen_sync, read_at = excluded.read_at, stale_since = null, misses = 0;

-- name: SetPageLinks :exec
update pages set link_keys = sqlc.arg(keys)::text[], link_urls = sqlc.arg(urls)::text[]
where source_id = sqlc.arg(source_id) and key = sqlc.arg(key);

-- name: PageLinks :one
select link_keys, link_urls, depth from pages where source_id = $1 and key = $2;

-- name: ListPages :many
-- The pages of a source with what waits in its frontier, by address.
select p.key, p.url, p.outcome, p.reason, p.status, p.document_id, p.duplicate_of, p.rendered, p.read_at, p.stale_since,
  coalesce(d.title, '')::text as title, coalesce(d.language, '')::text as language, coalesce(d.version, 0)::int as version,
  (select count(*) from chunks c where c.document_id = p.document_id and not c.retiring)::int as chunks
from pages p left join documents d on d.id = p.document_id
where p.source_id = sqlc.arg(source_id) and p.key > sqlc.arg(after)::text
  and (sqlc.arg(outcome)::text = '' or p.outcome = sqlc.arg(outcome)::text)
  and (sqlc.arg(reason)::text = '' or p.reason = sqlc.arg(reason)::text)
union all
select u.key, u.url, u.outcome, u.reason, 0, null::uuid, '', false, null::timestamptz, null::timestamptz, '', '', 0, 0
from crawl_urls u
where u.run_id = (select s.last_sync from sources s where s.id = sqlc.arg(source_id)) and u.key > sqlc.arg(after)::text
  and (sqlc.arg(outcome)::text = '' or u.outcome = sqlc.arg(outcome)::text)
  and (sqlc.arg(reason)::text = '' or u.reason = sqlc.arg(reason)::text)
  and not exists (select 1 from pages q where q.source_id = sqlc.arg(source_id) and q.key = u.key)
order by 1 limit sqlc.arg(most)::int;

-- name: RetryPages :execrows
-- What failed is read in the next run whatever the site says of changes.
update pages set bytes_hash = '', text_hash = '', etag = '', last_modified = ''
where source_id = $1 and outcome in ('failed', 'stale');

-- name: PrunePages :exec
-- Addresses that a complete run has not met and that have no text.
delete from pages where source_id = sqlc.arg(source_id) and document_id is null and seen_sync is distinct from sqlc.arg(sync_id)::uuid;

-- name: PageHash :one
select bytes_hash from pages where source_id = $1 and document_id is not null order by key limit 1;
