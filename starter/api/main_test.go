package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"steward/internal/channels/livechat"
	"steward/internal/httpkit"
	"steward/internal/store"
	"steward/internal/testkit"
	"steward/schemas"
	"steward/starter/api"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// fakeWorkflows stands for Temporal: commands of the agent are applied at once,
// as a worker does, unless it is stopped.
type fakeWorkflows struct {
	store *store.Store

	mu      sync.Mutex
	stopped bool
	down    bool
	calls   []string
}

func (f *fakeWorkflows) called(what string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, what)
	if f.down {
		return schemas.NewError(schemas.KindUnavailable, "Temporal does not answer at the moment, or no worker is running.")
	}
	return nil
}

func (f *fakeWorkflows) saw(what string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Contains(f.calls, what)
}

func (f *fakeWorkflows) all() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.calls)
}

// forget drops the calls so far.
func (f *fakeWorkflows) forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = nil
}

func (f *fakeWorkflows) set(stopped, down bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stopped, f.down = stopped, down
}

func (f *fakeWorkflows) apply(ctx context.Context, id schemas.AgentID, c schemas.AgentCommand) error {
	if err := f.called(string(c.Kind)); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.stopped {
		return nil
	}
	state, err := f.store.AgentState(ctx, id)
	if err != nil {
		return err
	}
	_, err = f.store.ApplyAgentCommand(ctx, schemas.AgentCommandInput{Agent: id, Command: c, Number: state.Number + 1})
	return err
}

func (f *fakeWorkflows) Pause(ctx context.Context, id schemas.AgentID, in schemas.PauseInput) error {
	return f.apply(ctx, id, schemas.AgentCommand{Kind: schemas.CommandPause, Pause: in})
}

func (f *fakeWorkflows) Resume(ctx context.Context, id schemas.AgentID, in schemas.PauseInput) error {
	return f.apply(ctx, id, schemas.AgentCommand{Kind: schemas.CommandResume, Pause: in})
}

func (f *fakeWorkflows) SwitchOn(ctx context.Context, id schemas.AgentID, in schemas.SwitchInput) error {
	return f.apply(ctx, id, schemas.AgentCommand{Kind: schemas.CommandSwitchOn, Switch: in})
}

func (f *fakeWorkflows) SwitchOff(ctx context.Context, id schemas.AgentID, in schemas.SwitchInput) error {
	return f.apply(ctx, id, schemas.AgentCommand{Kind: schemas.CommandSwitchOff, Switch: in})
}

func (f *fakeWorkflows) WakeHandoff(_ context.Context, id schemas.HandoffID) error {
	return f.called("wake " + string(id))
}

func (f *fakeWorkflows) StartSync(_ context.Context, in schemas.SyncSourceInput) error {
	return f.called("sync " + string(in.Source))
}

func (f *fakeWorkflows) Resync(_ context.Context, in schemas.SyncSourceInput) error {
	return f.called("resync " + string(in.Trigger) + " " + string(in.Source))
}

func (f *fakeWorkflows) CommandSync(_ context.Context, workflow, signal string) error {
	return f.called(signal + " " + workflow)
}

func (f *fakeWorkflows) SetResync(_ context.Context, source schemas.SourceID, _ schemas.AgentID, schedule schemas.ResyncSchedule) error {
	return f.called("schedule " + string(schedule) + " " + string(source))
}

func (f *fakeWorkflows) StartReindex(context.Context, schemas.ReindexInput) error {
	return f.called("reindex")
}

func (f *fakeWorkflows) StartPull(_ context.Context, in schemas.PullInput) error {
	return f.called("pull " + string(in.Connector))
}

func (f *fakeWorkflows) SetPull(_ context.Context, in schemas.PullInput, on bool) error {
	return f.called(fmt.Sprintf("schedule pull %v %s", on, in.Connector))
}

// site is an API on a database of its own.
type site struct {
	t         *testing.T
	store     *store.Store
	workflows *fakeWorkflows
	api       *api.API
	base      string
	token     string
	place     store.Deployment
}

// adminToken is what the tests call the API with.
const adminToken = "a-token-of-the-tests"

func setup(t *testing.T, change func(*api.Options)) *site {
	t.Helper()
	s, err := store.Open(t.Context(), testkit.Database(t), store.Options{MaxConns: 6})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	place, err := s.Bootstrap(t.Context(), store.Bootstrap{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.EnsureAdminToken(t.Context(), adminToken); err != nil {
		t.Fatal(err)
	}
	w := &fakeWorkflows{store: s}
	o := api.Options{
		Store: s, Workflows: w, Log: testkit.Logger(t), Shown: 300 * time.Millisecond,
		Info: schemas.Info{Version: "test", Dev: true, TemporalUI: "http://127.0.0.1:8233", TemporalNS: "default"},
	}
	if change != nil {
		change(&o)
	}
	a, err := api.New(o)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(httpkit.Wrap(a.Handler(), testkit.Logger(t)))
	t.Cleanup(func() {
		server.Close()
		a.Wait()
	})
	return &site{t: t, store: s, workflows: w, api: a, base: server.URL, token: adminToken, place: place}
}

// request is one call of the API.
type request struct {
	method, path, body string
	headers            map[string]string
	// anonymous leaves the token out.
	anonymous bool
}

type response struct {
	status int
	header http.Header
	body   string
}

// into decodes the body.
func (r response) into(t *testing.T, v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(r.body), v); err != nil {
		t.Fatalf("decode %s: %v", r.body, err)
	}
}

func (s *site) call(r request) response {
	s.t.Helper()
	var body io.Reader
	if r.body != "" {
		body = bytes.NewReader([]byte(r.body))
	}
	req, err := http.NewRequestWithContext(s.t.Context(), r.method, s.base+api.Prefix+r.path, body)
	if err != nil {
		s.t.Fatal(err)
	}
	if r.body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if !r.anonymous {
		req.Header.Set("Authorization", "Bearer "+s.token)
	}
	for name, value := range r.headers {
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return response{status: resp.StatusCode, header: resp.Header, body: string(raw)}
}

// want makes a call and fails the test unless it has the status.
func (s *site) want(status int, r request) response {
	s.t.Helper()
	got := s.call(r)
	if got.status != status {
		s.t.Fatalf("%s %s: status %d, want %d: %s", r.method, r.path, got.status, status, got.body)
	}
	if status >= 400 {
		s.problem(got)
	}
	return got
}

// problem checks the shape of an error and that it shows nothing of the inside.
func (s *site) problem(got response) schemas.ProblemShown {
	s.t.Helper()
	if ct := got.header.Get("Content-Type"); ct != httpkit.ProblemType {
		s.t.Errorf("content type %q of an error: %s", ct, got.body)
	}
	var p schemas.ProblemShown
	got.into(s.t, &p)
	if p.Status != got.status || p.Title == "" || p.Detail == "" || p.Instance == "" || p.Type != "about:blank" {
		s.t.Errorf("problem document lacks something: %s", got.body)
	}
	for _, leak := range []string{"pgx", "SQLSTATE", "select ", "goroutine", ".go:", "store.", "danielgtaylor", "huma.", "\"value\"", "json:"} {
		if strings.Contains(got.body, leak) {
			s.t.Errorf("error shows %q: %s", leak, got.body)
		}
	}
	return p
}

// customer writes a message and returns its conversation.
func (s *site) customer(text string) schemas.ConversationID {
	s.t.Helper()
	session, err := s.store.OpenSession(s.t.Context(), s.place.PublicKey, "en", time.Hour)
	if err != nil {
		s.t.Fatal(err)
	}
	clean, err := livechat.CleanText(text)
	if err != nil {
		s.t.Fatal(err)
	}
	got, err := s.store.Receive(s.t.Context(), session.Inbound(uuid.NewString(), clean))
	if err != nil {
		s.t.Fatal(err)
	}
	return got.Conversation
}

// handedOver is a conversation of which the rules say that people take it.
func (s *site) handedOver(text string) schemas.ConversationID {
	s.t.Helper()
	id := s.customer(text)
	_, err := s.store.NextStep(s.t.Context(), id, schemas.Rules{
		Next: func(f schemas.Facts) schemas.Verdict {
			if f.Head.Owner == schemas.OwnerQueue {
				return schemas.Verdict{Do: schemas.DoStartHandoff}
			}
			return schemas.Verdict{Do: schemas.DoHandOff, Reason: schemas.ReasonCustomerRequest}
		},
		Notice: func(schemas.Facts, schemas.Verdict, schemas.PeopleFacts) schemas.Notice {
			return schemas.Notice{Text: "I'm getting a colleague."}
		},
		Summary: func(schemas.Facts, schemas.Verdict, []schemas.Line) string { return "asked for a person" },
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return id
}
