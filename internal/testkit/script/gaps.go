package script

import (
	"context"
	"strings"
	"sync"

	"go.temporal.io/sdk/testsuite"

	"steward/activities"
	"steward/internal/channels"
	"steward/internal/language"
	"steward/internal/store"
	"steward/internal/testkit"
	"steward/schemas"

	sdklog "go.temporal.io/sdk/log"
)

// mailbox stands in for the mail server.
type mailbox struct {
	mu   sync.Mutex
	next []schemas.Delivered
	sent []schemas.Mail
	read int
}

func (m *mailbox) Send(_ context.Context, mail schemas.Mail) (schemas.Delivered, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	d := schemas.Delivered{Result: schemas.SentDone}
	if len(m.next) > 0 {
		d, m.next = m.next[0], m.next[1:]
	}
	if d.Result == schemas.SentDone || d.Result == schemas.SentUnknown {
		m.sent = append(m.sent, mail)
	}
	return d, nil
}

func (w *world) sweeps(chans map[schemas.ChannelKind]channels.Channel) *activities.Sweeps {
	return &activities.Sweeps{
		Store: w.store, Channels: chans, Handoffs: starter{w}, Outcomes: starter{w}, Gaps: &activities.Gaps{
			Store: w.store, Near: language.Similarity, Mail: w.mail, From: "agent@shop.example", MailHost: "shop.example",
		},
	}
}

// sweep looks at everything once, like the schedule does every minute.
func (w *world) sweep() error {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(sdklog.NewStructuredLogger(testkit.Quiet()))
	env := suite.NewTestActivityEnvironment()
	sweeps := w.sweeps(map[schemas.ChannelKind]channels.Channel{schemas.ChannelLiveChat: w.channel})
	env.RegisterActivity(sweeps)
	_, err := env.ExecuteActivity(sweeps.SweepOverdue, schemas.SweepInput{})
	w.relaySoon()
	return err
}

// gap closes and opens the gap whose question holds the text before "with":
// "closes gap elephants with We do.", "opens gap elephants".
func (w *world) gap(l line) error {
	words, answer, _ := strings.Cut(l.rest, " with ")
	gaps, err := w.store.ListGaps(w.ctx, w.deploy.Agent, "", 100)
	if err != nil {
		return err
	}
	for _, g := range gaps {
		if !strings.Contains(g.Question, words) {
			continue
		}
		if l.verb == "opens gap" {
			return w.store.ReopenGap(w.ctx, g.ID)
		}
		return w.store.CloseGap(w.ctx, store.Closing{Gap: g.ID, Answer: answer})
	}
	return schemas.NewError(schemas.KindNotFound, "there is no gap with these words")
}

// mailServer says what becomes of the next mail: later, failed CODE, unknown.
func (w *world) mailServer(l line) {
	word, code, _ := strings.Cut(l.rest, " ")
	w.mail.mu.Lock()
	defer w.mail.mu.Unlock()
	w.mail.next = append(w.mail.next, schemas.Delivered{Result: schemas.Sent(word), Code: code})
}

func (w *world) checkMail(l line) {
	w.mail.mu.Lock()
	defer w.mail.mu.Unlock()
	if l.verb == "told nothing by mail" {
		for _, m := range w.mail.sent[w.mail.read:] {
			w.failf(l, "a mail went to %s, want none", m.To)
		}
		return
	}
	if w.mail.read == len(w.mail.sent) {
		w.failf(l, "no mail was sent, want %s", l.rest)
		return
	}
	m := w.mail.sent[w.mail.read]
	w.mail.read++
	to, text, _ := strings.Cut(l.rest, " ")
	if strings.Join(m.To, ",") != to || !strings.Contains(m.Text, text) {
		w.failf(l, "the mail to %v says %q", m.To, m.Text)
	}
}
