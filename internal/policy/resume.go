package policy

import "steward/schemas"

// resume is the earlier run that a turn goes on with: one that was decided, or
// the confirmation that the customer's messages answer. Settled: rule 7.
func resume(f schemas.Facts, guard schemas.Guard) *schemas.Resume {
	if r := answered(f); r != nil {
		return r
	}
	if r := proving(f, guard); r != nil {
		return r
	}
	for _, p := range f.Pending {
		if p.Kind != schemas.PendingConfirmation || p.State != schemas.PendingOpen {
			continue
		}
		// What was written before the question was read is no answer to it.
		if p.Said == 0 || f.First <= p.Said {
			return nil
		}
		switch {
		case guard == schemas.GuardNo:
			return resumeOf(p, schemas.PendingNo)
		case guard == schemas.GuardYes && f.Now.After(p.Deadline):
			return resumeOf(p, schemas.PendingExpired)
		case guard == schemas.GuardYes:
			return resumeOf(p, schemas.PendingYes)
		}
	}
	return nil
}

// proving goes on with a run that waits for proof of who the customer is, when
// their messages say something about it. Whatever else they write meanwhile is
// answered like any message. Spec: D7.
func proving(f schemas.Facts, guard schemas.Guard) *schemas.Resume {
	for _, p := range f.Pending {
		switch {
		case p.Kind != schemas.PendingIdentity || p.State != schemas.PendingOpen:
			continue
		case f.Check.News != schemas.NewsNone, guard == schemas.GuardResend:
			return resumeOf(p, schemas.PendingOpen)
		case guard == schemas.GuardNo && p.Said > 0 && f.First > p.Said:
			return resumeOf(p, schemas.PendingNo)
		}
	}
	return nil
}

// answered is the oldest pending that somebody decided, or whose time is over
// without an answer. A confirmation that nobody answers just ends.
func answered(f schemas.Facts) *schemas.Resume {
	for _, p := range f.Pending {
		switch {
		case p.Kind == schemas.PendingReply && len(f.Texts) > 0:
			// The customer has written again, so that reply is void.
		case p.State == schemas.PendingYes, p.State == schemas.PendingNo, p.State == schemas.PendingExpired:
			return resumeOf(p, p.State)
		case p.State == schemas.PendingOpen && p.Kind != schemas.PendingConfirmation && !f.Now.Before(p.Deadline):
			return resumeOf(p, schemas.PendingExpired)
		}
	}
	return nil
}

func resumeOf(p schemas.Pending, answer schemas.PendingState) *schemas.Resume {
	return &schemas.Resume{Pending: p.ID, Kind: p.Kind, Run: p.Run, Answer: answer}
}

// overdue is the pending about which the people asked have not decided in time,
// empty for none. Spec: D21.
func overdue(f schemas.Facts) schemas.PendingID {
	for _, p := range f.Pending {
		if p.State == schemas.PendingOpen && !p.Escalate.IsZero() && !f.Now.Before(p.Escalate) {
			return p.ID
		}
	}
	return ""
}
