package hubspot_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"steward/internal/crm"
	"steward/internal/crm/hubspot"
	"steward/internal/crm/hubspot/hubspottest"
	"steward/schemas"
)

// onItsClock runs a test with a portal in memory, on a clock of its own.
func onItsClock(t *testing.T, change func(*hubspot.Options), run func(t *testing.T, p portal)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		fake := hubspottest.New(token)
		o := hubspot.Options{
			Client: &http.Client{Transport: fake.InMemory()},
			Token:  func(context.Context) (string, error) { return token, nil },
		}
		if change != nil {
			change(&o)
		}
		c, err := hubspot.New(o)
		if err != nil {
			t.Fatal(err)
		}
		run(t, portal{fake, c})
	})
}

func describe(ctx context.Context, p portal) error {
	_, err := p.crm.Describe(ctx, schemas.ObjectContact)
	return err
}

func TestLimitOfTenSeconds(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		refusals []http.HandlerFunc
		within   time.Duration
		kind     crm.Kind
		calls    int
		took     time.Duration
		after    time.Duration
	}{
		"waits as long as asked":              {[]http.HandlerFunc{hubspottest.TooMany("7")}, 0, "", 2, 7 * time.Second, 0},
		"waits a little when nothing is said": {[]http.HandlerFunc{hubspottest.TooMany("")}, 0, "", 2, 2 * time.Second, 0},
		"waits twice":                         {[]http.HandlerFunc{hubspottest.TooMany("3"), hubspottest.TooMany("4")}, 0, "", 3, 7 * time.Second, 0},
		"not three times":                     {[]http.HandlerFunc{hubspottest.TooMany("1"), hubspottest.TooMany("1"), hubspottest.TooMany("9")}, 0, crm.KindRateLimited, 3, 2 * time.Second, 9 * time.Second},
		"not for long":                        {[]http.HandlerFunc{hubspottest.TooMany("60")}, 0, crm.KindRateLimited, 1, 0, time.Minute},
		"not beyond the deadline":             {[]http.HandlerFunc{hubspottest.TooMany("7")}, 5 * time.Second, crm.KindRateLimited, 1, 0, 7 * time.Second},
		"what cannot be read is like no wait": {[]http.HandlerFunc{hubspottest.TooMany("soon")}, 0, "", 2, 2 * time.Second, 0},
		"a wait before now is like no wait":   {[]http.HandlerFunc{hubspottest.TooMany("-5")}, 0, "", 2, 2 * time.Second, 0},
		"a wait without end is one of a day":  {[]http.HandlerFunc{hubspottest.TooMany("1e300")}, 0, crm.KindRateLimited, 1, 0, 24 * time.Hour},
		"a refusal without a readable reason": {[]http.HandlerFunc{hubspottest.Status(429, "text/html", "<h1>slow down</h1>")}, 0, "", 2, 2 * time.Second, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onItsClock(t, nil, func(t *testing.T, p portal) {
				p.Fail(tt.refusals...)
				ctx := t.Context()
				if tt.within > 0 {
					limited, cancel := context.WithTimeout(ctx, tt.within)
					defer cancel()
					ctx = limited
				}
				began := time.Now()
				err := describe(ctx, p)
				if crm.KindOf(err) != tt.kind || len(p.Calls()) != tt.calls || time.Since(began) != tt.took {
					t.Errorf("%v after %d calls in %v", err, len(p.Calls()), time.Since(began))
				}
				var e *crm.Error
				if errors.As(err, &e) && (e.RetryAfter != tt.after || !e.Again()) {
					t.Errorf("retry after %v, again %v, want %v", e.RetryAfter, e.Again(), tt.after)
				}
			})
		})
	}
}

func TestWaitEndsWithTheCaller(t *testing.T) {
	t.Parallel()
	onItsClock(t, nil, func(t *testing.T, p portal) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(3*time.Second, cancel)
		p.Fail(hubspottest.TooMany("9"))
		began := time.Now()
		if err := describe(ctx, p); !errors.Is(err, context.Canceled) || time.Since(began) != 3*time.Second || len(p.Calls()) != 1 {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

// The portal is left alone until its day is over. Spec: S51.
func TestLimitOfADay(t *testing.T) {
	t.Parallel()
	rome, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		refusal http.HandlerFunc
		zone    *time.Location
		// until is the time of the day that begins, or the wait.
		until func(now time.Time) time.Time
	}{
		"until midnight": {hubspottest.Daily(""), nil, func(now time.Time) time.Time {
			return time.Date(now.Year(), now.Month(), now.Day()+1, 0, 0, 0, 0, time.UTC)
		}},
		"until midnight where the portal is": {hubspottest.Daily(""), rome, func(now time.Time) time.Time {
			now = now.In(rome)
			return time.Date(now.Year(), now.Month(), now.Day()+1, 0, 0, 0, 0, rome)
		}},
		"as long as asked": {hubspottest.Daily("3600"), nil, func(now time.Time) time.Time { return now.Add(time.Hour) }},
		"told by the rest of the day": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-HubSpot-RateLimit-Daily-Remaining", "0")
			hubspottest.Status(http.StatusTooManyRequests, "application/json", "{")(w, r)
		}, nil, func(now time.Time) time.Time {
			return time.Date(now.Year(), now.Month(), now.Day()+1, 0, 0, 0, 0, time.UTC)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onItsClock(t, func(o *hubspot.Options) { o.Zone = tt.zone }, func(t *testing.T, p portal) {
				p.Fail(tt.refusal)
				want := tt.until(time.Now())
				for range 3 {
					err := describe(t.Context(), p)
					var e *crm.Error
					if !errors.As(err, &e) || e.Kind != crm.KindQuota || !e.Until.Equal(want) || e.Again() {
						t.Fatalf("error %v, %+v, want until %v", err, e, want)
					}
				}
				if len(p.Calls()) != 1 {
					t.Errorf("%d calls while the portal is closed", len(p.Calls()))
				}
				time.Sleep(time.Until(want))
				if err := describe(t.Context(), p); err != nil || len(p.Calls()) != 2 {
					t.Errorf("after the reset: %v, %d calls", err, len(p.Calls()))
				}
			})
		})
	}
}

type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestNoAnswer(t *testing.T) {
	t.Parallel()
	silent := func(o *hubspot.Options) {
		o.Client = &http.Client{Transport: transport(func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		})}
	}
	onItsClock(t, silent, func(t *testing.T, p portal) {
		began := time.Now()
		err := describe(t.Context(), p)
		if crm.KindOf(err) != crm.KindUnavailable || errors.Is(err, context.DeadlineExceeded) || time.Since(began) != 10*time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := describe(ctx, p); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the caller's own deadline: %v", err)
		}
	})
}

func TestWrongAnswers(t *testing.T) {
	t.Parallel()
	const secret = "ada@example.com"
	for name, tt := range map[string]struct {
		answer http.HandlerFunc
		kind   crm.Kind
		again  bool
	}{
		"a page":                   {hubspottest.Status(200, "text/html", "<h1>"+secret+"</h1>"), crm.KindUnavailable, true},
		"no JSON":                  {hubspottest.Status(200, "application/json", "{"+secret), crm.KindUnavailable, true},
		"JSON of another shape":    {hubspottest.Status(200, "application/json", `{"id": 7, "properties": []}`), crm.KindUnavailable, true},
		"no id":                    {hubspottest.Status(200, "application/json", `{"properties": {}}`), crm.KindUnavailable, true},
		"an id that is none":       {hubspottest.Status(200, "application/json", `{"id": "../1"}`), crm.KindUnavailable, true},
		"nothing":                  {hubspottest.Status(200, "application/json", ""), crm.KindUnavailable, true},
		"a cut answer":             {hubspottest.Cut, crm.KindUnavailable, true},
		"too much":                 {hubspottest.Status(200, "application/json", `{"id": "1", "x": "`+strings.Repeat("x", 1<<20)+`"}`), crm.KindUnavailable, true},
		"an error of theirs":       {hubspottest.Status(500, "application/json", `{"message": "`+secret+`"}`), crm.KindUnavailable, true},
		"a gateway's page":         {hubspottest.Status(502, "text/html", secret), crm.KindUnavailable, true},
		"a lock":                   {hubspottest.Status(423, "application/json", "{}"), crm.KindUnavailable, true},
		"a missing scope":          {hubspottest.Status(403, "application/json", `{"category": "MISSING_SCOPES", "message": "`+secret+`"}`), crm.KindAuth, false},
		"a refusal without reason": {hubspottest.Status(400, "application/json", `{"message": "`+secret+`"}`), crm.KindRefused, false},
		"a refusal about something else": {hubspottest.Status(400, "application/json",
			`{"message": "x", "errors": [{"code": "INVALID_OPTION", "context": {"propertyName": ["`+secret+`"]}}]}`), crm.KindRefused, false},
		"a conflict": {hubspottest.Status(409, "application/json", `{"message": "Existing ID: 5 `+secret+`"}`), crm.KindConflict, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := open(t, nil)
			ref := schemas.RecordRef{Object: schemas.ObjectContact, ID: "101"}
			p.Fail(tt.answer, tt.answer)
			_, read := p.crm.Get(t.Context(), ref, []string{"email"})
			_, wrote := p.crm.Update(t.Context(), ref, map[string]string{"city": "Rome"}, "", schemas.CRMWrite{Key: "a", Actor: "agent"})
			for _, err := range []error{read, wrote} {
				var e *crm.Error
				if !errors.As(err, &e) || e.Kind != tt.kind || e.Again() != tt.again || len(e.Allowed) > 0 {
					t.Errorf("error %v, want %s", err, tt.kind)
					continue
				}
				for _, hidden := range []string{secret, token, "127.0.0.1", "http"} {
					if strings.Contains(err.Error(), hidden) {
						t.Errorf("the error names %q: %v", hidden, err)
					}
				}
			}
		})
	}
}

func TestBatchWithAFailedInput(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		body string
		kind crm.Kind
	}{
		"wrong value": {`{"status": "COMPLETE", "numErrors": 1, "results": [], "errors": [{"status": "error", "category": "VALIDATION_ERROR", "message": "Property values were not valid: [{\"name\":\"city\"}]", "context": {}}]}`, crm.KindInvalidValue},
		"conflict":    {`{"results": [], "errors": [{"status": "error", "category": "CONFLICT", "message": "x"}]}`, crm.KindConflict},
		"no result":   {`{"results": []}`, crm.KindUnavailable},
		"another's":   {`{"results": [{"id": "5", "objectWriteTraceId": "x"}]}`, crm.KindUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := open(t, nil)
			p.Fail(hubspottest.Status(http.StatusMultiStatus, "application/json", tt.body))
			_, _, err := p.crm.Upsert(t.Context(), schemas.ObjectContact, "email", map[string]string{"email": "ada@example.com", "city": "x"}, schemas.CRMWrite{Key: "a", Actor: "agent"})
			if crm.KindOf(err) != tt.kind || strings.Contains(err.Error(), "ada") {
				t.Errorf("error %v, want %s", err, tt.kind)
			}
		})
	}
}

// FuzzAnswers: whatever a portal answers, a call ends with a result or an error
// of the port that quotes nothing.
func FuzzAnswers(f *testing.F) {
	for _, body := range []string{
		`{"id": "1", "properties": {"email": "a"}}`, `{"results": [{"id": "1"}]}`, `{"policyName": "DAILY"}`, `[]`, `null`, `{"errors": [null]}`,
		`{"message": "Property values were not valid: [{\"name\":\"email\"}]", "errors": [{"code": "x", "context": {"propertyName": ["email"]}}]}`,
	} {
		f.Add(200, body)
		f.Add(400, body)
		f.Add(429, body)
	}
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < 200 || status > 599 {
			return
		}
		o := hubspot.Options{
			Token: func(context.Context) (string, error) { return token, nil },
			Client: &http.Client{Transport: transport(func(r *http.Request) (*http.Response, error) {
				w := httptest.NewRecorder()
				w.Header().Set("Retry-After", "3600")
				hubspottest.Status(status, "application/json", body)(w, r)
				return w.Result(), nil
			})},
		}
		c, err := hubspot.New(o)
		if err != nil {
			t.Fatal(err)
		}
		w := schemas.CRMWrite{Key: "a", Actor: "agent"}
		ref := schemas.RecordRef{Object: schemas.ObjectContact, ID: "1"}
		_, _, upserted := c.Upsert(t.Context(), schemas.ObjectContact, "email", map[string]string{"email": "ada@example.com"}, w)
		_, updated := c.Update(t.Context(), ref, map[string]string{"email": "ada@example.com"}, "", w)
		list, found := c.FindBy(t.Context(), crm.Find{Object: schemas.ObjectContact, Property: "city", Value: "x", Properties: []string{"city"}})
		_, described := c.Describe(t.Context(), schemas.ObjectContact)
		for _, err := range []error{upserted, updated, found, described} {
			if err != nil && (crm.KindOf(err) == "" || strings.Contains(err.Error(), "ada@")) {
				t.Errorf("error %v", err)
			}
		}
		if len(list) > 2 {
			t.Errorf("%d records", len(list))
		}
		if _, err := json.Marshal(list); err != nil {
			t.Error(err)
		}
	})
}
