package api_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"testing"

	"steward/schemas"
)

func TestSourceIsAddedReadAndRemoved(t *testing.T) {
	t.Parallel()
	s := setup(t, nil)
	var file schemas.Source
	got := s.want(http.StatusCreated, request{method: "POST", path: "/sources", body: `{"type":"file","file_name":"a.md","content":"IyBBCg=="}`})
	got.into(t, &file)
	location := got.header.Get("Location")
	if location != "/api/v1/sources/"+string(file.ID)+"/sync" || !s.workflows.saw("sync "+string(file.ID)) {
		t.Errorf("location %q, calls %v", location, s.workflows.calls)
	}
	if !file.Citations || file.Private || file.Status != schemas.SourceQueued || file.Name != "a.md" {
		t.Errorf("added %+v", file)
	}
	var progress schemas.SourceSync
	s.want(200, request{method: "GET", path: "/sources/" + string(file.ID) + "/sync"}).into(t, &progress)
	if progress.Source.ID != file.ID || progress.Progress != nil {
		t.Errorf("progress of a queued source %+v", progress)
	}
	var again schemas.Source
	s.want(http.StatusAccepted, request{method: "POST", path: "/sources/" + string(file.ID) + "/sync"}).into(t, &again)
	s.want(http.StatusNoContent, request{method: "DELETE", path: "/sources/" + string(file.ID)})
	s.want(http.StatusNotFound, request{method: "GET", path: "/sources/" + string(file.ID)})
}

func TestPrivateSourceIsNeverCited(t *testing.T) {
	t.Parallel()
	s := setup(t, nil)
	var source schemas.Source
	s.want(http.StatusCreated, request{
		method: "POST", path: "/sources", body: `{"type":"short_answer","question":"q","answer":"a","private":true,"citations":true}`,
	}).into(t, &source)
	if source.Citations || !source.Private {
		t.Errorf("added %+v", source)
	}
}

func TestSourceIsKeptWhenItsSyncCannotStart(t *testing.T) {
	t.Parallel()
	s := setup(t, nil)
	s.workflows.set(false, true)
	var source schemas.Source
	got := s.want(http.StatusCreated, request{method: "POST", path: "/sources", body: `{"type":"url","url":"https://example.com/faq"}`})
	got.into(t, &source)
	if got.header.Get("Location") != "" || source.ID == "" {
		t.Errorf("location %q, source %+v", got.header.Get("Location"), source)
	}
	s.want(http.StatusServiceUnavailable, request{method: "POST", path: "/sources/" + string(source.ID) + "/sync"})
}

func TestFileIsUploaded(t *testing.T) {
	t.Parallel()
	s := setup(t, nil)
	upload := func(name, content string) response {
		var form bytes.Buffer
		w := multipart.NewWriter(&form)
		part, err := w.CreateFormFile("file", name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := part.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
		if err := w.WriteField("url", "https://example.com/returns"); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return s.call(request{
			method: "POST", path: "/sources/upload", body: form.String(), headers: map[string]string{"Content-Type": w.FormDataContentType()},
		})
	}
	got := upload("../../etc/returns.md", "# Returns\n30 days.")
	var source schemas.Source
	got.into(t, &source)
	if got.status != http.StatusCreated || source.Name != "returns.md" || source.URL != "https://example.com/returns" {
		t.Errorf("uploaded: %d %s", got.status, got.body)
	}
	if got := upload("empty.md", ""); got.status != http.StatusUnprocessableEntity {
		t.Errorf("empty file: %d %s", got.status, got.body)
	} else {
		s.problem(got)
	}
}

func TestInfoAndHealth(t *testing.T) {
	t.Parallel()
	s := setup(t, nil)
	var info schemas.Info
	s.want(200, request{method: "GET", path: "/system/info"}).into(t, &info)
	if info.Channel != s.place.PublicKey || info.Agent != s.place.Agent || info.Version != "test" {
		t.Errorf("info %+v", info)
	}
	var health schemas.Health
	s.want(200, request{method: "GET", path: "/system/health"}).into(t, &health)
	if !health.OK || health.Checks == nil {
		t.Errorf("health %+v", health)
	}
}
