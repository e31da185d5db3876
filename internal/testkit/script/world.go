package script

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"

	"steward/activities"
	"steward/internal/agent"
	"steward/internal/channels"
	"steward/internal/store"
	"steward/internal/testkit"
	"steward/schemas"
	"steward/workflows"
)

// world is everything one script plays in.
type world struct {
	t      testing.TB
	script script
	wiring Wiring
	ctx    context.Context
	env    *testsuite.TestWorkflowEnvironment
	store  *store.Store
	// db reads what a script asserts.
	db     *pgxpool.Pool
	deploy store.Deployment
	// visitors by name; session is that of the visitor who speaks.
	visitors map[string]store.ChatSession
	session  store.ChatSession
	users    map[string]schemas.UserID
	teams    map[string]schemas.TeamID

	model   *model
	channel *channel
	search  *searcher
	caller  *caller
	mailer  *mailer
	records *records

	// payloads are what activities got and gave.
	payloads payloads
	mail     *mailbox
	// preview is the conversation in which settings are tried.
	preview schemas.ConversationID
	// desk is the destination, nil without one; deskID its id.
	desk   *desk
	deskID schemas.DeskID
	// watching: handoffs are woken as by notifications of the database.
	watching bool

	mu sync.Mutex
	// began are the activities that have run.
	began map[string]bool
	// broken counts database failures still to come.
	broken int
	// running are the workflow ids that run.
	running map[string]bool
	// listening are the workflow ids with a run that takes updates.
	listening map[string]bool
	// stopped: the relay delivers nothing.
	stopped bool

	// at is the virtual time of the next step, from the start.
	at time.Duration
	// read are the ids of the messages that a line has read.
	read map[string]bool
	last string
	sent int
	// runs counts how often the conversation's workflow has started.
	runs int
}

// realTime is how long a script may take without virtual time going on.
const realTime = time.Minute

func newWorld(t testing.TB, s script, wiring Wiring) *world {
	url := testkit.Database(t)
	ctx := context.Background()
	st, err := store.Open(ctx, url, store.Options{MaxConns: 8, Inbound: activities.InboundRules()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(st.Close)
	db, err := pgxpool.New(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	w := &world{
		t: t, script: s, wiring: wiring, began: map[string]bool{}, ctx: ctx, store: st, db: db, running: map[string]bool{}, listening: map[string]bool{}, read: map[string]bool{},
		users: map[string]schemas.UserID{}, teams: map[string]schemas.TeamID{}, visitors: map[string]store.ChatSession{},
		model: &model{}, search: &searcher{}, channel: &channel{}, caller: &caller{}, mailer: &mailer{}, mail: &mailbox{},
	}
	w.model.w = w
	w.setUp()
	w.newEnvironment()
	return w
}

// newEnvironment makes the virtual world with the real workflows and
// activities in it.
func (w *world) newEnvironment() {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(w.wiring.logger())
	w.env = suite.NewTestWorkflowEnvironment()
	w.env.SetStartTime(w.script.start)
	w.env.SetTestTimeout(realTime)
	w.env.SetWorkerOptions(worker.Options{Interceptors: []interceptor.WorkerInterceptor{&clockInterceptor{w: w}}})
	workflows.Register(w.env)
	w.env.RegisterWorkflow(host)
	// A signal to a workflow that does not run fails, as on a real server. The
	// environment knows its own ways to say "anything".
	const anything = "mock.Anything"
	w.env.OnSignalExternalWorkflow(anything, anything, anything, anything, anything).Return(errNotRunning)
	chans := map[schemas.ChannelKind]channels.Channel{schemas.ChannelLiveChat: w.channel}
	activities.Register(w.env, activities.All{
		Conversations: w.conversations(chans),
		Handoffs:      &activities.Handoffs{Store: w.store, Desks: w.desks(), Search: w.search, Engine: &agent.Engine{Primary: w.model}},
		Agents:        &activities.Agents{Store: w.store},
		Knowledge:     &activities.Knowledge{},
		Sweeps:        w.sweeps(chans),
		Goals:         &activities.Goals{Store: w.store, CRM: w.newDesk()},
	})
	w.listen()
}

// conversations are the activities of a conversation, with the script's
// stand-ins for what the wiring does not give.
func (w *world) conversations(chans map[schemas.ChannelKind]channels.Channel) *activities.Conversations {
	out := &activities.Conversations{
		Store: w.store, Turns: w.store, Outbox: w.store, Search: w.wiring.Search, Engine: w.wiring.Engine, Channels: chans,
		Handoffs: starter{w}, Outcomes: starter{w}, Runs: w.store, Goals: w.store, Callers: w.wiring.Callers, CallbackBase: callbackBase,
		Gates: w.wiring.Gates, Checks: w.wiring.Checks,
	}
	desk := w.newDesk()
	out.Customers, out.CustomerStore = desk, w.store
	out.Codes = activities.Codes{Store: w.store, Mail: w.mailer, From: "steward@shop.example"}
	if out.Search == nil {
		out.Search = w.search
	}
	if out.Engine == nil {
		out.Engine = &agent.Engine{Primary: w.model}
	}
	if out.Callers == nil {
		out.Callers = map[schemas.ActionKind]activities.Caller{schemas.ActionHTTP: w.caller, schemas.ActionCRM: desk}
	}
	return out
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}
