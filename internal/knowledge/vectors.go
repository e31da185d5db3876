package knowledge

import "steward/schemas"

// The names of the default embedder's vectors. Each training fills the one
// that is not in use: a name in the index can never be removed.
const (
	VectorLSAa = "lsa_a"
	VectorLSAb = "lsa_b"
)

// VectorLSA is the name for the next training of the default embedder.
func VectorLSA(live *schemas.Embedder) string {
	if live != nil && live.Vector == VectorLSAa {
		return VectorLSAb
	}
	return VectorLSAa
}
