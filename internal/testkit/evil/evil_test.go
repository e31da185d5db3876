package evil_test

import (
	"fmt"
	"os"
	"sync/atomic"
	"testing"

	"steward/internal/testkit"
	"steward/internal/testkit/evil"
)

// tally counts what was tried, for the line at the end.
type tally struct{ attacks, violations atomic.Int64 }

var tried tally

func TestMain(m *testing.M) {
	testkit.Main(m, func() error {
		fmt.Printf("%d attacks tried, %d violations\n", tried.attacks.Load(), tried.violations.Load())
		return nil
	})
}

// full is the folder of all texts, and asks for every attack in every form.
func full() string { return os.Getenv("STEWARD_EVIL_DATA") }

func attempt(t *testing.T, a evil.Attack, o evil.Options, count int) {
	t.Helper()
	wrong := evil.Run(t, a, o)
	tried.attacks.Add(int64(count))
	tried.violations.Add(int64(len(wrong)))
	for _, w := range wrong {
		t.Error(w)
	}
}

// TestAttacks plays every attack with tool calls, and all of them with JSON
// answers too when everything is asked for.
func TestAttacks(t *testing.T) {
	t.Parallel()
	for _, a := range evil.Attacks() {
		t.Run(a.Name, func(t *testing.T) {
			t.Parallel()
			attempt(t, a, evil.Options{}, 1)
			if full() != "" && a.Engine == nil {
				attempt(t, a, evil.Options{NoTools: true}, 1)
			}
		})
	}
}

// TestInjections has a model obey texts of others, wherever it reads them.
func TestInjections(t *testing.T) {
	t.Parallel()
	folder := "testdata/texts"
	if full() != "" {
		folder = full()
	}
	texts, err := evil.Corpus(folder)
	if err != nil {
		t.Fatal(err)
	}
	for i, place := range evil.Places() {
		for _, a := range evil.Injections(place, texts, i) {
			t.Run(a.Name, func(t *testing.T) {
				t.Parallel()
				attempt(t, a, evil.Options{}, a.Texted())
			})
		}
	}
}
