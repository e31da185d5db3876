package render

import (
	"fmt"
	"time"

	"github.com/chromedp/chromedp"

	"steward/internal/knowledge"
	"steward/schemas"
)

const (
	// interval is the time between two looks at a page.
	interval = 200 * time.Millisecond
	// stableLooks is how often a page that waits for nothing has to look the
	// same; patientLooks the same for one that keeps a request open for ever.
	stableLooks  = 2
	patientLooks = 15
)

// look is what a page shows at one moment.
type look struct {
	Ready  bool   `json:"ready"`
	Length int    `json:"length"` // in UTF-16 units
	HTML   string `json:"html"`   // empty when it is too long
}

// settle looks at the page until it stays the same. With an error it returns
// what it saw last.
func (t *tab) settle(maxBytes int) (string, error) {
	see := chromedp.Evaluate[look](fmt.Sprintf(`(() => {
		const html = document.documentElement ? document.documentElement.outerHTML : '';
		return {ready: document.readyState === 'complete', length: html.length, html: html.length > %d ? '' : html.toWellFormed()};
	})()`, maxBytes))
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	var last look
	same := 0
	for {
		now, err := chromedp.Run(t.ctx, see)
		switch {
		case t.ctx.Err() != nil:
			return last.HTML, t.ctx.Err()
		case t.answered() >= 400:
			return "", errStatus
		case err != nil:
			// The document is being replaced.
			same = 0
		case now.Length > maxBytes || len(now.HTML) > maxBytes:
			return "", knowledge.Fail(schemas.FailTooLarge, nil)
		case now.HTML != last.HTML:
			last, same = now, 0
		default:
			last.Ready = now.Ready
			same++
		}
		if last.Ready && (same >= stableLooks && !t.waits() || same >= patientLooks) {
			return last.HTML, nil
		}
		select {
		case <-ticker.C:
		case <-t.ctx.Done():
			return last.HTML, t.ctx.Err()
		}
	}
}
