-- Runs of qualifying goals. The outcome of a run is applied once under its key.
create table goal_runs (
  key             text primary key,
  conversation_id uuid not null references conversations,
  contact_id      uuid not null references contacts,
  goal            text not null,
  -- The published version whose goal it is.
  version         int not null,
  run             jsonb not null,
  verdict         text not null default '',
  created_at      timestamptz not null,
  decided_at      timestamptz,
  applied_at      timestamptz
);
create index goal_runs_of on goal_runs (conversation_id, created_at);
create index goal_runs_decided on goal_runs (contact_id, goal, decided_at desc) where decided_at is not null;
create index goal_runs_due on goal_runs (conversation_id) where decided_at is not null and applied_at is null;

-- What the outcome of a run writes to the CRM: the row is there before any call,
-- in the transaction that applies the outcome. Each write has a key below the
-- run's, so that a try that is made again writes nothing twice.
create table goal_writes (
  run_key    text primary key references goal_runs,
  state      text not null constraint goal_write_state check (state in ('due', 'sending', 'unknown', 'done', 'failed')),
  -- How the customer was known when the outcome was applied, which counts
  -- however late it is written.
  email      text not null default '',
  level      text not null,
  attempts   int not null default 0,
  -- The next try, while it is not over.
  next_at    timestamptz not null,
  error      text not null default '',
  created_at timestamptz not null,
  settled_at timestamptz
);
create index goal_writes_due on goal_writes (next_at) where state in ('due', 'sending', 'unknown');

---- create above / drop below ----

drop table goal_writes, goal_runs;
