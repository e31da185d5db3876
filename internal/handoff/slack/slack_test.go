package slack_test

import (
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"steward/internal/handoff"
	"steward/internal/handoff/handofftest"
	"steward/internal/handoff/slack"
	"steward/schemas"
)

const app = "A0123456789"

func desk(base string) schemas.Desk {
	return schemas.Desk{
		ID: "desk_1", Kind: schemas.DeskSlack, Name: "Support channel", BaseURL: base, Account: app, Channel: handofftest.SlackChannel,
		Secret: handofftest.TokenRef, SigningSecret: handofftest.SignRef, PrivateHosts: []string{strings.TrimPrefix(base, "http://")},
	}
}

// signed is a call of Slack.
func signed(body, kind string, at time.Time) handoff.Request {
	seconds := strconv.FormatInt(at.Unix(), 10)
	mac := handoff.MAC([]byte(handofftest.Signing), []byte("v0:"+seconds+":"+body))
	return handoff.Request{Method: http.MethodPost, Body: []byte(body), Header: http.Header{
		"Content-Type": {kind}, "X-Slack-Request-Timestamp": {seconds}, "X-Slack-Signature": {"v0=" + hex.EncodeToString(mac)},
	}}
}

// said is a message of the thread as an event.
func said(t *testing.T, id, text string, more map[string]any) string {
	t.Helper()
	event := map[string]any{
		"type": "message", "channel": handofftest.SlackChannel, "user": "U1", "text": text,
		"ts": "1772445700.000100", "thread_ts": "1772445600.000000",
	}
	for k, v := range more {
		event[k] = v
	}
	out, err := json.Marshal(map[string]any{"type": "event_callback", "event_id": "Ev" + id, "event": event})
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestConformance(t *testing.T) {
	t.Parallel()
	escape := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	handofftest.Suite{
		Vendor: func() handofftest.Vendor { return &handofftest.Slack{} },
		Desk:   desk,
		New:    func(o handoff.Options) handoff.Destination { return slack.New(o) },
		Reply: func(t *testing.T, id, text string, at time.Time) handoff.Request {
			return signed(said(t, id, escape.Replace(text), nil), "application/json", at)
		},
		Echo: func(t *testing.T, at time.Time) handoff.Request {
			return signed(said(t, "echo", "Customer: hi", map[string]any{"app_id": app, "bot_id": "B1"}), "application/json", at)
		},
	}.Run(t)
}

func receiver() *slack.Destination {
	return slack.New(handoff.Options{Desk: desk("http://127.0.0.1:1"), Secret: handofftest.Secret, Now: handofftest.Now})
}

func TestParse(t *testing.T) {
	t.Parallel()
	press := func(action, value string) string {
		payload, _ := json.Marshal(map[string]any{
			"type": "block_actions", "user": map[string]any{"id": "U1", "name": "ann"}, "channel": map[string]any{"id": handofftest.SlackChannel},
			"container": map[string]any{"message_ts": "1772445600.000000"},
			"actions":   []any{map[string]any{"action_id": action, "value": value, "action_ts": "1772445701.5"}},
		})
		return url.Values{"payload": {string(payload)}}.Encode()
	}
	const form, plain = "application/x-www-form-urlencoded", "application/json"
	for name, c := range map[string]struct {
		body, kind string
		want       schemas.DeskEventKind
		text       string
	}{
		"challenge":                    {`{"type":"url_verification","challenge":"3eZbrw1aB"}`, plain, schemas.DeskChallenge, "3eZbrw1aB"},
		"note":                         {said(t, "1", "Note: they are a VIP", nil), plain, schemas.DeskNote, "they are a VIP"},
		"markup":                       {said(t, "1", "see <https://x.example/a|our page>, <https://y.example>, <@U2> <!here> a &lt; b", nil), plain, schemas.DeskReply, "see our page (https://x.example/a), https://y.example,   a < b"},
		"also to the channel":          {said(t, "1", "hi", map[string]any{"subtype": "thread_broadcast"}), plain, schemas.DeskReply, "hi"},
		"take":                         {press("steward_take", string(handofftest.Handoff)), form, schemas.DeskTake, ""},
		"give back":                    {press("steward_give_back", string(handofftest.Handoff)), form, schemas.DeskGiveBack, ""},
		"close":                        {press("steward_close", string(handofftest.Handoff)), form, schemas.DeskClose, ""},
		"another app's button":         {press("deploy", "1"), form, "", ""},
		"a button that we do not make": {press("steward_reply", string(handofftest.Handoff)), form, "", ""},
		"edited":                       {said(t, "1", "hi", map[string]any{"subtype": "message_changed"}), plain, "", ""},
		"another bot":                  {said(t, "1", "hi", map[string]any{"bot_id": "B2"}), plain, "", ""},
		"outside of threads":           {said(t, "1", "hi", map[string]any{"thread_ts": ""}), plain, "", ""},
		"another channel":              {said(t, "1", "hi", map[string]any{"channel": "C9999999999"}), plain, "", ""},
		"nothing said":                 {said(t, "1", "<!here>", nil), plain, "", ""},
		"another event":                {said(t, "1", "hi", map[string]any{"type": "reaction_added"}), plain, "", ""},
	} {
		request := signed(c.body, c.kind, handofftest.Now())
		request.Header.Set("X-Slack-Retry-Num", "2")
		events, err := receiver().Parse(t.Context(), request)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if c.want == "" {
			if len(events) != 0 {
				t.Errorf("%s: %+v", name, events)
			}
			continue
		}
		if len(events) != 1 || events[0].Kind != c.want || events[0].Text != c.text || events[0].ID == "" {
			t.Errorf("%s: %+v", name, events)
		}
	}
	if _, err := receiver().Parse(t.Context(), signed(press("steward_take", "hand_1"), form, handofftest.Now())); err == nil {
		t.Error("a button with a foreign value was taken")
	}
}

// TestMentionsAreHarmless: the fake refuses text that would notify a channel.
func TestMentionsAreHarmless(t *testing.T) {
	t.Parallel()
	vendor := &handofftest.Slack{}
	server := handofftest.Start(t, vendor)
	d := slack.New(handoff.Options{Desk: desk(server.URL), Client: server.Client(), Secret: handofftest.Secret, Now: handofftest.Now})
	ref, err := d.Open(t.Context(), handofftest.Ticket(1))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Post(t.Context(), ref, handofftest.Message("msg_1", "<!channel> & <@U1>", 1)); err != nil {
		t.Fatal(err)
	}
	if got := vendor.Posts(); len(got) != 1 || !strings.Contains(got[0], "&lt;!channel&gt; &amp; &lt;@U1&gt;") {
		t.Errorf("posted %q", got)
	}
}

// FuzzParse: whatever is signed, nothing panics, and an event is whole.
func FuzzParse(f *testing.F) {
	f.Add(`{"type":"event_callback","event_id":"1","event":{"type":"message","text":"<a|b>"}}`, false)
	f.Add(`payload=%7B%7D`, true)
	f.Fuzz(func(t *testing.T, body string, form bool) {
		kind := "application/json"
		if form {
			kind = "application/x-www-form-urlencoded"
		}
		events, err := receiver().Parse(t.Context(), signed(body, kind, handofftest.Now()))
		for _, e := range events {
			if err != nil || !e.Kind.Valid() || e.ID == "" {
				t.Errorf("%+v, %v", e, err)
			}
		}
	})
}
