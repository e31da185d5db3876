package devstack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"syscall"
	"time"
)

const (
	defaultReadyTimeout = 60 * time.Second
	defaultStopTimeout  = 30 * time.Second
	readyPollEvery      = 25 * time.Millisecond
)

// ProcessSpec says how to start a child and how to tell that it is ready.
type ProcessSpec struct {
	// Name stands in logs, in front of forwarded lines and in errors.
	Name string
	// Path is the program; Args are its arguments without the program's name.
	Path string
	Args []string
	// Env is the whole environment. Nil means ours.
	Env []string
	// Dir is the working folder. Empty means ours.
	Dir string
	// PIDFile receives the pid while the child runs. Empty means none.
	PIDFile string
	// LogFile receives all output, from the last start on. Empty means none.
	LogFile string
	// Output receives the output line by line, each with the name in front. Nil means none.
	Output io.Writer
	// Forward says which lines go to Output. Nil means all.
	Forward func(line string) bool
	// Log receives what happens to the process. Nil means nothing is logged.
	Log *slog.Logger
	// Ready is asked again and again until it returns nil. Nil means ready once started.
	Ready func(ctx context.Context) error
	// ReadyTimeout is the longest wait for Ready. 0 means 60 s.
	ReadyTimeout time.Duration
	// StopSignal asks the child to end. 0 means SIGTERM.
	StopSignal syscall.Signal
	// StopTimeout is the time between StopSignal and SIGKILL. 0 means 30 s.
	StopTimeout time.Duration
	// DeathSignal reaches the child when we die without stopping it. 0 means SIGKILL.
	DeathSignal syscall.Signal

	// identity is the user to run as; nil means ours.
	identity *identity
	// before runs before each start, also before a restart.
	before func(ctx context.Context) error
}

// Process is a child that can be stopped, killed and restarted. Its methods may be called at the same time.
type Process struct {
	spec       ProcessSpec
	closing    chan struct{}
	closeOnce  sync.Once
	supervised chan struct{} // closed when the supervising goroutine has ended; nil without one

	change sync.Mutex // held while the process is started or stopped

	mu   sync.Mutex
	last *run
}

// StartProcess starts a child and returns when it is ready. ctx bounds the start only; Stop ends the child.
func StartProcess(ctx context.Context, spec ProcessSpec) (*Process, error) {
	if spec.Log == nil {
		spec.Log = slog.New(slog.DiscardHandler)
	}
	if spec.ReadyTimeout == 0 {
		spec.ReadyTimeout = defaultReadyTimeout
	}
	if spec.StopTimeout == 0 {
		spec.StopTimeout = defaultStopTimeout
	}
	if spec.StopSignal == 0 {
		spec.StopSignal = syscall.SIGTERM
	}
	if spec.DeathSignal == 0 {
		spec.DeathSignal = syscall.SIGKILL
	}
	p := &Process{spec: spec, closing: make(chan struct{})}
	if err := p.start(ctx); err != nil {
		return nil, err
	}
	return p, nil
}

// PID returns the process id of the running or of the last child.
func (p *Process) PID() int { return p.current().pid }

// Exited is closed when the present child has ended. After a restart it is another channel.
func (p *Process) Exited() <-chan struct{} { return p.current().done }

// Stop asks the child to end, kills it when it does not within StopTimeout or before ctx ends, and returns
// when it is gone. A supervised process is not started again. Stopping twice is no error.
func (p *Process) Stop(ctx context.Context) error {
	p.closeOnce.Do(func() { close(p.closing) })
	p.change.Lock()
	err := p.stop(ctx)
	p.change.Unlock()
	if p.supervised != nil {
		<-p.supervised
	}
	return err
}

// Kill ends the child with SIGKILL, as a crash would, and returns when it is gone. A supervised process is
// started again by its supervisor, any other by Restart.
func (p *Process) Kill() error {
	r := p.current()
	if err := r.signal(syscall.SIGKILL); err != nil {
		return fmt.Errorf("kill %s: %w", p.spec.Name, err)
	}
	<-r.done
	return nil
}

// Restart stops the child when it runs, starts it with the same settings and returns when it is ready.
func (p *Process) Restart(ctx context.Context) error {
	p.change.Lock()
	defer p.change.Unlock()
	select {
	case <-p.closing:
		return fmt.Errorf("restart %s: it was stopped for good", p.spec.Name)
	default:
	}
	if err := p.stop(ctx); err != nil {
		return err
	}
	return p.start(ctx)
}

func (p *Process) current() *run {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.last
}

// start launches the child and waits until it is ready. The caller holds p.change, or nobody knows p yet.
func (p *Process) start(ctx context.Context) error {
	if p.spec.before != nil {
		if err := p.spec.before(ctx); err != nil {
			return fmt.Errorf("prepare %s: %w", p.spec.Name, err)
		}
	}
	began := time.Now()
	r, err := launch(p.spec)
	if err != nil {
		return err
	}
	p.mu.Lock()
	p.last = r
	p.mu.Unlock()
	if err := p.waitReady(ctx, r); err != nil {
		_ = r.signal(syscall.SIGKILL)
		<-r.done
		return fmt.Errorf("start %s: %w%s", p.spec.Name, err, r.output.lastLines())
	}
	p.spec.Log.Debug("process is ready", "process", p.spec.Name, "pid", r.pid, "took", time.Since(began).Round(time.Millisecond))
	return nil
}

func (p *Process) waitReady(ctx context.Context, r *run) error {
	if p.spec.Ready == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, p.spec.ReadyTimeout)
	defer cancel()
	for {
		attempt, done := context.WithTimeout(ctx, 2*time.Second)
		err := p.spec.Ready(attempt)
		done()
		if err == nil {
			return nil
		}
		select {
		case <-r.done:
			return fmt.Errorf("it ended before it was ready (%s)", r.state())
		case <-p.closing:
			return errors.New("it was stopped before it was ready")
		case <-ctx.Done():
			return fmt.Errorf("not ready in time: %w (last: %w)", ctx.Err(), err)
		case <-time.After(readyPollEvery):
		}
	}
}

// stop ends the running child. The caller holds p.change.
func (p *Process) stop(ctx context.Context) error {
	r := p.current()
	r.output.mute()
	if err := r.signal(p.spec.StopSignal); err != nil {
		return fmt.Errorf("stop %s: %w", p.spec.Name, err)
	}
	timeout := time.NewTimer(p.spec.StopTimeout)
	defer timeout.Stop()
	select {
	case <-r.done:
		return nil
	case <-timeout.C:
	case <-ctx.Done():
	}
	err := r.signal(syscall.SIGKILL)
	<-r.done
	return errors.Join(fmt.Errorf("stop %s: it did not end in time and was killed", p.spec.Name), err)
}

// alive reports whether a process with this id exists.
func alive(pid int) bool {
	err := syscall.Kill(pid, 0)
	return err == nil || errors.Is(err, os.ErrPermission)
}
