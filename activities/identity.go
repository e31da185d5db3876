package activities

import (
	"context"
	"errors"
	"strings"
	"time"

	"go.temporal.io/sdk/activity"

	"steward/internal/agent"
	"steward/internal/policy"
	"steward/schemas"
)

// CodeStore keeps the codes that prove addresses.
type CodeStore interface {
	StartCheck(ctx context.Context, in schemas.CodeStart, decide func(schemas.CodeSends) bool) (schemas.CodeStarted, error)
	FinishCode(ctx context.Context, in schemas.SendCodeInput, outcome schemas.CodeOutcome, rules schemas.GateRules) (schemas.Head, error)
}

// Mailer sends one mail. An error means that nothing was handed over.
type Mailer interface {
	Send(ctx context.Context, m schemas.Mail) (schemas.Delivered, error)
}

// Codes sends the codes that prove addresses.
type Codes struct {
	Store CodeStore
	Mail  Mailer
	// From is the address that the mails come from.
	From string
}

// codeAttempts is how often the mail of a code is tried before the customer
// hears that it cannot be sent.
const codeAttempts = 3

// mailWithin is how long one try to hand a mail over may take.
const mailWithin = 6 * time.Second

// errMail is a mail that could not be handed over this time.
var errMail = schemas.NewError(schemas.KindUnavailable, "the mail server does not take mail now")

// InboundRules read codes and addresses from what customers write; a process
// that stores their messages needs them. Spec: D7.
func InboundRules() schemas.InboundRules {
	return schemas.InboundRules{
		Read: func(text string) schemas.InboundRead {
			out := schemas.InboundRead{Masked: policy.MaskCode(text)}
			out.Code, _ = policy.FindCode(text)
			out.Address, out.Own = agent.Address(text)
			return out
		},
		Judge: func(f schemas.CodeFacts, key []byte, email, code string) schemas.CodeVerdict {
			address := policy.AddressHash(key, email)
			return policy.JudgeCode(f, address, policy.CodeHMAC(key, f.Conversation, address, code))
		},
	}
}

// SendCode makes a code, stores its hash, mails it and tells the customer, whose
// turn ends with that. The code is in the mail only: no row and no history has
// it. The same step makes the same code, so that a try after a crash is the same
// mail. Spec: D7. Settled: rules 3, 7.
func (a *Conversations) SendCode(ctx context.Context, in schemas.SendCodeInput) (schemas.SendCodeResult, error) {
	a.fault("send_code.before")
	m, err := a.Turns.Material(ctx, in.TurnRef)
	if err != nil {
		return schemas.SendCodeResult{}, failure(ctx, err)
	}
	outcome, err := a.sendCode(ctx, in, m)
	if err != nil {
		return schemas.SendCodeResult{}, failure(ctx, err)
	}
	a.fault("send_code.after_send")
	head, err := a.Codes.Store.FinishCode(ctx, in, outcome, a.gateRules())
	a.fault("send_code.after_commit")
	return schemas.SendCodeResult{Outcome: outcome, Head: head}, failure(ctx, err)
}

func (a *Conversations) sendCode(ctx context.Context, in schemas.SendCodeInput, m schemas.Material) (schemas.CodeOutcome, error) {
	known := m.Known
	if known.Email == "" || a.Codes.Mail == nil {
		return schemas.CodeNotSent, nil
	}
	if known.Preview != "" {
		// Settings are tried, and whoever has the address has asked for nothing.
		return schemas.CodeSent, nil
	}
	code, err := policy.CodeFor(known.Key, in.CodeKey())
	if err != nil {
		return "", err
	}
	address := policy.AddressHash(known.Key, known.Email)
	started, err := a.Codes.Store.StartCheck(ctx, schemas.CodeStart{
		Conversation: in.Conversation, Key: in.CodeKey(), Address: address, TTL: policy.CodeTTL,
		HMAC: policy.CodeHMAC(known.Key, in.Conversation, address, code),
	}, policy.MaySendCode)
	a.fault("send_code.after_store")
	switch {
	case err != nil:
		return "", err
	case started.Refused:
		return schemas.CodeRefused, nil
	case started.Sent:
		return schemas.CodeSent, nil
	}
	return a.mailCode(ctx, m, started, code)
}

func (a *Conversations) mailCode(ctx context.Context, m schemas.Material, started schemas.CodeStarted, code string) (schemas.CodeOutcome, error) {
	subject, text := agent.NewWording(m.Settings).CodeMail(m.Language, code)
	_, host, _ := strings.Cut(a.Codes.From, "@")
	sending, cancel := context.WithTimeout(ctx, mailWithin)
	defer cancel()
	d, err := a.Codes.Mail.Send(sending, schemas.Mail{
		From: a.Codes.From, FromName: strings.Join(strings.Fields(m.Settings.Profile.Company), " "), To: []string{m.Known.Email},
		Subject: strings.Join(strings.Fields(subject), " "), ID: string(started.ID) + "@" + host, Date: started.At, Text: text,
		Headers: map[string]string{"Auto-Submitted": "auto-generated"},
	})
	switch {
	case err == nil && (d.Result == schemas.SentDone || d.Result == schemas.SentUnknown):
		// One that may have gone out is not repeated: the customer can ask for
		// another.
		return schemas.CodeSent, nil
	case err == nil && d.Result == schemas.SentFailed, int(activity.GetInfo(ctx).Attempt) >= codeAttempts:
		return schemas.CodeNotSent, nil
	case errors.Is(ctx.Err(), context.Canceled):
		return "", ctx.Err()
	}
	return "", errMail
}

// sentCode decides and words what the customer hears after a code was sent, or
// was not.
func sentCode(f schemas.GateFacts, o schemas.CodeOutcome) schemas.GateVerdict {
	v := policy.AfterCode(o)
	v.Text = framed(f, verification(f, o))
	return v
}

// framed adds what opens the first reply of a conversation.
func framed(f schemas.GateFacts, text string) string {
	return agent.NewWording(f.Settings).Frame(text, f.Language, agent.Frame{
		Disclose: f.Material.First && f.Head.Engagement == 1, LanguageModel: true,
	})
}
