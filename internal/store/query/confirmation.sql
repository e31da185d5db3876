-- name: RunConfirmation :one
-- Whether the customer's yes to a run was used up for it.
select exists (
  select 1 from pendings p
  join action_runs r on r.conversation_id = p.conversation_id and r.turn = p.turn and r.step = p.step
  where p.conversation_id = sqlc.arg(conversation_id) and p.turn = sqlc.arg(turn)::int and p.step = sqlc.arg(step)::int
    and p.kind = 'confirmation' and p.state = 'used' and p.args_hash = r.args_hash and r.confirmed_by is not null
)::boolean;
