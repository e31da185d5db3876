package policy

import "steward/schemas"

// nextPreview decides the next step of a conversation in which an admin tries
// settings. It is answered like any other; what differs is that nobody waits
// for people, that it ends an hour after its last message, and that it has no
// outcome. Settled: rule 26.
func nextPreview(f schemas.Facts, guard schemas.Guard) schemas.Verdict {
	switch {
	case f.Head.Lifecycle == schemas.LifecycleClosed && len(f.Controls) > 0:
		return schemas.Verdict{Do: schemas.DoSettle}
	case f.Head.Lifecycle == schemas.LifecycleClosed && f.Untaken > 0:
		return schemas.Verdict{Do: schemas.DoLeave}
	case f.Head.Lifecycle == schemas.LifecycleClosed:
		return schemas.Verdict{Do: schemas.DoEnd}
	case due(f, schemas.DeadlineInactivity) && f.Untaken == 0 && f.OpenTurn == 0:
		return schemas.Verdict{Do: schemas.DoClose, CloseReason: schemas.CloseInactivity}
	case f.Head.Owner == schemas.OwnerNone:
		return schemas.Verdict{Do: schemas.DoAdmit}
	case f.Head.Owner == schemas.OwnerAgent:
		return nextAgent(f, guard)
	case ended(f):
		return schemas.Verdict{Do: schemas.DoClose, CloseReason: schemas.CloseByCustomer}
	case f.Untaken > 0:
		// People would have it now; there are none.
		return schemas.Verdict{Do: schemas.DoLeave}
	case len(f.Controls) > 0:
		return schemas.Verdict{Do: schemas.DoSettle}
	}
	return schemas.Verdict{Do: schemas.DoWait}
}
