-- name: LockConversationForCheck :one
select id from conversations where id = sqlc.arg(id) for update;

-- name: LockAddress :exec
-- Sends to one address are counted one after another, whatever conversation
-- they belong to.
select pg_advisory_xact_lock(hashtextextended('identity check ' || sqlc.arg(email_hash)::text, 0));

-- name: CheckByKey :one
select id, conversation_id, email_hash, expires_at, verified_at, created_at, sent_at from identity_checks where key = sqlc.arg(key);

-- name: RecentSends :one
select
  (select count(*) from identity_checks a where a.email_hash = sqlc.arg(email_hash) and a.created_at > clock() - interval '1 hour')::int as address,
  (select count(*) from identity_checks c where c.conversation_id = sqlc.arg(conversation_id) and c.created_at > clock() - interval '1 hour')::int as conversation;

-- name: InsertCheck :one
insert into identity_checks (id, conversation_id, key, email_hash, code_hmac, created_at, expires_at)
values (sqlc.arg(id), sqlc.arg(conversation_id), sqlc.arg(key), sqlc.arg(email_hash), sqlc.arg(code_hmac), clock(),
  clock() + make_interval(secs => sqlc.arg(ttl_seconds)::float8))
returning expires_at, created_at;

-- name: ReplaceCode :one
-- The sending is tried again: the code that may have been lost counts no more.
update identity_checks set code_hmac = sqlc.arg(code_hmac), sends = sends + 1
where id = sqlc.arg(id) and verified_at is null
returning expires_at;

-- name: LatestCheck :one
select id, email_hash, code_hmac, tries, last_try, last_verdict, created_at, expires_at, verified_at, clock()::timestamptz as now
from identity_checks where conversation_id = sqlc.arg(conversation_id)
order by created_at desc, id desc limit 1;

-- name: RecordTry :exec
update identity_checks set tries = tries + sqlc.arg(failed)::int, last_try = sqlc.arg(last_try), last_verdict = sqlc.arg(last_verdict),
  verified_at = case when sqlc.arg(verified)::boolean then clock() else verified_at end
where id = sqlc.arg(id);

-- name: VerifiedCheck :one
select email_hash, verified_at from identity_checks
where conversation_id = sqlc.arg(conversation_id) and verified_at is not null
order by verified_at desc, id desc limit 1;

-- name: CheckSent :exec
update identity_checks set sent_at = coalesce(sent_at, clock()) where key = sqlc.arg(key);

-- name: KnownOf :one
-- What shows who writes: the newest address of the contact, when they wrote last
-- before the messages of a turn, and what the CRM said of them last.
select clock()::timestamptz as now, c.created_at, c.contact_id,
  coalesce((select i.value from contact_identities i where i.contact_id = c.contact_id and i.kind = 'email'
    order by i.created_at desc, i.id desc limit 1), '')::text as email,
  coalesce((select i.created_at from contact_identities i where i.contact_id = c.contact_id and i.kind = 'email'
    order by i.created_at desc, i.id desc limit 1), '0001-01-01 00:00Z')::timestamptz as email_at,
  coalesce((select max(m.created_at) from messages m where m.conversation_id = c.id and m.direction = 'in'
    and m.turn is not null and m.turn <> sqlc.arg(turn)::int), '0001-01-01 00:00Z')::timestamptz as last_active,
  -- The address that was proved last, and what the CRM said; null for neither.
  coalesce((select jsonb_build_object('address', k.email_hash, 'at', k.verified_at) from identity_checks k
    where k.conversation_id = c.id and k.verified_at is not null order by k.verified_at desc, k.id desc limit 1), 'null')::jsonb as proved,
  coalesce((select jsonb_build_object('system', s.system, 'address', s.address_hash, 'match', s.found, 'record', s.record,
      'properties', s.properties, 'open_tickets', s.open_tickets, 'at', s.at)
    from customer_snapshots s where s.conversation_id = c.id), 'null')::jsonb as customer
from conversations c where c.id = sqlc.arg(id);

-- name: PutCustomer :exec
insert into customer_snapshots (conversation_id, system, address_hash, found, record, properties, open_tickets, at)
values (sqlc.arg(conversation_id), sqlc.arg(system), sqlc.arg(address_hash), sqlc.arg(found), sqlc.arg(record), sqlc.arg(properties),
  sqlc.arg(open_tickets), clock())
on conflict (conversation_id) do update set system = excluded.system, address_hash = excluded.address_hash, found = excluded.found,
  record = excluded.record, properties = excluded.properties, open_tickets = excluded.open_tickets, at = excluded.at;

-- name: IdentityPending :one
-- The open question about who the customer is.
select id from pendings where conversation_id = $1 and kind = 'identity' and state = 'open' and deadline > clock();

-- name: ForgetKnown :exec
-- Another address: what was known by the old one is not shown to an engine any
-- more, and neither is what was said meanwhile, once there was any.
update conversations c set frame = null, known_since = case
  when exists (select 1 from identity_checks k where k.conversation_id = c.id and k.verified_at is not null)
    or exists (select 1 from customer_snapshots s where s.conversation_id = c.id and s.found = 'one')
  then clock() else c.known_since end
where c.id = sqlc.arg(id);

-- name: DropCustomer :exec
delete from customer_snapshots where conversation_id = $1;

-- name: DropLinksOfContact :exec
delete from crm_links where contact_id = $1;

-- name: ReadSecret :one
select value from deployment_secrets where name = $1;

-- name: SetPendingMessage :exec
update pendings set message_id = sqlc.narg(message_id)
where conversation_id = sqlc.arg(conversation_id) and kind = 'identity' and state = 'open';
