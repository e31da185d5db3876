package crawl

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"steward/internal/knowledge"
	"steward/schemas"
)

const (
	// maxRatio is how many times its size a body may unpack to; small bodies,
	// such as a page of blanks, may exceed it.
	maxRatio      = 100
	smallUnpacked = 1 << 20
)

// exchange is the transport of one request. It bounds the body and keeps what
// the collector would act upon by itself: redirects, encodings, charsets.
type exchange struct {
	next    http.RoundTripper
	request knowledge.Request

	header   http.Header
	tooLarge bool
}

// RoundTrip implements http.RoundTripper.
func (e *exchange) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := e.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	e.header = res.Header.Clone()
	limit := e.request.MaxBytes
	if limit <= 0 {
		limit = bodyLimit(res.Header.Get("Content-Type"), req.URL.Path)
	}
	// Without them the client does not redirect, and the collector does not
	// unpack the body again without a limit, or change its charset.
	for _, name := range []string{"Location", "Content-Encoding", "Content-Type"} {
		res.Header.Del(name)
	}
	res.Uncompressed = true
	encoding := strings.ToLower(strings.TrimSpace(e.header.Get("Content-Encoding")))
	if encoding == "" || encoding == "identity" {
		if e.tooLarge = res.ContentLength > int64(limit); e.tooLarge {
			limit = 0
		}
	}
	body, err := e.unpack(res.Body, encoding)
	if err != nil {
		res.Body.Close()
		return nil, err
	}
	res.Body = &bounded{body: body, closer: res.Body, left: limit, over: &e.tooLarge}
	return res, nil
}

// unpack undoes the encoding of a body.
func (e *exchange) unpack(body io.Reader, encoding string) (io.Reader, error) {
	switch encoding {
	case "", "identity":
		return body, nil
	case "gzip", "x-gzip":
		packed := &counted{Reader: body}
		peeked := bufio.NewReader(packed)
		// Some sites name the encoding and do not use it.
		if magic, _ := peeked.Peek(2); string(magic) != gzipMagic {
			return peeked, nil
		}
		unpacked, err := gzip.NewReader(peeked)
		if err != nil {
			return nil, fmt.Errorf("unpack answer: %w", err)
		}
		return &ratio{packed: packed, unpacked: unpacked, over: &e.tooLarge}, nil
	}
	return nil, knowledge.Fail(schemas.FailUnsupportedType, errors.New("an encoding that was not asked for"))
}

// answer puts together what came.
func (e *exchange) answer(status int, body []byte) answer {
	got := answer{Response: knowledge.Response{
		Status:       status,
		ContentType:  e.header.Get("Content-Type"),
		ETag:         e.header.Get("ETag"),
		LastModified: e.header.Get("Last-Modified"),
		RobotsTag:    strings.Join(e.header.Values("X-Robots-Tag"), ", "),
		RetryAfter:   ParseRetryAfter(e.header.Get("Retry-After"), time.Now()),
		TooLarge:     e.tooLarge,
	}}
	if !e.tooLarge {
		got.Body = body
	}
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		got.location = ascii(e.header.Get("Location"))
	}
	return got
}

// ascii encodes the octets of a header that no address may hold: sites write
// paths into Location in whatever charset they have.
func ascii(value string) string {
	var out strings.Builder
	for i := range len(value) {
		if value[i] < 0x80 {
			out.WriteByte(value[i])
		} else {
			writeEncoded(&out, value[i])
		}
	}
	return out.String()
}

// bounded ends after left bytes and notes that there was more.
type bounded struct {
	body   io.Reader
	closer io.Closer
	left   int
	over   *bool
}

// Read implements io.Reader.
func (b *bounded) Read(p []byte) (int, error) {
	if *b.over {
		return 0, io.EOF
	}
	if b.left == 0 {
		// One byte more shows that the body was longer.
		var more [1]byte
		n, err := io.ReadFull(b.body, more[:])
		*b.over = *b.over || n > 0
		if errors.Is(err, io.ErrUnexpectedEOF) || n > 0 {
			err = io.EOF
		}
		return 0, err
	}
	n, err := b.body.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

// Close implements io.Closer. What is left of the body is not read.
func (b *bounded) Close() error { return b.closer.Close() }

// counted counts what is read.
type counted struct {
	io.Reader
	n int64
}

// Read implements io.Reader.
func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n += int64(n)
	return n, err
}

// ratio ends a body that unpacks to far more than it is.
type ratio struct {
	packed   *counted
	unpacked io.Reader
	n        int64
	over     *bool
}

// Read implements io.Reader.
func (r *ratio) Read(p []byte) (int, error) {
	n, err := r.unpacked.Read(p)
	r.n += int64(n)
	if r.n > smallUnpacked && r.n > maxRatio*r.packed.n {
		*r.over = true
		return 0, io.EOF
	}
	return n, err
}
