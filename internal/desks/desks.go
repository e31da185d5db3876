// Package desks opens the destinations of handoffs by their settings, for both
// programs: the worker tells them things, and the server reads what they send.
// It owns the HTTP client that each of them dials with, which reaches public
// addresses and the private ones of its settings only, and the mailer. It must
// not decide what a destination is told.
package desks

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"time"

	"steward/internal/actions"
	"steward/internal/handoff"
	"steward/internal/handoff/chatwoot"
	"steward/internal/handoff/email"
	"steward/internal/handoff/hubspot"
	"steward/internal/handoff/slack"
	"steward/internal/handoff/webhook"
	"steward/internal/handoff/zendesk"
	"steward/internal/netguard"
	"steward/schemas"
)

// maxHeaderBytes bounds the headers of an answer, idleFor how long a connection
// waits for the next step.
const (
	maxHeaderBytes = 64 << 10
	idleFor        = 30 * time.Second
)

// Secrets finds the secret behind a reference.
type Secrets interface {
	Secret(ctx context.Context, reference string) (string, error)
}

// Options are what the destinations need.
type Options struct {
	// Secrets are looked up at the moment of a step. Default: the environment and
	// the files of this machine, by the rules of connections.
	Secrets Secrets
	// Mailer sends for destinations of the kind email. Nil opens none of them.
	Mailer email.Mailer
	// Client makes the HTTP client of a destination. Default: one that dials
	// through the guard of the network and takes no proxy.
	Client func(d schemas.Desk) *http.Client
}

// Desks opens destinations. It is safe for concurrent use.
type Desks struct{ o Options }

// New makes a Desks.
func New(o Options) *Desks {
	if o.Secrets == nil {
		o.Secrets = actions.LocalSecrets{}
	}
	if o.Client == nil {
		o.Client = guarded
	}
	return &Desks{o: o}
}

// Destination opens the destination of d, or says that its kind is unknown. It
// makes no call.
func (s *Desks) Destination(d schemas.Desk) (handoff.Destination, error) {
	o := handoff.Options{Desk: d, Secret: s.o.Secrets.Secret}
	if d.Kind != schemas.DeskEmail {
		o.Client = s.o.Client(d)
	}
	switch d.Kind {
	case schemas.DeskWebhook:
		return webhook.New(o), nil
	case schemas.DeskEmail:
		if s.o.Mailer == nil {
			return nil, fmt.Errorf("open destination: there is no mailer")
		}
		return email.New(o, s.o.Mailer), nil
	case schemas.DeskSlack:
		return slack.New(o), nil
	case schemas.DeskZendesk:
		return zendesk.New(o), nil
	case schemas.DeskChatwoot:
		return chatwoot.New(o), nil
	case schemas.DeskHubSpot:
		return hubspot.New(o), nil
	}
	return nil, fmt.Errorf("open destination: the kind %q is unknown", d.Kind)
}

// Receiver opens the destination of d as one that calls us; false when its kind
// never does.
func (s *Desks) Receiver(d schemas.Desk) (handoff.Receiver, bool) {
	destination, err := s.Destination(d)
	if err != nil {
		return nil, false
	}
	r, ok := destination.(handoff.Receiver)
	return r, ok
}

// Try opens a ticket at a destination that says that it is a test.
func (s *Desks) Try(ctx context.Context, d schemas.Desk, id schemas.HandoffID, at time.Time) schemas.Delivered {
	destination, err := s.Destination(d)
	if err != nil {
		return schemas.Delivered{Result: schemas.SentFailed, Code: handoff.CodeConfig}
	}
	ref, err := destination.Open(ctx, schemas.Ticket{
		Handoff: id, Channel: schemas.ChannelLiveChat, Reason: schemas.ReasonManual, Priority: schemas.PriorityLow, CreatedAt: at, Tries: 1,
		Summary: schemas.HandoffSummary{
			Problem:       "This is a test of the connection to Steward. No customer is waiting.",
			SuggestedNext: "Nothing is to be done. You can close this.",
		},
	})
	return handoff.Outcome(ref.ID, err)
}

// guarded is a client that reaches public addresses, and the private ones that
// the settings of a destination name. A proxy would look names up behind its
// back, so none is used.
func guarded(d schemas.Desk) *http.Client {
	return &http.Client{Transport: &http.Transport{
		DialContext:            netguard.New(d.PrivateHosts).DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		MaxResponseHeaderBytes: maxHeaderBytes, IdleConnTimeout: idleFor, ForceAttemptHTTP2: true, DisableKeepAlives: true,
	}}
}
