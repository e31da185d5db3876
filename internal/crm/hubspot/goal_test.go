package hubspot_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"steward/internal/crm"
	"steward/internal/crm/hubspot"
	"steward/internal/crm/hubspot/hubspottest"
	"steward/schemas"
)

func outcome() schemas.GoalWriteRequest {
	return schemas.GoalWriteRequest{
		Key: "conv_1/sales/3", Email: "ada@example.com", Level: schemas.IdentityClaimedEmail,
		Plan: schemas.GoalPlan{
			Set: map[string]string{"lifecyclestage": "salesqualifiedlead"}, Answers: map[string]string{"city": "Rome"},
			Create: schemas.ObjectDeal, Properties: map[string]string{"dealname": "Sales", "amount": "5000", "colour": "blue"},
		},
	}
}

func counter(p portal) *crm.Desk {
	return &crm.Desk{CRM: crm.Journaled(p.crm, hubspot.System, &journal{entries: map[string]schemas.CRMEntry{}}), System: hubspot.System}
}

// TestGoalIsWrittenOnce breaks every call of the writing of an outcome, before it
// is done and after it: tried again it is whole, and nothing is there twice.
// Settled: rule 2.
func TestGoalIsWrittenOnce(t *testing.T) {
	t.Parallel()
	const calls = 7
	for at := range calls {
		for name, arm := range map[string]func(p portal, faults ...http.HandlerFunc){
			"not done": func(p portal, faults ...http.HandlerFunc) { p.Fail(faults...) },
			"lost":     func(p portal, faults ...http.HandlerFunc) { p.LoseAnswers(faults...) },
		} {
			t.Run(fmt.Sprintf("%s %d", name, at), func(t *testing.T) {
				t.Parallel()
				p := open(t, nil)
				p.Add("contacts", map[string]string{"email": "ada@example.com", "lifecyclestage": "lead"})
				d := counter(p)
				arm(p, append(make([]http.HandlerFunc, at), hubspottest.Cut)...)
				first := d.WriteGoal(t.Context(), outcome())
				// A fault beyond the calls of the first try meets the last.
				d.WriteGoal(t.Context(), outcome())
				last := d.WriteGoal(t.Context(), outcome())
				if first.State == schemas.GoalWriteFailed || last.State != schemas.GoalWriteDone {
					t.Fatalf("first %+v, at last %+v\n%v", first, last, p.Calls())
				}
				contacts, deals := p.Objects("contacts"), p.Objects("deals")
				if len(contacts) != 1 || contacts[0].Properties["lifecyclestage"] != "salesqualifiedlead" || contacts[0].Properties["city"] != "" {
					t.Errorf("contacts %+v", contacts)
				}
				if len(deals) != 1 || deals[0].Properties["amount"] != "5000" || !p.Associated("deals/"+deals[0].ID+"/contacts/"+contacts[0].ID) {
					t.Errorf("deals %+v", deals)
				}
				if len(last.Left) != 2 {
					t.Errorf("left out: %+v, want the answer and the property that there is not", last.Left)
				}
			})
		}
	}
}

// TestGoalOfALostAnswer: only a write whose answer was lost is unknown.
func TestGoalOfALostAnswer(t *testing.T) {
	t.Parallel()
	p := open(t, nil)
	p.Fail(hubspottest.Cut)
	d := counter(p)
	if got := d.WriteGoal(t.Context(), outcome()); got.State != schemas.GoalWriteDue || got.Error != string(crm.KindUnavailable) {
		t.Errorf("before any write: %+v", got)
	}
	upserts := func() int {
		n := 0
		for _, c := range p.Calls() {
			if c == "POST /crm/v3/objects/contacts/batch/upsert" {
				n++
			}
		}
		return n
	}
	for lost := range 20 {
		p.LoseAnswers(append(make([]http.HandlerFunc, lost), hubspottest.Cut)...)
		got := d.WriteGoal(t.Context(), outcome())
		if upserts() > 0 {
			if got.State != schemas.GoalWriteUnknown {
				t.Errorf("the answer to a write was lost: %+v", got)
			}
			return
		}
	}
	t.Error("no write was made")
}

func TestGoalThatTheCRMDoesNotTake(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault http.HandlerFunc
		want  schemas.GoalWritten
	}{
		"token refused": {
			func(w http.ResponseWriter, _ *http.Request) {
				hubspottest.Failure(w, http.StatusUnauthorized, "X", "x")
			},
			schemas.GoalWritten{State: schemas.GoalWriteDue, Error: string(crm.KindAuth)},
		},
		"refused": {
			func(w http.ResponseWriter, _ *http.Request) { hubspottest.Failure(w, http.StatusBadRequest, "X", "x") },
			schemas.GoalWritten{State: schemas.GoalWriteFailed, Error: string(crm.KindRefused)},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := open(t, nil)
			r := outcome()
			r.Email, r.Plan.Set, r.Plan.Answers = "", nil, nil
			p.Fail(slices.Repeat([]http.HandlerFunc{c.fault}, 3)...)
			got := counter(p).WriteGoal(t.Context(), r)
			if got.State != c.want.State || got.Error != c.want.Error || got.RetryAfter != time.Duration(0) || len(p.Objects("deals")) != 0 {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}
