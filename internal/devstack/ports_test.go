package devstack

import (
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"steward/internal/config"
)

func listen(t *testing.T, address string) int {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l.Addr().(*net.TCPAddr).Port
}

func TestPortsStayTheSame(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "run", "ports.json")
	wishes := []portWish{{name: "a"}, {name: "b", wildcard: true}, {name: "c"}}
	first, err := assignPorts(file, wishes, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	again, err := assignPorts(file, wishes, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first, again); diff != "" || len(first) != 3 {
		t.Errorf("ports changed: %s", diff)
	}
}

func TestTakenPortsAreReplacedAndSaid(t *testing.T) {
	t.Parallel()
	taken := listen(t, "127.0.0.1:0")
	file := filepath.Join(t.TempDir(), "ports.json")
	for _, saved := range []string{"", "not json", `{"a": ` + strconv.Itoa(taken) + `}`} {
		if err := os.WriteFile(file, []byte(saved), 0o600); err != nil {
			t.Fatal(err)
		}
		var said safeBuffer
		got, err := assignPorts(file, []portWish{{name: "a", preferred: taken}}, slog.New(slog.NewTextHandler(&said, nil)))
		if err != nil || got["a"] == taken || got["a"] == 0 {
			t.Errorf("saved %q: port %d, error %v; %d is taken", saved, got["a"], err, taken)
		}
		if !strings.Contains(said.String(), "taken="+strconv.Itoa(taken)) {
			t.Errorf("saved %q: nothing is said: %q", saved, said.String())
		}
	}
}

func TestFreeAddress(t *testing.T) {
	t.Parallel()
	taken := listen(t, "127.0.0.1:0")
	got, moved, err := FreeAddress("127.0.0.1:" + strconv.Itoa(taken))
	if err != nil || !moved || got == "127.0.0.1:"+strconv.Itoa(taken) {
		t.Errorf("taken: %s, %v, %v", got, moved, err)
	}
	if again, moved, err := FreeAddress(got); again != got || moved || err != nil {
		t.Errorf("free: %s, %v, %v", again, moved, err)
	}
	for _, bad := range []string{"", "127.0.0.1", "127.0.0.1:http"} {
		if _, _, err := FreeAddress(bad); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
}

// TestPortIsChosenOnce chooses a port for servers that have not started, as
// another process may do at the same time.
func TestPortIsChosenOnce(t *testing.T) {
	t.Parallel()
	chosen := make(map[string]bool)
	for range 400 {
		address, _, err := FreeAddress("127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		if chosen[address] {
			t.Fatalf("%s is chosen twice", address)
		}
		chosen[address] = true
	}
}

func TestFindPrograms(t *testing.T) {
	dir := t.TempDir()
	program := filepath.Join(dir, "temporal")
	if err := os.WriteFile(program, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	t.Setenv("PATH", dir)
	t.Setenv(config.EnvTemporalBin, "")
	t.Setenv(config.EnvWeaviateBin, "")
	t.Setenv(config.EnvPostgresBin, "")
	if got, err := FindTemporal(""); err != nil || got != program {
		t.Errorf("on the PATH: %q, %v", got, err)
	}
	if _, err := FindWeaviate(""); err == nil || !strings.Contains(err.Error(), "make tools") {
		t.Errorf("missing program: %v", err)
	}
	t.Setenv(config.EnvWeaviateBin, program)
	if got, err := FindWeaviate(""); err != nil || got != program {
		t.Errorf("named in the environment: %q, %v", got, err)
	}
	if _, err := FindTemporal(filepath.Join(dir, "absent")); err == nil {
		t.Error("an explicit path that does not exist is replaced by another")
	}
	t.Setenv(config.EnvPostgresBin, dir)
	if _, err := FindPostgres("", ""); err == nil || !strings.Contains(err.Error(), config.EnvPostgresBin) {
		t.Errorf("folder without Postgres: %v", err)
	}
}

func TestFolderIsLocked(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f, err := openFolder(dir, "x")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := openFolder(dir, "x"); err == nil || !strings.Contains(err.Error(), "steward dev") {
		t.Errorf("second user of a folder: %v", err)
	}
	if err := f.close(); err != nil {
		t.Fatal(err)
	}
	f, err = openFolder(dir, "x")
	if err != nil {
		t.Fatalf("after the end of the first: %v", err)
	}
	if err := f.close(); err != nil {
		t.Error(err)
	}
}

func TestAbandonedFoldersAreRemoved(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	used, err := openFolder("", "x")
	if err != nil {
		t.Fatal(err)
	}
	abandoned, beingMade := filepath.Join(tmp, tempPrefix+"abandoned"), filepath.Join(tmp, tempPrefix+"being-made")
	for _, dir := range []string{abandoned, beingMade} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(abandoned, lockName), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	next, err := openFolder("", "x")
	if err != nil {
		t.Fatal(err)
	}
	for dir, want := range map[string]bool{abandoned: false, beingMade: true, used.root: true, next.root: true} {
		if _, err := os.Stat(dir); (err == nil) != want {
			t.Errorf("folder %s: there %v, want %v", dir, err == nil, want)
		}
	}
	for _, f := range []*folder{used, next} {
		if err := f.close(); err != nil {
			t.Error(err)
		}
	}
}
