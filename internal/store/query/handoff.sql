-- name: PutHandoff :exec
insert into handoffs (id, conversation_id, epoch, engagement, state, reason, summary, accepted_by, accepted_at, created_at)
values (sqlc.arg(id), sqlc.arg(conversation_id), sqlc.arg(epoch), sqlc.arg(engagement), sqlc.arg(state), sqlc.arg(reason),
  sqlc.arg(summary), sqlc.narg(accepted_by)::uuid,
  case when sqlc.narg(accepted_by)::uuid is null then null else clock() end, clock());

-- name: PlanHandoff :exec
update handoffs set plan = sqlc.arg(plan), tier = sqlc.arg(tier), deferred = sqlc.arg(deferred), priority = sqlc.arg(priority),
  brief = sqlc.arg(brief), brief_by = 'template'
where id = sqlc.arg(id);

-- name: DeferHandoff :exec
-- People were asked and the agent keeps the conversation, whose question stays
-- open.
update conversations set handoff_id = sqlc.arg(handoff_id)::uuid, lifecycle = 'waiting_customer', unanswered = true, updated_at = clock()
where id = sqlc.arg(id);

-- name: TakeFromAgent :exec
update handoffs set deferred = false, reason = sqlc.arg(reason), epoch = sqlc.arg(epoch) where id = sqlc.arg(id);

-- name: PreviousHuman :one
-- Who last had a conversation with a contact, and until when.
select h.accepted_by::uuid as user_id, coalesce(h.ended_at, clock())::timestamptz as until
from handoffs h
join conversations c on c.id = h.conversation_id
join users u on u.id = h.accepted_by
where c.contact_id = sqlc.arg(contact_id) and not u.desk
order by h.accepted_at desc limit 1;

-- name: ContactProperties :many
-- What the embedded CRM knows of a contact, and the user with the address of the
-- record's owner.
select o.type, o.props,
  coalesce((select u.id from users u where u.email <> '' and not u.desk
    and lower(u.email) = lower(o.props ->> 'hubspot_owner_id') limit 1), '00000000-0000-0000-0000-000000000000')::uuid as owner
from crm_links l
join crm_objects o on o.id::text = l.record_id and o.type = l.object_type and not o.archived
where l.contact_id = sqlc.arg(contact_id);

-- name: HasReplied :one
-- Whether a person has written to the customer since a handoff was made.
select exists (select 1 from messages m join handoffs h on h.conversation_id = m.conversation_id
  where h.id = $1 and m.class = 'human' and m.seq is not null and m.created_at >= h.created_at);

-- name: WarnedFor :exec
update handoffs set warned_for = sqlc.arg(since)::timestamptz where id = sqlc.arg(id);

-- name: BreachedFor :exec
update handoffs set breached_for = sqlc.arg(since)::timestamptz, breaches = breaches + 1 where id = sqlc.arg(id);

-- name: HandoffShown :one
select h.plan, h.tier, h.brief, h.brief_by, h.breaches, h.accepted_at, h.ended_at, c.language
from handoffs h join conversations c on c.id = h.conversation_id where h.id = $1;

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
  escalations, escalated_at, accepted_at, created_at, plan, deferred, brief_by, brief_asked_at, drafted_seq, warned_for, breached_for
from handoffs where id = $1 for update;

-- name: MembersOf :many
-- The members of a team, or the users that are named, or every user when neither
-- is given. Destinations are no people.
select u.id, u.name, u.presence, u.capacity, u.hours, u.last_offered, u.skills,
  (select count(*) from conversations c where c.assigned_to = u.id and c.owner = 'human')::int as load,
  exists (select 1 from handoff_offers o where o.handoff_id = sqlc.narg(handoff_id)::uuid and o.user_id = u.id
    and o.tier = sqlc.arg(tier)::text)::boolean as asked
from users u
where not u.desk
  and (sqlc.narg(team_id)::uuid is null
    or exists (select 1 from team_members m where m.team_id = sqlc.narg(team_id)::uuid and m.user_id = u.id))
  and (sqlc.narg(named)::uuid[] is null or u.id = any(sqlc.narg(named)::uuid[]))
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
update handoffs set state = 'accepted', accepted_by = sqlc.arg(user_id)::uuid, accepted_at = clock(), offered_to = null, deadline = null,
  deferred = false
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
  h.deferred, h.priority, coalesce(h.plan ->> 'timing', '')::text as timing, coalesce(h.plan ->> 'rule', '')::text as rule,
  coalesce(o.name, '')::text as offered_to, coalesce(a.name, '')::text as accepted_by
from handoffs h left join users o on o.id = h.offered_to left join users a on a.id = h.accepted_by
where (sqlc.arg(all_states)::boolean or h.state in ('waiting', 'offered', 'accepted'))
  and (sqlc.narg(id)::uuid is null or h.id = sqlc.narg(id)::uuid)
  and (not sqlc.arg(breached)::boolean or h.breaches > 0)
order by h.created_at desc limit sqlc.arg(most)::int;

-- name: LiveHandoffs :many
select id from handoffs where state in ('waiting', 'offered') order by created_at limit $1;

-- name: TouchHuman :exec
-- What a person answers is answered.
update conversations set by_human = true, unanswered = false, not_found_streak = 0, updated_at = clock() where id = $1;

-- name: UserByID :one
select id, name from users where id = $1;

-- name: SetBrief :execrows
-- The model's summary in place of the template's, once.
update handoffs set brief = sqlc.arg(brief), brief_by = 'model', summary = sqlc.arg(summary), brief_asked_at = clock()
where id = sqlc.arg(id) and brief_by = 'template';

-- name: BriefAsked :exec
update handoffs set brief_asked_at = clock() where id = $1;

-- name: Drafted :exec
update handoffs set drafted_seq = greatest(drafted_seq, sqlc.arg(seq)::bigint) where id = sqlc.arg(id);

-- name: AwaitsPerson :one
-- The customer's newest message, when it came to a person who has not answered
-- it; 0 otherwise.
select case when c.owner = 'human' and h.accepted_at < c.last_inbound_at and not exists (select 1 from messages m
    where m.conversation_id = c.id and m.class = 'human' and m.created_at >= c.last_inbound_at)
  then c.last_inbound else 0 end::bigint as seq
from conversations c join handoffs h on h.id = c.handoff_id where c.id = $1;

-- name: DraftQuestion :one
-- A customer's message with the settings that hold now.
select c.id, c.agent_id, c.language, (case when exists (select 1 from identity_checks k where k.conversation_id = c.id and k.verified_at is not null) then 'verified_email'
    when exists (select 1 from contact_identities e where e.contact_id = c.contact_id and e.kind = 'email') then 'claimed_email'
    else 'anonymous' end)::text as identity, ch.kind as channel_kind, m.seq::bigint as seq, m.text, v.number, v.settings
from handoffs h
join conversations c on c.id = h.conversation_id
join channels ch on ch.id = c.channel_id
join messages m on m.conversation_id = c.id and m.direction = 'in' and m.seq = sqlc.arg(seq)::bigint
join agent_versions v on v.agent_id = c.agent_id and v.status = 'published'
where h.id = sqlc.arg(id)
order by v.number desc limit 1;
