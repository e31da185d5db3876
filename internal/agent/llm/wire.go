package llm

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"unicode/utf8"
)

// What the adapters of HTTP APIs have in common.

// DefaultMaxBody bounds one answer of a provider after decompression, in bytes.
const DefaultMaxBody = 1 << 20

// maxTokens bounds a count that a provider reports; no call comes near it.
const maxTokens = 1 << 30

// maxWord bounds a provider's own word, such as a finish reason, in runes.
const maxWord = 100

// HTTPClient is a client for calls of a provider. It follows no redirect, so
// that a key and a prompt reach only the configured host. base is copied; nil is
// a client of its own.
func HTTPClient(base *http.Client) *http.Client {
	var c http.Client
	if base != nil {
		c = *base
	} else {
		transport := http.DefaultTransport.(*http.Transport).Clone()
		transport.MaxIdleConnsPerHost = 32
		c.Transport = transport
	}
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &c
}

// LimitBody is a middleware that bounds the bodies of answers in bytes. A longer
// one fails as KindMalformed.
func LimitBody(limit int64) func(*http.Request, func(*http.Request) (*http.Response, error)) (*http.Response, error) {
	return func(req *http.Request, next func(*http.Request) (*http.Response, error)) (*http.Response, error) {
		res, err := next(req)
		if err == nil && res.Body != nil {
			res.Body = http.MaxBytesReader(nil, res.Body, limit)
		}
		return res, err
	}
}

// TransportKind sorts an error that came without an HTTP error status.
func TransportKind(err error) Kind {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return KindMalformed
	}
	var timeout net.Error
	if errors.Is(err, os.ErrDeadlineExceeded) || (errors.As(err, &timeout) && timeout.Timeout()) {
		return KindTimeout
	}
	// A url.Error wraps what failed before there was an answer.
	var before *url.Error
	if errors.As(err, &before) {
		return KindOverloaded
	}
	var broken net.Error
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || errors.As(err, &broken) {
		return KindTruncated
	}
	return KindMalformed
}

// Tokens is a count that a provider reports, within what can be stored.
func Tokens(n int64) int { return int(min(max(n, 0), maxTokens)) }

// Word is a provider's own word, short and valid: it is shown and stored.
func Word(s string) string {
	if !utf8.ValidString(s) {
		return ""
	}
	return clip(cleanText(s), maxWord)
}
