// Package hubspot opens handoffs as conversations of HubSpot's inbox or help
// desk, over a custom channel of our own app: the customer's messages are
// incoming there, those of the agent and of people outgoing, notes are comments
// of the thread.
//
// Messages carry an idempotency id, so that HubSpot shows a repeated one once;
// a comment ends with its key, by which the package finds it again. The package
// owns no state. It must not answer the customer through HubSpot: what staff
// write there comes back as an event.
package hubspot

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"steward/internal/handoff"
	"steward/schemas"
)

const (
	// api is HubSpot's public interface.
	api = "https://api.hubapi.com"
	// maxText is the longest text of one message, in characters. HubSpot
	// truncates longer ones.
	maxText = 10_000
	// maxPages bounds a search through a thread.
	maxPages = 20
	// recipient is how the company is named in our channel.
	recipient = "steward"
)

// Destination is one channel account.
type Destination struct {
	options handoff.Options
	base    string
}

var (
	_ handoff.Destination = (*Destination)(nil)
	_ handoff.Receiver    = (*Destination)(nil)
)

// New makes the destination of a Desk of the kind hubspot.
func New(o handoff.Options) *Destination {
	base := strings.TrimRight(o.Desk.BaseURL, "/")
	if base == "" {
		base = api
	}
	return &Destination{options: o, base: base + "/conversations/v3"}
}

// Capabilities is what HubSpot can do.
func (d *Destination) Capabilities() handoff.Capabilities {
	return handoff.Capabilities{Repeatable: true, Replies: true, MaxText: maxText, Unit: handoff.UnitRune}
}

func limit() handoff.Limit { return handoff.Limit{Max: maxText} }

// party is a sender or a recipient.
type party struct {
	Name       string     `json:"name,omitempty"`
	Identifier identifier `json:"deliveryIdentifier"`
}

type identifier struct {
	Type  string `json:"type"`
	Value string `json:"value"`
}

func partyOf(name, value string) party {
	return party{Name: name, Identifier: identifier{Type: "CHANNEL_SPECIFIC_OPAQUE_ID", Value: value}}
}

// message is one message over the custom channel.
type message struct {
	Account     string    `json:"channelAccountId"`
	Direction   string    `json:"messageDirection"`
	Thread      string    `json:"integrationThreadId"`
	Key         string    `json:"integrationIdempotencyId"`
	Text        string    `json:"text"`
	Timestamp   time.Time `json:"timestamp"`
	Senders     []party   `json:"senders"`
	Recipients  []party   `json:"recipients"`
	Attachments []any     `json:"attachments"`
}

// published is the answer to a message.
type published struct {
	ID     handoff.Number `json:"id"`
	Thread handoff.Number `json:"conversationsThreadId"`
}

// Open publishes the handoff as the first message of its thread. Its ref is
// HubSpot's id of the thread.
func (d *Destination) Open(ctx context.Context, t schemas.Ticket) (schemas.ExternalRef, error) {
	made, err := d.publish(ctx, t.Contact, message{
		Direction: "INCOMING", Thread: string(t.Handoff), Key: string(t.Handoff), Timestamp: t.CreatedAt.UTC(),
		Text: handoff.Body(t, d.options.Desk.Language, limit()),
	})
	if err != nil {
		return schemas.ExternalRef{}, err
	}
	return d.options.Ref(t.Handoff, string(made.Thread), ""), nil
}

// Post adds a message, or for a note a comment; several when the text is long.
func (d *Destination) Post(ctx context.Context, ref schemas.ExternalRef, m schemas.DeskMessage) (string, error) {
	if m.Note {
		return d.comment(ctx, ref, m)
	}
	direction, text := "OUTGOING", handoff.Spoken(m, d.options.Desk.Language)
	if m.Speaker == schemas.SpeakerCustomer {
		direction, text = "INCOMING", m.Text
	}
	first := ""
	for i, piece := range handoff.Split(text, limit()) {
		made, err := d.publish(ctx, m.Contact, message{
			Direction: direction, Thread: string(ref.Handoff), Key: m.Key + "/" + strconv.Itoa(i), Text: piece, Timestamp: m.At.UTC(),
		})
		if err != nil {
			return "", err
		}
		if first == "" {
			first = string(made.ID)
		}
	}
	return first, nil
}

// publish sends a message between the customer and the company.
func (d *Destination) publish(ctx context.Context, who schemas.ContactCard, m message) (published, error) {
	customer, company := []party{partyOf(who.Name, string(who.ID))}, []party{partyOf(d.options.Desk.Name, recipient)}
	m.Account, m.Attachments = d.options.Desk.Inbox, []any{}
	m.Senders, m.Recipients = customer, company
	if m.Direction == "OUTGOING" {
		m.Senders, m.Recipients = company, customer
	}
	var made published
	err := d.call(ctx, handoff.Call{
		Method: http.MethodPost, URL: d.base + "/custom-channels/" + url.PathEscape(d.options.Desk.Channel) + "/messages",
		Body: m, Into: &made,
	})
	if err == nil && (made.ID == "" || made.Thread == "") {
		err = handoff.Unknown(handoff.CodeMalformed)
	}
	return made, err
}

func (d *Destination) thread(id string) string {
	return d.base + "/conversations/threads/" + url.PathEscape(id)
}

// mark ends a comment with its key: HubSpot keeps no id of ours for comments.
func mark(key string) string { return "\n[" + key + "]" }

// comment adds comments unless they are there already.
func (d *Destination) comment(ctx context.Context, ref schemas.ExternalRef, m schemas.DeskMessage) (string, error) {
	within := limit()
	within.Max -= len(mark(m.Key)) + 8
	first := ""
	for i, piece := range handoff.Split(handoff.Spoken(m, d.options.Desk.Language), within) {
		id, err := d.commentOnce(ctx, m.Tries, ref.ID, piece, m.Key+"/"+strconv.Itoa(i))
		if err != nil {
			return "", err
		}
		if first == "" {
			first = id
		}
	}
	return first, nil
}

func (d *Destination) commentOnce(ctx context.Context, tries int, thread, text, key string) (string, error) {
	if tries != 1 {
		id, err := d.findComment(ctx, thread, mark(key))
		if err != nil || id != "" {
			return id, err
		}
	}
	var made published
	err := d.call(ctx, handoff.Call{
		Method: http.MethodPost, URL: d.thread(thread) + "/messages", Into: &made,
		Body: map[string]any{"type": "COMMENT", "text": text + mark(key), "attachments": []any{}},
	})
	if err == nil && made.ID == "" {
		err = handoff.Unknown(handoff.CodeMalformed)
	}
	if handoff.MayHaveArrived(err) {
		if id, findErr := d.findComment(ctx, thread, mark(key)); findErr == nil && id != "" {
			return id, nil
		}
	}
	return string(made.ID), err
}

// findComment returns the id of the comment with a mark, empty when there is
// none. A search that ends before the last page finds nothing for certain, so
// it fails instead.
func (d *Destination) findComment(ctx context.Context, thread, mark string) (string, error) {
	after := ""
	for range maxPages {
		query := url.Values{"limit": {"100"}}
		if after != "" {
			query.Set("after", after)
		}
		var page struct {
			Results []struct {
				ID   handoff.Number `json:"id"`
				Type string         `json:"type"`
				Text string         `json:"text"`
			} `json:"results"`
			Paging struct {
				Next struct {
					After string `json:"after"`
				} `json:"next"`
			} `json:"paging"`
		}
		err := d.call(ctx, handoff.Call{Method: http.MethodGet, URL: d.thread(thread) + "/messages?" + query.Encode(), Into: &page})
		if err != nil {
			return "", err
		}
		for _, m := range page.Results {
			if m.Type == "COMMENT" && strings.HasSuffix(strings.TrimSpace(m.Text), strings.TrimSpace(mark)) {
				return string(m.ID), nil
			}
		}
		if after = page.Paging.Next.After; after == "" {
			return "", nil
		}
	}
	return "", handoff.Unknown(handoff.CodeTooLarge)
}

// Update says in a comment what became of the handoff, and sets the thread's
// status. Closing a thread that the agent goes on with would come back as a
// wish to close the conversation, so that one stays open.
func (d *Destination) Update(ctx context.Context, ref schemas.ExternalRef, u schemas.DeskUpdate) error {
	text := handoff.UpdateText(u, d.options.Desk.Language)
	if _, err := d.commentOnce(ctx, u.Tries, ref.ID, text, u.Key); err != nil {
		return err
	}
	status := ""
	switch u.State {
	case schemas.HandoffAccepted:
		status = "OPEN"
	case schemas.HandoffClosed:
		status = "CLOSED"
	case schemas.HandoffReturned, schemas.HandoffWaiting, schemas.HandoffOffered:
		return nil
	}
	return d.call(ctx, handoff.Call{Method: http.MethodPatch, URL: d.thread(ref.ID), Body: map[string]any{"status": status}})
}

func (d *Destination) call(ctx context.Context, c handoff.Call) error {
	token, err := d.options.Resolve(ctx, d.options.Desk.Secret)
	if err != nil {
		return err
	}
	c.Header = http.Header{"Authorization": {"Bearer " + token}}
	return d.options.Do(ctx, c)
}
