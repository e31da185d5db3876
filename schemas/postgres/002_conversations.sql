create table contacts (
  id           uuid primary key,
  display_name text not null default '',
  created_at   timestamptz not null default now()
);

-- Ways to recognise a contact, each with what proves it.
create table contact_identities (
  id         uuid primary key,
  contact_id uuid not null references contacts,
  kind       text not null constraint identity_kind check (kind in ('email', 'visitor')),
  value      text not null constraint identity_value check (value <> ''),
  proof      text not null constraint identity_proof check (proof in ('claimed', 'channel')),
  created_at timestamptz not null default now(),
  unique (contact_id, kind, value)
);

create table chat_sessions (
  id         uuid primary key,
  channel_id uuid not null references channels,
  contact_id uuid not null references contacts,
  language   text not null default '',
  created_at timestamptz not null default now(),
  seen_at    timestamptz not null default now(),
  expires_at timestamptz not null
);

create table conversations (
  id             uuid primary key,
  agent_id       uuid not null references agents,
  channel_id     uuid not null references channels,
  contact_id     uuid not null references contacts,
  -- What decides to which open conversation a message belongs.
  conversation_key text not null constraint key_given check (conversation_key <> ''),
  -- Where replies go on the channel.
  recipient      text not null,
  language       text not null default '',
  preview        boolean not null default false,
  lifecycle      text not null default 'open'
    constraint conversation_lifecycle check (lifecycle in ('open', 'waiting_customer', 'waiting_human', 'closed')),
  owner          text not null default 'none'
    constraint conversation_owner check (owner in ('none', 'agent', 'queue', 'human')),
  assigned_to    uuid references users,
  epoch          bigint not null default 0,
  -- Rises with every reading handed to a workflow.
  version        bigint not null default 0,
  engagement     int not null default 1,
  -- The agent took this engagement.
  admitted       boolean not null default false,
  -- The customer had been told to wait before the agent took it.
  waited         boolean not null default false,
  turn           int not null default 0,
  step           int not null default 0,
  config_version int not null default 0,
  -- Transcript numbers are given when a message becomes visible.
  last_seq       bigint not null default 0,
  last_inbound   bigint not null default 0,
  last_inbound_at  timestamptz,
  -- When a person last wrote; cancels notices that come too late.
  last_human_at  timestamptz,
  deadline       timestamptz,
  deadline_kind  text not null default ''
    constraint conversation_deadline check (deadline_kind in ('', 'reminder', 'inactivity', 'hours', 'outcome')),
  -- The opening that it waits for; the deadline is that and a little later.
  opens_at       timestamptz,
  handoff_id     uuid,
  -- Why it is with people or waits; empty while the agent has it.
  reason         text not null default '',
  unanswered     boolean not null default false,
  not_found_streak int not null default 0,
  reminded       boolean not null default false,
  email_asked    boolean not null default false,
  replies        int not null default 0,
  by_human       boolean not null default false,
  rating         smallint check (rating between 1 and 5),
  closed_at      timestamptz,
  close_reason   text not null default '',
  outcome        text not null default ''
    constraint conversation_outcome check (outcome in ('', 'resolved_confirmed', 'resolved_assumed', 'handed_off', 'abandoned', 'unanswered', 'spam')),
  previous_id    uuid references conversations,
  created_at     timestamptz not null,
  updated_at     timestamptz not null,
  constraint closed_has_time check ((lifecycle = 'closed') = (closed_at is not null)),
  constraint closed_has_no_owner check (lifecycle <> 'closed' or owner = 'none'),
  constraint human_is_named check ((owner = 'human') = (assigned_to is not null))
);
create unique index one_open_conversation on conversations (conversation_key) where lifecycle <> 'closed';
create index conversations_by_key on conversations (conversation_key, created_at desc);
create index conversations_overdue on conversations (deadline) where deadline is not null;
create index conversations_opening on conversations (opens_at) where deadline_kind = 'hours';
create index conversations_recent on conversations (updated_at desc, id);
create index conversations_previous on conversations (previous_id) where previous_id is not null;
create index conversations_assigned on conversations (assigned_to) where assigned_to is not null;

create table ownership_log (
  conversation_id uuid not null references conversations,
  epoch    bigint not null,
  was      text not null,
  becomes  text not null,
  by_whom  text not null,
  reason   text not null default '',
  at       timestamptz not null,
  primary key (conversation_id, epoch)
);

create table messages (
  id              uuid primary key,
  conversation_id uuid not null references conversations,
  -- Place in the transcript; null while an outgoing message has not gone out.
  seq             bigint,
  direction       text not null constraint message_direction check (direction in ('in', 'out')),
  speaker         text not null constraint message_speaker check (speaker in ('customer', 'agent', 'human', 'system')),
  speaker_name    text not null default '',
  visibility      text not null default 'public' constraint message_visibility check (visibility in ('public', 'private')),
  text            text not null,
  citations       jsonb not null default '[]',
  ask_email       boolean not null default false,
  -- Who made a reply: the engine's name; empty otherwise.
  engine          text not null default '',
  config_version  int not null default 0,
  class           text constraint message_class check (class in ('reply', 'notice', 'human')),
  -- conversation/turn/step of a reply, the event of a notice, the
  -- client's id of an inbound message. It makes each effect once.
  effect_key      text not null constraint effect_given check (effect_key <> ''),
  epoch           bigint not null default 0,
  engagement      int not null,
  -- The turn that took an inbound message; 0 when it was left to people.
  turn            int,
  created_at      timestamptz not null,
  unique (conversation_id, effect_key),
  constraint out_has_class check ((direction = 'out' and visibility = 'public') = (class is not null))
);
create unique index message_seq on messages (conversation_id, seq) where seq is not null;
create index untaken_messages on messages (conversation_id, seq) where direction = 'in' and turn is null;
create index turn_messages on messages (conversation_id, turn) where direction = 'in' and turn > 0;

create table outbound_parts (
  id              uuid primary key,
  message_id      uuid not null references messages,
  conversation_id uuid not null references conversations,
  -- Order of sending inside the conversation.
  ord             bigint generated always as identity,
  class           text not null constraint part_class check (class in ('reply', 'notice', 'human')),
  text            text not null,
  state           text not null default 'queued'
    constraint part_state check (state in ('queued', 'sending', 'unknown', 'sent', 'delivered', 'read', 'failed', 'cancelled')),
  epoch           bigint not null,
  tries           int not null default 0,
  attempt_id      uuid,
  attempt_at      timestamptz,
  next_attempt_at timestamptz not null,
  provider_id     text,
  code            text not null default '',
  created_at      timestamptz not null,
  sent_at         timestamptz,
  constraint sending_has_attempt check (state <> 'sending' or attempt_id is not null)
);
create index parts_unsent on outbound_parts (conversation_id, ord) where state in ('queued', 'sending');
create index parts_sending on outbound_parts (attempt_at) where state = 'sending';
create index parts_of_message on outbound_parts (message_id);
-- At most one network step of a conversation at a time.
create unique index one_sending on outbound_parts (conversation_id) where state = 'sending';

create table inbox_events (
  id               bigint generated always as identity primary key,
  conversation_id  uuid not null references conversations,
  conversation_key text not null,
  dedupe_key       text not null constraint dedupe_given check (dedupe_key <> ''),
  kind             text not null constraint inbox_kind check (kind in ('message', 'control')),
  message_id       uuid references messages,
  control          text constraint inbox_control check (control in
    ('take_over', 'give_back', 'close', 'end', 'handoff', 'human_message', 'agent_state', 'settings', 'email', 'wake')),
  quiet_millis     int not null default 0,
  cap_millis       int not null default 0,
  state            text not null default 'pending' constraint inbox_state check (state in ('pending', 'leased', 'relayed', 'dead')),
  attempts         int not null default 0,
  next_attempt_at  timestamptz not null default now(),
  lease_by         text,
  lease_until      timestamptz,
  reason           text not null default '',
  -- When the conversation took a control row into account.
  applied_at       timestamptz,
  received_at      timestamptz not null,
  unique (dedupe_key),
  constraint message_or_control check ((kind = 'message') = (message_id is not null) and (kind = 'control') = (control is not null))
);
create index inbox_due on inbox_events (id) where state in ('pending', 'leased');
create index inbox_head on inbox_events (conversation_key, id) where state in ('pending', 'leased');
create index controls_unapplied on inbox_events (conversation_id, id) where kind = 'control' and applied_at is null;

create table turns (
  conversation_id uuid not null references conversations,
  turn            int not null,
  -- The seq of its first message, or the id of its control row.
  opened_by       text not null,
  state           text not null default 'open'
    constraint turn_state check (state in ('open', 'composed', 'handed_off', 'dropped')),
  engagement      int not null,
  config_version  int not null,
  kind            text not null default '',
  engine          text not null default '',
  not_found       boolean not null default false,
  degraded        boolean not null default false,
  late            boolean not null default false,
  deadline        timestamptz not null,
  created_at      timestamptz not null,
  ended_at        timestamptz,
  primary key (conversation_id, turn),
  unique (conversation_id, opened_by)
);
create unique index one_open_turn on turns (conversation_id) where state = 'open';

create table turn_steps (
  conversation_id uuid not null,
  turn            int not null,
  step            int not null,
  kind            text not null constraint step_kind check (kind in ('retrieve', 'generate')),
  result          jsonb not null,
  created_at      timestamptz not null,
  -- A late result of an interrupted step never replaces one of another kind.
  primary key (conversation_id, turn, step, kind),
  foreign key (conversation_id, turn) references turns
);

create table usage_attempts (
  id              bigint generated always as identity primary key,
  conversation_id uuid not null references conversations,
  turn            int not null,
  step            int not null,
  engine          text not null,
  input_tokens    int not null,
  cached_tokens   int not null,
  output_tokens   int not null,
  failed          text not null default '',
  created_at      timestamptz not null
);

create table handoffs (
  id              uuid primary key,
  conversation_id uuid not null references conversations,
  epoch           bigint not null,
  engagement      int not null,
  state           text not null default 'waiting'
    constraint handoff_state check (state in ('waiting', 'offered', 'accepted', 'returned', 'closed')),
  reason          text not null,
  summary         text not null default '',
  tier            text not null default 'team' constraint handoff_tier check (tier in ('team', 'fallback', 'shared')),
  offer           int not null default 0,
  offered_to      uuid references users,
  accepted_by     uuid references users,
  deadline        timestamptz,
  fallback_told   boolean not null default false,
  escalations     int not null default 0,
  escalated_at    timestamptz,
  -- When its workflow was started; null until then.
  started_at      timestamptz,
  created_at      timestamptz not null,
  accepted_at     timestamptz,
  ended_at        timestamptz,
  constraint offered_is_named check (state <> 'offered' or (offered_to is not null and deadline is not null)),
  constraint accepted_is_named check (state <> 'accepted' or accepted_by is not null)
);
create unique index one_live_handoff on handoffs (conversation_id) where state in ('waiting', 'offered', 'accepted');
create index handoffs_live on handoffs (created_at) where state in ('waiting', 'offered', 'accepted');
alter table conversations add constraint conversation_handoff foreign key (handoff_id) references handoffs;

create table handoff_offers (
  handoff_id uuid not null references handoffs,
  offer      int not null,
  tier       text not null,
  user_id    uuid not null references users,
  result     text not null default '' constraint offer_result check (result in ('', 'accepted', 'declined', 'timed_out', 'withdrawn')),
  offered_at timestamptz not null,
  ended_at   timestamptz,
  primary key (handoff_id, offer)
);

---- create above / drop below ----

alter table conversations drop constraint conversation_handoff;
drop table handoff_offers, handoffs, usage_attempts, turn_steps, turns, inbox_events, outbound_parts,
  messages, ownership_log, conversations, chat_sessions, contact_identities, contacts;
