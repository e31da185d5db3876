package store

import (
	"testing"

	"steward/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }
