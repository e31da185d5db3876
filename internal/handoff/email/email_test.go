package email_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"steward/internal/handoff"
	"steward/internal/handoff/email"
	"steward/internal/handoff/handofftest"
	"steward/schemas"
)

// mailer is a fake mail server that keeps what it takes.
type mailer struct {
	sent []schemas.Mail
	next schemas.Delivered
	err  error
}

func (m *mailer) Send(_ context.Context, mail schemas.Mail) (schemas.Delivered, error) {
	if m.err != nil || m.next.Result != "" {
		return m.next, m.err
	}
	m.sent = append(m.sent, mail)
	return schemas.Delivered{Result: schemas.SentDone}, nil
}

func desk(t *testing.T) schemas.Desk {
	t.Helper()
	d := schemas.Desk{
		ID: "desk_1", Kind: schemas.DeskEmail, Name: "Team", From: "steward@example.com", ReplyTo: "answers@example.com",
		To: []string{"team@example.com", "lead@example.com"}, Secret: handofftest.TokenRef,
	}
	if err := d.Validate(); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestThread(t *testing.T) {
	t.Parallel()
	m := &mailer{}
	d := email.New(handoff.Options{Desk: desk(t), Secret: handofftest.Secret}, m)
	ref, err := d.Open(t.Context(), handofftest.Ticket(1))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Post(t.Context(), ref, handofftest.Message("msg_1", "<b>still</b> waiting", 1)); err != nil {
		t.Fatal(err)
	}
	if err := d.Update(t.Context(), ref, schemas.DeskUpdate{Key: "k/1", State: schemas.HandoffClosed, By: "Ann", At: handofftest.Now()}); err != nil {
		t.Fatal(err)
	}
	if len(m.sent) != 3 {
		t.Fatalf("%d mails", len(m.sent))
	}
	ids := map[string]bool{}
	for i, mail := range m.sent {
		ids[mail.ID] = true
		h, err := email.Handoff(mail.ReplyTo, handofftest.Token)
		if err != nil || h != handofftest.Handoff {
			t.Errorf("mail %d: the answer to %s leads to %s, %v", i, mail.ReplyTo, h, err)
		}
		if mail.From != "steward@example.com" || len(mail.To) != 2 || mail.Headers["Auto-Submitted"] != "auto-generated" || !strings.HasSuffix(mail.ID, "@example.com") {
			t.Errorf("mail %d: %+v", i, mail)
		}
		if i > 0 && (mail.InReplyTo != ref.ID || len(mail.References) != 1) {
			t.Errorf("mail %d is not in the thread", i)
		}
	}
	if len(ids) != 3 || !ids[ref.ID] {
		t.Errorf("the ids are %v", ids)
	}
	if strings.Contains(m.sent[1].HTML, "<b>") || !strings.Contains(m.sent[1].Text, "<b>still</b>") {
		t.Errorf("the text became markup: %s", m.sent[1].HTML)
	}
	again, err := d.Open(t.Context(), handofftest.Ticket(2))
	if err != nil || again != ref {
		t.Errorf("opened again under another id: %+v, %v", again, err)
	}
}

// TestOutcomes: what the mail server said comes through, and nothing else.
func TestOutcomes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		next schemas.Delivered
		err  error
		want schemas.Sent
	}{
		{next: schemas.Delivered{Result: schemas.SentUnknown, Code: "unreachable"}, want: schemas.SentUnknown},
		{next: schemas.Delivered{Result: schemas.SentFailed, Code: "smtp_550"}, want: schemas.SentFailed},
		{next: schemas.Delivered{Result: schemas.SentLater, Code: "smtp_451"}, want: schemas.SentLater},
		{err: errors.New("kim@example.com"), want: schemas.SentLater},
	} {
		d := email.New(handoff.Options{Desk: desk(t), Secret: handofftest.Secret}, &mailer{next: c.next, err: c.err})
		_, err := d.Open(t.Context(), handofftest.Ticket(1))
		if got := handoff.Outcome("", err); got.Result != c.want || strings.Contains(err.Error(), "kim@") {
			t.Errorf("%+v: %v", c, err)
		}
	}
	d := email.New(handoff.Options{Desk: desk(t)}, &mailer{})
	if _, err := d.Open(t.Context(), handofftest.Ticket(1)); err == nil {
		t.Error("sent without a key for tokens")
	}
}

func TestToken(t *testing.T) {
	t.Parallel()
	address, err := email.ReplyAddress("answers@example.com", "key", handofftest.Handoff)
	if err != nil {
		t.Fatal(err)
	}
	if local, _, _ := strings.Cut(address, "@"); len(local) > 64 || address != strings.ToLower(address) {
		t.Errorf("the address is %s", address)
	}
	for name, a := range map[string]string{"as it is": address, "in upper case": strings.ToUpper(address), "behind another tag": strings.Replace(address, "+", "+team+", 1)} {
		if h, err := email.Handoff(a, "key"); err != nil || h != handofftest.Handoff {
			t.Errorf("%s: %s, %v", name, h, err)
		}
	}
	other, err := email.ReplyAddress("answers@example.com", "key", "hand_ffffffffffffffffffffffffffffffff")
	if err != nil {
		t.Fatal(err)
	}
	at := strings.IndexByte(address, '@')
	for name, c := range map[string]struct{ address, key string }{
		"another key":         {address, "kex"},
		"no key":              {address, ""},
		"no token":            {"answers@example.com", "key"},
		"no address":          {"", "key"},
		"another handoff":     {other[:at-16] + address[at-16:], "key"},
		"cut":                 {address[:at-1] + address[at:], "key"},
		"longer":              {address[:at] + "a" + address[at:], "key"},
		"token in the domain": {"a@b+" + address[strings.IndexByte(address, '+')+1:at], "key"},
	} {
		if h, err := email.Handoff(c.address, c.key); !errors.Is(err, email.ErrToken) {
			t.Errorf("%s: %s, %v", name, h, err)
		}
	}
	for name, base := range map[string]string{"no address": "answers", "too long": strings.Repeat("a", 30) + "@example.com"} {
		if _, err := email.ReplyAddress(base, "key", handofftest.Handoff); err == nil {
			t.Errorf("%s: made an address", name)
		}
	}
}

// FuzzHandoff: no address but a signed one names a handoff.
func FuzzHandoff(f *testing.F) {
	good, err := email.ReplyAddress("a@b.example", "key", handofftest.Handoff)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add("a+h_@b")
	f.Fuzz(func(t *testing.T, address string) {
		h, err := email.Handoff(address, "key")
		if err != nil {
			return
		}
		token, tokenErr := email.Token("key", h)
		if tokenErr != nil || !strings.Contains(strings.ToLower(address), token) {
			t.Errorf("%q names %s", address, h)
		}
	})
}
