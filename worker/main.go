// Command steward-worker runs Steward's workflows and activities: it takes work
// from the task queues of Temporal.
//
// It owns the wiring of the adapters into the activities and nothing else. Any
// number of workers may run beside each other.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	// Working hours need the time zones also where the system has none.
	_ "time/tzdata"

	"steward/internal/config"
)

// version is set when the program is built.
var version = "dev"

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "steward-worker:", err)
		os.Exit(1)
	}
}

func run() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if len(os.Args) > 1 && os.Args[1] == parseCommand {
		os.Exit(parse(ctx))
	}
	cfg, warnings, err := config.Load(os.Environ())
	if err != nil {
		return err
	}
	if err := cfg.RequireDatabase(); err != nil {
		return err
	}
	log := newLogger(cfg)
	for _, w := range warnings {
		log.Warn(w)
	}
	m, err := New(ctx, Options{Config: cfg, Log: log, Version: version})
	if err != nil {
		return err
	}
	defer m.Close()
	return m.Run(ctx)
}

func newLogger(cfg config.Config) *slog.Logger {
	o := &slog.HandlerOptions{Level: cfg.LogLevel}
	if cfg.LogFormat == config.LogJSON {
		return slog.New(slog.NewJSONHandler(os.Stderr, o))
	}
	return slog.New(slog.NewTextHandler(os.Stderr, o))
}
