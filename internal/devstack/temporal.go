package devstack

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"go.temporal.io/api/namespace/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/durationpb"
)

const (
	temporalPort   = 7233
	temporalUIPort = 8233
	// TemporalNamespace is the namespace of the dev server.
	TemporalNamespace = "default"
	// devRetention keeps closed workflows in sight for 30 days instead of the dev server's one.
	devRetention = 30 * 24 * time.Hour
)

// Temporal is a running Temporal dev server.
type Temporal struct {
	*server
	address, uiURL string
}

// Address is the frontend's host:port. It stays the same over a restart.
func (t *Temporal) Address() string { return t.address }

// UIURL is the address of the Web UI, empty without one.
func (t *Temporal) UIURL() string { return t.uiURL }

// StartTemporal starts a Temporal dev server on loopback that keeps its data in Dir/temporal, and returns when
// it serves the namespace.
func StartTemporal(ctx context.Context, opts Options) (*Temporal, error) {
	binary, err := FindTemporal(opts.Binary)
	if err != nil {
		return nil, err
	}
	f, err := openFolder(opts.Dir, "temporal")
	if err != nil {
		return nil, err
	}
	t := &Temporal{}
	t.server, err = startServer(ctx, f, opts, func() (ProcessSpec, error) { return t.spec(f, binary, opts) })
	if err != nil {
		return nil, err
	}
	if opts.Fast {
		return t, nil
	}
	if err := setRetention(ctx, t.address); err != nil {
		return nil, errors.Join(err, t.Stop(ctx))
	}
	return t, nil
}

func (t *Temporal) spec(f *folder, binary string, opts Options) (ProcessSpec, error) {
	if err := os.MkdirAll(f.data(), 0o700); err != nil {
		return ProcessSpec{}, fmt.Errorf("make folder for temporal: %w", err)
	}
	frontend, ui := portWish{name: "frontend"}, portWish{name: "ui"}
	if opts.DefaultPorts {
		frontend.preferred, ui.preferred = temporalPort, temporalUIPort
	}
	wishes := []portWish{frontend}
	if opts.UI {
		wishes = append(wishes, ui)
	}
	ports, err := assignPorts(f.portsFile(), wishes, opts.logger())
	if err != nil {
		return ProcessSpec{}, err
	}
	t.address = net.JoinHostPort("127.0.0.1", strconv.Itoa(ports["frontend"]))
	args := append([]string{
		"server", "start-dev", "--ip", "127.0.0.1", "--port", strconv.Itoa(ports["frontend"]),
		"--db-filename", filepath.Join(f.data(), "temporal.db"), "--log-level", "warn",
	}, tunedFlags()...)
	if opts.UI {
		t.uiURL = "http://" + net.JoinHostPort("127.0.0.1", strconv.Itoa(ports["ui"]))
		args = append(args, "--ui-ip", "127.0.0.1", "--ui-port", strconv.Itoa(ports["ui"]))
	} else {
		args = append(args, "--headless")
	}
	spec := ProcessSpec{
		Path: binary, Args: args, Env: serverEnv("TEMPORAL_VERSION_CHECK_DISABLED=1"), Dir: f.data(),
		Ready: func(ctx context.Context) error { return temporalServes(ctx, t.address) },
		Forward: func(line string) bool {
			return strings.Contains(line, "level=ERROR") || strings.HasPrefix(line, "Error")
		},
	}
	return spec, nil
}

// tunedFlags take a turn from 300 ms to 30 ms: the write-ahead log of SQLite, a poll rate above the default of
// 20 per second, and one partition, so that pollers and tasks meet at once.
func tunedFlags() []string {
	return []string{
		"--sqlite-pragma", "journal_mode=wal",
		"--sqlite-pragma", "synchronous=1",
		"--dynamic-config-value", "history.transferProcessorMaxPollRPS=200",
		"--dynamic-config-value", "history.timerProcessorMaxPollRPS=200",
		"--dynamic-config-value", "matching.numTaskqueueReadPartitions=1",
		"--dynamic-config-value", "matching.numTaskqueueWritePartitions=1",
	}
}

// serverEnv is the environment of a server: what a program needs, and not our settings and secrets.
func serverEnv(settings ...string) []string {
	env := settings
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "LANG", "TZ"} {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// withTemporal calls the server over a connection of its own: one that is kept would wait a second after a
// refused attempt.
func withTemporal(address string, call func(workflowservice.WorkflowServiceClient) error) error {
	conn, err := grpc.NewClient("passthrough:///"+address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return fmt.Errorf("prepare connection to Temporal: %w", err)
	}
	return errors.Join(call(workflowservice.NewWorkflowServiceClient(conn)), conn.Close())
}

func temporalServes(ctx context.Context, address string) error {
	return withTemporal(address, func(c workflowservice.WorkflowServiceClient) error {
		_, err := c.DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: TemporalNamespace})
		return err
	})
}

func setRetention(ctx context.Context, address string) error {
	return withTemporal(address, func(c workflowservice.WorkflowServiceClient) error {
		_, err := c.UpdateNamespace(ctx, &workflowservice.UpdateNamespaceRequest{
			Namespace: TemporalNamespace,
			Config:    &namespace.NamespaceConfig{WorkflowExecutionRetentionTtl: durationpb.New(devRetention)},
		})
		if err != nil {
			return fmt.Errorf("set retention of namespace %s: %w", TemporalNamespace, err)
		}
		return nil
	})
}
