package actions

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"steward/schemas"
)

// Options are what a Runner needs.
type Options struct {
	// Secrets finds the secrets of connections and inputs. Nil has none.
	Secrets Secrets
	// Tools calls the tools of MCP servers. Nil: such actions fail as
	// misconfigured.
	Tools Tools
	// RootCAs are the authorities that are trusted. Default those of the system.
	RootCAs *x509.CertPool
	// Resolver looks names up. Default that of the system. It needs no trust:
	// what is dialled is checked.
	Resolver *net.Resolver
	// Now is the clock of signatures and durations. Default time.Now.
	Now func() time.Time
	// Agent is the User-Agent. Default Steward.
	Agent string
}

// Tools calls the tools of MCP servers. Package actions/mcp implements it.
type Tools interface {
	// Call makes one call through the client, which holds the guard and the
	// credential. Errors are ErrToolChanged, ErrToolRefused or those of the client;
	// the answer says also beside an error whether the call had begun.
	Call(ctx context.Context, client *http.Client, call ToolCall) (ToolAnswer, error)
}

// ToolCall is one call of a tool.
type ToolCall struct {
	// Endpoint is the address of the server.
	Endpoint string
	Tool     string
	// Digest is that of the approved definition; another one is not called.
	Digest string
	// Arguments are by the tool's own names.
	Arguments map[string]json.RawMessage
}

// ToolAnswer is what a tool answered.
type ToolAnswer struct {
	// Body is JSON, or text.
	Body []byte
	// Failed: the tool itself says that it failed.
	Failed bool
	// Called is true once the call may have reached the tool.
	Called bool
}

// The errors of Tools.
var (
	// ErrToolChanged: the server has no tool of this definition.
	ErrToolChanged = errors.New("the tool is not the approved one")
	// ErrToolRefused: the server answered the call with an error of the protocol.
	ErrToolRefused = errors.New("the server refused the call")
)

// Runner makes the calls of actions. It is safe for concurrent use and keeps
// nothing between calls but access tokens.
type Runner struct {
	options Options
	tokens  *tokens
}

// New makes a Runner.
func New(o Options) *Runner {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Agent == "" {
		o.Agent = "Steward"
	}
	return &Runner{options: o, tokens: &tokens{}}
}

// Run makes one call; the caller repeats it while the result is Retryable, with
// the same key. It returns no error: what went wrong is a fixed word of the
// result, without any text of the other system.
//
// A result is unknown when the effect may have happened: a write whose answer
// was lost after the request may have been sent, or whose gateway answered 502
// or 504. It is Retryable all the same when the action has an idempotency
// header, and stands when all tries are used up. A run with Test set makes reads
// as always and checks of a write only whether its request can be made: that is
// ok without values. Spec: S53, D17. Settled: rule 4.
func (r *Runner) Run(ctx context.Context, req schemas.RunRequest) schemas.RunResult {
	start := r.options.Now()
	req.Action = Normalise(req.Action)
	result := r.run(ctx, req)
	result.Took = max(0, r.options.Now().Sub(start))
	return result
}

func failed(kind schemas.RunError) schemas.RunResult {
	return schemas.RunResult{State: schemas.RunFailed, Error: kind}
}

func (r *Runner) run(ctx context.Context, req schemas.RunRequest) schemas.RunResult {
	a := req.Action
	if a.Disabled || req.Connection.Disabled {
		return schemas.RunResult{State: schemas.RunDenied, Error: schemas.RunErrorConfig}
	}
	if req.Key == "" || control(req.Key) || !Uses(a, req.Connection.Name) || ValidateConnection(req.Connection) != nil ||
		Validate(a, []schemas.Connection{req.Connection}) != nil {
		return failed(schemas.RunErrorConfig)
	}
	timeout := defaultTimeout
	if a.HTTP != nil {
		timeout = a.HTTP.TimeoutSeconds
	} else if a.MCP != nil {
		timeout = a.MCP.TimeoutSeconds
	}
	ctx, cancel := context.WithTimeout(ctx, time.Duration(timeout)*time.Second)
	defer cancel()

	args, hidden, err := withSecrets(ctx, a, req.Arguments, r.options.Secrets)
	if err != nil {
		return failed(schemas.RunErrorConfig)
	}
	line, err := r.open(ctx, req)
	if err != nil {
		return failed(schemas.RunErrorConfig)
	}
	defer line.close()
	if a.Kind == schemas.ActionMCP {
		return r.runTool(ctx, req, line, args, hidden)
	}
	return r.runHTTP(ctx, req, line, args, hidden)
}

// line is the way to one system for one call.
type line struct {
	base      *url.URL
	transport *http.Transport
	proof     *proof
	client    *http.Client
}

func (l *line) close() { l.transport.CloseIdleConnections() }

// open makes the way to the connection's system. Nothing is dialled yet.
func (r *Runner) open(ctx context.Context, req schemas.RunRequest) (*line, error) {
	c := req.Connection
	base, err := endpoint(c, c.BaseURL)
	if err != nil {
		return nil, err
	}
	secret := ""
	if c.Auth != schemas.AuthNone {
		if secret, err = resolve(ctx, r.options.Secrets, c.Secret); err != nil {
			return nil, err
		}
	}
	limit := maxToolBytes
	if req.Action.HTTP != nil {
		limit = req.Action.HTTP.MaxBytes
	}
	transport := r.transport(c)
	p := &proof{
		ctx: ctx, next: transport, connection: c, origin: base, secret: secret, request: req,
		tokens: r.tokens, now: r.options.Now, limit: limit,
	}
	return &line{base: base, transport: transport, proof: p, client: client(p)}, nil
}

// Client is an HTTP client for one connection outside of a run, such as listing
// the tools of an MCP server: with the guard, the credential and the limits of a
// run, and no customer. Its requests end with ctx, or when the second result is
// called, which the caller must do.
func (r *Runner) Client(ctx context.Context, c schemas.Connection) (*http.Client, func(), error) {
	if err := ValidateConnection(c); err != nil {
		return nil, nil, err
	}
	if c.Disabled {
		return nil, nil, schemas.NewError(schemas.KindConflict, "the connection is disabled")
	}
	ctx, cancel := context.WithCancel(ctx)
	line, err := r.open(ctx, schemas.RunRequest{Connection: c})
	if err != nil {
		cancel()
		return nil, nil, fmt.Errorf("open connection: %w", schemas.NewError(schemas.KindInvalid, "secret: "+ErrNoSecret.Error()))
	}
	return line.client, func() {
		cancel()
		line.close()
	}, nil
}

func (r *Runner) runHTTP(ctx context.Context, req schemas.RunRequest, l *line, args values, hidden []string) schemas.RunResult {
	a := req.Action
	out, err := render(ctx, l.base, *a.HTTP, args)
	if err != nil {
		return failed(schemas.RunErrorArguments)
	}
	out.Header.Set("User-Agent", r.options.Agent)
	if h := a.HTTP.IdempotencyHeader; h != "" {
		out.Header.Set(h, req.Key)
	}
	if a.Callback != nil && req.CallbackURL != "" && !control(req.CallbackURL) {
		out.Header.Set(headerCallback, req.CallbackURL)
	}
	if req.Test && a.Effect.Changes() {
		return schemas.RunResult{State: schemas.RunOK}
	}
	res, err := l.client.Do(out)
	if err != nil {
		return broken(a, l.proof.wasSent(), err)
	}
	defer res.Body.Close()
	return r.read(ctx, a, res, append(hidden, l.proof.secrets()...))
}

// read turns an answer into a result.
func (r *Runner) read(ctx context.Context, a schemas.Action, res *http.Response, hidden []string) schemas.RunResult {
	after := retryAfter(res.Header.Get("Retry-After"), r.options.Now())
	if !succeeded(a.HTTP.Success, res.StatusCode) {
		return refused(a, res.StatusCode, after)
	}
	body, err := io.ReadAll(res.Body)
	if err == nil {
		// A system that sees our end of the connection go may end its answer as if
		// it were whole.
		err = ctx.Err()
	}
	if err != nil && !settledByStatus(a) {
		result := broken(a, true, err)
		result.Status = res.StatusCode
		return result
	}
	answer, kind := newAnswer(res.Header.Get("Content-Type"), res.Header.Get("Content-Encoding"), body)
	if err != nil {
		answer, kind = answer0(), schemas.RunErrorNone
	}
	result := schemas.RunResult{State: schemas.RunOK, Status: res.StatusCode}
	if a.Callback != nil && res.StatusCode == http.StatusAccepted {
		result.State = schemas.RunWaiting
	}
	switch {
	case kind != schemas.RunErrorNone && settledByStatus(a):
		return result
	case kind != schemas.RunErrorNone:
		return unreadable(a, res.StatusCode, kind)
	case !answer.fulfils(a.HTTP.Success):
		return schemas.RunResult{State: schemas.RunFailed, Error: schemas.RunErrorRejected, Status: res.StatusCode}
	}
	if result.Values, kind = answer.values(a, hidden); kind != schemas.RunErrorNone && result.State != schemas.RunWaiting && !a.Effect.Changes() {
		return unreadable(a, res.StatusCode, kind)
	}
	return result
}

func (r *Runner) runTool(ctx context.Context, req schemas.RunRequest, l *line, args values, hidden []string) schemas.RunResult {
	a := req.Action
	if r.options.Tools == nil {
		return failed(schemas.RunErrorConfig)
	}
	if req.Test && a.Effect.Changes() {
		return schemas.RunResult{State: schemas.RunOK}
	}
	got, err := r.options.Tools.Call(ctx, l.client, ToolCall{
		Endpoint: l.base.String(), Tool: a.MCP.Tool, Digest: a.MCP.Digest, Arguments: toolArguments(*a.MCP, args),
	})
	switch {
	case errors.Is(err, ErrToolChanged):
		return failed(schemas.RunErrorChanged)
	case errors.Is(err, ErrToolRefused):
		return failed(schemas.RunErrorRejected)
	case err != nil:
		return toolBroken(ctx, a, l.proof, got.Called, err, r.options.Now())
	case got.Failed:
		return failed(schemas.RunErrorRejected)
	}
	answer, kind := newAnswer("", "", got.Body)
	if kind != schemas.RunErrorNone {
		return unreadable(a, 0, kind)
	}
	result := schemas.RunResult{State: schemas.RunOK}
	if result.Values, kind = answer.values(a, append(hidden, l.proof.secrets()...)); kind != schemas.RunErrorNone && !a.Effect.Changes() {
		return unreadable(a, 0, kind)
	}
	return result
}

// toolArguments names the values of a call as the tool does.
func toolArguments(c schemas.MCPCall, args values) map[string]json.RawMessage {
	out := make(map[string]json.RawMessage, len(args))
	for name, value := range args {
		if args.has(name) {
			out[orDefault(c.Arguments[name], name)] = value
		}
	}
	return out
}
