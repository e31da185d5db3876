-- The embedded CRM, the record of every write to any CRM, which record belongs
-- to a contact, and the codes that verify an address.

-- Definitions that the company added or changed; the usual ones come with the
-- program.
create table crm_property_defs (
  object_type text not null constraint crm_def_type check (object_type in ('contact', 'company', 'deal', 'ticket')),
  name        text not null constraint crm_def_name check (name <> ''),
  definition  jsonb not null,
  created_at  timestamptz not null default now(),
  primary key (object_type, name)
);

create table crm_objects (
  id         uuid primary key,
  type       text not null constraint crm_object_type check (type in ('contact', 'company', 'deal', 'ticket')),
  -- Property to value, as text; one without a value is missing.
  props      jsonb not null,
  version    bigint not null default 1,
  archived   boolean not null default false,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index crm_objects_by_value on crm_objects using gin (props jsonb_path_ops);

-- Values that name one record, normalised.
create table crm_unique (
  type       text not null,
  prop       text not null,
  value_norm text not null,
  object_id  uuid not null references crm_objects on delete cascade,
  constraint crm_unique_value primary key (type, prop, value_norm)
);
create index crm_unique_of_object on crm_unique (object_id);

create table crm_associations (
  from_id    uuid not null references crm_objects on delete cascade,
  to_id      uuid not null references crm_objects on delete cascade,
  kind       text not null,
  created_at timestamptz not null,
  primary key (from_id, to_id, kind)
);
create index crm_associations_to on crm_associations (to_id);

-- One row for every write to a CRM, ours or another, with what was there before
-- and after. The key makes the write once.
create table crm_writes (
  key             text primary key constraint crm_write_key check (key <> ''),
  system          text not null,
  operation       text not null constraint crm_operation check (operation in ('create', 'upsert', 'update', 'note')),
  object_type     text not null,
  record_id       text not null default '',
  before          jsonb not null default '{}',
  after           jsonb not null default '{}',
  version         text not null default '',
  created         boolean not null default false,
  actor           text not null,
  conversation_id uuid references conversations,
  at              timestamptz not null
);
create index crm_writes_of_record on crm_writes (system, record_id, at);
create index crm_writes_of_conversation on crm_writes (conversation_id) where conversation_id is not null;

create table crm_notes (
  id         uuid primary key,
  object_id  uuid not null references crm_objects on delete cascade,
  text       text not null,
  write_key  text not null unique references crm_writes,
  created_at timestamptz not null
);
create index crm_notes_of_object on crm_notes (object_id, created_at);

-- A contact's record in a CRM. Several contacts may have one record: they are
-- the same person on different channels.
create table crm_links (
  contact_id  uuid not null references contacts on delete cascade,
  system      text not null,
  object_type text not null,
  record_id   text not null constraint crm_link_record check (record_id <> ''),
  created_at  timestamptz not null,
  primary key (contact_id, system)
);
create index crm_links_of_record on crm_links (system, object_type, record_id);

-- Codes that prove an address; only hashes are kept. A row is one code that was
-- sent; the newest one of a conversation is the one that counts.
create table identity_checks (
  id              uuid primary key,
  conversation_id uuid not null references conversations,
  key             text not null unique,
  email_hash      text not null constraint check_address check (email_hash <> ''),
  code_hmac       bytea not null,
  -- How often a code was made for it: more than once when the sending was tried
  -- again.
  sends           int not null default 1,
  tries           int not null default 0,
  -- The message that was tried last, and what came of it.
  last_try        text not null default '',
  last_verdict    text not null default '',
  created_at      timestamptz not null,
  expires_at      timestamptz not null,
  verified_at     timestamptz
);
create index identity_checks_of_conversation on identity_checks (conversation_id, created_at desc, id desc);
create index identity_checks_of_address on identity_checks (email_hash, created_at);

---- create above / drop below ----

drop table identity_checks, crm_links, crm_notes, crm_writes, crm_associations, crm_unique, crm_objects, crm_property_defs;
