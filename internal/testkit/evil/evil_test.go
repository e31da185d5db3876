package evil_test

import (
	"testing"

	"steward/internal/testkit"
	"steward/internal/testkit/evil"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// TestAttacks plays every attack with tool calls.
func TestAttacks(t *testing.T) {
	t.Parallel()
	for _, a := range evil.Attacks() {
		t.Run(a.Name, func(t *testing.T) {
			t.Parallel()
			for _, wrong := range evil.Run(t, a, evil.Options{}) {
				t.Error(wrong)
			}
		})
	}
}
