package handofftest

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"steward/internal/handoff"
	"steward/schemas"
)

// The secrets of every test, and what they are called in settings.
const (
	TokenRef = "env:DESK_TOKEN"
	Token    = "token-7f1d0c2b"
	SignRef  = "env:DESK_SIGNING"
	Signing  = "signing-90aa31e4"
)

// Secret resolves the two references.
func Secret(_ context.Context, reference string) (string, error) {
	switch reference {
	case TokenRef:
		return Token, nil
	case SignRef:
		return Signing, nil
	}
	return "", errors.New("there is no such secret")
}

// Handoff and the others are ids that tests use.
const (
	Handoff      schemas.HandoffID      = "hand_0192f4c07a1b7c3d8e9fa0b1c2d3e4f5"
	Conversation schemas.ConversationID = "conv_0192f4c07a1b7c3d8e9fa0b1c2d3e4f6"
	Contact      schemas.ContactID      = "cont_0192f4c07a1b7c3d8e9fa0b1c2d3e4f7"
)

// customerText is what no error may repeat.
const customerText = "Rosebud"

// Now is the time of every test.
func Now() time.Time { return time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC) }

// Ticket is a handoff of every test.
func Ticket(tries int) schemas.Ticket {
	return schemas.Ticket{
		Handoff: Handoff, Conversation: Conversation, Channel: schemas.ChannelLiveChat,
		Reason: schemas.ReasonCannotAnswer, Language: "en", Priority: schemas.PriorityHigh,
		Summary: schemas.HandoffSummary{
			Problem: "Where is my " + customerText + "?", Tried: []string{"It ships in two days."},
			SuggestedNext: "Answer the open question.",
		},
		Transcript: []schemas.TicketLine{
			{Speaker: schemas.SpeakerCustomer, Text: "Where is my " + customerText + "? <!channel> & co", At: Now()},
			{Speaker: schemas.SpeakerAgent, Text: "It ships in two days.", At: Now()},
		},
		Contact:    schemas.ContactCard{ID: Contact, Name: "Kim", Email: "kim@example.com", Level: schemas.IdentityMatchedEmail},
		ConsoleURL: "https://steward.example.com/conversations/" + string(Conversation),
		CreatedAt:  Now(), Tries: tries,
	}
}

// Message is a message of the customer.
func Message(key, text string, tries int) schemas.DeskMessage {
	return schemas.DeskMessage{
		Key: key, Speaker: schemas.SpeakerCustomer, Text: text, At: Now(), Tries: tries, Contact: Ticket(1).Contact,
	}
}

// Suite is what an adapter shows of itself to be tested.
type Suite struct {
	// Vendor makes an empty fake.
	Vendor func() Vendor
	// Desk is valid settings for a fake at base.
	Desk func(base string) schemas.Desk
	New  func(handoff.Options) handoff.Destination
	// Reply is a signed call in which a person answers with text: id makes two
	// calls differ, at is when it is signed. Echo is such a call for a message
	// of ours. Both are nil for an adapter that is not called.
	Reply func(t *testing.T, id, text string, at time.Time) handoff.Request
	Echo  func(t *testing.T, at time.Time) handoff.Request
}

// bench is one adapter with its fake.
type bench struct {
	suite  Suite
	vendor Vendor
	server *Server
	dest   handoff.Destination
}

func (s Suite) bench(t *testing.T) *bench {
	t.Helper()
	b := &bench{suite: s, vendor: s.Vendor()}
	b.server = Start(t, b.vendor)
	desk := s.Desk(b.server.URL)
	desk.Secret, desk.SigningSecret = TokenRef, SignRef
	if err := desk.Validate(); err != nil {
		t.Fatalf("the settings of the test: %v", err)
	}
	transport := &http.Transport{Proxy: nil, DisableKeepAlives: true}
	t.Cleanup(transport.CloseIdleConnections)
	b.dest = s.New(handoff.Options{Desk: desk, Client: &http.Client{Transport: transport}, Secret: Secret, Now: Now})
	return b
}

// Run runs every test of the port.
func (s Suite) Run(t *testing.T) {
	t.Helper()
	for name, test := range map[string]func(*testing.T){
		"OpensOnce": s.opensOnce, "OpenUnderFaults": s.openUnderFaults, "PostUnderFaults": s.postUnderFaults,
		"UpdateUnderFaults": s.updateUnderFaults, "Order": s.order, "LongTexts": s.longTexts, "GivesUp": s.givesUp,
		"NoSecret": s.noSecret, "Replies": s.replies, "RefusesForgeries": s.refusesForgeries,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t)
		})
	}
}

func (b *bench) open(t *testing.T) schemas.ExternalRef {
	t.Helper()
	ref, err := b.dest.Open(t.Context(), Ticket(1))
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	if ref.ID == "" || ref.Handoff != Handoff {
		t.Fatalf("open returned the reference %+v", ref)
	}
	return ref
}

// opensOnce: a repeat after a crash finds the ticket and makes no second one.
func (s Suite) opensOnce(t *testing.T) {
	b := s.bench(t)
	first := b.open(t)
	for _, tries := range []int{2, 0} {
		again, err := b.dest.Open(t.Context(), Ticket(tries))
		if err != nil || again != first {
			t.Errorf("opened again: %+v, %v; want %+v", again, err, first)
		}
	}
	if got := b.vendor.Tickets(); len(got) != 1 || got[0] != string(Handoff) {
		t.Errorf("the destination has the tickets %v", got)
	}
}

// expect checks what an adapter says of a fault.
func (b *bench) expect(t *testing.T, f Fault, at int, err error) {
	t.Helper()
	got := handoff.Outcome("", err)
	if err != nil {
		for _, leak := range []string{UpstreamText, customerText, Token, Signing, "127.0.0.1", "kim@example.com"} {
			if strings.Contains(err.Error(), leak) {
				t.Errorf("%s at step %d: the error tells %q", f, at, leak)
			}
		}
	}
	switch {
	case f.done():
		if got.Result != schemas.SentDone && got.Result != schemas.SentUnknown {
			t.Errorf("%s at step %d: %v; it was done, or nobody knows", f, at, err)
		}
	case f == Busy:
		if got.Result != schemas.SentLater || got.RetryAfter != 7*time.Second {
			t.Errorf("%s at step %d: %v after %v", f, at, err, got.RetryAfter)
		}
	case f == Dropped:
		if got.Result != schemas.SentUnknown {
			t.Errorf("%s at step %d: %v; nobody can know", f, at, err)
		}
	default:
		if got.Result != schemas.SentFailed {
			t.Errorf("%s at step %d: %v; it failed for good", f, at, err)
		}
	}
	if b.server.Followed() > 0 {
		t.Errorf("%s: a redirect was followed", f)
	}
}

// faults are those of the sweeps.
func faults() []Fault {
	return []Fault{Lost, Cut, Garbled, Page, Empty, Huge, Broken, Dropped, Busy, Forbidden, Missing, Wrong, Away}
}

// maxSteps bounds the steps of one call.
const maxSteps = 6

// sweep lets each fault happen at each step of act, then checks the state that
// a repeat leaves.
func (s Suite) sweep(t *testing.T, prepare func(*testing.T, *bench) schemas.ExternalRef,
	act func(*testing.T, *bench, schemas.ExternalRef, int) error, check func(*testing.T, *bench, string),
) {
	for _, f := range faults() {
		for at := 1; at <= maxSteps; at++ {
			b := s.bench(t)
			ref := prepare(t, b)
			b.server.Misbehave(at, f)
			err := act(t, b, ref, 1)
			if !b.server.Met() {
				if at == 1 {
					t.Fatalf("%s: the call had no effect to misbehave at", f)
				}
				break
			}
			b.expect(t, f, at, err)
			if err := act(t, b, ref, 2); err != nil {
				t.Errorf("%s at step %d: the repeat: %v", f, at, err)
			}
			check(t, b, string(f))
		}
	}
}

func (s Suite) openUnderFaults(t *testing.T) {
	s.sweep(t,
		func(*testing.T, *bench) schemas.ExternalRef { return schemas.ExternalRef{} },
		func(t *testing.T, b *bench, _ schemas.ExternalRef, tries int) error {
			ref, err := b.dest.Open(t.Context(), Ticket(tries))
			if err == nil && ref.ID == "" {
				t.Error("opened without a reference")
			}
			return err
		},
		func(t *testing.T, b *bench, name string) {
			if got := b.vendor.Tickets(); len(got) != 1 {
				t.Errorf("%s: %d tickets", name, len(got))
			}
		})
}

func (s Suite) postUnderFaults(t *testing.T) {
	for _, note := range []bool{false, true} {
		s.sweep(t,
			func(t *testing.T, b *bench) schemas.ExternalRef { return b.open(t) },
			func(t *testing.T, b *bench, ref schemas.ExternalRef, tries int) error {
				m := Message("msg_1", "My "+customerText+" is late", tries)
				if m.Note = note; note {
					m.Speaker, m.Name = schemas.SpeakerHuman, "Ann"
				}
				_, err := b.dest.Post(t.Context(), ref, m)
				return err
			},
			func(t *testing.T, b *bench, name string) {
				if n := count(b.vendor.Posts(), "is late"); n != 1 {
					t.Errorf("%s, note %v: the message is there %d times", name, note, n)
				}
			})
	}
}

func (s Suite) updateUnderFaults(t *testing.T) {
	for _, state := range []schemas.HandoffState{schemas.HandoffAccepted, schemas.HandoffReturned, schemas.HandoffClosed} {
		s.sweep(t,
			func(t *testing.T, b *bench) schemas.ExternalRef { return b.open(t) },
			func(t *testing.T, b *bench, ref schemas.ExternalRef, tries int) error {
				return b.dest.Update(t.Context(), ref, schemas.DeskUpdate{
					Key: string(Handoff) + "/" + string(state), State: state, By: "Ann-Marie", At: Now(), Tries: tries,
				})
			},
			func(t *testing.T, b *bench, name string) {
				if n := count(b.vendor.Posts(), "Ann-Marie"); n != 1 {
					t.Errorf("%s, %s: the update is there %d times", name, state, n)
				}
			})
	}
}

func count(texts []string, part string) int {
	n := 0
	for _, text := range texts {
		if strings.Contains(text, part) {
			n++
		}
	}
	return n
}
