package render

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"

	"steward/internal/knowledge"
	"steward/schemas"
)

// tab is one page with what it does.
type tab struct {
	ctx   context.Context
	frame cdp.FrameID
	calls sync.WaitGroup

	mu sync.Mutex
	// address is the page's, as the browser writes it, without fragment; empty
	// until it is asked for.
	address string
	pending map[network.RequestID]bool
	status  int
	// strayed is true when the page has tried to leave its address.
	strayed bool
}

// render opens a page in a tab of its own, with cookies and a proxy of its own.
// The returned function closes it; it may be slow.
func (b *Browser) render(ctx context.Context, p *process, address *url.URL) (string, func(), error) {
	ways, err := newProxy(b.options.Dial)
	if err != nil {
		return "", func() {}, knowledge.FailForNow(schemas.FailInternal, err)
	}
	caller := ctx
	ctx, cancel := context.WithTimeout(ctx, b.options.Timeout)
	parent, end := context.WithCancel(p.ctx)
	tabCtx, closeTab := chromedp.NewContext(parent, chromedp.WithNewBrowserContext(func(c *target.CreateBrowserContextParams) {
		c.ProxyServer, c.ProxyBypassList = ways.address(), "<-loopback>"
	}))
	disarm := context.AfterFunc(ctx, end)
	t := &tab{ctx: tabCtx, pending: make(map[network.RequestID]bool)}
	clean := func() {
		disarm()
		cancel()
		closeTab()
		t.calls.Wait()
		end()
		ways.close()
	}
	html, err := t.read(address.String(), b.options.MaxBytes)
	switch {
	case err == nil, html != "" && caller.Err() == nil && ctx.Err() != nil:
		// When the time is over, what is there is taken.
		return html, clean, nil
	case caller.Err() != nil:
		return "", clean, interrupted(caller)
	case ctx.Err() != nil:
		return "", clean, interrupted(ctx)
	}
	return "", clean, t.failure(err, ways.refused.Load())
}

// read opens the page and returns its HTML; with an error, what it had last.
func (t *tab) read(address string, maxBytes int) (string, error) {
	if err := chromedp.Do(t.ctx); err != nil {
		return "", fmt.Errorf("open tab: %w", err)
	}
	c := chromedp.FromContext(t.ctx)
	t.frame = cdp.FrameID(c.Target.TargetID)
	if err := chromedp.Listen(t.ctx, t.event); err != nil {
		return "", fmt.Errorf("listen to tab: %w", err)
	}
	_, err := chromedp.CallBrowser(t.ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
		Behavior: browser.SetDownloadBehaviorBehaviorDeny, BrowserContextID: c.BrowserContextID,
	})
	if err != nil {
		return "", fmt.Errorf("deny downloads: %w", err)
	}
	saving := true
	if _, err := chromedp.Call(t.ctx, fetch.Enable, fetch.EnableParams{}); err != nil {
		return "", fmt.Errorf("filter requests: %w", err)
	}
	if _, err := chromedp.Call(t.ctx, emulation.SetDataSaverOverride, emulation.SetDataSaverOverrideParams{DataSaverEnabled: &saving}); err != nil {
		return "", fmt.Errorf("save data: %w", err)
	}
	loaded, err := chromedp.Call(t.ctx, page.Navigate, page.NavigateParams{URL: address})
	switch {
	case err != nil:
		return "", fmt.Errorf("open page: %w", err)
	case loaded.IsDownload:
		return "", knowledge.Fail(schemas.FailUnsupportedType, errors.New("the browser would download it"))
	case loaded.ErrorText != "":
		return "", fmt.Errorf("open page: %s", loaded.ErrorText)
	}
	return t.settle(maxBytes)
}

// errStatus is a page that is an error.
var errStatus = errors.New("an error page")

// failure names the reason of an error; refused is true when the guard has
// refused an address.
func (t *tab) failure(err error, refused bool) error {
	var known *knowledge.Failure
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case errors.As(err, &known):
		return known
	case refused && t.status == 0:
		// There was no page yet that could have asked for anything else.
		return knowledge.Fail(schemas.FailForbiddenHost, errors.New("address is not public"))
	case t.strayed:
		return knowledge.Fail(schemas.FailUnreachable, errors.New("the page leads elsewhere in a browser"))
	case t.status >= 400:
		code := schemas.FailCode(fmt.Sprintf("http_%d", t.status))
		return &knowledge.Failure{Code: code, Again: t.status == http.StatusTooManyRequests || t.status >= 500}
	case errors.Is(err, context.Canceled), errors.Is(err, chromedp.ErrTargetDetached):
		return knowledge.FailForNow(schemas.FailInternal, errors.New("browser has ended"))
	}
	return knowledge.FailForNow(schemas.FailUnreachable, errors.New("the browser could not open the page"))
}

// event takes note of what the page does. It must not wait.
func (t *tab) event(ev any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch ev := ev.(type) {
	case *fetch.EventRequestPaused:
		t.calls.Go(func() { t.judge(ev) })
	case *page.EventJavascriptDialogOpening:
		leaving := ev.Type == page.DialogTypeBeforeunload
		t.calls.Go(func() {
			_, _ = chromedp.Call(t.ctx, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: leaving})
		})
	case *network.EventRequestWillBeSent:
		switch ev.Type {
		case network.ResourceTypeXHR, network.ResourceTypeFetch, network.ResourceTypeScript, network.ResourceTypeStylesheet:
			t.pending[ev.RequestID] = true
		}
	case *network.EventLoadingFinished:
		delete(t.pending, ev.RequestID)
	case *network.EventLoadingFailed:
		delete(t.pending, ev.RequestID)
	case *network.EventResponseReceived:
		if ev.Type == network.ResourceTypeDocument && ev.FrameID == t.frame {
			t.status = int(ev.Response.Status)
		}
	}
}

// judge decides on a request: the page itself, its code and its data. A page
// that leaves its address would escape robots.txt, and its text would be shown
// under the wrong address. The browser does not show us what it prefetches for
// a link element; that goes through the proxy like everything else.
func (t *tab) judge(ev *fetch.EventRequestPaused) {
	reason := network.ErrorReasonBlockedByClient
	switch ev.ResourceType {
	case network.ResourceTypeScript, network.ResourceTypeStylesheet, network.ResourceTypeXHR, network.ResourceTypeFetch:
		reason = ""
	case network.ResourceTypeDocument:
		if ev.FrameID != t.frame {
			break // A frame is no part of the HTML.
		}
		if reason = ""; t.strays(ev.Request.URL) {
			reason = network.ErrorReasonAborted // The page stays as it is.
		}
	}
	if reason == "" {
		_, _ = chromedp.Call(t.ctx, fetch.ContinueRequest, fetch.ContinueRequestParams{RequestID: ev.RequestID})
		return
	}
	_, _ = chromedp.Call(t.ctx, fetch.FailRequest, fetch.FailRequestParams{RequestID: ev.RequestID, ErrorReason: reason})
}

// strays reports whether an address is not that of the page, which is the first
// one that is asked for.
func (t *tab) strays(address string) bool {
	address, _, _ = strings.Cut(address, "#")
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.address == "" {
		t.address = address
	}
	t.strayed = t.strayed || address != t.address
	return address != t.address
}

func (t *tab) answered() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.status
}

// waits reports whether the page waits for data or code.
func (t *tab) waits() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.pending) > 0
}
