package sandbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"
)

const (
	// maxErrors is how much of what a process complains about is kept, in bytes.
	maxErrors = 64 << 10
	// pipeWait is how long the pipes of a process may stay open after its end.
	pipeWait = 2 * time.Second
	// goCrash is the exit code of a Go program that crashed.
	goCrash = 2
)

// Process is one run of a program.
type Process struct {
	// Command is the path of the program and its arguments. No shell reads it.
	Command []string
	// Dir is where it starts and the only place it is told to write to.
	Dir string
	// Stdin may be nil.
	Stdin io.Reader
	// MaxOutput is how many bytes it may write; more ends it.
	MaxOutput int
	// Timeout is its time on the clock.
	Timeout time.Duration
	// Limits of the program.
	Limits Limits
	// LimitsItself is true for a program that sets its limits by itself, as Main
	// does. On others they are set right after the start, on Linux only.
	LimitsItself bool
}

// End is how a process ended.
type End int

// The ends of a process.
const (
	// EndExit: by itself, see Result.Code.
	EndExit End = iota
	// EndMemory: it ran out of memory.
	EndMemory
	// EndProcessor: it used up its processor time.
	EndProcessor
	// EndTimeout: it was still running when its time was up.
	EndTimeout
	// EndOutput: it wrote more than it may.
	EndOutput
	// EndCrash: by a signal, or by a panic.
	EndCrash
)

// Result is what came of a process.
type Result struct {
	End End
	// Code is its exit code with EndExit.
	Code int
	// Output is what it wrote.
	Output []byte
	// Complaints is the beginning of what it wrote to its error output. It may
	// hold content: it must not be logged or shown.
	Complaints string
	// Memory is the largest memory it had resident, in bytes; 0 when unknown.
	Memory int64
}

// Run starts a process and waits for its end. Its error is that of the context,
// or says that the process could not be started. Whatever the process has
// started is killed with it.
func (p Process) Run(ctx context.Context) (Result, error) {
	// The kernel kills a child when the thread that started it ends.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	limited, cancel := context.WithTimeout(ctx, p.Timeout)
	defer cancel()
	output := &capped{limit: p.MaxOutput, full: cancel}
	complaints := &head{limit: maxErrors}
	cmd, err := p.start(limited, output, complaints)
	if err != nil {
		if ctx.Err() != nil {
			return Result{}, ctx.Err()
		}
		return Result{}, err
	}
	err = cmd.Wait()
	// Nothing of its group is left to reuse the number, unless it is alive.
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	if ctx.Err() != nil {
		return Result{}, ctx.Err()
	}
	if cmd.ProcessState == nil {
		return Result{}, fmt.Errorf("wait for process: %w", err)
	}
	result := Result{Output: output.buf.Bytes(), Complaints: complaints.buf.String(), Memory: resident(cmd.ProcessState)}
	result.End, result.Code = p.ended(limited, cmd.ProcessState, output, result.Complaints)
	if result.End == EndExit && result.Code == 0 && err != nil {
		// It ended well, and something it started held on to its output.
		result.End = EndCrash
	}
	return result, nil
}

// start tries with namespaces first.
func (p Process) start(ctx context.Context, output, complaints io.Writer) (*exec.Cmd, error) {
	for _, isolated := range []bool{true, false} {
		cmd := exec.CommandContext(ctx, p.Command[0], p.Command[1:]...)
		cmd.Dir, cmd.Stdin, cmd.Stdout, cmd.Stderr = p.Dir, p.Stdin, output, complaints
		cmd.Env = environment(p.Dir)
		cmd.WaitDelay = pipeWait
		cmd.SysProcAttr = attributes(isolated)
		cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
		err := cmd.Start()
		if err != nil && isolated && forbidden(err) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("start process: %w", err)
		}
		if p.LimitsItself {
			return cmd, nil
		}
		if err := p.Limits.apply(cmd.Process.Pid); err != nil && !errors.Is(err, syscall.ESRCH) {
			_ = cmd.Cancel()
			_ = cmd.Wait()
			return nil, err
		}
		return cmd, nil
	}
	return nil, errors.New("start process: not permitted")
}

// environment is all that a process learns of the worker's. GOTRACEBACK keeps
// the dump of a Go program short.
func environment(dir string) []string {
	path := os.Getenv("PATH")
	if path == "" {
		path = "/usr/local/bin:/usr/bin:/bin"
	}
	variables := []string{
		"PATH=" + path, "LANG=C.UTF-8", "LC_ALL=C.UTF-8", "HOME=" + dir, "TMPDIR=" + dir,
		"GOTRACEBACK=none", "GOMAXPROCS=2", "OMP_THREAD_LIMIT=1",
	}
	if packs := os.Getenv("TESSDATA_PREFIX"); packs != "" {
		// Where tesseract has its language packs, if not at its own place.
		variables = append(variables, "TESSDATA_PREFIX="+packs)
	}
	return variables
}

// ended says how a process ended.
func (p Process) ended(limited context.Context, state *os.ProcessState, output *capped, complaints string) (End, int) {
	status, _ := state.Sys().(syscall.WaitStatus)
	used := state.UserTime() + state.SystemTime()
	switch {
	case output.over:
		return EndOutput, 0
	case state.Success():
		return EndExit, 0
	case status.Signaled() && status.Signal() == syscall.SIGXCPU, p.LimitsItself && state.ExitCode() == exitProcessor:
		return EndProcessor, 0
	case outOfMemory(complaints):
		return EndMemory, 0
	case state.ExitCode() == goCrash && (strings.Contains(complaints, "panic: ") || strings.Contains(complaints, "fatal error: ")):
		return EndCrash, 0
	case status.Signaled() && status.Signal() == syscall.SIGKILL:
		switch {
		case limited.Err() != nil:
			return EndTimeout, 0
		case used >= p.Limits.processorTime()/2:
			// It did not heed the signal before. The kernel counts in ticks, and
			// may have counted far more than it reports.
			return EndProcessor, 0
		}
		// Nobody else kills but a system without memory.
		return EndMemory, 0
	case status.Signaled():
		return EndCrash, 0
	}
	return EndExit, state.ExitCode()
}

// outOfMemory knows how Go, C++ and C programs say so.
func outOfMemory(complaints string) bool {
	for _, words := range []string{
		"out of memory", "cannot allocate", "Cannot allocate", "bad_alloc", "stack overflow", "failed to create new OS thread", "failed to reserve",
	} {
		if strings.Contains(complaints, words) {
			return true
		}
	}
	return false
}

// resident returns the largest resident memory of a process that ended.
func resident(state *os.ProcessState) int64 {
	usage, ok := state.SysUsage().(*syscall.Rusage)
	if !ok || runtime.GOOS != "linux" {
		return 0
	}
	return usage.Maxrss << 10 // in KiB on Linux
}

// capped keeps what is written up to a limit and ends the process beyond it.
type capped struct {
	buf   bytes.Buffer
	limit int
	over  bool
	full  func()
}

func (c *capped) Write(b []byte) (int, error) {
	if c.buf.Len()+len(b) > c.limit {
		c.over = true
		c.full()
		return 0, errors.New("too much output")
	}
	return c.buf.Write(b)
}

// head keeps the beginning of what is written.
type head struct {
	buf   bytes.Buffer
	limit int
}

func (h *head) Write(b []byte) (int, error) {
	h.buf.Write(b[:min(len(b), h.limit-h.buf.Len())])
	return len(b), nil
}
