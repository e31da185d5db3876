package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"steward/internal/config"
	"steward/internal/devstack"
	"steward/internal/temporalclient"
	"steward/schemas"
	"steward/schemas/postgres"
	"steward/starter/sample"
)

func devCommand() *cobra.Command {
	return &cobra.Command{
		Use: "dev", Short: "Start everything on this machine: servers, worker, sample content", Args: cobra.NoArgs,
		Long: "Start Postgres, Temporal, Weaviate, the worker and the server on this machine, with\n" +
			"sample content at the first start. Data stays in the data folder. Ctrl-C stops all.",
		Example: "  STEWARD_DEV=1 steward dev\n  STEWARD_DATA_DIR=/tmp/try STEWARD_ADDR=127.0.0.1:9000 steward dev",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return dev(cmd.Context())
		},
	}
}

// stopWithin bounds the end of everything after Ctrl-C.
const stopWithin = 60 * time.Second

func dev(ctx context.Context) (err error) {
	began := time.Now()
	cfg, log, err := load(os.Environ())
	if err != nil {
		return err
	}
	stack, err := devstack.StartStack(ctx, devstack.StackOptions{DataDir: cfg.DataDir, Log: log, Output: os.Stderr})
	if err != nil {
		return err
	}
	defer func() {
		log.Info("stopping the servers")
		stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
		defer cancel()
		err = errors.Join(err, stack.Stop(stopping))
	}()
	// What the stack is reached by comes after what we were started with.
	key, err := devSecretsKey(cfg)
	if err != nil {
		return err
	}
	environ := append(devEnviron(stack.Environ(), cfg), config.Prefix+"SECRETS_KEY="+key, config.Prefix+"SECRETS_KEY_FILE=")
	cfg, _, err = config.Load(environ)
	if err != nil {
		return err
	}
	if err := postgres.Migrate(ctx, cfg.DatabaseURL.Reveal()); err != nil {
		return err
	}
	settings := schemas.DefaultSettings()
	settings.Profile.Company = sample.Company
	m, err := New(ctx, Options{
		Config: cfg, Log: log, Version: version, Settings: &settings,
		Temporal: temporalclient.Options{Address: stack.Temporal.Address(), Namespace: devstack.TemporalNamespace},
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, m.Close()) }()
	return (&devRun{main: m, stack: stack, environ: environ, cfg: cfg, log: log, began: began}).run(ctx)
}

// trySite is the one place on loopback that may be read as a site in
// development, so that reading a site can be tried without one on the web.
const trySite = "127.0.0.1:18790"

// devEnviron is the environment of the server and of the worker.
func devEnviron(environ []string, cfg config.Config) []string {
	if cfg.Dev && len(cfg.CrawlAllow) == 0 {
		environ = append(environ, config.Prefix+"CRAWL_ALLOW="+trySite)
	}
	return environ
}

// devRun is one run of `steward dev` on servers that are up.
type devRun struct {
	main    *Main
	stack   *devstack.Stack
	environ []string
	cfg     config.Config
	log     *slog.Logger
	began   time.Time
}

func (d *devRun) run(ctx context.Context) (err error) {
	serving, stopServing := context.WithCancel(ctx)
	served := make(chan error, 1)
	go func() { served <- d.main.Run(serving) }()
	defer func() {
		stopServing()
		err = errors.Join(err, <-served)
	}()
	// Search attributes exist before the worker runs the first workflow.
	select {
	case <-ctx.Done():
		return nil
	case <-time.After(readyWithin):
		return errors.New("wait for Temporal to take our search attributes: not done in time; see its log")
	case <-d.main.prepared:
	}
	worker, err := d.startWorker(ctx)
	if err != nil {
		return quiet(ctx, err)
	}
	defer func() {
		d.log.Info("stopping the worker")
		stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
		defer cancel()
		err = errors.Join(err, worker.Stop(stopping))
	}()
	if err := d.prepare(ctx); err != nil {
		return quiet(ctx, err)
	}
	d.announce()
	select {
	case <-ctx.Done():
		return nil
	case err := <-served:
		served <- nil
		return err
	}
}

// quiet is nil when we were told to stop.
func quiet(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// startWorker starts the worker as a child that is started again when it dies.
// Settled: rule 33.
func (d *devRun) startWorker(ctx context.Context) (*devstack.Process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find our own program: %w", err)
	}
	path := filepath.Join(filepath.Dir(self), "steward-worker")
	if _, err := os.Stat(path); err != nil {
		return nil, errors.New("the program steward-worker is not beside steward: run `make build`")
	}
	return devstack.Supervise(ctx, devstack.ProcessSpec{
		Name: "worker", Path: path, Env: d.environ, PIDFile: d.stack.PIDFile("worker"), LogFile: d.stack.LogFile("worker"),
		Output: os.Stderr, Log: d.log, StopTimeout: d.cfg.StopTimeout + 5*time.Second,
	})
}

// readyWithin bounds the wait for the worker and the sample content.
const readyWithin = 2 * time.Minute

// readyEvery is how often it is looked at.
const readyEvery = 100 * time.Millisecond

func (d *devRun) prepare(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	err := until(ctx, "a worker that takes work", func() error {
		return workersPoll(ctx, d.main.temporal, d.main.namespace())
	})
	if err != nil {
		return err
	}
	return d.seed(ctx)
}

// until asks again and again until check is content.
func until(ctx context.Context, what string, check func() error) error {
	for {
		err := check()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for %s: %w (last: %w)", what, ctx.Err(), err)
		case <-time.After(readyEvery):
		}
	}
}

// announce prints where everything is. The last line is what scripts wait for.
func (d *devRun) announce() {
	u := d.main.urls()
	agent := d.main.deployment.Agent
	fmt.Printf("\n  demo page     %s\n  admin API     %s/api/v1 (token in %s)\n  Temporal UI   %s\n"+
		"  the agent     workflow %s in the Temporal UI\n  logs          %s\n\n",
		u.Demo, u.URL, filepath.Join(d.cfg.DataDir, "run", "admin-token"), u.TemporalUI,
		schemas.AgentWorkflowID(agent), filepath.Join(d.cfg.DataDir, "logs"))
	fmt.Printf("ready: %s (after %s; try: bin/steward chat --once \"How long do I have to return an order?\")\n",
		u.Demo, time.Since(d.began).Round(100*time.Millisecond))
}
