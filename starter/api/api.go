// Package api is the admin API, /api/v1: what the command line, and later the
// console, can do, they do through it.
//
// It owns the routes, their inputs and their errors (problem documents), and
// the one document that describes them. It decides nothing about a
// conversation: the store and the workflows do. It must not show internals: an
// error without a kind is "Internal error." and its cause is in the log.
package api

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"steward/internal/httpkit"
	"steward/internal/seal"
	"steward/internal/store"
	"steward/schemas"
)

// Prefix is where the API is mounted.
const Prefix = "/api/v1"

// maxBody is the largest request body; see maxUpload for uploads.
const maxBody = 16 << 20

// Workflows are the workflows that the API talks to.
type Workflows interface {
	AgentSignals
	WakeHandoff(ctx context.Context, id schemas.HandoffID) error
	ContentWorkflows
	EvalWorkflows
}

// ContentWorkflows read and index content.
type ContentWorkflows interface {
	StartSync(ctx context.Context, in schemas.SyncSourceInput) error
	Resync(ctx context.Context, in schemas.SyncSourceInput) error
	CommandSync(ctx context.Context, workflow, signal string) error
	SetResync(ctx context.Context, source schemas.SourceID, agent schemas.AgentID, schedule schemas.ResyncSchedule) error
	StartReindex(ctx context.Context, in schemas.ReindexInput) error
	StartPull(ctx context.Context, in schemas.PullInput) error
	SetPull(ctx context.Context, in schemas.PullInput, on bool) error
}

// Calls makes calls of actions, with the guard of the network and the secrets of
// connections.
type Calls interface {
	Run(ctx context.Context, r schemas.RunRequest) schemas.RunResult
	Client(ctx context.Context, c schemas.Connection) (*http.Client, func(), error)
}

// Searcher tries what the agent finds.
type Searcher interface {
	Search(ctx context.Context, agent schemas.AgentID, question string) (schemas.SearchResult, error)
}

// AgentSignals are the commands of the agent's workflow.
type AgentSignals interface {
	Pause(ctx context.Context, id schemas.AgentID, in schemas.PauseInput) error
	Resume(ctx context.Context, id schemas.AgentID, in schemas.PauseInput) error
	SwitchOn(ctx context.Context, id schemas.AgentID, in schemas.SwitchInput) error
	SwitchOff(ctx context.Context, id schemas.AgentID, in schemas.SwitchInput) error
}

// Probe asks one dependency whether it works.
type Probe struct {
	Name  string
	Check func(ctx context.Context) error
}

// Options are what an API needs. Store, Workflows and Log are required.
type Options struct {
	Store     *store.Store
	Workflows Workflows
	// Search answers POST /search; without it that is unavailable.
	Search Searcher
	// Admit says why an address may not be read: it is not on the public
	// internet, and the operator has not let it through. Nil admits every one;
	// the crawler's own guard looks at what is really dialled.
	Admit func(address string) error
	// Keys encrypt the secrets of connections; nil refuses to take any.
	Keys *seal.Keys
	// Calls makes the test calls of actions; without it they are unavailable.
	Calls Calls
	// Records is the CRM for people; without it its routes are unavailable.
	Records Records
	// CheckCRM says what is wrong with what the agent may read and change in the
	// CRM, when settings are saved. Nil checks nothing.
	CheckCRM func(ctx context.Context, s schemas.CRMSettings) error
	// Probes are the dependencies that /system/health reports.
	Probes []Probe
	// Desks opens a test ticket at a destination; without it that is unavailable.
	Desks DeskTester
	// Info is what /system/info says; agent and channel are read by the API.
	Info schemas.Info
	// Shown is how long a command waits to see its effect in the agent's row.
	// Default 3 s.
	Shown time.Duration
	Log   *slog.Logger
}

// API serves the admin API.
type API struct {
	o       Options
	errors  httpkit.Errors
	huma    huma.API
	handler http.Handler
	// background are wakes that no request waits for.
	background sync.WaitGroup
}

// New makes the API.
func New(o Options) (*API, error) {
	if o.Log == nil {
		return nil, errors.New("make API: a logger is needed")
	}
	if o.Shown <= 0 {
		o.Shown = 3 * time.Second
	}
	a := &API{o: o, errors: httpkit.Errors{Log: o.Log}}
	mux := http.NewServeMux()
	config := huma.DefaultConfig("Steward admin API", "1")
	config.Info.Description = "Everything an operator can do. Errors are problem documents (RFC 9457)."
	// No $schema links in bodies, no documentation pages from a foreign host.
	config.CreateHooks, config.DocsPath, config.SchemasPath = nil, "", ""
	config.OpenAPIPath = ""
	config.Transformers = append(config.Transformers, a.shape)
	config.RejectUnknownQueryParameters = true
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"token": {Type: "http", Scheme: "bearer"}}
	config.Security = []map[string][]string{{"token": {}}}
	a.huma = humago.NewWithPrefix(mux, Prefix, config)
	a.agents()
	a.settings()
	a.connections()
	a.actions()
	a.imports()
	a.sources()
	a.syncs(mux)
	a.content(mux)
	a.files()
	a.articles()
	a.conversations()
	a.handoffs()
	a.approvals()
	a.records()
	a.gaps()
	a.previews()
	a.desks()
	a.evals()
	a.evalPast()
	a.team()
	a.system()
	mux.HandleFunc("GET "+Prefix+"/openapi.yaml", a.getDocument)
	mux.HandleFunc(Prefix+"/", func(w http.ResponseWriter, r *http.Request) {
		a.errors.Write(w, r, schemas.NewError(schemas.KindNotFound, "There is nothing at this address."))
	})
	a.handler = a.withToken(a.withForms(mux))
	return a, nil
}

// Handler serves the API under Prefix.
func (a *API) Handler() http.Handler { return a.handler }

// Wait returns when nothing is under way that no request waits for.
func (a *API) Wait() { a.background.Wait() }

// Document is the OpenAPI document of the API as YAML.
func (a *API) Document() ([]byte, error) { return a.huma.OpenAPI().YAML() }

func (a *API) getDocument(w http.ResponseWriter, r *http.Request) {
	doc, err := a.Document()
	if err != nil {
		a.errors.Write(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/yaml")
	_, _ = w.Write(doc)
}

// tokenTimeout bounds the look-up of a token.
const tokenTimeout = 3 * time.Second

// withToken lets only requests with a token of the API through. A wrong one
// learns nothing, not even which addresses exist.
func (a *API) withToken(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-store")
		secret, _ := httpkit.Bearer(r)
		ctx, cancel := context.WithTimeout(r.Context(), tokenTimeout)
		defer cancel()
		if _, err := a.o.Store.CheckToken(ctx, secret); err != nil {
			if schemas.KindOf(err) == schemas.KindUnauthorized {
				err = schemas.NewError(schemas.KindUnauthorized, "Unauthorized.")
			}
			a.errors.Write(w, r, store.Unavailable(err))
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxUpload)
		next.ServeHTTP(w, r)
	})
}

// later does something after the answer, for at most five seconds. It is for
// wakes: what they bring is in Postgres already.
func (a *API) later(ctx context.Context, what string, f func(ctx context.Context) error) {
	ctx = context.WithoutCancel(ctx)
	a.background.Go(func() {
		ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		if err := f(ctx); err != nil {
			a.o.Log.WarnContext(ctx, "wake failed; the workflow wakes at its own deadline", "what", what, "error", err)
		}
	})
}
