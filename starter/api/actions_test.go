package api_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"steward/internal/actions"
	"steward/internal/actions/mcp"
	"steward/internal/seal"
	"steward/internal/store"
	"steward/schemas"
	"steward/starter/api"
)

// shopSecret is the credential of the other system: it must not be in any
// answer, log or error.
const shopSecret = "tok-9f3b7c-very-secret"

// shop is another system on loopback.
type shop struct {
	t    *testing.T
	base string
	host string

	mu    sync.Mutex
	calls []string
	// broken answers every call with this status, and with words that nobody may
	// see.
	broken int
}

func openShop(t *testing.T) *shop {
	t.Helper()
	s := &shop{t: t}
	web := httptest.NewServer(s)
	t.Cleanup(web.Close)
	s.base, s.host = web.URL, strings.TrimPrefix(web.URL, "http://")
	return s
}

func (s *shop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		s.t.Error(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, strings.TrimSpace(r.Method+" "+r.URL.RequestURI()+" "+string(body)))
	w.Header().Set("Content-Type", "application/json")
	switch {
	case r.Header.Get("Authorization") != "Bearer "+shopSecret:
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, `{"error":"upstream-words"}`)
	case s.broken != 0:
		w.WriteHeader(s.broken)
		_, _ = io.WriteString(w, `<html>upstream-words `+shopSecret+`</html>`)
	case r.URL.Path == "/orders/7":
		// A system that repeats the credential it was called with.
		_, _ = fmt.Fprintf(w, `{"status":"shipped","email":"ann@example.com","debug":%q,"note":"internal"}`, r.Header.Get("Authorization"))
	default:
		_, _ = io.WriteString(w, `{"ok":true}`)
	}
}

func (s *shop) called() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string{}, s.calls...)
}

func (s *shop) breaks(status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken = status
}

// desk is an API with keys and a shop to call.
type desk struct {
	*site
	shop *shop
	log  *logged
	keys *seal.Keys
	// seen is everything that was answered.
	seen bytes.Buffer
}

// logged keeps what is logged.
type logged struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func newKeys(t *testing.T) *seal.Keys {
	t.Helper()
	key := make([]byte, seal.KeyBytes)
	if _, err := rand.Read(key); err != nil {
		t.Fatal(err)
	}
	keys, err := seal.New(key)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// setupDesk makes a desk whose test ends with a look for the secret in all that
// was answered and logged.
func setupDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{shop: openShop(t), log: &logged{}, keys: newKeys(t)}
	log := slog.New(slog.NewTextHandler(d.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	d.site = setup(t, func(o *api.Options) {
		o.Log, o.Keys = log, d.keys
		o.Calls = actions.New(actions.Options{
			Secrets: actions.LocalSecrets{Stored: seal.Stored{Values: storeOf(o), Keys: d.keys, Log: log}}, Tools: mcp.Client{},
		})
	})
	t.Cleanup(func() {
		for name, text := range map[string]string{"an answer": d.seen.String(), "the log": d.log.String()} {
			for _, leak := range []string{shopSecret, "upstream-words"} {
				if strings.Contains(text, leak) {
					t.Errorf("%s holds %q:\n%s", name, leak, text)
				}
			}
		}
	})
	return d
}

func storeOf(o *api.Options) *store.Store { return o.Store }

func (d *desk) want(status int, r request) response {
	d.t.Helper()
	got := d.site.want(status, r)
	d.seen.WriteString(got.body)
	return got
}

// connection puts a connection to the shop.
func (d *desk) connection(name, more string) response {
	d.t.Helper()
	return d.want(http.StatusCreated, request{
		method: "PUT", path: "/connections/" + name,
		body: fmt.Sprintf(`{"base_url":%q,"auth":"bearer","private_hosts":[%q]%s}`, d.shop.base, d.shop.host, more),
	})
}

func (d *desk) secret(name, secret string) {
	d.t.Helper()
	d.want(http.StatusNoContent, request{method: "PUT", path: "/connections/" + name + "/secret", body: fmt.Sprintf(`{"secret":%q}`, secret)})
}

// draftTag is the ETag of the draft.
func (d *desk) draftTag() map[string]string {
	d.t.Helper()
	return map[string]string{"If-Match": d.want(200, request{method: "GET", path: "/actions"}).header.Get("ETag")}
}

// put puts an action into the draft.
func (d *desk) put(status int, name, body string) response {
	d.t.Helper()
	return d.want(status, request{method: "PUT", path: "/actions/" + name, body: body, headers: d.draftTag()})
}

func (d *desk) publish() {
	d.t.Helper()
	d.want(http.StatusCreated, request{method: "POST", path: "/agents/default/versions", body: `{}`, headers: d.draftTag()})
}

// The actions of the tests: a read, and a write.
const (
	lookUp = `{"title":"Look up an order","description":"When the customer asks where an order is.",
		"inputs":[{"name":"order","required":true,"schema":{"type":"integer","minimum":1}}],
		"http":{"connection":"shop","path":"/orders/{order}"},
		"outputs":[{"path":"status","name":"status","visibility":"customer"},{"path":"email","name":"email","visibility":"model_only","mask":"email"},
			{"path":"debug","name":"debug"},{"path":"note","name":"note","visibility":"hidden"}]}`
	cancel = `{"title":"Cancel an order","description":"When the customer wants to cancel.",
		"inputs":[{"name":"order","required":true,"schema":{"type":"integer"}},{"name":"who","source":"contact","path":"verified_email","required":true}],
		"http":{"connection":"shop","method":"post","path":"/orders/{order}/cancel","body":{"by":"{who}"},"idempotency_header":"Idempotency-Key"}}`
)

func (d *desk) test(status int, name, body string) schemas.ActionTested {
	d.t.Helper()
	var out schemas.ActionTested
	d.want(status, request{method: "POST", path: "/actions/" + name + "/test", body: body}).into(d.t, &out)
	return out
}

func TestActionIsWrittenTestedAndPublished(t *testing.T) {
	t.Parallel()
	d := setupDesk(t)
	d.connection("shop", "")
	d.secret("shop", shopSecret)
	var shown schemas.ActionShown
	d.put(http.StatusCreated, "look_up", lookUp).into(t, &shown)
	if a := shown.Draft; a == nil || a.Kind != schemas.ActionHTTP || a.Effect != schemas.EffectRead || a.Confirm != schemas.ConfirmNever ||
		a.Protection != schemas.ProtectMatchEmail || a.HTTP.Method != "GET" || !shown.Changed || shown.Published != nil || len(shown.Warnings) != 0 {
		t.Fatalf("shown %+v", shown)
	}
	d.put(http.StatusCreated, "cancel", cancel)
	d.put(http.StatusOK, "cancel", cancel)

	d.want(http.StatusNotFound, request{method: "POST", path: "/actions/look_up/test", body: `{"arguments":{"order":7}}`})
	got := d.test(http.StatusOK, "look_up", `{"draft":true,"arguments":{"order":7}}`)
	if got.State != schemas.RunOK || got.Status != 200 || got.DryRun || got.Customer != "Status: shipped" || len(got.Values) != 4 ||
		!strings.Contains(got.Engine, "shipped") || strings.Contains(got.Engine, "internal") || strings.Contains(got.Engine, "ann@") {
		t.Errorf("test of a read: %+v", got)
	}
	if calls := d.shop.called(); len(calls) != 1 || calls[0] != "GET /orders/7" {
		t.Errorf("the shop was called: %q", calls)
	}

	// A write is tried without its effect, unless it is really meant.
	write := `"draft":true,"arguments":{"order":7},"email":"ann@example.com"`
	if got := d.test(http.StatusOK, "cancel", `{`+write+`}`); got.State != schemas.RunOK || !got.DryRun || len(d.shop.called()) != 1 {
		t.Errorf("dry run: %+v, calls %q", got, d.shop.called())
	}
	if got := d.test(http.StatusOK, "cancel", `{`+write+`,"really":true}`); got.State != schemas.RunOK || got.DryRun || got.Status != 200 {
		t.Errorf("real run: %+v", got)
	}
	if calls := d.shop.called(); len(calls) != 2 || calls[1] != `POST /orders/7/cancel {"by":"ann@example.com"}` {
		t.Errorf("the shop was called: %q", calls)
	}
	if !strings.Contains(d.log.String(), "really=true") {
		t.Errorf("a write that was really made is not in the log: %s", d.log.String())
	}

	d.publish()
	if got := d.test(http.StatusOK, "look_up", `{"arguments":{"order":7}}`); got.State != schemas.RunOK {
		t.Errorf("test of what is published: %+v", got)
	}
	list := get[schemas.List[schemas.ActionShown]](d.site, "/actions").Items
	if len(list) != 2 || list[0].Name != "cancel" || list[0].Changed || list[0].Published == nil {
		t.Errorf("actions %+v", list)
	}
	gone := d.want(http.StatusNoContent, request{method: "DELETE", path: "/actions/cancel", headers: d.draftTag()})
	if gone.header.Get("ETag") != d.draftTag()["If-Match"] {
		t.Errorf("ETag %q after a deletion", gone.header.Get("ETag"))
	}
	if one := get[schemas.ActionShown](d.site, "/actions/cancel"); one.Draft != nil || one.Published == nil || !one.Changed {
		t.Errorf("deleted in the draft: %+v", one)
	}
	d.want(http.StatusNotFound, request{method: "DELETE", path: "/actions/cancel", headers: d.draftTag()})
	d.want(http.StatusNotFound, request{method: "GET", path: "/actions/other"})
}

func TestFailuresOfATestCallAreWords(t *testing.T) {
	t.Parallel()
	d := setupDesk(t)
	d.connection("shop", "")
	d.put(http.StatusCreated, "look_up", lookUp)
	try := func(says string, want schemas.RunError, advice string) {
		t.Helper()
		got := d.test(http.StatusOK, "look_up", `{"draft":true,"arguments":{"order":7}}`)
		if got.State != schemas.RunFailed || got.Error != want || !strings.Contains(got.Advice, advice) || got.Engine != "" {
			t.Errorf("%s: %+v", says, got)
		}
	}
	try("without a secret", schemas.RunErrorConfig, "No secret is stored")
	d.secret("shop", "another")
	try("with a wrong secret", schemas.RunErrorAuth, "refused the credential")
	d.secret("shop", shopSecret+"\n")
	for status, want := range map[int]schemas.RunError{404: schemas.RunErrorNotFound, 422: schemas.RunErrorRejected, 500: schemas.RunErrorUnavailable} {
		d.shop.breaks(status)
		try(fmt.Sprint(status), want, "The system")
	}
	d.shop.breaks(0)
	// What was sealed under a key that is gone.
	foreign, err := newKeys(t).Seal("shop", shopSecret)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.store.SetConnectionSecret(t.Context(), "shop", foreign); err != nil {
		t.Fatal(err)
	}
	try("under another key", schemas.RunErrorConfig, "STEWARD_SECRETS_KEY_OLD")
	// What was sealed for another connection.
	moved, err := d.keys.Seal("crm", shopSecret)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.store.SetConnectionSecret(t.Context(), "shop", moved); err != nil {
		t.Fatal(err)
	}
	try("moved from another connection", schemas.RunErrorConfig, "cannot be read")
	d.want(http.StatusOK, request{method: "PUT", path: "/connections/shop", body: `{"base_url":"https://shop.example","auth":"none","disabled":true}`})
	if got := d.test(http.StatusOK, "look_up", `{"draft":true,"arguments":{"order":7}}`); got.State != schemas.RunDenied || !strings.Contains(got.Advice, "disabled") {
		t.Errorf("disabled connection: %+v", got)
	}
}

func TestTestCallsThatCannotBeMade(t *testing.T) {
	t.Parallel()
	d := setupDesk(t)
	d.connection("shop", "")
	d.put(http.StatusCreated, "look_up", lookUp)
	d.put(http.StatusCreated, "cancel", cancel)
	for _, c := range []struct{ name, action, body, field string }{
		{"missing", "look_up", `{"arguments":{}}`, "body.arguments.order"},
		{"of the wrong type", "look_up", `{"arguments":{"order":"seven"}}`, "body.arguments.order"},
		{"below its bound", "look_up", `{"arguments":{"order":0}}`, "body.arguments.order"},
		{"unknown", "look_up", `{"arguments":{"order":1,"admin":true}}`, "body.arguments"},
		{"the server's own", "cancel", `{"arguments":{"order":1,"who":"eve@example.com"}}`, "body.arguments"},
		{"no object", "look_up", `{"arguments":[1]}`, "body.arguments"},
		{"contact not known", "cancel", `{"arguments":{"order":1}}`, "body.input who"},
		{"address not verified", "cancel", `{"arguments":{"order":1},"email":"a@example.com","identity":"claimed_email"}`, "body.input who"},
		{"unknown identity", "look_up", `{"arguments":{"order":1},"identity":"king"}`, "body.identity"},
	} {
		got := d.want(http.StatusUnprocessableEntity, request{
			method: "POST", path: "/actions/" + c.action + "/test", body: `{"draft":true,` + strings.TrimPrefix(c.body, "{"),
		})
		if p := d.problem(got); len(p.Errors) == 0 || p.Errors[0].Location != c.field || strings.Contains(got.body, "eve@") {
			t.Errorf("%s: %s", c.name, got.body)
		}
	}
	if calls := d.shop.called(); len(calls) != 0 {
		t.Errorf("the shop was called: %q", calls)
	}
	d.want(http.StatusNotFound, request{method: "POST", path: "/actions/other/test", body: `{"draft":true}`})
}

func TestWritesOfActionsAreConcurrencySafe(t *testing.T) {
	t.Parallel()
	d := setupDesk(t)
	d.connection("shop", "")
	old := d.draftTag()
	d.want(http.StatusPreconditionRequired, request{method: "PUT", path: "/actions/look_up", body: lookUp})
	d.want(http.StatusPreconditionRequired, request{method: "DELETE", path: "/actions/look_up"})
	d.put(http.StatusCreated, "look_up", lookUp)
	d.want(http.StatusPreconditionFailed, request{method: "PUT", path: "/actions/look_up", body: lookUp, headers: old})
	d.want(http.StatusPreconditionFailed, request{method: "DELETE", path: "/actions/look_up", headers: old})
}

func TestDraftsWithActionsThatCannotBeAreRefused(t *testing.T) {
	t.Parallel()
	d := setupDesk(t)
	d.connection("shop", "")
	many := make([]string, 101)
	for i := range many {
		many[i] = strings.Replace(lookUp, "{", fmt.Sprintf(`{"name":"a%d",`, i), 1)
	}
	with := func(name, from, to string) string {
		t.Helper()
		out := strings.Replace(lookUp, "{", `{"name":"`+name+`",`, 1)
		if !strings.Contains(out, from) {
			t.Fatalf("%q is not in the action", from)
		}
		return strings.Replace(out, from, to, 1)
	}
	good := with("good", "order", "order")
	for _, c := range []struct{ name, patch, field string }{
		{"unknown input in a path", `{"actions":[` + good + `,` + with("bad", "{order}", "{number}") + `]}`, "body.actions[1].http.path"},
		{"unknown connection", `{"actions":[` + with("bad", `"connection":"shop"`, `"connection":"crm"`) + `]}`, "body.actions[0].http.connection"},
		{"a name twice", `{"actions":[` + good + `,` + good + `]}`, "body.actions[1].name"},
		{"a name of ours", `{"actions":[` + with("answer", "order", "order") + `]}`, "body.actions[0].name"},
		{"a bad name", `{"actions":[` + with("Look up", "order", "order") + `]}`, "body.actions[0].name"},
		{"no description", `{"actions":[` + with("bad", "When the customer asks where an order is.", " ") + `]}`, "body.actions[0].description"},
		{"bad schema", `{"actions":[` + with("bad", `"minimum":1`, `"$ref":"file:///etc/passwd"`) + `]}`, "body.actions[0].inputs[0].schema"},
		{"of the CRM", `{"actions":[` + with("bad", `"http":{"connection":"shop","path":"/orders/{order}"}`, `"kind":"crm","crm":{}`) + `]}`, "body.actions[0].kind"},
		{"secret of another connection", `{"actions":[` + with("bad", `"inputs":[`, `"inputs":[{"name":"k","source":"secret","path":"stored:crm"},`) + `]}`, "body.actions[0].inputs[0].path"},
		{"never confirmed destruction", `{"actions":[` + with("bad", `"title"`, `"effect":"destructive","confirm":"never","title"`) + `]}`, "body.actions[0].confirm"},
		{"team that is none", `{"actions":[` + with("bad", `"title"`, `"approval":{"team":"sales"},"title"`) + `]}`, "body.actions[0].approval.team"},
		{"too many", `{"actions":[` + strings.Join(many, ",") + `]}`, "body.actions"},
		{"guideline without a title", `{"guidelines":[{"title":""}]}`, "body.guidelines"},
		{"goal without a name", `{"goals":[{"name":""}]}`, "body.goals"},
	} {
		got := d.want(http.StatusUnprocessableEntity, request{method: "PATCH", path: "/agents/default/draft", body: c.patch, headers: d.draftTag()})
		p := d.problem(got)
		if len(p.Errors) != 1 || p.Errors[0].Location != c.field || p.Errors[0].Message == "" ||
			!strings.HasPrefix(p.Detail, strings.TrimPrefix(c.field, "body.")) {
			t.Errorf("%s: %s", c.name, got.body)
		}
	}
	if s, _, err := d.store.Draft(t.Context(), d.place.Agent); err != nil || len(s.Actions)+len(s.Goals)+len(s.Guidelines) != 0 {
		t.Errorf("draft %+v, %v", s, err)
	}
	for path, body := range map[string]string{
		"/actions/bad": strings.Replace(lookUp, "{order}", "{number}", 1), "/actions/answer": lookUp, "/actions/Bad": lookUp,
		"/actions/other": `{"name":"another",` + lookUp[1:],
	} {
		got := d.want(http.StatusUnprocessableEntity, request{method: "PUT", path: path, body: body, headers: d.draftTag()})
		if p := d.problem(got); len(p.Errors) != 1 || !strings.Contains(" body.name body.http.path ", " "+p.Errors[0].Location+" ") {
			t.Errorf("%s: %s", path, got.body)
		}
	}
}

// A connection that has gone since the draft was saved is found when it is
// published.
func TestPublishChecksActionsAgain(t *testing.T) {
	t.Parallel()
	d := setupDesk(t)
	d.connection("shop", "")
	d.put(http.StatusCreated, "look_up", lookUp)
	if err := d.store.DeleteConnection(t.Context(), "shop"); err != nil {
		t.Fatal(err)
	}
	got := d.want(http.StatusUnprocessableEntity, request{method: "POST", path: "/agents/default/versions", body: `{}`, headers: d.draftTag()})
	if p := d.problem(got); len(p.Errors) != 1 || p.Errors[0].Location != "body.actions[0].http.connection" {
		t.Errorf("published: %s", got.body)
	}
	if w := get[schemas.ActionShown](d.site, "/actions/look_up").Warnings; len(w) != 1 || w[0].Location != "http.connection" {
		t.Errorf("warnings %+v", w)
	}
	d.want(http.StatusConflict, request{method: "POST", path: "/actions/look_up/test", body: `{"draft":true,"arguments":{"order":1}}`})
}

func TestWarningsOfActions(t *testing.T) {
	t.Parallel()
	d := setupDesk(t)
	d.connection("shop", "")
	open := strings.Replace(cancel, `{"title"`, `{"confirm":"never","protection":"none","title"`, 1)
	var shown schemas.ActionShown
	d.put(http.StatusCreated, "cancel", open).into(t, &shown)
	var fields []string
	for _, w := range shown.Warnings {
		fields = append(fields, w.Location)
	}
	if got := strings.Join(fields, " "); got != "confirm protection http.connection" {
		t.Errorf("warnings about %q: %+v", got, shown.Warnings)
	}
	d.secret("shop", shopSecret)
	d.put(http.StatusOK, "cancel", cancel).into(t, &shown)
	if raw, err := json.Marshal(shown.Warnings); err != nil || string(raw) != "[]" {
		t.Errorf("warnings %s, %v", raw, err)
	}
}
