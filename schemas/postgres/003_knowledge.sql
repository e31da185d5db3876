create table sources (
  id         uuid primary key,
  agent_id   uuid not null references agents,
  type       text not null constraint source_type check (type in ('file', 'url', 'short_answer')),
  name       text not null,
  url        text not null default '',
  file_name  text not null default '',
  content    bytea,
  question   text not null default '',
  answer     text not null default '',
  citations  boolean not null default true,
  private    boolean not null default false,
  status     text not null default 'queued'
    constraint source_status check (status in ('queued', 'syncing', 'ready', 'failed', 'removing')),
  reason     text not null default '',
  -- The sync that may write; a later one ends at once.
  active_sync uuid,
  synced_at  timestamptz,
  created_at timestamptz not null default now(),
  -- Private content is never cited. Spec: S24.
  constraint private_is_never_cited check (not (private and citations))
);

create table documents (
  id         uuid primary key,
  source_id  uuid not null references sources on delete cascade,
  key        text not null,
  title      text not null,
  url        text not null default '',
  language   text not null default '',
  text       text not null,
  fetched_at timestamptz not null,
  unique (source_id, key)
);

create table chunks (
  id          uuid primary key,
  document_id uuid not null references documents on delete cascade,
  source_id   uuid not null references sources on delete cascade,
  ord         int not null,
  headings    text not null default '',
  text        text not null,
  question    text not null default '',
  language    text not null default '',
  terms       text not null,
  grams       text not null,
  hash        text not null,
  indexed_at  timestamptz,
  search      tsvector generated always as (to_tsvector('simple', terms)) stored
);
create index chunks_search on chunks using gin (search);
create index chunks_of_source on chunks (source_id);

-- Chunks that are gone from Postgres and have to leave the index too.
create table chunk_removals (
  chunk_id   uuid primary key,
  agent_id   uuid not null,
  source_id  uuid not null,
  removed_at timestamptz not null default now()
);

---- create above / drop below ----

drop table chunk_removals, chunks, documents, sources;
