package stack

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"steward/schemas"
)

func newUUID() uuid.UUID { return uuid.Must(uuid.NewV7()) }

// widget is where the widget API is mounted.
const widget = "/api/widget/v1"

// Visitor is a customer in the live chat.
type Visitor struct {
	t     testing.TB
	stack *Stack
	http  *http.Client
	token string
	// Conversation is that of the latest message.
	Conversation schemas.ConversationID
	// Sent counts the messages that were accepted.
	Sent int
}

// Shown is one message as a visitor sees it.
type Shown struct {
	ID           schemas.MessageID      `json:"id"`
	Conversation schemas.ConversationID `json:"conversation"`
	Seq          int64                  `json:"seq"`
	ClientID     string                 `json:"client_message_id"`
	Speaker      schemas.Speaker        `json:"speaker"`
	Text         string                 `json:"text"`
	Citations    []schemas.Citation     `json:"citations"`
}

// Visit opens a chat session.
func (s *Stack) Visit() *Visitor {
	s.t.Helper()
	v := &Visitor{t: s.t, stack: s, http: &http.Client{Transport: &http.Transport{}}}
	s.t.Cleanup(v.http.CloseIdleConnections)
	var opened struct{ Token string }
	Until(s.t, "open a chat session", func() bool {
		return v.call(http.MethodPost, "/session", map[string]string{"channel": s.Agent.PublicKey, "language": "en"}, &opened) == nil
	})
	v.token = opened.Token
	return v
}

// Say sends a message, again with the same id until it is accepted.
func (v *Visitor) Say(text string) {
	v.t.Helper()
	id := newUUID().String()
	Until(v.t, "send a message", func() bool { return v.Try(id, text) == nil })
	v.Sent++
}

// Try sends a message once under an id.
func (v *Visitor) Try(id, text string) error {
	var accepted struct{ Conversation schemas.ConversationID }
	if err := v.call(http.MethodPost, "/messages", map[string]string{"client_message_id": id, "text": text}, &accepted); err != nil {
		return err
	}
	v.Conversation = accepted.Conversation
	return nil
}

// End ends the chat as its customer.
func (v *Visitor) End() {
	v.t.Helper()
	Until(v.t, "end the chat", func() bool { return v.call(http.MethodPost, "/end", nil, nil) == nil })
}

// Transcript is what the visitor sees, over all their conversations.
func (v *Visitor) Transcript() []Shown {
	v.t.Helper()
	var all []Shown
	cursor := ""
	for {
		var page struct {
			Items  []Shown
			Cursor string
			More   bool
		}
		path := "/messages?limit=200&after=" + cursor
		Until(v.t, "read the transcript", func() bool { return v.call(http.MethodGet, path, nil, &page) == nil })
		all = append(all, page.Items...)
		if !page.More {
			return all
		}
		cursor = page.Cursor
	}
}

// Replies counts the messages of the agent that the visitor sees.
func (v *Visitor) Replies() int {
	v.t.Helper()
	n := 0
	for _, m := range v.Transcript() {
		if m.Speaker == schemas.SpeakerAgent {
			n++
		}
	}
	return n
}

// AwaitReplies waits until the visitor sees n answers of the agent.
func (v *Visitor) AwaitReplies(n int) {
	v.t.Helper()
	deadline := time.Now().Add(Patience)
	for got := v.Replies(); got < n; got = v.Replies() {
		if time.Now().After(deadline) {
			v.t.Fatalf("%d answers of the agent, want %d\n%s", got, n, v.stack.Describe(v.Conversation))
		}
		time.Sleep(30 * time.Millisecond)
	}
}

// Speakers is the transcript as one letter for each message: c customer, a
// agent, s system, h human.
func (v *Visitor) Speakers() string {
	v.t.Helper()
	var b strings.Builder
	for _, m := range v.Transcript() {
		b.WriteByte(m.Speaker[0])
	}
	return b.String()
}

var errRefused = errors.New("refused")

func (v *Visitor) call(method, path string, in, out any) error {
	ctx, cancel := context.WithTimeout(v.t.Context(), 5*time.Second)
	defer cancel()
	var body io.Reader = http.NoBody
	if in != nil {
		raw, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(ctx, method, v.stack.URL+widget+path, body)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	if v.token != "" {
		req.Header.Set("Authorization", "Bearer "+v.token)
	}
	resp, err := v.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode/100 != 2 {
		wait, _ := strconv.Atoi(resp.Header.Get("Retry-After"))
		return fmt.Errorf("%w: %s %s: %d (again in %d s)", errRefused, method, path, resp.StatusCode, wait)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(raw, out)
}
