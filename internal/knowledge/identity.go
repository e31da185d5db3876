package knowledge

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"steward/schemas"
)

// space is the namespace of content ids. It is part of stored data: another
// value would give every chunk a new id.
var space = uuid.NewSHA1(uuid.NameSpaceURL, []byte("https://steward.invalid/knowledge"))

// DocumentID returns the id of the document with a key inside a source. The
// same document keeps its id over every sync.
func DocumentID(agent schemas.AgentID, source schemas.SourceID, key string) schemas.DocumentID {
	return schemas.DocumentID(schemas.FormatID(schemas.PrefixDocument, named(string(agent), string(source), key)))
}

// chunkID returns the id of a chunk by its content, so that an unchanged one
// keeps its id. repeat counts equal chunks before it in the same document.
func chunkID(agent schemas.AgentID, chunk schemas.Chunk, key string, repeat int) schemas.ChunkID {
	parts := []string{string(agent), string(chunk.Source), key, chunk.Hash}
	if repeat > 0 {
		parts = append(parts, strconv.Itoa(repeat))
	}
	return schemas.ChunkID(schemas.FormatID(schemas.PrefixChunk, named(parts...)))
}

// ChunkUUID returns the UUID inside a chunk's id, in the usual form.
func ChunkUUID(id schemas.ChunkID) (string, error) {
	raw, err := schemas.ParseID(schemas.PrefixChunk, string(id))
	if err != nil {
		return "", fmt.Errorf("parse chunk id: %w", err)
	}
	return uuid.UUID(raw).String(), nil
}

// ChunkOf is the opposite of ChunkUUID.
func ChunkOf(shown string) (schemas.ChunkID, error) {
	id, err := uuid.Parse(shown)
	if err != nil {
		return "", fmt.Errorf("parse chunk uuid: %w", err)
	}
	return schemas.ChunkID(schemas.FormatID(schemas.PrefixChunk, id)), nil
}

func named(parts ...string) uuid.UUID {
	return uuid.NewSHA1(space, []byte(strings.Join(parts, "|")))
}

// hashOf covers everything of a chunk that is stored or searched.
func hashOf(parts ...string) string {
	h := sha256.New()
	for _, part := range parts {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return hex.EncodeToString(h.Sum(nil))[:32]
}
