package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/google/uuid"

	"steward/schemas"
)

// visitor is one customer on live chat.
type visitor struct {
	smoke        *smoke
	token        string
	conversation schemas.ConversationID
}

// shown is one message as a customer sees it.
type shown struct {
	Speaker   schemas.Speaker    `json:"speaker"`
	Text      string             `json:"text"`
	AskEmail  bool               `json:"ask_email"`
	Citations []schemas.Citation `json:"citations"`
}

func (s *smoke) visit(ctx context.Context) (*visitor, error) {
	v := &visitor{smoke: s}
	var opened struct {
		Token string `json:"token"`
	}
	err := v.call(ctx, http.MethodPost, "session", map[string]string{"channel": s.channel, "language": "en"}, &opened)
	v.token = opened.Token
	return v, err
}

// say sends a message, again with the same id until it is accepted.
func (v *visitor) say(ctx context.Context, text string) error {
	id := uuid.NewString()
	return until(ctx, "send a message", func() (bool, error) {
		var accepted struct {
			Conversation schemas.ConversationID `json:"conversation"`
		}
		err := v.call(ctx, http.MethodPost, "messages", map[string]string{"client_message_id": id, "text": text}, &accepted)
		v.conversation = accepted.Conversation
		return err == nil, err
	})
}

// transcript is the first two hundred messages.
func (v *visitor) transcript(ctx context.Context) ([]shown, error) {
	var page struct {
		Items []shown `json:"items"`
	}
	err := v.call(ctx, http.MethodGet, "messages?limit=200", nil, &page)
	return page.Items, err
}

// from waits for the n-th message of a speaker.
func (v *visitor) from(ctx context.Context, speaker schemas.Speaker, n int) (shown, error) {
	var found []shown
	err := until(ctx, fmt.Sprintf("message %d of %s", n, speaker), func() (bool, error) {
		all, err := v.transcript(ctx)
		found = found[:0]
		for _, m := range all {
			if m.Speaker == speaker {
				found = append(found, m)
			}
		}
		return len(found) >= n, err
	})
	if err != nil {
		return shown{}, err
	}
	return found[n-1], nil
}

// speakers is the transcript as one letter for each message: customer, agent,
// system, human.
func (v *visitor) speakers(ctx context.Context) (string, error) {
	all, err := v.transcript(ctx)
	letters := make([]byte, 0, len(all))
	for _, m := range all {
		letters = append(letters, m.Speaker[0])
	}
	return string(letters), err
}

func (v *visitor) call(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader = http.NoBody
	if in != nil {
		raw, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(ctx, method, v.smoke.url+"/api/widget/v1/"+path, body)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	if v.token != "" {
		req.Header.Set("Authorization", "Bearer "+v.token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("%s %s: %s", method, path, resp.Status)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(raw, out)
}

// askEvery is how often something that has to happen is looked at.
const askEvery = 50 * time.Millisecond

// until asks again and again until f says yes or ctx ends.
func until(ctx context.Context, what string, f func() (bool, error)) error {
	for {
		done, err := f()
		if done {
			return nil
		}
		select {
		case <-ctx.Done():
			if err != nil {
				return fmt.Errorf("waited in vain for %s: %w", what, err)
			}
			return fmt.Errorf("waited in vain for %s", what)
		case <-time.After(askEvery):
		}
	}
}
