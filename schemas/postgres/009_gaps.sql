-- What the content does not answer, who asked it and who is told; how a reply
-- came about; trying a draft before it is published, alone and in suites.

-- The gate that decided about a call; empty when none held it back.
alter table action_runs add column gate text not null default '';

alter table turns
  -- The rules that its last decision broke.
  add column violations text[] not null default '{}',
  -- The draft that it pinned; 0 for a published version.
  add column draft bigint not null default 0;

-- Drafts that answered something, as they were then. They never change.
create table draft_snapshots (
  agent_id   uuid not null references agents,
  revision   bigint not null,
  settings   jsonb not null,
  created_at timestamptz not null,
  primary key (agent_id, revision)
);

alter table conversations
  -- The published version that a preview tries; 0 for the draft.
  add column preview_version int not null default 0,
  -- The draft that a preview tries, a snapshot; 0 for the draft as it stands.
  add column preview_draft bigint not null default 0,
  -- How well the customer of a preview counts as known.
  add column preview_identity text not null default '',
  -- The conversation that a preview plays again, with the results of its calls.
  add column preview_of uuid references conversations,
  add constraint only_previews_play_again check (preview or preview_of is null);
create index conversations_preview on conversations (created_at) where preview;
create index conversations_past on conversations (agent_id, created_at desc) where not preview;

-- Groups of similar questions without an answer.
create table gaps (
  id         uuid primary key,
  agent_id   uuid not null references agents,
  -- The question that opened it, with where it was asked, so that the customer's
  -- words can be erased.
  question   text not null,
  language   text not null default '',
  opened_by  uuid references conversations,
  reason     text not null constraint gap_reason check (reason in ('not_found', 'low_confidence', 'failed', 'negative')),
  state      text not null default 'open' constraint gap_state check (state in ('open', 'closed')),
  source_id  uuid references sources on delete set null,
  -- What those who asked are told; empty tells nobody.
  answer     text not null default '',
  -- Counts how often it was closed. Each closing has keys of its own.
  closings   int not null default 0,
  first_seen timestamptz not null,
  last_seen  timestamptz not null,
  closed_at  timestamptz,
  constraint closed_gap_has_time check ((state = 'closed') = (closed_at is not null))
);
create index gaps_recent on gaps (agent_id, state, last_seen desc, id);

-- One turn without a good answer. Its text is in the messages of the turn.
create table gap_asks (
  conversation_id uuid not null references conversations,
  turn            int not null,
  -- Null until it is grouped.
  gap_id          uuid references gaps,
  reason          text not null constraint ask_reason check (reason in ('not_found', 'low_confidence', 'failed', 'negative')),
  language        text not null default '',
  -- Whether the customer wants to hear of an answer: not asked, asked, yes, no.
  consent         text not null default '' constraint ask_consent check (consent in ('', 'asked', 'yes', 'no')),
  asked_at        timestamptz not null,
  told            text not null default '' constraint ask_told check (told in ('', 'notice', 'email', 'unreachable')),
  told_at         timestamptz,
  primary key (conversation_id, turn),
  foreign key (conversation_id, turn) references turns,
  constraint told_has_time check ((told = '') = (told_at is null))
);
create index gap_asks_ungrouped on gap_asks (asked_at) where gap_id is null;
create index gap_asks_of_gap on gap_asks (gap_id, asked_at);
create index gap_asks_to_tell on gap_asks (gap_id) where consent = 'yes' and told = '';
create index gap_asks_open on gap_asks (conversation_id) where consent = 'asked';

create table eval_suites (
  id         uuid primary key,
  agent_id   uuid not null references agents,
  name       text not null constraint suite_name check (name <> ''),
  created_at timestamptz not null,
  unique (agent_id, name)
);

create table eval_cases (
  suite_id   uuid not null references eval_suites on delete cascade,
  name       text not null,
  -- Their order in the suite.
  ord        int not null,
  definition jsonb not null,
  primary key (suite_id, name)
);

create table eval_runs (
  id         uuid primary key,
  -- Null for a run of past conversations, those that began in a time.
  suite_id   uuid references eval_suites on delete cascade,
  past_from  timestamptz,
  past_until timestamptz,
  agent_id   uuid not null references agents,
  -- What is measured: a published version, else a draft.
  version    int not null,
  draft      bigint not null,
  repeats    int not null constraint run_repeats check (repeats between 1 and 20),
  -- The cases as they were when it began; of past conversations the ids alone,
  -- so that what customers wrote is where it is erased.
  cases      jsonb not null,
  tries      int not null,
  engine     text not null default '',
  prompt     text not null default '',
  content    text not null default '',
  state      text not null default 'running' constraint eval_state check (state in ('running', 'done', 'cancelled')),
  created_at timestamptz not null,
  ended_at   timestamptz,
  constraint one_of_both check ((version > 0) <> (draft > 0)),
  constraint suite_or_past check ((suite_id is null) = (past_from is not null) and (past_from is null) = (past_until is null))
);
create index eval_runs_recent on eval_runs (suite_id, created_at desc);

create table eval_results (
  run_id          uuid not null references eval_runs on delete cascade,
  -- The case's place in the run, and which try of it.
  place           int not null,
  repeat          int not null,
  result          jsonb not null,
  passed          boolean not null,
  conversation_id uuid references conversations,
  at              timestamptz not null,
  primary key (run_id, place, repeat)
);

---- create above / drop below ----

drop table eval_results, eval_runs, eval_cases, eval_suites, gap_asks, gaps, draft_snapshots;
drop index conversations_past, conversations_preview;
alter table conversations drop column preview_of, drop column preview_identity, drop column preview_draft, drop column preview_version;
alter table turns drop column draft, drop column violations;
alter table action_runs drop column gate;
