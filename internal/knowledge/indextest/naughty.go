package indextest

import (
	_ "embed"
	"encoding/json"
	"testing"
)

//go:embed testdata/naughty-strings/blns.json
var naughtyStrings []byte

// NaughtyStrings returns texts that are known to break programs.
func NaughtyStrings(t testing.TB) []string {
	t.Helper()
	var list []string
	if err := json.Unmarshal(naughtyStrings, &list); err != nil || len(list) < 500 {
		t.Fatalf("read naughty strings: %d, %v", len(list), err)
	}
	return list
}
