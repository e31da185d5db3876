package api

import (
	"context"
	"net/http"
	"strings"

	"steward/internal/store"
	"steward/schemas"
)

// GapPath names a gap in an address.
type GapPath struct {
	ID schemas.GapID `path:"id" maxLength:"64"`
}

func (a *API) gaps() {
	serve(a, route{
		method: http.MethodGet, path: "/knowledge-gaps", id: "list-gaps",
		summary: "Questions that the content does not answer, grouped, those asked most first",
	}, a.getGaps)
	serve(a, route{
		method: http.MethodGet, path: "/knowledge-gaps/{id}", id: "get-gap",
		summary: "One gap with its latest questions", errors: []int{404},
	}, a.getGap)
	serve(a, route{
		method: http.MethodPost, path: "/knowledge-gaps/{id}/close", id: "close-gap",
		summary: "Close a gap by a short answer, by content that answers it, or without an answer; those who asked and agreed are told",
		errors:  []int{404, 409},
	}, a.closeGap)
	serve(a, route{
		method: http.MethodPost, path: "/knowledge-gaps/{id}/reopen", id: "reopen-gap",
		summary: "Open a closed gap again", errors: []int{404, 409},
	}, a.reopenGap)
}

func (a *API) getGaps(ctx context.Context, in *struct {
	State string `query:"state" enum:"open,closed,all" default:"open"`
	Limit int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
},
) (*body[schemas.List[schemas.Gap]], error) {
	d, err := a.o.Store.TheAgent(ctx)
	if err != nil {
		return nil, err
	}
	state := schemas.GapState(in.State)
	if !state.Valid() {
		state = ""
	}
	return list(a.o.Store.ListGaps(ctx, d.Agent, state, in.Limit))
}

func (a *API) getGap(ctx context.Context, in *GapPath) (*body[schemas.GapShown], error) {
	return a.gap(ctx, in.ID)
}

func (a *API) gap(ctx context.Context, id schemas.GapID) (*body[schemas.GapShown], error) {
	d, err := a.o.Store.TheAgent(ctx)
	if err != nil {
		return nil, err
	}
	return answer(a.o.Store.Gap(ctx, d.Agent, id))
}

// closeGap makes the short answer first: a gap without its answer would be
// worse than an answer without its gap. Spec: D13, D22.
func (a *API) closeGap(ctx context.Context, in *struct {
	GapPath
	Body schemas.CloseGap
},
) (*body[schemas.GapShown], error) {
	before, err := a.gap(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if before.Body.State != schemas.GapOpen {
		return nil, schemas.NewError(schemas.KindConflict, "the gap is closed already")
	}
	c, err := a.closing(ctx, before.Body.Gap, in.Body)
	if err != nil {
		return nil, err
	}
	if err := a.o.Store.CloseGap(ctx, c); err != nil {
		return nil, err
	}
	return a.gap(ctx, in.ID)
}

func (a *API) closing(ctx context.Context, gap schemas.Gap, in schemas.CloseGap) (store.Closing, error) {
	out := store.Closing{Gap: gap.ID, Source: in.Source, Answer: strings.TrimSpace(in.Tell)}
	text := strings.TrimSpace(in.Answer)
	switch {
	case text != "" && in.Source != "":
		return out, schemas.NewError(schemas.KindInvalid, "answer: and source_id exclude each other")
	case text != "":
		question := strings.TrimSpace(in.Question)
		if question == "" {
			question = gap.Question
		}
		added, err := a.add(ctx, schemas.NewSource{
			Type: schemas.SourceShortAnswer, Question: question, Answer: text, Citations: true,
			SourceSettings: schemas.SourceSettings{Language: gap.Language},
		})
		if err != nil {
			return out, err
		}
		out.Source = added.Body.ID
		if out.Answer == "" {
			out.Answer = text
		}
	case in.Source != "":
		source, err := a.o.Store.Source(ctx, in.Source)
		if err != nil {
			return out, err
		}
		// A private source is not named to customers. Spec: S24.
		if out.Answer == "" && !source.Private && source.URL != "" {
			out.Answer = source.URL
		}
	}
	return out, nil
}

func (a *API) reopenGap(ctx context.Context, in *GapPath) (*body[schemas.GapShown], error) {
	if err := a.o.Store.ReopenGap(ctx, in.ID); err != nil {
		return nil, err
	}
	return a.gap(ctx, in.ID)
}
