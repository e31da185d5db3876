package render

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os/exec"
	"sync"
	"time"

	"steward/internal/knowledge"
	"steward/internal/netguard"
	"steward/schemas"
)

// ErrNoBrowser says that there is no Chromium on this machine.
var ErrNoBrowser = errors.New("no browser is installed: install chromium (Debian: apt install chromium) or name its path")

const (
	// DefaultTimeout bounds one page.
	DefaultTimeout = 20 * time.Second
	// maxTabs is how many pages are open at once: each takes about 200 MB.
	maxTabs = 2
	// idleTime is how long a browser without pages is kept.
	idleTime = time.Minute
)

// Options set up a Browser.
type Options struct {
	// Chromium is the browser's path. Empty: chromium, chromium-browser or
	// google-chrome from PATH.
	Chromium string
	// Dial opens every connection of the browser; it must refuse addresses that
	// are not public with netguard.ErrForbidden. Nil: a guard that lets none
	// through.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// UserAgent is what the browser calls itself; empty: its own name.
	UserAgent string
	// Timeout of one page, after which what is there is taken; 0 means
	// DefaultTimeout.
	Timeout time.Duration
	// MaxBytes is the longest HTML returned; 0 means schemas.MaxPageBytes.
	MaxBytes int
}

// Browser renders pages. It is safe for concurrent use.
type Browser struct {
	options Options
	idle    time.Duration
	slots   chan struct{}

	ctx  context.Context // ends with Close
	stop context.CancelFunc
	work sync.WaitGroup

	mu      sync.Mutex
	process *process // nil: none is running
	users   int
	timer   *time.Timer
}

var _ knowledge.Renderer = (*Browser)(nil)

// New finds the browser. It starts with the first page.
func New(o Options) (*Browser, error) {
	names := []string{o.Chromium}
	if o.Chromium == "" {
		names = []string{"chromium", "chromium-browser", "google-chrome"}
	}
	o.Chromium = ""
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			o.Chromium = path
			break
		}
	}
	if o.Chromium == "" {
		return nil, ErrNoBrowser
	}
	if o.Dial == nil {
		o.Dial = netguard.New(nil).DialWeb
	}
	if o.Timeout <= 0 {
		o.Timeout = DefaultTimeout
	}
	if o.MaxBytes <= 0 {
		o.MaxBytes = schemas.MaxPageBytes
	}
	b := &Browser{options: o, idle: idleTime, slots: make(chan struct{}, maxTabs)}
	b.ctx, b.stop = context.WithCancel(context.Background())
	return b, nil
}

// Close stops the browser and ends the pages that are open. No page can be
// rendered afterwards.
func (b *Browser) Close() {
	b.stop()
	b.mu.Lock()
	if b.timer != nil {
		b.timer.Stop()
	}
	if b.process != nil {
		b.discard()
	}
	b.mu.Unlock()
	b.work.Wait()
}

// Render implements knowledge.Renderer. It returns the HTML once it has stayed
// the same for a moment and the page waits for nothing, or when the time is
// over. Pictures, fonts, films and frames are not loaded, and the page cannot
// leave its address. Its errors are Failures: http_<status> for a page that is
// an error in a browser, forbidden_host, timeout, unreachable, too_large,
// unsupported_type, internal when the browser fails.
func (b *Browser) Render(ctx context.Context, address string) (string, error) {
	target, err := url.Parse(address)
	if err != nil || target.Scheme != "http" && target.Scheme != "https" || target.Host == "" {
		return "", knowledge.Fail(schemas.FailForbiddenHost, errors.New("only http and https are rendered"))
	}
	select {
	case b.slots <- struct{}{}:
	case <-ctx.Done():
		return "", interrupted(ctx)
	case <-b.ctx.Done():
		return "", errClosed()
	}
	p, err := b.acquire()
	if err != nil {
		<-b.slots
		return "", err
	}
	// Closing a tab can take seconds; whoever waits for its text need not.
	release := func() {
		b.release()
		<-b.slots
	}
	select {
	case <-p.ready:
	case <-ctx.Done():
		release()
		return "", interrupted(ctx)
	}
	if p.err != nil {
		release()
		return "", knowledge.FailForNow(schemas.FailInternal, fmt.Errorf("start browser: %w", p.err))
	}
	html, closeTab, err := b.render(ctx, p, target)
	go func() {
		closeTab()
		release()
	}()
	return html, err
}

// acquire returns the running browser, or starts one.
func (b *Browser) acquire() (*process, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ctx.Err() != nil {
		return nil, errClosed()
	}
	if b.timer != nil {
		b.timer.Stop()
	}
	if b.process != nil && b.process.ended() {
		b.discard()
	}
	if b.process == nil {
		p := newProcess(b.ctx)
		b.work.Go(func() { p.start(b.options) })
		b.process = p
	}
	b.users++
	// Close waits for all users that it has not turned away.
	b.work.Add(1)
	return b.process, nil
}

func (b *Browser) release() {
	defer b.work.Done()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.users--
	if b.users == 0 && b.ctx.Err() == nil {
		b.timer = time.AfterFunc(b.idle, b.rest)
	}
}

// rest stops a browser that nobody has used.
func (b *Browser) rest() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.users == 0 && b.process != nil {
		b.discard()
	}
}

// discard stops the process without waiting for its end. The caller holds mu.
func (b *Browser) discard() {
	b.work.Go(b.process.stop)
	b.process = nil
}

func errClosed() error {
	return knowledge.FailForNow(schemas.FailInternal, errors.New("browser is closed"))
}

// interrupted names why a caller no longer waits.
func interrupted(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return knowledge.FailForNow(schemas.FailTimeout, errors.New("no answer in time"))
	}
	return knowledge.FailForNow(schemas.FailInternal, context.Canceled)
}
