package hubspot

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"steward/internal/handoff"
	"steward/internal/language"
	"steward/schemas"
)

// typeOutgoing is a message that staff wrote in HubSpot.
const typeOutgoing = "OUTGOING_CHANNEL_MESSAGE_CREATED"

// channelEvent is a call of our custom channel's webhook.
type channelEvent struct {
	Type    string   `json:"type"`
	Threads []string `json:"channelIntegrationThreadIds"`
	Message struct {
		ID      handoff.Number `json:"id"`
		Thread  handoff.Number `json:"conversationsThreadId"`
		Text    string         `json:"text"`
		At      time.Time      `json:"createdAt"`
		Senders []struct {
			Name  string `json:"name"`
			Actor string `json:"actorId"`
		} `json:"senders"`
		Client struct {
			App handoff.Number `json:"integrationAppId"`
		} `json:"client"`
	} `json:"message"`
}

// appEvent is one event of our app's webhooks, which come in lists.
type appEvent struct {
	ID       handoff.Number `json:"eventId"`
	Type     string         `json:"subscriptionType"`
	Object   handoff.Number `json:"objectId"`
	Property string         `json:"propertyName"`
	Value    string         `json:"propertyValue"`
	Occurred int64          `json:"occurredAt"`
	Source   string         `json:"sourceId"`
}

// Parse reads calls of the channel's and of the app's webhooks. HubSpot signs
// the method, the address, the body and the time in milliseconds.
func (d *Destination) Parse(ctx context.Context, r handoff.Request) ([]schemas.DeskEvent, error) {
	secret, err := d.options.Resolve(ctx, d.options.Desk.SigningSecret)
	if err != nil {
		return nil, err
	}
	stamp := r.Header.Get("X-HubSpot-Request-Timestamp")
	mac := handoff.MAC([]byte(secret), []byte(r.Method), []byte(r.URL), r.Body, []byte(stamp))
	if !handoff.Equal(base64.StdEncoding.EncodeToString(mac), r.Header.Get("X-HubSpot-Signature-v3")) {
		return nil, handoff.ErrSignature
	}
	millis, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return nil, handoff.ErrStale
	}
	if err := d.options.FreshAt(time.UnixMilli(millis)); err != nil {
		return nil, err
	}
	if body := bytes.TrimSpace(r.Body); len(body) > 0 && body[0] == '[' {
		return changes(body)
	}
	var e channelEvent
	if json.Unmarshal(r.Body, &e) != nil || e.Type == "" {
		return nil, handoff.ErrUnreadable
	}
	if e.Type != typeOutgoing || string(e.Message.Client.App) == d.options.Desk.Account {
		return nil, nil
	}
	return written(e)
}

// written is a reply of a member of staff.
func written(e channelEvent) ([]schemas.DeskEvent, error) {
	if e.Message.ID == "" || e.Message.Thread == "" {
		return nil, handoff.ErrUnreadable
	}
	out := schemas.DeskEvent{
		ID: "message/" + string(e.Message.ID), Kind: schemas.DeskReply, Ref: string(e.Message.Thread),
		Text: language.Clean(e.Message.Text), At: e.Message.At,
	}
	for _, id := range e.Threads {
		if _, err := schemas.ParseID(schemas.PrefixHandoff, id); err == nil {
			out.Handoff = schemas.HandoffID(id)
		}
	}
	for _, s := range e.Message.Senders {
		if out.Author = handoff.Name(s.Name); out.Author == "" {
			out.Author = handoff.Name(s.Actor)
		}
	}
	if out.Text == "" {
		return nil, nil
	}
	return []schemas.DeskEvent{out}, nil
}

// changes are threads that were taken or closed there.
func changes(body []byte) ([]schemas.DeskEvent, error) {
	var list []appEvent
	if json.Unmarshal(body, &list) != nil {
		return nil, handoff.ErrUnreadable
	}
	var out []schemas.DeskEvent
	for _, e := range list {
		event := schemas.DeskEvent{
			ID: "change/" + string(e.ID), Ref: string(e.Object), Author: strings.TrimPrefix(e.Source, "userId:"),
			At: time.UnixMilli(e.Occurred).UTC(),
		}
		switch {
		case e.ID == "" || e.Object == "" || e.Type != "conversation.propertyChange":
			continue
		case e.Property == "status" && e.Value == "CLOSED":
			event.Kind = schemas.DeskClose
		case e.Property == "assignedTo" && e.Value != "":
			event.Kind = schemas.DeskTake
		default:
			continue
		}
		out = append(out, event)
	}
	return out, nil
}
