package sandbox

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"
)

// A worker that is killed cannot clear up: the kernel ends what it has started.
func TestChildDiesWithTheWorker(t *testing.T) {
	t.Parallel()
	fifo := filepath.Join(t.TempDir(), "pid")
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	worker := exec.CommandContext(t.Context(), os.Args[0], childArgument, "worker", fifo)
	worker.Env = append(os.Environ(), "TMPDIR="+t.TempDir())
	if err := worker.Start(); err != nil {
		t.Fatal(err)
	}
	// Reading waits for the child to write.
	word, err := os.ReadFile(fifo)
	if err != nil {
		t.Fatal(err)
	}
	child, err := strconv.Atoi(string(word))
	if err != nil {
		t.Fatal(err)
	}
	handle, err := unix.PidfdOpen(child, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(handle)
	if err := worker.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = worker.Wait()
	const milliseconds = 20_000
	if n, err := unix.Poll([]unix.PollFd{{Fd: int32(handle), Events: unix.POLLIN}}, milliseconds); n != 1 {
		_ = unix.Kill(child, unix.SIGKILL)
		t.Errorf("the child lives on: %v", err)
	}
}
