package memory_test

import (
	"testing"

	"steward/internal/knowledge"
	"steward/internal/knowledge/indextest"
	"steward/internal/knowledge/memory"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	indextest.Run(t, func(*testing.T) knowledge.Index { return memory.New() })
}
