package testkit

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"steward/internal/config"
	"steward/internal/devstack"
	migrations "steward/schemas/postgres"
)

// dropTimeout bounds the removal of a test's database.
const dropTimeout = 30 * time.Second

// postgresServer is the cluster of this test binary, with a migrated template database.
type postgresServer struct {
	own      *devstack.Postgres // nil when the cluster is not ours
	adminURL string
	template string
}

// Database returns the address of a fresh database with all migrations, for this test alone. It is removed
// when the test ends, together with the sessions that are left in it.
//
// STEWARD_TEST_POSTGRES_URL names a running cluster to use instead of an own one.
func Database(t testing.TB) string {
	t.Helper()
	s := shared.postgres.get(t, startPostgres)
	name := randomName("steward_test")
	if err := s.admin(t.Context(), "create database "+quote(name)+" template "+quote(s.template)); err != nil {
		t.Fatalf("create test database: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), dropTimeout)
		defer cancel()
		if err := s.drop(ctx, name); err != nil {
			t.Errorf("drop test database: %v", err)
		}
	})
	return withDatabase(s.adminURL, name)
}

func startPostgres(ctx context.Context) (*postgresServer, error) {
	s := &postgresServer{adminURL: os.Getenv(config.EnvTestPostgresURL), template: randomName("steward_template")}
	if s.adminURL == "" {
		own, err := devstack.StartPostgres(ctx, devstack.Options{Fast: true})
		if err != nil {
			return nil, err
		}
		s.own, s.adminURL = own, own.DatabaseURL("postgres")
	}
	if err := s.makeTemplate(ctx); err != nil {
		return nil, errors.Join(err, s.stop(ctx))
	}
	return s, nil
}

func (s *postgresServer) makeTemplate(ctx context.Context) error {
	if err := s.admin(ctx, "create database "+quote(s.template)); err != nil {
		return fmt.Errorf("create template database: %w", err)
	}
	if err := migrations.Migrate(ctx, withDatabase(s.adminURL, s.template)); err != nil {
		return fmt.Errorf("migrate template database: %w", err)
	}
	return nil
}

func (s *postgresServer) stop(ctx context.Context) error {
	if s.own != nil {
		return s.own.Stop(ctx)
	}
	return s.drop(ctx, s.template)
}

func (s *postgresServer) drop(ctx context.Context, name string) error {
	err := s.admin(ctx, "drop database if exists "+quote(name)+" with (force)")
	var refused *pgconn.PgError
	if err != nil && s.own != nil && !errors.As(err, &refused) {
		// The test has left its own cluster dead or restarting; the database goes with the cluster.
		return nil
	}
	return err
}

// admin runs one statement outside of the test's database. Connections are not kept, so that a restart of the
// cluster leaves no broken one behind.
func (s *postgresServer) admin(ctx context.Context, sql string) error {
	conn, err := pgx.Connect(ctx, s.adminURL)
	if err != nil {
		return fmt.Errorf("connect to cluster: %w", err)
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, sql)
	return err
}

func randomName(prefix string) string { return prefix + "_" + strings.ToLower(rand.Text()[:12]) }

func quote(name string) string { return pgx.Identifier{name}.Sanitize() }

// withDatabase replaces the name of the database in an address.
func withDatabase(address, name string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address // pgx reports what is wrong with it
	}
	u.Path = "/" + name
	return u.String()
}
