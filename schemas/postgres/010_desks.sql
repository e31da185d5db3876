-- Where handoffs go: routing, timing, summaries and targets of a handoff, and
-- the destinations beside the inbox.

alter table users
  -- What they can do, in the admin's words.
  add column skills text[] not null default '{}',
  -- The user in whose name a destination acts; never offered anything.
  add column desk boolean not null default false;

alter table handoffs drop constraint handoff_tier;
alter table handoffs add constraint handoff_tier check (tier in ('people', 'team', 'fallback', 'shared'));
alter table handoffs
  -- Where it goes, as decided when it was made; null for one made by a takeover.
  add column plan jsonb,
  -- The agent still has the conversation.
  add column deferred boolean not null default false,
  add column priority text not null default 'normal' constraint handoff_priority check (priority in ('low', 'normal', 'high', 'urgent')),
  -- The structured summary and who wrote it.
  add column brief jsonb,
  add column brief_by text not null default '' constraint handoff_brief_by check (brief_by in ('', 'template', 'model')),
  add column brief_asked_at timestamptz,
  -- The customer message that a draft was made for, and the one it is made for.
  add column drafted_seq bigint not null default 0,
  -- The wait about which people were warned, and about which the target was missed.
  add column warned_for timestamptz,
  add column breached_for timestamptz,
  add column breaches int not null default 0;

alter table conversations
  -- Turns in a row that resolved nothing, and turns in a row in which the
  -- customer was upset.
  add column unresolved_streak int not null default 0,
  add column negative_streak int not null default 0,
  -- The turn whose reply offered a person; 0 for none in this engagement.
  add column offered_turn int not null default 0;

create table desks (
  id         uuid primary key,
  name       text not null unique constraint desk_name check (name <> ''),
  definition jsonb not null,
  user_id    uuid not null references users,
  created_at timestamptz not null,
  updated_at timestamptz not null
);

-- One handoff in one destination.
create table handoff_desks (
  handoff_id   uuid not null references handoffs,
  desk_id      uuid not null references desks on delete cascade,
  state        text not null default 'opening' constraint handoff_desk_state check (state in ('opening', 'open', 'failed')),
  external_ref text not null default '',
  url          text not null default '',
  -- The transcript as it was; what came later follows as messages.
  seen_seq     bigint not null,
  created_at   timestamptz not null,
  opened_at    timestamptz,
  primary key (handoff_id, desk_id)
);
create unique index handoff_desk_ref on handoff_desks (desk_id, external_ref) where external_ref <> '';

-- What a destination is told, in order; written in the transaction of the event.
create table desk_outbox (
  id              bigint generated always as identity primary key,
  handoff_id      uuid not null,
  desk_id         uuid not null,
  kind            text not null constraint desk_step check (kind in ('open', 'message', 'update')),
  -- The key makes the step once.
  key             text not null constraint desk_key_given check (key <> ''),
  message_id      uuid references messages,
  -- The state that an update tells, and the name of who made it.
  update_state    text not null default '',
  update_by       text not null default '',
  state           text not null default 'queued'
    constraint desk_step_state check (state in ('queued', 'sending', 'sent', 'unknown', 'failed', 'dropped')),
  tries           int not null default 0,
  attempt_id      uuid,
  attempt_at      timestamptz,
  next_attempt_at timestamptz not null,
  code            text not null default '',
  created_at      timestamptz not null,
  settled_at      timestamptz,
  unique (handoff_id, desk_id, key),
  foreign key (handoff_id, desk_id) references handoff_desks on delete cascade,
  constraint desk_message check ((kind = 'message') = (message_id is not null)),
  constraint desk_sending check (state <> 'sending' or attempt_id is not null)
);
create index desk_unsent on desk_outbox (handoff_id, id) where state in ('queued', 'sending');
create index desk_due on desk_outbox (next_attempt_at) where state in ('queued', 'sending');

-- What came back, once per destination and event.
create table desk_events (
  desk_id     uuid not null references desks on delete cascade,
  event_id    text not null constraint desk_event_given check (event_id <> ''),
  kind        text not null,
  handoff_id  uuid references handoffs,
  result      text not null constraint desk_event_result check (result in ('done', 'noted', 'ignored')),
  received_at timestamptz not null,
  primary key (desk_id, event_id)
);

---- create above / drop below ----

drop table desk_events, desk_outbox, handoff_desks, desks;
alter table conversations drop column offered_turn, drop column negative_streak, drop column unresolved_streak;
alter table handoffs drop column breaches, drop column breached_for, drop column warned_for, drop column drafted_seq,
  drop column brief_asked_at, drop column brief_by, drop column brief, drop column priority, drop column deferred, drop column plan;
alter table handoffs drop constraint handoff_tier;
update handoffs set tier = 'team' where tier = 'people';
alter table handoffs add constraint handoff_tier check (tier in ('team', 'fallback', 'shared'));
alter table users drop column desk, drop column skills;
