package devstack

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"time"
)

// pipeGrace is how long the output of a dead child is still read: grandchildren may hold its pipe open.
const pipeGrace = 2 * time.Second

// run is one life of a child.
type run struct {
	cmd     *exec.Cmd
	pid     int
	started time.Time
	output  *output
	done    chan struct{} // closed after the child was reaped
}

// launch starts the child.
//
// The kernel sends the parent-death signal when the thread that started the child ends. So that thread is
// kept for the child: a goroutine locked to it starts the child and waits for its end.
func launch(spec ProcessSpec) (*run, error) {
	out, err := openOutput(spec)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", spec.Name, err)
	}
	cmd := exec.Command(spec.Path, spec.Args...)
	cmd.Env, cmd.Dir = spec.Env, spec.Dir
	cmd.Stdout, cmd.Stderr = out, out
	cmd.WaitDelay = pipeGrace
	cmd.SysProcAttr = childAttributes(spec.identity, spec.DeathSignal)
	r := &run{cmd: cmd, started: time.Now(), output: out, done: make(chan struct{})}

	began := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		if err := cmd.Start(); err != nil {
			began <- err
			return
		}
		r.pid = cmd.Process.Pid
		err := writePIDFile(spec.PIDFile, r.pid)
		if err != nil {
			_ = r.signal(syscall.SIGKILL)
		}
		began <- err
		// The way the child ended is in cmd.ProcessState; Wait's error only says the same.
		_ = cmd.Wait()
		out.close()
		removePIDFile(spec.PIDFile, r.pid)
		close(r.done)
	}()
	if err := <-began; err != nil {
		out.close()
		return nil, fmt.Errorf("start %s: %w", spec.Name, err)
	}
	return r, nil
}

// signal sends sig to the child; a child that has ended is no error. os.Process never signals a pid that was
// reaped, so no other process can be hit.
func (r *run) signal(sig syscall.Signal) error {
	err := r.cmd.Process.Signal(sig)
	if errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	return err
}

// state tells how the child ended. Only valid after done.
func (r *run) state() string { return r.cmd.ProcessState.String() }

// writePIDFile replaces the file in one step, so that a reader never sees half a number.
func writePIDFile(path string, pid int) error {
	if path == "" {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o711); err != nil {
		return fmt.Errorf("make folder for pid file: %w", err)
	}
	fresh := path + ".new"
	if err := os.WriteFile(fresh, []byte(strconv.Itoa(pid)+"\n"), 0o644); err != nil {
		return fmt.Errorf("write pid file: %w", err)
	}
	if err := os.Rename(fresh, path); err != nil {
		return fmt.Errorf("write pid file: %w", err)
	}
	return nil
}

// removePIDFile removes the file unless a later child has written it.
func removePIDFile(path string, pid int) {
	if data, err := os.ReadFile(path); err == nil && string(data) == strconv.Itoa(pid)+"\n" {
		_ = os.Remove(path)
	}
}
