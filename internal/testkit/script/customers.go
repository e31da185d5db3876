package script

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"

	"steward/internal/agent/llm"
	"steward/internal/crm"
	"steward/internal/crm/local"
	"steward/schemas"
)

// mailer stands in for the mail server: it keeps what it was given.
type mailer struct {
	mu    sync.Mutex
	mails []schemas.Mail
	read  int
	fails int
}

func (m *mailer) Send(_ context.Context, mail schemas.Mail) (schemas.Delivered, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fails > 0 {
		m.fails--
		return schemas.Delivered{Result: schemas.SentLater, Code: "smtp_451"}, nil
	}
	m.mails = append(m.mails, mail)
	return schemas.Delivered{Result: schemas.SentDone}, nil
}

var sixDigits = regexp.MustCompile(`\b[0-9]{6}\b`)

// filled puts the code of the latest mail in the place of {code}, and one that it
// is not in the place of {wrong}.
func (m *mailer) filled(text string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	code := "000000"
	if len(m.mails) > 0 {
		code = sixDigits.FindString(m.mails[len(m.mails)-1].Text)
	}
	wrong := "111111"
	if code == wrong {
		wrong = "222222"
	}
	return strings.NewReplacer("{code}", code, "{wrong}", wrong).Replace(text)
}

// codes are the codes of all mails.
func (m *mailer) codes() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []string
	for _, mail := range m.mails {
		out = append(out, sixDigits.FindString(mail.Text))
	}
	return out
}

// records is the embedded CRM, which can be made to fail.
type records struct {
	crm.CRM
	mu sync.Mutex
	// trouble is down, quota, double or lost.
	trouble string
}

func (r *records) now() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.trouble
}

// away is the error of a CRM that takes no calls, nil of one that does.
func (r *records) away() error {
	switch r.now() {
	case "down":
		return crm.Fail(crm.KindUnavailable)
	case "quota":
		return crm.Fail(crm.KindQuota)
	}
	return nil
}

// lost is the error of a call that was made and whose answer does not come.
func (r *records) lost(err error) error {
	if r.now() == "lost" {
		return crm.Fail(crm.KindUnavailable)
	}
	return err
}

// Upsert fails, or loses its answer.
func (r *records) Upsert(ctx context.Context, object schemas.ObjectType, by string, properties map[string]string, w schemas.CRMWrite) (schemas.Record, bool, error) {
	if err := r.away(); err != nil {
		return schemas.Record{}, false, err
	}
	record, created, err := r.CRM.Upsert(ctx, object, by, properties, w)
	return record, created, r.lost(err)
}

// Create fails, or loses its answer.
func (r *records) Create(ctx context.Context, object schemas.ObjectType, properties map[string]string, w schemas.CRMWrite) (schemas.Record, error) {
	if err := r.away(); err != nil {
		return schemas.Record{}, err
	}
	record, err := r.CRM.Create(ctx, object, properties, w)
	return record, r.lost(err)
}

// FindBy fails, or finds the record twice.
func (r *records) FindBy(ctx context.Context, f crm.Find) ([]schemas.Record, error) {
	if err := r.away(); err != nil {
		return nil, err
	}
	found, err := r.CRM.FindBy(ctx, f)
	if len(found) == 1 && r.now() == "double" {
		found = append(found, found[0])
	}
	return found, err
}

func (w *world) newDesk() *crm.Desk {
	if w.records == nil {
		w.records = &records{CRM: local.New(w.store.CRM())}
	}
	return &crm.Desk{CRM: w.records, System: local.System, Links: w.store.CRM(), Now: w.env.Now}
}

// addRecord reads "record {"email":"ada@example.com","city":"London"}", and
// "ticket {"email":"ada@example.com","subject":"Broken"}", which is linked to the
// record with the address.
func (w *world) addRecord(l line) {
	var props map[string]string
	w.must(json.Unmarshal([]byte(l.rest), &props))
	records, key := local.New(w.store.CRM()), schemas.CRMWrite{Key: fmt.Sprintf("script/%d", l.number), Actor: "human"}
	if l.verb == "record" {
		_, _, err := records.Upsert(w.ctx, schemas.ObjectContact, "email", props, key)
		w.must(err)
		return
	}
	found, err := records.FindBy(w.ctx, crm.Find{Object: schemas.ObjectContact, Property: "email", Value: props["email"]})
	w.must(err)
	delete(props, "email")
	ticket, err := records.Create(w.ctx, schemas.ObjectTicket, props, key)
	w.must(err)
	w.must(records.Associate(w.ctx, ticket.RecordRef, found[0].RecordRef, ""))
}

// checkMade compares "deal property=value …" with the only deal, whose field of is
// the address of the contact that it is linked to, and "deal none".
func (w *world) checkMade(l line) {
	object, rest, _ := strings.Cut(l.rest, " ")
	rows, err := w.db.Query(w.ctx, `select o.props || jsonb_build_object('of', coalesce((select c.props ->> 'email'
		from crm_associations a join crm_objects c on c.id = a.to_id where a.from_id = o.id), ''))
		from crm_objects o where o.type = $1`, object)
	w.must(err)
	made, err := pgx.CollectRows(rows, pgx.RowTo[map[string]string])
	w.must(err)
	switch {
	case rest == "none" && len(made) > 0, rest != "none" && len(made) != 1:
		w.failf(l, "there are %d records of the kind %s: %v", len(made), object, made)
	case rest != "none":
		w.checkRow(l, withKey(made[0], object, rest))
	}
}

// trouble makes the CRM or the mail server fail.
func (w *world) trouble(l line) {
	if l.verb == "mail fails" {
		w.mailer.mu.Lock()
		defer w.mailer.mu.Unlock()
		if _, err := fmt.Sscanf(l.rest, "%d times", &w.mailer.fails); err != nil {
			w.failf(l, "%v", err)
		}
		return
	}
	w.records.mu.Lock()
	defer w.records.mu.Unlock()
	w.records.trouble = l.rest
}

// checkMailed compares the address of the next mail that no line has read.
func (w *world) checkMailed(l line) {
	w.mailer.mu.Lock()
	defer w.mailer.mu.Unlock()
	next := "nothing"
	if w.mailer.read < len(w.mailer.mails) {
		next = strings.Join(w.mailer.mails[w.mailer.read].To, ", ")
		w.mailer.read++
	}
	if next != l.rest {
		w.failf(l, "mailed %s, want %s", next, l.rest)
	}
}

// checkRecord compares "address property=value …" with a record, and "address
// none".
func (w *world) checkRecord(l line) {
	address, rest, _ := strings.Cut(l.rest, " ")
	found, err := local.New(w.store.CRM()).FindBy(w.ctx, crm.Find{
		Object: schemas.ObjectContact, Property: "email", Value: address,
		Properties: []string{"email", "phone", "city", "firstname", "lifecyclestage", "hs_lead_status", "numemployees"},
	})
	w.must(err)
	if rest == "none" {
		if len(found) > 0 {
			w.failf(l, "%s has a record", address)
		}
		return
	}
	if len(found) != 1 {
		w.failf(l, "%s has %d records", address, len(found))
		return
	}
	w.checkRow(l, withKey(found[0].Properties, address, rest))
}

// withKey lets checkRow read a line whose first word is the address.
func withKey(props map[string]string, address, rest string) map[string]string {
	out := map[string]string{address: ""}
	for _, pair := range strings.Fields(rest) {
		key, _, _ := strings.Cut(pair, "=")
		out[key] = props[key]
	}
	return out
}

// checkPrompt looks into the prompt of the model's latest request.
func (w *world) checkPrompt(l line) {
	w.model.mu.Lock()
	defer w.model.mu.Unlock()
	has := strings.Contains(w.model.prompt, l.rest)
	if want := l.verb == "prompt has"; has != want {
		w.failf(l, "that the prompt has %q is %v, want %v", l.rest, has, want)
	}
}

// everything is what an engine gets of a request.
func everything(r llm.Request) string {
	return fmt.Sprintf("%s\n%s\n%+v\n%+v\n%+v", r.Stable, r.PerConversation, r.Messages, r.Tools, r.Material)
}

// checkCodes looks for the codes that were mailed in everything that is stored
// or was shown to the model. Spec: D7, D26.
func (w *world) checkCodes(l line) {
	var stored string
	err := w.db.QueryRow(w.ctx, `select concat_ws(' ',
		(select string_agg(m::text, ' ') from messages m), (select string_agg(s::text, ' ') from turn_steps s),
		(select string_agg(e::text, ' ') from inbox_events e), (select string_agg(r::text, ' ') from action_runs r),
		(select string_agg(p::text, ' ') from pendings p), (select string_agg(k.last_try || k.last_verdict, ' ') from identity_checks k))`).Scan(&stored)
	w.must(err)
	codes := w.mailer.codes()
	if len(codes) == 0 {
		w.failf(l, "no code was mailed")
	}
	w.model.mu.Lock()
	defer w.model.mu.Unlock()
	for _, code := range codes {
		if strings.Contains(stored, code) || strings.Contains(w.model.prompts, code) {
			w.failf(l, "the code is stored or was in a prompt")
		}
	}
}
