package devstack

import (
	"context"
	"time"
)

const (
	minBackoff = 200 * time.Millisecond
	maxBackoff = 10 * time.Second
	// steadyAfter is the life after which a child counts as healthy and the next restart is quick again.
	steadyAfter = 30 * time.Second
)

// Supervise starts a child like StartProcess and starts it again whenever it dies, after a pause of 200 ms
// that doubles up to 10 s while it keeps dying. Only Stop ends this; ctx bounds the first start. A child that
// cannot be started at first is an error, so that a wrong setting is seen at once.
func Supervise(ctx context.Context, spec ProcessSpec) (*Process, error) {
	p, err := StartProcess(ctx, spec)
	if err != nil {
		return nil, err
	}
	p.supervised = make(chan struct{})
	// The values of ctx stay, its end does not: it belongs to the first start.
	go p.supervise(context.WithoutCancel(ctx))
	return p, nil
}

func (p *Process) supervise(ctx context.Context) {
	defer close(p.supervised)
	backoff := minBackoff
	for {
		r := p.current()
		select {
		case <-p.closing:
			return
		case <-r.done:
		}
		if time.Since(r.started) > steadyAfter {
			backoff = minBackoff
		}
		if p.unattended(r) {
			p.spec.Log.Warn("process ended and is started again", "process", p.spec.Name, "pid", r.pid, "state", r.state(), "pause", backoff)
		}
		select {
		case <-p.closing:
			return
		case <-time.After(backoff):
		}
		if err := p.revive(ctx, r); err != nil {
			p.spec.Log.Error("process cannot be started", "process", p.spec.Name, "error", err)
		}
		backoff = min(2*backoff, maxBackoff)
	}
}

// unattended reports that r is still the last child, so nobody has restarted or stopped it by hand.
func (p *Process) unattended(r *run) bool {
	select {
	case <-p.closing:
		return false
	default:
		return p.current() == r
	}
}

// revive starts the child again unless somebody else did or stopped it meanwhile.
func (p *Process) revive(ctx context.Context, r *run) error {
	p.change.Lock()
	defer p.change.Unlock()
	if !p.unattended(r) {
		return nil
	}
	return p.start(ctx)
}
