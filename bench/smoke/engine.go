package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"

	"steward/schemas"
)

// backend is another system on this machine. It keeps what it was asked to do.
type backend struct {
	*httptest.Server
	mu    sync.Mutex
	keys  []string
	lines []string
}

func openBackend() *backend {
	o := &backend{}
	o.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(io.LimitReader(r.Body, 64<<10))
		if err != nil {
			return
		}
		o.mu.Lock()
		defer o.mu.Unlock()
		o.keys = append(o.keys, r.Header.Get("Idempotency-Key"))
		o.lines = append(o.lines, r.Method+" "+r.URL.Path+" "+string(body))
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"status":"cancelled"}`)
	}))
	return o
}

func (o *backend) asked() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.lines)
}

// with publishes settings that differ from those of the draft by change, and
// returns what sets them back.
func (s *smoke) with(ctx context.Context, change func(*schemas.Settings)) (restore func() error, err error) {
	raw, _, err := s.api.Draft(ctx)
	if err != nil {
		return nil, fmt.Errorf("read settings: %w", err)
	}
	var was, settings schemas.Settings
	if err := errors.Join(json.Unmarshal(raw, &was), json.Unmarshal(raw, &settings)); err != nil {
		return nil, fmt.Errorf("read settings: %w", err)
	}
	change(&settings)
	if err := s.publish(ctx, settings, "smoke test"); err != nil {
		return nil, err
	}
	return func() error { return s.publish(context.WithoutCancel(ctx), was, "smoke test") }, nil
}

// acts lets a customer cancel an order: the input is asked for, the change is
// read back, and the other system hears of it once, after the yes.
func (s *smoke) acts(ctx context.Context) (err error) {
	o := openBackend()
	defer o.Close()
	address := strings.TrimPrefix(o.URL, "http://")
	if _, err := s.api.PutConnection(ctx, schemas.Connection{
		Name: "smoke-office", BaseURL: o.URL, Auth: schemas.AuthNone, PrivateHosts: []string{address},
	}); err != nil {
		return fmt.Errorf("make a connection: %w", err)
	}
	restore, err := s.with(ctx, func(settings *schemas.Settings) {
		settings.Actions = append(settings.Actions, schemas.Action{
			Name: "smoke_cancel", Title: "Cancel order", Description: "Cancels an order", Kind: schemas.ActionHTTP,
			Effect: schemas.EffectWrite, Confirm: schemas.ConfirmAlways, Protection: schemas.ProtectNone,
			Phrases: []string{"cancel my order", "please cancel the order"},
			Inputs: []schemas.Input{{
				Name: "order_id", Title: "Order", Instructions: "Which order? It looks like A-17.", Required: true,
				Schema: json.RawMessage(`{"type":"string","pattern":"[A-Z]-[0-9]+"}`),
			}},
			HTTP: &schemas.HTTPCall{
				Connection: "smoke-office", Method: http.MethodPost, Path: "/orders/{order_id}/cancel", IdempotencyHeader: "Idempotency-Key",
			},
			Outputs: []schemas.Output{{Path: "status", Name: "status", Visibility: schemas.VisibleCustomer}},
		})
	})
	if err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, restore(), s.api.DeleteConnection(context.WithoutCancel(ctx), "smoke-office"))
	}()
	v, err := s.visit(ctx)
	if err != nil {
		return err
	}
	for n, step := range []struct{ say, hear string }{
		{"Please cancel my order", "A-17"}, {"It is B-42", "B-42"}, {"yes", "cancelled"},
	} {
		if err := v.hears(ctx, step.say, n+1, step.hear); err != nil {
			return err
		}
		if asked := o.asked(); step.say != "yes" && len(asked) > 0 {
			return fmt.Errorf("the other system was called before the yes: %v", asked)
		}
	}
	if asked := o.asked(); len(asked) != 1 || !strings.HasPrefix(asked[0], "POST /orders/B-42/cancel") {
		return fmt.Errorf("the other system was asked %v, want one cancellation of B-42", asked)
	}
	return nil
}

// hears says something and waits for the n-th text of the agent, which has to
// contain a word.
func (v *visitor) hears(ctx context.Context, say string, n int, word string) error {
	if err := v.say(ctx, say); err != nil {
		return err
	}
	m, err := v.from(ctx, schemas.SpeakerAgent, n)
	if err != nil {
		return err
	}
	if !strings.Contains(m.Text, word) {
		return fmt.Errorf("after %q the agent says %q, want a text with %q", say, m.Text, word)
	}
	return nil
}

// obeys lets a guideline answer a topic with the admin's own words.
func (s *smoke) obeys(ctx context.Context) (err error) {
	const script = "We do not talk about other shops."
	restore, err := s.with(ctx, func(settings *schemas.Settings) {
		settings.Guidelines = append(settings.Guidelines, schemas.Guideline{
			Title: "Other shops", Kind: schemas.GuidelineAvoid, Instruction: "Do not compare with other shops.",
			Enforcement: schemas.EnforceBefore, Match: schemas.GuidelineMatch{Keywords: []string{"competitor", "competitors"}},
			Handling: schemas.HandleRefuse, Script: map[string]string{"en": script},
		})
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, restore()) }()
	v, err := s.visit(ctx)
	if err != nil {
		return err
	}
	return v.hears(ctx, "Are you cheaper than your COMPETITORS?", 1, script)
}

// qualifies lets a goal ask one question and tell a lead where to book.
func (s *smoke) qualifies(ctx context.Context) (err error) {
	restore, err := s.with(ctx, func(settings *schemas.Settings) {
		settings.Goals = append(settings.Goals, schemas.Goal{
			Name: "smoke_lead", Title: "Lead", Trigger: schemas.GoalTrigger{Phrases: []string{"return an order"}}, QualifiedAt: 10, PartialAt: 5,
			Criteria: []schemas.Criterion{{
				Name: "size", Type: schemas.PropertyNumber, Required: true,
				Question: map[string]string{"en": "How many people work with you?"},
				Rules:    []schemas.GoalRule{{Op: schemas.OpAtLeast, Values: []string{"50"}, Points: 10}},
			}},
			Outcomes: map[schemas.GoalVerdict]schemas.GoalOutcome{schemas.GoalQualified: {
				Message: map[string]string{"en": "Book a talk here:"}, BookingURL: "https://shop.example/book",
			}},
		})
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, restore()) }()
	v, err := s.visit(ctx)
	if err != nil {
		return err
	}
	if err := v.hears(ctx, question, 1, "How many people work with you?"); err != nil {
		return err
	}
	if err := v.say(ctx, "120"); err != nil {
		return err
	}
	m, err := v.from(ctx, schemas.SpeakerSystem, 1)
	if err != nil {
		return err
	}
	if !strings.Contains(m.Text, "https://shop.example/book") {
		return fmt.Errorf("the outcome says %q, want the address to book", m.Text)
	}
	return nil
}
