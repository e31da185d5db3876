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

// KbChunkJSON returns the definition of KbChunk. Words are analysed by
// internal/language before they are stored, so the server only splits on
// spaces. Named vectors are added to the live collection later: a name can
// never be removed, so none is declared before it is used. Settled: rule 34.
func KbChunkJSON() []byte { return []byte(kbChunk) }
