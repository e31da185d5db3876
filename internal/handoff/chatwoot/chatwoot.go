// Package chatwoot opens handoffs as conversations in an API inbox of Chatwoot:
// the customer's messages are incoming there, those of the agent and of people
// outgoing, the summary and notes private.
//
// A conversation has the handoff's id as a custom attribute, and each message
// its key as source_id, by which the package finds both again. It owns no state.
// It must not take the address of a customer as the identity of a contact: the
// contact is found by Steward's id alone.
package chatwoot

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"steward/internal/handoff"
	"steward/schemas"
)

const (
	// maxText is Chatwoot's limit of a message, in characters, with room for its
	// own additions.
	maxText = 100_000
	// maxPages bounds a search through a conversation, of 20 messages each.
	maxPages = 50
	// attribute names the handoff in a conversation's custom attributes.
	attribute = "steward_handoff"
	// keyPrefix begins the source_id of everything that we post.
	keyPrefix = "steward:"
)

// Destination is one API inbox.
type Destination struct {
	options handoff.Options
	base    string
}

var (
	_ handoff.Destination = (*Destination)(nil)
	_ handoff.Receiver    = (*Destination)(nil)
)

// New makes the destination of a Desk of the kind chatwoot.
func New(o handoff.Options) *Destination {
	return &Destination{
		options: o,
		base:    strings.TrimRight(o.Desk.BaseURL, "/") + "/api/v1/accounts/" + url.PathEscape(o.Desk.Account),
	}
}

// Capabilities is what Chatwoot can do.
func (d *Destination) Capabilities() handoff.Capabilities {
	return handoff.Capabilities{Finds: true, Replies: true, MaxText: maxText, Unit: handoff.UnitRune}
}

func limit() handoff.Limit { return handoff.Limit{Max: maxText} }

// contact is a contact with its identities in inboxes.
type contact struct {
	ID         handoff.Number `json:"id"`
	Identifier string         `json:"identifier"`
	Inboxes    []struct {
		Source string `json:"source_id"`
		Inbox  struct {
			ID handoff.Number `json:"id"`
		} `json:"inbox"`
	} `json:"contact_inboxes"`
}

// conversation is a conversation with what we look for in it.
type conversation struct {
	ID         handoff.Number `json:"id"`
	Attributes map[string]any `json:"custom_attributes"`
}

// post is one message.
type post struct {
	ID      handoff.Number `json:"id"`
	Source  string         `json:"source_id"`
	Content string         `json:"content"`
}

// Open makes the contact where it is missing, the conversation, and in it the
// summary as a private note. Its ref is the conversation's number.
func (d *Destination) Open(ctx context.Context, t schemas.Ticket) (schemas.ExternalRef, error) {
	who, err := d.contact(ctx, t)
	if err != nil {
		return schemas.ExternalRef{}, err
	}
	id, err := d.conversation(ctx, t, who)
	if err != nil {
		return schemas.ExternalRef{}, err
	}
	_, err = d.once(ctx, t.Tries, id, map[string]any{
		"content": handoff.Body(t, d.options.Desk.Language, limit()), "message_type": "outgoing", "private": true,
		"source_id": keyPrefix + string(t.Handoff),
	})
	if err != nil {
		return schemas.ExternalRef{}, err
	}
	page := strings.TrimRight(d.options.Desk.BaseURL, "/") + "/app/accounts/" + url.PathEscape(d.options.Desk.Account) + "/conversations/" + url.PathEscape(id)
	return d.options.Ref(t.Handoff, id, page), nil
}

// contact finds the customer by our id of them, or makes them.
func (d *Destination) contact(ctx context.Context, t schemas.Ticket) (contact, error) {
	who, err := d.findContact(ctx, string(t.Contact.ID))
	if err != nil || who.ID != "" {
		return who, err
	}
	name := t.Contact.Name
	if name == "" {
		name = string(t.Contact.ID)
	}
	var made struct {
		Payload struct {
			Contact contact `json:"contact"`
		} `json:"payload"`
	}
	err = d.call(ctx, handoff.Call{
		Method: http.MethodPost, URL: d.base + "/contacts", Into: &made,
		Body: map[string]any{"inbox_id": d.number(d.options.Desk.Channel), "name": name, "identifier": string(t.Contact.ID)},
	})
	if err == nil && made.Payload.Contact.ID == "" {
		err = handoff.Unknown(handoff.CodeMalformed)
	}
	if handoff.MayHaveArrived(err) {
		if who, findErr := d.findContact(ctx, string(t.Contact.ID)); findErr == nil && who.ID != "" {
			return who, nil
		}
	}
	return made.Payload.Contact, err
}

// findContact searches by our id; the contact is empty when there is none.
func (d *Destination) findContact(ctx context.Context, identifier string) (contact, error) {
	var list struct {
		Payload []contact `json:"payload"`
	}
	query := url.Values{"q": {identifier}}.Encode()
	if err := d.call(ctx, handoff.Call{Method: http.MethodGet, URL: d.base + "/contacts/search?" + query, Into: &list}); err != nil {
		return contact{}, err
	}
	for _, c := range list.Payload {
		if c.Identifier == identifier {
			return c, nil
		}
	}
	return contact{}, nil
}

// conversation finds that of the handoff, or makes it.
func (d *Destination) conversation(ctx context.Context, t schemas.Ticket, who contact) (string, error) {
	if t.Tries != 1 {
		id, err := d.findConversation(ctx, who, t.Handoff)
		if err != nil || id != "" {
			return id, err
		}
	}
	body := map[string]any{
		"inbox_id": d.number(d.options.Desk.Channel), "contact_id": d.number(string(who.ID)), "status": "open",
		"custom_attributes": map[string]any{attribute: string(t.Handoff)},
	}
	for _, in := range who.Inboxes {
		if string(in.Inbox.ID) == d.options.Desk.Channel && in.Source != "" {
			body["source_id"] = in.Source
		}
	}
	var made conversation
	err := d.call(ctx, handoff.Call{Method: http.MethodPost, URL: d.base + "/conversations", Body: body, Into: &made})
	if err == nil && made.ID == "" {
		err = handoff.Unknown(handoff.CodeMalformed)
	}
	if handoff.MayHaveArrived(err) {
		if id, findErr := d.findConversation(ctx, who, t.Handoff); findErr == nil && id != "" {
			return id, nil
		}
	}
	return string(made.ID), err
}

func (d *Destination) findConversation(ctx context.Context, who contact, h schemas.HandoffID) (string, error) {
	var list struct {
		Payload []conversation `json:"payload"`
	}
	err := d.call(ctx, handoff.Call{
		Method: http.MethodGet, URL: d.base + "/contacts/" + url.PathEscape(string(who.ID)) + "/conversations", Into: &list,
	})
	if err != nil {
		return "", err
	}
	for _, c := range list.Payload {
		if c.Attributes[attribute] == string(h) && c.ID != "" {
			return string(c.ID), nil
		}
	}
	return "", nil
}

// Post adds a message, several when the text is long.
func (d *Destination) Post(ctx context.Context, ref schemas.ExternalRef, m schemas.DeskMessage) (string, error) {
	kind, text := "outgoing", m.Text
	switch {
	case m.Speaker == schemas.SpeakerCustomer && !m.Note:
		kind = "incoming"
	default:
		text = handoff.Spoken(m, d.options.Desk.Language)
	}
	first := ""
	for i, piece := range handoff.Split(text, limit()) {
		id, err := d.once(ctx, m.Tries, ref.ID, map[string]any{
			"content": piece, "message_type": kind, "private": m.Note, "source_id": keyPrefix + m.Key + "/" + strconv.Itoa(i),
		})
		if err != nil {
			return "", err
		}
		if first == "" {
			first = id
		}
	}
	return first, nil
}

// Update sets the status with a private note: open when a person took it,
// pending when the agent has it again, resolved when it is closed. Resolving
// what the agent goes on with would come back as a wish to close it.
func (d *Destination) Update(ctx context.Context, ref schemas.ExternalRef, u schemas.DeskUpdate) error {
	status := "resolved"
	switch u.State {
	case schemas.HandoffAccepted:
		status = "open"
	case schemas.HandoffReturned:
		status = "pending"
	case schemas.HandoffClosed, schemas.HandoffWaiting, schemas.HandoffOffered:
	}
	_, err := d.once(ctx, u.Tries, ref.ID, map[string]any{
		"content": handoff.UpdateText(u, d.options.Desk.Language), "message_type": "outgoing", "private": true,
		"source_id": keyPrefix + u.Key,
	})
	if err != nil {
		return err
	}
	return d.call(ctx, handoff.Call{
		Method: http.MethodPost, URL: d.base + "/conversations/" + url.PathEscape(ref.ID) + "/toggle_status",
		Body: map[string]any{"status": status},
	})
}

// once posts a message unless it is there already. When the answer is lost it
// looks once whether the message arrived.
func (d *Destination) once(ctx context.Context, tries int, conversation string, body map[string]any) (string, error) {
	source, _ := body["source_id"].(string)
	if tries != 1 {
		id, err := d.findMessage(ctx, conversation, source)
		if err != nil || id != "" {
			return id, err
		}
	}
	var made post
	err := d.call(ctx, handoff.Call{Method: http.MethodPost, URL: d.messages(conversation), Body: body, Into: &made})
	if err == nil && made.ID == "" {
		err = handoff.Unknown(handoff.CodeMalformed)
	}
	if handoff.MayHaveArrived(err) {
		if id, findErr := d.findMessage(ctx, conversation, source); findErr == nil && id != "" {
			return id, nil
		}
	}
	return string(made.ID), err
}

func (d *Destination) messages(conversation string) string {
	return d.base + "/conversations/" + url.PathEscape(conversation) + "/messages"
}

// findMessage returns the number of the message with a source_id, empty when
// there is none. It goes back from the latest; a search that ends before the
// first message finds nothing for certain, so it fails instead.
func (d *Destination) findMessage(ctx context.Context, conversation, source string) (string, error) {
	before := ""
	for range maxPages {
		address := d.messages(conversation)
		if before != "" {
			address += "?" + url.Values{"before": {before}}.Encode()
		}
		var page struct {
			Payload []post `json:"payload"`
		}
		if err := d.call(ctx, handoff.Call{Method: http.MethodGet, URL: address, Into: &page}); err != nil {
			return "", err
		}
		if len(page.Payload) == 0 || string(page.Payload[0].ID) == before {
			return "", nil
		}
		for _, m := range page.Payload {
			if m.Source == source && m.ID != "" {
				return string(m.ID), nil
			}
		}
		before = string(page.Payload[0].ID)
	}
	return "", handoff.Unknown(handoff.CodeTooLarge)
}

// number is an id as Chatwoot wants it. Settings and answers hold digits, so it
// is read without an error.
func (d *Destination) number(s string) int64 {
	n, _ := strconv.ParseInt(s, 10, 64)
	return n
}

func (d *Destination) call(ctx context.Context, c handoff.Call) error {
	token, err := d.options.Resolve(ctx, d.options.Desk.Secret)
	if err != nil {
		return err
	}
	c.Header = http.Header{"Api_access_token": {token}}
	return d.options.Do(ctx, c)
}
