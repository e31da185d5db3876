-- What actions call. The definition holds references to secrets; a secret kept
-- here is encrypted.
create table connections (
  id         uuid primary key,
  name       text not null unique constraint connection_name check (name ~ '^[a-z][a-z0-9_-]{0,47}$'),
  definition jsonb not null,
  secret     bytea,
  created_at timestamptz not null,
  updated_at timestamptz not null
);

-- Runs of actions. The key is that of the effect: conversation/turn/step of the
-- call; a confirmed or approved run keeps it. Settled: rule 4.
create table action_runs (
  conversation_id uuid not null references conversations,
  turn            int not null,
  step            int not null,
  -- The step of the decision that asked for it, the call's place in it and its id.
  decision_step   int not null,
  place           int not null,
  call_id         text not null,
  action          text not null,
  -- SHA-256 of the definition, and of it with the arguments.
  digest          text not null default '',
  args_hash       text not null default '',
  arguments       jsonb not null default '{}',
  effect          text not null default 'read' constraint run_effect check (effect in ('read', 'write', 'destructive')),
  identity        text not null default '',
  state           text not null default 'pending'
    constraint run_state check (state in ('pending', 'running', 'ok', 'failed', 'unknown', 'denied', 'waiting')),
  -- What an engine sees of it.
  status          text not null default '',
  error           text not null default '',
  detail          text not null default '',
  -- What the customer may see of it, and its links.
  shown           jsonb not null default '[]',
  http_status     int not null default 0,
  attempts        int not null default 0,
  took_millis     int not null default 0,
  confirmed_by    uuid references messages,
  approved_by     uuid references users,
  test            boolean not null default false,
  created_at      timestamptz not null,
  claimed_at      timestamptz,
  ended_at        timestamptz,
  primary key (conversation_id, turn, step),
  foreign key (conversation_id, turn) references turns
);
create index action_runs_recent on action_runs (conversation_id, action, created_at);

-- What a conversation waits for without holding a turn. Settled: rule 7.
create table pendings (
  id              uuid primary key,
  conversation_id uuid not null references conversations,
  kind            text not null constraint pending_kind check (kind in ('confirmation', 'identity', 'approval', 'callback', 'reply')),
  -- The run, or the reply, that waits.
  turn            int not null,
  step            int not null,
  args_hash       text not null default '',
  -- The message that asked the customer.
  message_id      uuid references messages,
  -- What a person is asked to approve.
  text            text not null default '',
  -- The whole reply that waits.
  reply           jsonb,
  team_id         uuid references teams,
  state           text not null default 'open'
    constraint pending_state check (state in ('open', 'yes', 'no', 'expired', 'replaced', 'void', 'used')),
  decided_by      uuid references users,
  note            text not null default '',
  -- Hash of the token by which a system reports.
  token_hash      bytea unique,
  deadline        timestamptz not null,
  escalate_at     timestamptz,
  escalated_at    timestamptz,
  created_at      timestamptz not null,
  decided_at      timestamptz,
  -- When a turn has dealt with what came of it.
  settled_at      timestamptz,
  constraint decided_has_time check (state in ('open') or decided_at is not null)
);
-- One question to the customer at a time.
create unique index one_question on pendings (conversation_id) where kind in ('confirmation', 'identity') and state = 'open';
create index pendings_live on pendings (conversation_id, created_at) where settled_at is null;
create index pendings_due on pendings (deadline) where settled_at is null;
create index pendings_for_people on pendings (created_at) where kind in ('approval', 'reply') and state = 'open';

alter table conversations
  -- The action whose inputs are being collected.
  add column frame jsonb,
  add column clarify_streak int not null default 0;

alter table turns
  -- The earlier run that this turn goes on with.
  add column resume_turn int,
  add column resume_step int,
  add column resume_pending uuid references pendings,
  add column resume_kind text not null default '',
  add column resume_answer text not null default '';

alter table turn_steps
  add column took_millis int not null default 0,
  -- What was searched for, or the hash of the prompt.
  add column query text not null default '';

create index usage_of_conversation on usage_attempts (conversation_id);

alter table inbox_events drop constraint inbox_control;
alter table inbox_events add constraint inbox_control check (control in
  ('take_over', 'give_back', 'close', 'end', 'handoff', 'human_message', 'agent_state', 'settings', 'email', 'wake',
   'confirmation', 'approval', 'callback', 'verified'));

---- create above / drop below ----

delete from inbox_events where control in ('confirmation', 'approval', 'callback', 'verified');
alter table inbox_events drop constraint inbox_control;
alter table inbox_events add constraint inbox_control check (control in
  ('take_over', 'give_back', 'close', 'end', 'handoff', 'human_message', 'agent_state', 'settings', 'email', 'wake'));
drop index usage_of_conversation;
alter table turn_steps drop column query, drop column took_millis;
alter table turns drop column resume_answer, drop column resume_kind, drop column resume_pending, drop column resume_step, drop column resume_turn;
alter table conversations drop column clarify_streak, drop column frame;
drop table pendings, action_runs, connections;
