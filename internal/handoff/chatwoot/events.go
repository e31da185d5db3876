package chatwoot

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"strings"

	"steward/internal/handoff"
	"steward/internal/language"
	"steward/schemas"
)

// event is a call of a webhook. Messages and conversations have their fields at
// the top.
type event struct {
	Event   string         `json:"event"`
	ID      handoff.Number `json:"id"`
	Content string         `json:"content"`
	Kind    string         `json:"message_type"`
	Private bool           `json:"private"`
	Source  string         `json:"source_id"`
	Sender  struct {
		Name string `json:"name"`
		Type string `json:"type"`
	} `json:"sender"`
	Conversation struct {
		ID         handoff.Number `json:"id"`
		Attributes map[string]any `json:"custom_attributes"`
	} `json:"conversation"`
	Account struct {
		ID handoff.Number `json:"id"`
	} `json:"account"`

	Status     string         `json:"status"`
	Attributes map[string]any `json:"custom_attributes"`
	Updated    json.Number    `json:"updated_at"`
	Meta       struct {
		Assignee struct {
			Name string `json:"name"`
		} `json:"assignee"`
	} `json:"meta"`
	Changed []map[string]struct {
		Current any `json:"current_value"`
	} `json:"changed_attributes"`
}

// Parse reads a call of a webhook of the account or of the API inbox.
func (d *Destination) Parse(ctx context.Context, r handoff.Request) ([]schemas.DeskEvent, error) {
	if err := d.verify(ctx, r); err != nil {
		return nil, err
	}
	var e event
	if json.Unmarshal(r.Body, &e) != nil || e.Event == "" {
		return nil, handoff.ErrUnreadable
	}
	if e.Account.ID != "" && string(e.Account.ID) != d.options.Desk.Account {
		return nil, nil
	}
	var out schemas.DeskEvent
	var ours bool
	switch e.Event {
	case "message_created":
		out, ours = message(e)
	case "conversation_status_changed":
		out, ours = resolved(e)
	case "conversation_updated":
		out, ours = assigned(e)
	}
	if !ours {
		return nil, nil
	}
	out.At = d.options.Clock()
	return []schemas.DeskEvent{out}, nil
}

// verify checks the signature over the timestamp and the body, or for an
// installation that does not sign the token at the end of the path. Which of
// the two is a setting, so that nobody can choose the weaker one.
func (d *Destination) verify(ctx context.Context, r handoff.Request) error {
	secret, err := d.options.Resolve(ctx, d.options.Desk.SigningSecret)
	if err != nil {
		return err
	}
	if d.options.Desk.PathToken {
		u, err := url.Parse(r.URL)
		if err != nil || !handoff.Equal(secret, u.Path[strings.LastIndexByte(u.Path, '/')+1:]) {
			return handoff.ErrSignature
		}
		return nil
	}
	seconds := r.Header.Get("X-Chatwoot-Timestamp")
	mac := handoff.MAC([]byte(secret), []byte(seconds+"."), r.Body)
	if !handoff.Equal("sha256="+hex.EncodeToString(mac), r.Header.Get("X-Chatwoot-Signature")) {
		return handoff.ErrSignature
	}
	return d.options.Fresh(seconds)
}

// handoffOf is our id in a conversation's attributes, empty when there is none.
func handoffOf(attributes map[string]any) schemas.HandoffID {
	id, _ := attributes[attribute].(string)
	if _, err := schemas.ParseID(schemas.PrefixHandoff, id); err != nil {
		return ""
	}
	return schemas.HandoffID(id)
}

// message is what a member of staff wrote. Our own posts have our source_id.
func message(e event) (schemas.DeskEvent, bool) {
	if e.Kind != "outgoing" || strings.HasPrefix(e.Source, keyPrefix) || e.Sender.Type != "user" || e.ID == "" || e.Conversation.ID == "" {
		return schemas.DeskEvent{}, false
	}
	out := schemas.DeskEvent{
		ID: "message/" + string(e.ID), Kind: schemas.DeskReply, Ref: string(e.Conversation.ID),
		Handoff: handoffOf(e.Conversation.Attributes), Author: handoff.Name(e.Sender.Name), Text: language.Clean(e.Content),
	}
	if e.Private {
		out.Kind = schemas.DeskNote
	}
	return out, out.Text != ""
}

// resolved is a conversation that was resolved there.
func resolved(e event) (schemas.DeskEvent, bool) {
	return schemas.DeskEvent{
		ID: "resolved/" + string(e.ID) + "/" + e.Updated.String(), Kind: schemas.DeskClose, Ref: string(e.ID),
		Handoff: handoffOf(e.Attributes), Author: handoff.Name(e.Meta.Assignee.Name),
	}, e.Status == "resolved" && e.ID != ""
}

// assigned is a conversation that somebody took.
func assigned(e event) (schemas.DeskEvent, bool) {
	taken := false
	for _, change := range e.Changed {
		if c, ok := change["assignee_id"]; ok && c.Current != nil {
			taken = true
		}
	}
	return schemas.DeskEvent{
		ID: "assigned/" + string(e.ID) + "/" + e.Updated.String(), Kind: schemas.DeskTake, Ref: string(e.ID),
		Handoff: handoffOf(e.Attributes), Author: handoff.Name(e.Meta.Assignee.Name),
	}, taken && e.ID != ""
}
