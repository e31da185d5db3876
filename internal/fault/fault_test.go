package fault

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
	"testing"
)

func TestOnlyTheArmedHitFires(t *testing.T) {
	t.Parallel()
	p, err := Parse("relay.after_receive:3", true)
	if err != nil {
		t.Fatal(err)
	}
	fired := 0
	p.kill = func() { fired++ }
	want := []int{0, 0, 1, 1}
	for i, w := range want {
		p.At("gateway.after_commit")
		p.At("relay.after_receive")
		if fired != w {
			t.Errorf("after hit %d: fired %d times, want %d", i+1, fired, w)
		}
	}
}

func TestNothingIsArmed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		value string
		dev   bool
	}{{"", true}, {"gateway.after_commit", false}, {"", false}} {
		p, err := Parse(c.value, c.dev)
		if err != nil || p != nil {
			t.Errorf("Parse(%q, %t) = %v, %v, want nothing armed", c.value, c.dev, p, err)
		}
		p.At("gateway.after_commit")
	}
}

func TestWrongCount(t *testing.T) {
	t.Parallel()
	for _, value := range []string{"x:", "x:0", "x:-1", "x:y"} {
		if _, err := Parse(value, true); err == nil {
			t.Errorf("Parse(%q) took it", value)
		}
	}
}

// TestKillsTheProcess runs this test binary again as the process that dies.
func TestKillsTheProcess(t *testing.T) {
	if os.Getenv("FAULT_TEST_CHILD") == "1" {
		p, err := Parse(os.Getenv(Env), true)
		if err != nil {
			t.Fatal(err)
		}
		p.At("here")
		t.Fatal("still alive")
	}
	t.Parallel()
	cmd := exec.Command(os.Args[0], "-test.run=^TestKillsTheProcess$")
	cmd.Env = append(os.Environ(), "FAULT_TEST_CHILD=1", Env+"=here")
	err := cmd.Run()
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		t.Fatalf("child ended with %v, want a signal", err)
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	if !ok || !status.Signaled() || status.Signal() != syscall.SIGKILL {
		t.Fatalf("child ended with %v, want SIGKILL", exit)
	}
}
