package main

import (
	"flag"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"steward/starter/cli"
)

var update = flag.Bool("update", false, "write the reference pages anew")

// TestCommandReference keeps docs/reference/cli.md equal to the program.
func TestCommandReference(t *testing.T) {
	t.Parallel()
	const page = "../docs/reference/cli.md"
	got := cli.Reference(commands(cli.Options{
		Version: "test", In: strings.NewReader(""), Out: io.Discard, Err: io.Discard, Getenv: func(string) string { return "" },
	}))
	if *update {
		if err := os.WriteFile(page, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s is not up to date, run make generate:\n%s", page, diff)
	}
}
