// Command steward serves live chat, the relay and the admin API, and is the
// command line of operators.
//
// It owns the wiring of the server and of `steward dev`. Every other command
// uses the admin API and nothing else: see package cli.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	// Working hours need the time zones also where the system has none.
	_ "time/tzdata"

	"github.com/spf13/cobra"

	"steward/internal/config"
	"steward/starter/cli"
)

// version is set when the program is built.
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:]))
}

func run(ctx context.Context, args []string) int {
	root := commands(cli.Options{Version: version, In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Getenv: os.Getenv})
	root.SetArgs(args)
	return cli.Execute(ctx, root)
}

// commands is the whole command tree.
func commands(o cli.Options) *cobra.Command {
	root := cli.New(o)
	root.AddCommand(devCommand(), serveCommand(), migrateCommand(), doctorCommand(), healthcheckCommand())
	return root
}

// load reads the configuration and makes the logger that it asks for.
func load(environ []string) (config.Config, *slog.Logger, error) {
	cfg, warnings, err := config.Load(environ)
	if err != nil {
		return cfg, nil, err
	}
	o := &slog.HandlerOptions{Level: cfg.LogLevel}
	var h slog.Handler = slog.NewTextHandler(os.Stderr, o)
	if cfg.LogFormat == config.LogJSON {
		h = slog.NewJSONHandler(os.Stderr, o)
	}
	log := slog.New(h)
	for _, w := range warnings {
		log.Warn(w)
	}
	return cfg, log, nil
}

func serveCommand() *cobra.Command {
	return &cobra.Command{
		Use: "serve", Short: "Serve live chat, the relay and the admin API", Args: cobra.NoArgs,
		Example: "  steward migrate up && steward serve\n  STEWARD_ADDR=127.0.0.1:9000 steward serve",
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, log, err := load(os.Environ())
			if err != nil {
				return err
			}
			return serve(cmd.Context(), cfg, log)
		},
	}
}

func serve(ctx context.Context, cfg config.Config, log *slog.Logger) (err error) {
	if err := cfg.RequireDatabase(); err != nil {
		return err
	}
	if err := checkSchema(ctx, cfg.DatabaseURL.Reveal()); err != nil {
		return err
	}
	m, err := New(ctx, Options{Config: cfg, Log: log, Version: version})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, m.Close()) }()
	fmt.Fprintln(os.Stderr, "listening on", m.URL())
	return m.Run(ctx)
}
