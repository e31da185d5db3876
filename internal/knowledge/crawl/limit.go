package crawl

import (
	"io"
	"net/http"

	"steward/schemas"
)

// limited cuts every body, after decompression, one byte over the largest page:
// a small answer that unpacks to a large one must not fill the memory. The
// content encoding is left to the transport, which has undone it by then.
type limited struct {
	next http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (l limited) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := l.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	// The collector would unpack such a body once more, without a limit.
	res.Uncompressed = true
	res.Body = capped{io.LimitReader(res.Body, schemas.MaxSourceBytes+1), res.Body}
	return res, nil
}

type capped struct {
	io.Reader
	io.Closer
}
