package endpoint

import (
	"net/http"
	"net/url"

	"steward/schemas"
)

// idleConnections is how many connections to one server are kept.
const idleConnections = 8

// NewClient makes a client that follows no redirect, so that a key and a text
// reach only the configured host.
func NewClient() *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = idleConnections
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Address checks the base address of a server.
func Address(base string) (*url.URL, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || u.User != nil {
		return nil, schemas.NewError(schemas.KindInvalid, "the endpoint is not an http or https address without a user name")
	}
	return u, nil
}
