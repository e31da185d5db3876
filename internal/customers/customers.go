// Package customers wires the company's CRM once for both programs: the worker
// reads and changes records with it, the server checks settings against its
// definitions. It owns nothing and must not decide what the agent may see.
package customers

import (
	"context"
	"net/http"
	"time"

	"steward/internal/config"
	"steward/internal/crm"
	"steward/internal/crm/hubspot"
	"steward/internal/crm/local"
	"steward/internal/netguard"
	"steward/internal/store"
	"steward/schemas"
)

// callWithin is how long one call to a CRM may take.
const callWithin = 10 * time.Second

// Open makes the CRM that the configuration names. It makes no call. Without a
// name it is the embedded one.
func Open(cfg config.Config, s *store.Store, version string) (*crm.Desk, error) {
	tables := s.CRM()
	if cfg.CRM != config.CRMHubSpot {
		return &crm.Desk{CRM: local.New(tables), System: local.System, Links: tables}, nil
	}
	transport := &http.Transport{
		DialContext: netguard.New(nil).DialContext, ForceAttemptHTTP2: true, IdleConnTimeout: time.Minute, TLSHandshakeTimeout: callWithin,
	}
	portal, err := hubspot.New(hubspot.Options{
		Token:     func(context.Context) (string, error) { return cfg.HubSpotToken.Reveal(), nil },
		Client:    &http.Client{Timeout: callWithin, Transport: transport},
		UserAgent: "Steward/" + version,
	})
	if err != nil {
		return nil, err
	}
	return &crm.Desk{CRM: crm.Journaled(portal, hubspot.System, tables), System: hubspot.System, Links: tables}, nil
}

// CheckSettings says which grant is wrong and why, by the CRM's definitions. A
// CRM that does not answer is an error of its own: nothing can be granted
// unseen. Spec: S51, S52.
func CheckSettings(ctx context.Context, d *crm.Desk, s schemas.CRMSettings) error {
	if len(s.Grants) == 0 {
		return nil
	}
	properties, err := d.CRM.Describe(ctx, schemas.ObjectContact)
	if err != nil {
		return schemas.NewError(crm.KindOf(err).Shown(), "the CRM does not tell its properties now, so its grants cannot be checked: try again")
	}
	return crm.ValidateSettings(s, properties)
}
