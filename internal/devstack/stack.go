package devstack

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"
)

// StackOptions say where the whole stack runs.
type StackOptions struct {
	// DataDir keeps the data of all servers. It is made when it is missing.
	DataDir string
	// Log receives what happens to the servers. Nil means nothing is logged.
	Log *slog.Logger
	// Output receives serious messages of the servers, one line each with the server's name in front. Nil means
	// none. Everything they print is in DataDir/logs.
	Output io.Writer
}

// Stack is the three servers of `steward dev`. Each is started again when it dies.
type Stack struct {
	Postgres *Postgres
	Temporal *Temporal
	Weaviate *Weaviate

	dir string
}

// StartStack starts Postgres, Temporal (with its Web UI) and Weaviate at the same time and returns when all of
// them are ready. It prefers the well-known ports and logs a warning where one is taken. When one server
// cannot be started, the others are stopped and the error says which it was and what it printed last.
func StartStack(ctx context.Context, opts StackOptions) (*Stack, error) {
	dir, err := filepath.Abs(opts.DataDir)
	if err != nil {
		return nil, err
	}
	common := Options{Dir: dir, Supervise: true, DefaultPorts: true, UI: true, Log: opts.Log}
	if opts.Output != nil {
		common.Output = &sharedWriter{w: opts.Output}
	}
	s := &Stack{dir: dir}
	g, starting := errgroup.WithContext(ctx)
	g.Go(func() (err error) { s.Postgres, err = timed(starting, "postgres", common, StartPostgres); return err })
	g.Go(func() (err error) { s.Temporal, err = timed(starting, "temporal", common, StartTemporal); return err })
	g.Go(func() (err error) { s.Weaviate, err = timed(starting, "weaviate", common, StartWeaviate); return err })
	if err := g.Wait(); err != nil {
		return nil, errors.Join(err, s.Stop(context.WithoutCancel(ctx)))
	}
	return s, nil
}

func timed[T any](ctx context.Context, name string, opts Options, start func(context.Context, Options) (T, error)) (T, error) {
	began := time.Now()
	opts.logger().Info("starting "+name, "log", filepath.Join(opts.Dir, "logs", name+".log"))
	server, err := start(ctx, opts)
	if err == nil {
		opts.logger().Info(name+" is ready", "took", time.Since(began).Round(time.Millisecond))
	}
	return server, err
}

// Environ is the environment with which our own processes reach the stack: our variables with those of the
// stack in place of any others.
func (s *Stack) Environ() []string {
	// os/exec and env.ToMap let the last entry of a name win.
	return append(os.Environ(),
		"STEWARD_DATABASE_URL="+s.Postgres.URL(),
		"STEWARD_DATABASE_URL_FILE=",
		"STEWARD_WEAVIATE_URL="+s.Weaviate.URL(),
		"STEWARD_WEAVIATE_GRPC="+s.Weaviate.GRPC(),
		"STEWARD_TEMPORAL_UI_URL="+s.Temporal.UIURL(),
		"STEWARD_DATA_DIR="+s.dir,
		"TEMPORAL_ADDRESS="+s.Temporal.Address(),
		"TEMPORAL_NAMESPACE="+TemporalNamespace,
	)
}

// PIDFile is the path of the pid file for one more process of the stack, such as the worker.
func (s *Stack) PIDFile(name string) string { return filepath.Join(s.dir, "run", name+".pid") }

// LogFile is the path of the log file for one more process of the stack.
func (s *Stack) LogFile(name string) string { return filepath.Join(s.dir, "logs", name+".log") }

// Stop ends all servers at the same time. Stop what uses them first.
func (s *Stack) Stop(ctx context.Context) error {
	stops := make(chan error, 3)
	running := 0
	stop := func(present bool, end func(context.Context) error) {
		if present {
			running++
			go func() { stops <- end(ctx) }()
		}
	}
	stop(s.Postgres != nil, func(ctx context.Context) error { return s.Postgres.Stop(ctx) })
	stop(s.Temporal != nil, func(ctx context.Context) error { return s.Temporal.Stop(ctx) })
	stop(s.Weaviate != nil, func(ctx context.Context) error { return s.Weaviate.Stop(ctx) })
	var err error
	for range running {
		err = errors.Join(err, <-stops)
	}
	return err
}
