package rig

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Visitor is one customer on live chat with an open event stream.
type Visitor struct {
	rig    *Rig
	http   *http.Client
	token  string
	events chan string
	stop   context.CancelFunc
}

// Visit opens a session and its event stream.
func (r *Rig) Visit(ctx context.Context) (*Visitor, error) {
	v := &Visitor{rig: r, http: &http.Client{}, events: make(chan string, 64)}
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

// read passes on the texts of messages that are not the visitor's own.
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
			var m struct{ Speaker, Text string }
			if event == "message" && json.Unmarshal([]byte(value), &m) == nil && m.Speaker != "customer" {
				v.events <- m.Text
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
	select {
	case _, ok := <-v.events:
		if !ok {
			return 0, fmt.Errorf("the event stream has ended")
		}
		return time.Since(began), nil
	case <-ctx.Done():
		return 0, ctx.Err()
	case <-time.After(time.Minute):
		return 0, fmt.Errorf("no reply within a minute")
	}
}

// Write writes a message; it is accepted when Write returns nil.
func (v *Visitor) Write(ctx context.Context, text string) error {
	return v.post(ctx, "messages", map[string]string{"client_message_id": uuid.NewString(), "text": text}, nil)
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
