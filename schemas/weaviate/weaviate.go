// Package weaviate holds the definitions of the search index's collections, as
// the server takes them. It owns no connection; Postgres stays the truth, and
// the index can be built again from it at any time.
package weaviate

import _ "embed"

// KbChunk is the name of the collection of knowledge chunks, one tenant per
// agent.
const KbChunk = "KbChunk"

//go:embed kb_chunk.json
var kbChunk string

//go:embed kb_chunk_vector.json
var kbChunkVector string

// KbChunkJSON returns the definition of KbChunk. Words are analysed by
// internal/language before they are stored, so the server only splits on
// spaces. The vectors lsa_a and lsa_b are those of the default embedder, filled
// in turn; a name can be added to the live collection and never be removed from
// it. Settled: rule 34.
func KbChunkJSON() []byte { return []byte(kbChunk) }

// KbChunkVectorJSON returns the definition of one more named vector of KbChunk,
// the same as those it begins with. Vectors come from Steward, so the server
// makes none.
func KbChunkVectorJSON() []byte { return []byte(kbChunkVector) }
