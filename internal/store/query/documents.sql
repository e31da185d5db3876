-- name: LockText :exec
-- Two pages with the same text are stored one after the other.
select pg_advisory_xact_lock(hashtextextended(sqlc.arg(text)::text, 0));

-- name: SameText :one
-- Another document of the run with the same text. The order must not make the
-- planner walk through all documents in it.
select d.key, d.url from (
  select o.id, o.key, o.url from documents o
  where o.source_id = sqlc.arg(source_id) and o.hash = sqlc.arg(hash) and o.id <> sqlc.arg(id)
    and o.seen_sync = sqlc.arg(sync_id)::uuid
  offset 0
) d
order by d.id limit 1;

-- name: NearText :one
-- Another document of the run whose text is nearly the same. Each band is looked
-- up by itself: before the first statistics of a new table the planner would
-- read all prints of the source for "band = any".
select d.key, d.url from unnest(sqlc.arg(bands)::int[]) as b(band)
cross join lateral (
  select p.document_id from document_prints p
  where p.source_id = sqlc.arg(source_id) and p.band = b.band and p.document_id <> sqlc.arg(id)
    and bit_count((p.print # sqlc.arg(print)::bigint)::bit(64)) <= 3
  offset 0
) near join documents d on d.id = near.document_id
where d.seen_sync = sqlc.arg(sync_id)::uuid
order by d.id limit 1;

-- name: DocumentNow :one
select hash, version, title, text, seen_sync from documents where id = $1 for no key update;

-- name: InsertDocument :exec
insert into documents (id, source_id, key, title, url, language, text, hash, print, answers, seen_sync, fetched_at)
values (sqlc.arg(id), sqlc.arg(source_id), sqlc.arg(key), sqlc.arg(title), sqlc.arg(url), sqlc.arg(language), sqlc.arg(text),
  sqlc.arg(hash), sqlc.arg(print), sqlc.arg(answers), sqlc.arg(sync_id)::uuid, clock());

-- name: UpdateDocument :exec
update documents set title = sqlc.arg(title), url = sqlc.arg(url), language = sqlc.arg(language), text = sqlc.arg(text),
  hash = sqlc.arg(hash), print = sqlc.arg(print), answers = sqlc.arg(answers), version = version + 1,
  seen_sync = sqlc.arg(sync_id)::uuid, held = false, fetched_at = clock()
where id = sqlc.arg(id);

-- name: SeeDocument :one
-- Notes that a document is still there; told says that the run knew already.
update documents d set seen_sync = sqlc.arg(sync_id)::uuid, held = false, fetched_at = clock()
from (select o.id, o.seen_sync from documents o where o.id = sqlc.arg(id) for no key update) old
where d.id = old.id
returning (old.seen_sync is not distinct from sqlc.arg(sync_id)::uuid)::boolean as told;

-- name: KeepStale :one
-- The document of a page that cannot be read now is kept as it is; told says
-- that the run knew already.
update documents d set seen_sync = sqlc.arg(sync_id)::uuid, held = false
from (
  select o.id, o.seen_sync from pages p join documents o on o.id = p.document_id
  where p.source_id = sqlc.arg(source_id) and p.key = sqlc.arg(key) for no key update of o
) old
where d.id = old.id
returning (old.seen_sync is not distinct from sqlc.arg(sync_id)::uuid)::boolean as told;

-- name: KeepVersion :exec
insert into document_versions (document_id, version, title, text, answers, created_at)
select d.id, d.version, d.title, d.text, d.answers, d.fetched_at from documents d where d.id = sqlc.arg(id)
on conflict do nothing;

-- name: DropOldVersions :exec
delete from document_versions v where v.document_id = sqlc.arg(id)
  and v.version not in (select k.version from document_versions k where k.document_id = sqlc.arg(id) order by k.version desc limit 3);

-- name: DropPrints :exec
delete from document_prints where document_id = $1;

-- name: PutPrints :exec
insert into document_prints (source_id, band, document_id, print)
select sqlc.arg(source_id), unnest(sqlc.arg(bands)::int[]), sqlc.arg(document_id), sqlc.arg(print)
on conflict do nothing;

-- name: Unsplit :many
-- Documents whose chunks are not of their current text.
select d.id, d.key, d.title, d.url, d.language, d.text, d.answers, d.version, s.boilerplate, s.language as source_language
from documents d join sources s on s.id = d.source_id
where d.source_id = sqlc.arg(source_id) and d.split_version <> d.version
order by d.id limit sqlc.arg(most)::int;

-- name: SplitDone :execrows
update documents set split_version = sqlc.arg(version) where id = sqlc.arg(id) and version = sqlc.arg(version);

-- name: SplitAgain :exec
update documents set split_version = 0 where source_id = $1;

-- name: PutChunks :one
-- A chunk with the same content keeps what the index knows of it. A chunk of
-- another source is never touched.
with put as (
  insert into chunks (id, document_id, source_id, ord, section, headings, text, question, language, terms, grams, hash, added_at)
  select unnest(sqlc.arg(ids)::uuid[]), sqlc.arg(document_id), sqlc.arg(source_id), unnest(sqlc.arg(ords)::int[]),
    unnest(sqlc.arg(sections)::int[]), unnest(sqlc.arg(headings)::text[]), unnest(sqlc.arg(texts)::text[]),
    unnest(sqlc.arg(questions)::text[]), unnest(sqlc.arg(languages)::text[]), unnest(sqlc.arg(terms)::text[]),
    unnest(sqlc.arg(grams)::text[]), unnest(sqlc.arg(hashes)::text[]), clock()
  on conflict (id) do update set document_id = excluded.document_id, ord = excluded.ord, section = excluded.section,
    headings = excluded.headings, text = excluded.text, question = excluded.question, language = excluded.language,
    terms = excluded.terms, grams = excluded.grams, hash = excluded.hash, retiring = false,
    indexed_at = case when chunks.hash = excluded.hash then chunks.indexed_at end,
    embedders = case when chunks.hash = excluded.hash then chunks.embedders else '{}' end
  where chunks.source_id = excluded.source_id
  returning id, terms
), spelled as (
  insert into chunk_words (chunk_id, words) select p.id, to_tsvector('simple', p.terms) from put p
  on conflict (chunk_id) do update set words = excluded.words where chunk_words.words <> excluded.words
)
select count(*)::int from put;

-- name: RetireChunks :exec
-- Passages that the document no longer has are served until those that replace
-- them are in the index.
update chunks set retiring = true
where document_id = sqlc.arg(document_id) and not (id = any (sqlc.arg(keep)::uuid[])) and not retiring;

-- name: DropRetired :exec
-- Takes retiring chunks whose document is in the index as it is now.
with gone as (
  delete from chunks c where c.source_id = sqlc.arg(source_id) and c.retiring
    and not exists (select 1 from chunks n where n.document_id = c.document_id and not n.retiring and n.indexed_at is null)
  returning c.id
)
insert into chunk_removals (chunk_id, agent_id, source_id, removed_at)
select g.id, s.agent_id, s.id, clock() from gone g, sources s where s.id = sqlc.arg(source_id)
on conflict (chunk_id) do update set removed_at = excluded.removed_at;

-- name: NoteUnlinked :exec
-- Counts the runs in which nothing named a page.
update pages p set unlinked = case when u.linked then 0 else p.unlinked + 1 end, counted_sync = sqlc.arg(sync_id)
from crawl_urls u
where u.run_id = sqlc.arg(sync_id) and p.source_id = sqlc.arg(source_id) and p.key = u.key and u.state = 2
  and p.counted_sync is distinct from sqlc.arg(sync_id);

-- name: DocumentsToDrop :many
-- Documents that the run has not seen, and those that nothing has named in two
-- runs. Of a page that was to be read, and was not, the run cannot tell.
select d.id from documents d
where d.source_id = sqlc.arg(source_id) and (
  d.seen_sync is distinct from sqlc.arg(sync_id)::uuid and not exists (
    select 1 from pages p join crawl_urls u on u.run_id = sqlc.arg(sync_id)::uuid and u.key = p.key
    where p.document_id = d.id and p.seen_sync is distinct from sqlc.arg(sync_id)::uuid)
  or exists (select 1 from pages p where p.document_id = d.id)
    and not exists (select 1 from pages p where p.document_id = d.id and p.unlinked < 2))
order by d.id;

-- name: HoldDocuments :exec
update documents set held = not held
where source_id = sqlc.arg(source_id) and held <> (id = any (sqlc.arg(ids)::uuid[]));

-- name: HeldDocuments :many
select id from documents where source_id = $1 and held order by id;

-- name: DropDocuments :many
-- Takes documents with their chunks and notes those for removal from the index.
with doomed as (
  insert into chunk_removals (chunk_id, agent_id, source_id, removed_at)
  select c.id, s.agent_id, s.id, clock() from chunks c join sources s on s.id = c.source_id
  where c.source_id = sqlc.arg(source_id) and c.document_id = any (sqlc.arg(ids)::uuid[])
  on conflict (chunk_id) do update set removed_at = excluded.removed_at
  returning chunk_id
)
delete from documents d where d.source_id = sqlc.arg(source_id) and d.id = any (sqlc.arg(ids)::uuid[]) returning d.id;

-- name: CountRemoved :exec
update sync_runs set removed = removed + sqlc.arg(removed)::int, held = sqlc.arg(held)::int where id = sqlc.arg(id);

-- name: Texts :many
-- The texts of a source, for what stands on many of its pages.
select id, text from documents where source_id = sqlc.arg(source_id) and id > sqlc.arg(after) order by id limit sqlc.arg(most)::int;

-- name: ChangedDocuments :one
select count(*)::int as total, (count(*) filter (where split_version <> version))::int as changed
from documents where source_id = $1;

-- name: SetBoilerplate :execrows
update sources set boilerplate = sqlc.arg(blocks)::bigint[] where id = sqlc.arg(id) and boilerplate <> sqlc.arg(blocks)::bigint[];

-- name: DocumentView :one
select d.id, d.source_id, s.agent_id, d.title, d.url, d.language, d.text, d.version
from documents d join sources s on s.id = d.source_id where d.id = $1;

-- name: DocumentVersions :many
select version, title, text, created_at from document_versions where document_id = $1 order by version desc;

-- name: DocumentChunks :many
select id, ord, headings, text, language, (indexed_at is not null)::boolean as indexed
from chunks where document_id = $1 and not retiring order by ord, id;

-- name: RestoreVersion :execrows
-- An old text becomes the newest version. It stays until the page changes.
update documents d set title = v.title, text = v.text, hash = '', print = 0, answers = v.answers, version = d.version + 1
from document_versions v
where d.id = sqlc.arg(id) and v.document_id = d.id and v.version = sqlc.arg(version);
