// Package hubspottest is a HubSpot for tests: the list endpoints that articles
// reads, in the public shapes of HubSpot's interface, which misbehaves on
// demand. It owns no network: Client answers in memory, and the Server is an
// http.Handler for tests that want one on a port. It must not be used outside of
// tests.
package hubspottest

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// The paths of the lists.
const (
	Articles     = "/cms/knowledge-base/2027-03-beta/articles"
	SitePages    = "/cms/v3/pages/site-pages"
	LandingPages = "/cms/v3/pages/landing-pages"
	BlogPosts    = "/cms/v3/blogs/posts"
)

// Entry is one object of a list, with HubSpot's field names.
type Entry map[string]any

// Server is a portal. Safe for concurrent use.
type Server struct {
	token string
	// longest is the longest page it gives, whatever limit is asked for.
	longest int

	mu       sync.Mutex
	lists    map[string][]Entry
	faults   map[string][]http.HandlerFunc
	requests []string
}

// New makes a portal that opens to token and gives at most longest entries on a
// page.
func New(token string, longest int) *Server {
	return &Server{token: token, longest: longest, lists: make(map[string][]Entry), faults: make(map[string][]http.HandlerFunc)}
}

// Add puts entries at the end of a list.
func (s *Server) Add(list string, entries ...Entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lists[list] = append(s.lists[list], entries...)
}

// Clear empties a list.
func (s *Server) Clear(list string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.lists, list)
}

// Fail answers the next requests of a list with faults, one each, in their
// order. A nil fault is a request that goes well.
func (s *Server) Fail(list string, faults ...http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[list] = append(s.faults[list], faults...)
}

// Requests are the paths and queries asked for, in their order.
func (s *Server) Requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// Client is an HTTP client whose every request is answered by s, in memory and
// on the caller's goroutine, so that tests with a clock of their own can use it.
func (s *Server) Client() *http.Client { return &http.Client{Transport: InMemory(s)} }

// InMemory is a transport that asks handler.
func InMemory(handler http.Handler) http.RoundTripper { return inMemory{handler} }

type inMemory struct{ handler http.Handler }

func (t inMemory) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	recorder := httptest.NewRecorder()
	t.handler.ServeHTTP(recorder, r)
	response := recorder.Result()
	response.Request = r
	return response, nil
}

// ServeHTTP answers a list request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	list := r.URL.Path
	fault, entries, known := s.take(list, r.URL.RequestURI())
	switch {
	case fault != nil:
		fault(w, r)
	case r.Header.Get("Authorization") != "Bearer "+s.token:
		failure(w, http.StatusUnauthorized, "INVALID_AUTHENTICATION", "")
	case !known:
		failure(w, http.StatusNotFound, "OBJECT_NOT_FOUND", "")
	default:
		s.page(w, r, entries)
	}
}

func (s *Server) take(list, uri string) (fault http.HandlerFunc, entries []Entry, known bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, uri)
	if waiting := s.faults[list]; len(waiting) > 0 {
		fault, s.faults[list] = waiting[0], waiting[1:]
	}
	known = slices.Contains([]string{Articles, SitePages, LandingPages, BlogPosts}, list)
	return fault, append([]Entry{}, s.lists[list]...), known
}

// page gives one page, with a cursor as HubSpot writes them: base64, escaped
// for an address.
func (s *Server) page(w http.ResponseWriter, r *http.Request, entries []Entry) {
	query := r.URL.Query()
	if state := query.Get("state"); state != "" {
		entries = slices.DeleteFunc(entries, func(e Entry) bool { return e["state"] != state })
	}
	from, limit := 0, s.longest
	if asked, err := strconv.Atoi(query.Get("limit")); err == nil {
		limit = min(asked, limit)
	}
	if after := query.Get("after"); after != "" {
		plain, err := base64.StdEncoding.DecodeString(after)
		if err == nil {
			from, err = strconv.Atoi(string(plain))
		}
		if err != nil {
			failure(w, http.StatusBadRequest, "VALIDATION_ERROR", "")
			return
		}
	}
	from = min(from, len(entries))
	to := min(from+limit, len(entries))
	answer := map[string]any{"total": len(entries), "results": entries[from:to]}
	if to < len(entries) {
		after := url.QueryEscape(base64.StdEncoding.EncodeToString([]byte(strconv.Itoa(to))))
		answer["paging"] = map[string]any{"next": map[string]any{
			"after": after, "link": "https://" + r.Host + r.URL.Path + "?after=" + after,
		}}
	}
	write(w, http.StatusOK, answer)
}

// Limited is the answer to one request too many: policy is
// TEN_SECONDLY_ROLLING, SECONDLY or DAILY. Without seconds there is no
// Retry-After.
func Limited(policy string, seconds int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if seconds > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(seconds))
		}
		failure(w, http.StatusTooManyRequests, "RATE_LIMITS", policy)
	}
}

// Status answers with a status and an error of HubSpot's shape.
func Status(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { failure(w, status, "ERROR", "") }
}

// Text answers 200 with a body as it is.
func Text(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json;charset=utf-8")
		w.Write([]byte(body))
	}
}

// Circle answers with one entry and a cursor that leads back to itself.
func Circle(e Entry) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		write(w, http.StatusOK, map[string]any{
			"results": []Entry{e}, "paging": map[string]any{"next": map[string]any{"after": "MA%3D%3D"}},
		})
	}
}

// Redirect sends the client elsewhere.
func Redirect(location string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, location, http.StatusFound) }
}

func failure(w http.ResponseWriter, status int, category, policy string) {
	body := map[string]any{
		"status": "error", "message": "An error occurred", "category": category,
		"correlationId": "aeb5f871-7f07-4993-9211-075dc63e7cbf",
	}
	if policy != "" {
		body["errorType"], body["policyName"] = "RATE_LIMIT", policy
		body["message"] = "You have reached your " + strings.ToLower(policy) + " limit."
	}
	write(w, status, body)
}

func write(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json;charset=utf-8")
	w.WriteHeader(status)
	// What fails here is the client that went away.
	_ = json.NewEncoder(w).Encode(body)
}
