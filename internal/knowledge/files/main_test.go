package files

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"steward/internal/knowledge"
	"steward/internal/knowledge/extract"
	"steward/internal/knowledge/files/sandbox"
)

// childArgument makes the test binary a child of the sandbox.
const childArgument = "read-one-page"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == childArgument {
		os.Exit(sandbox.Main(context.Background(), whole(), os.Stdin, os.Stdout))
	}
	goleak.VerifyTestMain(m)
}

// whole is the reader as a worker has it.
func whole() Reader {
	tools := FindTools()
	return Reader{HTML: extract.Reader{}, Fragment: extract.Fragment, PDF: tools.PDF(), OCR: tools.OCR()}
}

func read(t *testing.T, page knowledge.Page) knowledge.Text {
	t.Helper()
	text, err := whole().Read(t.Context(), page)
	if err != nil {
		t.Fatalf("read %s: %v", page.Name, err)
	}
	return text
}

func material(t *testing.T, path string) []byte {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", filepath.FromSlash(path)))
	if err != nil {
		t.Fatal(err)
	}
	return body
}
