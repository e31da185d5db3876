package actions_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"steward/internal/actions"
	"steward/schemas"
)

func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		return `""`
	}
	return string(b)
}

func TestStaticCredentials(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(*schemas.Connection)
		header string
		want   string
	}{
		"bearer":      {func(c *schemas.Connection) { c.Auth = schemas.AuthBearer }, "Authorization", "Bearer " + canary},
		"basic":       {func(c *schemas.Connection) { c.Auth, c.User = schemas.AuthBasic, "steward" }, "Authorization", "Basic c3Rld2FyZDpjYW5hcnktN2YzZDljMWU1Yg=="},
		"api key":     {func(c *schemas.Connection) { c.Auth = schemas.AuthAPIKeyHeader }, "X-API-Key", canary},
		"api key, by": {func(c *schemas.Connection) { c.Auth, c.Header = schemas.AuthAPIKeyHeader, "X-Shop-Key" }, "X-Shop-Key", canary},
		"none":        {func(c *schemas.Connection) { c.Auth, c.Secret = schemas.AuthNone, "" }, "Authorization", ""},
	} {
		// The system echoes the credential; nobody gets to read it.
		s, c, o := serve(t, func(w http.ResponseWriter, r *http.Request) {
			says(`{"status":`+quote("key "+r.Header.Get("X-API-Key")+r.Header.Get("X-Shop-Key")+r.Header.Get("Authorization"))+`}`)(w, r)
		})
		c.Secret = "stored:shop"
		tc.change(&c)
		r := run(t, o, lookup(), c, order17())
		if got := s.seen().Header.Get(tc.header); got != tc.want {
			t.Errorf("%s: %q", name, got)
		}
		if r.State != schemas.RunOK {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

func TestSecretInputs(t *testing.T) {
	t.Parallel()
	s, c, o := serve(t, says(`{}`))
	a := refund()
	a.Inputs = append(a.Inputs, schemas.Input{Name: "pin", Source: schemas.InputSecret, Path: "stored:other"})
	a.HTTP.Body, a.HTTP.Headers = json.RawMessage(`{"pin":"{pin}"}`), map[string]string{"X-Pin": "{pin}"}
	in := order17()
	in["pin"] = json.RawMessage(`"mine"`)
	if r := run(t, o, a, c, in); r.State != schemas.RunOK || s.body() != `{"pin":"`+canary+`"}` || s.seen().Header.Get("X-Pin") != canary {
		t.Errorf("%+v, sent %s", r, s.body())
	}
	a.HTTP.Query = map[string]string{"pin": "{pin}"}
	if err := actions.Validate(a, []schemas.Connection{c}); err == nil {
		t.Error("a secret may stand in an address")
	}
}

// The system is told whom the call is for, and an address only when it is
// verified.
func TestWhomACallIsFor(t *testing.T) {
	t.Parallel()
	s, c, o := serve(t, says(`{"status":"x"}`))
	request := schemas.RunRequest{Action: lookup(), Connection: c, Arguments: order17(), Key: "k", Contact: "cont_1", Email: "a@example.com"}
	for level, email := range map[schemas.IdentityLevel]string{
		schemas.IdentityClaimedEmail: "", schemas.IdentityMatchedEmail: "", schemas.IdentityVerifiedEmail: "a@example.com",
		schemas.IdentityAuthenticated: "a@example.com", "": "",
	} {
		request.Level = level
		actions.New(o).Run(t.Context(), request)
		h := s.seen().Header
		if h.Get("X-Steward-Contact") != "cont_1" || h.Get("X-Steward-Identity") != string(level) || h.Get("X-Steward-Email") != email {
			t.Errorf("%s: %v", level, h)
		}
	}
}

func TestSignedCalls(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	s, c, o := serve(t, says(`{}`))
	o.Now = func() time.Time { return at }
	c.Auth, c.Secret, c.KeyID = schemas.AuthHMAC, "stored:shop", "key-1"
	a := refund()
	a.HTTP.Query = map[string]string{"a": "b c"}
	run(t, o, a, c, order17())
	h := s.seen().Header
	mac := hmac.New(sha256.New, []byte(canary))
	_, _ = io.WriteString(mac, h.Get("X-Steward-Timestamp")+".POST."+s.seen().RequestURI+"."+s.body())
	if want := "v1=" + hex.EncodeToString(mac.Sum(nil)); h.Get("X-Steward-Signature") != want {
		t.Errorf("signature %q, want %q", h.Get("X-Steward-Signature"), want)
	}
	if h.Get("X-Steward-Timestamp") != "1795255200" || h.Get("X-Steward-Key-Id") != "key-1" || s.seen().RequestURI != "/refunds?a=b+c" {
		t.Errorf("%v %s", h, s.seen().RequestURI)
	}
}

func TestUserTokens(t *testing.T) {
	t.Parallel()
	s, c, o := serve(t, says(`{"status":"x"}`))
	c.Auth, c.Secret, c.KeyID, c.Audience = schemas.AuthUserJWT, "stored:shop", "key-1", "shop-api"
	request := schemas.RunRequest{Action: lookup(), Connection: c, Arguments: order17(), Key: "conv/1/2", Contact: "cont_1", Email: "a@example.com", Level: schemas.IdentityVerifiedEmail}
	actions.New(o).Run(t.Context(), request)
	token, err := jwt.Parse(strings.TrimPrefix(s.seen().Header.Get("Authorization"), "Bearer "), func(*jwt.Token) (any, error) { return []byte(canary), nil },
		jwt.WithValidMethods([]string{"HS256"}), jwt.WithAudience("shop-api"), jwt.WithExpirationRequired(), jwt.WithIssuedAt())
	if err != nil {
		t.Fatal(err)
	}
	claims := token.Claims.(jwt.MapClaims)
	for name, want := range map[string]any{"sub": "cont_1", "email": "a@example.com", "level": "verified_email", "jti": "conv/1/2"} {
		if claims[name] != want {
			t.Errorf("%s is %v", name, claims[name])
		}
	}
	if claims["exp"].(float64)-claims["iat"].(float64) != 300 || token.Header["kid"] != "key-1" {
		t.Errorf("%v %v", claims, token.Header)
	}
	request.Level = schemas.IdentityMatchedEmail
	actions.New(o).Run(t.Context(), request)
	token, _, err = jwt.NewParser().ParseUnverified(strings.TrimPrefix(s.seen().Header.Get("Authorization"), "Bearer "), jwt.MapClaims{})
	if err != nil || token.Claims.(jwt.MapClaims)["email"] != nil {
		t.Errorf("an address that is not verified is named: %v %v", token, err)
	}
}

// issuer is a token endpoint and the system that takes its tokens.
type issuer struct {
	fetched, refused atomic.Int64
	// accept says whether the n-th token is good; status is what the endpoint
	// answers with.
	accept func(n string) bool
	status int
}

func (i *issuer) handle(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/token" {
		user, password, _ := r.BasicAuth()
		if user != "steward" || password != canary || i.status != 200 {
			answers(max(i.status, 400), "application/json", `{"error":"`+canary+`"}`)(w, r)
			return
		}
		n := i.fetched.Add(1)
		says(`{"access_token":"token-`+string(rune('0'+n))+`","token_type":"bearer","expires_in":3600}`)(w, r)
		return
	}
	if !i.accept(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer token-")) {
		i.refused.Add(1)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	says(`{"status":`+quote(r.Header.Get("Authorization"))+`}`)(w, r)
}

func TestClientCredentials(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		accept           func(string) bool
		status           int
		state            schemas.RunState
		err              schemas.RunError
		fetched, refused int64
	}{
		"good":            {func(string) bool { return true }, 200, schemas.RunOK, "", 1, 0},
		"first is stale":  {func(n string) bool { return n == "2" }, 200, schemas.RunOK, "", 2, 1},
		"none is taken":   {func(string) bool { return false }, 200, schemas.RunFailed, schemas.RunErrorAuth, 3, 4},
		"secret is wrong": {func(string) bool { return true }, 401, schemas.RunFailed, schemas.RunErrorAuth, 0, 0},
		"endpoint down":   {func(string) bool { return true }, 503, schemas.RunFailed, schemas.RunErrorUnavailable, 0, 0},
	} {
		i := &issuer{accept: tc.accept, status: tc.status}
		s, c, o := serve(t, i.handle)
		c.Auth, c.Secret, c.ClientID, c.TokenURL = schemas.AuthOAuth2, "stored:shop", "steward", s.URL+"/token"
		runner := actions.New(o)
		var r schemas.RunResult
		for range 2 {
			r = runner.Run(t.Context(), schemas.RunRequest{Action: refund(), Connection: c, Arguments: order17(), Key: "k"})
		}
		if r.State != tc.state || r.Error != tc.err || i.fetched.Load() != tc.fetched || i.refused.Load() != tc.refused {
			t.Errorf("%s: %+v, %d fetched, %d refused", name, r, i.fetched.Load(), i.refused.Load())
		}
		if strings.Contains(actions.ForEngine(refund(), r), "token-") {
			t.Errorf("%s: an echoed token is passed on", name)
		}
	}
}

func TestTokenEndpointsAreGuarded(t *testing.T) {
	t.Parallel()
	s, c, o := serve(t, says(`{"access_token":"x"}`))
	c.Auth, c.Secret, c.ClientID = schemas.AuthOAuth2, "stored:shop", "steward"
	var n names
	o.Resolver = n.resolver(t, "169.254.169.254")
	c.TokenURL = "https://login.example.com/token"
	if r := run(t, o, refund(), c, order17()); r.State != schemas.RunFailed || r.Error != schemas.RunErrorBlocked || s.hits.Load() != 0 {
		t.Errorf("%+v", r)
	}
}
