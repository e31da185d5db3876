package zendesk

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"steward/internal/handoff"
	"steward/internal/language"
	"steward/schemas"
)

// Types of event that a Zendesk webhook has to be subscribed to.
const (
	typeComment  = "zen:event-type:ticket.comment_added"
	typeStatus   = "zen:event-type:ticket.status_changed"
	typeAssignee = "zen:event-type:ticket.agent_assignment_changed"
)

// event is a call of a webhook that is subscribed to ticket events.
type event struct {
	ID     string    `json:"id"`
	Type   string    `json:"type"`
	Time   time.Time `json:"time"`
	Detail struct {
		ID       handoff.Number `json:"id"`
		External string         `json:"external_id"`
		Actor    handoff.Number `json:"actor_id"`
	} `json:"detail"`
	Event struct {
		Comment struct {
			Body   string `json:"body"`
			Public bool   `json:"is_public"`
			Author struct {
				ID    handoff.Number `json:"id"`
				Name  string         `json:"name"`
				Staff bool           `json:"is_staff"`
			} `json:"author"`
		} `json:"comment"`
		Current any `json:"current"`
	} `json:"event"`
}

// Parse reads a call of a webhook. Zendesk signs the timestamp, as it stands in
// the header, with the body.
func (d *Destination) Parse(ctx context.Context, r handoff.Request) ([]schemas.DeskEvent, error) {
	secret, err := d.options.Resolve(ctx, d.options.Desk.SigningSecret)
	if err != nil {
		return nil, err
	}
	stamp := r.Header.Get("X-Zendesk-Webhook-Signature-Timestamp")
	mac := base64.StdEncoding.EncodeToString(handoff.MAC([]byte(secret), []byte(stamp), r.Body))
	if !handoff.Equal(mac, r.Header.Get("X-Zendesk-Webhook-Signature")) {
		return nil, handoff.ErrSignature
	}
	at, err := time.Parse(time.RFC3339, stamp)
	if err != nil {
		return nil, handoff.ErrStale
	}
	if err := d.options.FreshAt(at); err != nil {
		return nil, err
	}
	var e event
	if json.Unmarshal(r.Body, &e) != nil || e.Type == "" || e.ID == "" {
		return nil, handoff.ErrUnreadable
	}
	out := schemas.DeskEvent{ID: e.ID, Ref: string(e.Detail.ID), At: e.Time}
	if _, err := schemas.ParseID(schemas.PrefixHandoff, e.Detail.External); err == nil {
		out.Handoff = schemas.HandoffID(e.Detail.External)
	}
	if out.Ref == "" || !d.read(e, &out) {
		return nil, nil
	}
	return []schemas.DeskEvent{out}, nil
}

// read fills out with what somebody did; false when it is nothing for us, such
// as what we did ourselves or what the customer wrote.
func (d *Destination) read(e event, out *schemas.DeskEvent) bool {
	us := handoff.Number(d.options.Desk.Account)
	current, _ := e.Event.Current.(string)
	switch e.Type {
	case typeComment:
		c := e.Event.Comment
		if c.Author.ID == us || !c.Author.Staff {
			return false
		}
		out.Kind, out.Author, out.Text = schemas.DeskNote, handoff.Name(c.Author.Name), language.Clean(c.Body)
		if c.Public {
			out.Kind = schemas.DeskReply
		}
		return out.Text != ""
	case typeStatus:
		out.Kind, out.Author = schemas.DeskClose, string(e.Detail.Actor)
		over := strings.EqualFold(current, "solved") || strings.EqualFold(current, "closed")
		return over && e.Detail.Actor != us
	case typeAssignee:
		out.Kind, out.Author = schemas.DeskTake, string(e.Detail.Actor)
		return e.Event.Current != nil && e.Event.Current != "" && e.Detail.Actor != us
	}
	return false
}
