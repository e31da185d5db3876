package slack

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"mime"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"steward/internal/handoff"
	"steward/internal/language"
	"steward/schemas"
)

// buttonPrefix begins the ids of our buttons.
const buttonPrefix = "steward_"

// notePrefix begins a message that stays among staff, whatever its case.
const notePrefix = "note:"

// callback is a call of the Events API.
type callback struct {
	Type      string `json:"type"`
	Challenge string `json:"challenge"`
	EventID   string `json:"event_id"`
	Event     struct {
		Type     string    `json:"type"`
		Subtype  string    `json:"subtype"`
		Channel  string    `json:"channel"`
		User     string    `json:"user"`
		Text     string    `json:"text"`
		TS       string    `json:"ts"`
		Thread   string    `json:"thread_ts"`
		AppID    string    `json:"app_id"`
		BotID    string    `json:"bot_id"`
		Metadata *metadata `json:"metadata"`
		Profile  struct {
			Name    string `json:"real_name"`
			Display string `json:"display_name"`
		} `json:"user_profile"`
	} `json:"event"`
}

// interaction is a press of a button.
type interaction struct {
	Type string `json:"type"`
	User struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	} `json:"user"`
	Container struct {
		TS string `json:"message_ts"`
	} `json:"container"`
	Channel struct {
		ID string `json:"id"`
	} `json:"channel"`
	Actions []struct {
		ID    string `json:"action_id"`
		Value string `json:"value"`
		TS    string `json:"action_ts"`
	} `json:"actions"`
}

// Parse reads calls of the Events API and of the buttons. An event that Slack
// delivers again has the same id, whatever X-Slack-Retry-Num says.
func (d *Destination) Parse(ctx context.Context, r handoff.Request) ([]schemas.DeskEvent, error) {
	secret, err := d.options.Resolve(ctx, d.options.Desk.SigningSecret)
	if err != nil {
		return nil, err
	}
	seconds := r.Header.Get("X-Slack-Request-Timestamp")
	mac := handoff.MAC([]byte(secret), []byte("v0:"+seconds+":"), r.Body)
	if !handoff.Equal("v0="+hex.EncodeToString(mac), r.Header.Get("X-Slack-Signature")) {
		return nil, handoff.ErrSignature
	}
	if err := d.options.Fresh(seconds); err != nil {
		return nil, err
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err == nil && kind == "application/x-www-form-urlencoded" {
		form, err := url.ParseQuery(string(r.Body))
		if err != nil {
			return nil, handoff.ErrUnreadable
		}
		return d.pressed([]byte(form.Get("payload")))
	}
	var c callback
	if json.Unmarshal(r.Body, &c) != nil {
		return nil, handoff.ErrUnreadable
	}
	switch c.Type {
	case "url_verification":
		return []schemas.DeskEvent{{ID: "challenge", Kind: schemas.DeskChallenge, Text: c.Challenge}}, nil
	case "event_callback":
		return d.written(c)
	}
	return nil, nil
}

// written is a message in one of our threads. Those of any app, edits,
// deletions and messages outside of threads are none.
func (d *Destination) written(c callback) ([]schemas.DeskEvent, error) {
	e := c.Event
	if c.EventID == "" || e.Type == "" {
		return nil, handoff.ErrUnreadable
	}
	person := e.User != "" && e.AppID == "" && e.BotID == "" && e.Metadata == nil
	said := e.Subtype == "" || e.Subtype == "thread_broadcast" || e.Subtype == "file_share"
	if e.Type != "message" || !said || !person || e.Thread == "" || e.Thread == e.TS || e.Channel != d.options.Desk.Channel {
		return nil, nil
	}
	event := schemas.DeskEvent{ID: c.EventID, Kind: schemas.DeskReply, Ref: e.Thread, Author: e.User, At: timeOf(e.TS)}
	for _, name := range []string{e.Profile.Name, e.Profile.Display} {
		if name = handoff.Name(name); name != "" {
			event.Author = name
		}
	}
	event.Text = language.Clean(plain(e.Text))
	if len(event.Text) >= len(notePrefix) && strings.EqualFold(event.Text[:len(notePrefix)], notePrefix) {
		event.Kind, event.Text = schemas.DeskNote, strings.TrimSpace(event.Text[len(notePrefix):])
	}
	if event.Text == "" {
		return nil, nil
	}
	return []schemas.DeskEvent{event}, nil
}

// pressed is a press of one of our buttons.
func (d *Destination) pressed(payload []byte) ([]schemas.DeskEvent, error) {
	var in interaction
	if json.Unmarshal(payload, &in) != nil {
		return nil, handoff.ErrUnreadable
	}
	if in.Type != "block_actions" || in.Channel.ID != d.options.Desk.Channel {
		return nil, nil
	}
	var out []schemas.DeskEvent
	for _, a := range in.Actions {
		word, ours := strings.CutPrefix(a.ID, buttonPrefix)
		kind := schemas.DeskEventKind(word)
		if !ours || kind != schemas.DeskTake && kind != schemas.DeskGiveBack && kind != schemas.DeskClose {
			continue
		}
		if _, err := schemas.ParseID(schemas.PrefixHandoff, a.Value); err != nil || a.TS == "" {
			return nil, handoff.ErrUnreadable
		}
		author := handoff.Name(in.User.Name)
		if author == "" {
			author = in.User.ID
		}
		out = append(out, schemas.DeskEvent{
			ID: "press/" + in.Container.TS + "/" + in.User.ID + "/" + a.TS, Kind: kind, Handoff: schemas.HandoffID(a.Value),
			Ref: in.Container.TS, Author: author, At: timeOf(a.TS),
		})
	}
	return out, nil
}

// timeOf is the time in a timestamp of Slack, zero when it is none.
func timeOf(ts string) time.Time {
	whole, _, _ := strings.Cut(ts, ".")
	seconds, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}

// markup is what Slack puts between angle brackets: a link, a channel, a person
// or a special mention, with an optional label.
var markup = regexp.MustCompile(`<([@#!]?)([^<>|]*)(?:\|([^<>]*))?>`)

// plain is the text of a message without Slack's markup.
func plain(s string) string {
	s = markup.ReplaceAllStringFunc(s, func(m string) string {
		part := markup.FindStringSubmatch(m)
		sigil, target, label := part[1], strings.TrimPrefix(part[2], "mailto:"), part[3]
		switch {
		case sigil == "" && (label == "" || label == target):
			return target
		case sigil == "":
			return label + " (" + target + ")"
		case label != "":
			return strings.TrimPrefix(sigil, "!") + label
		}
		return ""
	})
	return strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(s)
}
