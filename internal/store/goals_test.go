package store

import (
	"encoding/json"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"steward/schemas"
)

// goalSettings have a goal whose outcome writes to the CRM.
func goalSettings() schemas.Settings {
	s := schemas.DefaultSettings()
	s.Goals = []schemas.Goal{{
		Name: "demo", Title: "Demo", Criteria: []schemas.Criterion{{Name: "size", Type: schemas.PropertyNumber, Question: map[string]string{"en": "How many?"}}},
		Outcomes: map[schemas.GoalVerdict]schemas.GoalOutcome{schemas.GoalQualified: {Set: map[string]string{"lifecyclestage": "lead"}}},
	}}
	return s
}

type goalBundle struct {
	adminBundle
	conv schemas.ConversationID
	run  schemas.GoalRun
}

// setupGoal is a conversation with a run, which has a verdict when one is given.
func setupGoal(t *testing.T, set string, verdict schemas.GoalVerdict) goalBundle {
	t.Helper()
	b := goalBundle{adminBundle: setupAdmin(t)}
	_, revision, err := b.Draft(t.Context(), b.Agent)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.SaveDraft(t.Context(), b.Agent, goalSettings(), revision); err != nil {
		t.Fatal(err)
	}
	version, err := b.Publish(t.Context(), b.Agent, "test", revision+1)
	if err != nil {
		t.Fatal(err)
	}
	b.conv = b.conversation(t, set)
	b.exec(t, `insert into contact_identities (id, contact_id, kind, value, proof, created_at)
		select $1, contact_id, 'email', 'ada@example.com', 'claimed', clock() from conversations`, newID())
	b.run = schemas.GoalRun{
		Key: string(b.conv) + "/demo/1", Goal: "demo", Version: version, Conversation: b.conv,
		Answers: []schemas.GoalAnswer{{Criterion: "size", Value: "80", Message: "msg_1"}},
	}
	if verdict != "" {
		b.run.Score = &schemas.GoalScore{Verdict: verdict}
	}
	raw, err := json.Marshal(b.run)
	if err != nil {
		t.Fatal(err)
	}
	b.exec(t, `insert into goal_runs (key, conversation_id, contact_id, goal, version, run, verdict, created_at, decided_at)
		select $1, id, contact_id, 'demo', $4, $2, $3, clock(), case when $3 = '' then null else clock() end from conversations`, b.run.Key, raw, string(verdict), version)
	return b
}

func (b goalBundle) rules() schemas.GoalRules {
	return schemas.GoalRules{
		Outcome: func(schemas.Facts, schemas.GoalRun, schemas.PeopleFacts) schemas.GoalTold { return schemas.GoalTold{} },
		Writes:  func(schemas.GoalRun) bool { return true },
		Level:   func(k schemas.Known) schemas.IdentityLevel { return schemas.IdentityClaimedEmail },
	}
}

func (b goalBundle) apply(t *testing.T) {
	t.Helper()
	if _, err := b.GoalApplied(t.Context(), b.conv, b.run, b.rules()); err != nil {
		t.Fatal(err)
	}
}

func (b goalBundle) claim(t *testing.T) schemas.GoalClaim {
	t.Helper()
	claim, err := b.ClaimGoalWrite(t.Context(), b.run.Key)
	if err != nil {
		t.Fatal(err)
	}
	return claim
}

func (b goalBundle) settle(t *testing.T, attempt int, w schemas.GoalWritten) schemas.GoalClaim {
	t.Helper()
	claim, err := b.SettleGoalWrite(t.Context(), b.run.Key, attempt, w,
		func(now, _ time.Time, _ int, w schemas.GoalWritten) (schemas.GoalWriteState, time.Time) {
			return w.State, now.Add(time.Minute)
		})
	if err != nil {
		t.Fatal(err)
	}
	return claim
}

// An outcome is applied once, by whoever comes first, and what it writes is noted
// in the same transaction. Settled: rule 2.
func TestGoalIsAppliedOnce(t *testing.T) {
	t.Parallel()
	b := setupGoal(t, "owner = 'agent'", schemas.GoalQualified)
	var wg sync.WaitGroup
	for range 12 {
		wg.Go(func() {
			if _, err := b.GoalApplied(t.Context(), b.conv, b.run, b.rules()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	keys, err := b.GoalWritesDue(t.Context(), b.conv)
	if err != nil || len(keys) != 1 || keys[0] != b.run.Key {
		t.Errorf("writes %v, %v", keys, err)
	}
	if _, due, err := b.GoalDue(t.Context(), b.conv); err != nil || due {
		t.Errorf("still due: %v, %v", due, err)
	}
}

func TestGoalOfAPreviewWritesNothing(t *testing.T) {
	t.Parallel()
	b := setupGoal(t, "owner = 'agent', preview = true, preview_version = 1", schemas.GoalQualified)
	b.apply(t)
	if n := b.number(t, "select count(*) from goal_writes"); n != 0 {
		t.Errorf("%d writes, want none", n)
	}
}

func TestGoalWrite(t *testing.T) {
	t.Parallel()
	b := setupGoal(t, "owner = 'agent'", schemas.GoalQualified)
	b.apply(t)
	first := b.claim(t)
	r := first.Request
	if r == nil || r.Attempt != 1 || r.Email != "ada@example.com" || r.Level != schemas.IdentityClaimedEmail || r.Conversation != b.conv ||
		r.Goal.Title != "Demo" || len(r.Run.Answers) != 1 || first.State != schemas.GoalWriteSending {
		t.Fatalf("claimed %+v", first)
	}
	// Its worker dies: the next try may begin, and a late result of the first
	// changes nothing.
	if again := b.claim(t); again.Request == nil || again.Request.Attempt != 2 {
		t.Fatalf("claimed again %+v", again)
	}
	if late := b.settle(t, 1, schemas.GoalWritten{State: schemas.GoalWriteFailed}); late.State != schemas.GoalWriteSending {
		t.Errorf("a late result: %+v", late)
	}
	if got := b.settle(t, 2, schemas.GoalWritten{State: schemas.GoalWriteUnknown, Error: "unavailable"}); got.State != schemas.GoalWriteUnknown || got.Wait != time.Minute {
		t.Errorf("settled as unknown: %+v", got)
	}
	if early := b.claim(t); early.Request != nil || early.Wait != time.Minute || early.State != schemas.GoalWriteUnknown {
		t.Errorf("claimed too early: %+v", early)
	}
	b.at(t, b.now.Add(time.Minute))
	left := []schemas.GoalLeft{{Object: schemas.ObjectContact, Property: "city", Reason: schemas.GoalLeftValue}}
	if third := b.claim(t); third.Request == nil || third.Request.Attempt != 3 {
		t.Fatalf("the third claim %+v", third)
	}
	if done := b.settle(t, 3, schemas.GoalWritten{State: schemas.GoalWriteDone, Left: left}); done.State != schemas.GoalWriteDone {
		t.Errorf("settled %+v", done)
	}
	if over := b.claim(t); over.Request != nil || over.State != schemas.GoalWriteDone {
		t.Errorf("claimed after its end: %+v", over)
	}
	var raw json.RawMessage
	if err := b.pool.QueryRow(t.Context(), "select run from goal_runs").Scan(&raw); err != nil {
		t.Fatal(err)
	}
	var run schemas.GoalRun
	if err := json.Unmarshal(raw, &run); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(left, run.Left); diff != "" || run.AppliedAt.IsZero() || len(run.Answers) != 1 {
		t.Errorf("the run is %+v: %s", run, diff)
	}
	if _, err := b.ClaimGoalWrite(t.Context(), "nothing"); schemas.KindOf(err) != schemas.KindNotFound {
		t.Errorf("a run that there is not: %v", err)
	}
}

// Whoever was to write an outcome was lost: it is found again, and not while it
// only waits. Settled: rule 1.
func TestOverdueGoalWrites(t *testing.T) {
	t.Parallel()
	b := setupGoal(t, "owner = 'agent'", schemas.GoalQualified)
	b.apply(t)
	overdue := func(after time.Duration) int {
		t.Helper()
		b.at(t, b.now.Add(after))
		keys, err := b.OverdueGoalWrites(t.Context(), 5*time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		return len(keys)
	}
	if n := overdue(4 * time.Minute); n != 0 {
		t.Errorf("%d overdue at once", n)
	}
	if n := overdue(6 * time.Minute); n != 1 {
		t.Errorf("%d overdue after six minutes, want 1", n)
	}
	claim := b.claim(t)
	b.settle(t, claim.Request.Attempt, schemas.GoalWritten{State: schemas.GoalWriteDue})
	if n := overdue(7 * time.Minute); n != 0 {
		t.Errorf("%d overdue while it waits", n)
	}
	b.at(t, b.now.Add(time.Hour))
	b.settle(t, b.claim(t).Request.Attempt, schemas.GoalWritten{State: schemas.GoalWriteDone})
	if n := overdue(3 * time.Hour); n != 0 {
		t.Errorf("%d overdue after its end", n)
	}
}

func TestErasedGoalIsNotWritten(t *testing.T) {
	t.Parallel()
	b := setupGoal(t, "owner = 'none', lifecycle = 'closed', closed_at = clock()", schemas.GoalQualified)
	b.apply(t)
	b.exec(t, "update conversations set close_reason = 'erased'")
	if claim := b.claim(t); claim.Request != nil || claim.State != schemas.GoalWriteFailed {
		t.Errorf("claimed %+v", claim)
	}
}

// A conversation that is closed, or that people have, ends its goals with what is
// known; a verdict that nobody applied wakes it. Spec: S54.
func TestOpenGoalsEnd(t *testing.T) {
	t.Parallel()
	b := setupGoal(t, "owner = 'none', lifecycle = 'closed', closed_at = clock()", "")
	var seen []schemas.Facts
	rules := schemas.Rules{
		Next: func(f schemas.Facts) schemas.Verdict {
			seen = append(seen, f)
			switch {
			case f.GoalOpen:
				return schemas.Verdict{Do: schemas.DoEndGoals}
			case f.GoalDue:
				return schemas.Verdict{Do: schemas.DoApplyGoal}
			}
			return schemas.Verdict{Do: schemas.DoWait}
		},
		EndGoal: func(g schemas.Goal, run schemas.GoalRun, now time.Time) schemas.GoalRun {
			if g.Title != "Demo" || !now.Equal(b.now) {
				t.Errorf("ended with the goal %+v at %s", g, now)
			}
			run.Score, run.DecidedAt = &schemas.GoalScore{Verdict: schemas.GoalIncomplete}, now
			return run
		},
	}
	next, err := b.NextStep(t.Context(), b.conv, rules)
	if err != nil || next.Do != schemas.DoApplyGoal || !next.Head.Pending || len(seen) != 2 || !seen[0].GoalOpen || seen[1].GoalOpen {
		t.Fatalf("next %+v, %v, seen %d", next, err, len(seen))
	}
	due, ok, err := b.GoalDue(t.Context(), b.conv)
	if err != nil || !ok || due.Run.Score.Verdict != schemas.GoalIncomplete || due.Goal.Title != "Demo" {
		t.Errorf("due %+v, %v, %v", due, ok, err)
	}
	b.at(t, b.now.Add(6*time.Minute))
	if n, err := b.WakeOverdue(t.Context(), 5*time.Minute); err != nil || n != 1 {
		t.Errorf("%d woken, %v", n, err)
	}
}
