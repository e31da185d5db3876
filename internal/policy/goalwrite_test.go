package policy

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"steward/schemas"
)

// crmGoal keeps its answers in the CRM.
func crmGoal() schemas.Goal {
	g := salesGoal()
	for i, at := range []schemas.ObjectType{schemas.ObjectContact, schemas.ObjectDeal, schemas.ObjectCompany} {
		g.Criteria[i].Object, g.Criteria[i].Property = at, []string{"numemployees", "amount", "description"}[i]
	}
	g.Outcomes[schemas.GoalQualified] = schemas.GoalOutcome{
		Set: map[string]string{"lifecyclestage": "lead"}, Create: schemas.ObjectDeal, Properties: map[string]string{"dealstage": "new"},
	}
	return g
}

func endedAs(verdict schemas.GoalVerdict, answers ...schemas.GoalAnswer) schemas.GoalRun {
	return schemas.GoalRun{Key: "k", Answers: answers, Score: &schemas.GoalScore{Verdict: verdict}}
}

func TestPlanGoal(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		goal func(*schemas.Goal)
		run  schemas.GoalRun
		want schemas.GoalPlan
	}{
		"not decided": {run: schemas.GoalRun{Answers: []schemas.GoalAnswer{said("size", "1-50")}}},
		"everything": {
			run: endedAs(schemas.GoalQualified, said("size", "51-200"), said("budget", "2000"), said("use", "toys")),
			want: schemas.GoalPlan{
				Set: map[string]string{"lifecyclestage": "lead"}, Answers: map[string]string{"numemployees": "51-200"}, Create: schemas.ObjectDeal,
				Properties: map[string]string{"dealname": "Sales", "dealstage": "new", "amount": "2000"},
				Left:       []schemas.GoalLeft{{Object: schemas.ObjectCompany, Property: "description", Reason: schemas.GoalLeftRecord}},
			},
		},
		"answers of a verdict without an outcome": {
			run: endedAs(schemas.GoalPartial, said("size", "51-200"), said("budget", "2000")),
			want: schemas.GoalPlan{
				Answers: map[string]string{"numemployees": "51-200"}, Properties: map[string]string{},
				Left: []schemas.GoalLeft{{Object: schemas.ObjectDeal, Property: "amount", Reason: schemas.GoalLeftRecord}},
			},
		},
		"what the CRM had, a refusal and a bad value are no answers": {
			run: endedAs(schemas.GoalPartial, schemas.GoalAnswer{Criterion: "size", Value: "1-50"},
				schemas.GoalAnswer{Criterion: "budget", Message: "msg_1", Refused: true}, said("budget", "much")),
			want: schemas.GoalPlan{Answers: map[string]string{}, Properties: map[string]string{}},
		},
		"the admin's value and title win": {
			goal: func(g *schemas.Goal) {
				g.Outcomes[schemas.GoalQualified] = schemas.GoalOutcome{Create: schemas.ObjectDeal, Properties: map[string]string{"dealname": "Lead", "amount": "1"}}
			},
			run:  endedAs(schemas.GoalQualified, said("budget", "2000")),
			want: schemas.GoalPlan{Answers: map[string]string{}, Create: schemas.ObjectDeal, Properties: map[string]string{"dealname": "Lead", "amount": "1"}},
		},
		"a ticket has a subject": {
			goal: func(g *schemas.Goal) {
				g.Outcomes[schemas.GoalQualified] = schemas.GoalOutcome{Create: schemas.ObjectTicket}
			},
			run:  endedAs(schemas.GoalQualified),
			want: schemas.GoalPlan{Answers: map[string]string{}, Create: schemas.ObjectTicket, Properties: map[string]string{"subject": "Sales"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := crmGoal()
			if c.goal != nil {
				c.goal(&g)
			}
			got := PlanGoal(g, c.run)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
			nothing := len(c.want.Set)+len(c.want.Answers)+len(c.want.Left) == 0 && c.want.Create == ""
			if got.Empty() != nothing {
				t.Errorf("empty: %v, want %v", got.Empty(), nothing)
			}
		})
	}
}

func TestEndGoal(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answers []schemas.GoalAnswer
		want    schemas.GoalVerdict
	}{
		"nothing known":          {nil, schemas.GoalIncomplete},
		"a required one missing": {[]schemas.GoalAnswer{said("budget", "5000")}, schemas.GoalIncomplete},
		"enough already":         {[]schemas.GoalAnswer{said("size", "51-200"), said("budget", "1000")}, schemas.GoalQualified},
		"knocked out":            {[]schemas.GoalAnswer{said("budget", "5")}, schemas.GoalUnqualified},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := EndGoal(salesGoal(), schemas.GoalRun{Key: "k", Answers: c.answers, Asking: "size"}, goalNow)
			if got.Score == nil || got.Score.Verdict != c.want || !got.DecidedAt.Equal(goalNow) || got.Asking != "" || got.Key != "k" {
				t.Errorf("got %+v, want the verdict %s", got, c.want)
			}
		})
	}
	if got := EndGoal(schemas.Goal{}, schemas.GoalRun{Answers: []schemas.GoalAnswer{said("size", "1")}}, goalNow); got.Score.Verdict != schemas.GoalIncomplete {
		t.Errorf("a goal that is gone: %+v", got.Score)
	}
}

func TestNextGoalWrite(t *testing.T) {
	t.Parallel()
	due := schemas.GoalWritten{State: schemas.GoalWriteDue}
	for name, c := range map[string]struct {
		age     time.Duration
		attempt int
		written schemas.GoalWritten
		state   schemas.GoalWriteState
		after   time.Duration
	}{
		"first":            {0, 1, due, schemas.GoalWriteDue, 30 * time.Second},
		"doubles":          {0, 3, due, schemas.GoalWriteDue, 2 * time.Minute},
		"no longer than":   {time.Hour, 500, due, schemas.GoalWriteDue, time.Hour},
		"unknown stays":    {0, 1, schemas.GoalWritten{State: schemas.GoalWriteUnknown}, schemas.GoalWriteUnknown, 30 * time.Second},
		"asked to wait":    {0, 1, schemas.GoalWritten{State: schemas.GoalWriteDue, RetryAfter: time.Minute}, schemas.GoalWriteDue, time.Minute},
		"until tomorrow":   {0, 1, schemas.GoalWritten{State: schemas.GoalWriteDue, Until: goalNow.Add(9 * time.Hour)}, schemas.GoalWriteDue, 9 * time.Hour},
		"until is past":    {0, 1, schemas.GoalWritten{State: schemas.GoalWriteDue, Until: goalNow.Add(-time.Hour)}, schemas.GoalWriteDue, 30 * time.Second},
		"given up":         {30 * 24 * time.Hour, 700, due, schemas.GoalWriteFailed, 0},
		"not yet given up": {30*24*time.Hour - time.Second, 700, due, schemas.GoalWriteDue, time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			state, at := NextGoalWrite(goalNow, goalNow.Add(-c.age), c.attempt, c.written)
			if state != c.state || !at.Equal(goalNow.Add(c.after)) {
				t.Errorf("got %s after %s, want %s after %s", state, at.Sub(goalNow), c.state, c.after)
			}
		})
	}
}

// TestGoalsEnd: a goal that is open, or whose outcome is not applied, is looked
// after once people have the conversation or it is closed. Spec: S54.
func TestGoalsEnd(t *testing.T) {
	t.Parallel()
	untouched := func(f *schemas.Facts) {
		queued(f)
		f.Head.HandoffReason, f.Paused, f.Admitted = schemas.ReasonAgentPaused, true, true
	}
	open := func(f *schemas.Facts) { f.GoalOpen = true }
	due := func(f *schemas.Facts) { f.GoalDue = true }
	for name, c := range map[string]struct {
		facts func(*schemas.Facts)
		want  schemas.Do
	}{
		"agent, open":                 {open, schemas.DoWait},
		"agent, due":                  {due, schemas.DoApplyGoal},
		"closed, open":                {all(closed, open), schemas.DoEndGoals},
		"closed, open and due":        {all(closed, open, due), schemas.DoEndGoals},
		"closed, due":                 {all(closed, due), schemas.DoApplyGoal},
		"closed, outcome due too":     {all(closed, due, dueFor(schemas.DeadlineOutcome)), schemas.DoApplyGoal},
		"closed, customer comes back": {all(closed, open, asked), schemas.DoReopen},
		"queued, open":                {all(queued, open), schemas.DoEndGoals},
		"queued, due":                 {all(queued, due), schemas.DoApplyGoal},
		"queued, to be started":       {all(queued, unstarted, open), schemas.DoStartHandoff},
		"queued by a pause":           {all(untouched, open, due), schemas.DoWait},
		"taken during a pause": {all(untouched, open, func(f *schemas.Facts) {
			f.Head.Owner, f.HandoffState = schemas.OwnerHuman, schemas.HandoffAccepted
		}), schemas.DoEndGoals},
		"waits for hours":       {all(waiting, open), schemas.DoWait},
		"with a person, open":   {all(withHuman, open), schemas.DoEndGoals},
		"with a person, due":    {all(withHuman, due), schemas.DoApplyGoal},
		"with a person, writes": {all(withHuman, asked, open), schemas.DoLeave},
		"erased":                {all(closed, open, func(f *schemas.Facts) { f.Head.CloseReason = schemas.CloseErased }), schemas.DoEnd},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := Next(facts(c.facts), schemas.GuardNone); got.Do != c.want {
				t.Errorf("got %q, want %q", got.Do, c.want)
			}
		})
	}
}
