// Package slack opens handoffs as messages in a Slack channel, with buttons to
// take them, give them back and close them, and the conversation in the thread
// below. What staff write in the thread goes to the customer; a message that
// begins with "note:" stays among staff.
//
// Our messages carry their key as metadata, by which the package finds them
// again (scopes chat:write, channels:history and groups:history). It owns no
// state. It must not let text of a customer mention or notify anybody.
package slack

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"steward/internal/handoff"
	"steward/schemas"
)

const (
	// api is Slack's public interface.
	api = "https://slack.com/api"
	// maxText is what Slack shows of a text without folding it, and maxSection
	// what a section block holds. Both count after escaping.
	maxText    = 3900
	maxSection = 2900
	// metadataType marks our messages.
	metadataType = "steward_handoff"
	// lookback is how long before its own time a message is searched for, as
	// clocks differ.
	lookback = 10 * time.Minute
	// maxPages bounds a search, of pageLength messages each.
	maxPages   = 10
	pageLength = "200"
)

// Destination is one Slack channel.
type Destination struct {
	options handoff.Options
	base    string
}

var (
	_ handoff.Destination = (*Destination)(nil)
	_ handoff.Receiver    = (*Destination)(nil)
)

// New makes the destination of a Desk of the kind slack.
func New(o handoff.Options) *Destination {
	base := strings.TrimRight(o.Desk.BaseURL, "/")
	if base == "" {
		base = api
	}
	return &Destination{options: o, base: base}
}

// Capabilities is what Slack can do.
func (d *Destination) Capabilities() handoff.Capabilities {
	return handoff.Capabilities{Finds: true, Replies: true, MaxText: maxText, Unit: handoff.UnitRune}
}

// message is one message as Slack takes and gives it.
type message struct {
	Channel  string    `json:"channel,omitempty"`
	Text     string    `json:"text,omitempty"`
	Thread   string    `json:"thread_ts,omitempty"`
	TS       string    `json:"ts,omitempty"`
	Blocks   []any     `json:"blocks,omitempty"`
	Metadata *metadata `json:"metadata,omitempty"`
	Unfurl   *bool     `json:"unfurl_links,omitempty"`
	Media    *bool     `json:"unfurl_media,omitempty"`
}

type metadata struct {
	Type    string            `json:"event_type"`
	Payload map[string]string `json:"event_payload"`
}

// answer is any answer of Slack.
type answer struct {
	OK       bool      `json:"ok"`
	Error    string    `json:"error"`
	TS       string    `json:"ts"`
	Messages []message `json:"messages"`
	Next     struct {
		Cursor string `json:"next_cursor"`
	} `json:"response_metadata"`
}

// Open posts the handoff to the channel. Its ref is the thread's timestamp.
func (d *Destination) Open(ctx context.Context, t schemas.Ticket) (schemas.ExternalRef, error) {
	key := string(t.Handoff)
	search := d.inChannel(t.CreatedAt)
	lang := d.options.Desk.Language
	section := escape(handoff.Body(t, lang, handoff.Limit{Max: maxSection, Size: size}))
	ts, err := d.once(ctx, t.Tries, key, search, message{
		Text:   escape(handoff.Title(t, lang)),
		Blocks: blocks(section, t),
	})
	if err != nil {
		return schemas.ExternalRef{}, err
	}
	return d.options.Ref(t.Handoff, ts, ""), nil
}

// Post adds a message to the thread, in several when it is long.
func (d *Destination) Post(ctx context.Context, ref schemas.ExternalRef, m schemas.DeskMessage) (string, error) {
	text := handoff.Spoken(m, d.options.Desk.Language)
	first := ""
	for i, piece := range handoff.Split(text, handoff.Limit{Max: maxText, Size: size}) {
		ts, err := d.once(ctx, m.Tries, m.Key+"/"+strconv.Itoa(i), d.inThread(ref.ID), message{Text: escape(piece), Thread: ref.ID})
		if err != nil {
			return "", err
		}
		if first == "" {
			first = ts
		}
	}
	return first, nil
}

// Update says in the thread what became of the handoff.
func (d *Destination) Update(ctx context.Context, ref schemas.ExternalRef, u schemas.DeskUpdate) error {
	_, err := d.once(ctx, u.Tries, u.Key, d.inThread(ref.ID), message{
		Text: escape(handoff.UpdateText(u, d.options.Desk.Language)), Thread: ref.ID,
	})
	return err
}

// once posts a message unless it is there already. When the answer is lost it
// looks once whether the message arrived.
func (d *Destination) once(ctx context.Context, tries int, key string, search url.Values, m message) (string, error) {
	if tries != 1 {
		ts, err := d.find(ctx, key, search)
		if err != nil || ts != "" {
			return ts, err
		}
	}
	no := false
	m.Channel, m.Unfurl, m.Media = d.options.Desk.Channel, &no, &no
	m.Metadata = &metadata{Type: metadataType, Payload: map[string]string{"key": key}}
	var a answer
	err := d.call(ctx, handoff.Call{Method: http.MethodPost, URL: d.base + "/chat.postMessage", Body: m}, &a)
	if err == nil && a.TS == "" {
		err = handoff.Unknown(handoff.CodeMalformed)
	}
	if handoff.MayHaveArrived(err) {
		if ts, findErr := d.find(ctx, key, search); findErr == nil && ts != "" {
			return ts, nil
		}
	}
	return a.TS, err
}

// inChannel searches the channel's messages since a time, inThread a thread.
func (d *Destination) inChannel(since time.Time) url.Values {
	v := url.Values{"channel": {d.options.Desk.Channel}}
	if !since.IsZero() {
		v.Set("oldest", strconv.FormatInt(since.Add(-lookback).Unix(), 10))
	}
	return v
}

func (d *Destination) inThread(ts string) url.Values {
	return url.Values{"channel": {d.options.Desk.Channel}, "ts": {ts}}
}

// find returns the timestamp of the message with a key, empty when there is
// none. A search that ends before the last page finds nothing for certain, so
// it fails instead.
func (d *Destination) find(ctx context.Context, key string, search url.Values) (string, error) {
	method := "/conversations.history"
	if search.Has("ts") {
		method = "/conversations.replies"
	}
	cursor := ""
	for range maxPages {
		query := url.Values{"limit": {pageLength}, "include_all_metadata": {"true"}}
		for name, values := range search {
			query[name] = values
		}
		if cursor != "" {
			query.Set("cursor", cursor)
		}
		var a answer
		if err := d.call(ctx, handoff.Call{Method: http.MethodGet, URL: d.base + method + "?" + query.Encode()}, &a); err != nil {
			return "", err
		}
		for _, m := range a.Messages {
			if m.Metadata != nil && m.Metadata.Type == metadataType && m.Metadata.Payload["key"] == key {
				return m.TS, nil
			}
		}
		if cursor = a.Next.Cursor; cursor == "" {
			return "", nil
		}
	}
	return "", handoff.Unknown(handoff.CodeTooLarge)
}

// call makes a call with the token, and judges what Slack says with status 200.
func (d *Destination) call(ctx context.Context, c handoff.Call, a *answer) error {
	token, err := d.options.Resolve(ctx, d.options.Desk.Secret)
	if err != nil {
		return err
	}
	c.Header = http.Header{"Authorization": {"Bearer " + token}}
	c.Into = a
	if err := d.options.Do(ctx, c); err != nil || a.OK {
		return err
	}
	return judge(a.Error, c.Method != http.MethodGet)
}

// judge sorts Slack's words for an error; none of them is passed on.
func judge(word string, effect bool) error {
	switch word {
	case "ratelimited", "rate_limited", "message_limit_exceeded":
		return handoff.Later(handoff.CodeThrottled, 0)
	case "not_authed", "invalid_auth", "account_inactive", "token_revoked", "token_expired", "missing_scope", "no_permission", "access_denied":
		return handoff.Failed(handoff.CodeAuth)
	case "channel_not_found", "is_archived", "not_in_channel", "thread_not_found":
		return handoff.Failed(handoff.CodeNotFound)
	case "msg_too_long", "msg_blocks_too_long", "metadata_too_large":
		return handoff.Failed(handoff.CodeTooLarge)
	case "", "internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org":
		if effect {
			return handoff.Unknown(handoff.CodeUnreachable)
		}
		return handoff.Later(handoff.CodeUnreachable, 0)
	}
	return handoff.Failed(handoff.CodeRejected)
}

// escape keeps text from being markup: without it "<!channel>" would notify
// everybody.
func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

// size counts a character as it is sent.
func size(cluster string) int { return utf8.RuneCountInString(escape(cluster)) }

// blocks show a ticket with its buttons. The value of each is the handoff.
func blocks(section string, t schemas.Ticket) []any {
	button := func(id schemas.DeskEventKind, label string) any {
		return map[string]any{
			"type": "button", "action_id": buttonPrefix + string(id), "value": string(t.Handoff),
			"text": map[string]any{"type": "plain_text", "text": label},
		}
	}
	return []any{
		map[string]any{"type": "section", "text": map[string]any{"type": "mrkdwn", "text": section, "verbatim": true}},
		map[string]any{"type": "actions", "elements": []any{
			button(schemas.DeskTake, "Take"), button(schemas.DeskGiveBack, "Give back"), button(schemas.DeskClose, "Close"),
		}},
	}
}
