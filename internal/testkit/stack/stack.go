package stack

import (
	"context"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/client"

	"steward/internal/agent/llm/scripted"
	"steward/internal/devstack"
	"steward/internal/fault"
	"steward/internal/knowledge"
	"steward/internal/store"
	"steward/schemas"
	apiclient "steward/starter/api/client"
)

// Patience bounds every wait for something that has to happen. A dead worker
// is noticed after 10 s at most twice in a turn.
const Patience = 60 * time.Second

// Token is the admin token of every Stack.
const Token = "token-of-a-test-stack-0123456789"

// Options shape a Stack. The zero value is one gateway, one worker, no
// Weaviate (Postgres answers searches) and no quiet window.
type Options struct {
	// Settings changes the published settings, which otherwise have no quiet
	// window and never ask for an email address.
	Settings func(*schemas.Settings)
	// NoWorker starts none at first.
	NoWorker bool
	// Weaviate gives the Stack the Weaviate of the test binary and no content:
	// it is for tests that read content themselves.
	Weaviate bool
	// Env are further variables of the gateway and the workers.
	Env []string
	// OwnServers starts a Postgres, a Temporal and a Weaviate for this Stack
	// alone, which keep what they have committed when they are killed.
	OwnServers bool
	// GatewayFault and WorkerFault arm a point of package fault in the first
	// gateway and the first worker.
	GatewayFault, WorkerFault string
}

// Stack is a running Steward.
type Stack struct {
	t testing.TB
	// URL is where the gateway and the API listen.
	URL string
	// API is a client of the admin API.
	API *apiclient.Client
	// Store is the database, for what a gateway does and for clocks.
	Store *store.Store
	// DatabaseURL is its address.
	DatabaseURL string
	// Temporal is connected to the Stack's namespace.
	Temporal client.Client
	// Namespace is the Stack's own.
	Namespace string
	// Index is the Stack's Weaviate; nil when it has none.
	Index knowledge.Index
	// Model answers the engine. Without steps it quotes the first passage.
	Model *scripted.Server
	// Agent is the deployment.
	Agent store.Deployment
	// Servers are set when they are the Stack's own.
	Servers Servers

	env     []string
	logs    string
	gateway *devstack.Process
	workers []*devstack.Process
	started int
}

// Servers are the three servers that a Stack may have for itself.
type Servers struct {
	Postgres *devstack.Postgres
	Temporal *devstack.Temporal
	Weaviate *devstack.Weaviate
}

// Start starts a Stack, which ends with the test.
func Start(t testing.TB, o Options) *Stack {
	t.Helper()
	s := &Stack{t: t, logs: t.TempDir()}
	t.Cleanup(s.showLogs)
	if o.OwnServers {
		s.ownServers()
	} else {
		s.sharedServers(o)
	}
	s.prepare(o)
	s.StartGateway(faultEnv(o.GatewayFault)...)
	if !o.NoWorker {
		s.StartWorker(faultEnv(o.WorkerFault)...)
	}
	if o.OwnServers {
		s.syncContent()
	}
	return s
}

func faultEnv(point string) []string {
	if point == "" {
		return nil
	}
	return []string{fault.Env + "=" + point}
}

// prepare makes the deployment, its content and the environment of the
// processes.
func (s *Stack) prepare(o Options) {
	t := s.t
	t.Helper()
	var err error
	if s.Store, err = store.Open(t.Context(), s.DatabaseURL, store.Options{MaxConns: 8}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Store.Close)
	settings := Settings()
	if o.Settings != nil {
		o.Settings(&settings)
	}
	if s.Agent, err = s.Store.Bootstrap(t.Context(), store.Bootstrap{Settings: &settings}); err != nil {
		t.Fatal(err)
	}
	if !o.OwnServers && !o.Weaviate {
		s.putContent()
	}
	if s.Model, err = scripted.Start(scripted.QuoteFirst); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Model.Close() })
	address := freeAddress(t)
	s.URL = "http://" + address
	s.env = append(s.env,
		"STEWARD_DEV=1", "STEWARD_ADDR="+address, "STEWARD_ADMIN_TOKEN="+Token,
		"STEWARD_DATA_DIR="+t.TempDir(), "STEWARD_DATABASE_URL="+s.DatabaseURL,
		"STEWARD_ENGINE=openai", "STEWARD_MODEL_BASE_URL="+s.Model.BaseURL(), "STEWARD_MODEL_NAME=scripted",
		"STEWARD_RATE_LIMITS=false", "STEWARD_LOG_LEVEL=warn", "STEWARD_STOP_TIMEOUT=2s", "STEWARD_SHUTDOWN_TIMEOUT=2s",
		"STEWARD_WORKER_POLLERS=3", "STEWARD_WORKER_POOL_SIZE=8", "STEWARD_INGRESS_POOL_SIZE=6", "STEWARD_RELAY_POOL_SIZE=4",
		"TEMPORAL_NAMESPACE="+s.Namespace,
	)
	for _, name := range []string{"PATH", "HOME", "TMPDIR"} {
		if value, ok := os.LookupEnv(name); ok {
			s.env = append(s.env, name+"="+value)
		}
	}
	s.env = append(s.env, o.Env...)
	if s.API, err = apiclient.New(apiclient.Options{URL: s.URL, Token: Token}); err != nil {
		t.Fatal(err)
	}
}

// Settings are those of a Stack unless it changes them: no quiet window, no
// question for an email address.
func Settings() schemas.Settings {
	settings := schemas.DefaultSettings()
	// Tests ask the same question again and again.
	settings.Handoff.Triggers.AllowRepeats = true
	c := settings.Channels[schemas.ChannelLiveChat]
	c.QuietMillis, c.CapMillis, c.AskEmail = 0, 0, schemas.AskNever
	settings.Channels[schemas.ChannelLiveChat] = c
	return settings
}

// Chat changes the live-chat settings, for Options.Settings.
func Chat(change func(*schemas.ChannelSettings)) func(*schemas.Settings) {
	return func(s *schemas.Settings) {
		c := s.Channels[schemas.ChannelLiveChat]
		change(&c)
		s.Channels[schemas.ChannelLiveChat] = c
	}
}

// StartGateway starts `steward serve` and waits until its API answers.
func (s *Stack) StartGateway(env ...string) {
	s.t.Helper()
	s.gateway = s.startProcess("gateway", devstack.ProcessSpec{
		Path: program(s.t, "steward"), Args: []string{"serve"}, Env: append(append([]string{}, s.env...), env...),
		Ready: func(ctx context.Context) error {
			_, err := s.API.Agent(ctx)
			return err
		},
	})
}

// Gateway is the process of the gateway.
func (s *Stack) Gateway() *devstack.Process { return s.gateway }

// StartWorker starts one more steward-worker. It takes work a moment later.
func (s *Stack) StartWorker(env ...string) *devstack.Process {
	s.t.Helper()
	w := s.startProcess("worker", devstack.ProcessSpec{
		Path: program(s.t, "steward-worker"), Env: append(append([]string{}, s.env...), env...),
	})
	s.workers = append(s.workers, w)
	return w
}

// Worker is the process of the latest worker.
func (s *Stack) Worker() *devstack.Process { return s.workers[len(s.workers)-1] }

// KillWorkers ends every worker with SIGKILL.
func (s *Stack) KillWorkers() {
	s.t.Helper()
	for _, w := range s.workers {
		if err := w.Kill(); err != nil {
			s.t.Fatal(err)
		}
	}
	s.workers = nil
}

// AwaitDeath waits until a process has died at its armed point.
func (s *Stack) AwaitDeath(p *devstack.Process) {
	s.t.Helper()
	select {
	case <-p.Exited():
	case <-time.After(Patience):
		s.t.Fatal("the process does not reach its armed point")
	}
}

func (s *Stack) startProcess(name string, spec devstack.ProcessSpec) *devstack.Process {
	s.t.Helper()
	s.started++
	spec.Name = name
	spec.LogFile = filepath.Join(s.logs, name+"-"+string(rune('a'+s.started-1))+".log")
	spec.StopTimeout = 10 * time.Second
	p, err := devstack.StartProcess(s.t.Context(), spec)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := p.Kill(); err != nil {
			s.t.Errorf("end %s: %v", name, err)
		}
		_ = p.Stop(ctx)
	})
	return p
}

// Logs is what the gateway and the workers have logged so far.
func (s *Stack) Logs() string {
	// The pattern is fixed and can be read.
	files, _ := filepath.Glob(filepath.Join(s.logs, "*.log"))
	var b strings.Builder
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			s.t.Fatal(err)
		}
		b.Write(raw)
	}
	return b.String()
}

// showLogs prints what the processes said when the test has failed.
func (s *Stack) showLogs() {
	if !s.t.Failed() {
		return
	}
	files, _ := filepath.Glob(filepath.Join(s.logs, "*.log"))
	for _, file := range files {
		if data, err := os.ReadFile(file); err == nil {
			lines := strings.Split(strings.TrimSpace(string(data)), "\n")
			s.t.Logf("%s:\n%s", filepath.Base(file), strings.Join(lines[max(0, len(lines)-25):], "\n"))
		}
	}
}

// Until waits until f says yes.
func Until(t testing.TB, what string, f func() bool) {
	t.Helper()
	Within(t, Patience, what, f)
}

// Within is Until with a patience of its own.
func Within(t testing.TB, patience time.Duration, what string, f func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !f() {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain: %s", what)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func freeAddress(t testing.TB) string {
	t.Helper()
	address, _, err := devstack.FreeAddress("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return address
}

// deadURL is an address at which nothing listens.
func deadURL(t testing.TB) string {
	t.Helper()
	u := url.URL{Scheme: "http", Host: freeAddress(t)}
	return u.String()
}
