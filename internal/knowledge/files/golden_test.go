package files

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"steward/internal/knowledge"
)

// Each archive holds a file as it comes and the Markdown it becomes; its comment
// has the title and the language.
func TestGolden(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("testdata/golden/*.txtar")
	if err != nil || len(paths) < 12 {
		t.Fatalf("%d archives: %v", len(paths), err)
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(path)
			if err != nil || len(archive.Files) != 2 {
				t.Fatalf("%d files: %v", len(archive.Files), err)
			}
			want := knowledge.Text{Markdown: strings.TrimSpace(string(archive.Files[1].Data))}
			for line := range strings.Lines(string(archive.Comment)) {
				name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
				switch name {
				case "title":
					want.Title = value
				case "language":
					want.Language = value
				case "url":
					want.URL = value
				}
			}
			got := read(t, knowledge.Page{Name: archive.Files[0].Name, Body: archive.Files[0].Data})
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("text (-want +got):\n%s", diff)
			}
		})
	}
}
