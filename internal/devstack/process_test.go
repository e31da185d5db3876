package devstack

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// eventually polls until ok says yes, and fails the test when it does not within 20 s.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); {
		if time.Now().After(deadline) {
			t.Fatalf("did not happen: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// gone reports that a process has ended. One that its new parent has not reaped yet counts as gone.
func gone(pid int) bool {
	if !alive(pid) {
		return true
	}
	stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	return err == nil && strings.Contains(string(stat), ") Z ")
}

type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func shell(script string) ProcessSpec {
	return ProcessSpec{Name: "child", Path: "/bin/sh", Args: []string{"-c", script}}
}

func TestProcessLife(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	spec := shell(`echo started; printf 'no line end'; trap 'echo bye; exit 0' TERM; touch ready; while :; do sleep 0.02; done`)
	var console safeBuffer
	spec.Dir, spec.PIDFile, spec.LogFile, spec.Output = dir, filepath.Join(dir, "run", "child.pid"), filepath.Join(dir, "logs", "child.log"), &console
	spec.Ready = func(context.Context) error {
		_, err := os.Stat(filepath.Join(dir, "ready"))
		return err
	}
	p, err := StartProcess(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	first := p.PID()
	if data, err := os.ReadFile(spec.PIDFile); err != nil || strings.TrimSpace(string(data)) != strconv.Itoa(first) {
		t.Errorf("pid file %q, %v; want %d", data, err, first)
	}
	if err := p.Kill(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(spec.PIDFile); !gone(first) || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("after Kill: alive %v, pid file %v", !gone(first), err)
	}
	if err := p.Kill(); err != nil {
		t.Errorf("killing a dead process: %v", err)
	}
	if err := os.Remove(filepath.Join(dir, "ready")); err != nil {
		t.Fatal(err)
	}
	if err := p.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if p.PID() == first {
		t.Error("restart has kept the process")
	}
	for range 2 {
		if err := p.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if p.Restart(t.Context()) == nil {
		t.Error("a stopped process can be restarted")
	}
	for _, want := range []string{"child    | started\n", "child    | no line endbye\n"} {
		if !strings.Contains(console.String(), want) {
			t.Errorf("console lacks %q:\n%s", want, console.String())
		}
	}
	if data, err := os.ReadFile(spec.LogFile); err != nil || !strings.Contains(string(data), "bye") {
		t.Errorf("log file %q, %v", data, err)
	}
}

func TestStopKillsAStubbornProcess(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	spec := shell(`trap '' TERM; touch ready; while :; do sleep 0.02; done`)
	spec.Dir, spec.StopTimeout = dir, 50*time.Millisecond
	spec.Ready = func(context.Context) error {
		_, err := os.Stat(filepath.Join(dir, "ready"))
		return err
	}
	p, err := StartProcess(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Stop(t.Context()); err == nil || !gone(p.PID()) {
		t.Errorf("error %v, alive %v; want an error and no process", err, !gone(p.PID()))
	}
}

func TestStartFailures(t *testing.T) {
	t.Parallel()
	never := func(context.Context) error { return errors.New("not yet") }
	tests := map[string]struct {
		spec ProcessSpec
		want []string
	}{
		"no program":   {ProcessSpec{Name: "x", Path: "/does/not/exist"}, []string{"start x", "no such file"}},
		"ends at once": {ProcessSpec{Name: "x", Path: "/bin/sh", Args: []string{"-c", "echo bad setting >&2; exit 3"}, Ready: never}, []string{"exit status 3", "bad setting"}},
		"never ready":  {ProcessSpec{Name: "x", Path: "/bin/sleep", Args: []string{"60"}, Ready: never, ReadyTimeout: 50 * time.Millisecond}, []string{"not ready in time", "not yet"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := StartProcess(t.Context(), tt.spec)
			for _, want := range tt.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("error %v lacks %q", err, want)
				}
			}
		})
	}
}

func TestSuperviseStartsAgain(t *testing.T) {
	t.Parallel()
	spec := ProcessSpec{Name: "child", Path: "/bin/sleep", Args: []string{"60"}, PIDFile: filepath.Join(t.TempDir(), "child.pid")}
	ctx, cancel := context.WithCancel(t.Context())
	p, err := Supervise(ctx, spec)
	if err != nil {
		t.Fatal(err)
	}
	cancel() // belongs to the start only
	for range 2 {
		old := p.PID()
		if err := syscall.Kill(old, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		eventually(t, "a new process in the pid file", func() bool {
			data, err := os.ReadFile(spec.PIDFile)
			return err == nil && p.PID() != old && strings.TrimSpace(string(data)) == strconv.Itoa(p.PID())
		})
	}
	if err := p.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !gone(p.PID()) {
		t.Error("process lives after Stop")
	}
}

func TestStopEndsAFailingSupervision(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	flag := filepath.Join(dir, "ran")
	spec := shell(`test -e ran && exit 1; touch ran; exec sleep 60`)
	spec.Dir = dir
	spec.Ready = func(context.Context) error { _, err := os.Stat(flag); return err }
	p, err := Supervise(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Kill(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- p.Stop(t.Context()) }()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("Stop hangs while the process keeps dying")
	}
}

func TestOutputCutsEndlessLines(t *testing.T) {
	t.Parallel()
	var console safeBuffer
	o := &output{name: "x", console: &console}
	for range 3 * maxLine / 1024 {
		if n, err := o.Write(bytes.Repeat([]byte("a"), 1024)); n != 1024 || err != nil {
			t.Fatal(n, err)
		}
	}
	if len(o.rest) > maxLine {
		t.Errorf("%d bytes are kept", len(o.rest))
	}
	if got := strings.Count(console.String(), "\n"); got < 2 {
		t.Errorf("%d lines came out", got)
	}
}
