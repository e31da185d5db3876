package gateway

import (
	"context"
	"net/http"

	"steward/internal/channels/livechat"
	"steward/internal/httpkit"
	"steward/internal/store"
	"steward/schemas"
)

// postTyping notes that the visitor is there, which finding the session has
// done already. It is never written into a conversation. Settled: rule 14.
func (g *Gateway) postTyping(w http.ResponseWriter, _ *http.Request, _ store.ChatSession) error {
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// putEmail stores the address a visitor typed. Spec: S25.
func (g *Gateway) putEmail(w http.ResponseWriter, r *http.Request, session store.ChatSession) error {
	var in struct {
		Email string `json:"email"`
	}
	if err := httpkit.ReadJSON(w, r, maxBody, &in); err != nil {
		return err
	}
	email, err := livechat.CleanEmail(in.Email)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), requestTimeout)
	defer cancel()
	if err := g.o.Chats.SetEmail(ctx, session, email); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// postEnd ends the visitor's open conversation.
func (g *Gateway) postEnd(w http.ResponseWriter, r *http.Request, session store.ChatSession) error {
	ctx, cancel := context.WithTimeout(r.Context(), requestTimeout)
	defer cancel()
	if err := g.o.Chats.EndChat(ctx, session); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// postRating stores the visitor's rating of the latest conversation.
func (g *Gateway) postRating(w http.ResponseWriter, r *http.Request, session store.ChatSession) error {
	var in struct {
		Rating int `json:"rating"`
	}
	if err := httpkit.ReadJSON(w, r, maxBody, &in); err != nil {
		return err
	}
	if in.Rating < 1 || in.Rating > 5 {
		return schemas.NewError(schemas.KindInvalid, "rating is a number from 1 to 5.")
	}
	ctx, cancel := context.WithTimeout(r.Context(), requestTimeout)
	defer cancel()
	if err := g.o.Chats.Rate(ctx, session, in.Rating); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
