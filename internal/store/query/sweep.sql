-- name: OverdueConversations :many
-- Rows whose deadline or unsent part is overdue, and conversations with a
-- message that nobody has taken, although all of them have a workflow.
select c.id from conversations c
where (c.deadline is not null and c.deadline < clock() - sqlc.arg(overdue)::interval)
  or exists (select 1 from outbound_parts p where p.conversation_id = c.id and p.state = 'queued'
    and p.next_attempt_at < clock() - sqlc.arg(overdue)::interval)
order by c.deadline nulls last limit sqlc.arg(most)::int;

-- name: LostSends :many
select p.conversation_id from outbound_parts p
where p.state = 'sending' and p.attempt_at < clock() - sqlc.arg(lost)::interval
order by p.attempt_at limit sqlc.arg(most)::int;
