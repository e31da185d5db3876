package devstack

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
)

// startAttempts is how often a start is tried when a port was taken between its choice and its use.
const startAttempts = 4

// Options say where and how one server runs.
type Options struct {
	// Dir is the data folder. Empty means a temporary one that Stop removes.
	Dir string
	// Binary is the program, for Postgres the folder of its programs. Empty means: find it.
	Binary string
	// Fast gives up safety against power cuts and waits for speed. For tests only.
	Fast bool
	// Supervise starts the server again when it dies.
	Supervise bool
	// DefaultPorts prefers the well-known ports (7233, 8233, 8081) to free ones.
	DefaultPorts bool
	// UI starts the Temporal Web UI.
	UI bool
	// Log receives what happens. Nil means nothing is logged.
	Log *slog.Logger
	// Output receives warnings and errors that the server prints. Nil means none; all of it is in the log file.
	Output io.Writer
}

func (o Options) logger() *slog.Logger {
	if o.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return o.Log
}

// server is what the three have in common: a child in a folder.
type server struct {
	*Process
	folder *folder
}

// Stop ends the server, gives its data folder free and removes it when it is temporary.
func (s *server) Stop(ctx context.Context) error {
	return errors.Join(s.Process.Stop(ctx), s.folder.close())
}

// startServer starts a server in its folder. build makes the spec, with ports that are free at that moment; it
// is called again when another process took one of them meanwhile.
func startServer(ctx context.Context, f *folder, opts Options, build func() (ProcessSpec, error)) (*server, error) {
	var failed error
	for range startAttempts {
		spec, err := build()
		if err != nil {
			failed = err
			break
		}
		spec.Name, spec.PIDFile, spec.LogFile = f.name, f.pidFile(), f.logFile()
		spec.Output, spec.Log = opts.Output, opts.logger()
		start := StartProcess
		if opts.Supervise {
			start = Supervise
		}
		p, err := start(ctx, spec)
		if err == nil {
			return &server{Process: p, folder: f}, nil
		}
		failed = err
		if !strings.Contains(err.Error(), "address already in use") {
			break
		}
	}
	return nil, errors.Join(failed, f.close())
}
