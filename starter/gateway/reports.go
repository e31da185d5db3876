package gateway

import (
	"context"
	"io"
	"net/http"

	"steward/internal/actions"
	"steward/internal/httpkit"
	"steward/internal/store"
	"steward/schemas"
)

// postReport takes what a system reports of an action that it had accepted. The
// token in the address is what lets it; a report counts once. Settled: rule 7.
func (g *Gateway) postReport(w http.ResponseWriter, r *http.Request) error {
	if g.o.Reports == nil {
		return schemas.NewError(schemas.KindNotFound, "not found")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody+1))
	if err != nil {
		return schemas.NewError(schemas.KindTooLarge, "a report has at most 256 KiB")
	}
	ctx, cancel := context.WithTimeout(r.Context(), requestTimeout)
	defer cancel()
	token := r.PathValue("token")
	action, err := g.o.Reports.Reported(ctx, token)
	if err != nil {
		return err
	}
	result, err := actions.Report(action, body)
	if err != nil {
		return err
	}
	if err := g.o.Reports.Report(ctx, token, actions.Outcome(action, result)); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// postConfirmation answers the question whether an action may run, by a button.
func (g *Gateway) postConfirmation(w http.ResponseWriter, r *http.Request, session store.ChatSession) error {
	var in struct {
		Answer string `json:"answer"`
	}
	if err := httpkit.ReadJSON(w, r, maxBody, &in); err != nil {
		return err
	}
	if in.Answer != "yes" && in.Answer != "no" {
		return schemas.NewError(schemas.KindInvalid, "answer is yes or no.")
	}
	ctx, cancel := context.WithTimeout(r.Context(), requestTimeout)
	defer cancel()
	err := g.o.Chats.ConfirmByButton(ctx, session, store.Decide{
		Pending: schemas.PendingID(r.PathValue("id")), Yes: in.Answer == "yes",
	})
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
