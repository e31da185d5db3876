package actions

import (
	"maps"
	"net/http"
	"net/textproto"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"steward/schemas"
)

// The limits of what a request is made of.
const (
	maxTemplate        = 32 << 10
	maxTemplateMembers = 500
	maxHeaders         = 32
	maxPath            = 2000
)

// headerToken is a field name of HTTP.
var headerToken = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$")

func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }

func validateHTTP(a schemas.Action) error {
	c := a.HTTP
	body, known := allowedMethods()[c.Method]
	switch {
	case !known:
		return refuse("http.method", "one of GET, POST, PUT, PATCH, DELETE")
	case a.Effect == schemas.EffectRead && c.Method != http.MethodGet && c.Method != http.MethodPost:
		return refuse("effect", "%s changes something: it is no read", c.Method)
	case len(c.Body) > 0 && !body:
		return refuse("http.body", "GET has none")
	case len(c.Body) > maxTemplate:
		return refuse("http.body", "at most %d bytes", maxTemplate)
	case c.MaxBytes < 1 || c.MaxBytes > maxBytes:
		return refuse("http.max_bytes", "from 1 to %d", maxBytes)
	}
	if err := validateLimits("http", c.TimeoutSeconds, c.ResultBytes); err != nil {
		return err
	}
	if reason := pathReason(c.Path); reason != "" {
		return refuse("http.path", "%s", reason)
	}
	if len(c.Query) > maxInputs || len(c.Headers) > maxHeaders {
		return refuse("http", "at most %d query values and %d headers", maxInputs, maxHeaders)
	}
	for _, key := range sortedKeys(c.Query) {
		if key == "" || control(key) || len(placeholders(key)) > 0 || control(c.Query[key]) || len(c.Query[key]) > maxPath {
			return refuse("http.query", "names without placeholders, values on one line")
		}
	}
	for _, name := range sortedKeys(c.Headers) {
		if !headerToken.MatchString(name) || closedHeader(name) {
			return refuse("http.headers", "%q may not be set by an action", name)
		}
		if control(c.Headers[name]) || len(c.Headers[name]) > maxPath {
			return refuse("http.headers."+name, "a value on one line")
		}
	}
	if h := c.IdempotencyHeader; h != "" && (!headerToken.MatchString(h) || closedHeader(h)) {
		return refuse("http.idempotency_header", "the name of a header, such as Idempotency-Key")
	}
	return validateSuccess(c.Success)
}

func validateSuccess(s *schemas.Success) error {
	if s == nil {
		return nil
	}
	for _, status := range s.Statuses {
		if status < 200 || status > 499 {
			return refuse("http.success.statuses", "from 200 to 499")
		}
	}
	if !validPath(s.Path) {
		return refuse("http.success.path", "names and numbers with dots between them")
	}
	if (s.Path == "") != (len(s.Equals) == 0) {
		return refuse("http.success", "path and equals belong together")
	}
	if len(s.Equals) > 0 {
		if _, err := parse(s.Equals, maxArgumentsDepth, maxInputs); err != nil {
			return refuse("http.success.equals", "a JSON value")
		}
	}
	return nil
}

// pathReason says why a path template is refused, empty when it is not.
func pathReason(path string) string {
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") {
		return "begins with one /"
	}
	if len(path) > maxPath {
		return "too long"
	}
	plain := placeholder.ReplaceAllString(path, "x")
	if strings.ContainsAny(plain, `{}?#\ `) || control(plain) {
		return "holds no query, no space and no other braces than those of inputs"
	}
	u, err := url.Parse(plain)
	if err != nil || u.Scheme != "" || u.Host != "" || u.Opaque != "" || u.User != nil {
		return "is a path: scheme and host are those of the connection"
	}
	for _, segment := range strings.Split(plain, "/") {
		if dotted(segment) {
			return "holds no . or .. as a part"
		}
	}
	return ""
}

// dotted reports whether a part of a path, however it is escaped, would lead
// elsewhere: . and .. and what hides a slash.
func dotted(segment string) bool {
	for range 3 {
		for _, part := range strings.FieldsFunc(segment, func(r rune) bool { return r == '/' || r == '\\' }) {
			// Some servers cut what follows a semicolon before they read the part.
			part, _, _ = strings.Cut(part, ";")
			if part == "." || part == ".." {
				return true
			}
		}
		next, err := url.PathUnescape(segment)
		if err != nil || next == segment {
			return false
		}
		segment = next
	}
	return false
}

// closedHeader reports whether a header is not an action's to set: it belongs to
// the connection, to HTTP itself or to what the server says of the customer.
func closedHeader(name string) bool {
	name = textproto.CanonicalMIMEHeaderKey(name)
	for _, prefix := range []string{"Proxy-", "X-Steward-", "X-Forwarded-", "Sec-", "Mcp-"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	switch name {
	case "Host", "Authorization", "Cookie", "Connection", "Keep-Alive", "Te", "Trailer", "Transfer-Encoding", "Upgrade",
		"Content-Length", "Content-Type", "Content-Encoding", "Accept-Encoding", "Expect", "Forwarded", "Via", "User-Agent":
		return true
	}
	return false
}
