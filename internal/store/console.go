package store

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/google/uuid"

	"steward/internal/store/dbq"
	"steward/schemas"
)

// maxConsolePage bounds one page of a list.
const maxConsolePage = 200

// ConversationFilter says which conversations to list. Empty fields match all.
type ConversationFilter struct {
	Owner     schemas.Owner
	Lifecycle schemas.Lifecycle
	// Before is where the page before ended; the zero value is the beginning.
	Before ConversationPlace
	// Limit is 1 to 200.
	Limit int
}

// ConversationPlace is a place in the list of conversations.
type ConversationPlace struct {
	UpdatedAt time.Time
	ID        schemas.ConversationID
}

// ListConversations returns conversations by their latest change, newest first.
func (s *Store) ListConversations(ctx context.Context, f ConversationFilter) ([]schemas.ConversationSummary, error) {
	p := dbq.ConsoleConversationsParams{Most: int32(min(max(f.Limit, 1), maxConsolePage))}
	if f.Owner != "" {
		owner := string(f.Owner)
		p.Owner = &owner
	}
	if f.Lifecycle != "" {
		lifecycle := string(f.Lifecycle)
		p.Lifecycle = &lifecycle
	}
	if f.Before.ID != "" {
		id, err := conversationUUID(f.Before.ID)
		if err != nil {
			return nil, err
		}
		p.BeforeAt, p.BeforeID = &f.Before.UpdatedAt, &id
	}
	return s.summaries(ctx, p)
}

// ConversationSummary returns one conversation as it stands.
func (s *Store) ConversationSummary(ctx context.Context, id schemas.ConversationID) (schemas.ConversationSummary, error) {
	conv, err := conversationUUID(id)
	if err != nil {
		return schemas.ConversationSummary{}, err
	}
	found, err := s.summaries(ctx, dbq.ConsoleConversationsParams{ID: &conv, Most: 1})
	if err != nil {
		return schemas.ConversationSummary{}, err
	}
	if len(found) == 0 {
		return schemas.ConversationSummary{}, notFound("conversation")
	}
	return found[0], nil
}

func (s *Store) summaries(ctx context.Context, p dbq.ConsoleConversationsParams) ([]schemas.ConversationSummary, error) {
	rows, err := s.q.ConsoleConversations(ctx, s.pool, p)
	if err != nil {
		return nil, fmt.Errorf("list conversations: %w", Unavailable(err))
	}
	out := make([]schemas.ConversationSummary, 0, len(rows))
	for _, r := range rows {
		out = append(out, schemas.ConversationSummary{
			ID: show[schemas.ConversationID](schemas.PrefixConversation, r.ID), Channel: schemas.ChannelKind(r.Channel),
			Lifecycle: schemas.Lifecycle(r.Lifecycle), Owner: schemas.Owner(r.Owner), AssignedTo: r.AssignedTo,
			Reason: schemas.Reason(r.Reason), Handoff: showPtr[schemas.HandoffID](schemas.PrefixHandoff, r.HandoffID),
			Language: r.Language, Engagement: int(r.Engagement), Turns: int(r.Turn), Replies: int(r.Replies),
			ConfigVersion: int(r.ConfigVersion), CloseReason: schemas.CloseReason(r.CloseReason),
			Outcome: schemas.Outcome(r.Outcome), Rating: int(r.Rating), Deadline: utc(r.Deadline),
			DeadlineKind: schemas.DeadlineKind(r.DeadlineKind), LastText: r.LastText,
			Previous:  showPtr[schemas.ConversationID](schemas.PrefixConversation, r.PreviousID),
			CreatedAt: r.CreatedAt.UTC(), UpdatedAt: r.UpdatedAt.UTC(), ClosedAt: utc(r.ClosedAt), Preview: r.Preview,
		})
	}
	return out, nil
}

// ConversationMessages returns up to limit messages after a seq, in the order
// of the transcript; what has not gone out yet comes last. More is true when
// further ones follow.
func (s *Store) ConversationMessages(ctx context.Context, id schemas.ConversationID, after int64, limit int) (page []schemas.MessageShown, more bool, err error) {
	conv, err := conversationUUID(id)
	if err != nil {
		return nil, false, err
	}
	limit = min(max(limit, 1), maxConsolePage)
	rows, err := s.q.ConsoleMessages(ctx, s.pool, dbq.ConsoleMessagesParams{
		ConversationID: conv, After: min(max(after, 0), math.MaxInt64-1), Most: int32(limit) + 1,
	})
	if err != nil {
		return nil, false, fmt.Errorf("read transcript: %w", Unavailable(err))
	}
	if more = len(rows) > limit; more {
		rows = rows[:limit]
	}
	page = make([]schemas.MessageShown, 0, len(rows))
	for _, r := range rows {
		m, err := shownMessage(r)
		if err != nil {
			return nil, false, err
		}
		page = append(page, m)
	}
	return page, more, nil
}

func shownMessage(r dbq.ConsoleMessagesRow) (schemas.MessageShown, error) {
	m := schemas.MessageShown{
		ID: show[schemas.MessageID](schemas.PrefixMessage, r.ID), Speaker: schemas.Speaker(r.Speaker), Name: r.SpeakerName,
		Private: r.Visibility == "private", Text: r.Text, AskEmail: r.AskEmail, Engine: r.Engine,
		ConfigVersion: int(r.ConfigVersion), State: schemas.PartState(r.State), Code: r.Code, At: r.CreatedAt.UTC(),
		Citations: []schemas.Citation{},
	}
	if r.Seq != nil {
		m.Seq = *r.Seq
	}
	if r.Class != nil {
		m.Class = schemas.PartClass(*r.Class)
	}
	if r.Turn != nil {
		m.Turn = int(*r.Turn)
	}
	if err := json.Unmarshal(r.Citations, &m.Citations); err != nil {
		return m, fmt.Errorf("read citations of a message: %w", err)
	}
	if m.Citations == nil {
		m.Citations = []schemas.Citation{}
	}
	return m, nil
}

// ConversationLog returns the latest turns and changes of owner, newest first.
func (s *Store) ConversationLog(ctx context.Context, id schemas.ConversationID) ([]schemas.TurnShown, []schemas.OwnershipChange, error) {
	conv, err := conversationUUID(id)
	if err != nil {
		return nil, nil, err
	}
	turns, err := s.turnLog(ctx, conv)
	if err != nil {
		return nil, nil, err
	}
	rows, err := s.q.ConsoleOwnership(ctx, s.pool, conv)
	if err != nil {
		return nil, nil, fmt.Errorf("read ownership: %w", Unavailable(err))
	}
	owners := make([]schemas.OwnershipChange, 0, len(rows))
	for _, r := range rows {
		owners = append(owners, schemas.OwnershipChange{
			Epoch: r.Epoch, Was: schemas.Owner(r.Was), Now: schemas.Owner(r.Becomes), By: r.ByWhom, Reason: r.Reason, At: r.At.UTC(),
		})
	}
	return turns, owners, nil
}

func (s *Store) turnLog(ctx context.Context, conv uuid.UUID) ([]schemas.TurnShown, error) {
	rows, err := s.q.ConsoleTurns(ctx, s.pool, conv)
	if err != nil {
		return nil, fmt.Errorf("read turns: %w", Unavailable(err))
	}
	turns := make([]schemas.TurnShown, 0, len(rows))
	for _, r := range rows {
		turns = append(turns, schemas.TurnShown{
			Turn: int(r.Turn), State: r.State, Kind: r.Kind, Engine: r.Engine, NotFound: r.NotFound,
			Degraded: r.Degraded, Late: r.Late, Began: r.CreatedAt.UTC(), Ended: utc(r.EndedAt),
		})
	}
	return turns, nil
}

// StoredReply returns what a person's reply with that key says, if there is
// one.
func (s *Store) StoredReply(ctx context.Context, id schemas.ConversationID, key string) (message schemas.MessageID, text string, err error) {
	conv, err := conversationUUID(id)
	if err != nil {
		return "", "", err
	}
	row, err := s.q.MessageByKey(ctx, s.pool, conv, "human/"+key)
	if noSuch(err) {
		return "", "", nil
	}
	if err != nil {
		return "", "", fmt.Errorf("look for a stored reply: %w", Unavailable(err))
	}
	return show[schemas.MessageID](schemas.PrefixMessage, row.ID), row.Text, nil
}

// Versions returns the published versions of an agent's settings, newest first.
func (s *Store) Versions(ctx context.Context, id schemas.AgentID) ([]schemas.Version, error) {
	agent, err := parse(schemas.PrefixAgent, id, "agent")
	if err != nil {
		return nil, err
	}
	rows, err := s.q.ListVersions(ctx, s.pool, agent, maxConsolePage)
	if err != nil {
		return nil, fmt.Errorf("list versions: %w", Unavailable(err))
	}
	out := make([]schemas.Version, 0, len(rows))
	for _, r := range rows {
		v := schemas.Version{Note: r.Note, PublishedAt: utc(r.PublishedAt)}
		if r.Number != nil {
			v.Number = int(*r.Number)
		}
		out = append(out, v)
	}
	return out, nil
}

// Deployed reports whether the agent is deployed on a channel.
func (s *Store) Deployed(ctx context.Context, channel schemas.ChannelID) (bool, error) {
	id, err := parse(schemas.PrefixChannel, channel, "channel")
	if err != nil {
		return false, err
	}
	deployed, err := s.q.ChannelDeployed(ctx, s.pool, id)
	if err != nil {
		return false, fmt.Errorf("read channel: %w", Unavailable(noRows(err, "channel")))
	}
	return deployed, nil
}
