-- Who writes in a conversation: what their messages said about it, what the CRM
-- says of them, and which codes have gone out.

-- One short-lived copy per conversation, which each turn replaces.
create table customer_snapshots (
  conversation_id uuid primary key references conversations on delete cascade,
  system          text not null,
  -- Keyed hash of the address that was looked up; empty for none.
  address_hash    text not null default '',
  found           text not null constraint customer_match check (found in ('unknown', 'none', 'one', 'several')),
  record          jsonb not null default '{}',
  properties      jsonb not null default '[]',
  -- Tickets of the record that are not closed.
  open_tickets    int not null default 0,
  at              timestamptz not null
);

alter table messages
  -- What a message of the customer said about who they are. A code is never
  -- stored: only what came of it.
  add column identity_news text not null default ''
    constraint message_news check (identity_news in ('', 'accepted', 'wrong', 'locked', 'expired', 'none', 'address'));

alter table conversations
  -- The customer named another address then: engines see nothing from before.
  add column known_since timestamptz;

alter table identity_checks
  -- When the mail had gone out; a later try of the same step sends none.
  add column sent_at timestamptz;

---- create above / drop below ----

alter table identity_checks drop column sent_at;
alter table conversations drop column known_since;
alter table messages drop column identity_news;
drop table customer_snapshots;
