package store

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"steward/internal/store/dbq"
	"steward/schemas"
)

const (
	// badRating is the highest rating that says that an answer did not help.
	badRating = 2
	// maxGaps and maxAsks bound what one look at gaps shows.
	maxGaps = 200
	maxAsks = 100
	// maxGapText bounds the question that stands for a gap, in characters.
	maxGapText = 500
)

// putAsk records a turn without a good answer, in the transaction that finishes
// it. Grouping comes later, so that no turn waits for it. Spec: S57.
func (s *Store) putAsk(ctx context.Context, tx pgx.Tx, id uuid.UUID, turn int, r schemas.Reply) error {
	if r.Gap == "" {
		return nil
	}
	if err := s.q.PutAsk(ctx, tx, dbq.PutAskParams{
		Turn: int32(turn), Reason: string(r.Gap), Consent: string(r.Consent), ConversationID: id,
	}); err != nil {
		return fmt.Errorf("record question without an answer: %w", err)
	}
	return nil
}

// consent notes whether the customer wants to hear of an answer and says so.
// Spec: D22.
func (s *Store) consent(ctx context.Context, tx pgx.Tx, l locked, v schemas.Verdict, rules schemas.Rules) error {
	if err := s.q.SetConsent(ctx, tx, string(v.Consent), l.conv.ID); err != nil {
		return fmt.Errorf("note consent: %w", err)
	}
	if err := s.notice(ctx, tx, l, rules.Notice(l.facts, v, schemas.PeopleFacts{})); err != nil {
		return err
	}
	if err := s.leave(ctx, tx, l.conv.ID); err != nil {
		return err
	}
	return s.q.SetLifecycle(ctx, tx, string(schemas.LifecycleWaitingCustomer), l.conv.ID)
}

// UngroupedAsks are the questions that belong to no gap yet, oldest first.
func (s *Store) UngroupedAsks(ctx context.Context, most int) ([]schemas.UngroupedAsk, error) {
	rows, err := s.q.UngroupedAsks(ctx, s.pool, int32(most))
	if err != nil {
		return nil, fmt.Errorf("read questions without a gap: %w", Unavailable(err))
	}
	out := make([]schemas.UngroupedAsk, 0, len(rows))
	for _, r := range rows {
		out = append(out, schemas.UngroupedAsk{
			Conversation: show[schemas.ConversationID](schemas.PrefixConversation, r.ConversationID), Turn: int(r.Turn),
			Agent: show[schemas.AgentID](schemas.PrefixAgent, r.AgentID), Reason: schemas.GapReason(r.Reason),
			GapQuestion: schemas.GapQuestion{Text: clip(r.Question, maxGapText), Language: r.Language},
		})
	}
	return out, nil
}

// GapGroups are the gaps of an agent in one language, the latest first.
func (s *Store) GapGroups(ctx context.Context, agent schemas.AgentID, language string, most int) ([]schemas.GapGroup, error) {
	owner, err := parse(schemas.PrefixAgent, agent, "agent")
	if err != nil {
		return nil, err
	}
	rows, err := s.q.GapGroups(ctx, s.pool, dbq.GapGroupsParams{AgentID: owner, Language: language, Most: int32(most)})
	if err != nil {
		return nil, fmt.Errorf("read gaps: %w", Unavailable(err))
	}
	out := make([]schemas.GapGroup, 0, len(rows))
	for _, r := range rows {
		out = append(out, schemas.GapGroup{
			ID: show[schemas.GapID](schemas.PrefixGap, r.ID), GapQuestion: schemas.GapQuestion{Text: r.Question, Language: r.Language},
		})
	}
	return out, nil
}

// GroupAsk puts a question into a gap, or into a new one when gap is empty, and
// returns its id; empty when somebody has grouped the question meanwhile. A
// closed gap is opened again by a question that came after the close.
func (s *Store) GroupAsk(ctx context.Context, ask schemas.UngroupedAsk, gap schemas.GapID) (schemas.GapID, error) {
	conv, err := conversationUUID(ask.Conversation)
	if err != nil {
		return "", err
	}
	id, fresh := newID(), gap == ""
	if !fresh {
		if id, err = parse(schemas.PrefixGap, gap, "gap"); err != nil {
			return "", err
		}
	}
	grouped := false
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		if fresh {
			if err := s.q.PutGap(ctx, tx, dbq.PutGapParams{
				ID: id, Question: ask.Text, Language: ask.Language, ConversationID: conv, Turn: int32(ask.Turn),
			}); err != nil {
				return err
			}
		}
		row, err := s.q.TakeAsk(ctx, tx, dbq.TakeAskParams{GapID: &id, ConversationID: conv, Turn: int32(ask.Turn)})
		if err != nil {
			return err
		}
		grouped = true
		return s.q.SeenAgain(ctx, tx, row.AskedAt, id)
	})
	switch {
	case noSuch(err):
		// Somebody else has it; the new gap is gone with the transaction.
		return "", nil
	case err != nil:
		return "", fmt.Errorf("group question: %w", Unavailable(err))
	case !grouped:
		return "", nil
	}
	return show[schemas.GapID](schemas.PrefixGap, id), nil
}

// ListGaps returns the gaps of an agent, those asked most first; an empty state
// is all.
func (s *Store) ListGaps(ctx context.Context, agent schemas.AgentID, state schemas.GapState, most int) ([]schemas.Gap, error) {
	owner, err := parse(schemas.PrefixAgent, agent, "agent")
	if err != nil {
		return nil, err
	}
	return s.gaps(ctx, dbq.GapsParams{AgentID: owner, State: string(state), Most: int32(min(max(most, 1), maxGaps))})
}

func (s *Store) gaps(ctx context.Context, p dbq.GapsParams) ([]schemas.Gap, error) {
	rows, err := s.q.Gaps(ctx, s.pool, p)
	if err != nil {
		return nil, fmt.Errorf("list gaps: %w", Unavailable(err))
	}
	out := make([]schemas.Gap, 0, len(rows))
	for _, r := range rows {
		out = append(out, schemas.Gap{
			ID: show[schemas.GapID](schemas.PrefixGap, r.ID), Question: r.Question, Language: r.Language, Count: int(r.Asks),
			Reason: schemas.GapReason(r.Reason), Languages: r.Languages, FirstSeen: r.FirstSeen.UTC(), LastSeen: r.LastSeen.UTC(),
			State: schemas.GapState(r.State), Source: showPtr[schemas.SourceID](schemas.PrefixSource, r.SourceID),
		})
	}
	return out, nil
}

// Gap returns one gap with its latest questions.
func (s *Store) Gap(ctx context.Context, agent schemas.AgentID, gap schemas.GapID) (schemas.GapShown, error) {
	out := schemas.GapShown{Asks: []schemas.GapAskShown{}}
	owner, err := parse(schemas.PrefixAgent, agent, "agent")
	if err != nil {
		return out, err
	}
	id, err := parse(schemas.PrefixGap, gap, "gap")
	if err != nil {
		return out, err
	}
	found, err := s.gaps(ctx, dbq.GapsParams{AgentID: owner, ID: &id, Most: 1})
	if err != nil {
		return out, err
	}
	if len(found) == 0 {
		return out, notFound("gap")
	}
	out.Gap = found[0]
	rows, err := s.q.GapAsks(ctx, s.pool, &id, maxAsks)
	if err != nil {
		return out, fmt.Errorf("read questions of gap: %w", Unavailable(err))
	}
	for _, r := range rows {
		out.Asks = append(out.Asks, schemas.GapAskShown{
			GapAsk: schemas.GapAsk{
				Gap: gap, Conversation: show[schemas.ConversationID](schemas.PrefixConversation, r.ConversationID),
				Message: show[schemas.MessageID](schemas.PrefixMessage, r.MessageID), Reason: schemas.GapReason(r.Reason),
				Language: r.Language, EmailKnown: r.EmailKnown, Consent: r.Consent == string(schemas.ConsentYes), AskedAt: r.AskedAt.UTC(),
			},
			Turn: int(r.Turn), Question: r.Question, Answer: schemas.Consent(r.Consent), Told: schemas.Told(r.Told), ToldAt: utc(r.ToldAt),
		})
	}
	return out, nil
}

// Closing is how a gap is closed. Answer is what those who asked are told; empty
// tells nobody.
type Closing struct {
	Gap    schemas.GapID
	Source schemas.SourceID
	Answer string
}

// CloseGap closes an open gap; KindConflict when it is closed. Spec: D13, D22.
func (s *Store) CloseGap(ctx context.Context, c Closing) error {
	id, err := parse(schemas.PrefixGap, c.Gap, "gap")
	if err != nil {
		return err
	}
	p := dbq.CloseGapParams{ID: id, Answer: c.Answer}
	if c.Source != "" {
		source, err := parse(schemas.PrefixSource, c.Source, "source")
		if err != nil {
			return err
		}
		p.SourceID = &source
	}
	return s.changeGap(ctx, id, schemas.GapOpen, func(tx pgx.Tx) error { return s.q.CloseGap(ctx, tx, p) })
}

// ReopenGap opens a closed gap; KindConflict when it is open. Nobody hears of
// its answer any more who has not yet.
func (s *Store) ReopenGap(ctx context.Context, gap schemas.GapID) error {
	id, err := parse(schemas.PrefixGap, gap, "gap")
	if err != nil {
		return err
	}
	return s.changeGap(ctx, id, schemas.GapClosed, func(tx pgx.Tx) error { return s.q.ReopenGap(ctx, tx, id) })
}

func (s *Store) changeGap(ctx context.Context, id uuid.UUID, from schemas.GapState, change func(pgx.Tx) error) error {
	err := s.inTx(ctx, func(tx pgx.Tx) error {
		row, err := s.q.LockGap(ctx, tx, id)
		if err != nil {
			return noRows(err, "gap")
		}
		if row.State != string(from) {
			return schemas.NewError(schemas.KindConflict, "the gap is "+row.State+" already")
		}
		return change(tx)
	})
	if err != nil {
		return fmt.Errorf("change gap: %w", Unavailable(err))
	}
	return nil
}
