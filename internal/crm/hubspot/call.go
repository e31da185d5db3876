package hubspot

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"steward/internal/crm"
	"steward/schemas"
)

const (
	// callTimeout bounds one request with its answer.
	callTimeout = 10 * time.Second
	// maxAnswer and maxDefinitions bound an answer after decompression, in
	// bytes: one record, and all definitions of a large portal.
	maxAnswer      = 1 << 20
	maxDefinitions = 8 << 20
	// maxCalls is how often a request is made that the portal's limit for ten
	// seconds refuses, and maxWait the longest wait before it is made again; a
	// longer one is the caller's.
	maxCalls = 3
	maxWait  = 10 * time.Second
	// usualWait is the wait when the portal does not say how long.
	usualWait = 2 * time.Second
)

// request is one call. The zero method is GET.
type request struct {
	method string
	path   string
	query  url.Values
	in     any
	out    any
	// object and names are the kind of record and the properties that the call
	// sends, to tell which one a refusal is about.
	object schemas.ObjectType
	names  []string
	// most bounds the answer; 0 is maxAnswer.
	most int
}

// call makes a request, and makes it again after the wait that the portal asks
// for when its limit for ten seconds is reached.
func (c *CRM) call(ctx context.Context, r request) error {
	for n := 1; ; n++ {
		if until, shut := c.quota.shut(c.o.Now()); shut {
			return &crm.Error{Kind: crm.KindQuota, Until: until}
		}
		err := c.attempt(ctx, r)
		var failed *crm.Error
		if !errors.As(err, &failed) || failed.Kind != crm.KindRateLimited || n == maxCalls {
			return err
		}
		wait := failed.RetryAfter
		if wait == 0 {
			wait = usualWait
		}
		if deadline, ok := ctx.Deadline(); wait > maxWait || ok && time.Now().Add(wait).After(deadline) {
			return err
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return crm.FailContext(ctx)
		case <-timer.C:
		}
	}
}

func (c *CRM) attempt(ctx context.Context, r request) error {
	limited, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	req, err := c.request(limited, r)
	if err != nil {
		return err
	}
	response, err := c.client.Do(req)
	if err != nil {
		return c.lost(ctx)
	}
	defer func() { _ = response.Body.Close() }()
	most := maxAnswer
	if r.most > 0 {
		most = r.most
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, int64(most)+1))
	if response.StatusCode < 200 || response.StatusCode > 299 {
		return c.failed(ctx, r, response, body)
	}
	if err != nil || len(body) > most {
		return c.lost(ctx)
	}
	if r.out == nil {
		return nil
	}
	kind, _, err := mime.ParseMediaType(response.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" || json.Unmarshal(body, r.out) != nil {
		return &crm.Error{Kind: crm.KindUnavailable, Status: response.StatusCode}
	}
	return nil
}

// lost is the error of a call without an answer. The client's own error names
// the address, so it goes no further.
func (c *CRM) lost(ctx context.Context) error {
	if ended := crm.FailContext(ctx); ended != nil {
		return ended
	}
	return crm.Fail(crm.KindUnavailable)
}

func (c *CRM) request(ctx context.Context, r request) (*http.Request, error) {
	var body io.Reader
	if r.in != nil {
		text, err := json.Marshal(r.in)
		if err != nil {
			return nil, crm.Fail(crm.KindRefused)
		}
		body = bytes.NewReader(text)
	}
	address := c.o.BaseURL + r.path
	if len(r.query) > 0 {
		address += "?" + r.query.Encode()
	}
	if r.method == "" {
		r.method = http.MethodGet
	}
	req, err := http.NewRequestWithContext(ctx, r.method, address, body)
	if err != nil {
		return nil, crm.Fail(crm.KindRefused)
	}
	token, err := c.o.Token(ctx)
	if err != nil || token == "" || strings.ContainsAny(token, "\r\n") {
		return nil, crm.Fail(crm.KindAuth)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Accept", "application/json")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.o.UserAgent != "" {
		req.Header.Set("User-Agent", c.o.UserAgent)
	}
	return req, nil
}

// failed sorts an answer that is no success.
func (c *CRM) failed(ctx context.Context, r request, response *http.Response, body []byte) error {
	var f failure
	// What cannot be read is sorted by its status alone.
	_ = json.Unmarshal(body, &f)
	if response.StatusCode == http.StatusTooManyRequests {
		return c.limited(f, response.Header)
	}
	return c.refusal(ctx, r, f, response.StatusCode)
}

// limited sorts a refusal by a limit: that of a day closes the portal until it
// is over. Spec: S51, S52.
func (c *CRM) limited(f failure, header http.Header) error {
	after := retryAfter(header)
	if f.Policy != "DAILY" && header.Get("X-HubSpot-RateLimit-Daily-Remaining") != "0" {
		return &crm.Error{Kind: crm.KindRateLimited, Status: http.StatusTooManyRequests, RetryAfter: after}
	}
	now := c.o.Now()
	until := midnight(now, c.o.Zone)
	if after > 0 {
		until = now.Add(after)
	}
	return &crm.Error{Kind: crm.KindQuota, Status: http.StatusTooManyRequests, Until: c.quota.close(until)}
}

// retryAfter reads the wait that a header asks for, at most a day.
func retryAfter(header http.Header) time.Duration {
	seconds, err := strconv.ParseFloat(strings.TrimSpace(header.Get("Retry-After")), 64)
	if err != nil || !(seconds > 0) {
		return 0
	}
	return time.Duration(min(seconds, (24*time.Hour).Seconds()) * float64(time.Second))
}
