// Package email sends handoffs to a team by email: the summary and the
// conversation first, later messages in the same thread. The Reply-To address
// has a signed token, by which an answer finds its handoff; whoever receives
// mail reads it with Handoff.
//
// It owns no state, and no connection to a mail server: that is the Mailer's. It
// must not send anything to the customer, and an answer's token is no proof of
// who wrote it.
package email

import (
	"context"
	"html"
	"strings"

	"steward/internal/handoff"
	"steward/schemas"
)

// Mailer sends one email. An error means that nothing was handed over for
// certain; what a server answered, or may have taken, is a Delivered.
type Mailer interface {
	Send(ctx context.Context, m schemas.Mail) (schemas.Delivered, error)
}

// Destination is a team's addresses.
type Destination struct {
	options handoff.Options
	mailer  Mailer
}

var _ handoff.Destination = (*Destination)(nil)

// New makes the destination of a Desk of the kind email.
func New(o handoff.Options, m Mailer) *Destination { return &Destination{options: o, mailer: m} }

// Capabilities is what email can do. A mail of unknown result may be there, and
// a second one would show.
func (d *Destination) Capabilities() handoff.Capabilities {
	return handoff.Capabilities{Replies: true}
}

// Open sends the handoff. Its ref is the Message-ID, without angle brackets.
func (d *Destination) Open(ctx context.Context, t schemas.Ticket) (schemas.ExternalRef, error) {
	lang := d.options.Desk.Language
	m := schemas.Mail{
		Subject: handoff.Title(t, lang), ID: d.id(string(t.Handoff)), Date: t.CreatedAt,
		Text: handoff.Body(t, lang, handoff.Limit{}),
	}
	if err := d.send(ctx, t.Handoff, m); err != nil {
		return schemas.ExternalRef{}, err
	}
	return d.options.Ref(t.Handoff, m.ID, ""), nil
}

// Post sends a message as an answer to the first mail.
func (d *Destination) Post(ctx context.Context, ref schemas.ExternalRef, m schemas.DeskMessage) (string, error) {
	mail := d.answer(ref, m.Key, handoff.Spoken(m, d.options.Desk.Language))
	mail.Date = m.At
	return mail.ID, d.send(ctx, ref.Handoff, mail)
}

// Update sends what became of the handoff as an answer to the first mail.
func (d *Destination) Update(ctx context.Context, ref schemas.ExternalRef, u schemas.DeskUpdate) error {
	mail := d.answer(ref, u.Key, handoff.UpdateText(u, d.options.Desk.Language))
	mail.Date = u.At
	return d.send(ctx, ref.Handoff, mail)
}

func (d *Destination) answer(ref schemas.ExternalRef, key, text string) schemas.Mail {
	return schemas.Mail{
		Subject: "Re: " + string(ref.Handoff), ID: d.id(key), InReplyTo: ref.ID, References: []string{ref.ID}, Text: text,
	}
}

// id is the Message-ID of a key: the same for every try, so that many mail
// programs show a mail once that was sent twice.
func (d *Destination) id(key string) string {
	safe := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '-' {
			return r
		}
		return '.'
	}, key)
	return strings.Trim(safe, ".") + ".desk" + d.options.Desk.From[strings.LastIndexByte(d.options.Desk.From, '@'):]
}

func (d *Destination) send(ctx context.Context, h schemas.HandoffID, m schemas.Mail) error {
	key, err := d.options.Resolve(ctx, d.options.Desk.Secret)
	if err != nil {
		return err
	}
	base := d.options.Desk.ReplyTo
	if base == "" {
		base = d.options.Desk.From
	}
	m.ReplyTo, err = ReplyAddress(base, key, h)
	if err != nil {
		return handoff.Failed(handoff.CodeConfig)
	}
	m.From, m.FromName, m.To = d.options.Desk.From, d.options.Desk.Name, d.options.Desk.To
	m.HTML = `<div style="white-space:pre-wrap">` + html.EscapeString(m.Text) + `</div>`
	// The mail is made by software, so nobody's absence note answers it.
	m.Headers = map[string]string{"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All", "X-Steward-Handoff": string(h)}
	delivered, err := d.mailer.Send(ctx, m)
	if err != nil {
		return handoff.Later(handoff.CodeUnreachable, 0)
	}
	if delivered.Result == schemas.SentDone {
		return nil
	}
	return &handoff.Failure{Result: delivered.Result, Code: delivered.Code, RetryAfter: delivered.RetryAfter}
}
