package api_test

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"testing"

	"steward/schemas"
	"steward/starter/api"
)

func TestSourceIsAddedReadAndRemoved(t *testing.T) {
	t.Parallel()
	s := setup(t, nil)
	got := s.want(http.StatusCreated, request{method: "POST", path: "/sources", body: `{"type":"file","file_name":"a.md","content":"IyBBCg=="}`})
	var file schemas.Source
	got.into(t, &file)
	if want := "/api/v1/sources/" + string(file.ID) + "/sync"; got.header.Get("Location") != want {
		t.Errorf("location %q, want %q", got.header.Get("Location"), want)
	}
	s.called("sync " + string(file.ID))
	s.called("schedule weekly " + string(file.ID))
	if !file.Citations || file.Private || file.Status != schemas.SourceQueued || file.Name != "a.md" || file.File == "" ||
		file.Schedule != schemas.ResyncWeekly || file.NextSync.IsZero() || strings.Contains(got.body, "IyBBCg") {
		t.Errorf("added %s", got.body)
	}
	if shown := get[schemas.Source](s, "/sources/"+string(file.ID)); shown.ID != file.ID || shown.Name != "a.md" {
		t.Errorf("shown %+v", shown)
	}
	s.want(http.StatusNoContent, request{method: "DELETE", path: "/sources/" + string(file.ID)})
	s.called("resync removal " + string(file.ID))
	if shown := get[schemas.Source](s, "/sources/"+string(file.ID)); shown.Status != schemas.SourceRemoving {
		t.Errorf("removed, it is %s", shown.Status)
	}
	s.want(http.StatusConflict, request{method: "POST", path: "/sources/" + string(file.ID) + "/sync"})
	s.want(http.StatusNotFound, request{method: "PATCH", path: "/sources/" + string(file.ID), body: `{"name":"b"}`})
	// What is purged is not there.
	if _, err := s.store.PurgeSource(t.Context(), file.ID, 100); err != nil {
		t.Fatal(err)
	}
	s.want(http.StatusNotFound, request{method: "GET", path: "/sources/" + string(file.ID)})
	s.want(http.StatusNotFound, request{method: "DELETE", path: "/sources/" + string(file.ID)})
}

func TestSourcesOfEveryTypeAreListed(t *testing.T) {
	t.Parallel()
	s := setup(t, nil)
	var article schemas.Article
	s.want(http.StatusCreated, request{method: "POST", path: "/articles", body: `{"title":"Shipping","body":"We ship to the EU."}`}).into(t, &article)
	s.adds(`{"type":"file","file_name":"a.md","content":"IyBBCg=="}`)
	page := s.adds(`{"type":"url","url":"https://example.com/faq"}`)
	crawl := s.adds(`{"type":"crawl","url":"https://example.com","include":["/help/*"],"exclude":["/help/old/*"],"max_pages":50,"render":"never","schedule":"daily","ignore_robots":true,"language":"it"}`)
	kb := s.adds(`{"type":"kb_article","article_id":"` + string(article.ID) + `"}`)
	s.adds(`{"type":"short_answer","question":"Do you ship abroad?","answer":"Yes."}`)

	if crawl.MaxPages != 50 || crawl.Render != schemas.RenderNever || crawl.Schedule != schemas.ResyncDaily || !crawl.IgnoreRobots ||
		crawl.Language != "it" || !slices.Equal(crawl.Include, []string{"/help/*"}) || !slices.Equal(crawl.Exclude, []string{"/help/old/*"}) {
		t.Errorf("settings %+v", crawl.SourceSettings)
	}
	if page.Render != schemas.RenderAuto || page.Schedule != schemas.ResyncWeekly || page.MaxPages != 0 {
		t.Errorf("defaults of a page %+v", page.SourceSettings)
	}
	if kb.Name != "Shipping" || kb.Schedule != schemas.ResyncOnChange || !kb.NextSync.IsZero() || kb.Article != article.ID {
		t.Errorf("source of an article %+v", kb)
	}
	if all := get[schemas.List[schemas.Source]](s, "/sources"); len(all.Items) != 5 {
		t.Errorf("%d sources", len(all.Items))
	}
	for query, want := range map[string]int{
		"type=crawl": 1, "type=url": 1, "status=queued": 5, "status=ready": 0, "type=file&status=queued": 1, "type=file&status=failed": 0,
	} {
		if got := get[schemas.List[schemas.Source]](s, "/sources?"+query); len(got.Items) != want {
			t.Errorf("%s: %d sources, want %d", query, len(got.Items), want)
		}
	}
}

func TestSourceThatCannotBeIsRefused(t *testing.T) {
	t.Parallel()
	s := setup(t, func(o *api.Options) {
		o.Admit = func(address string) error {
			if strings.Contains(address, "10.0.0.1") {
				return schemas.NewError(schemas.KindInvalid, "url is inside a private network")
			}
			return nil
		}
	})
	s.adds(`{"type":"url","url":"https://example.com/faq"}`)
	s.adds(`{"type":"file","file_name":"a.md","content":"IyBBCg=="}`)
	for _, c := range []struct {
		name, body string
		status     int
		says       string
	}{
		{"unknown type", `{"type":"video"}`, 422, "file, url, crawl, kb_article, short_answer"},
		{"no type", `{}`, 422, "type"},
		{"extension not in the list", `{"type":"file","file_name":"a.exe","content":"IyBBCg=="}`, 422, `.docx .htm .xhtml .cfg`},
		{"no extension", `{"type":"file","file_name":"README","content":"IyBBCg=="}`, 422, "cannot be read"},
		{"empty file", `{"type":"file","file_name":"a.md"}`, 422, "The file is empty."},
		{"content that is no base64", `{"type":"file","file_name":"a.md","content":"#"}`, 422, "content"},
		{"file that is not there", `{"type":"file","file_id":"file_` + someID + `"}`, 404, "No such file."},
		{"same file again", `{"type":"file","file_name":"a.md","content":"IyBBCg=="}`, 409, "This file is a source already: src_"},
		{"file with a link that runs code", `{"type":"file","file_name":"b.md","content":"IyBBCg==","url":"javascript:alert(1)"}`, 422, "public address to cite"},
		{"no address", `{"type":"url"}`, 422, "needs url"},
		{"not an address", `{"type":"url","url":"not a page"}`, 422, "https://example.com/help"},
		{"another scheme", `{"type":"crawl","url":"ftp://example.com/"}`, 422, "http:// or https://"},
		{"address with a password", `{"type":"url","url":"https://me:hunter2@example.com/"}`, 422, "user name or password"},
		{"private address", `{"type":"url","url":"http://10.0.0.1/"}`, 422, "Url is inside a private network."},
		{"private domain", `{"type":"crawl","url":"http://10.0.0.1/"}`, 422, "private network"},
		{"same address again", `{"type":"url","url":"http://EXAMPLE.com/faq/"}`, 409, "This address is a source already: src_"},
		{"article that is not there", `{"type":"kb_article","article_id":"art_` + someID + `"}`, 404, "No such article."},
		{"no article", `{"type":"kb_article"}`, 422, "article_id"},
		{"short answer without answer", `{"type":"short_answer","question":"q"}`, 422, "needs question and answer"},
		{"short answer of blanks", `{"type":"short_answer","question":" ","answer":"a"}`, 422, "needs question and answer"},
		{"unknown schedule", `{"type":"url","url":"https://example.com/1","schedule":"hourly"}`, 422, "schedule"},
		{"schedule of articles", `{"type":"url","url":"https://example.com/1","schedule":"on_change"}`, 422, "only a knowledge-base article"},
		{"unknown rendering", `{"type":"crawl","url":"https://example.com/1","render":"sometimes"}`, 422, "render"},
		{"too many pages", `{"type":"crawl","url":"https://example.com/1","max_pages":5001}`, 422, "max_pages"},
		{"pages below zero", `{"type":"crawl","url":"https://example.com/1","max_pages":-1}`, 422, "max_pages"},
		{"include of a page", `{"type":"url","url":"https://example.com/1","include":["/a"]}`, 422, "include and exclude are for a crawl"},
		{"pattern that is no path", `{"type":"crawl","url":"https://example.com/1","include":["help"]}`, 422, "begins with /"},
		{"unknown language", `{"type":"url","url":"https://example.com/1","language":"Italian"}`, 422, "language"},
		{"unknown field", `{"type":"url","url":"https://example.com/1","depth":3}`, 422, "depth"},
		{"text that is no text", `{"type":"short_answer","question":"a\u0000b","answer":"a"}`, 422, "UTF-8"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := s.want(c.status, request{method: "POST", path: "/sources", body: c.body})
			if !strings.Contains(strings.ToLower(s.problem(got).Detail), strings.ToLower(c.says)) {
				t.Errorf("answer does not say %q: %s", c.says, got.body)
			}
			if strings.Contains(got.body, "hunter2") {
				t.Errorf("answer repeats a password: %s", got.body)
			}
		})
	}
	if n := len(get[schemas.List[schemas.Source]](s, "/sources").Items); n != 2 {
		t.Errorf("%d sources are there, want the 2 that were valid", n)
	}
}

func TestPrivateSourceIsNeverCited(t *testing.T) {
	t.Parallel()
	s := setup(t, nil)
	source := s.adds(`{"type":"short_answer","question":"q","answer":"a","private":true,"citations":true}`)
	if source.Citations || !source.Private {
		t.Errorf("added %+v", source)
	}
	var changed schemas.Source
	s.want(200, request{method: "PATCH", path: "/sources/" + string(source.ID), body: `{"citations":true}`}).into(t, &changed)
	if changed.Citations {
		t.Error("a private source is cited after a change")
	}
	s.want(200, request{method: "PATCH", path: "/sources/" + string(source.ID), body: `{"private":false,"citations":true}`}).into(t, &changed)
	if !changed.Citations {
		t.Error("a source that is no longer private is not cited")
	}
}

func TestSourceIsKeptWhenItsSyncCannotStart(t *testing.T) {
	t.Parallel()
	s := setup(t, nil)
	s.workflows.set(false, true)
	got := s.want(http.StatusCreated, request{method: "POST", path: "/sources", body: `{"type":"url","url":"https://example.com/faq"}`})
	var source schemas.Source
	got.into(t, &source)
	if got.header.Get("Location") != "" || source.ID == "" {
		t.Errorf("location %q, source %+v", got.header.Get("Location"), source)
	}
	again := s.want(http.StatusServiceUnavailable, request{method: "POST", path: "/sources/" + string(source.ID) + "/sync"})
	if again.header.Get("Retry-After") == "" || !strings.Contains(again.body, "Temporal does not answer") {
		t.Errorf("answer %v %s", again.header, again.body)
	}
}

func TestChangeReadsAgainOnlyWhatItChanges(t *testing.T) {
	t.Parallel()
	s := setup(t, nil)
	crawl := string(s.adds(`{"type":"crawl","url":"https://example.com"}`).ID)
	short := string(s.adds(`{"type":"short_answer","question":"q","answer":"a"}`).ID)
	file := string(s.adds(`{"type":"file","file_name":"a.md","content":"IyBBCg=="}`).ID)
	for _, c := range []struct {
		name, id, body string
		read           bool
		schedule       schemas.ResyncSchedule
	}{
		{"name", crawl, `{"name":"Help"}`, false, ""},
		{"nothing", crawl, `{}`, false, ""},
		{"citations", crawl, `{"citations":false}`, false, ""},
		{"same address", crawl, `{"url":"https://example.com"}`, false, ""},
		{"same settings", crawl, `{"settings":{}}`, false, ""},
		{"schedule", crawl, `{"settings":{"schedule":"never"}}`, false, schemas.ResyncNever},
		{"include", crawl, `{"settings":{"schedule":"never","include":["/help/*"]}}`, true, ""},
		{"exclude", crawl, `{"settings":{"schedule":"never","include":["/help/*"],"exclude":["/help/a"]}}`, true, ""},
		{"fewer pages", crawl, `{"settings":{"schedule":"never","include":["/help/*"],"exclude":["/help/a"],"max_pages":10}}`, true, ""},
		{"all settings back", crawl, `{"settings":{}}`, true, schemas.ResyncWeekly},
		{"browser", crawl, `{"settings":{"render":"always"}}`, true, ""},
		{"robots", crawl, `{"settings":{"render":"always","ignore_robots":true}}`, true, ""},
		{"language", crawl, `{"settings":{"render":"always","ignore_robots":true,"language":"sv"}}`, true, ""},
		{"private", crawl, `{"private":true}`, true, ""},
		{"another address", crawl, `{"url":"https://example.com/help"}`, true, ""},
		{"answer", short, `{"answer":"b"}`, true, ""},
		{"question", short, `{"question":"r"}`, true, ""},
		{"same answer", short, `{"answer":"b"}`, false, ""},
		{"link of a file", file, `{"url":"https://example.com/a"}`, true, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.api.Wait()
			s.workflows.forget()
			s.want(http.StatusOK, request{method: "PATCH", path: "/sources/" + c.id, body: c.body})
			s.api.Wait()
			if got := s.workflows.saw("resync change " + c.id); got != c.read {
				t.Errorf("read again: %v, want %v", got, c.read)
			}
			var schedules []string
			for _, call := range s.workflows.all() {
				if strings.HasPrefix(call, "schedule ") {
					schedules = append(schedules, call)
				}
			}
			var want []string
			if c.schedule != "" {
				want = []string{"schedule " + string(c.schedule) + " " + c.id}
			}
			if !slices.Equal(schedules, want) {
				t.Errorf("schedules %q, want %q", schedules, want)
			}
		})
	}
}

func TestChangeSaysWhenItCouldNotBeReadAgain(t *testing.T) {
	t.Parallel()
	s := setup(t, nil)
	short := s.adds(`{"type":"short_answer","question":"q","answer":"a"}`)
	article := s.writes(`{"title":"Shipping","body":"We ship to the EU."}`)
	s.adds(`{"type":"kb_article","article_id":"` + string(article.ID) + `"}`)
	s.workflows.set(false, true)
	for _, r := range []request{
		{method: "PATCH", path: "/sources/" + string(short.ID), body: `{"answer":"b"}`},
		{method: "PUT", path: "/articles/" + string(article.ID), body: `{"title":"Shipping","body":"We ship worldwide."}`},
	} {
		if got := s.want(http.StatusServiceUnavailable, r); !strings.Contains(got.body, "The change is stored, but the source could not be read again") {
			t.Errorf("%s: %s", r.path, got.body)
		}
	}
	if got := get[schemas.Source](s, "/sources/"+string(short.ID)); got.Answer != "b" {
		t.Errorf("the change is not stored: %+v", got)
	}
	// What needs no reading needs no Temporal.
	s.want(http.StatusOK, request{method: "PATCH", path: "/sources/" + string(short.ID), body: `{"name":"Short","citations":false}`})
	s.want(http.StatusNoContent, request{method: "DELETE", path: "/sources/" + string(short.ID)})
}

func TestChangeThatCannotBeIsRefused(t *testing.T) {
	t.Parallel()
	s := setup(t, func(o *api.Options) {
		o.Admit = func(address string) error {
			if strings.Contains(address, "localhost") {
				return schemas.NewError(schemas.KindInvalid, "url is inside a private network")
			}
			return nil
		}
	})
	crawl := "/sources/" + string(s.adds(`{"type":"crawl","url":"https://example.com"}`).ID)
	s.adds(`{"type":"crawl","url":"https://example.org/help"}`)
	short := "/sources/" + string(s.adds(`{"type":"short_answer","question":"q","answer":"a"}`).ID)
	file := "/sources/" + string(s.adds(`{"type":"file","file_name":"a.md","content":"IyBBCg=="}`).ID)
	for _, c := range []struct {
		name, path, body string
		status           int
		says             string
	}{
		{"unknown source", "/sources/src_" + someID, `{"name":"x"}`, 404, "No such source."},
		{"unknown settings value", crawl, `{"settings":{"render":"often"}}`, 422, "render"},
		{"too many pages", crawl, `{"settings":{"max_pages":5001}}`, 422, "max_pages"},
		{"unknown settings field", crawl, `{"settings":{"depth":5}}`, 422, "depth"},
		{"blank name", crawl, `{"name":" "}`, 422, "needs a name"},
		{"private address", crawl, `{"url":"http://localhost/"}`, 422, "private network"},
		{"address with a password", crawl, `{"url":"http://a:b@example.com/"}`, 422, "user name or password"},
		{"blank answer", short, `{"answer":""}`, 422, "needs question and answer"},
		{"include of a short answer", short, `{"settings":{"include":["/a"]}}`, 422, "for a crawl"},
		{"link that runs code", file, `{"url":"javascript:alert(1)"}`, 422, "public address to cite"},
		{"address of another source", crawl, `{"url":"https://example.org/help/"}`, 409, "is a source already: src_"},
		{"another type", file, `{"type":"url"}`, 422, "type"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := s.want(c.status, request{method: "PATCH", path: c.path, body: c.body})
			if !strings.Contains(got.body, c.says) {
				t.Errorf("answer does not say %q: %s", c.says, got.body)
			}
		})
	}
	s.api.Wait()
	for _, call := range s.workflows.all() {
		if strings.HasPrefix(call, "resync") {
			t.Errorf("a refused change has led to %q", call)
		}
	}
}

func TestSeveralSourcesAtOnce(t *testing.T) {
	t.Parallel()
	s := setup(t, nil)
	ids := []schemas.SourceID{
		s.adds(`{"type":"short_answer","question":"q","answer":"a"}`).ID, s.adds(`{"type":"url","url":"https://example.com/faq"}`).ID,
	}
	unknown := schemas.SourceID("src_" + someID)
	bulk := func(action string, ids ...schemas.SourceID) schemas.BulkResult {
		list := make([]string, 0, len(ids))
		for _, id := range ids {
			list = append(list, `"`+string(id)+`"`)
		}
		var out schemas.BulkResult
		s.want(http.StatusOK, request{
			method: "POST", path: "/sources/bulk", body: `{"ids":[` + strings.Join(list, ",") + `],"action":"` + action + `"}`,
		}).into(t, &out)
		return out
	}
	for _, action := range []string{"citations_off", "citations_on"} {
		out := bulk(action, ids[0], unknown, "nonsense")
		if !slices.Equal(out.Done, ids[:1]) || !slices.Equal(out.NotFound, []schemas.SourceID{unknown, "nonsense"}) {
			t.Errorf("%s: %+v", action, out)
		}
		if got := get[schemas.Source](s, "/sources/"+string(ids[0])); got.Citations != (action == "citations_on") {
			t.Errorf("after %s it is cited: %v", action, got.Citations)
		}
	}
	s.workflows.forget()
	if out := bulk("sync", append(slices.Clone(ids), unknown)...); !slices.Equal(out.Done, ids) || len(out.NotFound) != 1 {
		t.Errorf("sync: %+v", out)
	}
	// They have been started when the answer comes.
	for _, id := range ids {
		if !s.workflows.saw("sync " + string(id)) {
			t.Errorf("%s was not started: %q", id, s.workflows.all())
		}
	}
	if out := bulk("remove", append(slices.Clone(ids), unknown)...); !slices.Equal(out.Done, ids) || len(out.NotFound) != 1 {
		t.Errorf("remove: %+v", out)
	}
	for _, id := range ids {
		s.called("resync removal " + string(id))
	}
	if out := bulk("sync", ids...); len(out.Done) != 0 || len(out.NotFound) != 2 {
		t.Errorf("sync of what is being removed: %+v", out)
	}
	for body, says := range map[string]string{
		`{"ids":[],"action":"remove"}`:         "ids",
		`{"action":"remove"}`:                  "ids",
		`{"ids":["src_1"],"action":"publish"}`: "action",
		`{"ids":[` + strings.Repeat(`"src_1",`, 500) + `"src_1"],"action":"remove"}`: "ids",
	} {
		if got := s.want(422, request{method: "POST", path: "/sources/bulk", body: body}); !strings.Contains(got.body, says) {
			t.Errorf("answer does not say %q: %s", says, got.body)
		}
	}
}

func TestSeveralSourcesAreNotReadWhileTemporalIsDown(t *testing.T) {
	t.Parallel()
	s := setup(t, nil)
	id := s.adds(`{"type":"short_answer","question":"q","answer":"a"}`).ID
	s.workflows.set(false, true)
	s.want(http.StatusServiceUnavailable, request{method: "POST", path: "/sources/bulk", body: `{"ids":["` + string(id) + `"],"action":"sync"}`})
}

func TestContentOfAFileIsNeverShown(t *testing.T) {
	t.Parallel()
	s := setup(t, nil)
	secret := "the-content-of-a-file"
	body := `{"type":"file","file_name":"a.md","content":"` + base64.StdEncoding.EncodeToString([]byte(secret)) + `"}`
	first := s.want(http.StatusCreated, request{method: "POST", path: "/sources", body: body})
	var source schemas.Source
	first.into(t, &source)
	for _, got := range []response{
		first, s.want(http.StatusConflict, request{method: "POST", path: "/sources", body: body}),
		s.want(200, request{method: "GET", path: "/sources"}), s.want(200, request{method: "GET", path: "/files"}),
		s.want(200, request{method: "GET", path: "/sources/" + string(source.ID) + "/sync"}),
	} {
		if strings.Contains(got.body, secret) || strings.Contains(got.body, base64.StdEncoding.EncodeToString([]byte(secret))) ||
			strings.Contains(got.body, "content") {
			t.Errorf("content is shown: %s", got.body)
		}
	}
}

func TestInfoAndHealth(t *testing.T) {
	t.Parallel()
	s := setup(t, nil)
	info := get[schemas.Info](s, "/system/info")
	if info.Channel != s.place.PublicKey || info.Agent != s.place.Agent || info.Version != "test" {
		t.Errorf("info %+v", info)
	}
	if health := get[schemas.Health](s, "/system/health"); !health.OK || health.Checks == nil {
		t.Errorf("health %+v", health)
	}
}
