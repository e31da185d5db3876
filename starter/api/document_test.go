package api_test

import (
	"flag"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write schemas/openapi.yaml anew")

const documentFile = "../../schemas/openapi.yaml"

// The document in schemas is what the code serves.
func TestDocumentEqualsTheCode(t *testing.T) {
	t.Parallel()
	s := setup(t, nil)
	got, err := s.api.Document()
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(documentFile, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(documentFile)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("run `go test ./starter/api -run TestDocument -update`:\n%s", diff)
	}
}
