// Package zendesk opens handoffs as Zendesk tickets. Everything that Steward
// writes there is an internal note, so that Zendesk mails nothing to the
// customer; what staff answer in public goes to the customer through Steward.
//
// A ticket has the handoff's id as its external_id, and each note its key as
// metadata of the audit, by which the package finds both again. It owns no
// state. It must not make a public comment.
package zendesk

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"steward/internal/handoff"
	"steward/schemas"
)

const (
	// maxText is Zendesk's limit of a comment, in bytes, with room for its own
	// additions.
	maxText = 60_000
	// maxPages bounds a search through a ticket's audits.
	maxPages = 20
	// metadataKey names our key in an audit's metadata.
	metadataKey = "steward_key"
)

// Destination is one Zendesk account.
type Destination struct {
	options handoff.Options
	base    string
}

var (
	_ handoff.Destination = (*Destination)(nil)
	_ handoff.Receiver    = (*Destination)(nil)
)

// New makes the destination of a Desk of the kind zendesk.
func New(o handoff.Options) *Destination {
	return &Destination{options: o, base: strings.TrimRight(o.Desk.BaseURL, "/") + "/api/v2"}
}

// Capabilities is what Zendesk can do.
func (d *Destination) Capabilities() handoff.Capabilities {
	return handoff.Capabilities{Finds: true, Replies: true, MaxText: maxText, Unit: handoff.UnitByte}
}

// limit is that of a comment.
func limit() handoff.Limit {
	return handoff.Limit{Max: maxText, Size: func(cluster string) int { return len(cluster) }}
}

type comment struct {
	Body   string `json:"body"`
	Public bool   `json:"public"`
}

// ticket is a ticket as we write it.
type ticket struct {
	Subject   string            `json:"subject,omitempty"`
	Comment   *comment          `json:"comment,omitempty"`
	External  string            `json:"external_id,omitempty"`
	Group     int64             `json:"group_id,omitempty"`
	Priority  string            `json:"priority,omitempty"`
	Status    string            `json:"status,omitempty"`
	Tags      []string          `json:"tags,omitempty"`
	Requester *requester        `json:"requester,omitempty"`
	Metadata  map[string]string `json:"metadata,omitempty"`
}

type requester struct {
	Name  string `json:"name"`
	Email string `json:"email"`
}

// found is a ticket as Zendesk returns it.
type found struct {
	ID       handoff.Number `json:"id"`
	External string         `json:"external_id"`
}

// Open creates the ticket. Its ref is the ticket's number.
func (d *Destination) Open(ctx context.Context, t schemas.Ticket) (schemas.ExternalRef, error) {
	if t.Tries != 1 {
		id, err := d.find(ctx, t.Handoff)
		if err != nil || id != "" {
			return d.ref(t.Handoff, id), err
		}
	}
	var created struct {
		Ticket found `json:"ticket"`
	}
	err := d.call(ctx, handoff.Call{
		Method: http.MethodPost, URL: d.base + "/tickets.json", Into: &created,
		Header: http.Header{"Idempotency-Key": {string(t.Handoff)}},
		Body:   map[string]any{"ticket": d.ticket(t)},
	})
	if err == nil && created.Ticket.ID == "" {
		err = handoff.Unknown(handoff.CodeMalformed)
	}
	if handoff.MayHaveArrived(err) {
		if id, findErr := d.find(ctx, t.Handoff); findErr == nil && id != "" {
			return d.ref(t.Handoff, id), nil
		}
	}
	if err != nil {
		return schemas.ExternalRef{}, err
	}
	return d.ref(t.Handoff, string(created.Ticket.ID)), nil
}

// ref is the reference to a ticket with the page that staff read it on; empty
// without an id.
func (d *Destination) ref(h schemas.HandoffID, id string) schemas.ExternalRef {
	if id == "" {
		return schemas.ExternalRef{}
	}
	return d.options.Ref(h, id, strings.TrimRight(d.options.Desk.BaseURL, "/")+"/agent/tickets/"+url.PathEscape(id))
}

func (d *Destination) ticket(t schemas.Ticket) ticket {
	lang := d.options.Desk.Language
	out := ticket{
		Subject: handoff.Title(t, lang), Comment: &comment{Body: handoff.Body(t, lang, limit())},
		External: string(t.Handoff), Tags: []string{"steward", "steward_" + string(t.Reason)},
		Priority: string(t.Priority), Metadata: map[string]string{metadataKey: string(t.Handoff)},
	}
	// Settings hold digits, so the number is read without an error.
	out.Group, _ = strconv.ParseInt(d.options.Desk.Channel, 10, 64)
	if t.Contact.Email != "" {
		out.Requester = &requester{Name: t.Contact.Name, Email: t.Contact.Email}
		if out.Requester.Name == "" {
			out.Requester.Name = t.Contact.Email
		}
	}
	return out
}

// find returns the number of the ticket of a handoff, empty when there is none.
func (d *Destination) find(ctx context.Context, h schemas.HandoffID) (string, error) {
	var list struct {
		Tickets []found `json:"tickets"`
	}
	err := d.call(ctx, handoff.Call{
		Method: http.MethodGet, Into: &list,
		URL: d.base + "/tickets.json?" + url.Values{"external_id": {string(h)}}.Encode(),
	})
	if err != nil {
		return "", err
	}
	for _, t := range list.Tickets {
		if t.External == string(h) && t.ID != "" {
			return string(t.ID), nil
		}
	}
	return "", nil
}

// Post adds an internal note, several when the text is long.
func (d *Destination) Post(ctx context.Context, ref schemas.ExternalRef, m schemas.DeskMessage) (string, error) {
	first := ""
	for i, piece := range handoff.Split(handoff.Spoken(m, d.options.Desk.Language), limit()) {
		key := m.Key + "/" + strconv.Itoa(i)
		id, err := d.once(ctx, m.Tries, ref.ID, ticket{Comment: &comment{Body: piece}, Metadata: map[string]string{metadataKey: key}})
		if err != nil {
			return "", err
		}
		if first == "" {
			first = id
		}
	}
	return first, nil
}

// Update sets the status with a note: open when a person took it, solved when
// it is over.
func (d *Destination) Update(ctx context.Context, ref schemas.ExternalRef, u schemas.DeskUpdate) error {
	status := "solved"
	if u.State == schemas.HandoffAccepted {
		status = "open"
	}
	_, err := d.once(ctx, u.Tries, ref.ID, ticket{
		Status: status, Comment: &comment{Body: handoff.UpdateText(u, d.options.Desk.Language)},
		Metadata: map[string]string{metadataKey: u.Key},
	})
	return err
}

// audit is one change of a ticket.
type audit struct {
	ID       handoff.Number `json:"id"`
	Metadata struct {
		Custom map[string]any `json:"custom"`
	} `json:"metadata"`
}

// once changes a ticket unless the change is there already. When the answer is
// lost it looks once whether it arrived.
func (d *Destination) once(ctx context.Context, tries int, id string, change ticket) (string, error) {
	key := change.Metadata[metadataKey]
	if tries != 1 {
		done, err := d.findAudit(ctx, id, key)
		if err != nil || done != "" {
			return done, err
		}
	}
	var changed struct {
		Audit audit `json:"audit"`
	}
	err := d.call(ctx, handoff.Call{
		Method: http.MethodPut, URL: d.base + "/tickets/" + url.PathEscape(id) + ".json",
		Body: map[string]any{"ticket": change}, Into: &changed,
	})
	if err == nil && changed.Audit.ID == "" {
		err = handoff.Unknown(handoff.CodeMalformed)
	}
	if handoff.MayHaveArrived(err) {
		if done, findErr := d.findAudit(ctx, id, key); findErr == nil && done != "" {
			return done, nil
		}
	}
	return string(changed.Audit.ID), err
}

// findAudit returns the id of the change with a key, empty when there is none.
// A search that ends before the last page finds nothing for certain, so it
// fails instead.
func (d *Destination) findAudit(ctx context.Context, id, key string) (string, error) {
	after := ""
	for range maxPages {
		query := url.Values{"page[size]": {"100"}}
		if after != "" {
			query.Set("page[after]", after)
		}
		var page struct {
			Audits []audit `json:"audits"`
			Meta   struct {
				More  bool   `json:"has_more"`
				After string `json:"after_cursor"`
			} `json:"meta"`
		}
		err := d.call(ctx, handoff.Call{
			Method: http.MethodGet, Into: &page,
			URL: d.base + "/tickets/" + url.PathEscape(id) + "/audits.json?" + query.Encode(),
		})
		if err != nil {
			return "", err
		}
		for _, a := range page.Audits {
			if a.Metadata.Custom[metadataKey] == key && a.ID != "" {
				return string(a.ID), nil
			}
		}
		if after = page.Meta.After; !page.Meta.More || after == "" {
			return "", nil
		}
	}
	return "", handoff.Unknown(handoff.CodeTooLarge)
}

// call makes a call with the token of the user.
func (d *Destination) call(ctx context.Context, c handoff.Call) error {
	token, err := d.options.Resolve(ctx, d.options.Desk.Secret)
	if err != nil {
		return err
	}
	if c.Header == nil {
		c.Header = http.Header{}
	}
	proof := base64.StdEncoding.EncodeToString([]byte(d.options.Desk.User + "/token:" + token))
	c.Header.Set("Authorization", "Basic "+proof)
	return d.options.Do(ctx, c)
}
