// Package rig runs the product for benchmarks: the real servers, gateway and
// worker as child processes in a temporary folder, with a scripted model that
// answers at once. It owns what it starts and stops it with Close. It measures
// nothing itself.
package rig

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"

	"steward/internal/agent/llm/scripted"
	"steward/internal/devstack"
	"steward/internal/store"
	"steward/schemas"
	"steward/starter/dispatch"
)

// Options shape a Rig.
type Options struct {
	// NoWorker leaves the worker stopped.
	NoWorker bool
	// Settings change the published settings before anything runs.
	Settings func(*schemas.Settings)
	// Durable keeps Postgres safe against power cuts, as in production.
	Durable bool
	// Env is added to the environment of the gateway and the worker.
	Env []string
	// Model answers in place of quoting the first passage.
	Model scripted.Fallback
	// Source is the content. Default: one short answer.
	Source *schemas.NewSource
}

// Rig is a running product.
type Rig struct {
	// URL is the gateway's root.
	URL string
	// Channel is the public key of the live-chat channel.
	Channel  string
	Store    *store.Store
	Temporal client.Client
	Worker   *devstack.Process

	// pids are the processes of the product by name.
	pids    map[int]string
	dir     string
	env     []string
	model   *scripted.Server
	closers []func() error
}

// Token is the admin token of the rig.
const Token = "bench-admin-token-0123456789"

// Start starts everything and returns when it is ready. It needs the programs
// of make tools and make build.
func Start(ctx context.Context, o Options) (*Rig, error) {
	r := &Rig{pids: map[int]string{os.Getpid(): "bench"}}
	if err := r.start(ctx, o); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

func (r *Rig) start(ctx context.Context, o Options) error {
	var err error
	if r.dir, err = os.MkdirTemp("", "steward-bench-"); err != nil {
		return err
	}
	if err := os.Chmod(r.dir, 0o711); err != nil {
		return err
	}
	r.onClose(func() error { return os.RemoveAll(r.dir) })
	pg, err := devstack.StartPostgres(ctx, devstack.Options{Dir: filepath.Join(r.dir, "postgres"), Fast: !o.Durable})
	if err != nil {
		return err
	}
	r.onClose(func() error { return pg.Stop(context.Background()) })
	r.pids[pg.PID()] = "postgres"
	temporal, err := devstack.StartTemporal(ctx, devstack.Options{Dir: filepath.Join(r.dir, "temporal")})
	if err != nil {
		return err
	}
	r.onClose(func() error { return temporal.Stop(context.Background()) })
	r.pids[temporal.PID()] = "temporal"
	weaviate, err := devstack.StartWeaviate(ctx, devstack.Options{Dir: filepath.Join(r.dir, "weaviate")})
	if err != nil {
		return err
	}
	r.onClose(func() error { return weaviate.Stop(context.Background()) })
	r.pids[weaviate.PID()] = "weaviate"
	if o.Model == nil {
		o.Model = scripted.QuoteFirst
	}
	if r.model, err = scripted.Start(o.Model); err != nil {
		return err
	}
	r.onClose(r.model.Close)
	if r.Temporal, err = client.Dial(client.Options{
		HostPort: temporal.Address(), Logger: log.NewStructuredLogger(slog.New(slog.DiscardHandler)),
	}); err != nil {
		return err
	}
	r.onClose(func() error { r.Temporal.Close(); return nil })
	address, _, err := devstack.FreeAddress("127.0.0.1:18080")
	if err != nil {
		return err
	}
	r.URL = "http://" + address
	r.env = append(append(os.Environ(),
		"STEWARD_DEV=1", "STEWARD_RATE_LIMITS=false", "STEWARD_ADDR="+address, "STEWARD_DATABASE_URL="+pg.DatabaseURL("steward"),
		"STEWARD_WEAVIATE_URL="+weaviate.URL(), "STEWARD_WEAVIATE_GRPC="+weaviate.GRPC(), "STEWARD_DATA_DIR="+r.dir, "STEWARD_ADMIN_TOKEN="+Token,
		"STEWARD_ENGINE=openai", "STEWARD_MODEL_BASE_URL="+r.model.BaseURL(), "STEWARD_MODEL_NAME=scripted",
		"STEWARD_MODEL_API_KEY=none", "STEWARD_LOG_LEVEL=warn", "TEMPORAL_ADDRESS="+temporal.Address()), o.Env...)
	return r.product(ctx, o, pg.DatabaseURL("steward"))
}

// product starts the gateway and the worker and puts a short answer into the
// content.
func (r *Rig) product(ctx context.Context, o Options, database string) error {
	if err := r.run(ctx, "bin/steward", "migrate", "up"); err != nil {
		return err
	}
	var err error
	if r.Store, err = store.Open(ctx, database, store.Options{MaxConns: 8}); err != nil {
		return err
	}
	r.onClose(func() error { r.Store.Close(); return nil })
	settings := schemas.DefaultSettings()
	// Benches ask the same question again and again, for longer than a
	// conversation's tokens last.
	settings.Handoff.Triggers.AllowRepeats = true
	settings.Limits.ConversationTokens = 1 << 30
	chat := settings.Channels[schemas.ChannelLiveChat]
	chat.QuietMillis, chat.CapMillis = 0, 0
	settings.Channels[schemas.ChannelLiveChat] = chat
	if o.Settings != nil {
		o.Settings(&settings)
	}
	deployed, err := r.Store.Bootstrap(ctx, store.Bootstrap{Settings: &settings})
	if err != nil {
		return err
	}
	r.Channel = deployed.PublicKey
	if _, err = r.child(ctx, "serve", "bin/steward", "serve"); err != nil {
		return err
	}
	if err := r.ready(ctx); err != nil {
		return err
	}
	if o.NoWorker {
		return nil
	}
	if r.Worker, err = r.child(ctx, "worker", "bin/steward-worker"); err != nil {
		return err
	}
	return r.content(ctx, deployed.Agent, o.Source)
}

// content adds the source, or one short answer, and waits until it is ready,
// which also shows that the worker works.
func (r *Rig) content(ctx context.Context, agent schemas.AgentID, given *schemas.NewSource) error {
	if given == nil {
		given = &schemas.NewSource{
			Type: schemas.SourceShortAnswer, Question: "How many days do I have to return an order?",
			Answer: "You have 30 days from the day of delivery to return an order.", Citations: true,
		}
	}
	source, err := r.Store.AddSource(ctx, agent, *given)
	if err != nil {
		return err
	}
	in := schemas.SyncSourceInput{Source: source.ID, Agent: agent, Trigger: schemas.TriggerManual}
	if err := dispatch.New(r.Temporal).StartSync(ctx, in); err != nil {
		return err
	}
	return Poll(ctx, time.Minute, func() (bool, error) {
		s, err := r.Store.Source(ctx, source.ID)
		if err == nil && s.Status == schemas.SourceFailed {
			return false, fmt.Errorf("the content was not read: %s", s.Reason)
		}
		return err == nil && s.Status == schemas.SourceReady, nil
	})
}

func (r *Rig) ready(ctx context.Context) error {
	return Poll(ctx, time.Minute, func() (bool, error) {
		resp, err := http.Get(r.URL + "/readyz")
		if err != nil {
			return false, nil
		}
		return resp.StatusCode == http.StatusOK, resp.Body.Close()
	})
}

func (r *Rig) child(ctx context.Context, name, path string, args ...string) (*devstack.Process, error) {
	p, err := devstack.StartProcess(ctx, devstack.ProcessSpec{
		Name: name, Path: path, Args: args, Env: r.env, Output: os.Stderr, LogFile: filepath.Join(r.dir, name+".log"),
	})
	if err != nil {
		return nil, err
	}
	r.onClose(func() error { return p.Stop(context.Background()) })
	r.pids[p.PID()] = name
	return p, nil
}

// run runs a command to its end.
func (r *Rig) run(ctx context.Context, path string, args ...string) error {
	p, err := devstack.StartProcess(ctx, devstack.ProcessSpec{Name: args[0], Path: path, Args: args, Env: r.env, Output: os.Stderr})
	if err != nil {
		return err
	}
	select {
	case <-p.Exited():
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// KillWorker ends the worker with SIGKILL and starts it again.
func (r *Rig) KillWorker(ctx context.Context) error {
	if err := r.Worker.Kill(); err != nil {
		return err
	}
	return r.Worker.Restart(ctx)
}

// Refused are the reasons why the model refused calls.
func (r *Rig) Refused() []string { return r.model.Refused() }

// Prompts are the calls that the model has got so far.
func (r *Rig) Prompts() []scripted.Request { return r.model.Requests() }

func (r *Rig) onClose(f func() error) { r.closers = append(r.closers, f) }

// Close stops everything, the last started first.
func (r *Rig) Close() error {
	var all error
	for i := len(r.closers) - 1; i >= 0; i-- {
		all = errors.Join(all, r.closers[i]())
	}
	r.closers = nil
	return all
}

// Poll asks done until it is true, fails, or the time is over.
func Poll(ctx context.Context, within time.Duration, done func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		ok, err := done()
		if ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("not done within %s", within)
		case <-tick.C:
		}
	}
}
