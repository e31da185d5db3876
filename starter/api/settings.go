package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"steward/internal/actions"
	"steward/schemas"
)

type draftAnswer struct {
	ETag string `header:"ETag"`
	Body schemas.Settings
}

// IfMatch is the precondition of every change of the draft.
type IfMatch struct {
	ETag string `header:"If-Match" doc:"The ETag of the draft as it was read. Required: without it 428, when it is stale 412."`
}

// revision is the revision of the draft that the caller has read.
func (m IfMatch) revision() (int64, error) {
	if m.ETag == "" {
		return 0, newProblem(http.StatusPreconditionRequired, "Read the draft first and send its ETag as If-Match.")
	}
	inner, quoted := strings.CutPrefix(m.ETag, `"`)
	inner, closed := strings.CutSuffix(inner, `"`)
	n, err := strconv.ParseInt(inner, 10, 64)
	if !quoted || !closed || err != nil {
		return 0, newProblem(http.StatusPreconditionFailed, "If-Match is not an ETag of this draft.")
	}
	return n, nil
}

func etag(revision int64) string { return `"` + strconv.FormatInt(revision, 10) + `"` }

// stale turns the store's conflict into the status of a failed precondition.
func stale(err error) error {
	if err != nil && schemas.KindOf(err) == schemas.KindConflict {
		return newProblem(http.StatusPreconditionFailed, "The draft has been changed meanwhile: read it again.")
	}
	return err
}

func (a *API) settings() {
	concurrent := []int{404, 412, 428}
	serve(a, route{
		method: http.MethodGet, path: "/agents/{id}/draft", id: "get-draft",
		summary: "The settings being edited", errors: []int{404},
	}, a.getDraft)
	serve(a, route{
		method: http.MethodPut, path: "/agents/{id}/draft", id: "put-draft",
		summary: "Replace the settings being edited", errors: concurrent,
	}, a.putDraft)
	serve(a, route{
		method: http.MethodPatch, path: "/agents/{id}/draft", id: "patch-draft",
		summary: "Change the settings being edited by a JSON merge patch (RFC 7396)", errors: concurrent,
	}, a.patchDraft)
	serve(a, route{
		method: http.MethodGet, path: "/agents/{id}/versions", id: "list-versions",
		summary: "The published versions, newest first", errors: []int{404},
	}, a.getVersions)
	serve(a, route{
		method: http.MethodPost, path: "/agents/{id}/versions", id: "publish",
		summary: "Publish the draft as the next version", status: http.StatusCreated, errors: concurrent,
	}, a.publish)
}

func (a *API) getDraft(ctx context.Context, in *AgentPath) (*draftAnswer, error) {
	id, err := a.agentID(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return a.draft(ctx, id)
}

func (a *API) draft(ctx context.Context, id schemas.AgentID) (*draftAnswer, error) {
	settings, revision, err := a.o.Store.Draft(ctx, id)
	if err != nil {
		return nil, err
	}
	return &draftAnswer{ETag: etag(revision), Body: settings}, nil
}

func (a *API) putDraft(ctx context.Context, in *struct {
	AgentPath
	IfMatch
	Body schemas.Settings
},
) (*draftAnswer, error) {
	return a.saveDraft(ctx, in.ID, in.IfMatch, func(schemas.Settings) (schemas.Settings, error) { return in.Body, nil })
}

func (a *API) patchDraft(ctx context.Context, in *struct {
	AgentPath
	IfMatch
	Body map[string]any
},
) (*draftAnswer, error) {
	return a.saveDraft(ctx, in.ID, in.IfMatch, func(now schemas.Settings) (schemas.Settings, error) {
		return patchSettings(now, in.Body)
	})
}

func (a *API) saveDraft(ctx context.Context, name string, m IfMatch, edit func(schemas.Settings) (schemas.Settings, error)) (*draftAnswer, error) {
	id, err := a.agentID(ctx, name)
	if err != nil {
		return nil, err
	}
	revision, err := m.revision()
	if err != nil {
		return nil, err
	}
	now, current, err := a.o.Store.Draft(ctx, id)
	if err != nil {
		return nil, err
	}
	if current != revision {
		return nil, stale(schemas.NewError(schemas.KindConflict, "stale"))
	}
	next, err := edit(now)
	if err != nil {
		return nil, err
	}
	for i := range next.Actions {
		next.Actions[i] = actions.Normalise(next.Actions[i])
	}
	if err := a.checkSettings(ctx, next); err != nil {
		return nil, err
	}
	if a.o.CheckCRM != nil {
		if err := a.o.CheckCRM(ctx, next.CRM); err != nil {
			return nil, err
		}
	}
	if err := a.o.Store.SaveDraft(ctx, id, next, revision); err != nil {
		return nil, stale(err)
	}
	return a.draft(ctx, id)
}

// patchSettings applies a JSON merge patch.
func patchSettings(now schemas.Settings, patch map[string]any) (schemas.Settings, error) {
	raw, err := json.Marshal(now)
	if err != nil {
		return now, err
	}
	var document map[string]any
	if err := json.Unmarshal(raw, &document); err != nil {
		return now, err
	}
	if raw, err = json.Marshal(merge(document, patch)); err != nil {
		return now, err
	}
	var next schemas.Settings
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&next); err != nil {
		return now, schemas.NewError(schemas.KindInvalid, "the changed settings are not valid: "+fieldOf(err))
	}
	return next, nil
}

// fieldOf says which field cannot be decoded, without the words of the decoder.
func fieldOf(err error) string {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return wrong.Field + " has the wrong type"
	}
	if _, name, ok := strings.Cut(err.Error(), "unknown field "); ok {
		return "unknown field " + name
	}
	return "a value cannot be read"
}

// merge is RFC 7396.
func merge(target, patch map[string]any) map[string]any {
	for key, value := range patch {
		switch v := value.(type) {
		case nil:
			delete(target, key)
		case map[string]any:
			inner, ok := target[key].(map[string]any)
			if !ok {
				inner = map[string]any{}
			}
			target[key] = merge(inner, v)
		default:
			target[key] = v
		}
	}
	return target
}

func (a *API) getVersions(ctx context.Context, in *AgentPath) (*body[schemas.List[schemas.Version]], error) {
	id, err := a.agentID(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return list(a.o.Store.Versions(ctx, id))
}

func (a *API) publish(ctx context.Context, in *struct {
	AgentPath
	IfMatch
	Body struct {
		Note string `json:"note,omitempty" maxLength:"500"`
	}
},
) (*body[schemas.Version], error) {
	id, err := a.agentID(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	revision, err := in.revision()
	if err != nil {
		return nil, err
	}
	settings, _, err := a.o.Store.Draft(ctx, id)
	if err != nil {
		return nil, err
	}
	if err := a.checkSettings(ctx, settings); err != nil {
		return nil, err
	}
	number, err := a.o.Store.Publish(ctx, id, in.Body.Note, revision)
	if err != nil {
		return nil, stale(err)
	}
	versions, err := a.o.Store.Versions(ctx, id)
	if err != nil {
		return nil, err
	}
	for _, v := range versions {
		if v.Number == number {
			return answer(v, nil)
		}
	}
	return answer(schemas.Version{Number: number, Note: in.Body.Note}, nil)
}
