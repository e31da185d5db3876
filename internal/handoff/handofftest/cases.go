package handofftest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"steward/internal/handoff"
	"steward/schemas"
)

// order: what is posted one after the other stands so, and an unexpired repeat
// changes nothing.
func (s Suite) order(t *testing.T) {
	b := s.bench(t)
	ref := b.open(t)
	for _, tries := range []int{1, 2} {
		for i := range 4 {
			if _, err := b.dest.Post(t.Context(), ref, Message(fmt.Sprintf("msg_%d", i), fmt.Sprintf("number %d", i), tries)); err != nil {
				t.Fatalf("post %d: %v", i, err)
			}
		}
	}
	got := b.vendor.Posts()
	if len(got) != 4 {
		t.Fatalf("%d posts", len(got))
	}
	for i, text := range got {
		if !strings.Contains(text, fmt.Sprintf("number %d", i)) {
			t.Errorf("post %d is %q", i, text)
		}
	}
}

// family is one character of five runes, which a careless cut takes apart.
const family = "👩‍👩‍👧"

// longTexts: a long text is posted within the limit, whole, and no character of
// it is broken. A long ticket is cut.
func (s Suite) longTexts(t *testing.T) {
	b := s.bench(t)
	ref := b.open(t)
	limit := b.dest.Capabilities().MaxText
	if limit == 0 {
		limit = 20_000
	}
	characters := limit * 2 / utf8.RuneCountInString(family)
	if _, err := b.dest.Post(t.Context(), ref, Message("msg_long", strings.Repeat(family, characters), 1)); err != nil {
		t.Fatalf("post: %v", err)
	}
	whole := 0
	for _, text := range b.vendor.Posts() {
		size := utf8.RuneCountInString(text)
		if b.dest.Capabilities().Unit == handoff.UnitByte {
			size = len(text)
		}
		if b.dest.Capabilities().MaxText > 0 && size > limit {
			t.Errorf("a post of %d, the limit is %d", size, limit)
		}
		if !utf8.ValidString(text) {
			t.Error("a post is broken UTF-8")
		}
		n := strings.Count(text, family)
		if whole += n; strings.Count(text, "👧") != n || strings.Count(text, "👩") != 2*n {
			t.Error("a character was taken apart")
		}
	}
	if whole != characters {
		t.Errorf("%d characters arrived of %d", whole, characters)
	}

	long := Ticket(1)
	long.Handoff = "hand_ffffffffffffffffffffffffffffffff"
	for range 3000 {
		long.Transcript = append(long.Transcript, schemas.TicketLine{Speaker: schemas.SpeakerCustomer, Text: strings.Repeat("so long ", 10)})
	}
	if _, err := b.dest.Open(t.Context(), long); err != nil {
		t.Errorf("open a long ticket: %v", err)
	}
}

// givesUp: a destination that does not answer has maybe taken it.
func (s Suite) givesUp(t *testing.T) {
	b := s.bench(t)
	ctx, cancel := context.WithCancel(t.Context())
	b.server.Misbehave(1, Hang)
	done := make(chan struct{})
	go func() {
		defer close(done)
		<-b.server.hanging
		cancel()
	}()
	_, err := b.dest.Open(ctx, Ticket(1))
	<-done
	if got := handoff.Outcome("", err).Result; got != schemas.SentUnknown {
		t.Errorf("%s: %v", got, err)
	}
}

// noSecret: without its secret an adapter calls nobody, and believes nobody.
func (s Suite) noSecret(t *testing.T) {
	vendor := s.Vendor()
	server := Start(t, vendor)
	desk := s.Desk(server.URL)
	desk.Secret, desk.SigningSecret = "env:NOBODY", "env:NOBODY"
	dest := s.New(handoff.Options{Desk: desk, Client: http.DefaultClient, Secret: Secret, Now: Now})
	if _, err := dest.Open(t.Context(), Ticket(1)); handoff.Outcome("", err).Result != schemas.SentLater {
		t.Errorf("open: %v", err)
	}
	if len(vendor.Tickets()) != 0 {
		t.Error("a ticket was opened")
	}
	if s.Reply == nil {
		return
	}
	if events, err := dest.(handoff.Receiver).Parse(t.Context(), s.Reply(t, "1", "hello", Now())); err == nil || len(events) != 0 {
		t.Errorf("parse: %v, %v", events, err)
	}
}

func (s Suite) receiver(t *testing.T) handoff.Receiver {
	t.Helper()
	b := s.bench(t)
	r, ok := b.dest.(handoff.Receiver)
	if !ok || s.Reply == nil {
		t.Skip("this destination does not call us")
	}
	return r
}

// replies: an answer comes with its text and a stable id; our own post does not
// come back.
func (s Suite) replies(t *testing.T) {
	r := s.receiver(t)
	const text = "It left yesterday, é & 👍"
	events, err := r.Parse(t.Context(), s.Reply(t, "1", text, Now()))
	if err != nil || len(events) != 1 {
		t.Fatalf("parse: %v, %v", events, err)
	}
	e := events[0]
	if e.Kind != schemas.DeskReply || e.Text != text || e.ID == "" || e.Ref == "" && e.Handoff == "" || e.Author == "" {
		t.Errorf("the event is %+v", e)
	}
	again, err := r.Parse(t.Context(), s.Reply(t, "1", text, Now().Add(time.Minute)))
	if err != nil || len(again) != 1 || again[0].ID != e.ID {
		t.Errorf("delivered again: %v, %v; want the id %s", again, err, e.ID)
	}
	other, err := r.Parse(t.Context(), s.Reply(t, "2", text, Now()))
	if err != nil || len(other) != 1 || other[0].ID == e.ID {
		t.Errorf("another event: %v, %v; want another id than %s", other, err, e.ID)
	}
	if s.Echo == nil {
		return
	}
	if echo, err := r.Parse(t.Context(), s.Echo(t, Now())); err != nil || len(echo) != 0 {
		t.Errorf("our own post came back as %v, %v", echo, err)
	}
}

// refusesForgeries: nothing is believed that is not signed as it stands, or that
// was signed long ago.
func (s Suite) refusesForgeries(t *testing.T) {
	r := s.receiver(t)
	genuine := func() handoff.Request { return s.Reply(t, "1", "hello", Now()) }
	changed := genuine()
	changed.Body = append(append([]byte{}, changed.Body...), ' ')
	unsigned := genuine()
	unsigned.Header = http.Header{"Content-Type": unsigned.Header["Content-Type"]}
	for name, request := range map[string]handoff.Request{"changed": changed, "unsigned": unsigned} {
		if events, err := r.Parse(t.Context(), request); !errors.Is(err, handoff.ErrSignature) || len(events) != 0 {
			t.Errorf("%s: %v, %v", name, events, err)
		}
	}
	for header := range genuine().Header {
		if header == "Content-Type" {
			continue
		}
		for name, value := range map[string]string{"empty": "", "longer": genuine().Header.Get(header) + "0", "other case": swapCase(genuine().Header.Get(header))} {
			request := genuine()
			request.Header = request.Header.Clone()
			if value == request.Header.Get(header) {
				continue
			}
			request.Header.Set(header, value)
			if events, err := r.Parse(t.Context(), request); err == nil || len(events) != 0 {
				t.Errorf("header %s %s: %v, %v", header, name, events, err)
			}
		}
	}
	for name, at := range map[string]time.Time{"old": Now().Add(-6 * time.Minute), "from the future": Now().Add(6 * time.Minute)} {
		if events, err := r.Parse(t.Context(), s.Reply(t, "1", "hello", at)); !errors.Is(err, handoff.ErrStale) || len(events) != 0 {
			t.Errorf("%s: %v, %v", name, events, err)
		}
	}
}

func swapCase(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z':
			return r - 'A' + 'a'
		}
		return r
	}, s)
}
