// Package hubspottest is a HubSpot for tests: the calls of its CRM that the
// adapter makes, in the public shapes, misbehaving on demand.
//
// It owns a portal in memory and no network: it is an http.Handler for tests that
// want it on a port, and InMemory answers on the caller's goroutine. It must not
// be used outside of tests.
package hubspottest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Object is a record of the portal.
type Object struct {
	ID         string
	Properties map[string]string
	// change counts the changes of the whole portal up to this one's last.
	change int
	// hidden: the search does not show it yet.
	hidden bool
}

// Server is a portal. Safe for concurrent use.
type Server struct {
	token string

	mu           sync.Mutex
	next         int
	changes      int
	lag          bool
	objects      map[string][]*Object
	associations map[string]bool
	faults       []http.HandlerFunc
	after        []http.HandlerFunc
	calls        []string
}

// New makes an empty portal that opens to token.
func New(token string) *Server {
	return &Server{token: token, next: 100, objects: map[string][]*Object{}, associations: map[string]bool{}}
}

// Fail answers the next calls with faults, one each, before anything is done. A
// nil fault is a call that goes well.
func (s *Server) Fail(faults ...http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, faults...)
}

// LoseAnswers does what the next calls ask for and then answers with faults
// instead, one each.
func (s *Server) LoseAnswers(faults ...http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.after = append(s.after, faults...)
}

// Lag makes the search blind to what is made from now on, until Settle.
func (s *Server) Lag() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lag = true
}

// Settle lets the search see everything.
func (s *Server) Settle() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lag = false
	for _, list := range s.objects {
		for _, o := range list {
			o.hidden = false
		}
	}
}

// Calls are the methods and paths asked for, in their order.
func (s *Server) Calls() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

// Objects are the records of a kind, such as contacts.
func (s *Server) Objects(word string) []Object {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Object
	for _, o := range s.objects[word] {
		out = append(out, *o)
	}
	return out
}

// Add puts a record into the portal, as somebody else might.
func (s *Server) Add(word string, properties map[string]string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.insert(word, properties)
}

// Associated reports whether a path such as deals/1/contacts/2 was linked.
func (s *Server) Associated(path string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.associations[path]
}

// InMemory is a transport that asks s without a network.
func (s *Server) InMemory() http.RoundTripper { return inMemory{s} }

type inMemory struct{ handler http.Handler }

// RoundTrip implements http.RoundTripper.
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

// call is one request as the portal reads it.
type call struct {
	method, word string
	rest         []string
	query        map[string][]string
	body         map[string]any
}

// place takes the undated and the dated paths apart.
var place = regexp.MustCompile(`^/crm/(?:v3/(objects|properties)|(objects|properties)/20[0-9]{2}-[0-9]{2})/(contacts|companies|deals|tickets|notes)(?:/(.+))?$`)

// ServeHTTP answers one call.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.calls = append(s.calls, r.Method+" "+r.URL.RequestURI())
	fault := pop(&s.faults)
	s.mu.Unlock()
	if fault != nil {
		fault(w, r)
		return
	}
	if r.Header.Get("Authorization") != "Bearer "+s.token {
		Failure(w, http.StatusUnauthorized, "INVALID_AUTHENTICATION", "Authentication credentials not found.")
		return
	}
	m := place.FindStringSubmatch(r.URL.EscapedPath())
	if m == nil {
		Failure(w, http.StatusNotFound, "OBJECT_NOT_FOUND", "resource not found")
		return
	}
	c := call{method: r.Method, word: m[3], query: r.URL.Query()}
	if m[4] != "" {
		for part := range strings.SplitSeq(m[4], "/") {
			plain, err := url.PathUnescape(part)
			if err != nil {
				plain = part
			}
			c.rest = append(c.rest, plain)
		}
	}
	if r.Body != nil && r.Method != http.MethodGet && r.Method != http.MethodPut {
		if err := json.NewDecoder(r.Body).Decode(&c.body); err != nil {
			Failure(w, http.StatusBadRequest, "VALIDATION_ERROR", "Invalid input JSON")
			return
		}
	}
	if m[1] == "properties" || m[2] == "properties" {
		reply(w, http.StatusOK, map[string]any{"results": Definitions(c.word)})
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	recorder := httptest.NewRecorder()
	s.answer(recorder, c)
	if lost := pop(&s.after); lost != nil {
		lost(w, r)
		return
	}
	for name, values := range recorder.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(recorder.Code)
	_, _ = w.Write(recorder.Body.Bytes())
}

func pop(list *[]http.HandlerFunc) http.HandlerFunc {
	if len(*list) == 0 {
		return nil
	}
	first := (*list)[0]
	*list = (*list)[1:]
	return first
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json;charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// Failure writes an error in HubSpot's shape.
func Failure(w http.ResponseWriter, status int, category, message string) {
	reply(w, status, map[string]any{"status": "error", "category": category, "message": message, "correlationId": "a-b-c"})
}

// TooMany refuses a call by the limit for ten seconds. retryAfter may be empty.
func TooMany(retryAfter string) http.HandlerFunc {
	return limited("TEN_SECONDLY_ROLLING", "You have reached your ten_secondly_rolling limit.", retryAfter)
}

// Daily refuses a call by the limit for a day.
func Daily(retryAfter string) http.HandlerFunc {
	return limited("DAILY", "You have reached your daily limit.", retryAfter)
}

func limited(policy, message, retryAfter string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if retryAfter != "" {
			w.Header().Set("Retry-After", retryAfter)
		}
		reply(w, http.StatusTooManyRequests, map[string]any{
			"status": "error", "message": message, "errorType": "RATE_LIMIT", "correlationId": "a-b-c", "policyName": policy, "requestId": "d-e-f",
		})
	}
}

// Status answers with a status and a body of any type.
func Status(status int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

// Cut promises a longer answer than it gives and breaks the connection.
func Cut(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", "5000")
	_, _ = w.Write([]byte(`{"id": "101", "prop`))
	if f, ok := w.(http.Flusher); ok {
		f.Flush()
	}
	panic(http.ErrAbortHandler)
}

// stamp is the time of a change: a second for each.
func stamp(change int) string {
	return fmt.Sprintf("2026-06-01T%02d:%02d:%02d.000Z", 10+change/3600, change/60%60, change%60)
}

func (s *Server) show(o *Object, asked []string) map[string]any {
	// Without properties in the query only some defaults come.
	names := append([]string{"createdate", "hs_object_id"}, asked...)
	props := map[string]any{}
	for _, name := range names {
		if v, ok := o.Properties[name]; ok {
			props[name] = v
		} else if defined(name) {
			props[name] = nil
		}
	}
	return map[string]any{"id": o.ID, "properties": props, "createdAt": stamp(0), "updatedAt": stamp(o.change), "archived": false}
}

func (s *Server) find(word string, match func(*Object) bool) *Object {
	for _, o := range s.objects[word] {
		if match(o) {
			return o
		}
	}
	return nil
}

func (s *Server) touch(o *Object) {
	s.changes++
	o.change = s.changes
}

func (s *Server) insert(word string, properties map[string]string) *Object {
	s.next++
	o := &Object{ID: strconv.Itoa(s.next), Properties: map[string]string{"createdate": stamp(0), "hs_object_id": strconv.Itoa(s.next)}, hidden: s.lag}
	s.assign(o, properties)
	s.objects[word] = append(s.objects[word], o)
	return o
}

// assign sets values as a portal does: an empty one clears, an email is kept in
// lower case, a lifecycle stage that would move back is left as it is.
func (s *Server) assign(o *Object, properties map[string]string) {
	for name, value := range properties {
		switch {
		case name == "lifecyclestage" && slices.Index(stages(), value) < slices.Index(stages(), o.Properties[name]):
		case value == "":
			delete(o.Properties, name)
		case name == "email":
			o.Properties[name] = strings.ToLower(value)
		default:
			o.Properties[name] = value
		}
	}
	s.touch(o)
}
