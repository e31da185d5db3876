package handoff

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"steward/internal/netguard"
	"steward/schemas"
)

const (
	// callTime bounds one call with its body.
	callTime = 15 * time.Second
	// maxAnswer bounds the body of an answer, after decompression.
	maxAnswer = 2 << 20
	// defaultPause is how long a destination is left alone that is busy and
	// does not say for how long.
	defaultPause = 30 * time.Second
	maxPause     = 24 * time.Hour
)

// Call is one request to a destination.
type Call struct {
	Method string
	// URL is complete; values in it are escaped.
	URL    string
	Header http.Header
	// Body is sent as JSON; nil sends none. Raw is sent as it is instead.
	Body any
	Raw  []byte
	// Into gets the JSON of an answer; nil ignores the answer's body.
	Into any
}

// effect reports whether the call may change something.
func (c Call) effect() bool { return c.Method != http.MethodGet }

// Do makes one call. It follows no redirect, bounds time and size, and judges
// the answer: what may have had an effect and gave no readable answer is
// unknown, and is never made again here.
func (o Options) Do(ctx context.Context, c Call) error {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	var written atomic.Bool
	trace := &httptrace.ClientTrace{WroteHeaders: func() { written.Store(true) }}
	request, err := newRequest(httptrace.WithClientTrace(ctx, trace), c)
	if err != nil {
		return Failed(CodeConfig)
	}
	client := *o.Client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	client.Jar = nil
	response, err := client.Do(request)
	if err != nil {
		return brokenOff(err, c.effect() && written.Load())
	}
	defer response.Body.Close()
	if response.StatusCode < 200 || response.StatusCode > 299 {
		return refused(response, c.effect())
	}
	if c.Into == nil {
		return nil
	}
	return readInto(response, c)
}

func newRequest(ctx context.Context, c Call) (*http.Request, error) {
	body := c.Raw
	if body == nil && c.Body != nil {
		encoded, err := json.Marshal(c.Body)
		if err != nil {
			return nil, err
		}
		body = encoded
	}
	request, err := http.NewRequestWithContext(ctx, c.Method, c.URL, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	for name, values := range c.Header {
		for _, v := range values {
			if strings.ContainsAny(v, "\r\n\x00") {
				return nil, errors.New("a header's value has control characters")
			}
		}
		request.Header[http.CanonicalHeaderKey(name)] = values
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", "Steward")
	if body != nil && request.Header.Get("Content-Type") == "" {
		request.Header.Set("Content-Type", "application/json; charset=utf-8")
	}
	return request, nil
}

// brokenOff judges an error of the network. Its text names hosts and addresses,
// so it goes no further.
func brokenOff(err error, sent bool) error {
	var slow net.Error
	code := CodeUnreachable
	if errors.Is(err, context.DeadlineExceeded) || errors.As(err, &slow) && slow.Timeout() {
		code = CodeTimeout
	}
	switch {
	case errors.Is(err, netguard.ErrForbidden):
		return Failed(CodeBlocked)
	case sent:
		return Unknown(code)
	}
	return Later(code, 0)
}

// refused judges a status that is no success.
func refused(response *http.Response, effect bool) error {
	status := response.StatusCode
	switch {
	case status == http.StatusTooManyRequests:
		return Later(CodeThrottled, pauseOf(response.Header))
	case status == http.StatusUnauthorized, status == http.StatusForbidden, status == http.StatusProxyAuthRequired:
		return Failed(CodeAuth)
	case status == http.StatusNotFound, status == http.StatusGone:
		return Failed(CodeNotFound)
	case status == http.StatusRequestEntityTooLarge:
		return Failed(CodeTooLarge)
	case status >= 300 && status < 400:
		return Failed(CodeRedirect)
	case status >= 500 || status == http.StatusRequestTimeout || status < 200:
		code := "http_" + strconv.Itoa(status)
		if effect {
			return Unknown(code)
		}
		return Later(code, 0)
	}
	return Failed(CodeRejected)
}

// pauseOf is how long a busy destination wants to be left alone: a second to a
// day.
func pauseOf(header http.Header) time.Duration {
	after := strings.TrimSpace(header.Get("Retry-After"))
	if seconds, err := strconv.Atoi(after); err == nil {
		return min(max(time.Duration(min(seconds, 86400))*time.Second, time.Second), maxPause)
	}
	if at, err := http.ParseTime(after); err == nil {
		return min(max(time.Until(at), time.Second), maxPause)
	}
	return defaultPause
}

// readInto reads the answer of a call that succeeded. When it cannot be read,
// the effect is there and what it made has no known id.
func readInto(response *http.Response, c Call) error {
	unreadable := func(code string) error {
		if c.effect() {
			return Unknown(code)
		}
		return Later(code, 0)
	}
	kind, _, err := mime.ParseMediaType(response.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" && !strings.HasSuffix(kind, "+json") {
		return unreadable(CodeMalformed)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	switch {
	case err != nil:
		return unreadable(CodeCut)
	case len(body) > maxAnswer:
		return unreadable(CodeTooLarge)
	}
	if json.Unmarshal(body, c.Into) != nil {
		return unreadable(CodeMalformed)
	}
	return nil
}

// Resolve returns the secret behind a reference. A store of secrets that cannot
// be read now may be readable later, so the failure is no final one.
func (o Options) Resolve(ctx context.Context, reference string) (string, error) {
	if reference == "" || o.Secret == nil {
		return "", Failed(CodeConfig)
	}
	secret, err := o.Secret(ctx, reference)
	if err != nil || secret == "" {
		return "", Later(CodeSecret, 0)
	}
	return secret, nil
}

// Ref is the reference to a ticket of o's destination.
func (o Options) Ref(handoff schemas.HandoffID, id, address string) schemas.ExternalRef {
	return schemas.ExternalRef{Desk: o.Desk.ID, Handoff: handoff, ID: id, URL: address}
}
