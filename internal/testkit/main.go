package testkit

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"
)

// startTimeout bounds the start of one server, on a busy machine.
const startTimeout = 2 * time.Minute

// shared holds the servers of this test binary. It is the one place with state of its own here: tests of a
// package share servers because a start costs more than most tests.
var shared servers

type servers struct {
	postgres lazy[*postgresServer]
	temporal lazy[*temporalServer]
	weaviate lazy[*weaviateServer]
}

// Main runs the tests of a package and stops the servers they have started:
//
//	func TestMain(m *testing.M) { testkit.Main(m) }
//
// A package that forgets it loses nothing but time: the servers die with the test binary, and the next one
// removes their folders. cleanups run after the last test.
func Main(m *testing.M, cleanups ...func() error) {
	code := m.Run()
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	err := errors.Join(shared.temporal.stop(ctx), shared.weaviate.stop(ctx), shared.postgres.stop(ctx))
	for _, clean := range cleanups {
		err = errors.Join(err, clean())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "testkit: stop servers:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// server is what Main can stop.
type server interface{ stop(context.Context) error }

// lazy starts a server when it is first asked for. A failed start is kept: the tests after it fail with the
// same reason instead of each waiting for it again.
type lazy[T server] struct {
	once    sync.Once
	value   T
	err     error
	running bool
}

func (l *lazy[T]) get(t testing.TB, start func(context.Context) (T, error)) T {
	t.Helper()
	l.once.Do(func() {
		// The server outlives the test that asked first.
		ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
		defer cancel()
		l.value, l.err = start(ctx)
		l.running = l.err == nil
	})
	if l.err != nil {
		t.Fatalf("start test server: %v", l.err)
	}
	return l.value
}

func (l *lazy[T]) stop(ctx context.Context) error {
	if !l.running {
		return nil
	}
	return l.value.stop(ctx)
}
