package killtest

import (
	"testing"

	"steward/internal/agent/llm/scripted"
	"steward/internal/crm/local"
	"steward/internal/testkit/stack"
	"steward/schemas"
)

// sales is a goal of one question whose outcome writes to the CRM.
func sales() schemas.Goal {
	return schemas.Goal{
		Name: "sales", Title: "Sales", QualifiedAt: 10, PartialAt: 5, Trigger: schemas.GoalTrigger{Phrases: []string{"price"}},
		Criteria: []schemas.Criterion{{
			Name: "size", Type: schemas.PropertyNumber, Required: true, Object: schemas.ObjectDeal, Property: "amount",
			Question: map[string]string{"en": "How many people work with you?"},
			Rules:    []schemas.GoalRule{{Op: schemas.OpAtLeast, Values: []string{"51"}, Points: 10}},
		}},
		Outcomes: map[schemas.GoalVerdict]schemas.GoalOutcome{schemas.GoalQualified: {
			Set: map[string]string{"lifecyclestage": "salesqualifiedlead"}, Create: schemas.ObjectDeal,
		}},
	}
}

// TestRule02GoalWriteKilled kills the worker around the writing of a goal's
// outcome to the CRM: the customer has been answered, and each write is made once,
// under the key of the run.
func TestRule02GoalWriteKilled(t *testing.T) {
	t.Parallel()
	for _, point := range []string{
		"apply_goal.before", "apply_goal.after_commit", "write_goal.before", "write_goal.after_claim", "write_goal.after_call", "write_goal.after_commit",
	} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			s := stack.Start(t, stack.Options{
				WorkerFault: point, Settings: func(o *schemas.Settings) { o.Goals = []schemas.Goal{sales()} },
			})
			_, _, err := local.New(s.Store.CRM()).Upsert(ctxFor(t), schemas.ObjectContact, "email",
				map[string]string{"email": "ada@example.com", "lifecyclestage": "lead"}, schemas.CRMWrite{Key: "made", Actor: "human"})
			if err != nil {
				t.Fatal(err)
			}
			s.Model.Push([]scripted.Step{chat("Hello."), chat("It is free."), chat("Noted.")}...)
			w, v := s.Worker(), s.Visit()
			v.Say("Hello, my mail is ada@example.com")
			v.AwaitReplies(1)
			v.Say("What is the price?")
			v.AwaitReplies(2)
			v.Say("We are 120")
			s.AwaitDeath(w)
			s.StartWorker()
			v.AwaitReplies(3)
			stack.Until(t, "the outcome is written", func() bool { return s.Count("select count(*) from goal_writes where state = 'done'") == 1 })
			wantSpeakers(t, s, v, "cacaca")
			if n := s.CountOf(v.Conversation, "select count(*) from crm_writes where conversation_id = $1 and actor = 'goal'"); n != 2 {
				t.Errorf("%d writes, want that of the contact and that of the deal", n)
			}
			if n := s.Count("select count(*) from crm_objects where type = 'contact' and props ->> 'lifecyclestage' = 'salesqualifiedlead' and version = 2"); n != 1 {
				t.Errorf("%d contacts changed once, want 1", n)
			}
			if n := s.Count("select count(*) from crm_objects where type = 'deal' and props ->> 'amount' = '120'"); n != 1 {
				t.Errorf("%d deals, want 1", n)
			}
			if n := s.Count("select count(*) from crm_associations"); n != 1 {
				t.Errorf("%d links, want 1", n)
			}
		})
	}
}
