package activities

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.temporal.io/sdk/activity"

	"steward/internal/agent"
	"steward/internal/policy"
	"steward/schemas"
)

// GapStore keeps questions that the content does not answer.
type GapStore interface {
	UngroupedAsks(ctx context.Context, most int) ([]schemas.UngroupedAsk, error)
	GapGroups(ctx context.Context, agent schemas.AgentID, language string, most int) ([]schemas.GapGroup, error)
	GroupAsk(ctx context.Context, ask schemas.UngroupedAsk, gap schemas.GapID) (schemas.GapID, error)
	Tellings(ctx context.Context, most int) ([]schemas.Telling, error)
	TellInChat(ctx context.Context, t schemas.Telling, text string) error
	ClaimMail(ctx context.Context, t schemas.Telling) (bool, error)
	SettleMail(ctx context.Context, t schemas.Telling, told schemas.Told) error
}

// Gaps groups questions without an answer and tells those who asked once there
// is one. It works on what lies in the database, page by page, so that a look
// that breaks off is gone on with by the next. Spec: S57, D22.
type Gaps struct {
	Store GapStore
	// Near is how alike two texts of one language are, from 0 to 1.
	Near func(a, b, lang string) float64
	// Mail reaches customers whose conversation is over; nil leaves them until
	// there is one. From is its sender, MailHost the host of its ids.
	Mail     Mailer
	From     string
	MailHost string
}

const (
	// gapPage is how many questions or customers one look deals with.
	gapPage = 200
	// gapGroups is with how many gaps of its language a question is compared, the
	// latest first.
	gapGroups = 2000
)

// look groups what is not grouped and tells who is to be told. What fails does
// not keep the rest from it.
func (a *Gaps) look(ctx context.Context) error {
	if a == nil {
		return nil
	}
	return errors.Join(a.group(ctx), a.tell(ctx))
}

func (a *Gaps) group(ctx context.Context) error {
	asks, err := a.Store.UngroupedAsks(ctx, gapPage)
	if err != nil {
		return err
	}
	known := map[string][]schemas.GapGroup{}
	for _, ask := range asks {
		key := string(ask.Agent) + "/" + ask.Language
		groups, read := known[key]
		if !read {
			if groups, err = a.Store.GapGroups(ctx, ask.Agent, ask.Language, gapGroups); err != nil {
				return err
			}
		}
		var into schemas.GapID
		if i, ok := policy.GroupGap(ask.GapQuestion, questionsOf(groups), a.Near); ok {
			into = groups[i].ID
		}
		id, err := a.Store.GroupAsk(ctx, ask, into)
		if err != nil {
			return err
		}
		if into == "" && id != "" {
			groups = append(groups, schemas.GapGroup{ID: id, GapQuestion: ask.GapQuestion})
		}
		known[key] = groups
		activity.RecordHeartbeat(ctx)
	}
	return nil
}

func questionsOf(groups []schemas.GapGroup) []schemas.GapQuestion {
	out := make([]schemas.GapQuestion, len(groups))
	for i, g := range groups {
		out[i] = g.GapQuestion
	}
	return out
}

func (a *Gaps) tell(ctx context.Context) error {
	list, err := a.Store.Tellings(ctx, gapPage)
	for _, t := range list {
		w := agent.NewWording(t.Settings)
		text := w.Notice(agent.NoticeTellAnswer, t.Language, agent.WordingData{Title: t.Question, Value: t.Answer})
		if t.InChat {
			err = errors.Join(err, a.Store.TellInChat(ctx, t, text))
		} else if a.Mail != nil {
			err = errors.Join(err, a.mail(ctx, t, w, text))
		}
		activity.RecordHeartbeat(ctx)
	}
	return err
}

// mail writes to one customer. It is claimed first: a mail cannot be taken
// back, so one of which nothing is known counts as sent. Spec: D17.
func (a *Gaps) mail(ctx context.Context, t schemas.Telling, w agent.Wording, text string) error {
	mine, err := a.Store.ClaimMail(ctx, t)
	if err != nil || !mine {
		return err
	}
	d, err := a.Mail.Send(ctx, schemas.Mail{
		From: a.From, FromName: t.Settings.Profile.Name, To: []string{t.Email},
		Subject: w.Notice(agent.NoticeTellSubject, t.Language, agent.WordingData{}), Text: text, Date: time.Now(),
		ID:      fmt.Sprintf("%s.%d.%s.%d@%s", t.Gap, t.Closing, t.Conversation, t.Turn, a.MailHost),
		Headers: map[string]string{"Auto-Submitted": "auto-generated"},
	})
	refused := d.Code == "invalid" || strings.HasPrefix(d.Code, "smtp_5")
	switch {
	case err == nil && d.Result == schemas.SentFailed && refused:
		return a.Store.SettleMail(context.WithoutCancel(ctx), t, schemas.ToldUnreachable)
	case err != nil || d.Result == schemas.SentLater || d.Result == schemas.SentFailed:
		// Nothing was handed over: the next look tries again.
		return errors.Join(err, a.Store.SettleMail(context.WithoutCancel(ctx), t, schemas.ToldNot))
	}
	return nil
}

// tellAsk ends a reply with the question whether the customer wants to hear of
// an answer. Spec: D22.
func tellAsk(text string, f schemas.ComposeFacts, r schemas.Reply) string {
	if r.Consent != schemas.ConsentAsked {
		return text
	}
	return text + "\n\n" + agent.NewWording(f.Settings).Notice(agent.NoticeTellAsk, r.Language, agent.WordingData{})
}

// consentNotice answers what the customer said to that.
func consentNotice(w agent.Wording, f schemas.Facts, v schemas.Verdict) schemas.Notice {
	n := schemas.Notice{Event: fmt.Sprintf("consent/%d", f.Head.LastInbound)}
	key := agent.NoticeTellNo
	if v.Consent == schemas.ConsentYes {
		key, n.AskEmail = agent.NoticeTellYes, !f.EmailKnown
	}
	n.Text = w.Notice(key, f.Language, agent.WordingData{AskEmail: n.AskEmail})
	return n
}
