package store

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"steward/internal/store/dbq"
	"steward/schemas"
)

// identitySecret is the name of the key of the hashes of addresses and codes.
const identitySecret = "identity"

// identityKey is the deployment's key of the hashes of addresses and codes. It
// is made outside db, whose transaction may be undone.
func (s *Store) identityKey(ctx context.Context, db dbq.DBTX) ([]byte, error) {
	s.mu.Lock()
	key := s.key
	s.mu.Unlock()
	if key != nil {
		return key, nil
	}
	key, err := s.q.ReadSecret(ctx, db, identitySecret)
	if noSuch(err) {
		fresh := make([]byte, 32)
		if _, err := rand.Read(fresh); err != nil {
			return nil, fmt.Errorf("make key of identities: %w", err)
		}
		key, err = s.q.PutSecret(ctx, s.pool, identitySecret, fresh)
		if err != nil {
			return nil, fmt.Errorf("make key of identities: %w", err)
		}
	} else if err != nil {
		return nil, fmt.Errorf("read key of identities: %w", err)
	}
	s.mu.Lock()
	s.key = key
	s.mu.Unlock()
	return key, nil
}

// known is what shows who writes in a conversation. An address from before the
// conversation is known by the visitor's browser alone. Spec: D7.
func (s *Store) known(ctx context.Context, db dbq.DBTX, id uuid.UUID, turn int) (schemas.Known, error) {
	var k schemas.Known
	row, err := s.q.KnownOf(ctx, db, int32(turn), id)
	if err != nil {
		return k, fmt.Errorf("read who writes: %w", noRows(err, "conversation"))
	}
	k.Now, k.Email = row.Now.UTC(), row.Email
	if row.LastActive.Year() > 1 {
		k.LastActive = row.LastActive.UTC()
	}
	if k.Email != "" {
		k.Proof = schemas.Proof{Kind: schemas.ProofTyped, At: row.EmailAt.UTC()}
		if row.EmailAt.Before(row.CreatedAt) {
			k.Proof = schemas.Proof{Kind: schemas.ProofCookie, At: k.Now}
		}
	}
	if k.Key, err = s.identityKey(ctx, db); err != nil {
		return k, err
	}
	var proved *struct {
		Address string    `json:"address"`
		At      time.Time `json:"at"`
	}
	if err := json.Unmarshal(row.Proved, &proved); err != nil {
		return k, fmt.Errorf("read verified address: %w", err)
	}
	if proved != nil {
		k.Code = &schemas.Proof{Kind: schemas.ProofCode, Address: proved.Address, At: proved.At.UTC()}
	}
	k.Customer, err = customer(row.Customer)
	return k, err
}

// customer is what the CRM said, as JSON; nil before it was asked.
func customer(raw []byte) (*schemas.Customer, error) {
	var row *struct {
		System      string             `json:"system"`
		Address     string             `json:"address"`
		Match       schemas.Match      `json:"match"`
		Record      json.RawMessage    `json:"record"`
		Properties  []schemas.Property `json:"properties"`
		OpenTickets int                `json:"open_tickets"`
		At          time.Time          `json:"at"`
	}
	if err := json.Unmarshal(raw, &row); err != nil || row == nil {
		return nil, err
	}
	c := &schemas.Customer{
		System: row.System, Address: row.Address, Match: row.Match, OpenTickets: row.OpenTickets, At: row.At.UTC(), Properties: row.Properties,
	}
	if err := json.Unmarshal(row.Record, &c.Record); err != nil {
		return nil, fmt.Errorf("read customer's record: %w", err)
	}
	return c, nil
}

// SaveCustomer keeps what a CRM said of the customer of a conversation, in
// place of what it said before.
func (s *Store) SaveCustomer(ctx context.Context, conversation schemas.ConversationID, c schemas.Customer) error {
	id, err := conversationUUID(conversation)
	if err != nil {
		return err
	}
	if !c.Match.Valid() {
		return schemas.NewError(schemas.KindInvalid, "a customer is matched by none, one or several records, or it is unknown")
	}
	record, err := json.Marshal(c.Record)
	if err != nil {
		return fmt.Errorf("encode customer's record: %w", err)
	}
	properties, err := json.Marshal(c.Properties)
	if err != nil {
		return fmt.Errorf("encode customer's properties: %w", err)
	}
	if c.Properties == nil {
		properties = []byte("[]")
	}
	if err := s.q.PutCustomer(ctx, s.pool, dbq.PutCustomerParams{
		ConversationID: id, System: c.System, AddressHash: c.Address, Found: string(c.Match), Record: record, Properties: properties,
		OpenTickets: int32(c.OpenTickets),
	}); err != nil {
		return fmt.Errorf("keep customer: %w", err)
	}
	return nil
}

// wantsCustomer reports whether a turn needs what the CRM says of the customer:
// for what the agent may read or change there, for goals, which wait while a
// ticket is open, and for actions that an address on file is enough for.
func wantsCustomer(l locked) bool {
	if len(l.settings.CRM.Grants) > 0 || len(l.settings.Goals) > 0 && l.facts.EmailKnown {
		return true
	}
	for _, a := range l.settings.Actions {
		if a.Protection == schemas.ProtectMatchEmail && !a.Disabled && l.facts.EmailKnown {
			return true
		}
	}
	return false
}

// noteAddress stores the address that a visitor has given. With another one
// than before, everything that was known by the old one is forgotten. id is that
// of an open conversation, or the zero one. Spec: D7. Settled: rule 28.
func (s *Store) noteAddress(ctx context.Context, tx pgx.Tx, id, contact uuid.UUID, email string) error {
	before, err := s.q.RunContact(ctx, tx, contact)
	if err != nil {
		return noRows(err, "contact")
	}
	if err := s.putIdentity(ctx, tx, contact, dbq.PutIdentityParams{Kind: "email", Value: email, Proof: "claimed"}); err != nil {
		return err
	}
	if before.Email == "" || strings.EqualFold(strings.TrimSpace(before.Email), strings.TrimSpace(email)) {
		return nil
	}
	if err := s.q.DropLinksOfContact(ctx, tx, contact); err != nil {
		return fmt.Errorf("forget records: %w", err)
	}
	if id == uuid.Nil {
		return nil
	}
	if err := s.q.ForgetKnown(ctx, tx, id); err != nil {
		return fmt.Errorf("forget what was known: %w", err)
	}
	if err := s.q.DropCustomer(ctx, tx, id); err != nil {
		return fmt.Errorf("forget customer: %w", err)
	}
	return nil
}

// checkFacts reads how the proof of the customer's address stands, when the
// conversation waits for it.
func (s *Store) checkFacts(ctx context.Context, tx pgx.Tx, l *locked) error {
	for _, q := range l.questions {
		if q.News != schemas.NewsNone {
			l.facts.Check.News = q.News
		}
	}
	waits := l.facts.Check.News != schemas.NewsNone
	for _, p := range l.facts.Pending {
		waits = waits || p.Kind == schemas.PendingIdentity
	}
	if !waits {
		return nil
	}
	row, err := s.q.LatestCheck(ctx, tx, l.conv.ID)
	if noSuch(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read code: %w", err)
	}
	c := &l.facts.Check
	c.Left = max(codeTries-int(row.Tries), 0)
	c.Sent = row.VerifiedAt == nil && row.ExpiresAt.After(row.Now) && c.Left > 0
	return nil
}

// codeTries is how many tries a code has. Settled: rule 28.
const codeTries = 5
