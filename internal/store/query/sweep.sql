-- name: OverdueConversations :many
-- Rows whose deadline, turn or unsent part is overdue, and those with a
-- delivery, a goal's verdict or a handoff that no workflow has taken up.
select c.id from conversations c
where (c.deadline is not null and c.deadline < clock() - sqlc.arg(overdue)::interval)
  or c.id in (select p.conversation_id from outbound_parts p where p.state = 'queued'
    and p.next_attempt_at < clock() - sqlc.arg(overdue)::interval)
  or c.id in (select t.conversation_id from turns t where t.state = 'open' and t.deadline < clock() - sqlc.arg(overdue)::interval)
  or (c.owner in ('none', 'agent') and c.id in (select m.conversation_id from messages m
    where m.direction = 'in' and m.turn is null and m.created_at < clock() - sqlc.arg(overdue)::interval))
  or c.id in (select e.conversation_id from inbox_events e where e.kind = 'control' and e.applied_at is null
    and e.state = 'relayed' and e.received_at < clock() - sqlc.arg(overdue)::interval)
  or (not c.preview and c.close_reason <> 'erased' and c.id in (select g.conversation_id from goal_runs g
    where g.decided_at < clock() - sqlc.arg(overdue)::interval and g.applied_at is null))
  or c.handoff_id in (select h.id from handoffs h where h.state in ('waiting', 'offered', 'accepted')
    and h.started_at is null and h.created_at < clock() - sqlc.arg(overdue)::interval)
order by c.deadline nulls last limit sqlc.arg(most)::int;

-- name: OverdueHandoffs :many
-- Handoffs that should have looked again: their run was lost.
select h.id from handoffs h
where h.state in ('waiting', 'offered', 'accepted') and h.started_at is not null
  and coalesce(h.deadline, h.accepted_at, h.started_at) < clock() - sqlc.arg(overdue)::interval
order by h.created_at limit sqlc.arg(most)::int;

-- name: LostSends :many
select p.conversation_id from outbound_parts p
where p.state = 'sending' and p.attempt_at < clock() - sqlc.arg(lost)::interval
order by p.attempt_at limit sqlc.arg(most)::int;
