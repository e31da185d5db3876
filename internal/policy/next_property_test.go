package policy

import (
	"math/rand/v2"
	"testing"
	"time"

	"steward/schemas"
)

// TestNextComesToAnEnd applies verdicts to random facts as the store does: a
// step for the workflow is reached within a few steps, and every change of
// owner on the way is an allowed one. Settled: rule 17.
func TestNextComesToAnEnd(t *testing.T) {
	t.Parallel()
	const cases, most = 200_000, 8
	r := rand.New(rand.NewPCG(1, 2))
	for range cases {
		start, guard := randomFacts(r)
		f := start
		var taken []schemas.Do
		for range most {
			v := Next(f, guard)
			taken = append(taken, v.Do)
			if v.Do.Returns() {
				break
			}
			owner := f.Head.Owner
			applyVerdict(t, &f, v)
			if f.Head.Owner != owner && !owner.MayBecome(f.Head.Owner) {
				t.Fatalf("%q passes the conversation from %q to %q\nfacts: %+v", v.Do, owner, f.Head.Owner, start)
			}
			if f.Untaken == 0 {
				guard = schemas.GuardNone
			}
		}
		if !taken[len(taken)-1].Returns() {
			t.Fatalf("no end after %v with guard %q\nfacts: %+v", taken, guard, start)
		}
	}
}

func randomFacts(r *rand.Rand) (schemas.Facts, schemas.Guard) {
	yes := func() bool { return r.IntN(2) == 0 }
	f := facts(func(f *schemas.Facts) {
		if yes() {
			shutUntil(f)
		}
	})
	f.AgentOn, f.Published, f.Deployed, f.Paused, f.OutOfCredits = yes(), yes(), yes(), r.IntN(3) == 0, r.IntN(4) == 0
	f.Admitted, f.Unanswered, f.Reminded, f.Returned = yes(), yes(), yes(), yes()
	f.Head.Unsent, f.Replies = r.IntN(2), r.IntN(2)
	f.GoalOpen, f.GoalDue = r.IntN(3) == 0, r.IntN(3) == 0
	if yes() {
		f.Untaken, f.OldestUntaken = 1+r.IntN(3), noon.Add(-time.Duration(r.IntN(3600))*time.Second)
	}
	kinds := []schemas.ControlKind{schemas.ControlEnd, schemas.ControlWake, schemas.ControlAgentState, schemas.ControlSettings, schemas.ControlHandoff}
	for range r.IntN(3) {
		f.Controls = append(f.Controls, kinds[r.IntN(len(kinds))])
	}
	if yes() {
		f.Head.Deadline = noon.Add(time.Duration(r.IntN(3)-1) * time.Hour)
		f.Head.DeadlineKind = []schemas.DeadlineKind{schemas.DeadlineReminder, schemas.DeadlineInactivity, schemas.DeadlineHours, schemas.DeadlineOutcome}[r.IntN(4)]
	}
	switch r.IntN(5) {
	case 0:
		f.Head.Owner, f.Head.Lifecycle = schemas.OwnerNone, schemas.LifecycleClosed
	case 1:
		f.Head.Owner, f.Head.Lifecycle = schemas.OwnerNone, schemas.LifecycleOpen
	case 2:
		queued(&f)
		f.Head.HandoffReason = []schemas.Reason{schemas.ReasonAgentPaused, schemas.ReasonKeyword, schemas.ReasonOutsideHours}[r.IntN(3)]
		if yes() {
			f.Head.Handoff, f.HandoffState = "", ""
		}
		f.HandoffStarted = yes()
	case 3:
		withHuman(&f)
	default:
		f.OpenTurn = r.IntN(2)
	}
	return f, []schemas.Guard{schemas.GuardNone, schemas.GuardHuman, schemas.GuardKeyword, schemas.GuardCourtesy}[r.IntN(4)]
}

// applyVerdict does to the facts what the store does to the rows.
func applyVerdict(t *testing.T, f *schemas.Facts, v schemas.Verdict) {
	t.Helper()
	settle := func() { f.Controls = nil }
	calm := func() { f.Head.Deadline, f.Head.DeadlineKind = time.Time{}, schemas.DeadlineNone }
	switch v.Do {
	case schemas.DoAdmit:
		f.Head.Owner, f.Head.Lifecycle, f.Admitted, f.Head.HandoffReason = schemas.OwnerAgent, schemas.LifecycleOpen, true, ""
		calm()
	case schemas.DoReopen:
		f.Head.Owner, f.Head.Lifecycle, f.Admitted, f.Unanswered = schemas.OwnerNone, schemas.LifecycleOpen, false, false
		f.Head.Handoff, f.HandoffState = "", ""
		calm()
	case schemas.DoHandOff:
		f.Head.Owner, f.Head.Lifecycle = schemas.OwnerQueue, schemas.LifecycleWaitingHuman
		f.Head.Handoff, f.HandoffState, f.HandoffStarted, f.Head.HandoffReason = "hand_2", schemas.HandoffWaiting, false, v.Reason
		if !v.Release {
			f.Untaken = 0
		} else {
			f.Untaken += f.OpenTurn
		}
		f.OpenTurn = 0
		settle()
		calm()
	case schemas.DoWaitHours:
		f.Head.Owner, f.Head.Lifecycle = schemas.OwnerQueue, schemas.LifecycleWaitingHuman
		f.Head.Deadline, f.Head.DeadlineKind, f.OpensAt = v.Until, schemas.DeadlineHours, v.Until
		f.Head.Handoff, f.Head.HandoffReason, f.HandoffState = "", v.Reason, schemas.HandoffReturned
	case schemas.DoResume:
		f.Head.Owner, f.Head.Lifecycle, f.Admitted = schemas.OwnerAgent, schemas.LifecycleOpen, true
		f.HandoffState = schemas.HandoffReturned
		calm()
	case schemas.DoLeave, schemas.DoThank:
		f.Untaken = 0
		settle()
	case schemas.DoRemind:
		f.Head.DeadlineKind, f.Head.Deadline = schemas.DeadlineInactivity, f.Now.Add(time.Minute)
	case schemas.DoClose:
		if f.Untaken > 0 && f.Head.Owner == schemas.OwnerAgent {
			t.Fatalf("closed over a waiting message: %+v", f)
		}
		f.Head.Owner, f.Head.Lifecycle, f.Untaken, f.OpenTurn = schemas.OwnerNone, schemas.LifecycleClosed, 0, 0
		f.Head.Deadline, f.Head.DeadlineKind = f.Now.Add(schemas.OutcomeAfter), schemas.DeadlineOutcome
		settle()
	case schemas.DoOutcome:
		f.Head.Outcome = v.Outcome
		calm()
	case schemas.DoEndGoals:
		f.GoalOpen, f.GoalDue = false, true
	case schemas.DoSettle:
		settle()
	default:
		t.Fatalf("unknown step %q", v.Do)
	}
}
