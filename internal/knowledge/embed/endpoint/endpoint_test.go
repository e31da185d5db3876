package endpoint_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"steward/internal/knowledge/embed/endpoint"
	"steward/schemas"
)

func TestStatusError(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		status        int
		header, value string
		kind          schemas.ErrorKind
		after         time.Duration
	}{
		{429, "", "", schemas.KindRateLimited, 0},
		{429, "Retry-After", " 12 ", schemas.KindRateLimited, 12 * time.Second},
		{429, "Retry-After", "0.5", schemas.KindRateLimited, 500 * time.Millisecond},
		{429, "Retry-After", "Sat, 21 Nov 2026 12:00:30 GMT", schemas.KindRateLimited, 30 * time.Second},
		{429, "Retry-After", "Sat, 21 Nov 2026 11:00:00 GMT", schemas.KindRateLimited, 0},
		{429, "Retry-After-Ms", "250", schemas.KindRateLimited, 250 * time.Millisecond},
		{503, "Retry-After", "1000000", schemas.KindRateLimited, 24 * time.Hour},
		{503, "", "", schemas.KindUnavailable, 0},
		{500, "Retry-After", "3", schemas.KindUnavailable, 3 * time.Second},
		{529, "", "", schemas.KindUnavailable, 0},
		{408, "", "", schemas.KindUnavailable, 0},
		{409, "", "", schemas.KindUnavailable, 0},
		{425, "", "", schemas.KindUnavailable, 0},
		{400, "", "", schemas.KindInvalid, 0},
		{401, "", "", schemas.KindInvalid, 0},
		{403, "", "", schemas.KindInvalid, 0},
		{404, "", "", schemas.KindInvalid, 0},
		{413, "", "", schemas.KindTooLarge, 0},
		{422, "", "", schemas.KindInvalid, 0},
		{302, "", "", schemas.KindInvalid, 0},
	} {
		header := http.Header{}
		header.Set(c.header, c.value)
		err := endpoint.StatusError(c.status, header, now)
		var refusal *endpoint.Refusal
		if schemas.KindOf(err) != c.kind || !errors.As(err, &refusal) || refusal.Status != c.status || refusal.RetryAfter() != c.after {
			t.Errorf("%d %s: %v", c.status, c.value, err)
		}
	}
}

func TestCallError(t *testing.T) {
	t.Parallel()
	address := func(err error) error { return &url.Error{Op: "Post", URL: "http://10.0.0.7/v1", Err: err} }
	for says, err := range map[string]error{
		"in time":           address(context.DeadlineExceeded),
		"cannot be reached": address(errors.New("connection refused by 10.0.0.7")),
		"cut off":           fmt.Errorf("read: %w", io.ErrUnexpectedEOF),
		"as its API":        errors.New("cannot parse 10.0.0.7"),
	} {
		got := endpoint.CallError(t.Context(), err)
		if schemas.KindOf(got) != schemas.KindUnavailable || !strings.Contains(got.Error(), says) || strings.Contains(got.Error(), "10.0.0.7") {
			t.Errorf("%s: %v", says, got)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := endpoint.CallError(ctx, address(context.Canceled)); !errors.Is(err, context.Canceled) || strings.Contains(err.Error(), "10.0.0.7") {
		t.Errorf("the caller gave up: %v", err)
	}
}

// A redirect must not take the key and a text to another host.
func TestClientFollowsNoRedirect(t *testing.T) {
	t.Parallel()
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the redirect is followed") }))
	defer elsewhere.Close()
	s := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect))
	defer s.Close()
	client := endpoint.NewClient()
	defer client.CloseIdleConnections()
	res, err := client.Post(s.URL, "text/plain", strings.NewReader("private"))
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusTemporaryRedirect {
		t.Errorf("status %d", res.StatusCode)
	}
}

func TestAddress(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "x", "ftp://x", "http://", "http://user@x", "http://user:pass@x/v1", "http://[::1", "file:///etc/passwd"} {
		if _, err := endpoint.Address(bad); schemas.KindOf(err) != schemas.KindInvalid || strings.Contains(err.Error(), "pass@") {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if u, err := endpoint.Address("https://models.example:8443/v1/"); err != nil || u.Host != "models.example:8443" {
		t.Errorf("%v, %v", u, err)
	}
}
