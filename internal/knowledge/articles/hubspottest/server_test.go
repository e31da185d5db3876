package hubspottest_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"steward/internal/knowledge/articles/hubspottest"
)

type page struct {
	Results []struct{ ID string }
	Paging  struct{ Next struct{ After, Link string } }
	Policy  string `json:"policyName"`
}

func get(t *testing.T, server *httptest.Server, path, token string) (int, page, http.Header) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := server.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var got page
	if err := json.NewDecoder(response.Body).Decode(&got); err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, got, response.Header
}

func TestServer(t *testing.T) {
	t.Parallel()
	portal := hubspottest.New("good", 2)
	draft := hubspottest.Article("2", "B", "b")
	draft["state"] = "DRAFT"
	portal.Add(hubspottest.Articles, hubspottest.Article("1", "A", "a"), draft, hubspottest.Article("3", "C", "c"), hubspottest.Article("4", "D", "d"))
	portal.Fail(hubspottest.BlogPosts, hubspottest.Limited("DAILY", 7), nil)
	server := httptest.NewServer(portal)
	t.Cleanup(server.Close)

	if status, _, _ := get(t, server, hubspottest.Articles, "bad"); status != http.StatusUnauthorized {
		t.Errorf("a wrong token: %d", status)
	}
	if status, _, _ := get(t, server, "/cms/v3/hubdb", "good"); status != http.StatusNotFound {
		t.Errorf("an unknown list: %d", status)
	}
	status, first, _ := get(t, server, hubspottest.Articles+"?state=PUBLISHED&limit=50", "good")
	if status != http.StatusOK || len(first.Results) != 2 || first.Results[1].ID != "3" || first.Paging.Next.After != "Mg%3D%3D" {
		t.Errorf("first page: %d %+v", status, first)
	}
	plain, err := url.PathUnescape(first.Paging.Next.After)
	if err != nil {
		t.Fatal(err)
	}
	rest := url.Values{"state": {"PUBLISHED"}, "after": {plain}}
	if _, last, _ := get(t, server, hubspottest.Articles+"?"+rest.Encode(), "good"); len(last.Results) != 1 || last.Paging.Next.After != "" {
		t.Errorf("last page: %+v", last)
	}
	rest.Set("after", first.Paging.Next.After)
	if status, _, _ := get(t, server, hubspottest.Articles+"?"+rest.Encode(), "good"); status != http.StatusBadRequest {
		t.Errorf("a cursor escaped twice: %d", status)
	}
	status, limited, header := get(t, server, hubspottest.BlogPosts, "good")
	if status != http.StatusTooManyRequests || limited.Policy != "DAILY" || header.Get("Retry-After") != "7" {
		t.Errorf("limited: %d %+v", status, limited)
	}
	if status, _, _ := get(t, server, hubspottest.BlogPosts, "good"); status != http.StatusOK {
		t.Errorf("after the fault: %d", status)
	}
	portal.Clear(hubspottest.Articles)
	if _, none, _ := get(t, server, hubspottest.Articles, "good"); none.Results == nil || len(none.Results) != 0 {
		t.Errorf("cleared: %+v", none)
	}
	if n := len(portal.Requests()); n != 8 {
		t.Errorf("%d requests noted", n)
	}
}
