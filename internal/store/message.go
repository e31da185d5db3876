package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"steward/internal/store/dbq"
	"steward/schemas"
)

// outgoing is a message to be stored with its outbound part.
type outgoing struct {
	class     schemas.PartClass
	speaker   schemas.Speaker
	name      string
	text      string
	citations []schemas.Citation
	askEmail  bool
	engine    string
	version   int32
	// key makes the effect once inside the conversation.
	key string
}

// put stores an outgoing message and its part in the caller's transaction,
// once per key. Storing it again changes nothing and returns no id.
func (s *Store) put(ctx context.Context, tx pgx.Tx, l locked, o outgoing) (schemas.MessageID, error) {
	citations, err := json.Marshal(o.citations)
	if err != nil {
		return "", fmt.Errorf("encode citations: %w", err)
	}
	if o.citations == nil {
		citations = []byte("[]")
	}
	id, err := s.q.PutMessage(ctx, tx, dbq.PutMessageParams{
		ID: newID(), ConversationID: l.conv.ID, Speaker: string(o.speaker), SpeakerName: o.name, Text: o.text,
		Citations: citations, AskEmail: o.askEmail, Engine: o.engine, ConfigVersion: o.version,
		Class: string(o.class), EffectKey: o.key, Epoch: l.conv.Epoch, Engagement: l.conv.Engagement,
	})
	if noSuch(err) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("store message: %w", err)
	}
	if l.conv.Preview {
		return show[schemas.MessageID](schemas.PrefixMessage, id), s.showPreview(ctx, tx, l, id)
	}
	if err := s.q.PutPart(ctx, tx, dbq.PutPartParams{
		ID: newID(), MessageID: id, ConversationID: l.conv.ID, Class: string(o.class), Text: o.text, Epoch: l.conv.Epoch,
	}); err != nil {
		return "", fmt.Errorf("store part: %w", err)
	}
	if o.askEmail {
		if err := s.q.SetEmailAsked(ctx, tx, l.conv.ID); err != nil {
			return "", fmt.Errorf("mark email asked: %w", err)
		}
	}
	return show[schemas.MessageID](schemas.PrefixMessage, id), nil
}

// notice stores a text of the system in the transaction of the event that it
// announces. An empty text is no notice. Settled: rule 16.
func (s *Store) notice(ctx context.Context, tx pgx.Tx, l locked, n schemas.Notice) error {
	if n.Text == "" {
		return nil
	}
	_, err := s.put(ctx, tx, l, outgoing{
		class: schemas.ClassNotice, speaker: schemas.SpeakerSystem, name: l.settings.Profile.Name, text: n.Text,
		askEmail: n.AskEmail, version: l.row.Published, key: n.Event,
	})
	return err
}

// note stores a text of the system that only people see.
func (s *Store) note(ctx context.Context, tx pgx.Tx, l locked, key, text string) error {
	id := newID()
	if err := s.q.PutNote(ctx, tx, dbq.PutNoteParams{ID: id, Text: text, EffectKey: key, ConversationID: l.conv.ID}); err != nil {
		return fmt.Errorf("store note: %w", err)
	}
	if err := s.q.RaiseSeq(ctx, tx, l.conv.ID); err != nil {
		return err
	}
	return s.tellMessage(ctx, tx, l.conv.HandoffID, id)
}
