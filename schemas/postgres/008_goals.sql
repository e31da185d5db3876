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

---- create above / drop below ----

drop table goal_runs;
