-- name: LockConversationForCheck :one
select id from conversations where id = sqlc.arg(id) for update;

-- name: LockAddress :exec
-- Sends to one address are counted one after another, whatever conversation
-- they belong to.
select pg_advisory_xact_lock(hashtextextended('identity check ' || sqlc.arg(email_hash)::text, 0));

-- name: CheckByKey :one
select id, conversation_id, email_hash, expires_at, verified_at from identity_checks where key = sqlc.arg(key);

-- name: RecentSends :one
select
  (select count(*) from identity_checks a where a.email_hash = sqlc.arg(email_hash) and a.created_at > clock() - interval '1 hour')::int as address,
  (select count(*) from identity_checks c where c.conversation_id = sqlc.arg(conversation_id) and c.created_at > clock() - interval '1 hour')::int as conversation;

-- name: InsertCheck :one
insert into identity_checks (id, conversation_id, key, email_hash, code_hmac, created_at, expires_at)
values (sqlc.arg(id), sqlc.arg(conversation_id), sqlc.arg(key), sqlc.arg(email_hash), sqlc.arg(code_hmac), clock(),
  clock() + make_interval(secs => sqlc.arg(ttl_seconds)::float8))
returning expires_at;

-- name: ReplaceCode :one
-- The sending is tried again: the code that may have been lost counts no more.
update identity_checks set code_hmac = sqlc.arg(code_hmac), sends = sends + 1
where id = sqlc.arg(id) and verified_at is null
returning expires_at;

-- name: LatestCheck :one
select id, email_hash, code_hmac, tries, last_try, last_verdict, expires_at, verified_at, clock()::timestamptz as now
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
