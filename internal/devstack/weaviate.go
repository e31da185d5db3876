package devstack

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
)

const weaviatePort = 8081

// Weaviate is a running single-node Weaviate server.
type Weaviate struct {
	*server
	url, grpc string
}

// URL is the HTTP address. It stays the same over a restart.
func (w *Weaviate) URL() string { return w.url }

// GRPC is the gRPC address (host:port).
func (w *Weaviate) GRPC() string { return w.grpc }

// StartWeaviate starts a Weaviate server that keeps its data in Dir/weaviate, and returns when it says that it
// is ready. Its HTTP port is on loopback; its gRPC and cluster ports bind all interfaces, and Weaviate has no
// setting against that.
//
// Settled: rule 34
func StartWeaviate(ctx context.Context, opts Options) (*Weaviate, error) {
	binary, err := FindWeaviate(opts.Binary)
	if err != nil {
		return nil, err
	}
	f, err := openFolder(opts.Dir, "weaviate")
	if err != nil {
		return nil, err
	}
	w := &Weaviate{}
	w.server, err = startServer(ctx, f, opts, func() (ProcessSpec, error) { return w.spec(f, binary, opts) })
	if err != nil {
		return nil, err
	}
	return w, nil
}

func (w *Weaviate) spec(f *folder, binary string, opts Options) (ProcessSpec, error) {
	if err := os.MkdirAll(f.data(), 0o700); err != nil {
		return ProcessSpec{}, fmt.Errorf("make folder for weaviate: %w", err)
	}
	web := portWish{name: "http"}
	if opts.DefaultPorts {
		web.preferred = weaviatePort
	}
	ports, err := assignPorts(f.portsFile(), []portWish{
		web,
		{name: "grpc", wildcard: true},
		{name: "gossip", wildcard: true},
		{name: "data", wildcard: true},
		{name: "raft"},
		{name: "raft-rpc"},
	}, opts.logger())
	if err != nil {
		return ProcessSpec{}, err
	}
	port := func(name string) string { return strconv.Itoa(ports[name]) }
	w.url = "http://" + net.JoinHostPort("127.0.0.1", port("http"))
	w.grpc = net.JoinHostPort("127.0.0.1", port("grpc"))
	settings := append(weaviateSettings(opts.Fast),
		"PERSISTENCE_DATA_PATH="+f.data(),
		"BACKUP_FILESYSTEM_PATH="+f.sub("weaviate-backups"),
		"GRPC_PORT="+port("grpc"),
		"CLUSTER_GOSSIP_BIND_PORT="+port("gossip"),
		"CLUSTER_DATA_BIND_PORT="+port("data"),
		"RAFT_PORT="+port("raft"),
		"RAFT_INTERNAL_RPC_PORT="+port("raft-rpc"),
	)
	ready := w.url + "/v1/.well-known/ready"
	return ProcessSpec{
		Path: binary, Args: []string{"--host", "127.0.0.1", "--port", port("http"), "--scheme", "http"},
		Env: serverEnv(settings...), Dir: f.data(),
		Ready: func(ctx context.Context) error { return answers(ctx, ready) },
		Forward: func(line string) bool {
			return strings.Contains(line, "level=fatal") || strings.Contains(line, "level=panic")
		},
	}, nil
}

func weaviateSettings(fast bool) []string {
	settings := []string{
		"DEFAULT_VECTORIZER_MODULE=none",
		"ENABLE_MODULES=backup-filesystem",
		"CLUSTER_HOSTNAME=node1",
		// Without it a machine that has only loopback cannot start the server.
		"CLUSTER_ADVERTISE_ADDR=127.0.0.1",
		"RAFT_BOOTSTRAP_EXPECT=1",
		// A single node elects itself: ready after 2 s instead of 10 s.
		"RAFT_TIMEOUTS_MULTIPLIER=1",
		// A search asks for 30 hits; more candidates only make it slower.
		"QUERY_HYBRID_MAXIMUM_RESULTS=30",
		// The server ranks words that it has not flushed wrongly.
		"PERSISTENCE_MEMTABLES_FLUSH_DIRTY_AFTER_SECONDS=1",
		"DISABLE_TELEMETRY=true",
		"GO_PROFILING_DISABLE=true",
		"AUTOSCHEMA_ENABLED=false",
		// Room for some 100,000 passages. Near it the server refuses imports instead of growing.
		"GOMEMLIMIT=2GiB",
		"AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED=true",
		// The default makes the server read-only on a disk that is 90 % full.
		"DISK_USE_WARNING_PERCENTAGE=95",
		"DISK_USE_READONLY_PERCENTAGE=99",
		"LOG_LEVEL=warning",
		"LOG_FORMAT=text",
	}
	if fast {
		return append(settings, "ASYNC_INDEXING=false", "USE_BLOCKMAX_WAND=false")
	}
	return append(settings, "ASYNC_INDEXING=true")
}

// answers reports whether a GET of address gives 2xx.
func answers(ctx context.Context, address string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return fmt.Errorf("build request: %w", err)
	}
	// No connection is kept: it would outlive the server it leads to.
	transport := &http.Transport{DisableKeepAlives: true}
	defer transport.CloseIdleConnections()
	resp, err := (&http.Client{Transport: transport}).Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("status %s", resp.Status)
	}
	return nil
}
