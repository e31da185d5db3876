package rig

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"steward/schemas"
)

// Visitor is one customer on live chat with an open event stream.
type Visitor struct {
	rig    *Rig
	http   *http.Client
	token  string
	events chan Heard
	stop   context.CancelFunc
}

// Heard is a message of the conversation that the visitor did not write.
type Heard struct {
	Speaker schemas.Speaker `json:"speaker"`
	Text    string          `json:"text"`
}

// Visit opens a session and its event stream.
func (r *Rig) Visit(ctx context.Context) (*Visitor, error) {
	v := &Visitor{rig: r, http: &http.Client{}, events: make(chan Heard, 64)}
	var session struct {
		Token string `json:"token"`
	}
	if err := v.post(ctx, "session", map[string]string{"channel": r.Channel}, &session); err != nil {
		return nil, err
	}
	v.token = session.Token
	streaming, cancel := context.WithCancel(context.WithoutCancel(ctx))
	v.stop = cancel
	req, err := http.NewRequestWithContext(streaming, http.MethodGet, r.URL+"/api/widget/v1/events", nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+v.token)
	resp, err := v.http.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("open event stream: %s", resp.Status)
	}
	go v.read(resp.Body)
	return v, nil
}

// Close ends the stream.
func (v *Visitor) Close() { v.stop() }

// read passes on the messages that are not the visitor's own.
func (v *Visitor) read(body io.ReadCloser) {
	defer func() { _ = body.Close() }()
	defer close(v.events)
	lines := bufio.NewScanner(body)
	lines.Buffer(nil, 1<<20)
	event := ""
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), ": ")
		switch name {
		case "event":
			event = value
		case "data":
			var m Heard
			if event == "message" && json.Unmarshal([]byte(value), &m) == nil && m.Speaker != schemas.SpeakerCustomer {
				v.events <- m
			}
		}
	}
}

// Ask writes a message and waits for the reply on the stream.
func (v *Visitor) Ask(ctx context.Context, text string) (time.Duration, error) {
	began := time.Now()
	if err := v.Write(ctx, text); err != nil {
		return 0, err
	}
	_, err := v.Hear(ctx, time.Minute)
	return time.Since(began), err
}

// Hear waits for the next message on the stream.
func (v *Visitor) Hear(ctx context.Context, within time.Duration) (Heard, error) {
	timer := time.NewTimer(within)
	defer timer.Stop()
	select {
	case m, ok := <-v.events:
		if !ok {
			return Heard{}, errors.New("the event stream has ended")
		}
		return m, nil
	case <-ctx.Done():
		return Heard{}, ctx.Err()
	case <-timer.C:
		return Heard{}, fmt.Errorf("no reply within %s", within)
	}
}

// Say writes a message and returns the conversation that it belongs to.
func (v *Visitor) Say(ctx context.Context, text string) (schemas.ConversationID, error) {
	var accepted struct{ Conversation schemas.ConversationID }
	err := v.post(ctx, "messages", map[string]string{"client_message_id": uuid.NewString(), "text": text}, &accepted)
	return accepted.Conversation, err
}

// End ends the chat as its customer.
func (v *Visitor) End(ctx context.Context) error { return v.post(ctx, "end", nil, nil) }

// Write writes a message; it is accepted when Write returns nil.
func (v *Visitor) Write(ctx context.Context, text string) error {
	_, err := v.Say(ctx, text)
	return err
}

func (v *Visitor) post(ctx context.Context, path string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, v.rig.URL+"/api/widget/v1/"+path, bytes.NewReader(body))
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
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("post %s: %s", path, resp.Status)
	}
	if out == nil {
		_, err = io.Copy(io.Discard, resp.Body)
		return err
	}
	return json.NewDecoder(resp.Body).Decode(out)
}
