package api_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"steward/schemas"
)

func TestFilesAreFoundPickedAndDeleted(t *testing.T) {
	t.Parallel()
	s := setup(t, nil)
	var file, second schemas.File
	got := s.upload("/files", `C:\Users\dana\Returns 2026_50%.md`, []byte("# Returns\n30 days."), nil)
	if got.into(t, &file); got.status != http.StatusCreated || file.Name != "Returns 2026_50%.md" || file.Bytes != 18 || file.Sources != 0 {
		t.Fatalf("uploaded: %d %s", got.status, got.body)
	}
	s.upload("/files", "Shipping.txt", []byte("Free."), nil).into(t, &second)
	names := func(query string) []string {
		out := []string{}
		for _, f := range get[schemas.List[schemas.File]](s, "/files"+query).Items {
			out = append(out, f.Name)
		}
		return out
	}
	for query, want := range map[string][]string{
		"": {"Shipping.txt", "Returns 2026_50%.md"}, "?q=RETURN": {"Returns 2026_50%.md"}, "?q=50%25": {"Returns 2026_50%.md"},
		"?q=_": {"Returns 2026_50%.md"}, "?q=nothing": {},
	} {
		if got := names(query); !slices.Equal(got, want) {
			t.Errorf("%q finds %q, want %q", query, got, want)
		}
	}
	s.want(422, request{method: "GET", path: "/files?q=" + strings.Repeat("a", 201)})

	source := s.adds(`{"type":"file","file_id":"` + string(file.ID) + `","name":"Returns"}`)
	if source.File != file.ID || source.Name != "Returns" {
		t.Errorf("source of a file %+v", source)
	}
	if used := get[schemas.List[schemas.File]](s, "/files?q=return").Items; used[0].Sources != 1 {
		t.Errorf("the file is used by %d sources", used[0].Sources)
	}
	refused := s.want(http.StatusConflict, request{method: "DELETE", path: "/files/" + string(file.ID)})
	if !strings.Contains(refused.body, "remove the source first") {
		t.Errorf("file in use: %s", refused.body)
	}
	s.want(http.StatusNoContent, request{method: "DELETE", path: "/files/" + string(second.ID)})
	s.want(http.StatusNotFound, request{method: "DELETE", path: "/files/" + string(second.ID)})
	s.want(http.StatusNotFound, request{method: "DELETE", path: "/files/nonsense"})
	s.want(http.StatusNotFound, request{method: "POST", path: "/sources", body: `{"type":"file","file_id":"` + string(second.ID) + `"}`})
}

func TestFileThatCannotBeReadIsNotTaken(t *testing.T) {
	t.Parallel()
	s := setup(t, nil)
	for name, content := range map[string]string{"a.exe": "MZ", "a": "text", "empty.txt": ""} {
		if got := s.upload("/files", name, []byte(content), nil); got.status != 422 {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	// Every extension of the list is taken. Spec: S15, D27.
	for _, ext := range schemas.FileExtensions() {
		if got := s.upload("/files", "name"+strings.ToUpper(ext), []byte("x"), nil); got.status != http.StatusCreated {
			t.Errorf("%s: %d %s", ext, got.status, got.body)
		}
	}
	if n := len(get[schemas.List[schemas.File]](s, "/files").Items); n != 23 {
		t.Errorf("%d files, want 23", n)
	}
}
