package actions

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"steward/schemas"
)

// maxTokens bounds the tokens that are kept; beyond it all are fetched anew.
const maxTokens = 1000

// errToken is a token endpoint that gives no answer that can be used now.
var errToken = errors.New("token endpoint is unavailable")

// tokens keeps the access tokens of client credentials until they expire. It is
// safe for concurrent use. A changed secret is another token.
type tokens struct {
	mu   sync.Mutex
	kept map[[sha256.Size]byte]*oauth2.Token
}

// get returns a token, a new one when fresh is set. Errors are errCredential,
// errToken or those of the network; none holds a word of the endpoint.
func (t *tokens) get(ctx context.Context, c *http.Client, connection schemas.Connection, secret string, fresh bool) (string, error) {
	if _, err := endpoint(connection, connection.TokenURL); err != nil {
		return "", errBlocked
	}
	key := tokenKey(connection, secret)
	if token := t.valid(key); token != "" && !fresh {
		return token, nil
	}
	config := clientcredentials.Config{
		ClientID: connection.ClientID, ClientSecret: secret, TokenURL: connection.TokenURL, Scopes: connection.Scopes,
	}
	token, err := config.Token(context.WithValue(ctx, oauth2.HTTPClient, c))
	if err != nil {
		return "", tokenError(ctx, err)
	}
	if control(token.AccessToken) {
		return "", fmt.Errorf("fetch token: %w", errCredential)
	}
	t.keep(key, token)
	return token.AccessToken, nil
}

func (t *tokens) valid(key [sha256.Size]byte) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if token := t.kept[key]; token.Valid() {
		return token.AccessToken
	}
	return ""
}

func (t *tokens) keep(key [sha256.Size]byte, token *oauth2.Token) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.kept == nil || len(t.kept) >= maxTokens {
		t.kept = map[[sha256.Size]byte]*oauth2.Token{}
	}
	t.kept[key] = token
}

func tokenKey(c schemas.Connection, secret string) [sha256.Size]byte {
	return sha256.Sum256([]byte(strings.Join([]string{string(c.ID), c.Name, c.TokenURL, c.ClientID, strings.Join(c.Scopes, " "), secret}, "\x00")))
}

// tokenError keeps the kind of a failure and drops its text.
func tokenError(ctx context.Context, err error) error {
	if refused, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		if refused.Response != nil && (refused.Response.StatusCode >= http.StatusInternalServerError || refused.Response.StatusCode == http.StatusTooManyRequests) {
			return fmt.Errorf("fetch token: %w", errToken)
		}
		return fmt.Errorf("fetch token: %w", errCredential)
	}
	switch {
	case errors.Is(err, errBlocked):
		return fmt.Errorf("fetch token: %w", errBlocked)
	case ctx.Err() != nil:
		return fmt.Errorf("fetch token: %w", ctx.Err())
	}
	return fmt.Errorf("fetch token: %w", errToken)
}
