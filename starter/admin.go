package main

import (
	"context"

	"steward/internal/actions"
	"steward/internal/actions/mcp"
	"steward/internal/customers"
	"steward/internal/retrieval"
	"steward/internal/seal"
	"steward/schemas"
	"steward/starter/api"
)

// known are the secrets of this process, and the keys that stored ones are sealed
// with.
type known struct {
	secrets actions.Secrets
	keys    *seal.Keys
}

// newAPI wires the admin API. It tries actions with calls of its own, with the
// same secrets as a worker.
func (m *Main) newAPI(k known, probes []api.Probe, destinations api.DeskTester) (*api.API, error) {
	cfg := m.o.Config
	search, err := retrieval.New(cfg, m.admin)
	if err != nil {
		return nil, err
	}
	desk, err := customers.Open(cfg, m.admin, m.o.Version)
	if err != nil {
		return nil, err
	}
	return api.New(api.Options{
		Records:  customers.Records{CRM: desk.CRM},
		CheckCRM: func(ctx context.Context, s schemas.CRMSettings) error { return customers.CheckSettings(ctx, desk, s) },
		Store:    m.admin, Workflows: m.dispatch, Search: search.Retriever(), Admit: admits(cfg.CrawlAllow), Probes: probes, Desks: destinations, Log: m.o.Log,
		Keys: k.keys, Calls: actions.New(actions.Options{Secrets: k.secrets, Tools: mcp.Client{}, Agent: "Steward/" + m.o.Version}),
		Info: schemas.Info{
			Version: m.o.Version, Dev: cfg.Dev, PublicURL: m.publicURL(), TemporalUI: cfg.TemporalUIURL,
			TemporalNS: m.namespace(), Engine: cfg.Engine,
		},
	})
}
