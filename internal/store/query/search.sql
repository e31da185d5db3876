-- name: LiveSources :many
-- Sources that answers may use: those that were ready once and are not being
-- removed. The last good copy serves while a sync runs or fails. Spec: D24.
select id from sources
where agent_id = $1 and status <> 'removing' and synced_at is not null
order by created_at, id;

-- name: ContentLanguages :many
select distinct d.language from documents d where d.source_id = any (sqlc.arg(sources)::uuid[]) order by d.language;

-- name: PassagesOf :many
select c.id, c.document_id, c.source_id, c.text, c.question, c.language, c.section, c.ord, c.headings, d.title,
  (case when s.private then '' else coalesce(nullif(d.url, ''), s.url) end)::text as url, (s.citations and not s.private)::boolean as citable
from chunks c
join documents d on d.id = c.document_id
join sources s on s.id = c.source_id
where c.id = any (sqlc.arg(ids)::uuid[]) and s.agent_id = sqlc.arg(agent_id)
  and s.status <> 'removing' and s.synced_at is not null;

-- name: CitedSources :many
-- Those of some sources that answers may still use, and whether they are cited.
select s.id, (s.citations and not s.private)::boolean as citable from sources s
where s.id = any (sqlc.arg(ids)::uuid[]) and s.status <> 'removing' and s.synced_at is not null;

-- name: Neighbours :many
-- The passages around others in the same section.
select c.id, c.document_id, c.section, c.ord, c.headings, c.text
from chunks c join (select unnest(sqlc.arg(documents)::uuid[]) as document_id, unnest(sqlc.arg(sections)::int[]) as section) w
  on c.document_id = w.document_id and c.section = w.section
where not c.retiring and c.question = ''
order by c.document_id, c.section, c.ord, c.id limit 400;

-- name: SearchText :many
with q as (
  select string_agg(p::text, ' | ')::tsquery as query
  from unnest(sqlc.arg(terms)::text[]) term, plainto_tsquery('simple', term) p
  where numnode(p) > 0
)
select c.id, ts_rank(w.words, q.query, 1)::float8 as score
from q, chunk_words w join chunks c on c.id = w.chunk_id join sources s on s.id = c.source_id
where w.words @@ q.query and s.agent_id = sqlc.arg(agent_id)
  and s.status <> 'removing' and s.synced_at is not null
order by score desc, c.id limit sqlc.arg(most)::int;
