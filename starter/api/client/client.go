// Package client is the typed client of the admin API. The command line uses
// nothing else.
//
// It owns how a call is made and how its error is read. It retries nothing,
// decides nothing and keeps no state; it imports schemas alone.
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"steward/schemas"
)

// prefix is where the API is mounted.
const prefix = "/api/v1"

const (
	// callTimeout bounds a call when its context does not.
	callTimeout = 30 * time.Second
	// slowTimeout bounds a call that calls another system.
	slowTimeout = time.Minute
	// longTimeout bounds a call that sends a file or takes an export.
	longTimeout = 10 * time.Minute
)

// maxAnswer bounds what is read of an answer.
const maxAnswer = 32 << 20

// Options say where the API is.
type Options struct {
	// URL is the address of the server, such as http://127.0.0.1:8080.
	URL string
	// Token is a bearer token of the API.
	Token string
	// HTTP makes the calls. Default: a client of its own.
	HTTP *http.Client
}

// Client calls the API. It is safe for concurrent use.
type Client struct {
	base  string
	token string
	http  *http.Client
}

// New makes a Client; it makes no call.
func New(o Options) (*Client, error) {
	u, err := url.Parse(o.URL)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, errors.New("the API's address has to be an http or https URL, such as http://127.0.0.1:8080")
	}
	c := &Client{base: strings.TrimRight(o.URL, "/"), token: o.Token, http: o.HTTP}
	if c.http == nil {
		c.http = &http.Client{}
	}
	return c, nil
}

// Error is an answer that says no.
type Error struct {
	schemas.ProblemShown
}

// Error is the text for people.
func (e *Error) Error() string {
	if e.Detail != "" {
		return e.Detail
	}
	return e.Title
}

// UnreachableError means that there was no answer.
type UnreachableError struct {
	URL   string
	Cause error
}

// Error says which address did not answer.
func (e *UnreachableError) Error() string { return "Steward does not answer at " + e.URL }

// Unwrap returns the cause.
func (e *UnreachableError) Unwrap() error { return e.Cause }

// call is one request.
type call struct {
	method, path string
	query        url.Values
	headers      map[string]string
	in           any
	// raw is a body that is not JSON.
	raw io.Reader
	// copyTo takes an answer that is not JSON, however long.
	copyTo io.Writer
	// slow is for calls that call another system.
	slow bool
}

// do makes a call, decodes its answer into out, which may be nil, and returns
// the answer's status and headers.
func (c *Client) do(caller context.Context, r call, out any) (int, http.Header, error) {
	timeout := callTimeout
	switch {
	case r.raw != nil || r.copyTo != nil:
		timeout = longTimeout
	case r.slow:
		timeout = slowTimeout
	}
	ctx, cancel := context.WithTimeout(caller, timeout)
	defer cancel()
	var body io.Reader
	if r.in != nil {
		raw, err := json.Marshal(r.in)
		if err != nil {
			return 0, nil, fmt.Errorf("encode request: %w", err)
		}
		body = bytes.NewReader(raw)
	}
	if r.raw != nil {
		body = r.raw
	}
	address := c.base + prefix + r.path
	if len(r.query) > 0 {
		address += "?" + r.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, r.method, address, body)
	if err != nil {
		return 0, nil, fmt.Errorf("make request: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for name, value := range r.headers {
		req.Header.Set(name, value)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return 0, nil, c.unreachable(caller, err)
	}
	defer func() { _ = resp.Body.Close() }()
	if r.copyTo != nil && resp.StatusCode < http.StatusBadRequest {
		if _, err := io.Copy(r.copyTo, resp.Body); err != nil {
			return 0, nil, c.unreachable(caller, err)
		}
		return resp.StatusCode, resp.Header, nil
	}
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return 0, nil, c.unreachable(caller, err)
	}
	if resp.StatusCode >= http.StatusBadRequest {
		return resp.StatusCode, resp.Header, readError(resp, raw)
	}
	if out == nil || len(raw) == 0 {
		return resp.StatusCode, resp.Header, nil
	}
	if err := json.Unmarshal(raw, out); err != nil {
		return resp.StatusCode, resp.Header, fmt.Errorf("read answer of %s %s: %w", r.method, r.path, err)
	}
	return resp.StatusCode, resp.Header, nil
}

// unreachable is the error of a call without a whole answer, unless its caller
// has given it up.
func (c *Client) unreachable(caller context.Context, cause error) error {
	if caller.Err() != nil {
		return caller.Err()
	}
	return &UnreachableError{URL: c.base, Cause: cause}
}

func readError(resp *http.Response, raw []byte) error {
	e := &Error{}
	if json.Unmarshal(raw, &e.ProblemShown) != nil || e.Status == 0 {
		e.ProblemShown = schemas.ProblemShown{Status: resp.StatusCode, Title: http.StatusText(resp.StatusCode)}
	}
	return e
}

// get reads one thing.
func get[T any](ctx context.Context, c *Client, path string) (T, error) {
	var out T
	_, _, err := c.do(ctx, call{method: http.MethodGet, path: path}, &out)
	return out, err
}

// send gives a command and reads what it returns.
func send[T any](ctx context.Context, c *Client, method, path string, in any) (T, error) {
	var out T
	_, _, err := c.do(ctx, call{method: method, path: path, in: in}, &out)
	return out, err
}

// id makes an id fit for a path.
func id[T ~string](v T) string { return url.PathEscape(string(v)) }
