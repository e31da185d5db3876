-- Content from files, domains and articles: what is read, what was read of it,
-- and what the index has.

create table files (
  id         uuid primary key,
  agent_id   uuid not null references agents,
  name       text not null,
  bytes      int not null,
  sha256     bytea not null,
  content    bytea not null,
  created_at timestamptz not null default now()
);
create index files_of_agent on files (agent_id, created_at);

insert into files (id, agent_id, name, bytes, sha256, content, created_at)
select id, agent_id, file_name, length(content), sha256(content), content, created_at
from sources where type = 'file' and content is not null;

create table connectors (
  id         uuid primary key,
  agent_id   uuid not null references agents,
  kind       text not null constraint connector_kind check (kind in ('feed', 'hubspot')),
  name       text not null,
  url        text not null default '',
  -- The name of the environment variable with the token, never the token.
  token_env  text not null default '',
  add_new    boolean not null default false,
  reason     text not null default '',
  pulled_at  timestamptz,
  created_at timestamptz not null default now()
);

create table articles (
  id           uuid primary key,
  agent_id     uuid not null references agents,
  connector_id uuid references connectors on delete cascade,
  external_id  text not null default '',
  type         text not null
    constraint article_type check (type in ('article', 'website_page', 'landing_page', 'blog_post')),
  title        text not null,
  body         text not null,
  format       text not null constraint article_format check (format in ('markdown', 'html')),
  url          text not null default '',
  language     text not null default '',
  revision     int not null default 1,
  -- When a pull saw it last.
  pulled_at    timestamptz,
  created_at   timestamptz not null default now(),
  updated_at   timestamptz not null default now(),
  deleted_at   timestamptz
);
create unique index articles_of_connector on articles (connector_id, external_id) where connector_id is not null;
create unique index articles_by_external on articles (agent_id, external_id)
  where connector_id is null and external_id <> '' and deleted_at is null;

alter table sources
  drop constraint source_type,
  drop constraint source_status,
  drop column content,
  add constraint source_type check (type in ('file', 'url', 'crawl', 'kb_article', 'short_answer')),
  add constraint source_status check (status in
    ('queued', 'syncing', 'ready', 'ready_with_warnings', 'needs_review', 'failed', 'removing')),
  add column file_id uuid references files,
  add column article_id uuid references articles,
  add column language text not null default '',
  add column schedule text not null default 'weekly'
    constraint source_schedule check (schedule in ('weekly', 'daily', 'never', 'on_change')),
  add column include text[] not null default '{}',
  add column exclude text[] not null default '{}',
  add column max_pages int not null default 0,
  add column render text not null default 'auto' constraint source_render check (render in ('auto', 'never', 'always')),
  add column ignore_robots boolean not null default false,
  -- Blocks of text that stand on so many pages that they are no content.
  add column boilerplate bigint[] not null default '{}',
  add column last_sync uuid,
  -- Since when it waits to be read because what it holds has changed.
  add column wanted_at timestamptz,
  -- The schedule that Temporal has for it.
  add column schedule_applied text not null default '',
  add column updated_at timestamptz not null default now();

update sources set file_id = id where type = 'file' and id in (select id from files);

create unique index source_of_article on sources (article_id) where article_id is not null and status <> 'removing';

create table sync_runs (
  id           uuid primary key,
  source_id    uuid not null references sources on delete cascade,
  agent_id     uuid not null references agents,
  trigger      text not null constraint sync_trigger check (trigger in ('manual', 'schedule', 'change', 'retry', 'removal')),
  state        text not null constraint sync_state check (state in
    ('queued', 'discovering', 'crawling', 'paused', 'reading', 'indexing', 'settling',
     'done', 'done_with_errors', 'needs_review', 'failed', 'cancelled')),
  reason       text not null default '',
  -- Where the watchdog looks.
  workflow_id  text not null,
  run_id       text not null,
  started_at   timestamptz not null,
  finished_at  timestamptz,
  scope        text not null default '',
  probe_status int not null default 0,
  probe_print  bigint not null default 0,
  probe_url    text not null default '',
  -- Requests made, documents kept, pages that needed a browser.
  requests     int not null default 0,
  kept         int not null default 0,
  rendered     int not null default 0,
  frontier     int not null default 0,
  removed      int not null default 0,
  held         int not null default 0,
  embedded     int not null default 0,
  indexed      int not null default 0,
  -- The pages by what became of them, from the end of the run on: later runs
  -- write over the pages.
  counts       jsonb not null default '{}'
);
create index sync_runs_of_source on sync_runs (source_id, started_at desc);
create index sync_runs_open on sync_runs (started_at) where finished_at is null;

alter table documents
  add column hash text not null default '',
  add column print bigint not null default 0,
  add column answers jsonb not null default '[]',
  add column version int not null default 1,
  -- The version that the chunks are of.
  add column split_version int not null default 0,
  add column seen_sync uuid,
  add column held boolean not null default false;
create index documents_by_hash on documents (source_id, hash);
create index documents_by_language on documents (source_id, language);
-- The content of before this version was split as it was read.
update documents set split_version = version;

-- The last texts of a document, the one before the current first.
create table document_versions (
  document_id uuid not null references documents on delete cascade,
  version     int not null,
  title       text not null,
  text        text not null,
  answers     jsonb not null,
  created_at  timestamptz not null,
  primary key (document_id, version)
);

-- Near duplicates: two prints that differ in at most three of 64 bits share one
-- of four bands of 16.
create table document_prints (
  source_id   uuid not null,
  band        int not null,
  document_id uuid not null references documents on delete cascade,
  print       bigint not null,
  primary key (source_id, band, document_id)
);
create index prints_of_document on document_prints (document_id);

alter table chunks
  add column section int not null default 0,
  -- Still served until the passages that replace it are in the index.
  add column retiring boolean not null default false,
  add column added_at timestamptz not null default now(),
  -- The embedders whose vectors the index has for it.
  add column embedders uuid[] not null default '{}';
-- Their words for the database's own search, apart from what changes whenever
-- the index takes a passage: an update would write all words anew.
create table chunk_words (
  chunk_id uuid primary key references chunks on delete cascade,
  words    tsvector not null
);
insert into chunk_words (chunk_id, words) select id, search from chunks;
create index chunk_words_search on chunk_words using gin (words);
drop index chunks_search;
alter table chunks drop column search;

create index chunks_to_index on chunks (source_id, document_id, ord, id) where indexed_at is null and not retiring;
create index chunks_served on chunks (source_id) where not retiring;
create index chunks_of_document on chunks (document_id, section, ord);

-- What is known of each address of a source, over its runs.
create table pages (
  source_id     uuid not null references sources on delete cascade,
  key           text not null,
  url           text not null,
  outcome       text not null default 'queued',
  reason        text not null default '',
  status        int not null default 0,
  document_id   uuid references documents on delete set null,
  duplicate_of  text not null default '',
  etag          text not null default '',
  last_modified text not null default '',
  bytes_hash    text not null default '',
  text_hash     text not null default '',
  link_keys     text[] not null default '{}',
  link_urls     text[] not null default '{}',
  depth         int not null default 0,
  misses        int not null default 0,
  -- Runs in which no page and no sitemap named it.
  unlinked      int not null default 0,
  counted_sync  uuid,
  rendered      boolean not null default false,
  seen_sync     uuid,
  read_at       timestamptz,
  stale_since   timestamptz,
  primary key (source_id, key)
);

create index pages_of_document on pages (document_id) where document_id is not null;

-- The frontier of a run.
create table crawl_urls (
  run_id      uuid not null references sync_runs on delete cascade,
  key         text not null,
  url         text not null,
  class       smallint not null,
  depth       int not null,
  -- 0 waits, 1 is with a batch, 2 is done.
  state       smallint not null default 0,
  due_at      timestamptz,
  lease_until timestamptz,
  tries       int not null default 0,
  -- A page, a sitemap or the admin names it.
  linked      boolean not null default false,
  outcome     text not null default 'queued',
  reason      text not null default '',
  primary key (run_id, key)
);
create index crawl_urls_waiting on crawl_urls (run_id, class, depth, key) where state = 0;
create index crawl_urls_leased on crawl_urls (run_id, lease_until) where state = 1;

-- Politeness belongs to the host, whoever reads it.
create table crawl_hosts (
  host           text primary key,
  next_at        timestamptz not null default '-infinity',
  delay_ms       int not null default 0,
  crawl_delay_ms int not null default 0,
  robots         text not null default '',
  robots_status  int not null default 0,
  robots_at      timestamptz,
  busy_until     timestamptz
);

create table embedders (
  id         uuid primary key,
  agent_id   uuid not null references agents,
  kind       text not null constraint embedder_kind check (kind in ('lsa', 'openai')),
  model      text not null,
  dims       int not null,
  vector     text not null,
  state      text not null constraint embedder_state check (state in ('filling', 'live', 'retired')),
  chunks     int not null default 0,
  blob       bytea,
  created_at timestamptz not null,
  live_at    timestamptz
);
create unique index one_live_embedder on embedders (agent_id) where state = 'live';
create unique index one_filling_embedder on embedders (agent_id) where state = 'filling';

create table embedding_cache (
  key     text primary key,
  vector  bytea not null,
  used_on date not null default current_date
);

-- Texts and tokens sent to a paid endpoint, by day.
create table embedding_usage (
  day    date not null,
  model  text not null,
  texts  bigint not null default 0,
  tokens bigint not null default 0,
  primary key (day, model)
);

-- How many passages of an agent hold a term, as of the last count.
create table content_terms (
  agent_id uuid not null references agents,
  term     text not null,
  chunks   int not null,
  primary key (agent_id, term)
);

create table content_stats (
  agent_id   uuid primary key references agents,
  chunks     int not null,
  -- The coverage below which a passage is no answer; 0: not calibrated.
  threshold  double precision not null default 0,
  counted_at timestamptz not null
);

---- create above / drop below ----

drop table content_stats, content_terms, embedding_usage, embedding_cache, embedders, crawl_hosts, crawl_urls, pages;
drop index chunks_of_document, chunks_served, chunks_to_index;
drop table chunk_words;
alter table chunks add column search tsvector generated always as (to_tsvector('simple', terms)) stored;
create index chunks_search on chunks using gin (search);
alter table chunks drop column embedders, drop column added_at, drop column retiring, drop column section;
drop table document_prints, document_versions;
drop index documents_by_hash, documents_by_language;
alter table documents drop column held, drop column seen_sync, drop column split_version, drop column version,
  drop column answers, drop column print, drop column hash;
drop table sync_runs;
delete from sources where type in ('crawl', 'kb_article');
update sources set status = 'ready' where status in ('ready_with_warnings', 'needs_review');
drop index source_of_article;
alter table sources add column content bytea;
update sources s set content = f.content from files f where f.id = s.file_id;
alter table sources
  drop constraint source_type, drop constraint source_status,
  drop column updated_at, drop column schedule_applied, drop column wanted_at, drop column last_sync, drop column boilerplate, drop column ignore_robots, drop column render,
  drop column max_pages, drop column exclude, drop column include, drop column schedule, drop column language,
  drop column article_id, drop column file_id,
  add constraint source_type check (type in ('file', 'url', 'short_answer')),
  add constraint source_status check (status in ('queued', 'syncing', 'ready', 'failed', 'removing'));
drop table articles, connectors, files;
