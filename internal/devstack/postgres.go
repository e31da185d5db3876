package devstack

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	postgresUser = "steward"
	// postgresDatabase is the database that is made in a new cluster.
	postgresDatabase = "steward"
	// adminDatabase exists in every cluster.
	adminDatabase = "postgres"
	// maxSocketPath is the longest path of a unix socket, in bytes.
	maxSocketPath = 107
	socketName    = ".s.PGSQL.5432"
	// fallbackRoot holds the clusters whose data folder the unprivileged user cannot reach.
	fallbackRoot = "/var/lib/steward-dev"
)

// Postgres is a running private cluster. It listens on a unix socket that only its user and root can reach,
// and on no network port.
type Postgres struct {
	*server
	socketDir string
}

// URL is the address of the database "steward". It stays the same over a restart.
func (p *Postgres) URL() string { return p.DatabaseURL(postgresDatabase) }

// DatabaseURL is the address of another database of the cluster.
func (p *Postgres) DatabaseURL(name string) string { return socketURL(p.socketDir, name) }

// Stop ends the server and removes what lies outside of a temporary folder.
func (p *Postgres) Stop(ctx context.Context) error {
	err := p.Process.Stop(ctx)
	if p.folder.temp {
		err = errors.Join(err, p.removeOutside())
	}
	return errors.Join(err, p.folder.close())
}

func (p *Postgres) removeOutside() error {
	var err error
	if target, linkErr := os.Readlink(p.folder.data()); linkErr == nil {
		err = os.RemoveAll(target)
	}
	if !strings.HasPrefix(p.socketDir, p.folder.root) {
		err = errors.Join(err, os.RemoveAll(p.socketDir))
	}
	return err
}

func socketURL(socketDir, database string) string {
	u := url.URL{
		Scheme: "postgres", User: url.User(postgresUser), Path: "/" + database,
		RawQuery: url.Values{"host": {socketDir}, "port": {"5432"}, "sslmode": {"disable"}}.Encode(),
	}
	return u.String()
}

// StartPostgres starts a private cluster with its data in Dir/postgres, makes it first when there is none, and
// returns when it answers queries. As root the server runs as user postgres, or nobody, because Postgres
// refuses to run as root.
func StartPostgres(ctx context.Context, opts Options) (*Postgres, error) {
	id, err := unprivileged()
	if err != nil {
		return nil, err
	}
	f, err := openFolder(opts.Dir, "postgres")
	if err != nil {
		return nil, err
	}
	spec, socketDir, err := preparePostgres(ctx, f, id, opts)
	if err != nil {
		return nil, errors.Join(err, f.close())
	}
	p := &Postgres{socketDir: socketDir}
	p.server, err = startServer(ctx, f, opts, func() (ProcessSpec, error) { return spec, nil })
	if err != nil {
		return nil, err
	}
	if err := ensureDatabase(ctx, p.DatabaseURL(adminDatabase), postgresDatabase); err != nil {
		return nil, errors.Join(err, p.Stop(ctx))
	}
	return p, nil
}

func preparePostgres(ctx context.Context, f *folder, id *identity, opts Options) (ProcessSpec, string, error) {
	data, err := clusterDir(f, id, opts)
	if err != nil {
		return ProcessSpec{}, "", err
	}
	major, err := os.ReadFile(filepath.Join(data, "PG_VERSION"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return ProcessSpec{}, "", fmt.Errorf("read version of cluster: %w", err)
	}
	bin, err := FindPostgres(opts.Binary, strings.TrimSpace(string(major)))
	if err != nil {
		return ProcessSpec{}, "", err
	}
	if len(major) == 0 {
		began := time.Now()
		if err := (newCluster{bin, data, id, opts.Fast}).make(ctx); err != nil {
			return ProcessSpec{}, "", err
		}
		opts.logger().Debug("database cluster is made", "took", time.Since(began).Round(time.Millisecond))
	}
	socketDir, err := makeSocketDir(f, data, id)
	if err != nil {
		return ProcessSpec{}, "", err
	}
	return ProcessSpec{
		Path: filepath.Join(bin, "postgres"), Args: postgresArgs(data, socketDir, opts.Fast),
		Env: serverEnv(), Dir: data, identity: id,
		Ready: func(ctx context.Context) error { return selectOne(ctx, socketURL(socketDir, adminDatabase)) },
		// Fast shutdown: sessions are cut, the data is complete.
		StopSignal: syscall.SIGINT,
		// Immediate shutdown: unlike SIGKILL it takes the sessions' processes and shared memory along.
		DeathSignal: syscall.SIGQUIT,
		before:      func(ctx context.Context) error { return waitClusterFree(ctx, data, socketDir) },
		Forward:     worthTelling,
	}, socketDir, nil
}

// worthTelling picks the lines for the console. While the server starts it refuses each of our attempts with
// a FATAL line, which means nothing.
func worthTelling(line string) bool {
	return strings.Contains(line, "PANIC:") ||
		strings.Contains(line, "FATAL:") && !strings.Contains(line, "the database system is")
}

func postgresArgs(data, socketDir string, fast bool) []string {
	args := []string{
		"-D", data, "-k", socketDir, "-p", "5432",
		"-c", "listen_addresses=",
		"-c", "unix_socket_permissions=0700",
		"-c", "max_connections=300",
		"-c", "timezone=UTC",
		"-c", "log_timezone=UTC",
	}
	if fast {
		args = append(args, "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off",
			"-c", "max_wal_size=4GB", "-c", "autovacuum_naptime=1h")
	}
	return args
}

func selectOne(ctx context.Context, databaseURL string) error {
	conn, err := pgx.Connect(ctx, databaseURL)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	var one int
	return conn.QueryRow(ctx, "select 1").Scan(&one)
}

func ensureDatabase(ctx context.Context, adminURL, name string) error {
	conn, err := pgx.Connect(ctx, adminURL)
	if err != nil {
		return fmt.Errorf("connect to new cluster: %w", err)
	}
	defer conn.Close(ctx)
	var exists bool
	if err := conn.QueryRow(ctx, "select exists (select from pg_database where datname = $1)", name).Scan(&exists); err != nil {
		return fmt.Errorf("look for database %s: %w", name, err)
	}
	if exists {
		return nil
	}
	if _, err := conn.Exec(ctx, "create database "+pgx.Identifier{name}.Sanitize()); err != nil {
		return fmt.Errorf("create database %s: %w", name, err)
	}
	return nil
}
