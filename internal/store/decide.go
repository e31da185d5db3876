package store

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"steward/internal/store/dbq"
	"steward/schemas"
)

// Decide is what a person or a customer decides about something that was asked.
type Decide struct {
	Pending schemas.PendingID
	Yes     bool
	// User decided; empty for the customer.
	User schemas.UserID
	Note string
}

// Approve stores what a person decides about a request, once. It is
// KindNotFound when there is no such request and KindConflict when it is decided,
// void or too old. The conversation learns of it by a control row.
// Spec: D21. Settled: rules 6, 7.
func (s *Store) Approve(ctx context.Context, d Decide) error {
	user, err := parse(schemas.PrefixUser, d.User, "user")
	if err != nil {
		return err
	}
	err = s.decide(ctx, d, &user, schemas.ControlApproval, func(p dbq.Pendings) bool {
		return p.Kind == string(schemas.PendingApproval) || p.Kind == string(schemas.PendingReply)
	})
	if err != nil {
		return fmt.Errorf("decide request: %w", err)
	}
	return nil
}

// ConfirmByButton stores the customer's answer to the open question of their
// own conversation; an answer to any other question is KindConflict.
func (s *Store) ConfirmByButton(ctx context.Context, session ChatSession, d Decide) error {
	err := s.decide(ctx, d, nil, schemas.ControlConfirmation, func(p dbq.Pendings) bool {
		if p.Kind != string(schemas.PendingConfirmation) {
			return false
		}
		own, err := s.q.PendingIsOf(ctx, s.pool, p.ID, session.Key())
		return err == nil && own
	})
	if err != nil {
		return fmt.Errorf("answer question: %w", Unavailable(err))
	}
	return nil
}

func (s *Store) decide(ctx context.Context, d Decide, user *uuid.UUID, kind schemas.ControlKind, allowed func(dbq.Pendings) bool) error {
	id, err := parse(schemas.PrefixPending, d.Pending, "request")
	if err != nil {
		return err
	}
	return s.inTx(ctx, func(tx pgx.Tx) error {
		row, err := s.q.PendingRow(ctx, tx, id)
		if err != nil {
			return noRows(err, "request")
		}
		if !allowed(row.Pendings) {
			return notFound("request")
		}
		if _, ok, err := s.lock(ctx, tx, row.Pendings.ConversationID); err != nil || !ok {
			return err
		}
		state := schemas.PendingNo
		if d.Yes {
			state = schemas.PendingYes
		}
		n, err := s.q.DecidePending(ctx, tx, dbq.DecidePendingParams{
			ID: id, State: string(state), DecidedBy: user, Note: plain(d.Note, maxReason),
		})
		if err != nil {
			return err
		}
		if n == 0 {
			return schemas.NewError(schemas.KindConflict, "this has been decided, is void, or its time is over")
		}
		return s.putControl(ctx, tx, control{conversation: row.Pendings.ConversationID, kind: kind, dedupe: "decided/" + id.String()})
	})
}

// Requests are what people are asked to decide, the newest first; every also
// lists the decided ones.
func (s *Store) Requests(ctx context.Context, every bool, most int) ([]schemas.ApprovalRequest, error) {
	rows, err := s.q.PendingsForPeople(ctx, s.pool, every, int32(most))
	if err != nil {
		return nil, fmt.Errorf("list requests: %w", err)
	}
	out := make([]schemas.ApprovalRequest, 0, len(rows))
	for _, r := range rows {
		out = append(out, showRequest(r.Pendings, r.Team))
	}
	return out, nil
}

// Request is one request; KindNotFound when there is none.
func (s *Store) Request(ctx context.Context, id schemas.PendingID) (schemas.ApprovalRequest, error) {
	u, err := parse(schemas.PrefixPending, id, "request")
	if err != nil {
		return schemas.ApprovalRequest{}, err
	}
	row, err := s.q.PendingRow(ctx, s.pool, u)
	if err != nil {
		return schemas.ApprovalRequest{}, fmt.Errorf("read request: %w", noRows(err, "request"))
	}
	return showRequest(row.Pendings, ""), nil
}

func showRequest(p dbq.Pendings, team string) schemas.ApprovalRequest {
	return schemas.ApprovalRequest{
		ID: show[schemas.PendingID](schemas.PrefixPending, p.ID), Kind: schemas.PendingKind(p.Kind),
		Conversation: show[schemas.ConversationID](schemas.PrefixConversation, p.ConversationID),
		State:        schemas.PendingState(p.State), Text: p.Text, Team: team, Note: p.Note, Overdue: p.EscalatedAt != nil,
		DecidedBy: showPtr[schemas.UserID](schemas.PrefixUser, p.DecidedBy), Deadline: p.Deadline, CreatedAt: p.CreatedAt,
	}
}

// callbackSecret is the name of the key from which the tokens of reports are
// made.
const callbackSecret = "callback"

// callbackToken is the token by which a system reports the result of a run. It
// is the same for each call of the run.
func (s *Store) callbackToken(ctx context.Context, tx dbq.DBTX, run string) (string, error) {
	fresh := make([]byte, 32)
	if _, err := rand.Read(fresh); err != nil {
		return "", fmt.Errorf("make key of reports: %w", err)
	}
	key, err := s.q.PutSecret(ctx, tx, callbackSecret, fresh)
	if err != nil {
		return "", fmt.Errorf("read key of reports: %w", err)
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(run))
	return hex.EncodeToString(mac.Sum(nil)), nil
}

// expectReport stores that a system reports the result of a run.
func (s *Store) expectReport(ctx context.Context, tx pgx.Tx, c *checking, a schemas.Action, run string) (string, error) {
	token, err := s.callbackToken(ctx, tx, run)
	if err != nil {
		return "", err
	}
	wait := schemas.CallbackWait
	if a.Callback.ExpireSeconds > 0 {
		wait = a.Callback.ExpireSeconds.Duration()
	}
	hash := sha256.Sum256([]byte(token))
	return token, s.q.PutCallback(ctx, tx, dbq.PutCallbackParams{
		ID: newID(), ConversationID: c.l.conv.ID, Turn: int32(c.run.Turn), Step: int32(c.run.Step), TokenHash: hash[:], Wait: wait,
	})
}

// Reported is the action whose run a token is for, as published when it ran.
func (s *Store) Reported(ctx context.Context, token string) (schemas.Action, error) {
	row, err := s.q.ReportedRun(ctx, s.pool, tokenHash(token))
	if err != nil {
		return schemas.Action{}, fmt.Errorf("find run of report: %w", Unavailable(noRows(err, "report")))
	}
	settings, err := decodeSettings(row.Settings)
	if err != nil {
		return schemas.Action{}, err
	}
	for _, a := range settings.Actions {
		if a.Name == row.Action {
			return a, nil
		}
	}
	return schemas.Action{}, notFound("action")
}

// Report stores the result of a run that a system reports, once; a second
// report is KindConflict. Settled: rules 6, 7.
func (s *Store) Report(ctx context.Context, token string, o schemas.RunOutcome) error {
	err := s.inTx(ctx, func(tx pgx.Tx) error {
		row, err := s.q.PendingByToken(ctx, tx, tokenHash(token))
		if err != nil {
			return noRows(err, "report")
		}
		p := row.Pendings
		l, ok, err := s.lock(ctx, tx, p.ConversationID)
		if err != nil || !ok {
			return err
		}
		n, err := s.q.DecidePending(ctx, tx, dbq.DecidePendingParams{ID: p.ID, State: string(schemas.PendingYes)})
		if err != nil {
			return err
		}
		if n == 0 {
			return schemas.NewError(schemas.KindConflict, "this result has been reported, or its time is over")
		}
		if err := s.storeReport(ctx, tx, p, o); err != nil {
			return err
		}
		if l.conv.Owner != string(schemas.OwnerAgent) {
			// No turn of the agent will deal with it; people see it in a note.
			if err := s.q.SettlePending(ctx, tx, string(schemas.PendingYes), p.ID); err != nil {
				return err
			}
			return s.note(ctx, tx, l, "report/"+p.ID.String(), "Another system has reported the result of an action: "+string(o.Result.State)+".")
		}
		return s.putControl(ctx, tx, control{conversation: p.ConversationID, kind: schemas.ControlCallback, dedupe: "reported/" + p.ID.String()})
	})
	if err != nil {
		return fmt.Errorf("store report: %w", Unavailable(err))
	}
	return nil
}

func (s *Store) storeReport(ctx context.Context, tx pgx.Tx, p dbq.Pendings, o schemas.RunOutcome) error {
	shown, err := shownJSON(o)
	if err != nil {
		return err
	}
	return s.q.FinishReported(ctx, tx, dbq.FinishReportedParams{
		ConversationID: p.ConversationID, Turn: p.Turn, Step: p.Step, State: string(o.Result.State), Status: string(o.Status),
		Error: string(o.Result.Error), Detail: o.Detail, Shown: shown,
	})
}

func tokenHash(token string) []byte {
	hash := sha256.Sum256([]byte(token))
	return hash[:]
}
