package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"steward/schemas"
)

// maxSteps bounds the steps that one call of NextStep applies. A conversation
// needs at most five in a row (reopen, admit, settle, claim, and a handoff).
const maxSteps = 20

// NextStep asks the rules what the conversation does next and applies their
// verdicts in one transaction under the row's lock, until one is for the
// workflow to act on. Asking again returns the same answer, so that it may run
// twice. Settled: rules 1, 2, 4.
func (s *Store) NextStep(ctx context.Context, id schemas.ConversationID, rules schemas.Rules) (schemas.NextStepResult, error) {
	var out schemas.NextStepResult
	conv, err := conversationUUID(id)
	if err != nil {
		return schemas.NextStepResult{Do: schemas.DoEnd, Head: schemas.Head{Conversation: id}}, nil
	}
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		for range maxSteps {
			l, ok, err := s.lock(ctx, tx, conv)
			if err != nil {
				return err
			}
			if !ok {
				out = schemas.NextStepResult{Do: schemas.DoEnd, Head: schemas.Head{Conversation: id}}
				return nil
			}
			v := rules.Next(l.facts)
			if err := s.setLanguage(ctx, tx, &l, v.Language); err != nil {
				return err
			}
			if v.Do.Returns() {
				out, err = s.hand(ctx, tx, l, v)
				return err
			}
			if err := s.apply(ctx, tx, l, v, rules); err != nil {
				return err
			}
		}
		return errors.New("the rules do not come to an end for this conversation")
	})
	if err != nil {
		return out, fmt.Errorf("next step: %w", err)
	}
	return out, nil
}

func (s *Store) setLanguage(ctx context.Context, tx pgx.Tx, l *locked, language string) error {
	if language == "" || language == l.conv.Language {
		return nil
	}
	l.facts.Language, l.conv.Language = language, language
	return s.q.SetLanguage(ctx, tx, language, l.conv.ID)
}

// hand makes the result for the workflow.
func (s *Store) hand(ctx context.Context, tx pgx.Tx, l locked, v schemas.Verdict) (schemas.NextStepResult, error) {
	if v.Do == schemas.DoTurn {
		return s.claimTurn(ctx, tx, l, v)
	}
	head, err := s.head(ctx, tx, l.conv.ID)
	return schemas.NextStepResult{Do: v.Do, Head: head}, err
}

// apply makes one step true.
func (s *Store) apply(ctx context.Context, tx pgx.Tx, l locked, v schemas.Verdict, rules schemas.Rules) error {
	id := l.conv.ID
	switch v.Do {
	case schemas.DoAdmit:
		return s.admit(ctx, tx, l)
	case schemas.DoReopen:
		return s.q.Reopen(ctx, tx, id)
	case schemas.DoHandOff:
		_, err := s.handOff(ctx, tx, l, v, rules)
		return err
	case schemas.DoWaitHours:
		return s.waitForHours(ctx, tx, l, v, rules)
	case schemas.DoResume:
		return s.resume(ctx, tx, l)
	case schemas.DoLeave:
		return s.leave(ctx, tx, id)
	case schemas.DoThank:
		if err := s.notice(ctx, tx, l, rules.Notice(l.facts, v, schemas.PeopleFacts{})); err != nil {
			return err
		}
		return s.leave(ctx, tx, id)
	case schemas.DoConsent:
		return s.consent(ctx, tx, l, v, rules)
	case schemas.DoRemind:
		return s.remind(ctx, tx, l, rules.Notice(l.facts, v, schemas.PeopleFacts{}))
	case schemas.DoClose:
		return s.closeNow(ctx, tx, l, closing{
			reason: v.CloseReason, by: "steward", notice: rules.Notice(l.facts, v, schemas.PeopleFacts{}),
		})
	case schemas.DoOutcome:
		return s.q.SetOutcome(ctx, tx, string(v.Outcome), id)
	case schemas.DoSettle:
		return s.q.ApplyControls(ctx, tx, id)
	case schemas.DoEndGoals:
		return s.endGoals(ctx, tx, l, rules)
	case schemas.DoEscalate:
		return s.escalatePendings(ctx, tx, l)
	}
	return fmt.Errorf("the rules returned the unknown step %q", v.Do)
}

// leave gives the waiting messages to people, for good.
func (s *Store) leave(ctx context.Context, tx pgx.Tx, id uuid.UUID) error {
	if err := s.q.LeaveToPeople(ctx, tx, id); err != nil {
		return fmt.Errorf("leave messages to people: %w", err)
	}
	return s.q.ApplyControls(ctx, tx, id)
}

func (s *Store) admit(ctx context.Context, tx pgx.Tx, l locked) error {
	if _, err := s.changeOwner(ctx, tx, l, change{to: schemas.OwnerAgent, by: "steward", reason: "admitted"}); err != nil {
		return err
	}
	return s.q.Admit(ctx, tx, l.conv.Owner == string(schemas.OwnerQueue), l.conv.ID)
}

// resume returns a conversation that nobody took to the agent, which answers
// the question that is open. Settled: rule 17.
func (s *Store) resume(ctx context.Context, tx pgx.Tx, l locked) error {
	if err := s.endHandoff(ctx, tx, l.conv, schemas.HandoffReturned); err != nil {
		return err
	}
	return s.admit(ctx, tx, l)
}

func (s *Store) waitForHours(ctx context.Context, tx pgx.Tx, l locked, v schemas.Verdict, rules schemas.Rules) error {
	if l.conv.Owner != string(schemas.OwnerQueue) {
		epoch, err := s.changeOwner(ctx, tx, l, change{to: schemas.OwnerQueue, by: "steward", reason: string(v.Reason)})
		if err != nil {
			return err
		}
		l.conv.Epoch = epoch
		if err := s.notice(ctx, tx, l, rules.Notice(l.facts, v, schemas.PeopleFacts{})); err != nil {
			return err
		}
	}
	// One that people were asked about waits for hours only from now on.
	if err := s.endHandoff(ctx, tx, l.conv, schemas.HandoffReturned); err != nil {
		return err
	}
	if err := s.q.ApplyControls(ctx, tx, l.conv.ID); err != nil {
		return err
	}
	return s.q.WaitForHours(ctx, tx, v.Until, l.conv.ID)
}

// remind sends the one reminder of this wait and waits for the close.
func (s *Store) remind(ctx context.Context, tx pgx.Tx, l locked, n schemas.Notice) error {
	c := l.settings.For(schemas.ChannelKind(l.row.ChannelKind))
	if c.Reminder == 0 || c.InactivityClose == 0 {
		// The settings have changed meanwhile: there is nothing to remind of.
		return s.startInactivity(ctx, tx, l)
	}
	if err := s.notice(ctx, tx, l, n); err != nil {
		return err
	}
	if err := s.q.SetReminded(ctx, tx, l.conv.ID); err != nil {
		return err
	}
	at := l.row.Now.Add(c.Reminder.Duration())
	return s.setDeadline(ctx, tx, l.conv.ID, at, schemas.DeadlineInactivity)
}
