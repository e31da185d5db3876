package main

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"go.temporal.io/sdk/client"

	"steward/internal/httpkit"
	"steward/schemas"
	"steward/starter/api"
)

// probes are the dependencies; the worker, without which messages only wait, is
// the last.
func (m *Main) probes() []api.Probe {
	return []api.Probe{
		{Name: "postgres", Check: m.ingress.Ping},
		{Name: "temporal", Check: func(ctx context.Context) error {
			_, err := m.temporal.CheckHealth(ctx, &client.CheckHealthRequest{})
			return err
		}},
		{Name: "weaviate", Check: func(ctx context.Context) error {
			return probe(ctx, m.o.Config.WeaviateURL+"/v1/.well-known/ready")
		}},
		{Name: "worker", Check: func(ctx context.Context) error { return workersPoll(ctx, m.temporal, m.namespace()) }},
	}
}

// readyFor is how long an answer of the probes is used again.
const readyFor = 2 * time.Second

// readiness answers /readyz: 200 while everything works and the server does not
// stop.
type readiness struct {
	probes []api.Probe

	mu       sync.Mutex
	last     schemas.Health
	asked    time.Time
	stopping bool
}

func (r *readiness) stop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stopping = true
}

// ServeHTTP answers a probe. It says which dependency is down and no more.
func (r *readiness) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if time.Since(r.asked) > readyFor {
		r.last, r.asked = api.CheckHealth(req.Context(), r.probes), time.Now()
	}
	status := http.StatusOK
	if !r.last.OK || r.stopping {
		status = http.StatusServiceUnavailable
	}
	httpkit.WriteJSON(w, status, r.last)
}

// localOnly lets only this machine use the admin API, and nothing that a proxy
// passes on from elsewhere. Settled: rule 29.
func localOnly(next http.Handler, errors httpkit.Errors) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !fromHere(r) {
			errors.Write(w, r, schemas.NewError(schemas.KindNotFound, "Not found."))
			return
		}
		next.ServeHTTP(w, r)
	})
}

func fromHere(r *http.Request) bool {
	for _, h := range []string{"Forwarded", "X-Forwarded-For", "X-Real-IP"} {
		if r.Header.Get(h) != "" {
			return false
		}
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}
