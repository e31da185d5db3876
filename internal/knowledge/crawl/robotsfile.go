package crawl

import (
	"context"
	"errors"
	"net/http"

	"steward/internal/knowledge"
	"steward/schemas"
)

// FetchRobots asks an origin, such as https://example.com, for its robots.txt.
// Redirects are followed, also to other hosts; what they lead to are the rules
// of the first. text is empty unless the status is 2xx. Status 0 comes with an
// error: there was no answer that could be read, which closes the site as 429
// and 5xx do (RobotsOf). RFC 9309, section 2.3.1.
func FetchRobots(ctx context.Context, f knowledge.Fetcher, origin string) (text string, status int, err error) {
	got, err := f.Fetch(ctx, knowledge.Request{URL: origin + "/robots.txt", MaxBytes: schemas.MaxPageBytes})
	if code, _ := knowledge.CodeOf(err); code == schemas.FailRedirects {
		// The RFC lets a file behind endless redirects count as none.
		return "", http.StatusFound, nil
	}
	switch {
	case err != nil:
		return "", 0, err
	case got.Status < 200 || got.Status >= 300:
		return "", got.Status, nil
	case got.TooLarge:
		return "", 0, knowledge.Fail(schemas.FailTooLarge, errors.New("robots.txt has no end"))
	}
	return string(got.Body), got.Status, nil
}
