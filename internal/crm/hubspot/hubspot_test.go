package hubspot_test

import (
	"context"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"steward/internal/crm"
	"steward/internal/crm/crmtest"
	"steward/internal/crm/hubspot"
	"steward/internal/crm/hubspot/hubspottest"
	"steward/internal/store"
	"steward/internal/testkit"
	"steward/schemas"
)

const token = "pat-na1-0f9e8d7c-secret"

// portal is a fake portal on a port, with a CRM that calls it.
type portal struct {
	*hubspottest.Server
	crm crm.CRM
}

func open(t *testing.T, change func(*hubspot.Options)) portal {
	t.Helper()
	fake := hubspottest.New(token)
	server := httptest.NewUnstartedServer(fake)
	// Broken connections are the point of some tests.
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	o := hubspot.Options{
		Client: server.Client(), BaseURL: server.URL, UserAgent: "Steward/test",
		Token: func(context.Context) (string, error) { return token, nil },
	}
	if change != nil {
		change(&o)
	}
	c, err := hubspot.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return portal{fake, c}
}

// journal keeps writes in memory, as the store does in its tables.
type journal struct {
	mu      sync.Mutex
	entries map[string]schemas.CRMEntry
}

func (j *journal) Written(_ context.Context, e schemas.CRMEntry) (schemas.CRMWritten, bool, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if e.Write.Key == "" {
		return schemas.CRMWritten{}, false, schemas.NewError(schemas.KindInvalid, "a write needs a key")
	}
	old, ok := j.entries[e.Write.Key]
	if !ok {
		return schemas.CRMWritten{}, false, nil
	}
	if old.Operation != e.Operation || e.Ref.ID != "" && e.Ref.ID != old.Ref.ID {
		return schemas.CRMWritten{}, false, schemas.NewError(schemas.KindConflict, "the key was used for another write")
	}
	return schemas.CRMWritten{Record: schemas.Record{RecordRef: old.Ref, Properties: old.After, Version: old.Version}, Created: old.Created, Repeated: true}, true, nil
}

func (j *journal) Enter(_ context.Context, e schemas.CRMEntry) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if _, ok := j.entries[e.Write.Key]; !ok {
		j.entries[e.Write.Key] = e
	}
	return nil
}

func TestMain(m *testing.M) { testkit.Main(m) }

// The store's record of writes makes HubSpot write once per key.
func TestConformance(t *testing.T) {
	t.Parallel()
	s, err := store.Open(t.Context(), testkit.Database(t), store.Options{MaxConns: 8})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	for name, tt := range map[string]struct {
		version string
		journal func() crm.Journal
	}{
		"v3, recorded by the store": {"", func() crm.Journal { return s.CRM() }},
		"dated, recorded in memory": {"2026-03", func() crm.Journal { return &journal{entries: map[string]schemas.CRMEntry{}} }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			crmtest.Run(t, func(t *testing.T) crm.CRM {
				p := open(t, func(o *hubspot.Options) { o.Version = tt.version })
				return crm.Journaled(p.crm, hubspot.System, tt.journal())
			})
		})
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	good := hubspot.Options{Token: func(context.Context) (string, error) { return token, nil }}
	if _, err := hubspot.New(good); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*hubspot.Options){
		"no token":             func(o *hubspot.Options) { o.Token = nil },
		"in the clear":         func(o *hubspot.Options) { o.BaseURL = "http://api.hubapi.com" },
		"no host":              func(o *hubspot.Options) { o.BaseURL = "https://" },
		"a user":               func(o *hubspot.Options) { o.BaseURL = "https://a:b@api.hubapi.com" },
		"a path as version":    func(o *hubspot.Options) { o.Version = "../v3" },
		"a path as a property": func(o *hubspot.Options) { o.ExternalID = "a/b" },
	} {
		o := good
		change(&o)
		if _, err := hubspot.New(o); err == nil || strings.Contains(err.Error(), token) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTokenStaysSecret(t *testing.T) {
	t.Parallel()
	elsewhere := ""
	other := httptest.NewTLSServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { elsewhere = r.Header.Get("Authorization") }))
	t.Cleanup(other.Close)
	p := open(t, nil)
	p.Fail(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL+"/crm", http.StatusTemporaryRedirect)
	})
	_, err := p.crm.Describe(t.Context(), schemas.ObjectContact)
	if crm.KindOf(err) != crm.KindUnavailable || elsewhere != "" {
		t.Errorf("error %v, the other host got %q", err, elsewhere)
	}
	for name, give := range map[string]func(context.Context) (string, error){
		"wrong":   func(context.Context) (string, error) { return "wrong", nil },
		"none":    func(context.Context) (string, error) { return "", nil },
		"failing": func(context.Context) (string, error) { return token, context.Canceled },
		"headers": func(context.Context) (string, error) { return token + "\r\nX-A: b", nil },
	} {
		q := open(t, func(o *hubspot.Options) { o.Token = give })
		_, err := q.crm.Describe(t.Context(), schemas.ObjectContact)
		if crm.KindOf(err) != crm.KindAuth || strings.Contains(err.Error(), "pat-") {
			t.Errorf("%s: %v", name, err)
		}
		if name != "wrong" && len(q.Calls()) > 0 {
			t.Errorf("%s: called %v", name, q.Calls())
		}
	}
}

// Only what is asked for comes, so every read has to ask. A new contact is found
// by its address although the search does not show it.
func TestSearchLagsBehind(t *testing.T) {
	t.Parallel()
	p := open(t, nil)
	p.Lag()
	w := schemas.CRMWrite{Key: "conv_1/1/1", Actor: "agent"}
	contact, created, err := p.crm.Upsert(t.Context(), schemas.ObjectContact, "email", map[string]string{"email": "ada@example.com", "company": "Engines"}, w)
	if err != nil || !created {
		t.Fatalf("created %v, %v", created, err)
	}
	find := func(property, value string) int {
		found, err := p.crm.FindBy(t.Context(), crm.Find{Object: schemas.ObjectContact, Property: property, Value: value, Properties: []string{"company"}})
		if err != nil {
			t.Fatal(err)
		}
		return len(found)
	}
	if find("email", "Ada@example.com") != 1 || find("company", "Engines") != 0 {
		t.Error("the fake's search does not lag, or an address is searched for")
	}
	if got, err := p.crm.Get(t.Context(), contact.RecordRef, []string{"company"}); err != nil || got.Properties["company"] != "Engines" {
		t.Errorf("by the returned id: %+v, %v", got, err)
	}
	// A company's domain is not unique there: the id that came back is used.
	domain := map[string]string{"domain": "https://www.Engines.example/about", "name": "Engines"}
	first, created, err := p.crm.Upsert(t.Context(), schemas.ObjectCompany, "domain", domain, w)
	if err != nil || !created {
		t.Fatalf("company created %v, %v", created, err)
	}
	second, created, err := p.crm.Upsert(t.Context(), schemas.ObjectCompany, "domain", map[string]string{"domain": "engines.example", "city": "London"}, w)
	if err != nil || created || second.RecordRef != first.RecordRef || len(p.Objects("companies")) != 1 {
		t.Errorf("company %+v, created %v, %v", second, created, err)
	}
	p.Settle()
	if find("company", "Engines") != 1 {
		t.Error("the search never shows it")
	}
	for _, call := range p.Calls() {
		if strings.HasPrefix(call, "GET ") && !strings.Contains(call, "properties=") {
			t.Errorf("a read that asks for nothing: %s", call)
		}
	}
}

func TestAnswerOfACreateIsLost(t *testing.T) {
	t.Parallel()
	w := schemas.CRMWrite{Key: "conv_1/1/1", Actor: "agent"}
	ticket := map[string]string{"subject": "Broken loom"}
	for name, lag := range map[string]bool{"found by search": false, "refused as there already": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := open(t, nil)
			if lag {
				p.Lag()
			}
			p.LoseAnswers(nil, hubspottest.Cut)
			_, err := p.crm.Create(t.Context(), schemas.ObjectTicket, ticket, w)
			if crm.KindOf(err) != crm.KindUnavailable {
				t.Fatalf("a lost answer: %v", err)
			}
			got, err := p.crm.Create(t.Context(), schemas.ObjectTicket, ticket, w)
			if err != nil || got.Properties["subject"] != "Broken loom" || len(p.Objects("tickets")) != 1 {
				t.Errorf("%d tickets, %+v, %v", len(p.Objects("tickets")), got, err)
			}
		})
	}
}

func TestUpsertIsTriedAgain(t *testing.T) {
	t.Parallel()
	p := open(t, nil)
	p.LoseAnswers(hubspottest.Cut, hubspottest.Status(http.StatusBadGateway, "text/html", "<h1>bad gateway</h1>"))
	w := schemas.CRMWrite{Key: "conv_1/1/1", Actor: "agent"}
	values := map[string]string{"email": "ada@example.com", "city": "London"}
	for range 2 {
		if _, _, err := p.crm.Upsert(t.Context(), schemas.ObjectContact, "email", values, w); crm.KindOf(err) != crm.KindUnavailable {
			t.Fatalf("a lost answer: %v", err)
		}
	}
	got, created, err := p.crm.Upsert(t.Context(), schemas.ObjectContact, "email", values, w)
	if err != nil || created || len(p.Objects("contacts")) != 1 || got.Properties["city"] != "London" {
		t.Errorf("%d contacts, %+v, created %v, %v", len(p.Objects("contacts")), got, created, err)
	}
}

func TestAmbiguousDomain(t *testing.T) {
	t.Parallel()
	p := open(t, nil)
	p.Add("companies", map[string]string{"domain": "engines.example"})
	p.Add("companies", map[string]string{"domain": "engines.example"})
	w := schemas.CRMWrite{Key: "a", Actor: "agent"}
	_, _, err := p.crm.Upsert(t.Context(), schemas.ObjectCompany, "domain", map[string]string{"domain": "engines.example", "city": "Rome"}, w)
	if !errors.Is(err, crm.ErrAmbiguous) {
		t.Errorf("two companies: %v", err)
	}
	for _, o := range p.Objects("companies") {
		if o.Properties["city"] != "" || len(p.Objects("companies")) != 2 {
			t.Errorf("one of two was chosen: %+v", o)
		}
	}
	if _, err := p.crm.Create(t.Context(), schemas.ObjectCompany, map[string]string{"name": "Engines"}, w); crm.KindOf(err) != crm.KindInvalidProperty {
		t.Errorf("a create where keys cannot be kept: %v", err)
	}
}

func TestWhatIsSent(t *testing.T) {
	t.Parallel()
	p := open(t, nil)
	w := schemas.CRMWrite{Key: "a", Actor: "agent"}
	ada, _, err := p.crm.Upsert(t.Context(), schemas.ObjectContact, "email", map[string]string{"email": "ada@example.com"}, w)
	if err != nil {
		t.Fatal(err)
	}
	deal, err := p.crm.Create(t.Context(), schemas.ObjectDeal, map[string]string{"dealname": "Looms"}, w)
	if err != nil || p.Objects("deals")[0].Properties[hubspot.DefaultExternalID] != "a" {
		t.Fatalf("deal %+v, %v", p.Objects("deals"), err)
	}
	if err := p.crm.Associate(t.Context(), deal.RecordRef, ada.RecordRef, ""); err != nil || !p.Associated("deals/"+deal.ID+"/contacts/"+ada.ID) {
		t.Errorf("not associated: %v, %v", err, p.Calls())
	}
	for range 2 {
		if err := p.crm.Note(t.Context(), ada.RecordRef, "<b>a</b>\nb", w); err != nil {
			t.Fatal(err)
		}
	}
	notes := p.Objects("notes")
	if len(notes) != 1 || notes[0].Properties["hs_note_body"] != "&lt;b&gt;a&lt;/b&gt;<br>b" {
		t.Errorf("notes %+v", notes)
	}
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	p := open(t, nil)
	list, err := p.crm.Describe(t.Context(), schemas.ObjectContact)
	if err != nil {
		t.Fatal(err)
	}
	by := map[string]schemas.Property{}
	for _, d := range list {
		by[d.Name] = d
	}
	if !by["health_note"].Sensitive || by["phone"].Sensitive || !by["hs_email_optout"].ReadOnly || by["hs_email_optout"].Type != schemas.PropertyBoolean {
		t.Errorf("described %+v", by)
	}
	if _, ok := by["hs_hidden"]; ok {
		t.Error("a hidden property is described")
	}
}
