package actions

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"steward/schemas"
)

// The limits of a rendered request, in bytes.
const (
	maxValue   = 2000
	maxAddress = 8 << 10
	maxBody    = 64 << 10
)

// errArguments is a value that cannot stand where the action puts it.
var errArguments = errors.New("a value cannot be put into the request")

// render makes the request of an HTTP action. Scheme, host and the path of the
// connection are the connection's; a value is one part of the path or one value
// of the query, whatever it holds.
func render(ctx context.Context, base *url.URL, call schemas.HTTPCall, v values) (*http.Request, error) {
	address, err := renderAddress(base, call, v)
	if err != nil {
		return nil, err
	}
	var body []byte
	if len(call.Body) > 0 {
		if body, err = v.body(call.Body); err != nil {
			return nil, errArguments
		}
		if len(body) > maxBody {
			return nil, errArguments
		}
	}
	req, err := http.NewRequestWithContext(ctx, call.Method, address.String(), nil)
	if err != nil {
		return nil, errArguments
	}
	// The parsed form is used as it is: parsing it again could read an escape
	// differently.
	req.URL = address
	if body != nil {
		setBody(req, body)
	}
	req.Header.Set("Accept", "application/json, text/plain;q=0.5")
	for name, template := range call.Headers {
		value, ok := v.optional(template)
		if !ok {
			continue
		}
		if control(value) || len(value) > maxValue || !utf8.ValidString(value) {
			return nil, errArguments
		}
		req.Header.Set(name, value)
	}
	return req, nil
}

// renderAddress fills the path and the query.
func renderAddress(base *url.URL, call schemas.HTTPCall, v values) (*url.URL, error) {
	path, err := renderPath(call.Path, v)
	if err != nil {
		return nil, err
	}
	query, err := renderQuery(call.Query, v)
	if err != nil {
		return nil, err
	}
	escaped := strings.TrimRight(base.EscapedPath(), "/") + path
	plain, err := url.PathUnescape(escaped)
	if err != nil {
		return nil, errArguments
	}
	out := &url.URL{Scheme: base.Scheme, Host: base.Host, Path: plain, RawPath: escaped, RawQuery: query}
	if len(out.String()) > maxAddress {
		return nil, errArguments
	}
	// What is sent is read once more as the other side reads it.
	again, err := url.Parse(out.String())
	if err != nil || again.Scheme != base.Scheme || again.Host != base.Host || again.EscapedPath() != escaped ||
		again.RawQuery != query || again.Fragment != "" || strings.Count(escaped, "/") != strings.Count(strings.TrimRight(base.EscapedPath(), "/")+call.Path, "/") {
		return nil, errArguments
	}
	return out, nil
}

// renderPath fills a path template; every part of it stays one part.
func renderPath(template string, v values) (string, error) {
	for _, name := range placeholders(template) {
		if !v.has(name) || !v.scalar(name) {
			return "", errArguments
		}
		text := v.text(name)
		if text == "" || len(text) > maxValue || control(text) || !utf8.ValidString(text) || dotted(text) {
			return "", errArguments
		}
	}
	path := v.fill(template, url.PathEscape)
	for _, segment := range strings.Split(path, "/") {
		if dotted(segment) {
			return "", errArguments
		}
	}
	return path, nil
}

func renderQuery(query map[string]string, v values) (string, error) {
	out := url.Values{}
	for key, template := range query {
		value, ok := v.optional(template)
		if !ok {
			continue
		}
		if len(value) > maxValue || !utf8.ValidString(value) {
			return "", errArguments
		}
		out.Set(key, value)
	}
	return out.Encode(), nil
}

func setBody(req *http.Request, body []byte) {
	req.ContentLength = int64(len(body))
	req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	req.Body = io.NopCloser(bytes.NewReader(body))
	req.Header.Set("Content-Type", "application/json")
}

// withSecrets adds the secret inputs of an action to the values of a call, and
// returns what must not come back in an answer.
func withSecrets(ctx context.Context, a schemas.Action, args values, secrets Secrets) (values, []string, error) {
	out := make(values, len(args))
	for _, in := range a.Inputs {
		if in.Source != schemas.InputSecret {
			if raw, ok := args[in.Name]; ok {
				out[in.Name] = bytes.Clone(raw)
			}
		}
	}
	var hidden []string
	for _, in := range a.Inputs {
		if in.Source != schemas.InputSecret {
			continue
		}
		secret, err := resolve(ctx, secrets, in.Path)
		if err != nil {
			return nil, nil, fmt.Errorf("input %s: %w", in.Name, err)
		}
		if out[in.Name], err = encode(secret); err != nil {
			return nil, nil, errArguments
		}
		hidden = append(hidden, secret)
	}
	return out, hidden, nil
}
