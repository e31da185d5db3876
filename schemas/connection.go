package schemas

import "time"

// AuthKind is how calls of a connection prove who we are.
type AuthKind string

// The kinds of proof.
const (
	AuthNone         AuthKind = "none"
	AuthBearer       AuthKind = "bearer"
	AuthBasic        AuthKind = "basic"
	AuthAPIKeyHeader AuthKind = "api_key_header"
	AuthOAuth2       AuthKind = "oauth2_cc"
	AuthHMAC         AuthKind = "hmac"
	AuthUserJWT      AuthKind = "user_jwt"
)

// Valid reports whether k is one of the kinds.
func (k AuthKind) Valid() bool {
	switch k {
	case AuthNone, AuthBearer, AuthBasic, AuthAPIKeyHeader, AuthOAuth2, AuthHMAC, AuthUserJWT:
		return true
	}
	return false
}

// Connection is another system with how to reach it. It is not versioned: a
// key that is changed takes effect at once. Settled: rule 27.
type Connection struct {
	// ID and CreatedAt are set by the store.
	ID ConnectionID `json:"id" required:"false"`
	// Name is how actions name it: ^[a-z][a-z0-9_-]{0,47}$, unique.
	Name string `json:"name" required:"false"`
	// BaseURL is an https address; http only for a host in PrivateHosts.
	BaseURL string   `json:"base_url"`
	Auth    AuthKind `json:"auth"`
	// User is the name for basic, Header that of the key's header
	// (api_key_header and hmac), KeyID the key's id for hmac and user_jwt.
	User   string `json:"user,omitempty"`
	Header string `json:"header,omitempty"`
	KeyID  string `json:"key_id,omitempty"`
	// Secret is a reference: env:NAME, file:/path, or stored: for one kept
	// encrypted in the database. Never the secret itself.
	Secret string `json:"secret,omitempty"`
	// TokenURL, ClientID and Scopes are for oauth2_cc.
	TokenURL string   `json:"token_url,omitempty"`
	ClientID string   `json:"client_id,omitempty"`
	Scopes   []string `json:"scopes,omitempty"`
	// Audience is that of a user_jwt.
	Audience string `json:"audience,omitempty"`
	// Ports are allowed beside 443 and 8443.
	Ports []int `json:"ports,omitempty"`
	// PrivateHosts are exact host:port pairs on private networks that may be
	// called. An admin's audited choice.
	PrivateHosts []string  `json:"private_hosts,omitempty"`
	Disabled     bool      `json:"disabled,omitempty"`
	CreatedAt    time.Time `json:"created_at,omitzero"`
}
