package api_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"steward/schemas"
	"steward/starter/api"
)

func TestConnectionIsKeptWithoutItsSecret(t *testing.T) {
	t.Parallel()
	d := setupDesk(t)
	var made schemas.ConnectionShown
	d.connection("shop", "").into(t, &made)
	if made.ID == "" || made.Name != "shop" || made.Secret != "stored:shop" || made.SecretStored || made.UsedBy == nil || made.CreatedAt.IsZero() {
		t.Errorf("made %+v", made)
	}
	d.secret("shop", shopSecret+"\r\n")
	sealed, err := d.store.ConnectionSecret(t.Context(), "shop")
	if err != nil || bytes.Contains(sealed, []byte(shopSecret)) {
		t.Fatalf("stored %q, %v", sealed, err)
	}
	if secret, err := d.keys.Open("shop", sealed); err != nil || secret != shopSecret {
		t.Errorf("opened %q, %v", secret, err)
	}
	d.put(http.StatusCreated, "look_up", lookUp)
	list := get[schemas.List[schemas.ConnectionShown]](d.site, "/connections").Items
	if len(list) != 1 || !list[0].SecretStored || strings.Join(list[0].UsedBy, " ") != "look_up" {
		t.Errorf("connections %+v", list)
	}
	old, err := newKeys(t).Seal("shop", shopSecret)
	if err != nil || list[0].SecretOldKey {
		t.Fatalf("old key %v, %v", list[0].SecretOldKey, err)
	}
	if err := d.store.SetConnectionSecret(t.Context(), "shop", old); err != nil {
		t.Fatal(err)
	}
	if c := get[schemas.ConnectionShown](d.site, "/connections/shop"); !c.SecretStored || !c.SecretOldKey {
		t.Errorf("a secret under another key: %+v", c)
	}
	// What was shown can be sent back; the secret stays while the host does.
	var again schemas.ConnectionShown
	d.want(http.StatusOK, request{
		method: "PUT", path: "/connections/shop",
		body: fmt.Sprintf(`{"id":%q,"name":"shop","base_url":%q,"auth":"bearer","secret":"stored:","private_hosts":[%q]}`, made.ID, d.shop.base+"/v2", d.shop.host),
	}).into(t, &again)
	if again.ID != made.ID || !again.SecretStored || again.BaseURL != d.shop.base+"/v2" {
		t.Errorf("replaced %+v", again)
	}
	d.want(http.StatusOK, request{method: "GET", path: "/connections/shop"})
	for _, r := range []request{
		{method: "GET", path: "/connections/other"},
		{method: "DELETE", path: "/connections/other"},
		{method: "PUT", path: "/connections/other/secret", body: `{"secret":"a"}`},
	} {
		d.want(http.StatusNotFound, r)
	}
}

// A stored secret was given for one host. Whoever may edit a connection could
// send it to another one otherwise.
func TestConnectionThatMovesLosesItsSecret(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, from, to string
		stays          bool
	}{
		{"another path", `"https://shop.example/v1"`, `"https://shop.example/v2"`, true},
		{"another case", `"https://shop.example"`, `"https://SHOP.example/"`, true},
		{"another host", `"https://shop.example/v1"`, `"https://evil.example/v1"`, false},
		{"a host with more", `"https://shop.example"`, `"https://shop.example.evil.example"`, false},
		{"another port", `"https://shop.example"`, `"https://shop.example:8443"`, false},
		{"another token endpoint", `"https://shop.example","token_url":"https://id.example/token"`, `"https://shop.example","token_url":"https://evil.example/token"`, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := setupDesk(t)
			put := func(status int, address string) (out schemas.ConnectionShown) {
				t.Helper()
				auth := `"auth":"bearer"`
				if strings.Contains(address, "token_url") {
					auth = `"auth":"oauth2_cc","client_id":"us"`
				}
				d.want(status, request{method: "PUT", path: "/connections/shop", body: `{` + auth + `,"base_url":` + address + `}`}).into(t, &out)
				return out
			}
			put(http.StatusCreated, c.from)
			d.secret("shop", shopSecret)
			if got := put(http.StatusOK, c.to); got.SecretStored != c.stays {
				t.Errorf("secret stored: %v", got.SecretStored)
			}
		})
	}
}

func TestConnectionsThatCannotBeAreRefused(t *testing.T) {
	t.Parallel()
	d := setupDesk(t)
	for _, c := range []struct{ name, path, body, field string }{
		{"bad name", "Shop", `{"base_url":"https://shop.example","auth":"none"}`, "body.name"},
		{"another name", "shop", `{"name":"crm","base_url":"https://shop.example","auth":"none"}`, "body.name"},
		{"http", "shop", `{"base_url":"http://shop.example","auth":"none"}`, "body.base_url"},
		{"private", "shop", `{"base_url":"https://10.0.0.1","auth":"none"}`, "body.base_url"},
		{"password in the address", "shop", `{"base_url":"https://me:` + shopSecret + `@shop.example","auth":"none"}`, "body.base_url"},
		{"unknown auth", "shop", `{"base_url":"https://shop.example","auth":"magic"}`, "body.auth"},
		{"the secret itself", "shop", `{"base_url":"https://shop.example","auth":"bearer","secret":"` + shopSecret + `"}`, "body.secret"},
		{"secret of another connection", "shop", `{"base_url":"https://shop.example","auth":"bearer","secret":"stored:crm"}`, "body.secret"},
		{"basic without a user", "shop", `{"base_url":"https://shop.example","auth":"basic"}`, "body.user"},
		{"private hosts that are none", "shop", `{"base_url":"https://shop.example","auth":"none","private_hosts":["10.0.0.*:80"]}`, "body.private_hosts"},
		{"unknown field", "shop", `{"base_url":"https://shop.example","auth":"none","password":"` + shopSecret + `"}`, "body.password"},
	} {
		got := d.want(http.StatusUnprocessableEntity, request{method: "PUT", path: "/connections/" + c.path, body: c.body})
		if p := d.problem(got); len(p.Errors) != 1 || p.Errors[0].Location != c.field {
			t.Errorf("%s: %s", c.name, got.body)
		}
	}
	if list := get[schemas.List[schemas.ConnectionShown]](d.site, "/connections").Items; len(list) != 0 {
		t.Errorf("connections %+v", list)
	}
}

func TestSecretsThatCannotBeKept(t *testing.T) {
	t.Parallel()
	d := setupDesk(t)
	d.connection("shop", "")
	d.want(http.StatusCreated, request{method: "PUT", path: "/connections/open", body: `{"base_url":"https://shop.example","auth":"none"}`})
	d.want(http.StatusCreated, request{method: "PUT", path: "/connections/named", body: `{"base_url":"https://shop.example","auth":"bearer","secret":"env:STEWARD_SECRET_SHOP"}`})
	for _, c := range []struct {
		name   string
		status int
		r      request
	}{
		{"two lines", 422, request{path: "/connections/shop/secret", body: fmt.Sprintf(`{"secret":%q}`, shopSecret+"\n"+shopSecret)}},
		{"line end alone", 422, request{path: "/connections/shop/secret", body: `{"secret":"\n"}`}},
		{"empty", 422, request{path: "/connections/shop/secret", body: `{"secret":""}`}},
		{"too long", 422, request{path: "/connections/shop/secret", body: `{"secret":"` + strings.Repeat(shopSecret, 1000) + `"}`}},
		{"no text", 422, request{path: "/connections/shop/secret", body: `{"secret":["` + shopSecret + `"]}`}},
		{"no JSON", 400, request{path: "/connections/shop/secret", body: `{"secret":"` + shopSecret}},
		{"connection without proof", 409, request{path: "/connections/open/secret", body: `{"secret":"` + shopSecret + `"}`}},
		{"connection with a reference", 409, request{path: "/connections/named/secret", body: `{"secret":"` + shopSecret + `"}`}},
	} {
		c.r.method = "PUT"
		d.want(c.status, c.r)
	}
	if names, err := d.store.SealedConnections(t.Context()); err != nil || len(names) != 0 {
		t.Errorf("stored for %q, %v", names, err)
	}
}

func TestWithoutAKeyNoSecretIsTaken(t *testing.T) {
	t.Parallel()
	s := setup(t, nil)
	s.want(http.StatusCreated, request{method: "PUT", path: "/connections/shop", body: `{"base_url":"https://shop.example","auth":"bearer"}`})
	got := s.want(http.StatusConflict, request{method: "PUT", path: "/connections/shop/secret", body: `{"secret":"` + shopSecret + `"}`})
	if !strings.Contains(got.body, "STEWARD_SECRETS_KEY") || !strings.Contains(got.body, "openssl rand -base64 32") || strings.Contains(got.body, shopSecret) {
		t.Errorf("answer %s", got.body)
	}
	if names, err := s.store.SealedConnections(t.Context()); err != nil || len(names) != 0 {
		t.Errorf("stored for %q, %v", names, err)
	}
}

func TestConnectionInUseIsNotDeleted(t *testing.T) {
	t.Parallel()
	d := setupDesk(t)
	d.connection("shop", "")
	d.secret("shop", shopSecret)
	d.put(http.StatusCreated, "look_up", lookUp)
	refused := func(says string, names ...string) {
		t.Helper()
		got := d.want(http.StatusConflict, request{method: "DELETE", path: "/connections/shop"})
		for _, name := range names {
			if !strings.Contains(got.body, name) {
				t.Errorf("%s: %s", says, got.body)
			}
		}
	}
	refused("in the draft", "look_up")
	d.publish()
	d.want(http.StatusNoContent, request{method: "DELETE", path: "/actions/look_up", headers: d.draftTag()})
	refused("published", "look_up")
	d.put(http.StatusCreated, "cancel", cancel)
	refused("in both", "cancel, look_up")
	d.want(http.StatusNoContent, request{method: "DELETE", path: "/actions/cancel", headers: d.draftTag()})
	d.publish()
	d.want(http.StatusNoContent, request{method: "DELETE", path: "/connections/shop"})
	if names, err := d.store.SealedConnections(t.Context()); err != nil || len(names) != 0 {
		t.Errorf("stored for %q, %v", names, err)
	}
}

func TestServerWithoutCallsSaysSo(t *testing.T) {
	t.Parallel()
	s := setup(t, func(o *api.Options) { o.Calls = nil })
	s.want(http.StatusServiceUnavailable, request{method: "POST", path: "/actions/look_up/test", body: `{}`})
	s.want(http.StatusServiceUnavailable, request{method: "POST", path: "/actions/import/mcp", body: `{"connection":"shop"}`})
}
