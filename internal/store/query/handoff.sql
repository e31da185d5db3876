-- name: PutHandoff :exec
insert into handoffs (id, conversation_id, epoch, engagement, state, reason, summary, accepted_by, accepted_at, created_at)
values (sqlc.arg(id), sqlc.arg(conversation_id), sqlc.arg(epoch), sqlc.arg(engagement), sqlc.arg(state), sqlc.arg(reason),
  sqlc.arg(summary), sqlc.narg(accepted_by)::uuid,
  case when sqlc.narg(accepted_by)::uuid is null then null else clock() end, clock());

-- name: SetHandoff :exec
update conversations set handoff_id = sqlc.arg(handoff_id)::uuid, reason = sqlc.arg(reason), lifecycle = 'waiting_human',
  by_human = by_human or sqlc.arg(by_human)::boolean, deadline = null, deadline_kind = '', updated_at = clock()
where id = sqlc.arg(id);

-- name: MarkHandoffStarted :exec
update handoffs set started_at = clock() where id = $1 and started_at is null;

-- name: EndHandoff :execrows
update handoffs set state = sqlc.arg(state), ended_at = clock(), offered_to = null, deadline = null
where id = sqlc.arg(id) and state in ('waiting', 'offered', 'accepted');

-- name: EndOffer :exec
update handoff_offers set result = sqlc.arg(result), ended_at = clock()
where handoff_id = sqlc.arg(handoff_id) and result = '';

-- name: HandoffConversation :one
select conversation_id from handoffs where id = $1;

-- name: HandoffRow :one
select id, conversation_id, state, reason, tier, offer, offered_to, accepted_by, deadline, fallback_told,
  escalations, escalated_at, accepted_at, created_at
from handoffs where id = $1 for update;

-- name: MembersOf :many
-- The members of a team, or every user when no team is given.
select u.id, u.name, u.presence, u.capacity, u.hours, u.last_offered,
  (select count(*) from conversations c where c.assigned_to = u.id and c.owner = 'human')::int as load,
  exists (select 1 from handoff_offers o where o.handoff_id = sqlc.narg(handoff_id)::uuid and o.user_id = u.id
    and o.tier = sqlc.arg(tier)::text)::boolean as asked
from users u
where sqlc.narg(team_id)::uuid is null
  or exists (select 1 from team_members m where m.team_id = sqlc.narg(team_id)::uuid and m.user_id = u.id)
order by u.name;

-- name: QueuedConversations :one
select count(*)::int from conversations where owner = 'queue' and handoff_id is not null;

-- name: PutOffer :exec
insert into handoff_offers (handoff_id, offer, tier, user_id, offered_at)
values (sqlc.arg(handoff_id), sqlc.arg(offer), sqlc.arg(tier), sqlc.arg(user_id), clock());

-- name: OfferHandoff :execrows
update handoffs set state = 'offered', offer = sqlc.arg(offer), offered_to = sqlc.arg(user_id)::uuid, deadline = sqlc.arg(deadline)::timestamptz
where id = sqlc.arg(id) and state in ('waiting', 'offered') and offer = sqlc.arg(offer) - 1;

-- name: MarkOffered :exec
update users set last_offered = clock() where id = $1;

-- name: SetTier :exec
update handoffs set state = 'waiting', tier = sqlc.arg(tier), offered_to = null, deadline = null where id = sqlc.arg(id);

-- name: SetHandoffLook :exec
-- When its workflow looks again at a handoff that is not offered.
update handoffs set deadline = sqlc.arg(look)::timestamptz
where id = sqlc.arg(id) and state in ('waiting', 'accepted') and deadline is distinct from sqlc.arg(look)::timestamptz;

-- name: UnofferHandoff :exec
update handoffs set state = 'waiting', offered_to = null, deadline = null where id = $1 and state = 'offered';

-- name: SetFallbackTold :exec
update handoffs set fallback_told = true where id = $1;

-- name: Escalate :one
update handoffs set escalations = escalations + 1, escalated_at = clock() where id = $1 returning escalations;

-- name: AcceptHandoff :execrows
update handoffs set state = 'accepted', accepted_by = sqlc.arg(user_id)::uuid, accepted_at = clock(), offered_to = null, deadline = null
where id = sqlc.arg(id) and state in ('waiting', 'offered');

-- name: WaitingSince :one
-- The oldest customer message that no person has answered since the handoff
-- was accepted; null when there is none.
select min(m.created_at)::timestamptz as since from messages m
join conversations c on c.id = m.conversation_id
where m.conversation_id = sqlc.arg(conversation_id) and m.direction = 'in' and m.seq > coalesce(
  (select max(r.seq) from messages r where r.conversation_id = sqlc.arg(conversation_id) and r.class = 'human'), 0)
  and m.engagement = c.engagement
having count(*) > 0;

-- name: ListHandoffs :many
select h.id, h.conversation_id, h.state, h.reason, h.summary, h.offer, h.escalations, h.deadline, h.created_at,
  coalesce(o.name, '')::text as offered_to, coalesce(a.name, '')::text as accepted_by
from handoffs h left join users o on o.id = h.offered_to left join users a on a.id = h.accepted_by
where (sqlc.arg(all_states)::boolean or h.state in ('waiting', 'offered', 'accepted'))
  and (sqlc.narg(id)::uuid is null or h.id = sqlc.narg(id)::uuid)
order by h.created_at desc limit sqlc.arg(most)::int;

-- name: LiveHandoffs :many
select id from handoffs where state in ('waiting', 'offered') order by created_at limit $1;

-- name: TouchHuman :exec
-- What a person answers is answered.
update conversations set by_human = true, unanswered = false, not_found_streak = 0, updated_at = clock() where id = $1;

-- name: UserByID :one
select id, name from users where id = $1;
