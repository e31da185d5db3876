package workflows_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/api/temporalproto"
	"go.temporal.io/sdk/client"

	"steward/internal/agent/llm/scripted"
	"steward/internal/store"
	"steward/schemas"
)

// What is said while histories are recorded.
const (
	questionSaid = "How long do I have to return an order?"
	wishSaid     = "I want to talk to a real person"
	answerSaid   = "You can return it within 30 days."
	humanSaid    = "Dana here, what about the parcel?"
)

var saidInHistories = []string{questionSaid, wishSaid, answerSaid, humanSaid, "within 30 days", "Automated", "colleague", "parcel"}

// TestRecordHistories records the histories that TestReplay replays, on a real
// server. It writes files, so it runs only when asked to.
func TestRecordHistories(t *testing.T) {
	if os.Getenv("STEWARD_WRITE_HISTORIES") != "1" {
		t.Skip("set STEWARD_WRITE_HISTORIES=1 to record the histories anew")
	}
	for name, record := range map[string]func(*testing.T, *recording){
		"answer_and_close": recordAnswer, "burst": recordBurst, "handoff": recordHandoff, "pause": recordPause,
		"hours": recordHours, "continue_as_new": recordRoll, "sync_source": recordSync, "crawl": recordCrawl,
		"sweep": recordSweep, "evaluation": recordEvaluation, "action": recordAction,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var steps []scripted.Step
			if name == "action" {
				steps = actionSteps()
			}
			record(t, newRecording(t, name, steps...))
		})
	}
}

func recordAnswer(t *testing.T, r *recording) {
	r.publish(func(c *schemas.ChannelSettings) { c.InactivityClose, c.Reminder = 4, 2 })
	r.say(questionSaid)
	r.until("closed", "select count(*) from conversations where close_reason = 'inactivity'", 1)
	r.say("Thank you!")
	r.until("thanked", "select count(*) from outbound_parts where state = 'sent'", 4)
	r.save("conversation", schemas.ConversationWorkflowID(r.conversation()), "")
}

func recordBurst(t *testing.T, r *recording) {
	for _, text := range []string{"Hello", "one question", questionSaid} {
		r.say(text)
	}
	r.until("answered", "select count(*) from turns where state = 'composed'", 1)
	r.settle()
	r.save("conversation", schemas.ConversationWorkflowID(r.conversation()), "")
}

func recordHandoff(t *testing.T, r *recording) {
	user, err := r.store.AddUser(r.ctx, schemas.User{Name: "Dana", Presence: schemas.PresenceOnline})
	r.must(err)
	r.say(wishSaid)
	r.until("offered", "select count(*) from handoffs where state = 'offered'", 1)
	list, err := r.store.Handoffs(r.ctx, store.HandoffQuery{All: false, Limit: 1})
	r.must(err)
	handoff := list[0].Handoff
	_, err = r.store.AcceptHandoff(r.ctx, handoff, user.ID)
	r.must(err)
	r.must(r.dispatch.WakeHandoff(r.ctx, handoff))
	_, err = r.store.HumanReply(r.ctx, store.HumanReply{Conversation: r.conversation(), User: user.ID, Text: humanSaid, Key: "1"})
	r.must(err)
	r.say("It is lost")
	r.until("left to people", "select count(*) from messages where turn = 0", 2)
	r.must(r.store.GiveBack(r.ctx, r.conversation(), user.ID))
	r.must(r.dispatch.WakeHandoff(r.ctx, handoff))
	r.say(questionSaid)
	r.until("answered", "select count(*) from turns where state = 'composed'", 1)
	r.settle()
	r.save("conversation", schemas.ConversationWorkflowID(r.conversation()), "")
	r.save("handoff", schemas.HandoffWorkflowID(handoff), "")
}

func recordPause(t *testing.T, r *recording) {
	r.must(r.dispatch.Pause(r.ctx, r.deploy.Agent, schemas.PauseInput{Reason: "review"}))
	r.until("paused", "select count(*) from pauses where ended_at is null", 1)
	r.say(questionSaid)
	r.until("handed over", "select count(*) from handoffs where reason = 'agent_paused' and started_at is not null", 1)
	r.must(r.dispatch.Resume(r.ctx, r.deploy.Agent, schemas.PauseInput{}))
	r.until("answered", "select count(*) from turns where state = 'composed'", 1)
	r.must(r.dispatch.SwitchOff(r.ctx, r.deploy.Agent, schemas.SwitchInput{}))
	r.until("switched off", "select count(*) from agents where not switched_on and fanned_out = state_number", 1)
	r.settle()
	r.save("conversation", schemas.ConversationWorkflowID(r.conversation()), "")
	r.save("agent", schemas.AgentWorkflowID(r.deploy.Agent), "")
}

// recordHours waits for the next full minute, when the channel opens.
func recordHours(t *testing.T, r *recording) {
	opens := time.Now().UTC().Truncate(time.Minute).Add(time.Minute)
	minute := opens.Hour()*60 + opens.Minute()
	r.publish(func(c *schemas.ChannelSettings) {
		c.OutsideHours = schemas.OutsideWait
		c.Hours = schemas.Hours{Mode: schemas.HoursDuring, Weekly: []schemas.Interval{{
			Day: opens.Weekday(), Start: minute, End: (minute + 60) % 1440,
		}}}
	})
	r.say(questionSaid)
	r.until("answered", "select count(*) from turns where state = 'composed'", 1)
	r.settle()
	r.save("conversation", schemas.ConversationWorkflowID(r.conversation()), "")
}

func recordRoll(t *testing.T, r *recording) {
	received, err := r.store.Receive(r.ctx, r.session.Inbound("first", questionSaid))
	r.must(err)
	id := schemas.ConversationWorkflowID(received.Conversation)
	run, err := r.client.ExecuteWorkflow(r.ctx, client.StartWorkflowOptions{ID: id, TaskQueue: schemas.QueueConversations},
		schemas.WorkflowConversation, schemas.ConversationInput{Conversation: received.Conversation, RollAt: 2})
	r.must(err)
	for n := 1; n <= 3; n++ {
		if n > 1 {
			r.say(questionSaid)
		}
		r.until("answered", "select count(*) from turns where state = 'composed'", n)
		r.settle()
	}
	r.save("first", id, run.GetRunID())
	r.save("second", id, "")
}

func recordSync(t *testing.T, r *recording) {
	source, err := r.store.AddSource(r.ctx, r.deploy.Agent, schemas.NewSource{
		Type: schemas.SourceShortAnswer, Question: questionSaid, Answer: answerSaid, Citations: true,
	})
	r.must(err)
	r.sync(source.ID)
	r.save("done", schemas.SyncWorkflowID(source.ID), "")
	_, err = r.store.RemoveSources(r.ctx, []schemas.SourceID{source.ID})
	r.must(err)
	r.sync(source.ID)
	r.save("removed", schemas.SyncWorkflowID(source.ID), "")
}

func recordCrawl(t *testing.T, r *recording) {
	source, err := r.store.AddSource(r.ctx, r.deploy.Agent, schemas.NewSource{Type: schemas.SourceCrawl, URL: helpSite(t), Citations: true})
	r.must(err)
	r.sync(source.ID)
	r.save("sync", schemas.SyncWorkflowID(source.ID), "")
	r.save("crawl", schemas.CrawlWorkflowID(source.ID), "")
	r.must(r.dispatch.StartReindex(r.ctx, schemas.ReindexInput{Agent: r.deploy.Agent, Rebuild: true}))
	r.must(r.client.GetWorkflow(r.ctx, schemas.ReindexWorkflowID(r.deploy.Agent), "").Get(r.ctx, nil))
	r.save("reindex", schemas.ReindexWorkflowID(r.deploy.Agent), "")
}

// sync has a source read, with a change that comes while it is.
func (r *recording) sync(source schemas.SourceID) {
	r.t.Helper()
	in := schemas.SyncSourceInput{Agent: r.deploy.Agent, Source: source, Trigger: schemas.TriggerChange}
	r.must(r.dispatch.Resync(r.ctx, in))
	r.must(r.dispatch.Resync(r.ctx, in))
	r.must(r.client.GetWorkflow(r.ctx, schemas.SyncWorkflowID(source), "").Get(r.ctx, nil))
}

func recordSweep(t *testing.T, r *recording) {
	run, err := r.client.ExecuteWorkflow(r.ctx, client.StartWorkflowOptions{ID: "sweep", TaskQueue: schemas.QueueConversations},
		schemas.WorkflowSweep, schemas.SweepInput{})
	r.must(err)
	r.must(run.Get(r.ctx, nil))
	r.save("done", "sweep", "")
	run, err = r.client.ExecuteWorkflow(r.ctx, client.StartWorkflowOptions{ID: "upkeep", TaskQueue: schemas.QueueConversations}, schemas.WorkflowUpkeep)
	r.must(err)
	r.must(run.Get(r.ctx, nil))
	r.save("upkeep", "upkeep", "")
}

// recordEvaluation measures a suite, and plays again what a customer has asked.
func recordEvaluation(_ *testing.T, r *recording) {
	r.say(questionSaid)
	r.until("answered", "select count(*) from turns where state = 'composed'", 1)
	r.settle()
	suite, err := r.store.AddSuite(r.ctx, r.deploy.Agent, "returns")
	r.must(err)
	var cases []schemas.EvalCase
	for n := range 3 {
		cases = append(cases, schemas.EvalCase{
			Name: fmt.Sprint("case ", n), Turns: []string{questionSaid}, Channel: schemas.ChannelLiveChat, Identity: schemas.IdentityAnonymous,
			Expect: schemas.EvalExpect{MustInclude: []string{answerSaid}},
		})
	}
	r.must(r.store.PutCases(r.ctx, suite.ID, cases))
	run, err := r.store.StartEvalRun(r.ctx, store.NewEvalRun{Agent: r.deploy.Agent, Suite: suite.ID, NewEvalRun: schemas.NewEvalRun{Repeats: 1}})
	r.must(err)
	r.evaluate(run, 3)
	r.save("suite", schemas.EvalWorkflowID(run), "")
	run, err = r.store.StartEvalPast(r.ctx, store.NewEvalPast{Agent: r.deploy.Agent, NewEvalPast: schemas.NewEvalPast{}.Defaults()})
	r.must(err)
	r.evaluate(run, 1)
	r.save("past", schemas.EvalWorkflowID(run), "")
	// The newest conversation is the preview that played it.
	r.save("preview", schemas.ConversationWorkflowID(r.conversation()), "")
}

// evaluate waits for the end of a run, of which every try has to pass.
func (r *recording) evaluate(id schemas.EvalRunID, tries int) {
	r.t.Helper()
	r.must(r.dispatch.StartEvaluation(r.ctx, schemas.EvaluationInput{Run: id}))
	r.must(r.client.GetWorkflow(r.ctx, schemas.EvalWorkflowID(id), "").Get(r.ctx, nil))
	run, err := r.store.EvalRun(r.ctx, r.deploy.Agent, id)
	r.must(err)
	if run.State != schemas.EvalDone || run.Passed != tries || run.Tries != tries {
		r.t.Fatalf("run %+v: %+v", run.EvalRunSummary, run.Results)
	}
}

// save writes the history of a run, without the name of the machine.
func (r *recording) save(name, workflow, run string) {
	r.t.Helper()
	var h history.History
	for events := r.client.GetWorkflowHistory(r.ctx, workflow, run, false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT); events.HasNext(); {
		event, err := events.Next()
		r.must(err)
		h.Events = append(h.Events, event)
	}
	raw, err := temporalproto.CustomJSONMarshalOptions{Indent: " "}.Marshal(&h)
	r.must(err)
	var doc any
	r.must(json.Unmarshal(raw, &doc))
	raw, err = json.MarshalIndent(anonymous(doc), "", " ")
	r.must(err)
	file := filepath.Join("testdata", "history", fmt.Sprintf("%s_%s.json", r.name, name))
	r.must(os.WriteFile(file, append(raw, '\n'), 0o644))
}

// anonymous replaces the identity of the processes that made the events.
func anonymous(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			v[key] = anonymous(value)
			if key == "identity" {
				v[key] = "steward"
			}
		}
	case []any:
		for i, value := range v {
			v[i] = anonymous(value)
		}
	}
	return v
}

// until polls until the query counts want rows.
func (r *recording) until(what, query string, want int) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.ctx, 90*time.Second)
	defer cancel()
	for tick := time.NewTicker(50 * time.Millisecond); ; {
		var n int
		r.must(r.db.QueryRow(r.ctx, query).Scan(&n))
		if n >= want {
			tick.Stop()
			return
		}
		select {
		case <-ctx.Done():
			r.t.Fatalf("not %s: counted %d, want %d", what, n, want)
		case <-tick.C:
		}
	}
}

// settle waits until nothing is on its way.
func (r *recording) settle() {
	r.t.Helper()
	r.until("settled", `select case when exists (select 1 from inbox_events where state <> 'relayed')
		or exists (select 1 from outbound_parts where state in ('queued', 'sending')) then 0 else 1 end`, 1)
}
