package store

import (
	"regexp"
	"strings"
	"testing"

	"steward/schemas"
)

func TestTokens(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	secret, err := b.CreateToken(t.Context(), "ci")
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`^steward_[0-9A-Za-z]{46}$`).MatchString(secret) {
		t.Errorf("the secret has another form: %d characters", len(secret))
	}
	if name, err := b.CheckToken(t.Context(), secret); err != nil || name != "ci" {
		t.Fatalf("name %q, %v", name, err)
	}
	other, err := NewTokenSecret()
	if err != nil {
		t.Fatal(err)
	}
	for name, wrong := range map[string]string{
		"empty": "", "unknown": other, "cut": secret[:len(secret)-1], "longer": secret + "a",
		"mistyped": strings.Replace(secret, secret[20:21], "-", 1), "no form": "0123456789abcdefgh", "NUL": "0123456789abcdef\x00",
	} {
		_, err := b.CheckToken(t.Context(), wrong)
		if schemas.KindOf(err) != schemas.KindUnauthorized {
			t.Errorf("%s: %v", name, err)
		}
	}
	var stored int
	if err := b.pool.QueryRow(t.Context(), "select count(*) from api_tokens t where t::text like '%' || $1 || '%'", secret[8:30]).Scan(&stored); err != nil || stored != 0 {
		t.Errorf("the secret is stored: %d, %v", stored, err)
	}
	b.exec(t, "update api_tokens set revoked_at = clock()")
	_, err = b.CheckToken(t.Context(), secret)
	wantKind(t, err, schemas.KindUnauthorized)
}

func TestEnsureAdminToken(t *testing.T) {
	t.Parallel()
	b := setupAdmin(t)
	ours, err := NewTokenSecret()
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"a secret of the operator", ours, ours} {
		if err := b.EnsureAdminToken(t.Context(), secret); err != nil {
			t.Fatal(err)
		}
		if name, err := b.CheckToken(t.Context(), secret); err != nil || name != "admin" {
			t.Errorf("name %q, %v", name, err)
		}
	}
	wantKind(t, b.EnsureAdminToken(t.Context(), "short"), schemas.KindInvalid)
	wantKind(t, b.EnsureAdminToken(t.Context(), ours[:30]), schemas.KindInvalid)
}
