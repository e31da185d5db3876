-- The clock every decision in SQL goes by. It is the database's own clock;
-- only tests and development move it.
create table test_clock (
  one      boolean primary key default true check (one),
  fixed_at timestamptz,
  shift    interval not null default '0'
);
insert into test_clock default values;

create function clock() returns timestamptz language sql stable as
  $$ select coalesce(fixed_at, statement_timestamp() + shift) from test_clock $$;

-- Secrets the deployment makes for itself at first start.
create table deployment_secrets (
  name  text primary key,
  value bytea not null,
  created_at timestamptz not null default now()
);

create table agents (
  id           uuid primary key,
  name         text not null,
  switched_on  boolean not null default true,
  reason       text not null default '',
  -- Rises with every change of switch or pause.
  state_number bigint not null default 0,
  -- The number up to which conversations have been woken.
  fanned_out   bigint not null default 0,
  created_at   timestamptz not null default now()
);

create table agent_versions (
  id           uuid primary key,
  agent_id     uuid not null references agents,
  -- Null for the draft.
  number       int,
  status       text not null constraint version_status check (status in ('draft', 'published')),
  settings     jsonb not null,
  -- Rises with every edit of the draft.
  revision     bigint not null default 1,
  note         text not null default '',
  created_at   timestamptz not null default now(),
  published_at timestamptz,
  constraint published_has_number check ((status = 'published') = (number is not null)),
  constraint published_has_time check ((status = 'published') = (published_at is not null))
);
create unique index one_draft on agent_versions (agent_id) where status = 'draft';
create unique index version_number on agent_versions (agent_id, number) where status = 'published';

create function refuse_published_change() returns trigger language plpgsql as $$
begin
  if old.status = 'published' then
    raise exception 'a published version never changes';
  end if;
  return new;
end $$;
create trigger published_is_immutable before update or delete on agent_versions
  for each row when (old.status = 'published') execute function refuse_published_change();

create table pauses (
  id         uuid primary key,
  agent_id   uuid not null references agents,
  scope      text not null constraint pause_scope check (scope in ('agent', 'channel', 'conversation')),
  -- A kind of channel or a conversation id; empty for the whole agent.
  target     text not null default '',
  reason     text not null default '',
  number     bigint not null,
  created_at timestamptz not null,
  until      timestamptz,
  ended_at   timestamptz
);
create unique index one_pause_per_target on pauses (agent_id, scope, target) where ended_at is null;

create table channels (
  id         uuid primary key,
  agent_id   uuid not null references agents,
  kind       text not null constraint channel_kind check (kind in ('live_chat')),
  name       text not null,
  -- Random public key by which a page names the channel.
  public_key text not null unique,
  deployed   boolean not null default true,
  created_at timestamptz not null default now()
);

create table users (
  id           uuid primary key,
  name         text not null unique,
  email        text not null default '',
  presence     text not null default 'online' constraint user_presence check (presence in ('online', 'away', 'offline')),
  capacity     int not null default 5 check (capacity between 1 and 1000),
  hours        jsonb not null default '{"mode": "all"}',
  last_offered timestamptz,
  created_at   timestamptz not null default now()
);

create table teams (
  id         uuid primary key,
  name       text not null unique,
  created_at timestamptz not null default now()
);

create table team_members (
  team_id uuid not null references teams on delete cascade,
  user_id uuid not null references users on delete cascade,
  primary key (team_id, user_id)
);

-- Tokens of people and programs that call the API; only hashes are kept.
create table api_tokens (
  id         uuid primary key,
  name       text not null,
  hash       bytea not null unique,
  created_at timestamptz not null default now(),
  revoked_at timestamptz
);

---- create above / drop below ----

drop table api_tokens, team_members, teams, users, channels, pauses, agent_versions, agents, deployment_secrets;
drop function refuse_published_change();
drop function clock();
drop table test_clock;
