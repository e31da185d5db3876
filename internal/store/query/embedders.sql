-- name: EmbeddersOf :many
select id, kind, model, dims, vector, state, chunks, created_at from embedders
where agent_id = $1 and state <> 'retired' order by state desc, created_at;

-- name: EmbedderBlob :one
select blob from embedders where id = $1;

-- name: InsertEmbedder :execrows
insert into embedders (id, agent_id, kind, model, dims, vector, state, chunks, blob, created_at)
select sqlc.arg(id), sqlc.arg(agent_id), sqlc.arg(kind)::text, sqlc.arg(model)::text, sqlc.arg(dims)::int, sqlc.arg(vector)::text,
  'filling', sqlc.arg(chunks)::int, sqlc.narg(blob)::bytea, clock()
-- Another training may have gone live meanwhile: two must not share a name.
where not exists (select 1 from embedders l
  where l.agent_id = sqlc.arg(agent_id) and l.state = 'live' and l.vector = sqlc.arg(vector)::text)
on conflict (agent_id) where state = 'filling' do nothing;

-- name: RetireEmbedder :exec
update embedders set state = 'retired', blob = null where id = $1;

-- name: LockEmbedders :many
select id, state from embedders where agent_id = $1 and state <> 'retired' order by id for update;

-- name: MakeLive :exec
update embedders set state = 'live', live_at = clock() where id = $1 and state = 'filling';

-- name: CorpusChange :one
-- How many passages the agent has, and how many came after a time.
select count(*)::int as total, (count(*) filter (where c.added_at > sqlc.arg(since)))::int as added
from chunks c join sources s on s.id = c.source_id
where s.agent_id = sqlc.arg(agent_id) and s.status <> 'removing' and not c.retiring;

-- name: TrainingUnits :many
select c.id, c.terms from chunks c join sources s on s.id = c.source_id
where s.agent_id = sqlc.arg(agent_id) and s.status <> 'removing' and not c.retiring and c.id > sqlc.arg(after)
order by c.id limit sqlc.arg(most)::int;

-- name: Unfilled :many
-- Indexed passages that lack a vector of one of the embedders.
select c.id, c.document_id, c.source_id, c.ord, c.headings, c.text, c.question, c.language, c.terms, c.grams, c.hash,
  d.title, d.url
from chunks c join documents d on d.id = c.document_id join sources s on s.id = c.source_id
where s.agent_id = sqlc.arg(agent_id) and s.status <> 'removing' and c.indexed_at is not null and not c.retiring
  and not c.embedders @> sqlc.arg(embedders)::uuid[]
order by c.source_id, c.document_id, c.ord, c.id limit sqlc.arg(most)::int;

-- name: CountUnfilled :one
select count(*)::int from chunks c join sources s on s.id = c.source_id
where s.agent_id = sqlc.arg(agent_id) and s.status <> 'removing' and c.indexed_at is not null and not c.retiring
  and not c.embedders @> sqlc.arg(embedders)::uuid[];

-- name: CachedVectors :many
-- The day of their use is noted once a day; whoever notes the same one now does
-- it for us.
with used as (
  select e.key from embedding_cache e where e.key = any (sqlc.arg(keys)::text[]) and e.used_on < clock()::date
  for update skip locked
), noted as (
  update embedding_cache e set used_on = clock()::date from used where e.key = used.key
)
select c.key, c.vector from embedding_cache c where c.key = any (sqlc.arg(keys)::text[]);

-- name: CacheVectors :exec
insert into embedding_cache (key, vector, used_on)
select unnest(sqlc.arg(keys)::text[]), unnest(sqlc.arg(vectors)::bytea[]), clock()::date
on conflict (key) do nothing;

-- name: ForgetVectors :execrows
delete from embedding_cache where used_on < clock()::date - 90;

-- name: CountUsage :exec
insert into embedding_usage (day, model, texts, tokens)
values (clock()::date, sqlc.arg(model), sqlc.arg(texts), sqlc.arg(tokens))
on conflict (day, model) do update set texts = embedding_usage.texts + excluded.texts,
  tokens = embedding_usage.tokens + excluded.tokens;

-- name: TermStats :execrows
insert into content_terms (agent_id, term, chunks)
select sqlc.arg(agent_id)::uuid, t.word, t.chunks from (
  select unnest(string_to_array(c.terms, ' ')) as word, count(distinct c.id)::int as chunks
  from chunks c join sources s on s.id = c.source_id
  where s.agent_id = sqlc.arg(agent_id)::uuid and s.status <> 'removing' and not c.retiring
  group by 1) t
where t.word <> '';

-- name: ForgetTerms :exec
delete from content_terms where agent_id = $1;

-- name: TermsOf :many
select term, chunks from content_terms where agent_id = sqlc.arg(agent_id) and term = any (sqlc.arg(terms)::text[]);

-- name: PutStats :exec
insert into content_stats (agent_id, chunks, threshold, counted_at)
values (sqlc.arg(agent_id), sqlc.arg(chunks), sqlc.arg(threshold), clock())
on conflict (agent_id) do update set chunks = excluded.chunks, threshold = excluded.threshold, counted_at = excluded.counted_at;

-- name: StatsOf :one
select chunks, threshold, counted_at from content_stats where agent_id = $1;

-- name: SampleChunks :many
-- The ids of chunks follow from their content, so their order is as good as
-- drawn by lot, and the same every time.
select c.id, c.document_id, c.source_id, c.ord, c.headings, c.text, c.question, c.language, c.terms, c.grams, c.hash,
  d.title, d.url
from chunks c join documents d on d.id = c.document_id join sources s on s.id = c.source_id
where s.agent_id = sqlc.arg(agent_id) and s.status <> 'removing' and s.synced_at is not null and not c.retiring
order by c.id limit sqlc.arg(most)::int;
