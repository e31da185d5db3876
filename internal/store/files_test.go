package store

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"steward/schemas"
)

func TestFilesArePicked(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	names := []string{"returns_2025.md", "returns-2025.md", "100%.pdf", "100 parcels.pdf", `a\b.txt`, "Returns.TXT"}
	ids := map[string]schemas.FileID{}
	for i, name := range names {
		b.at(t, b.now.Add(time.Duration(i)*time.Minute))
		file, err := b.AddFile(t.Context(), b.Agent, name, []byte("text of "+name))
		if err != nil {
			t.Fatal(err)
		}
		if file.Name != name || file.Bytes != len("text of "+name) {
			t.Errorf("added %+v", file)
		}
		ids[name] = file.ID
	}
	for query, want := range map[string][]string{
		"":          {"Returns.TXT", `a\b.txt`, "100 parcels.pdf", "100%.pdf", "returns-2025.md", "returns_2025.md"},
		"RETURNS":   {"Returns.TXT", "returns-2025.md", "returns_2025.md"},
		"returns_2": {"returns_2025.md"},
		"100%":      {"100%.pdf"},
		"%":         {"100%.pdf"},
		"_":         {"returns_2025.md"},
		`\`:         {`a\b.txt`},
		"a\x00\\":   {`a\b.txt`},
		"nothing":   {},
	} {
		files, err := b.Files(t.Context(), b.Agent, query, 10)
		if err != nil {
			t.Fatal(err)
		}
		got := []string{}
		for _, f := range files {
			got = append(got, f.Name)
			if f.ID != ids[f.Name] {
				t.Errorf("%s has the id %s", f.Name, f.ID)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("query %q: %s", query, diff)
		}
	}
	if files, err := b.Files(t.Context(), b.Agent, "", 2); err != nil || len(files) != 2 {
		t.Errorf("limit: %+v, %v", files, err)
	}
	if files, err := b.Files(t.Context(), b.otherAgent(t), "", 10); err != nil || len(files) != 0 {
		t.Errorf("another agent sees %+v, %v", files, err)
	}
}

func TestAFileInUseIsNotDeleted(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	src := b.source(t, schemas.NewSource{Type: schemas.SourceFile, FileName: "a.md", Content: []byte("# Returns\x00")})
	files, err := b.Files(t.Context(), b.Agent, "", 10)
	if err != nil || len(files) != 1 {
		t.Fatalf("files %+v, %v", files, err)
	}
	want := schemas.File{ID: src.File, Name: "a.md", Bytes: len("# Returns\x00"), Sources: 1, CreatedAt: b.now}
	if diff := cmp.Diff(want, files[0]); diff != "" {
		t.Error(diff)
	}
	wantKind(t, b.DeleteFile(t.Context(), b.Agent, src.File), schemas.KindConflict)
	wantKind(t, b.DeleteFile(t.Context(), b.otherAgent(t), src.File), schemas.KindNotFound)
	b.remove(t, src.ID)
	wantKind(t, b.DeleteFile(t.Context(), b.Agent, src.File), schemas.KindConflict)
	b.purge(t, src.ID, 10)
	if files, err := b.Files(t.Context(), b.Agent, "", 10); err != nil || len(files) != 1 || files[0].Sources != 0 {
		t.Errorf("a file outlives its source: %+v, %v", files, err)
	}
	if err := b.DeleteFile(t.Context(), b.Agent, src.File); err != nil {
		t.Fatal(err)
	}
	wantKind(t, b.DeleteFile(t.Context(), b.Agent, src.File), schemas.KindNotFound)
	wantKind(t, b.DeleteFile(t.Context(), b.Agent, "file_1"), schemas.KindNotFound)
}

func TestFilesThatCannotBeSources(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	for name, c := range map[string]struct {
		file    string
		content []byte
		kind    schemas.ErrorKind
	}{
		"type":      {"a.exe", []byte("x"), schemas.KindInvalid},
		"no name":   {"", []byte("x"), schemas.KindInvalid},
		"empty":     {"a.md", nil, schemas.KindInvalid},
		"NUL":       {"a\x00.md", []byte("x"), schemas.KindInvalid},
		"too large": {"a.md", make([]byte, schemas.MaxSourceBytes+1), schemas.KindTooLarge},
	} {
		if _, err := b.AddFile(t.Context(), b.Agent, c.file, c.content); schemas.KindOf(err) != c.kind {
			t.Errorf("%s: %v", name, err)
		}
	}
}
