package testkit

import (
	"context"
	"testing"

	"steward/internal/devstack"
)

// weaviateServer is the Weaviate of this test binary.
type weaviateServer struct{ own *devstack.Weaviate }

func (s *weaviateServer) stop(ctx context.Context) error { return s.own.Stop(ctx) }

// Weaviate returns the server of this test binary. Tests share it: each uses a collection name of its own. A
// test that kills it must not run in parallel with others.
func Weaviate(t testing.TB) *devstack.Weaviate {
	t.Helper()
	return shared.weaviate.get(t, func(ctx context.Context) (*weaviateServer, error) {
		own, err := devstack.StartWeaviate(ctx, devstack.Options{Fast: true})
		return &weaviateServer{own}, err
	}).own
}
