package store

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"steward/internal/store/dbq"
	"steward/schemas"
)

// StartCheck stores a code that is about to be sent, when decide allows it for
// what was sent in the last hour. The newest code of a conversation is the only
// one that counts. A repeated key replaces the code, as the sending is tried
// again, and is no new send; once the address is verified it changes nothing.
// Settled: rules 2, 28.
func (s *Store) StartCheck(ctx context.Context, in schemas.CodeStart, decide func(schemas.CodeSends) bool) (schemas.CodeStarted, error) {
	conversation, err := conversationUUID(in.Conversation)
	if err != nil {
		return schemas.CodeStarted{}, err
	}
	if in.Key == "" || in.Address == "" || len(in.HMAC) == 0 || in.TTL <= 0 {
		return schemas.CodeStarted{}, schemas.NewError(schemas.KindInvalid, "a code needs a key, an address, its hash and how long it lasts")
	}
	var out schemas.CodeStarted
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		if err := s.lockForCheck(ctx, tx, conversation); err != nil {
			return err
		}
		var err error
		out, err = s.startCheck(ctx, tx, conversation, in, decide)
		return err
	})
	if err != nil {
		return schemas.CodeStarted{}, fmt.Errorf("store code: %w", err)
	}
	return out, nil
}

func (s *Store) lockForCheck(ctx context.Context, tx pgx.Tx, conversation uuid.UUID) error {
	_, err := s.q.LockConversationForCheck(ctx, tx, conversation)
	return noRows(err, "conversation")
}

func (s *Store) startCheck(ctx context.Context, tx pgx.Tx, conversation uuid.UUID, in schemas.CodeStart, decide func(schemas.CodeSends) bool) (schemas.CodeStarted, error) {
	old, err := s.q.CheckByKey(ctx, tx, in.Key)
	if err == nil {
		return s.repeatCheck(ctx, tx, conversation, old, in)
	}
	if !noSuch(err) {
		return schemas.CodeStarted{}, err
	}
	if err := s.q.LockAddress(ctx, tx, in.Address); err != nil {
		return schemas.CodeStarted{}, err
	}
	sends, err := s.q.RecentSends(ctx, tx, in.Address, conversation)
	if err != nil {
		return schemas.CodeStarted{}, err
	}
	if !decide(schemas.CodeSends{Address: int(sends.Address), Conversation: int(sends.Conversation)}) {
		return schemas.CodeStarted{Refused: true}, nil
	}
	id := newID()
	made, err := s.q.InsertCheck(ctx, tx, dbq.InsertCheckParams{
		ID: id, ConversationID: conversation, Key: in.Key, EmailHash: in.Address, CodeHmac: in.HMAC, TtlSeconds: in.TTL.Seconds(),
	})
	return schemas.CodeStarted{
		ID: show[schemas.CheckID](schemas.PrefixCheck, id), ExpiresAt: made.ExpiresAt.UTC(), At: made.CreatedAt.UTC(),
	}, err
}

func (s *Store) repeatCheck(ctx context.Context, tx pgx.Tx, conversation uuid.UUID, old dbq.CheckByKeyRow, in schemas.CodeStart) (schemas.CodeStarted, error) {
	if old.ConversationID != conversation || old.EmailHash != in.Address {
		return schemas.CodeStarted{}, schemas.NewError(schemas.KindConflict, "the key of this code was used for another one")
	}
	out := schemas.CodeStarted{
		ID: show[schemas.CheckID](schemas.PrefixCheck, old.ID), ExpiresAt: old.ExpiresAt.UTC(), At: old.CreatedAt.UTC(), Sent: old.SentAt != nil,
	}
	_, err := s.q.ReplaceCode(ctx, tx, in.HMAC, old.ID)
	if noSuch(err) {
		return out, nil
	}
	return out, err
}

// CodeTry is what came of a code that a customer gave.
type CodeTry struct {
	Verdict schemas.CodeVerdict
	// Address is the keyed hash of the address that the code was sent to, empty
	// when none was.
	Address string
}

// TryCode applies decide to the newest code of a conversation, under the
// conversation's row, so that no two tries see the same count. message makes the
// try once: the same one again gets the verdict of the first time.
// Settled: rules 2, 28.
func (s *Store) TryCode(ctx context.Context, id schemas.ConversationID, message string, decide func(schemas.CodeFacts) schemas.CodeVerdict) (CodeTry, error) {
	conversation, err := conversationUUID(id)
	if err != nil {
		return CodeTry{}, err
	}
	if message == "" {
		return CodeTry{}, schemas.NewError(schemas.KindInvalid, "a try of a code names the message that it came in")
	}
	var out CodeTry
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		if err := s.lockForCheck(ctx, tx, conversation); err != nil {
			return err
		}
		var err error
		out, err = s.tryCode(ctx, tx, id, conversation, message, decide)
		return err
	})
	if err != nil {
		return CodeTry{}, fmt.Errorf("try code: %w", err)
	}
	return out, nil
}

// tryCode is TryCode for a caller that has the conversation's lock.
func (s *Store) tryCode(ctx context.Context, tx pgx.Tx, id schemas.ConversationID, conversation uuid.UUID, message string, decide func(schemas.CodeFacts) schemas.CodeVerdict) (CodeTry, error) {
	row, err := s.q.LatestCheck(ctx, tx, conversation)
	if noSuch(err) {
		return CodeTry{Verdict: schemas.CodeNone}, nil
	}
	if err != nil {
		return CodeTry{}, fmt.Errorf("find code: %w", err)
	}
	out := CodeTry{Address: row.EmailHash}
	if row.LastTry == message {
		out.Verdict = schemas.CodeVerdict(row.LastVerdict)
		return out, nil
	}
	out.Verdict = decide(schemas.CodeFacts{
		Conversation: id, Now: row.Now.UTC(), Address: row.EmailHash, HMAC: row.CodeHmac, Tries: int(row.Tries),
		ExpiresAt: row.ExpiresAt.UTC(), Used: row.VerifiedAt != nil,
	})
	return out, s.recordTry(ctx, tx, row.ID, message, out.Verdict)
}

func (s *Store) recordTry(ctx context.Context, tx pgx.Tx, id uuid.UUID, message string, verdict schemas.CodeVerdict) error {
	p := dbq.RecordTryParams{LastTry: message, LastVerdict: string(verdict), ID: id}
	switch verdict {
	case schemas.CodeAccepted:
		p.Verified = true
	case schemas.CodeWrong, schemas.CodeLocked:
		p.Failed = 1
	case schemas.CodeExpired, schemas.CodeNone:
	}
	return s.q.RecordTry(ctx, tx, p)
}

// VerifiedAddress returns the proof of the address that a conversation verified
// last; found is false when it has verified none.
func (s *Store) VerifiedAddress(ctx context.Context, id schemas.ConversationID) (proof schemas.Proof, found bool, err error) {
	conversation, err := conversationUUID(id)
	if err != nil {
		return proof, false, err
	}
	row, err := s.q.VerifiedCheck(ctx, s.pool, conversation)
	if noSuch(err) {
		return proof, false, nil
	}
	if err != nil {
		return proof, false, fmt.Errorf("find verified address: %w", err)
	}
	return schemas.Proof{Kind: schemas.ProofCode, Address: row.EmailHash, At: timeOf(row.VerifiedAt).UTC()}, true, nil
}
