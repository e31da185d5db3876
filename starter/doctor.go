package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.temporal.io/sdk/client"

	"steward/internal/config"
	"steward/internal/knowledge/files"
	"steward/internal/store"
	"steward/internal/temporalclient"
	"steward/starter/cli"
)

func doctorCommand() *cobra.Command {
	return &cobra.Command{
		Use: "doctor", Short: "Check the configuration and every part of the system, and say how to fix what is wrong", Args: cobra.NoArgs,
		Example: "  steward doctor\n  STEWARD_DATABASE_URL=postgres://… steward doctor",
		RunE: func(cmd *cobra.Command, _ []string) error {
			d := doctor{out: cmd.OutOrStdout()}
			d.examine(cmd.Context())
			if d.bad > 0 {
				return fmt.Errorf("%d of %d checks failed", d.bad, d.all)
			}
			d.say("all %d checks passed", d.all)
			return nil
		},
	}
}

// doctor tells findings and counts them.
type doctor struct {
	out      io.Writer
	all, bad int
}

func (d *doctor) say(format string, args ...any) {
	_, _ = fmt.Fprintf(d.out, format+"\n", args...)
}

// check prints a finding with what to do about it.
func (d *doctor) check(name string, err error, fix string) {
	d.all++
	if err == nil {
		d.say("ok    %s", name)
		return
	}
	d.bad++
	d.say("FAIL  %s: %s\n      %s", name, strings.SplitN(err.Error(), "\n", 2)[0], fix)
}

// doctorTimeout bounds each check.
const doctorTimeout = 5 * time.Second

func (d *doctor) examine(ctx context.Context) {
	cfg, warnings, err := config.Load(os.Environ())
	d.check("configuration", err, "set the variables as docs/reference/environment.md says")
	if err != nil {
		if cfg.Embedder == config.EmbedderOpenAI && cfg.EmbedderDims == 0 {
			// The endpoint says the one setting that nobody knows by heart.
			d.embedder(ctx, cfg)
		}
		return
	}
	for _, w := range warnings {
		d.say("note  %s", w)
	}
	if cfg.DatabaseURL == "" {
		d.examineRunning(ctx, cfg)
	} else {
		d.examineServers(ctx, cfg)
	}
	d.examineContent(ctx, cfg, files.FindTools())
}

// examineServers looks at the servers that the configuration names.
func (d *doctor) examineServers(ctx context.Context, cfg config.Config) {
	d.timed(ctx, "Postgres", "start Postgres, and check STEWARD_DATABASE_URL", func(ctx context.Context) error {
		s, err := store.Open(ctx, cfg.DatabaseURL.Reveal(), store.Options{MaxConns: 1})
		if err != nil {
			return err
		}
		defer s.Close()
		return s.Ping(ctx)
	})
	d.timed(ctx, "database version", "run `steward migrate up`", func(ctx context.Context) error {
		return checkSchema(ctx, cfg.DatabaseURL.Reveal())
	})
	d.timed(ctx, "Weaviate", "start Weaviate, and check STEWARD_WEAVIATE_URL", func(ctx context.Context) error {
		return probe(ctx, cfg.WeaviateURL+"/v1/.well-known/ready")
	})
	d.examineTemporal(ctx)
	d.server(ctx, "http://"+cfg.Addr)
}

// examineTemporal checks the server and that workers take work.
func (d *doctor) examineTemporal(ctx context.Context) {
	_, log, err := load(nil)
	if err != nil {
		d.check("Temporal", err, "check the TEMPORAL_ variables")
		return
	}
	c, err := temporalclient.Dial(ctx, log, temporalclient.Options{Lazy: true})
	if err != nil {
		d.check("Temporal", err, "check the TEMPORAL_ variables")
		return
	}
	defer c.Close()
	namespace := (&Main{}).namespace()
	d.timed(ctx, "Temporal", "start Temporal, and check TEMPORAL_ADDRESS", func(ctx context.Context) error {
		_, err := c.CheckHealth(ctx, &client.CheckHealthRequest{})
		return err
	})
	d.timed(ctx, "worker", "start `steward-worker`", func(ctx context.Context) error { return workersPoll(ctx, c, namespace) })
}

// examineRunning looks at the `steward dev` of the data folder through its
// server, because only that knows where its servers are.
func (d *doctor) examineRunning(ctx context.Context, cfg config.Config) {
	c, err := cli.Connect(cfg.DataDir)
	if err != nil {
		d.check("server", err, "run `make run`, or set STEWARD_DATABASE_URL and the others for `steward serve`")
		return
	}
	ctx, cancel := context.WithTimeout(ctx, doctorTimeout)
	defer cancel()
	health, err := c.Health(ctx)
	d.check("server", err, "run `make run`; its files are in "+filepath.Join(cfg.DataDir, "logs"))
	for _, h := range health.Checks {
		var err error
		if !h.OK {
			err = errors.New(h.Detail)
		}
		d.check(h.Name, err, "see "+filepath.Join(cfg.DataDir, "logs", h.Name+".log"))
	}
}

func (d *doctor) server(ctx context.Context, url string) {
	d.timed(ctx, "server", "start `steward serve`", func(ctx context.Context) error { return probe(ctx, url+"/readyz") })
}

func (d *doctor) timed(ctx context.Context, name, fix string, check func(context.Context) error) {
	d.within(ctx, doctorTimeout, name, fix, check)
}

func (d *doctor) within(ctx context.Context, timeout time.Duration, name, fix string, check func(context.Context) error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	d.check(name, check(ctx), fix)
}
