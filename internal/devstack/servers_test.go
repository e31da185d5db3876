package devstack

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
)

// serverDir makes a folder that the user of Postgres may pass, which t.TempDir does not.
func serverDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "steward-devstack-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	return dir
}

type stoppable interface {
	PID() int
	Stop(context.Context) error
}

func stopped(t *testing.T, s stoppable) {
	t.Helper()
	if err := s.Stop(context.WithoutCancel(t.Context())); err != nil {
		t.Error(err)
	}
	if !gone(s.PID()) {
		t.Errorf("process %d lives after Stop", s.PID())
	}
}

func execSQL(t *testing.T, url, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

func TestPostgresSurvivesKill(t *testing.T) {
	t.Parallel()
	for name, dir := range map[string]string{
		"plain":           serverDir(t),
		"long path":       filepath.Join(serverDir(t), strings.Repeat("long", 30)),
		"closed to other": filepath.Join(t.TempDir(), "data"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			opts := Options{Dir: dir, Log: slog.New(slog.DiscardHandler)}
			p, err := StartPostgres(t.Context(), opts)
			if err != nil {
				t.Fatal(err)
			}
			target, linkErr := os.Readlink(filepath.Join(dir, "postgres"))
			t.Cleanup(func() {
				if linkErr == nil {
					os.RemoveAll(filepath.Dir(target))
					os.Remove(fallbackRoot) // only when nothing else is in it
				}
				if !strings.HasPrefix(p.socketDir, dir) {
					os.RemoveAll(p.socketDir)
				}
			})
			url := p.URL()
			execSQL(t, url, "create table kept (n int); insert into kept values (1)")
			conn, err := pgx.Connect(t.Context(), url)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close(context.WithoutCancel(t.Context()))
			for range 2 {
				if err := p.Kill(); err != nil {
					t.Fatal(err)
				}
				if err := p.Restart(t.Context()); err != nil {
					t.Fatal(err)
				}
				execSQL(t, url, "insert into kept select 1 from kept limit 1")
			}
			if _, err := StartPostgres(t.Context(), opts); !errors.Is(err, errInUse) {
				t.Errorf("second server in one folder: %v", err)
			}
			stopped(t, p)
			p, err = StartPostgres(t.Context(), opts)
			if err != nil {
				t.Fatal(err)
			}
			if p.URL() != url {
				t.Errorf("address changed from %s to %s", url, p.URL())
			}
			execSQL(t, url, "do $$ begin assert (select count(*) from kept) = 3; end $$")
			stopped(t, p)
		})
	}
}

func TestTemporaryServersLeaveNothing(t *testing.T) {
	t.Parallel()
	p, err := StartPostgres(t.Context(), Options{Fast: true})
	if err != nil {
		t.Fatal(err)
	}
	execSQL(t, p.URL(), "create table x (n int)")
	stopped(t, p)
	if _, err := os.Stat(p.folder.root); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("folder %s: %v", p.folder.root, err)
	}
	if pid, busy := processIn(p.folder.data()); busy {
		t.Errorf("process %d is left", pid)
	}
}

func TestTemporalSurvivesKill(t *testing.T) {
	t.Parallel()
	dir := serverDir(t)
	s, err := StartTemporal(t.Context(), Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	address := s.Address()
	quiet := slog.New(slog.DiscardHandler)
	c, err := client.DialContext(t.Context(), client.Options{HostPort: address, Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ns, err := c.WorkflowService().DescribeNamespace(t.Context(), &workflowservice.DescribeNamespaceRequest{Namespace: TemporalNamespace})
	if err != nil || ns.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration() != devRetention {
		t.Errorf("retention %v, error %v", ns.GetConfig().GetWorkflowExecutionRetentionTtl(), err)
	}
	if _, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: "kept", TaskQueue: "none"}, "Nothing"); err != nil {
		t.Fatal(err)
	}
	if err := s.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := s.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the workflow is there after the kill", func() bool {
		_, err := c.DescribeWorkflowExecution(t.Context(), "kept", "")
		return err == nil
	})
	stopped(t, s)
	s, err = StartTemporal(t.Context(), Options{Dir: dir, Fast: true})
	if err != nil {
		t.Fatal(err)
	}
	if s.Address() != address {
		t.Errorf("address changed from %s to %s", address, s.Address())
	}
	stopped(t, s)
}

func TestWeaviateSurvivesKill(t *testing.T) {
	t.Parallel()
	dir := serverDir(t)
	w, err := StartWeaviate(t.Context(), Options{Dir: dir, Fast: true})
	if err != nil {
		t.Fatal(err)
	}
	request(t, w.URL()+"/v1/schema", `{"class":"Kept","properties":[{"name":"text","dataType":["text"]}]}`)
	request(t, w.URL()+"/v1/objects", `{"class":"Kept","id":"00000000-0000-0000-0000-000000000001","properties":{"text":"hello"}}`)
	const object = "/v1/objects/Kept/00000000-0000-0000-0000-000000000001"
	if err := w.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := w.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := answers(t.Context(), w.URL()+object); err != nil {
		t.Errorf("object after the kill: %v", err)
	}
	url := w.URL()
	stopped(t, w)

	// The cluster's ports may be taken when the server comes back: the same data must serve with others.
	if err := os.Remove(w.folder.portsFile()); err != nil {
		t.Fatal(err)
	}
	w, err = StartWeaviate(t.Context(), Options{Dir: dir, Fast: true})
	if err != nil {
		t.Fatal(err)
	}
	if w.URL() == url {
		t.Error("ports are the old ones, so nothing is tested")
	}
	if err := answers(t.Context(), w.URL()+object); err != nil {
		t.Errorf("object after a change of ports: %v", err)
	}
	request(t, w.URL()+"/v1/schema", `{"class":"Later","properties":[{"name":"text","dataType":["text"]}]}`)
	stopped(t, w)
}

func request(t *testing.T, url, body string) {
	t.Helper()
	resp, err := http.Post(url, "application/json", bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if text, _ := io.ReadAll(resp.Body); resp.StatusCode != http.StatusOK {
		t.Fatal(fmt.Errorf("POST %s: %s: %s", url, resp.Status, text))
	}
}
