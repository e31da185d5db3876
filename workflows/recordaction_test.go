package workflows_test

import (
	"context"
	"encoding/json"
	"testing"

	"steward/activities"
	"steward/internal/agent/llm/scripted"
	"steward/internal/crm"
	"steward/internal/crm/local"
	"steward/internal/store"
	"steward/schemas"
)

// office is a system whose calls all work.
type office struct{}

func (office) Run(context.Context, schemas.RunRequest) schemas.RunResult {
	return schemas.RunResult{State: schemas.RunOK, Status: 200}
}

// withActions wires calls and the CRM.
func (r *recording) withActions(all *activities.All) {
	desk := &crm.Desk{CRM: local.New(r.store.CRM()), System: local.System, Links: r.store.CRM()}
	c := all.Conversations
	c.Runs, c.Goals, c.Outcomes = r.store, r.store, r.dispatch
	c.Callers = map[schemas.ActionKind]activities.Caller{schemas.ActionHTTP: office{}, schemas.ActionCRM: desk}
	c.Customers, c.CustomerStore = desk, r.store
	all.Goals = &activities.Goals{Store: r.store, CRM: desk}
	all.Sweeps.Outcomes = r.dispatch
}

// actionSteps are what the model says while calls are recorded.
func actionSteps() []scripted.Step {
	calls := func(action string) scripted.Step {
		return scripted.Step{Calls: []schemas.Call{{Action: action, Arguments: json.RawMessage(`{"order_id":"A-17"}`)}}}
	}
	answer := scripted.Answer(answerSaid+" [S1]", 1)
	paid := scripted.Step{Decision: &schemas.Decision{Kind: schemas.DecisionSmalltalk, Text: "It is paid out.", Language: "en"}}
	return []scripted.Step{calls("refund"), answer, calls("look_up"), calls("pay_out"), paid}
}

// action is one of an office, with a single input.
func action(name string, effect schemas.Effect, confirm schemas.Confirm) schemas.Action {
	return schemas.Action{
		Name: name, Title: name, Description: name, Kind: schemas.ActionHTTP, Effect: effect, Confirm: confirm, Protection: schemas.ProtectNone,
		Inputs: []schemas.Input{{Name: "order_id", Title: "Order", Required: true, Schema: json.RawMessage(`{"type":"string"}`)}},
		HTTP:   &schemas.HTTPCall{Connection: "office", Method: "POST", Path: "/" + name},
	}
}

// recordAction confirms a call, has another approved beside a read, has a reply
// approved, and qualifies a lead, all in one conversation.
func recordAction(_ *testing.T, r *recording) {
	user, err := r.store.AddUser(r.ctx, schemas.User{Name: "Dana", Presence: schemas.PresenceOnline})
	r.must(err)
	_, err = r.store.PutConnection(r.ctx, schemas.Connection{Name: "office", BaseURL: "https://office.example", Auth: schemas.AuthNone})
	r.must(err)
	r.change(func(s *schemas.Settings) {
		s.Handoff.Triggers.AllowRepeats = true
		paid := action("pay_out", schemas.EffectWrite, schemas.ConfirmNever)
		paid.Approval = &schemas.Approval{}
		s.Actions = []schemas.Action{
			action("refund", schemas.EffectWrite, schemas.ConfirmAlways), action("look_up", schemas.EffectRead, schemas.ConfirmNever), paid,
		}
	})
	r.must(r.store.SetEmail(r.ctx, r.session, "ada@example.com"))
	r.say("Please refund order A-17")
	r.until("asked", "select count(*) from pendings where kind = 'confirmation'", 1)
	r.settle()
	r.say("yes")
	r.until("refunded", "select count(*) from action_runs where action = 'refund' and state = 'ok'", 1)
	r.settle()
	r.say("And pay it out")
	r.approve(user.ID, "approval")
	r.until("paid out", "select count(*) from action_runs where action = 'pay_out' and state = 'ok'", 1)
	r.settle()
	r.publish(func(c *schemas.ChannelSettings) { c.ReplyApproval = &schemas.ReplyApproval{When: schemas.HoldAlways} })
	r.say(questionSaid)
	r.approve(user.ID, "reply")
	r.until("sent", "select count(*) from pendings where kind = 'reply' and state = 'used'", 1)
	r.settle()
	r.change(func(s *schemas.Settings) { s.Goals = []schemas.Goal{lead()} })
	r.publish(func(c *schemas.ChannelSettings) { c.ReplyApproval = nil })
	r.say("What is the price of a parcel?")
	r.until("asked about the lead", "select count(*) from goal_runs", 1)
	r.settle()
	r.say("50 people")
	r.until("written", "select count(*) from goal_writes where state = 'done'", 1)
	r.settle()
	r.save("conversation", schemas.ConversationWorkflowID(r.conversation()), "")
	var key string
	r.must(r.db.QueryRow(r.ctx, "select key from goal_runs").Scan(&key))
	r.save("goal", schemas.GoalWorkflowID(key), "")
}

func lead() schemas.Goal {
	return schemas.Goal{
		Name: "lead", Title: "Lead", Trigger: schemas.GoalTrigger{Phrases: []string{"price"}}, QualifiedAt: 10, PartialAt: 5,
		Criteria: []schemas.Criterion{{
			Name: "size", Type: schemas.PropertyNumber, Required: true, Question: map[string]string{"en": "How many people work with you?"},
			Rules: []schemas.GoalRule{{Op: schemas.OpAtLeast, Values: []string{"10"}, Points: 10}},
		}},
		Outcomes: map[schemas.GoalVerdict]schemas.GoalOutcome{schemas.GoalQualified: {Set: map[string]string{"hs_lead_status": "OPEN"}}},
	}
}

// approve waits for a request of a kind and lets it go on.
func (r *recording) approve(user schemas.UserID, kind string) {
	r.t.Helper()
	r.until("a colleague asked", "select count(*) from pendings where state = 'open' and kind = '"+kind+"'", 1)
	r.settle()
	list, err := r.store.Requests(r.ctx, false, 1)
	r.must(err)
	r.must(r.store.Approve(r.ctx, store.Decide{Pending: list[0].ID, Yes: true, User: user}))
}
