package articles

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"steward/internal/knowledge"
	"steward/schemas"
)

const (
	// requestTime bounds one request with its body.
	requestTime  = 30 * time.Second
	maxRedirects = 5
	// maxTries is how often one page is asked for.
	maxTries = 4
	// maxPause is the longest pause that a pull waits; a longer one ends it for
	// now. It is also HubSpot's window of a rolling limit.
	maxPause = 10 * time.Second
	// firstPause after an answer that says that the system is in trouble; it
	// doubles with every try.
	firstPause = time.Second
	// maxErrorBytes is what is read of an answer that is an error.
	maxErrorBytes = 64 << 10
)

// get returns the body at address. It waits and asks again when the system says
// that it is busy or in trouble.
func (l *listing) get(ctx context.Context, address string, limit int) ([]byte, error) {
	target, err := url.Parse(address)
	if err != nil || target.Host == "" || target.User != nil || target.Scheme != "http" && target.Scheme != "https" {
		return nil, knowledge.Fail(schemas.FailUnreachable, errors.New("not an address"))
	}
	if l.token != "" && !private(target) {
		return nil, knowledge.Fail(schemas.FailForbiddenHost, errors.New("a token is sent over https only"))
	}
	for try := 1; ; try++ {
		body, again, err := l.once(ctx, target.String(), limit)
		if err == nil || again == never || try == maxTries {
			return body, err
		}
		pause := again
		if again == soon {
			pause = firstPause << (try - 1)
		}
		if !wait(ctx, pause) {
			return nil, ended(ctx, err)
		}
	}
}

// The two pauses that are no length of time.
const (
	never time.Duration = -1
	soon  time.Duration = 0
)

// wait reports whether the pause is over; false when ctx ends before that.
func wait(ctx context.Context, pause time.Duration) bool {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= pause {
		return false
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// ended is the error of a pull that may not wait any longer: why it had to wait,
// unless somebody stopped it.
func ended(ctx context.Context, err error) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return context.Cause(ctx)
	}
	return err
}

// once makes one request. again is after how long it may be repeated: never,
// soon, or the pause that the system asks for.
func (l *listing) once(ctx context.Context, address string, limit int) (body []byte, again time.Duration, err error) {
	call, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	request, err := http.NewRequestWithContext(call, http.MethodGet, address, nil)
	if err != nil {
		return nil, never, knowledge.Fail(schemas.FailUnreachable, errors.New("not an address"))
	}
	request.Header.Set("Accept", "application/json, application/feed+json")
	if l.agent != "" {
		request.Header.Set("User-Agent", l.agent)
	}
	if l.token != "" {
		request.Header.Set("Authorization", "Bearer "+l.token)
	}
	response, err := l.client.Do(request)
	if err != nil {
		return brokenOff(ctx, err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return refused(response)
	}
	body, err = io.ReadAll(io.LimitReader(response.Body, int64(limit)+1))
	if err != nil {
		return brokenOff(ctx, err)
	}
	if len(body) > limit {
		return nil, never, knowledge.Fail(schemas.FailTooLarge, nil)
	}
	return body, never, nil
}

// brokenOff judges an error of the network. Its text names hosts and addresses,
// so it goes no further.
func brokenOff(ctx context.Context, err error) ([]byte, time.Duration, error) {
	var known *knowledge.Failure
	var slow net.Error
	switch {
	case errors.As(err, &known):
		return nil, never, known
	case errors.Is(ctx.Err(), context.Canceled):
		return nil, never, context.Cause(ctx)
	case ctx.Err() != nil:
		return nil, never, knowledge.FailForNow(schemas.FailTimeout, errors.New("no answer in time"))
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &slow) && slow.Timeout():
		return nil, soon, knowledge.FailForNow(schemas.FailTimeout, errors.New("no answer in time"))
	}
	return nil, soon, knowledge.FailForNow(schemas.FailUnreachable, errors.New("no connection to the system"))
}

// errForbidden is a token that is good and may not read what was asked for.
var errForbidden = errors.New("the token may not read this")

// refused judges a status other than 200.
func refused(response *http.Response) ([]byte, time.Duration, error) {
	code := schemas.FailCode(fmt.Sprintf("http_%d", response.StatusCode))
	switch status := response.StatusCode; {
	case status == http.StatusUnauthorized:
		return nil, never, knowledge.Fail(schemas.FailLoginRequired, nil)
	case status == http.StatusForbidden:
		return nil, never, knowledge.Fail(schemas.FailLoginRequired, errForbidden)
	case status == http.StatusTooManyRequests, status == http.StatusServiceUnavailable && response.Header.Get("Retry-After") != "":
		pause := pauseOf(response)
		if pause > maxPause {
			return nil, never, knowledge.FailForNow(schemas.FailSlow, fmt.Errorf("status %d", status))
		}
		return nil, pause, knowledge.FailForNow(code, nil)
	case status >= http.StatusInternalServerError:
		return nil, soon, knowledge.FailForNow(code, nil)
	}
	return nil, never, knowledge.Fail(code, nil)
}

// pauseOf is how long a busy system wants to be left alone, never less than a
// second. HubSpot names the limit that was met in the body: the daily one
// resets at midnight, which no pull waits for.
func pauseOf(response *http.Response) time.Duration {
	var limit struct {
		Policy string `json:"policyName"`
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxErrorBytes))
	if err == nil && json.Unmarshal(body, &limit) == nil && strings.EqualFold(limit.Policy, "DAILY") {
		return 24 * time.Hour
	}
	after := strings.TrimSpace(response.Header.Get("Retry-After"))
	if seconds, err := strconv.Atoi(after); err == nil {
		return time.Duration(min(max(seconds, 1), 86400)) * time.Second
	}
	if at, err := http.ParseTime(after); err == nil {
		return max(time.Until(at), time.Second)
	}
	return maxPause
}

// private reports whether what is sent to u cannot be read on the way.
func private(u *url.URL) bool {
	if u.Scheme == "https" || strings.EqualFold(u.Hostname(), "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(u.Hostname())
	return err == nil && addr.IsLoopback()
}

// stayOnHost follows redirects on the host that was asked only: the token is for
// that one.
func stayOnHost(next *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects {
		return knowledge.Fail(schemas.FailRedirects, nil)
	}
	if !sameHost(via[0].URL, next.URL) {
		return knowledge.Fail(schemas.FailOutOfScope, errors.New("redirect to another host"))
	}
	return nil
}

// sameHost reports whether b is on the host of a, on the same port, or on the
// usual ports with https in the place of http.
func sameHost(a, b *url.URL) bool {
	if !strings.EqualFold(a.Hostname(), b.Hostname()) {
		return false
	}
	secured := a.Scheme == "http" && port(a) == "80" && b.Scheme == "https" && port(b) == "443"
	return secured || a.Scheme == b.Scheme && port(a) == port(b)
}

func port(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	if u.Scheme == "https" {
		return "443"
	}
	return "80"
}
