package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"steward/internal/store/dbq"
	"steward/schemas"
)

// maxPastMessages bounds how many of a customer's messages are looked at.
const maxPastMessages = 1000

// besides are the reasons for a handoff that no settings bring about again: a
// preview is always admitted, waits for nobody and sends nothing.
func besides() []string {
	var out []string
	for _, r := range []schemas.Reason{
		schemas.ReasonAgentOff, schemas.ReasonOutOfCredits, schemas.ReasonOutsideHours, schemas.ReasonNotDeployed, schemas.ReasonNotPublished,
		schemas.ReasonIgnoreList, schemas.ReasonAgentPaused, schemas.ReasonManual, schemas.ReasonDeliveryFailed, schemas.ReasonUnanswered,
	} {
		out = append(out, string(r))
	}
	return out
}

// exchanged is what a customer wrote and what came of it.
type exchanged struct {
	messages []dbq.CustomerMessagesRow
	turns    map[int]pastTurn
	// handed is when people first got it, and why; the zero time for never.
	handed time.Time
	reason schemas.Reason
	prompt string
}

// pastTurn is a turn with those after it that no message opened, such as one
// after an approval.
type pastTurn struct {
	schemas.EvalTurn
	// over: it came to its end.
	over bool
}

func (s *Store) exchange(ctx context.Context, id schemas.ConversationID, conv uuid.UUID) (exchanged, error) {
	out := exchanged{turns: map[int]pastTurn{}}
	var err error
	if out.messages, err = s.q.CustomerMessages(ctx, s.pool, conv, maxPastMessages); err != nil {
		return out, fmt.Errorf("read messages: %w", Unavailable(err))
	}
	handed, err := s.q.FirstHandoff(ctx, s.pool, conv, besides())
	switch {
	case err == nil:
		out.handed, out.reason = handed.At, schemas.Reason(handed.Reason)
	case !noSuch(err):
		return out, fmt.Errorf("read handoff: %w", Unavailable(err))
	}
	trace, err := s.Trace(ctx, id, 0)
	if err != nil {
		return out, err
	}
	out.prompt = lastPrompt(trace)
	opened := 0
	for _, t := range slices.Backward(trace.Turns) {
		if t.State == "dropped" {
			// Its messages are in another turn, or people answered them.
			continue
		}
		turn := pastTurnOf(t)
		if len(t.Questions) == 0 && opened > 0 {
			out.turns[opened] = out.turns[opened].and(turn)
			continue
		}
		opened = t.Turn
		out.turns[opened] = turn
	}
	return out, nil
}

func pastTurnOf(t schemas.TurnTrace) pastTurn {
	out := pastTurn{EvalTurn: tryTurn(t), over: t.State == "composed" || t.State == "handed_off"}
	out.Turn = t.Turn
	if t.State != "handed_off" {
		// A turn that was answered without asking an engine has no kind.
		out.Kind = schemas.DecisionKind(t.Kind)
	}
	var replies []string
	for _, r := range t.Replies {
		replies = append(replies, r.Text)
	}
	out.Reply = strings.Join(replies, "\n\n")
	return out
}

func (t pastTurn) and(next pastTurn) pastTurn {
	t.Kind, t.over = next.Kind, t.over && next.over
	t.Reply = strings.TrimSpace(t.Reply + "\n\n" + next.Reply)
	t.Actions, t.Cited = append(t.Actions, next.Actions...), append(t.Cited, next.Cited...)
	return t
}

// was is the conversation as it is to be played again: what the agent answered,
// up to what people got. Messages that were answered together are one, and
// those that people answered are none.
func (e exchanged) was() schemas.EvalTranscript {
	out := schemas.EvalTranscript{Turns: []schemas.EvalTurn{}}
	// Left to people, as far as no turn came after.
	var left []string
	last := 0
	for _, m := range e.messages {
		if !e.handed.IsZero() && m.CreatedAt.After(e.handed) {
			break
		}
		turn, known := e.turns[int(m.Turn)]
		switch {
		case m.Turn == 0:
			left = append(left, m.Text)
			continue
		case !known || !turn.over, turn.Kind == schemas.DecisionHandoff && e.handed.IsZero(), len(out.Turns) == schemas.MaxPastTurns && turn.Turn != last:
			return out
		case turn.Turn == last:
			out.Turns[len(out.Turns)-1].Question += "\n" + m.Text
			continue
		}
		left, last = nil, turn.Turn
		turn.Question = m.Text
		out.Turns = append(out.Turns, turn.EvalTurn)
	}
	if e.handed.IsZero() {
		return out
	}
	out.Handoff = e.reason
	if n := len(out.Turns); len(left) > 0 && n < schemas.MaxPastTurns && (n == 0 || out.Turns[n-1].Kind != schemas.DecisionHandoff) {
		// The rules handed it over before a turn began; it counts as the next.
		out.Turns = append(out.Turns, schemas.EvalTurn{Turn: last + 1, Question: strings.Join(left, "\n"), Kind: schemas.DecisionHandoff})
	}
	return out
}

// now is the preview as it went, one turn for each message, so that it stands
// beside what was played. A message that no turn took has an empty one.
func (e exchanged) now(handedOver bool) []schemas.EvalTurn {
	out := []schemas.EvalTurn{}
	for i, m := range e.messages {
		turn, known := e.turns[int(m.Turn)]
		switch {
		case m.Turn != 0 && (!known || !turn.over):
			return out
		case m.Turn == 0 && handedOver && i == len(e.messages)-1:
			turn.Kind = schemas.DecisionHandoff
		}
		out = append(out, turn.EvalTurn)
	}
	return out
}

// PastTranscript is what came of playing a past conversation again, to be
// compared with it, and the hash of the prompt of its last decision.
func (s *Store) PastTranscript(ctx context.Context, id schemas.ConversationID) (schemas.EvalTranscript, string, error) {
	var out schemas.EvalTranscript
	c, err := s.ConversationSummary(ctx, id)
	if err != nil {
		return out, "", err
	}
	conv, err := conversationUUID(id)
	if err != nil {
		return out, "", err
	}
	e, err := s.exchange(ctx, id, conv)
	if err != nil {
		return out, "", err
	}
	if c.Owner == schemas.OwnerQueue {
		out.Handoff = c.Reason
	}
	out.Turns = e.now(c.Owner == schemas.OwnerQueue)
	return out, e.prompt, nil
}
