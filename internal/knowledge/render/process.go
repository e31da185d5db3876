package render

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/chromedp/chromedp"
)

// startTime bounds the start of a browser.
const startTime = 30 * time.Second

// process is one Chromium.
type process struct {
	// ready is closed when it runs or has failed; then ctx and err are set.
	ready chan struct{}
	ctx   context.Context // of its first tab; ends with the process
	err   error

	parent context.Context
	kill   context.CancelFunc
	done   chan struct{} // closed when nothing of it is left
}

func newProcess(parent context.Context) *process {
	p := &process{ready: make(chan struct{}), done: make(chan struct{})}
	p.parent, p.kill = context.WithCancel(parent)
	return p
}

// start runs the browser until stop, or until it ends by itself, and takes away
// what it leaves behind.
func (p *process) start(o Options) {
	defer close(p.done)
	defer p.kill()
	err := p.run(o)
	if err != nil && p.parent.Err() == nil {
		// On a busy machine a browser may crash while it starts.
		err = p.run(o)
	}
	if err != nil {
		p.err = err
		close(p.ready)
	}
}

// run closes ready once the browser answers and returns when it has ended. An
// error says that it did not start.
func (p *process) run(o Options) error {
	home, err := makeHome()
	if err != nil {
		return err
	}
	defer removeHome(home)
	var group func() error
	options := append(flags(o, home), chromedp.ModifyCmdFunc(func(cmd *exec.Cmd) {
		cmd.SysProcAttr = attributes()
		// Its helpers are in its group.
		group = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
		cmd.Cancel = group
	}))
	late := time.AfterFunc(startTime, p.kill)
	defer late.Stop()
	allocator, closeAllocator := chromedp.NewExecAllocator(p.parent, options...)
	quiet := func(string, ...any) {}
	ctx, closeBrowser := chromedp.NewContext(allocator,
		chromedp.WithLogf(quiet), chromedp.WithErrorf(quiet), chromedp.WithDebugf(quiet))
	defer func() {
		closeBrowser()
		closeAllocator()
		if p.ctx != nil {
			_ = group() // what outlives a browser that has ended by itself
		}
	}()
	if err := chromedp.Do(ctx); err != nil {
		return fmt.Errorf("run browser: %w", err)
	}
	if !late.Stop() {
		return errors.New("it did not answer in time")
	}
	p.ctx = ctx
	close(p.ready)
	<-ctx.Done()
	return nil
}

// makeHome makes the folder of everything that the browser writes.
func makeHome() (string, error) {
	home, err := os.MkdirTemp("", "steward-browser-")
	if err != nil {
		return "", fmt.Errorf("make browser's folder: %w", err)
	}
	profile := filepath.Join(home, "profile", "Default")
	// Pages are loaded when they are asked for, not because a page says that
	// they may be next.
	const preferences = `{"net":{"network_prediction_options":2}}`
	if err = os.MkdirAll(profile, 0o700); err == nil {
		err = os.WriteFile(filepath.Join(profile, "Preferences"), []byte(preferences), 0o600)
	}
	if err != nil {
		os.RemoveAll(home)
		return "", fmt.Errorf("make browser's profile: %w", err)
	}
	return home, nil
}

// removeHome takes the folder away. Helpers that are about to end may still
// write to it.
func removeHome(home string) {
	for range 50 {
		if os.RemoveAll(home) == nil {
			return
		}
		<-time.After(20 * time.Millisecond)
	}
}

// ended reports whether the browser is gone, by its own fault or ours.
func (p *process) ended() bool {
	select {
	case <-p.ready:
		return p.err != nil || p.ctx.Err() != nil
	default:
		return p.parent.Err() != nil
	}
}

// stop ends the browser and waits until nothing of it is left.
func (p *process) stop() {
	p.kill()
	<-p.done
}

// flags are how the browser is started. It gets no variable of our environment,
// which holds secrets, and no direct way to the network: names are not looked
// up, and what belongs to no page goes to a proxy that does not exist. WebRTC
// and QUIC, which would go around a proxy, are off.
func flags(o Options, home string) []chromedp.ExecAllocatorOption {
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(o.Chromium),
		chromedp.NoInheritEnv,
		chromedp.Env("PATH="+os.Getenv("PATH"), "HOME="+home, "TMPDIR="+home, "LANG=C.UTF-8"),
		chromedp.Flag("headless", "new"),
		chromedp.Flag("proxy-server", "127.0.0.1:1"),
		chromedp.Flag("proxy-bypass-list", "<-loopback>"),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"),
		chromedp.Flag("webrtc-ip-handling-policy", "disable_non_proxied_udp"),
		chromedp.Flag("force-webrtc-ip-handling-policy", "disable_non_proxied_udp"),
		chromedp.Flag("disable-features", "Translate,OptimizationHints,MediaRouter,DialMediaRouteProvider,AutofillServerCommunication,Prerender2"),
		chromedp.Flag("js-flags", "--max-old-space-size=512"),
		chromedp.Flag("password-store", "basic"),
		chromedp.UserDataDir(filepath.Join(home, "profile")),
	}
	if o.UserAgent != "" {
		options = append(options, chromedp.UserAgent(o.UserAgent))
	}
	for _, name := range []string{
		"disable-gpu", "disable-quic", "disable-background-networking", "disable-component-update", "disable-sync",
		"disable-extensions", "disable-default-apps", "disable-breakpad", "disable-crash-reporter", "disable-domain-reliability",
		"disable-client-side-phishing-detection", "disable-dev-shm-usage", "disable-hang-monitor", "disable-notifications",
		"dns-prefetch-disable", "block-new-web-contents", "deny-permission-prompts", "metrics-recording-only", "mute-audio",
		"hide-scrollbars", "no-first-run", "no-default-browser-check", "no-pings", "enable-automation", "use-mock-keychain",
	} {
		options = append(options, chromedp.Flag(name, true))
	}
	return options
}
