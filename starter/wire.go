package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"go.temporal.io/sdk/client"

	"steward/activities"
	"steward/internal/actions"
	"steward/internal/config"
	"steward/internal/desks"
	"steward/internal/fault"
	"steward/internal/httpkit"
	"steward/internal/mail"
	"steward/internal/seal"
	"steward/internal/store"
	"steward/internal/temporalclient"
	"steward/schemas"
	"steward/starter/api"
	"steward/starter/dispatch"
	"steward/starter/gateway"
	"steward/starter/gateway/demo"
)

// Options are what a server needs.
type Options struct {
	Config  config.Config
	Log     *slog.Logger
	Version string
	// Temporal overrides the connection's settings, for `steward dev` and tests.
	Temporal temporalclient.Options
	// Settings are those of the agent that the first start makes. Nil means the
	// defaults.
	Settings *schemas.Settings
}

// Main is a server process with everything it has opened.
type Main struct {
	o          Options
	listener   net.Listener
	ingress    *store.Store
	relayStore *store.Store
	admin      *store.Store
	temporal   client.Client
	dispatch   *dispatch.Client
	gateway    *gateway.Gateway
	relay      *gateway.Relay
	api        *api.API
	ready      *readiness
	handler    http.Handler
	deployment store.Deployment
	// prepared is closed when Temporal has what our workflows need.
	prepared chan struct{}
}

// How many connections the admin API has.
const adminPool = 8

// New opens the stores, makes the deployment's agent, channel and token at the
// first start, and listens. Temporal and Weaviate may be down.
func New(ctx context.Context, o Options) (*Main, error) {
	m := &Main{o: o, prepared: make(chan struct{})}
	if err := m.open(ctx); err != nil {
		return nil, errors.Join(err, m.Close())
	}
	return m, nil
}

func (m *Main) open(ctx context.Context) (err error) {
	cfg := m.o.Config
	for _, s := range []struct {
		into **store.Store
		size int
	}{{&m.ingress, cfg.IngressPoolSize}, {&m.relayStore, cfg.RelayPoolSize}, {&m.admin, adminPool}} {
		if *s.into, err = store.Open(ctx, cfg.DatabaseURL.Reveal(), store.Options{MaxConns: s.size, Inbound: activities.InboundRules()}); err != nil {
			return err
		}
	}
	if m.deployment, err = m.admin.Bootstrap(ctx, store.Bootstrap{Settings: m.o.Settings}); err != nil {
		return err
	}
	if err = adminToken(ctx, cfg, m.admin); err != nil {
		return err
	}
	o := m.o.Temporal
	o.Lazy = true
	if m.temporal, err = temporalclient.Dial(ctx, m.o.Log, o); err != nil {
		return err
	}
	m.dispatch = dispatch.New(m.temporal)
	if m.listener, err = net.Listen("tcp", cfg.Addr); err != nil {
		return fmt.Errorf("listen on %s: %w", cfg.Addr, err)
	}
	if err := m.surfaces(ctx); err != nil {
		return err
	}
	return writeURLs(cfg.DataDir, m.urls())
}

// surfaces makes what is served: the widget API, the relay, the admin API, the
// demo page and the probes.
func (m *Main) surfaces(ctx context.Context) error {
	cfg := m.o.Config
	faults, err := fault.Parse(os.Getenv(fault.Env), cfg.Dev)
	if err != nil {
		return err
	}
	key, err := sessionKey(ctx, cfg, m.admin)
	if err != nil {
		return err
	}
	clientIP, err := httpkit.ClientIP(cfg.TrustedProxies)
	if err != nil {
		return fmt.Errorf("read STEWARD_TRUSTED_PROXIES: %w", err)
	}
	keys, err := seal.New(cfg.SecretsKeys()...)
	if err != nil {
		return fmt.Errorf("read STEWARD_SECRETS_KEY: %w", err)
	}
	mailer, _, err := mail.Open(cfg.SMTPURL.Reveal(), cfg.MailFrom, cfg.MailFolder(), m.o.Log)
	if err != nil {
		return err
	}
	secrets := actions.LocalSecrets{Stored: seal.Stored{Values: m.admin, Keys: keys, Log: m.o.Log}}
	destinations := desks.New(desks.Options{Mailer: mailer, Secrets: secrets})
	if m.gateway, err = gateway.New(gateway.Options{
		Chats: m.ingress, Admission: &admission{store: m.ingress, agent: m.deployment.Agent}, Keys: [][]byte{key},
		NoModel: cfg.Engine == config.EngineExtractive, Limits: gateway.Limits{Off: !cfg.RateLimits}, ClientIP: clientIP,
		Reports: m.ingress, Desks: m.ingress, Receivers: destinations, PublicURL: m.publicURL(), Handoffs: m.dispatch,
		Faults: faults, Log: m.o.Log,
	}); err != nil {
		return err
	}
	host, err := os.Hostname()
	if err != nil {
		host = "steward"
	}
	m.relay = gateway.NewRelay(gateway.RelayOptions{
		Inbox: m.relayStore, Deliverer: m.dispatch, Name: fmt.Sprintf("%s/%d/%d", host, os.Getpid(), time.Now().UnixNano()),
		Concurrency: cfg.RelayConcurrency, Faults: faults, Log: m.o.Log,
	})
	probes := m.probes()
	m.ready = &readiness{probes: probes[:len(probes)-1]}
	if m.api, err = m.newAPI(known{secrets, keys}, probes, destinations); err != nil {
		return err
	}
	return m.routes()
}

func (m *Main) routes() error {
	mux := http.NewServeMux()
	mux.Handle(gateway.Prefix+"/", m.gateway.Handler())
	mux.Handle(gateway.ReportPrefix, m.gateway.Handler())
	mux.Handle(gateway.DeskPrefix+"/", m.gateway.DeskHandler())
	mux.Handle(api.Prefix+"/", localOnly(m.api.Handler(), httpkit.Errors{Log: m.o.Log}))
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) {
		httpkit.WriteJSON(w, http.StatusOK, map[string]bool{"ok": true})
	})
	mux.Handle("GET /readyz", m.ready)
	if err := demo.Register(mux, m.deployment.PublicKey); err != nil {
		return err
	}
	m.handler = httpkit.Wrap(mux, m.o.Log, "/livez", "/readyz")
	return nil
}

// URL is where the server listens.
func (m *Main) URL() string { return "http://" + m.listener.Addr().String() }

func (m *Main) publicURL() string {
	if m.o.Config.PublicURL != "" {
		return m.o.Config.PublicURL
	}
	return m.URL()
}

// Run serves until ctx ends. It then takes no new requests, lets open ones
// finish and gives the relay's leases back.
func (m *Main) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var background sync.WaitGroup
	background.Go(func() { m.prepareTemporal(ctx) })
	background.Go(func() { m.gateway.Run(ctx, m.relayStore, m.relay) })
	background.Go(func() {
		<-ctx.Done()
		m.ready.stop()
	})
	err := httpkit.Serve(ctx, m.listener, m.handler, m.o.Config.ShutdownTimeout)
	cancel()
	background.Wait()
	m.api.Wait()
	return err
}

// Close gives back what New has opened.
func (m *Main) Close() error {
	var err error
	if m.listener != nil {
		// The server has closed it already when it ran.
		if e := m.listener.Close(); e != nil && !errors.Is(e, net.ErrClosed) {
			err = e
		}
	}
	if m.temporal != nil {
		m.temporal.Close()
	}
	for _, s := range []*store.Store{m.ingress, m.relayStore, m.admin} {
		if s != nil {
			s.Close()
		}
	}
	return err
}
