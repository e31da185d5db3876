package actions

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"steward/schemas"
)

// The headers that tell a system whom a call is for. It checks with them that
// what is asked for belongs to this contact; the address is there only when it
// is verified.
const (
	headerContact  = "X-Steward-Contact"
	headerEmail    = "X-Steward-Email"
	headerIdentity = "X-Steward-Identity"
	headerCallback = "X-Steward-Callback"
)

// The headers of a signed call (hmac), beside that of the signature: the time in
// Unix seconds and the name of the key. The signature is v1= and the hexadecimal
// HMAC-SHA256, under the connection's secret, of
//
//	timestamp "." method "." path with query "." body
//
// A system should refuse a time that is more than five minutes away.
const (
	headerTimestamp = "X-Steward-Timestamp"
	headerKeyID     = "X-Steward-Key-Id"
)

// userTokenLife is how long a user_jwt is good.
const userTokenLife = 5 * time.Minute

// errCredential is a credential that cannot be had or is refused.
var errCredential = errors.New("credential is refused")

// proof puts our proof on the requests of one call, and lets them go nowhere but
// to the connection's own host. It is a RoundTripper for that call only.
type proof struct {
	// ctx is that of the call: requests that outlive it, such as the end of a
	// session of a protocol, end with it.
	ctx        context.Context
	next       http.RoundTripper
	connection schemas.Connection
	origin     *url.URL
	secret     string
	request    schemas.RunRequest
	tokens     *tokens
	now        func() time.Time
	// limit bounds the body of an answer.
	limit int

	mu sync.Mutex
	// sent is true when a connection carried the request, or part of it.
	sent bool
	// failure is the first error of the network; status and after are of the last
	// answer when it refuses, else empty.
	failure error
	status  int
	after   string
	// shown are the credentials that the system has seen.
	shown []string
}

// RoundTrip implements http.RoundTripper. A 401 to a token of ours is answered
// with one fresh token.
func (p *proof) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Scheme != p.origin.Scheme || req.URL.Host != p.origin.Host {
		return nil, p.fails(errBlocked)
	}
	res, err := p.once(req, false)
	if err == nil && res.StatusCode == http.StatusUnauthorized && p.connection.Auth == schemas.AuthOAuth2 {
		// What the answer says is of no use; reading it would only wait.
		res.Body.Close()
		res, err = p.once(req, true)
	}
	if err != nil {
		return nil, p.fails(err)
	}
	if req.Method == http.MethodPost {
		p.answered(res)
	}
	res.Body = &limited{ReadCloser: res.Body, left: p.limit, over: p.fails}
	return res, nil
}

// answered keeps the status of the last request, if it refuses.
func (p *proof) answered(res *http.Response) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.status, p.after = 0, ""; res.StatusCode >= http.StatusBadRequest {
		p.status, p.after = res.StatusCode, res.Header.Get("Retry-After")
	}
}

func (p *proof) fails(err error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.failure == nil {
		p.failure = err
	}
	return err
}

func (p *proof) wasSent() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sent
}

func (p *proof) setSent(sent bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sent = sent
}

// once sends a copy of the request. Refused requests have had no effect, so that
// what was sent is told for the last try.
func (p *proof) once(req *http.Request, fresh bool) (*http.Response, error) {
	p.setSent(false)
	trace := &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { p.setSent(true) }}
	ctx, cancel := context.WithCancel(req.Context())
	context.AfterFunc(p.ctx, cancel)
	out := req.Clone(httptrace.WithClientTrace(ctx, trace))
	body, err := bodyOf(req)
	if err != nil {
		return nil, err
	}
	if req.GetBody != nil {
		if out.Body, err = req.GetBody(); err != nil {
			return nil, err
		}
	}
	p.identify(out.Header)
	if err := p.prove(ctx, out, body, fresh); err != nil {
		return nil, err
	}
	return p.next.RoundTrip(out)
}

func bodyOf(req *http.Request) ([]byte, error) {
	if req.GetBody == nil {
		return nil, nil
	}
	body, err := req.GetBody()
	if err != nil {
		return nil, fmt.Errorf("read own body: %w", err)
	}
	defer body.Close()
	return io.ReadAll(body)
}

// identify says whom the call is for.
func (p *proof) identify(h http.Header) {
	for _, name := range []string{headerContact, headerEmail, headerIdentity} {
		h.Del(name)
	}
	if p.request.Contact == "" {
		return
	}
	h.Set(headerContact, string(p.request.Contact))
	if p.request.Level.Valid() {
		h.Set(headerIdentity, string(p.request.Level))
	}
	if email := p.verifiedEmail(); email != "" && !control(email) {
		h.Set(headerEmail, email)
	}
}

func (p *proof) verifiedEmail() string {
	if !p.request.Level.Meets(schemas.IdentityVerifiedEmail) {
		return ""
	}
	return p.request.Email
}

// prove adds the credential of the connection. fresh asks for a new token.
func (p *proof) prove(ctx context.Context, out *http.Request, body []byte, fresh bool) error {
	h := out.Header
	switch p.connection.Auth {
	case schemas.AuthBearer:
		h.Set("Authorization", "Bearer "+p.secret)
	case schemas.AuthBasic:
		out.SetBasicAuth(p.connection.User, p.secret)
	case schemas.AuthAPIKeyHeader:
		h.Set(orDefault(p.connection.Header, defaultKeyHeader), p.secret)
	case schemas.AuthOAuth2:
		token, err := p.tokens.get(ctx, client(p.next), p.connection, p.secret, fresh)
		if err != nil {
			return err
		}
		p.bearer(h, token)
	case schemas.AuthHMAC:
		p.sign(out, body)
	case schemas.AuthUserJWT:
		token, err := p.userToken()
		if err != nil {
			return err
		}
		p.bearer(h, token)
	}
	return nil
}

func (p *proof) bearer(h http.Header, token string) {
	h.Set("Authorization", "Bearer "+token)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shown = append(p.shown, token)
}

// secrets is what must not come back in an answer.
func (p *proof) secrets() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string{p.secret}, p.shown...)
}

func orDefault(value, fallback string) string {
	if value == "" {
		return fallback
	}
	return value
}

func (p *proof) sign(out *http.Request, body []byte) {
	timestamp := strconv.FormatInt(p.now().Unix(), 10)
	mac := hmac.New(sha256.New, []byte(p.secret))
	fmt.Fprintf(mac, "%s.%s.%s.", timestamp, out.Method, out.URL.RequestURI())
	mac.Write(body)
	out.Header.Set(headerTimestamp, timestamp)
	if p.connection.KeyID != "" {
		out.Header.Set(headerKeyID, p.connection.KeyID)
	}
	out.Header.Set(orDefault(p.connection.Header, defaultSignatureHeader), "v1="+hex.EncodeToString(mac.Sum(nil)))
}

// userToken names the customer in a form that the system can check: HS256 under
// the connection's secret, for one audience, for five minutes, with the key of
// the effect as its id.
func (p *proof) userToken() (string, error) {
	now := p.now()
	claims := jwt.MapClaims{
		"iss": "steward", "aud": p.connection.Audience, "iat": now.Unix(), "exp": now.Add(userTokenLife).Unix(),
		"jti": p.request.Key, "level": string(p.request.Level),
	}
	if p.request.Contact != "" {
		claims["sub"] = string(p.request.Contact)
	}
	if email := p.verifiedEmail(); email != "" {
		claims["email"] = email
	}
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, claims)
	if p.connection.KeyID != "" {
		token.Header["kid"] = p.connection.KeyID
	}
	signed, err := token.SignedString([]byte(p.secret))
	if err != nil {
		return "", fmt.Errorf("sign user token: %w", errCredential)
	}
	return signed, nil
}
