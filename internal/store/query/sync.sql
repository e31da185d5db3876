-- name: ClaimSync :one
update sources set active_sync = sqlc.arg(sync_id)::uuid, status = 'syncing'
where id = sqlc.arg(id) and status <> 'removing'
  and (active_sync is null or active_sync = sqlc.arg(sync_id)::uuid)
returning agent_id, file_name, content;

-- name: PutDocument :one
insert into documents (id, source_id, key, title, url, language, text, fetched_at)
values (sqlc.arg(id), sqlc.arg(source_id), sqlc.arg(key), sqlc.arg(title), sqlc.arg(url), sqlc.arg(language), sqlc.arg(text), clock())
on conflict (source_id, key) do update set title = excluded.title, url = excluded.url,
  language = excluded.language, text = excluded.text, fetched_at = excluded.fetched_at
returning id;

-- name: PutChunk :execrows
-- A chunk with the same content keeps what the index knows of it. A chunk of
-- another source is never touched: no row then.
insert into chunks (id, document_id, source_id, ord, headings, text, question, language, terms, grams, hash)
values (sqlc.arg(id), sqlc.arg(document_id), sqlc.arg(source_id), sqlc.arg(ord), sqlc.arg(headings), sqlc.arg(text),
  sqlc.arg(question), sqlc.arg(language), sqlc.arg(terms), sqlc.arg(grams), sqlc.arg(hash))
on conflict (id) do update set document_id = excluded.document_id, ord = excluded.ord, headings = excluded.headings,
  text = excluded.text, question = excluded.question, language = excluded.language, terms = excluded.terms,
  grams = excluded.grams, hash = excluded.hash,
  indexed_at = case when chunks.hash = excluded.hash then chunks.indexed_at end
where chunks.source_id = excluded.source_id;

-- name: RetitleChunks :exec
-- Title and address of a document are in the index with each of its chunks.
update chunks c set indexed_at = null
from documents d
where d.source_id = sqlc.arg(source_id) and d.key = sqlc.arg(key) and c.document_id = d.id
  and (d.title <> sqlc.arg(title)::text or d.url <> sqlc.arg(url)::text);

-- name: Unindexed :many
select c.id, c.document_id, c.source_id, c.ord, c.headings, c.text, c.question, c.language, c.terms, c.grams, c.hash,
  d.title, d.url
from chunks c join documents d on d.id = c.document_id
where c.source_id = sqlc.arg(source_id) and c.indexed_at is null
order by c.document_id, c.ord, c.id limit sqlc.arg(most)::int;

-- name: MarkIndexed :many
update chunks set indexed_at = clock()
where id = any (sqlc.arg(ids)::uuid[]) and source_id = sqlc.arg(source_id)
returning id;

-- name: PutRemovals :exec
insert into chunk_removals (chunk_id, agent_id, source_id, removed_at)
select unnest(sqlc.arg(ids)::uuid[]), sqlc.arg(agent_id), sqlc.arg(source_id), clock()
on conflict (chunk_id) do nothing;

-- name: SyncCounts :one
select
  (select count(*) from documents d where d.source_id = sqlc.arg(source_id))::int as documents,
  (select count(*) from chunks c where c.source_id = sqlc.arg(source_id))::int as chunks,
  (select count(*) from chunks c where c.source_id = sqlc.arg(source_id) and c.indexed_at is not null)::int as indexed;

-- name: EndSync :exec
update sources set active_sync = null, status = sqlc.arg(status), reason = sqlc.arg(reason),
  synced_at = case when sqlc.arg(status)::text = 'ready' then clock() else synced_at end
where id = sqlc.arg(id);

-- name: ReleaseSync :execrows
update sources set active_sync = null, status = 'failed', reason = 'internal'
where id = sqlc.arg(id) and status = 'syncing' and active_sync is not null;
