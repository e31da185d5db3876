-- name: Unindexed :many
select c.id, c.document_id, c.source_id, c.ord, c.headings, c.text, c.question, c.language, c.terms, c.grams, c.hash,
  d.title, d.url
from chunks c join documents d on d.id = c.document_id join sources s on s.id = c.source_id
where c.source_id = sqlc.arg(source_id) and c.indexed_at is null and not c.retiring and s.status <> 'removing'
order by c.document_id, c.ord, c.id limit sqlc.arg(most)::int;

-- name: MarkIndexed :many
update chunks set indexed_at = clock(), embedders = sqlc.arg(embedders)::uuid[]
where id = any (sqlc.arg(ids)::uuid[])
  and source_id in (select s.id from sources s where s.agent_id = sqlc.arg(agent_id) and s.status <> 'removing')
returning id;

-- name: PutRemovals :exec
insert into chunk_removals (chunk_id, agent_id, source_id, removed_at)
select g.id, sqlc.arg(agent_id), sqlc.arg(source_id), clock() from (select unnest(sqlc.arg(ids)::uuid[]) as id) g
where not exists (select 1 from chunks c where c.id = g.id)
on conflict (chunk_id) do nothing;

-- name: IndexedByDocument :many
select document_id, count(*)::int as chunks from chunks
where source_id = $1 and indexed_at is not null and not retiring group by document_id;

-- name: ChunkIDs :many
select id from chunks where document_id = $1 and indexed_at is not null;

-- name: IndexAgain :execrows
update chunks set indexed_at = null, embedders = '{}' where id = any (sqlc.arg(ids)::uuid[]);

-- name: IndexAllAgain :execrows
update chunks c set indexed_at = null, embedders = '{}' from sources s
where s.id = c.source_id and s.agent_id = $1 and s.status <> 'removing' and c.indexed_at is not null;

-- name: IndexedTotal :one
select count(*)::int from chunks c join sources s on s.id = c.source_id
where s.agent_id = $1 and s.status <> 'removing' and c.indexed_at is not null;

-- name: SourcesWithChunks :many
select distinct s.id from sources s join chunks c on c.source_id = s.id
where s.agent_id = $1 and s.status <> 'removing' order by s.id;

-- name: AgentsWithContent :many
select distinct agent_id from sources order by agent_id;

-- name: UnindexedTotal :one
-- Passages of an agent that wait for the index, those of sources being read
-- apart.
select count(*)::int from chunks c join sources s on s.id = c.source_id
where s.agent_id = $1 and s.status <> 'removing' and s.active_sync is null and c.indexed_at is null and not c.retiring;
