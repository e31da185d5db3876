// Package webhook tells a company's own system of handoffs by signed POSTs, and
// reads what that system sends back. The headers and the signature are those of
// Standard Webhooks, so that its libraries verify them:
//
//	webhook-id         the key of the event; the same event delivered again has
//	                   the same one, and receivers keep it to do things once
//	webhook-timestamp  seconds since 1970, of this delivery
//	webhook-signature  one or more "v1,<base64>" with spaces between them
//
// The signature is the HMAC-SHA256 of id + "." + timestamp + "." + body, under
// the bytes of the secret: for one that begins with whsec_ the base64 after it.
// A receiver in Go verifies a delivery with Verify, and in any case compares in
// constant time, refuses timestamps more than five minutes from its clock, and
// answers 2xx within 15 seconds. Fields are only ever added to a payload, so a
// receiver has to ignore those it does not know.
//
// The package owns the shape of the payloads and no state. It must not repeat a
// delivery by itself.
package webhook

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"steward/internal/handoff"
	"steward/internal/language"
	"steward/schemas"
)

// The types of event that we send.
const (
	EventCreated = "handoff.created"
	EventUpdated = "handoff.updated"
	EventMessage = "message.created"
)

// The headers of a delivery, in both directions.
const (
	HeaderID        = "Webhook-Id"
	HeaderTimestamp = "Webhook-Timestamp"
	HeaderSignature = "Webhook-Signature"
)

// secretPrefix marks a secret that is the base64 of its key.
const secretPrefix = "whsec_"

// Destination is a receiver of webhooks.
type Destination struct{ options handoff.Options }

var (
	_ handoff.Destination = (*Destination)(nil)
	_ handoff.Receiver    = (*Destination)(nil)
)

// New makes the destination of a Desk of the kind webhook.
func New(o handoff.Options) *Destination { return &Destination{options: o} }

// payload is the body of a delivery.
type payload struct {
	Type      string    `json:"type"`
	Timestamp time.Time `json:"timestamp"`
	Data      any       `json:"data"`
}

// messageData is the data of message.created.
type messageData struct {
	Handoff schemas.HandoffID `json:"handoff_id"`
	schemas.DeskMessage
}

// updateData is the data of handoff.updated.
type updateData struct {
	Handoff schemas.HandoffID `json:"handoff_id"`
	schemas.DeskUpdate
}

// Capabilities is what any receiver can do.
func (d *Destination) Capabilities() handoff.Capabilities {
	return handoff.Capabilities{Repeatable: true, Replies: true}
}

// Open sends handoff.created with the whole ticket.
func (d *Destination) Open(ctx context.Context, t schemas.Ticket) (schemas.ExternalRef, error) {
	if err := d.send(ctx, string(t.Handoff), EventCreated, t); err != nil {
		return schemas.ExternalRef{}, err
	}
	return d.options.Ref(t.Handoff, string(t.Handoff), ""), nil
}

// Post sends message.created.
func (d *Destination) Post(ctx context.Context, ref schemas.ExternalRef, m schemas.DeskMessage) (string, error) {
	return m.Key, d.send(ctx, m.Key, EventMessage, messageData{ref.Handoff, m})
}

// Update sends handoff.updated.
func (d *Destination) Update(ctx context.Context, ref schemas.ExternalRef, u schemas.DeskUpdate) error {
	return d.send(ctx, u.Key, EventUpdated, updateData{ref.Handoff, u})
}

func (d *Destination) send(ctx context.Context, id, event string, data any) error {
	key, err := d.key(ctx, d.options.Desk.Secret)
	if err != nil {
		return err
	}
	now := d.options.Clock()
	body, err := json.Marshal(payload{Type: event, Timestamp: now.UTC(), Data: data})
	if err != nil {
		return handoff.Failed(handoff.CodeConfig)
	}
	seconds := strconv.FormatInt(now.Unix(), 10)
	return d.options.Do(ctx, handoff.Call{
		Method: http.MethodPost, URL: d.options.Desk.BaseURL, Raw: body,
		Header: http.Header{
			HeaderID: {id}, HeaderTimestamp: {seconds}, HeaderSignature: {sign(key, id, seconds, body)},
		},
	})
}

// key is the key behind a reference to a secret.
func (d *Destination) key(ctx context.Context, reference string) ([]byte, error) {
	secret, err := d.options.Resolve(ctx, reference)
	if err != nil {
		return nil, err
	}
	return keyOf(secret)
}

func keyOf(secret string) ([]byte, error) {
	encoded, marked := strings.CutPrefix(secret, secretPrefix)
	if !marked {
		return []byte(secret), nil
	}
	key, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || len(key) == 0 {
		return nil, handoff.Failed(handoff.CodeConfig)
	}
	return key, nil
}

func sign(key []byte, id, seconds string, body []byte) string {
	mac := handoff.MAC(key, []byte(id), []byte("."), []byte(seconds), []byte("."), body)
	return "v1," + base64.StdEncoding.EncodeToString(mac)
}

// Verify checks a delivery: its headers, its raw body, the secret, and the
// clock of the receiver. It returns nil when the delivery is genuine and fresh.
func Verify(header http.Header, body []byte, secret string, now time.Time) error {
	key, err := keyOf(secret)
	if err != nil || len(key) == 0 {
		return handoff.ErrSignature
	}
	id, seconds := header.Get(HeaderID), header.Get(HeaderTimestamp)
	if id == "" || len(id) > 256 {
		return handoff.ErrSignature
	}
	want, genuine := sign(key, id, seconds, body), false
	for _, got := range strings.Fields(header.Get(HeaderSignature)) {
		genuine = handoff.Equal(want, got) || genuine
	}
	if !genuine {
		return handoff.ErrSignature
	}
	return handoff.Options{Now: func() time.Time { return now }}.Fresh(seconds)
}

// incoming is the body of a call to us: {"type":"reply","handoff_id":"hand_…",
// "author":"Ann","text":"…"}. The type is one of the kinds of DeskEvent.
type incoming struct {
	Type    schemas.DeskEventKind `json:"type"`
	Handoff schemas.HandoffID     `json:"handoff_id"`
	Author  string                `json:"author"`
	Text    string                `json:"text"`
}

// Parse reads a signed call of the company's system: reply, note, take,
// give_back or close. Its webhook-id is the event's id.
func (d *Destination) Parse(ctx context.Context, r handoff.Request) ([]schemas.DeskEvent, error) {
	reference := d.options.Desk.SigningSecret
	if reference == "" {
		reference = d.options.Desk.Secret
	}
	secret, err := d.options.Resolve(ctx, reference)
	if err != nil {
		return nil, err
	}
	if err := Verify(r.Header, r.Body, secret, d.options.Clock()); err != nil {
		return nil, err
	}
	var in incoming
	if json.Unmarshal(r.Body, &in) != nil || !in.Type.Valid() || in.Type == schemas.DeskChallenge {
		return nil, handoff.ErrUnreadable
	}
	if _, err := schemas.ParseID(schemas.PrefixHandoff, string(in.Handoff)); err != nil {
		return nil, handoff.ErrUnreadable
	}
	event := schemas.DeskEvent{
		ID: r.Header.Get(HeaderID), Kind: in.Type, Handoff: in.Handoff, Ref: string(in.Handoff),
		Author: handoff.Name(in.Author), At: d.options.Clock(),
	}
	if in.Type == schemas.DeskReply || in.Type == schemas.DeskNote {
		if event.Text = language.Clean(in.Text); event.Text == "" {
			return nil, handoff.ErrUnreadable
		}
	}
	return []schemas.DeskEvent{event}, nil
}
