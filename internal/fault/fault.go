// Package fault lets tests kill a process at a named point of its code, the way
// a power cut would: by SIGKILL, with nothing cleaned up.
//
// It owns the points' counters. It does nothing at all in a process that was
// not started for it: Parse gives no Points unless development is switched on,
// and a nil *Points never fires. Product behaviour must never depend on it.
package fault

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
)

// Env names the variable that arms a point: the point's name, or name:n for its
// n-th hit. Default 1.
const Env = "STEWARD_FAULT"

// Points is the armed point of a process. A nil Points is never hit.
type Points struct {
	name string
	left atomic.Int64
	kill func()
}

// Parse reads the value of Env. Without dev, or with an empty value, no point
// is armed.
func Parse(value string, dev bool) (*Points, error) {
	if !dev || value == "" {
		return nil, nil
	}
	name, count, counted := strings.Cut(value, ":")
	hits := int64(1)
	if counted {
		n, err := strconv.ParseInt(count, 10, 64)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("read %s: use name or name:n with n from 1", Env)
		}
		hits = n
	}
	p := &Points{name: name, kill: killSelf}
	p.left.Store(hits)
	return p, nil
}

// At marks a point of the code. It does not return from the armed hit of the
// armed point.
func (p *Points) At(name string) {
	if p == nil || p.name != name {
		return
	}
	if p.left.Add(-1) == 0 {
		p.kill()
	}
}

// killSelf ends the process at once, and waits for the end.
func killSelf() {
	if err := syscall.Kill(os.Getpid(), syscall.SIGKILL); err != nil {
		os.Exit(137)
	}
	select {}
}
