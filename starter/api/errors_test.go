package api_test

import (
	"net/http"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"steward/schemas"
)

const someID = "0192f4c07a1b7c3d8e9fa0b1c2d3e4f5"

// everyRoute lists the operations of the document.
func (s *site) everyRoute() []request {
	s.t.Helper()
	raw, err := s.api.Document()
	if err != nil {
		s.t.Fatal(err)
	}
	var document struct {
		Paths map[string]map[string]any
	}
	if err := yaml.Unmarshal(raw, &document); err != nil {
		s.t.Fatal(err)
	}
	var out []request
	for path, methods := range document.Paths {
		for method := range methods {
			out = append(out, request{method: strings.ToUpper(method), path: path})
		}
	}
	if len(out) < 50 {
		s.t.Fatalf("the document has only %d operations", len(out))
	}
	return out
}

func TestEveryRouteNeedsAToken(t *testing.T) {
	t.Parallel()
	s := setup(t, nil)
	for _, r := range append(s.everyRoute(), request{method: "GET", path: "/openapi.yaml"}, request{method: "GET", path: "/nothing"}) {
		for name, headers := range map[string]map[string]string{
			"none":  nil,
			"wrong": {"Authorization": "Bearer a-token-nobody-has"},
			"basic": {"Authorization": "Basic YTpi"},
			"ours":  {"Authorization": "Bearer steward_0123456789012345678901234567890123456789AAAAAA"},
		} {
			r.headers, r.anonymous = headers, true
			got := s.want(http.StatusUnauthorized, r)
			if p := s.problem(got); p.Detail != "Unauthorized." || got.header.Get("WWW-Authenticate") == "" {
				t.Errorf("%s %s with token %s: %s", r.method, r.path, name, got.body)
			}
		}
	}
	if calls := s.workflows.all(); len(calls) != 0 {
		t.Errorf("calls without a token: %q", calls)
	}
}

// What is in no database is answered with 404 by every route that names it, and
// with an error of the one shape by all.
func TestEveryRouteAnswersForWhatIsNotThere(t *testing.T) {
	t.Parallel()
	s := setupDesk(t).site
	ids := strings.NewReplacer("/sources/{id}", "/sources/src_"+someID, "/documents/{id}", "/documents/doc_"+someID, "/files/{id}", "/files/file_"+someID,
		"/articles/{id}", "/articles/art_"+someID, "/connectors/{id}", "/connectors/con_"+someID,
		"/connections/{name}/secret", "/connections/other/secret", "/actions/{name}/test", "/actions/other/test")
	bodies := map[string]string{
		"/documents/{id}/restore": `{"version":1}`, "/sources/{id}/review": `{"approve":true}`, "/sources/{id}": `{"name":"a"}`, "/articles/{id}": `{"title":"a","body":"b"}`,
		"/connections/{name}/secret": `{"secret":"a"}`, "/actions/{name}/test": `{}`,
	}
	tried := 0
	for _, r := range s.everyRoute() {
		path := ids.Replace(r.path)
		if path == r.path {
			continue
		}
		tried++
		body := bodies[r.path]
		if r.method == http.MethodGet || r.method == http.MethodDelete {
			body = ""
		}
		s.want(http.StatusNotFound, request{method: r.method, path: path, body: body})
	}
	if tried < 20 {
		t.Errorf("only %d routes were tried", tried)
	}
}

func TestErrorsHaveOneShape(t *testing.T) {
	t.Parallel()
	s := setup(t, nil)
	conv := "conv_" + someID
	for _, c := range []struct {
		name   string
		status int
		r      request
		says   string
	}{
		{"unknown address", 404, request{method: "GET", path: "/nothing"}, ""},
		{"unknown method", 404, request{method: "PATCH", path: "/sources"}, ""},
		{"unknown agent", 404, request{method: "GET", path: "/agents/agent_" + someID}, ""},
		{"id of another kind", 404, request{method: "GET", path: "/agents/conv_" + someID}, ""},
		{"unknown conversation", 404, request{method: "GET", path: "/conversations/" + conv}, ""},
		{"id that is none", 404, request{method: "GET", path: "/conversations/1%20or%201=1"}, ""},
		{"messages of unknown conversation", 404, request{method: "GET", path: "/conversations/" + conv + "/messages"}, ""},
		{"unknown source", 404, request{method: "DELETE", path: "/sources/src_" + someID}, ""},
		{"no JSON", 400, request{method: "POST", path: "/teams", body: `{"name":`}, ""},
		{"no body", 400, request{method: "POST", path: "/teams"}, ""},
		{"other media type", 415, request{method: "POST", path: "/teams", body: "name: x", headers: map[string]string{"Content-Type": "text/plain"}}, "application/json"},
		{"unknown field", 422, request{method: "POST", path: "/teams", body: `{"name":"a","color":"red"}`}, "color"},
		{"missing field", 422, request{method: "POST", path: "/teams", body: `{}`}, "name"},
		{"wrong type", 422, request{method: "POST", path: "/teams", body: `{"name":3}`}, "name"},
		{"unknown query", 422, request{method: "GET", path: "/conversations?colour=red"}, "colour"},
		{"bad owner", 422, request{method: "GET", path: "/conversations?owner=nobody"}, "owner"},
		{"bad limit", 422, request{method: "GET", path: "/conversations?limit=500"}, "limit"},
		{"bad cursor", 422, request{method: "GET", path: "/conversations?cursor=abc"}, "cursor"},
		{"unknown source type", 422, request{method: "POST", path: "/sources", body: `{"type":"video"}`}, "file, url, crawl, kb_article, short_answer"},
		{"unknown status of a source", 422, request{method: "GET", path: "/sources?status=lost"}, "needs_review"},
		{"empty file", 422, request{method: "POST", path: "/sources", body: `{"type":"file","file_name":"a.md"}`}, "empty"},
		{"unknown person", 422, request{method: "POST", path: "/handoffs/hand_" + someID + "/accept", body: `{"as":"nobody"}`}, "as"},
		{"bad pause scope", 422, request{method: "POST", path: "/agents/default/pause", body: `{"scope":"planet"}`}, "use agent, channel or conversation"},
		{"pause in the past", 422, request{method: "POST", path: "/agents/default/pause", body: `{"until":"2001-01-01T00:00:00Z"}`}, "past"},
		{"bad presence", 422, request{method: "POST", path: "/users", body: `{"name":"x","presence":"asleep"}`}, "presence"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := s.want(c.status, c.r)
			if !strings.Contains(strings.ToLower(got.body), strings.ToLower(c.says)) {
				t.Errorf("answer does not say %q: %s", c.says, got.body)
			}
		})
	}
}

func TestBodyOverTheLimitIsRefused(t *testing.T) {
	t.Parallel()
	s := setup(t, nil)
	s.want(http.StatusRequestEntityTooLarge, request{
		method: "POST", path: "/sources", body: `{"type":"file","file_name":"a.md","content":"` + strings.Repeat("QUJD", 5<<20) + `"}`,
	})
}

func TestInternalErrorsShowNothing(t *testing.T) {
	t.Parallel()
	s := setup(t, nil)
	s.store.Close()
	for _, path := range []string{
		"/conversations", "/agents/default", "/sources", "/sources/src_" + someID, "/sources/src_" + someID + "/pages.csv", "/files", "/articles", "/connectors", "/connections", "/connections/shop", "/actions", "/actions/look_up",
		"/sources/src_" + someID + "/sync/events",
	} {
		got := s.call(request{method: "GET", path: path})
		if got.status < 500 {
			t.Errorf("%s: status %d with a closed database", path, got.status)
		}
		s.problem(got)
	}
}

func TestListsAreNeverNull(t *testing.T) {
	t.Parallel()
	s := setup(t, nil)
	for _, path := range []string{"/sources", "/files", "/articles", "/connectors", "/connections", "/actions", "/conversations", "/handoffs", "/teams", "/users"} {
		got := s.want(http.StatusOK, request{method: "GET", path: path})
		var page schemas.List[any]
		got.into(t, &page)
		if page.Items == nil || page.NextCursor != nil || !strings.Contains(got.body, `"next_cursor":null`) {
			t.Errorf("%s: %s", path, got.body)
		}
	}
}
