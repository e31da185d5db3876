package cli

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

	"steward/schemas"
	"steward/starter/api/client"
)

// visitor is a customer on the public widget API, as any web page's widget is.
type visitor struct {
	base  string
	token string
	http  *http.Client
	// last is the id of the latest event, from which a stream goes on.
	last string
}

// widgetPrefix is where the widget API is mounted.
const widgetPrefix = "/api/widget/v1"

// chatMessage is one message as its customer sees it.
type chatMessage struct {
	ID           schemas.MessageID      `json:"id"`
	Conversation schemas.ConversationID `json:"conversation"`
	Seq          int64                  `json:"seq"`
	Speaker      schemas.Speaker        `json:"speaker"`
	Name         string                 `json:"name,omitempty"`
	Text         string                 `json:"text"`
	Citations    []schemas.Citation     `json:"citations"`
	AskEmail     bool                   `json:"ask_email"`
	At           time.Time              `json:"at"`
}

// chatState is where the customer's conversation stands.
type chatState struct {
	Conversation schemas.ConversationID `json:"conversation"`
	Lifecycle    schemas.Lifecycle      `json:"lifecycle"`
	Owner        schemas.Owner          `json:"owner"`
	Human        string                 `json:"human"`
	Label        string                 `json:"label"`
}

// opened is what a new session says.
type opened struct {
	Token string `json:"token"`
	Agent struct {
		Name string `json:"name"`
	} `json:"agent"`
	State chatState `json:"state"`
}

func openVisitor(ctx context.Context, base, channel string) (*visitor, opened, error) {
	// Streams stay open, so only the context bounds a call.
	v := &visitor{base: strings.TrimRight(base, "/"), http: &http.Client{}}
	var o opened
	if err := v.send(ctx, http.MethodPost, "/session", map[string]string{"channel": channel}, &o); err != nil {
		return nil, o, err
	}
	v.token = o.Token
	return v, o, nil
}

// send makes one call of the widget API.
func (v *visitor) send(ctx context.Context, method, path string, in, out any) error {
	raw, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("encode request: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	resp, err := v.do(ctx, method, path, bytes.NewReader(raw))
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if out == nil {
		return nil
	}
	if err := json.NewDecoder(resp.Body).Decode(out); err != nil {
		return fmt.Errorf("read answer of %s: %w", path, err)
	}
	return nil
}

func (v *visitor) do(ctx context.Context, method, path string, body io.Reader) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, v.base+widgetPrefix+path, body)
	if err != nil {
		return nil, fmt.Errorf("make request: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	if v.token != "" {
		req.Header.Set("Authorization", "Bearer "+v.token)
	}
	if v.last != "" {
		req.Header.Set("Last-Event-ID", v.last)
	}
	resp, err := v.http.Do(req)
	if err != nil {
		return nil, &client.UnreachableError{URL: v.base, Cause: err}
	}
	if resp.StatusCode < http.StatusBadRequest {
		return resp, nil
	}
	defer func() { _ = resp.Body.Close() }()
	e := &client.Error{}
	if json.NewDecoder(io.LimitReader(resp.Body, 64<<10)).Decode(&e.ProblemShown) != nil || e.Status == 0 {
		e.ProblemShown = schemas.ProblemShown{Status: resp.StatusCode, Title: http.StatusText(resp.StatusCode)}
	}
	return nil, e
}

// errDone ends a stream from inside its reader.
var errDone = errors.New("done")

// event is one event of a stream.
type event struct {
	id, name string
	data     []byte
}

// streamPause is the wait before a cut stream is opened again.
const streamPause = 500 * time.Millisecond

// events reads the stream until see says errDone or ctx ends. A stream that is
// cut goes on where it was.
func (v *visitor) events(ctx context.Context, see func(event) error) error {
	for {
		err := v.stream(ctx, see)
		if errors.Is(err, errDone) {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		var refused *client.Error
		if errors.As(err, &refused) && refused.Status < http.StatusInternalServerError && refused.Status != http.StatusTooManyRequests {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(streamPause):
		}
	}
}

func (v *visitor) stream(ctx context.Context, see func(event) error) error {
	resp, err := v.do(ctx, http.MethodGet, "/events", nil)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	var e event
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		name, data, _ := strings.Cut(lines.Text(), ":")
		data = strings.TrimPrefix(data, " ")
		switch name {
		case "id":
			e.id = data
		case "event":
			e.name = data
		case "data":
			e.data = []byte(data)
		}
		if lines.Text() != "" || e.name == "" {
			continue
		}
		if err := see(e); err != nil {
			return err
		}
		if e.id != "" {
			v.last = e.id
		}
		e = event{}
	}
	return errors.Join(errors.New("the stream was cut"), lines.Err())
}
