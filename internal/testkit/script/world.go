package script

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"
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
	t      *testing.T
	script script
	ctx    context.Context
	env    *testsuite.TestWorkflowEnvironment
	store  *store.Store
	// db reads what a script asserts.
	db      *pgxpool.Pool
	deploy  store.Deployment
	session store.ChatSession
	users   map[string]schemas.UserID

	model   *model
	channel *channel
	search  *searcher

	mu sync.Mutex
	// broken counts database failures still to come.
	broken int
	// running are the workflow ids that run; flying the inbox rows on their way.
	running map[string]bool
	flying  map[int64]bool
	ended   bool

	// at is the virtual time of the next step, from the start.
	at   time.Duration
	read int
	last string
	sent int
	// runs counts how often the conversation's workflow has started.
	runs int
}

func newWorld(t *testing.T, s script) *world {
	url := testkit.Database(t)
	ctx := context.Background()
	st, err := store.Open(ctx, url, store.Options{MaxConns: 8})
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
		t: t, script: s, ctx: ctx, store: st, db: db, users: map[string]schemas.UserID{},
		running: map[string]bool{}, flying: map[int64]bool{}, model: &model{}, search: &searcher{}, channel: &channel{},
	}
	w.model.w = w
	w.setUp()
	w.newEnvironment()
	return w
}

// setUp makes the deployment, its settings, its staff and the visitor.
func (w *world) setUp() {
	start := w.script.start
	w.must(w.store.SetClock(w.ctx, &start, 0))
	settings := schemas.DefaultSettings()
	settings.Profile.Languages = []string{"en", "it", "sv"}
	for _, l := range w.script.settings {
		for _, pair := range strings.Fields(l.rest) {
			w.must(set(&settings, pair))
		}
	}
	w.must(settings.Validate(true))
	var err error
	w.deploy, err = w.store.Bootstrap(w.ctx, store.Bootstrap{Settings: &settings})
	w.must(err)
	for _, l := range w.script.users {
		w.addUser(l)
	}
	w.session, err = w.store.OpenSession(w.ctx, w.deploy.PublicKey, "", 365*24*time.Hour)
	w.must(err)
}

// addUser reads "user Dana online capacity=2 team=Support".
func (w *world) addUser(l line) {
	fields := strings.Fields(l.rest)
	u := schemas.User{Name: fields[0], Presence: schemas.PresenceOnline, Capacity: 5, Hours: schemas.Hours{Mode: schemas.HoursAll}}
	for _, f := range fields[1:] {
		key, value, ok := strings.Cut(f, "=")
		switch {
		case !ok:
			u.Presence = schemas.Presence(f)
		case key == "capacity":
			n, err := strconv.Atoi(value)
			w.must(err)
			u.Capacity = n
		case key == "hours":
			w.must(json.Unmarshal([]byte(value), &u.Hours))
		}
	}
	made, err := w.store.AddUser(w.ctx, u)
	w.must(err)
	w.users[u.Name] = made.ID
}

// set writes one path=value into the settings; the value is JSON or a bare
// word.
func set(settings *schemas.Settings, pair string) error {
	path, value, ok := strings.Cut(pair, "=")
	if !ok {
		return fmt.Errorf("settings are path=value, not %q", pair)
	}
	raw, err := json.Marshal(settings)
	if err != nil {
		return err
	}
	var doc map[string]any
	if err := json.Unmarshal(raw, &doc); err != nil {
		return err
	}
	var v any
	if err := json.Unmarshal([]byte(value), &v); err != nil {
		v = value
	}
	keys := strings.Split(path, ".")
	at := doc
	for _, k := range keys[:len(keys)-1] {
		next, ok := at[k].(map[string]any)
		if !ok {
			return fmt.Errorf("no setting %q", path)
		}
		at = next
	}
	at[keys[len(keys)-1]] = v
	if raw, err = json.Marshal(doc); err != nil {
		return err
	}
	decoder := json.NewDecoder(strings.NewReader(string(raw)))
	decoder.DisallowUnknownFields()
	*settings = schemas.Settings{}
	return decoder.Decode(settings)
}

// newEnvironment makes the virtual world with the real workflows and
// activities in it.
func (w *world) newEnvironment() {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(testkit.Quiet()))
	w.env = suite.NewTestWorkflowEnvironment()
	w.env.SetStartTime(w.script.start)
	w.env.SetTestTimeout(30 * time.Second)
	w.env.SetWorkerOptions(worker.Options{Interceptors: []interceptor.WorkerInterceptor{&clockInterceptor{w: w}}})
	workflows.Register(w.env)
	w.env.RegisterWorkflow(host)
	chans := map[schemas.ChannelKind]channels.Channel{schemas.ChannelLiveChat: w.channel}
	activities.Register(w.env, activities.All{
		Conversations: &activities.Conversations{
			Store: w.store, Turns: w.store, Outbox: w.store, Search: w.search,
			Engine: &agent.Engine{Primary: w.model}, Channels: chans, Handoffs: starter{w},
		},
		Handoffs:  &activities.Handoffs{Store: w.store},
		Agents:    &activities.Agents{Store: w.store},
		Knowledge: &activities.Knowledge{},
		Sweeps:    &activities.Sweeps{Store: w.store, Channels: chans},
	})
	w.listen()
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}
