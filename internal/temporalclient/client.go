// Package temporalclient connects to Temporal: one place for the worker, the starter and the tests, so that
// all of them agree on the data converter and the failure converter.
//
// It owns the connection options, the converters and the registration of search attributes. It must not know
// a workflow, a task queue or the names of the search attributes: callers pass those.
package temporalclient

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
)

// Options overrides what the environment says. The zero value takes everything from the environment.
type Options struct {
	// Address is the frontend's host:port. Empty means TEMPORAL_ADDRESS, then localhost:7233.
	Address string
	// Namespace is the Temporal namespace. Empty means TEMPORAL_NAMESPACE, then "default".
	Namespace string
	// Lazy makes Dial return without a connection, which is then made by the first call. A gateway uses it,
	// because it takes messages in while Temporal is down.
	Lazy bool
	// Metrics receives the SDK's metrics. Nil means none.
	Metrics client.MetricsHandler
	// Interceptors see every call of the client and, for a worker on it, of the worker too.
	Interceptors []interceptor.ClientInterceptor
}

// ClientOptions builds the options of every connection: Temporal's own TEMPORAL_* variables and profile
// file, then opts, then Steward's converters.
func ClientOptions(logger *slog.Logger, opts Options) (client.Options, error) {
	o, err := envconfig.LoadDefaultClientOptions()
	if err != nil {
		return client.Options{}, fmt.Errorf("read Temporal connection settings: %w", err)
	}
	if opts.Address != "" {
		o.HostPort = opts.Address
	}
	if opts.Namespace != "" {
		o.Namespace = opts.Namespace
	}
	if o.Namespace == "" {
		o.Namespace = client.DefaultNamespace
	}
	dc := dataConverter()
	o.DataConverter = dc
	o.FailureConverter = temporal.NewDefaultFailureConverter(temporal.DefaultFailureConverterOptions{
		DataConverter: dc,
		// The message and stack of an error go through the data converter, so that a codec seals them as well.
		EncodeCommonAttributes: true,
	})
	o.Logger = log.NewStructuredLogger(logger)
	o.MetricsHandler = opts.Metrics
	o.Interceptors = opts.Interceptors
	return o, nil
}

// dataConverter builds the converter of every payload. A codec that encrypts payloads is wrapped around the
// default here and nowhere else.
func dataConverter() converter.DataConverter {
	return converter.GetDefaultDataConverter()
}

// Dial connects to Temporal. Unless opts.Lazy is set it fails when the server does not answer before ctx ends
// (or within the SDK's own 5 s).
func Dial(ctx context.Context, logger *slog.Logger, opts Options) (client.Client, error) {
	o, err := ClientOptions(logger, opts)
	if err != nil {
		return nil, err
	}
	if opts.Lazy {
		c, err := client.NewLazyClient(o)
		if err != nil {
			return nil, fmt.Errorf("prepare connection to Temporal at %s: %w", o.HostPort, err)
		}
		return c, nil
	}
	c, err := client.DialContext(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("connect to Temporal at %s: %w", o.HostPort, err)
	}
	return c, nil
}

// pollEvery is the pause between two looks at a server that is not ready yet.
const pollEvery = 50 * time.Millisecond

// WaitReady returns when the server answers and knows the namespace, or with the last reason when ctx ends.
func WaitReady(ctx context.Context, c client.Client, namespace string) error {
	return poll(ctx, "Temporal namespace "+namespace, func(ctx context.Context) error {
		_, err := c.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: namespace})
		return err
	})
}

// poll repeats check until it succeeds or ctx ends. One attempt takes 2 s at most.
func poll(ctx context.Context, what string, check func(context.Context) error) error {
	for {
		attempt, cancel := context.WithTimeout(ctx, 2*time.Second)
		err := check(attempt)
		cancel()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for %s: %w (last: %w)", what, context.Cause(ctx), err)
		case <-time.After(pollEvery):
		}
	}
}
