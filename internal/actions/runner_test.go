package actions_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"steward/internal/actions"
	"steward/schemas"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// canary is a secret that must appear nowhere but at the system it is for.
const canary = "canary-7f3d9c1e5b"

// keys are secrets by reference.
type keys map[string]string

func (k keys) Secret(_ context.Context, reference string) (string, error) {
	if s, ok := k[reference]; ok {
		return s, nil
	}
	return "", errors.New("no secret: " + canary)
}

// system is another system on loopback that an action calls.
type system struct {
	*httptest.Server
	hits atomic.Int64

	mu sync.Mutex
	// last is the last request, text its body.
	last *http.Request
	text string
}

// seen is the last request.
func (s *system) seen() *http.Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last
}

// body is that of the last request.
func (s *system) body() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text
}

// serve starts a system with TLS. Its address is a private host of the
// connection, which is the only way to reach one.
func serve(t *testing.T, handler http.HandlerFunc) (*system, schemas.Connection, actions.Options) {
	t.Helper()
	s := &system{}
	s.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.hits.Add(1)
		body, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		s.last, s.text = r, string(body)
		s.mu.Unlock()
		r.Body = io.NopCloser(bytes.NewReader(body))
		handler(w, r)
	}))
	t.Cleanup(s.Close)
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	c := schemas.Connection{Name: "shop", BaseURL: s.URL, Auth: schemas.AuthNone, PrivateHosts: []string{s.Listener.Addr().String()}}
	return s, c, actions.Options{RootCAs: pool, Secrets: keys{"stored:shop": canary, "stored:other": canary}}
}

func answers(status int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func says(body string) http.HandlerFunc { return answers(http.StatusOK, "application/json", body) }

// lookup is a read of one order.
func lookup() schemas.Action {
	return schemas.Action{
		Name: "order_status", Title: "Order status", Description: "When a customer asks where an order is.",
		Kind: schemas.ActionHTTP, Effect: schemas.EffectRead, Protection: schemas.ProtectNone,
		Inputs: []schemas.Input{{Name: "order", Title: "Order number", Instructions: "What is your order number?", Required: true}},
		HTTP:   &schemas.HTTPCall{Connection: "shop", Method: "GET", Path: "/orders/{order}"},
		Outputs: []schemas.Output{
			{Path: "status", Name: "status", Visibility: schemas.VisibleCustomer},
			{Path: "internal.margin", Name: "margin", Visibility: schemas.VisibleNobody},
			{Path: "note", Name: "note", Visibility: schemas.VisibleModel},
		},
	}
}

// refund is a write without an idempotency header.
func refund() schemas.Action {
	return schemas.Action{
		Name: "refund", Title: "Refund an order", Description: "When a customer wants money back.",
		Kind: schemas.ActionHTTP, Effect: schemas.EffectWrite,
		Inputs: []schemas.Input{
			{Name: "order", Required: true},
			{Name: "amount", Schema: json.RawMessage(`{"type":"number","minimum":0}`)},
			{Name: "reason"},
		},
		HTTP: &schemas.HTTPCall{
			Connection: "shop", Method: "POST", Path: "/refunds", TimeoutSeconds: 1,
			Body: json.RawMessage(`{"order":"{order}","amount":"{amount}","text":"Reason: {reason}","only":"{reason}","list":["{amount}","x"]}`),
		},
	}
}

func args(pairs ...string) map[string]json.RawMessage {
	out := map[string]json.RawMessage{}
	for i := 0; i < len(pairs); i += 2 {
		out[pairs[i]] = json.RawMessage(pairs[i+1])
	}
	return out
}

func order17() map[string]json.RawMessage { return args("order", `"A-17"`) }

func run(t *testing.T, o actions.Options, a schemas.Action, c schemas.Connection, in map[string]json.RawMessage) schemas.RunResult {
	t.Helper()
	if err := actions.Validate(a, []schemas.Connection{c}); err != nil {
		t.Fatal(err)
	}
	result := actions.New(o).Run(t.Context(), schemas.RunRequest{Action: a, Connection: c, Arguments: in, Key: "conv_1/2/3"})
	text, err := json.Marshal(result)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), canary) {
		t.Errorf("the secret is in the result: %s", text)
	}
	if result.State == "" || result.Took < 0 {
		t.Errorf("no whole result: %+v", result)
	}
	return result
}

func TestReadOfAnOrder(t *testing.T) {
	t.Parallel()
	s, c, o := serve(t, says(`{"status":"shipped","internal":{"margin":0.31},"note":"by boat","rest":"unread"}`))
	r := run(t, o, lookup(), c, order17())
	if r.State != schemas.RunOK || r.Status != 200 || r.Retryable {
		t.Fatalf("%+v", r)
	}
	if s.seen().URL.RequestURI() != "/orders/A-17" || s.seen().Method != "GET" || s.hits.Load() != 1 {
		t.Errorf("asked %s %s %d times", s.seen().Method, s.seen().URL, s.hits.Load())
	}
	if got := actions.ForEngine(lookup(), r); got != `{"status":"shipped","note":"by boat"}` {
		t.Errorf("engine reads %s", got)
	}
	if got := actions.ForCustomer(lookup(), r); got != "Status: shipped" {
		t.Errorf("customer reads %q", got)
	}
	if len(r.Values) != 3 {
		t.Errorf("hidden values are kept for later: %v", r.Values)
	}
}

func TestWriteSendsItsBodyOnce(t *testing.T) {
	t.Parallel()
	s, c, o := serve(t, says(`{}`))
	a := refund()
	a.HTTP.IdempotencyHeader = "Idempotency-Key"
	r := run(t, o, a, c, args("order", `"A\"17<"`, "amount", `10.50`))
	if r.State != schemas.RunOK {
		t.Fatalf("%+v", r)
	}
	if want := `{"amount":10.50,"list":[10.50,"x"],"order":"A\"17<","text":"Reason: "}`; s.body() != want {
		t.Errorf("sent %s, want %s", s.body(), want)
	}
	if got := s.seen().Header.Get("Idempotency-Key"); got != "conv_1/2/3" {
		t.Errorf("key %q", got)
	}
	if got := s.seen().Header.Get("Content-Type"); got != "application/json" {
		t.Errorf("content type %q", got)
	}
}

// Outcomes of answers: what an engine hears is a fixed word.
func TestOutcomes(t *testing.T) {
	t.Parallel()
	read, write, safe := lookup(), refund(), refund()
	safe.HTTP.IdempotencyHeader = "Idempotency-Key"
	for name, tc := range map[string]struct {
		action schemas.Action
		status int
		state  schemas.RunState
		err    schemas.RunError
		again  bool
	}{
		"read 404":  {read, 404, schemas.RunFailed, schemas.RunErrorNotFound, false},
		"read 400":  {read, 400, schemas.RunFailed, schemas.RunErrorRejected, false},
		"read 401":  {read, 401, schemas.RunFailed, schemas.RunErrorAuth, false},
		"read 500":  {read, 500, schemas.RunFailed, schemas.RunErrorUnavailable, false},
		"read 503":  {read, 503, schemas.RunFailed, schemas.RunErrorUnavailable, true},
		"read 429":  {read, 429, schemas.RunFailed, schemas.RunErrorUnavailable, true},
		"read 504":  {read, 504, schemas.RunFailed, schemas.RunErrorTimeout, true},
		"write 422": {write, 422, schemas.RunFailed, schemas.RunErrorRejected, false},
		"write 503": {write, 503, schemas.RunFailed, schemas.RunErrorUnavailable, false},
		"write 502": {write, 502, schemas.RunUnknown, schemas.RunErrorUnavailable, false},
		"safe 502":  {safe, 502, schemas.RunUnknown, schemas.RunErrorUnavailable, true},
		"safe 503":  {safe, 503, schemas.RunFailed, schemas.RunErrorUnavailable, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, c, o := serve(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Retry-After", "7")
				answers(tc.status, "text/html", "<h1>Upstream "+canary+"</h1>")(w, r)
			})
			r := run(t, o, tc.action, c, order17())
			if r.State != tc.state || r.Error != tc.err || r.Retryable != tc.again || r.Status != tc.status {
				t.Errorf("%+v", r)
			}
			if want := map[bool]time.Duration{true: 7 * time.Second}[tc.again]; r.RetryAfter != want {
				t.Errorf("retry after %v, want %v", r.RetryAfter, want)
			}
			if len(r.Values) > 0 || actions.ForEngine(tc.action, r) != "" {
				t.Errorf("text of a failure is passed on: %v", r.Values)
			}
		})
	}
}

// Three tries of a read that fails twice: the caller repeats while it may.
func TestReadIsRepeatedUntilItWorks(t *testing.T) {
	t.Parallel()
	var n atomic.Int64
	s, c, o := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if n.Add(1) < 3 {
			answers(503, "text/plain", "busy")(w, r)
			return
		}
		says(`{"status":"shipped"}`)(w, r)
	})
	r := run(t, o, lookup(), c, order17())
	for r.Retryable && s.hits.Load() < 5 {
		r = run(t, o, lookup(), c, order17())
	}
	if r.State != schemas.RunOK || s.hits.Load() != 3 {
		t.Errorf("%+v after %d calls", r, s.hits.Load())
	}
}

// hang answers nothing until the client has gone.
func hang(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

// cutOff breaks the connection after the request has come.
func cutOff(w http.ResponseWriter, _ *http.Request) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		conn.Close()
	}
}

func TestLostAnswers(t *testing.T) {
	t.Parallel()
	read, write, safe := lookup(), refund(), refund()
	read.HTTP.TimeoutSeconds = 1
	safe.HTTP.IdempotencyHeader = "Idempotency-Key"
	for name, tc := range map[string]struct {
		action  schemas.Action
		handler http.HandlerFunc
		state   schemas.RunState
		err     schemas.RunError
		again   bool
	}{
		"read hangs":    {read, hang, schemas.RunFailed, schemas.RunErrorTimeout, true},
		"write hangs":   {write, hang, schemas.RunUnknown, schemas.RunErrorTimeout, false},
		"safe hangs":    {safe, hang, schemas.RunUnknown, schemas.RunErrorTimeout, true},
		"read cut off":  {read, cutOff, schemas.RunFailed, schemas.RunErrorUnavailable, true},
		"write cut off": {write, cutOff, schemas.RunUnknown, schemas.RunErrorUnavailable, false},
		"safe cut off":  {safe, cutOff, schemas.RunUnknown, schemas.RunErrorUnavailable, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, c, o := serve(t, tc.handler)
			r := run(t, o, tc.action, c, order17())
			if r.State != tc.state || r.Error != tc.err || r.Retryable != tc.again {
				t.Errorf("%+v", r)
			}
			if s.hits.Load() != 1 {
				t.Errorf("called %d times", s.hits.Load())
			}
		})
	}
}

func TestFailuresBeforeSending(t *testing.T) {
	t.Parallel()
	s, c, o := serve(t, says(`{}`))
	s.Close()
	r := run(t, o, refund(), c, order17())
	if r.State != schemas.RunFailed || r.Error != schemas.RunErrorUnavailable || r.Retryable {
		t.Errorf("nobody listens: %+v", r)
	}
	r = run(t, o, lookup(), c, order17())
	if r.State != schemas.RunFailed || !r.Retryable {
		t.Errorf("nobody listens to a read: %+v", r)
	}

	s, c, o = serve(t, says(`{}`))
	o.RootCAs = x509.NewCertPool()
	r = run(t, o, refund(), c, order17())
	if r.State != schemas.RunFailed || r.Error != schemas.RunErrorUnavailable || r.Retryable || s.hits.Load() != 0 {
		t.Errorf("wrong certificate: %+v, %d calls", r, s.hits.Load())
	}
}

func TestTestRuns(t *testing.T) {
	t.Parallel()
	s, c, o := serve(t, says(`{"status":"shipped"}`))
	request := schemas.RunRequest{Action: refund(), Connection: c, Arguments: order17(), Key: "k", Test: true}
	if r := actions.New(o).Run(t.Context(), request); r.State != schemas.RunOK || s.hits.Load() != 0 || len(r.Values) != 0 {
		t.Errorf("a write: %+v, %d calls", r, s.hits.Load())
	}
	request.Action = lookup()
	if r := actions.New(o).Run(t.Context(), request); r.State != schemas.RunOK || s.hits.Load() != 1 {
		t.Errorf("a read: %+v, %d calls", r, s.hits.Load())
	}
	request.Action, request.Arguments = refund(), nil
	request.Action.HTTP.Path = "/refunds/{order}"
	if r := actions.New(o).Run(t.Context(), request); r.Error != schemas.RunErrorArguments {
		t.Errorf("a write that cannot be made: %+v", r)
	}
}

func TestRefusedRuns(t *testing.T) {
	t.Parallel()
	s, c, o := serve(t, says(`{}`))
	for name, change := range map[string]func(*schemas.RunRequest){
		"disabled action":     func(r *schemas.RunRequest) { r.Action.Disabled = true },
		"disabled connection": func(r *schemas.RunRequest) { r.Connection.Disabled = true },
		"no key":              func(r *schemas.RunRequest) { r.Key = "" },
		"another connection":  func(r *schemas.RunRequest) { r.Connection.Name = "other" },
		"no secret": func(r *schemas.RunRequest) {
			r.Connection.Auth, r.Connection.Secret = schemas.AuthBearer, "stored:none"
		},
		"broken action": func(r *schemas.RunRequest) { r.Action.HTTP.Path = "//evil.example/" },
		"crm":           func(r *schemas.RunRequest) { r.Action.Kind = schemas.ActionCRM },
	} {
		request := schemas.RunRequest{Action: lookup(), Connection: c, Arguments: order17(), Key: "k"}
		change(&request)
		r := actions.New(o).Run(t.Context(), request)
		if r.Error != schemas.RunErrorConfig || r.Retryable || !r.State.Ended() || r.State == schemas.RunOK {
			t.Errorf("%s: %+v", name, r)
		}
		if strings.HasPrefix(name, "disabled") && r.State != schemas.RunDenied {
			t.Errorf("%s: state %s", name, r.State)
		}
	}
	if s.hits.Load() != 0 {
		t.Errorf("%d calls were made", s.hits.Load())
	}
}

func TestCallback(t *testing.T) {
	t.Parallel()
	s, c, o := serve(t, answers(http.StatusAccepted, "application/json", `{"job":1}`))
	a := refund()
	request := schemas.RunRequest{Action: a, Connection: c, Arguments: order17(), Key: "k", CallbackURL: "https://steward.example/cb/1"}
	if r := actions.New(o).Run(t.Context(), request); r.State != schemas.RunOK || s.seen().Header.Get("X-Steward-Callback") != "" {
		t.Errorf("without a callback: %+v", r)
	}
	request.Action.Callback = &schemas.Callback{}
	if r := actions.New(o).Run(t.Context(), request); r.State != schemas.RunWaiting || s.seen().Header.Get("X-Steward-Callback") != "https://steward.example/cb/1" {
		t.Errorf("with a callback: %+v", r)
	}
}

func TestSuccess(t *testing.T) {
	t.Parallel()
	a := lookup()
	a.HTTP.Success = &schemas.Success{Statuses: []int{200}, Path: "ok", Equals: json.RawMessage(`true`)}
	for body, want := range map[string]schemas.RunError{
		`{"ok":true,"status":"x"}`:   schemas.RunErrorNone,
		`{"ok":false,"status":"x"}`:  schemas.RunErrorRejected,
		`{"ok":"true","status":"x"}`: schemas.RunErrorRejected,
		`{"status":"x"}`:             schemas.RunErrorRejected,
		`{"other":1,"ok":true}`:      schemas.RunErrorMalformed,
		`{"ok":true,`:                schemas.RunErrorMalformed,
		`{"ok":true,"ok":false}`:     schemas.RunErrorMalformed,
	} {
		_, c, o := serve(t, says(body))
		if r := run(t, o, a, c, order17()); r.Error != want {
			t.Errorf("%s: %+v", body, r)
		}
	}
	_, c, o := serve(t, answers(http.StatusCreated, "application/json", `{"ok":true,"status":"x"}`))
	if r := run(t, o, a, c, order17()); r.Error != schemas.RunErrorRejected {
		t.Errorf("another status: %+v", r)
	}
}
