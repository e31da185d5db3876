package actions

import (
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"steward/schemas"
)

var connectionPattern = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,47}$`)

// The default headers of a connection that names none.
const (
	defaultKeyHeader       = "X-API-Key"
	defaultSignatureHeader = "X-Steward-Signature"
)

// ValidateConnection refuses a connection that cannot be saved. The error is of
// KindInvalid and names the field and the reason; it never holds a secret,
// although one may have been typed where its reference belongs.
func ValidateConnection(c schemas.Connection) error {
	if !connectionPattern.MatchString(c.Name) {
		return refuse("name", "lower-case letters, digits, - and _, from a letter, at most 48")
	}
	if !c.Auth.Valid() {
		return refuse("auth", "one of none, bearer, basic, api_key_header, oauth2_cc, hmac, user_jwt")
	}
	for _, port := range c.Ports {
		if port < 1 || port > 65535 {
			return refuse("ports", "from 1 to 65535")
		}
	}
	for _, pair := range c.PrivateHosts {
		if !validPair(pair) {
			return refuse("private_hosts", "exact host:port pairs in lower case")
		}
	}
	if _, err := endpoint(c, c.BaseURL); err != nil {
		return refuse("base_url", "%s", err.Error())
	}
	return validateAuth(c)
}

func validateAuth(c schemas.Connection) error {
	if c.Auth == schemas.AuthNone {
		if c.Secret != "" {
			return refuse("secret", "auth none has none")
		}
		return nil
	}
	if err := ValidateReference(c.Secret); err != nil {
		return refuse("secret", "%s", err.Error())
	}
	switch c.Auth {
	case schemas.AuthBasic:
		if c.User == "" || strings.Contains(c.User, ":") || control(c.User) {
			return refuse("user", "the name for basic, without a colon")
		}
	case schemas.AuthAPIKeyHeader, schemas.AuthHMAC:
		if c.Header != "" && (!headerToken.MatchString(c.Header) || closedHeader(c.Header) && !strings.EqualFold(c.Header, "Authorization")) {
			return refuse("header", "the name of the header for the key")
		}
	case schemas.AuthOAuth2:
		if _, err := endpoint(c, c.TokenURL); err != nil {
			return refuse("token_url", "%s", err.Error())
		}
		if c.ClientID == "" {
			return refuse("client_id", "is required for oauth2_cc")
		}
	case schemas.AuthUserJWT:
		if c.Audience == "" {
			return refuse("audience", "is required for user_jwt: the token is for one system")
		}
	}
	if control(c.KeyID) || len(c.KeyID) > maxTitle {
		return refuse("key_id", "one line of at most %d bytes", maxTitle)
	}
	return nil
}

func validPair(pair string) bool {
	host, port, err := net.SplitHostPort(pair)
	if err != nil || host == "" || pair != strings.ToLower(pair) || strings.ContainsAny(host, "*/@ ") {
		return false
	}
	n, err := strconv.Atoi(port)
	return err == nil && n > 0 && n <= 65535 && port == strconv.Itoa(n)
}

// addressError says why an address is refused, without the address.
type addressError string

// Error is the reason.
func (e addressError) Error() string { return string(e) }

// endpoint reads an address of a connection and applies its rules: https, http
// for an allowed private host only; ports 443, 8443 and those of the
// connection.
func endpoint(c schemas.Connection, address string) (*url.URL, error) {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || u.Opaque != "" || u.Hostname() == "":
		return nil, addressError("an address such as https://api.example.com/v1")
	case u.User != nil:
		return nil, addressError("holds no name and no password")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return nil, addressError("ends with its path")
	case strings.ContainsAny(address, "{}\\ ") || control(address):
		return nil, addressError("holds no placeholder and no space")
	}
	for _, segment := range strings.Split(u.EscapedPath(), "/") {
		if dotted(segment) {
			return nil, addressError("holds no . or .. as a part of its path")
		}
	}
	private := slices.Contains(c.PrivateHosts, pair(u))
	switch {
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, addressError("is an https address")
	case u.Scheme == "http" && !private:
		return nil, addressError("is an https address; http is for hosts in private_hosts only")
	case !private && !slices.Contains(allowedPorts(c), portOf(u)):
		return nil, addressError("has a port that is neither 443, 8443 nor one of ports")
	}
	if addr, err := netip.ParseAddr(u.Hostname()); err == nil && !private && !dialable(addr) {
		return nil, addressError("is an address on a private network; list it in private_hosts if it is meant")
	}
	return u, nil
}

// pair is the host and port of an address as they are dialled and listed.
func pair(u *url.URL) string {
	return net.JoinHostPort(strings.ToLower(u.Hostname()), strconv.Itoa(portOf(u)))
}

// portOf is the port of an address, 0 when it is none.
func portOf(u *url.URL) int {
	switch {
	case u.Port() != "":
		n, err := strconv.Atoi(u.Port())
		if err != nil || n < 1 || n > 65535 {
			return 0
		}
		return n
	case u.Scheme == "http":
		return 80
	}
	return 443
}

func allowedPorts(c schemas.Connection) []int { return append([]int{443, 8443}, c.Ports...) }

// Uses reports whether an action calls through the connection of this name.
func Uses(a schemas.Action, connection string) bool {
	return a.HTTP != nil && a.HTTP.Connection == connection || a.MCP != nil && a.MCP.Connection == connection
}
