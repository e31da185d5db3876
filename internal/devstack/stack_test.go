package devstack

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"steward/internal/config"
)

// helperDir makes the test binary start servers in the folder it names and wait, so that a test can kill it.
const helperDir = "DEVSTACK_TEST_HELPER_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(helperDir); dir != "" {
		holdStack(dir)
	}
	os.Exit(m.Run())
}

// holdStack starts the stack, prints the pids and waits for its end by SIGKILL.
func holdStack(dir string) {
	s, err := StartStack(context.Background(), StackOptions{DataDir: dir})
	if err != nil {
		fmt.Println("failed:", err)
		os.Exit(1)
	}
	fmt.Println("pids", s.Postgres.PID(), s.Temporal.PID(), s.Weaviate.PID())
	select {}
}

func TestStackSurvivesItsOwner(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(serverDir(t), ".data")
	helper := exec.Command(os.Args[0])
	helper.Env = append(os.Environ(), helperDir+"="+dir)
	out, err := helper.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := helper.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "pids ") {
		t.Fatalf("helper said %q, %v", line, err)
	}
	if _, err := StartStack(t.Context(), StackOptions{DataDir: dir}); err == nil || !strings.Contains(err.Error(), "running already") {
		t.Errorf("second stack in one folder: %v", err)
	}
	if err := helper.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = helper.Wait() // killed
	began := time.Now()
	console := &safeBuffer{}
	s, err := StartStack(t.Context(), StackOptions{DataDir: dir, Log: slog.New(slog.NewTextHandler(console, nil)), Output: console})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("warm start after a kill of the owner: %s", time.Since(began).Round(time.Millisecond))
	for _, field := range strings.Fields(line)[1:] {
		pid, err := strconv.Atoi(field)
		if err != nil {
			t.Fatal(err)
		}
		eventually(t, "the end of child "+field, func() bool { return gone(pid) })
	}
	cfg, _, err := config.Load(s.Environ())
	if err != nil || cfg.DatabaseURL.Reveal() != s.Postgres.URL() || cfg.WeaviateURL != s.Weaviate.URL() || cfg.DataDir != dir {
		t.Errorf("environment of the stack: %v, %v", cfg, err)
	}
	old := s.Temporal.PID()
	if err := s.Temporal.Kill(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "Temporal is back", func() bool {
		return s.Temporal.PID() != old && temporalServes(t.Context(), s.Temporal.Address()) == nil
	})
	stop := time.Now()
	if err := s.Stop(context.WithoutCancel(t.Context())); err != nil {
		t.Error(err)
	}
	t.Logf("stop: %s; console:\n%s", time.Since(stop).Round(time.Millisecond), console)
	for _, pid := range []int{s.Postgres.PID(), s.Temporal.PID(), s.Weaviate.PID()} {
		if !gone(pid) {
			t.Errorf("process %d lives after Stop", pid)
		}
	}
}

func TestStackStopsAllWhenOneFails(t *testing.T) {
	t.Parallel()
	dir := serverDir(t)
	// A file in place of a folder ends Weaviate some time after its start.
	if err := os.Mkdir(filepath.Join(dir, "weaviate"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "weaviate", "raft"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := StartStack(t.Context(), StackOptions{DataDir: dir})
	if err == nil || !strings.Contains(err.Error(), "start weaviate: it ended before it was ready") {
		t.Fatalf("error %v does not name weaviate", err)
	}
	left, _ := filepath.Glob(filepath.Join(dir, "run", "*.pid"))
	if len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}
