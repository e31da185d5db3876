package knowledge

import (
	"testing"

	"steward/schemas"
)

// Two trainings never share a name: each fills the one that is not in use.
func TestVectorLSA(t *testing.T) {
	t.Parallel()
	for live, want := range map[string]string{"": VectorLSAa, VectorLSAa: VectorLSAb, VectorLSAb: VectorLSAa, "model_x": VectorLSAa} {
		var e *schemas.Embedder
		if live != "" {
			e = &schemas.Embedder{Vector: live}
		}
		if got := VectorLSA(e); got != want {
			t.Errorf("after %q comes %q, want %q", live, got, want)
		}
	}
}
