package workflows_test

import (
	"testing"

	"steward/internal/testkit"
	"steward/internal/testkit/script"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// TestScripts plays the conversation scripts in virtual time.
func TestScripts(t *testing.T) { script.Run(t, "testdata/*.conv") }
