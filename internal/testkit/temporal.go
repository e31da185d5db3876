package testkit

import (
	"context"
	"testing"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/types/known/durationpb"

	"steward/internal/devstack"
	"steward/internal/temporalclient"
)

// temporalServer is the dev server of this test binary.
type temporalServer struct{ own *devstack.Temporal }

func (s *temporalServer) stop(ctx context.Context) error { return s.own.Stop(ctx) }

// TemporalPlace is a namespace for one test on a real Temporal server.
type TemporalPlace struct {
	// Server is the server of this test binary. A test that kills it must not run in parallel with others.
	Server *devstack.Temporal
	// Address is the server's host:port.
	Address string
	// Namespace belongs to this test alone. Search attributes are registered per namespace.
	Namespace string
	// Client is connected to Namespace with Steward's converters and is closed when the test ends.
	Client client.Client
}

// Temporal returns a fresh namespace, ready for use, on the server of this test binary.
func Temporal(t testing.TB) TemporalPlace {
	t.Helper()
	s := shared.temporal.get(t, func(ctx context.Context) (*temporalServer, error) {
		own, err := devstack.StartTemporal(ctx, devstack.Options{Fast: true})
		return &temporalServer{own}, err
	})
	place := TemporalPlace{Server: s.own, Address: s.own.Address(), Namespace: randomName("test")}
	c, err := temporalclient.Dial(t.Context(), Logger(t), temporalclient.Options{Address: place.Address, Namespace: place.Namespace})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	place.Client = c
	_, err = c.WorkflowService().RegisterNamespace(t.Context(), &workflowservice.RegisterNamespaceRequest{
		Namespace:                        place.Namespace,
		WorkflowExecutionRetentionPeriod: durationpb.New(24 * time.Hour),
	})
	if err != nil {
		t.Fatalf("register namespace: %v", err)
	}
	if err := temporalclient.WaitReady(t.Context(), c, place.Namespace); err != nil {
		t.Fatal(err)
	}
	return place
}
