package handoff_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"steward/internal/handoff"
	"steward/internal/netguard"
	"steward/schemas"
)

func TestSplit(t *testing.T) {
	t.Parallel()
	limit := handoff.Limit{Max: 10}
	for text, want := range map[string][]string{
		"":                   nil,
		" \n ":               nil,
		"short":              {"short"},
		"exactly 10":         {"exactly 10"},
		"one two three four": {"one two", "three four"},
		"first line\nsecond": {"first line", "second"},
		"abcdefghijklmno":    {"abcdefghij", "klmno"},
		"👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧": {"👩‍👩‍👧👩‍👩‍👧", "👩‍👩‍👧"},
	} {
		if diff := cmp.Diff(want, handoff.Split(text, limit)); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
	// A character that does not fit is left out, and the rest goes on.
	if got := handoff.Split("a👩‍👩‍👧b", handoff.Limit{Max: 2}); strings.Join(got, "") != "ab" {
		t.Errorf("got %q", got)
	}
}

// FuzzSplit: the pieces fit, and nothing but space is lost.
func FuzzSplit(f *testing.F) {
	f.Add("a b\nc 👩‍👩‍👧", 6)
	f.Fuzz(func(t *testing.T, text string, max int) {
		if max < 1 || max > 1000 || !utf8.ValidString(text) {
			return
		}
		limit := handoff.Limit{Max: max, Size: func(string) int { return 1 }}
		pieces := handoff.Split(text, limit)
		squeeze := func(s string) string { return strings.Join(strings.Fields(s), "") }
		if squeeze(strings.Join(pieces, "")) != squeeze(text) {
			t.Errorf("%q became %q", text, pieces)
		}
		for _, p := range append(pieces, handoff.Cut(text, limit)) {
			if handoff.Cut(p, limit) != strings.TrimSpace(p) {
				t.Errorf("%q is longer than %d", p, max)
			}
		}
	})
}

func TestSummary(t *testing.T) {
	t.Parallel()
	customer, agent := schemas.SpeakerCustomer, schemas.SpeakerAgent
	for name, c := range map[string]struct {
		facts handoff.SummaryFacts
		want  schemas.HandoffSummary
	}{
		"nothing said": {
			handoff.SummaryFacts{Reason: schemas.ReasonManual},
			schemas.HandoffSummary{SuggestedNext: "Read the conversation and answer the customer."},
		},
		"the question, not the wish for a person": {
			handoff.SummaryFacts{
				Reason: schemas.ReasonCustomerRequest, Language: "it-IT",
				Lines: []schemas.Line{
					{Speaker: customer, Text: "Dov'è il mio\n  ordine?"},
					{Speaker: agent, Text: "Arriva in due giorni."},
					{Speaker: customer, Text: "una persona per favore"},
				},
				Citations: []schemas.Citation{{Title: "Spedizioni"}, {Title: "Spedizioni"}, {Title: "Resi"}},
				Actions:   []schemas.ActionRun{{Action: "order_status", State: schemas.RunFailed}},
				Collected: []schemas.Datum{{Name: "ordine", Value: "A-1"}, {Name: "telefono", Value: " "}},
			},
			schemas.HandoffSummary{
				Problem:       "Dov'è il mio ordine?",
				Tried:         []string{"Arriva in due giorni.", "Fonti mostrate: Spedizioni; Resi", "Azione: order_status (failed)"},
				DataCollected: []schemas.Datum{{Name: "ordine", Value: "A-1"}},
				SuggestedNext: "Saluta il cliente e prendi in carico: ha chiesto una persona.",
			},
		},
		"open questions": {
			handoff.SummaryFacts{
				Reason: schemas.ReasonCannotAnswer, Asking: "What is your order number?",
				Lines: []schemas.Line{
					{Speaker: customer, Text: "Old?"},
					{Speaker: agent, Text: "Old answer."},
					{Speaker: customer, Text: "Do you ship to Malta?"},
					{Speaker: customer, Text: "And to Cyprus？"},
				},
			},
			schemas.HandoffSummary{
				Problem: "And to Cyprus？", Tried: []string{"Old answer."},
				Asked:         []string{"Do you ship to Malta?", "And to Cyprus？", "What is your order number?"},
				SuggestedNext: "Answer the open question, and add the answer to the content.",
			},
		},
		"no question": {
			handoff.SummaryFacts{Language: "sv", Lines: []schemas.Line{
				{Speaker: customer, Text: "my parcel was left in the rain and is broken"}, {Speaker: customer, Text: "hello"},
			}},
			schemas.HandoffSummary{
				Problem: "my parcel was left in the rain and is broken", SuggestedNext: "Läs konversationen och svara kunden.",
			},
		},
	} {
		if diff := cmp.Diff(c.want, handoff.Summary(c.facts)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// TestSummaryIsBounded: no text of it is longer than 280 characters, and lists
// are short.
func TestSummaryIsBounded(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("Why is that so? ", 100)
	f := handoff.SummaryFacts{Reason: schemas.ReasonSentiment, Asking: long}
	for range 50 {
		f.Lines = append(f.Lines, schemas.Line{Speaker: schemas.SpeakerAgent, Text: long}, schemas.Line{Speaker: schemas.SpeakerCustomer, Text: long})
		f.Collected = append(f.Collected, schemas.Datum{Name: long, Value: long})
		f.Citations = append(f.Citations, schemas.Citation{Title: long})
	}
	s := handoff.Summary(f)
	texts := append(append([]string{s.Problem, s.SuggestedNext}, s.Tried...), s.Asked...)
	for _, d := range s.DataCollected {
		texts = append(texts, d.Name, d.Value)
	}
	for _, text := range texts {
		if n := utf8.RuneCountInString(text); n > schemas.SummaryLength {
			t.Errorf("a text of %d characters", n)
		}
	}
	if len(texts) > 40 {
		t.Errorf("%d texts", len(texts))
	}
}

func TestRender(t *testing.T) {
	t.Parallel()
	s := schemas.HandoffSummary{
		Problem: "Where is it?", Tried: []string{"Soon."}, DataCollected: []schemas.Datum{{Name: "order", Value: "A-1"}},
	}
	for lang, want := range map[string]string{
		"en": "Problem: Where is it?\nTried:\n- Soon.\nCollected:\n- order: A-1\n(Summary written by software)",
		"sv": "Problem: Where is it?\nFörsök:\n- Soon.\nInsamlat:\n- order: A-1\n(Sammanfattning skriven av programvara)",
		"fr": "Problem: Where is it?\nTried:\n- Soon.\nCollected:\n- order: A-1\n(Summary written by software)",
	} {
		if diff := cmp.Diff(want, handoff.Render(s, lang)); diff != "" {
			t.Errorf("%s: %s", lang, diff)
		}
	}
}

// TestBody: the latest messages stay when not all fit, and who is not proved is
// named as such.
func TestBody(t *testing.T) {
	t.Parallel()
	ticket := schemas.Ticket{
		Reason: schemas.ReasonCannotAnswer, Contact: schemas.ContactCard{Name: "Kim", Email: "kim@example.com", Level: schemas.IdentityClaimedEmail},
		WindowExpiresAt: time.Date(2026, 3, 2, 11, 30, 0, 0, time.UTC), ConsoleURL: "https://c.example/1",
		Transcript: []schemas.TicketLine{
			{Speaker: schemas.SpeakerCustomer, Text: "first " + strings.Repeat("x", 300)}, {Speaker: schemas.SpeakerHuman, Name: "Ann", Text: "last"},
		},
	}
	whole := handoff.Body(ticket, "en", handoff.Limit{})
	for _, part := range []string{"Reason: cannot answer", "Kim, kim@example.com (not verified)", "until 2026-03-02 11:30 UTC", "https://c.example/1", "Customer: first", "Ann: last"} {
		if !strings.Contains(whole, part) {
			t.Errorf("the text has no %q:\n%s", part, whole)
		}
	}
	cut := handoff.Body(ticket, "en", handoff.Limit{Max: 320})
	if utf8.RuneCountInString(cut) > 320 || strings.Contains(cut, "first") || !strings.Contains(cut, "Ann: last") || !strings.Contains(cut, "earlier messages are in Steward") {
		t.Errorf("cut to %d: %s", utf8.RuneCountInString(cut), cut)
	}
}

// TestDoNeverDialsInside: the guard's refusal is final, and before anything was
// sent nothing can have happened.
func TestDoNeverDialsInside(t *testing.T) {
	t.Parallel()
	called := false
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called = true }))
	t.Cleanup(server.Close)
	guarded := &http.Client{Transport: &http.Transport{Proxy: nil, DialContext: netguard.New(nil).DialContext}}
	options := handoff.Options{Client: guarded}
	err := options.Do(t.Context(), handoff.Call{Method: http.MethodPost, URL: server.URL, Body: map[string]string{"a": "b"}})
	if got := handoff.Outcome("", err); called || got.Result != schemas.SentFailed || got.Code != handoff.CodeBlocked {
		t.Errorf("called %v, %+v", called, got)
	}
	server.Close()
	options.Client = &http.Client{Transport: &http.Transport{Proxy: nil}}
	err = options.Do(t.Context(), handoff.Call{Method: http.MethodPost, URL: server.URL})
	if got := handoff.Outcome("", err); got.Result != schemas.SentLater || got.Code != handoff.CodeUnreachable {
		t.Errorf("nobody listens: %+v", got)
	}
	err = options.Do(t.Context(), handoff.Call{Method: http.MethodPost, URL: server.URL, Header: http.Header{"X-Key": {"a\r\nB: c"}}})
	if got := handoff.Outcome("", err); got.Result != schemas.SentFailed || got.Code != handoff.CodeConfig {
		t.Errorf("a header with a line break: %+v", got)
	}
	if strings.Contains(err.Error(), "127.0.0.1") {
		t.Error("the error tells the address")
	}
}

func TestOutcome(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err  error
		want schemas.Delivered
	}{
		"done":    {nil, schemas.Delivered{Result: schemas.SentDone, ProviderID: "7"}},
		"later":   {handoff.Later("x", time.Second), schemas.Delivered{Result: schemas.SentLater, Code: "x", RetryAfter: time.Second}},
		"foreign": {context.Canceled, schemas.Delivered{Result: schemas.SentUnknown, Code: handoff.CodeMalformed}},
		"wrapped": {errors.Join(errors.New("a"), handoff.Failed("y")), schemas.Delivered{Result: schemas.SentFailed, Code: "y"}},
	} {
		if diff := cmp.Diff(c.want, handoff.Outcome("7", c.err)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
