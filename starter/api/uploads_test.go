package api_test

import (
	"bytes"
	"net/http"
	"os"
	"strings"
	"testing"

	"steward/schemas"
)

func TestFileIsUploaded(t *testing.T) {
	t.Parallel()
	s := setup(t, nil)
	got := s.upload("/sources/upload", `..\..\etc/returns.md`, []byte("# Returns\n30 days."), map[string]string{
		"url": "https://example.com/returns", "name": "Returns", "language": "en", "schedule": "daily", "citations": "false",
	})
	var source schemas.Source
	got.into(t, &source)
	if got.status != http.StatusCreated || source.Name != "Returns" || source.URL != "https://example.com/returns" ||
		source.Language != "en" || source.Schedule != schemas.ResyncDaily || source.Citations || source.Private {
		t.Errorf("uploaded: %d %s", got.status, got.body)
	}
	if got.header.Get("Location") == "" {
		t.Error("its synchronisation was not started")
	}
	if files := get[schemas.List[schemas.File]](s, "/files"); len(files.Items) != 1 || files.Items[0].Name != "returns.md" {
		t.Errorf("files %+v", files)
	}
	got = s.upload("/sources/upload", "b.TXT", []byte("30 days."), map[string]string{"private": "true", "citations": "true"})
	if got.into(t, &source); got.status != http.StatusCreated || source.Citations || !source.Private || source.Name != "b.TXT" {
		t.Errorf("uploaded: %d %s", got.status, got.body)
	}
}

func TestUploadThatCannotBeIsRefused(t *testing.T) {
	t.Parallel()
	s := setup(t, nil)
	text := []byte("# Returns\n30 days.")
	for _, c := range []struct {
		name, file string
		content    []byte
		fields     map[string]string
		status     int
		says       string
	}{
		{"empty file", "empty.md", nil, nil, 422, "The file is empty."},
		{"extension not in the list", "a.zip", text, nil, 422, ".docx .htm"},
		{"link that runs code", "a.md", text, map[string]string{"url": "javascript:alert(1)"}, 422, "public address to cite"},
		{"link without a scheme", "a.md", text, map[string]string{"url": "example.com/a"}, 422, "https://"},
		{"unknown language", "a.md", text, map[string]string{"language": "it-IT"}, 422, "language"},
		{"unknown schedule", "a.md", text, map[string]string{"schedule": "on_change"}, 422, "schedule"},
		{"unclear citations", "a.md", text, map[string]string{"citations": "no"}, 422, "citations"},
		{"unclear private", "a.md", text, map[string]string{"private": "maybe"}, 422, "private"},
		{"name that is no text", "a\xff.md", text, nil, 422, "UTF-8"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := s.upload("/sources/upload", c.file, c.content, c.fields)
			if got.status != c.status || !strings.Contains(got.body, c.says) {
				t.Errorf("status %d, want %d with %q: %s", got.status, c.status, c.says, got.body)
			}
			s.problem(got)
		})
	}
	if got := s.call(request{method: "POST", path: "/sources/upload", body: `{"file":"x"}`}); got.status != 422 || !strings.Contains(got.body, "multipart/form-data") {
		t.Errorf("JSON in place of a form: %d %s", got.status, got.body)
	}
	for name, body := range map[string]string{
		"no file":     "--b\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nx\r\n--b--\r\n",
		"broken form": "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.md\"\r\n\r\nx",
		"two files":   strings.Repeat("--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.md\"\r\n\r\nx\r\n", 2) + "--b--\r\n",
	} {
		got := s.call(request{method: "POST", path: "/sources/upload", body: body, headers: map[string]string{"Content-Type": "multipart/form-data; boundary=b"}})
		if got.status != 422 {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
		s.problem(got)
	}
	if n := len(get[schemas.List[schemas.Source]](s, "/sources").Items); n != 0 {
		t.Errorf("%d sources were added", n)
	}
}

// Not parallel: it moves the folder of temporary files.
func TestLargeUploads(t *testing.T) {
	s := setup(t, nil)
	folder := t.TempDir()
	t.Setenv("TMPDIR", folder)
	for _, path := range []string{"/sources/upload", "/files"} {
		name := strings.Trim(strings.ReplaceAll(path, "/", "-"), "-") + ".txt"
		if got := s.upload(path, name, bytes.Repeat([]byte("a line of text\n"), 20<<20/15), nil); got.status != http.StatusCreated {
			t.Errorf("%s: 20 MiB: %d %s", path, got.status, got.body)
		}
		for _, size := range []int{schemas.MaxSourceBytes + 1, 51 << 20, 60 << 20} {
			got := s.upload(path, name, make([]byte, size), nil)
			if p := s.problem(got); got.status != http.StatusRequestEntityTooLarge || p.Detail != "A file is at most 50 MiB." {
				t.Errorf("%s: %d bytes: %d %s", path, size, got.status, got.body)
			}
		}
	}
	left, err := os.ReadDir(folder)
	if err != nil || len(left) > 0 {
		t.Errorf("uploads have left %d files behind: %v", len(left), err)
	}
}
