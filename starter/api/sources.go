package api

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"

	"steward/schemas"
)

// SourcePath names a content source in an address.
type SourcePath struct {
	ID schemas.SourceID `path:"id" maxLength:"64"`
}

type sourceAnswer struct {
	Status   int
	Location string `header:"Location" doc:"Where to follow the synchronisation; absent when it could not be started."`
	Body     schemas.Source
}

// newSource is the body of POST /sources.
type newSource struct {
	Type      schemas.SourceType `json:"type" enum:"file,url,crawl,kb_article,short_answer"`
	Name      string             `json:"name,omitempty" maxLength:"200"`
	URL       string             `json:"url,omitempty" maxLength:"2000"`
	FileID    schemas.FileID     `json:"file_id,omitempty" maxLength:"64" doc:"A file that is there already."`
	FileName  string             `json:"file_name,omitempty" maxLength:"200"`
	Content   []byte             `json:"content,omitempty" doc:"The file in base64; larger ones by POST /sources/upload."`
	ArticleID schemas.ArticleID  `json:"article_id,omitempty" maxLength:"64"`
	Question  string             `json:"question,omitempty" maxLength:"1000"`
	Answer    string             `json:"answer,omitempty" maxLength:"10000"`
	// Citations defaults to true. Spec: S23.
	Citations *bool `json:"citations,omitempty"`
	Private   bool  `json:"private,omitempty"`
	schemas.SourceSettings
}

func (a *API) sources() {
	serve(a, route{method: http.MethodGet, path: "/sources", id: "list-sources", summary: "The content sources"}, a.getSources)
	serve(a, route{
		method: http.MethodPost, path: "/sources", id: "add-source",
		summary: "Add a content source and start its synchronisation", status: http.StatusCreated, errors: []int{404, 409, 413},
	}, a.addSource)
	serve(a, route{
		method: http.MethodPost, path: "/sources/upload", id: "upload-source",
		summary: "Add a file as a content source (multipart/form-data)", status: http.StatusCreated, errors: []int{409, 413},
	}, a.uploadSource)
	serve(a, route{
		method: http.MethodPost, path: "/sources/bulk", id: "change-sources",
		summary: "Remove, read again, cite or stop citing several sources", errors: []int{503},
	}, a.bulkSources)
	serve(a, route{method: http.MethodGet, path: "/sources/{id}", id: "get-source", summary: "One content source", errors: []int{404}}, a.getSource)
	serve(a, route{
		method: http.MethodPatch, path: "/sources/{id}", id: "change-source",
		summary: "Change a content source; it is read again when that changes what it holds", errors: []int{404, 409, 503},
	}, a.changeSource)
	serve(a, route{
		method: http.MethodDelete, path: "/sources/{id}", id: "remove-source",
		summary: "Remove a content source; answers use it no more at once", status: http.StatusNoContent, errors: []int{404},
	}, a.removeSource)
}

func (a *API) getSources(ctx context.Context, in *struct {
	Type   schemas.SourceType   `query:"type" enum:"file,url,crawl,kb_article,short_answer"`
	Status schemas.SourceStatus `query:"status" enum:"queued,syncing,ready,ready_with_warnings,needs_review,failed,removing"`
},
) (*body[schemas.List[schemas.Source]], error) {
	d, err := a.o.Store.TheAgent(ctx)
	if err != nil {
		return nil, err
	}
	sources, err := a.o.Store.Sources(ctx, d.Agent)
	sources = slices.DeleteFunc(sources, func(s schemas.Source) bool {
		return in.Type != "" && s.Type != in.Type || in.Status != "" && s.Status != in.Status
	})
	return list(sources, err)
}

func (a *API) getSource(ctx context.Context, in *SourcePath) (*body[schemas.Source], error) {
	return answer(a.o.Store.Source(ctx, in.ID))
}

func (a *API) addSource(ctx context.Context, in *struct{ Body newSource }) (*sourceAnswer, error) {
	b := in.Body
	return a.add(ctx, schemas.NewSource{
		Type: b.Type, Name: b.Name, URL: b.URL, File: b.FileID, FileName: b.FileName, Content: b.Content, Article: b.ArticleID,
		Question: b.Question, Answer: b.Answer, Citations: b.Citations == nil || *b.Citations, Private: b.Private,
		SourceSettings: b.SourceSettings,
	})
}

// syncStart bounds the start of a synchronisation that a request waits for.
const syncStart = 3 * time.Second

// add stores a source. That its synchronisation cannot be started now does not
// undo it: it is started later.
func (a *API) add(ctx context.Context, n schemas.NewSource) (*sourceAnswer, error) {
	d, err := a.o.Store.TheAgent(ctx)
	if err != nil {
		return nil, err
	}
	if err := n.Validate(); err != nil {
		return nil, err
	}
	if err := a.admit(n.Type, n.URL); err != nil {
		return nil, err
	}
	source, err := a.o.Store.AddSource(ctx, d.Agent, n)
	if err != nil {
		return nil, err
	}
	out := &sourceAnswer{Status: http.StatusCreated, Body: source}
	err = a.inTime(ctx, func(ctx context.Context) error {
		return a.o.Workflows.StartSync(ctx, schemas.SyncSourceInput{Source: source.ID, Agent: d.Agent, Trigger: schemas.TriggerManual})
	})
	if err != nil {
		a.o.Log.WarnContext(ctx, "synchronisation not started", "source", source.ID, "error", err)
		return out, nil
	}
	out.Location = syncLocation(source.ID)
	a.schedule(ctx, d.Agent, source)
	return out, nil
}

// schedule sets the schedule of a source; one that cannot be set now is set by
// the next sweep.
func (a *API) schedule(ctx context.Context, agent schemas.AgentID, source schemas.Source) {
	a.later(ctx, "schedule "+string(source.ID), func(ctx context.Context) error {
		if err := a.o.Workflows.SetResync(ctx, source.ID, agent, source.Schedule); err != nil {
			return err
		}
		return a.o.Store.ScheduleApplied(ctx, source.ID, source.Schedule)
	})
}

func (a *API) inTime(ctx context.Context, f func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, syncStart)
	defer cancel()
	return f(ctx)
}

func syncLocation(id schemas.SourceID) string { return Prefix + "/sources/" + string(id) + "/sync" }

func (a *API) changeSource(ctx context.Context, in *struct {
	SourcePath
	Body schemas.SourceChange
},
) (*body[schemas.Source], error) {
	d, err := a.o.Store.TheAgent(ctx)
	if err != nil {
		return nil, err
	}
	before, err := a.o.Store.Source(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if in.Body.URL != nil && *in.Body.URL != before.URL {
		if err := a.admit(before.Type, *in.Body.URL); err != nil {
			return nil, err
		}
	}
	after, err := a.o.Store.ChangeSource(ctx, in.ID, in.Body)
	if err != nil {
		return nil, err
	}
	if before.Schedule != after.Schedule {
		a.schedule(ctx, d.Agent, after)
	}
	if readAgain(before, after) {
		err = a.reread(ctx, d.Agent, in.ID)
	}
	return answer(after, err)
}

// readAgain reports whether a change of a source changes what it holds.
func readAgain(before, after schemas.Source) bool {
	return before.URL != after.URL || before.Question != after.Question || before.Answer != after.Answer ||
		before.Private != after.Private || before.Language != after.Language || before.MaxPages != after.MaxPages ||
		before.Render != after.Render || before.IgnoreRobots != after.IgnoreRobots ||
		!slices.Equal(before.Include, after.Include) || !slices.Equal(before.Exclude, after.Exclude)
}

// reread has a source read again because what it holds has changed. That it
// cannot be started is an error although the change is stored: nobody else
// would start it, and the old text would go on being answered.
func (a *API) reread(ctx context.Context, agent schemas.AgentID, id schemas.SourceID) error {
	// A run that cannot hear of it now, or is not started, hears of it later.
	if err := a.o.Store.WantSources(ctx, id); err != nil {
		return err
	}
	err := a.inTime(ctx, func(ctx context.Context) error {
		return a.o.Workflows.Resync(ctx, schemas.SyncSourceInput{Source: id, Agent: agent, Trigger: schemas.TriggerChange})
	})
	if err != nil {
		return &schemas.Error{
			Kind: schemas.KindUnavailable, Cause: err,
			Message: "the change is stored, but the source could not be read again: synchronise it when Temporal answers",
		}
	}
	return nil
}

// clear takes sources that are being removed out of the index, after the answer.
// What cannot be started now is started by the next sweep.
func (a *API) clear(ctx context.Context, agent schemas.AgentID, ids ...schemas.SourceID) {
	for _, id := range ids {
		a.later(ctx, "clear "+string(id), func(ctx context.Context) error {
			return a.o.Workflows.Resync(ctx, schemas.SyncSourceInput{Source: id, Agent: agent, Trigger: schemas.TriggerRemoval})
		})
	}
}

// removeSource takes the source out of answers at once; a last synchronisation
// takes its passages out of the index.
func (a *API) removeSource(ctx context.Context, in *SourcePath) (*nothing, error) {
	out, err := a.remove(ctx, in.ID)
	if err == nil && len(out.NotFound) > 0 {
		err = schemas.NewError(schemas.KindNotFound, "no such source")
	}
	return nil, err
}

func (a *API) remove(ctx context.Context, ids ...schemas.SourceID) (schemas.BulkResult, error) {
	d, err := a.o.Store.TheAgent(ctx)
	if err != nil {
		return schemas.BulkResult{}, err
	}
	removed, err := a.o.Store.RemoveSources(ctx, ids)
	if err != nil {
		return schemas.BulkResult{}, err
	}
	a.clear(ctx, d.Agent, removed...)
	return bulk(ids, removed), nil
}

// bulk sorts ids by whether something was done to them.
func bulk(ids, done []schemas.SourceID) schemas.BulkResult {
	out := schemas.BulkResult{Done: []schemas.SourceID{}, NotFound: []schemas.SourceID{}}
	for _, id := range ids {
		if slices.Contains(done, id) {
			out.Done = append(out.Done, id)
			continue
		}
		out.NotFound = append(out.NotFound, id)
	}
	return out
}

// bulkChange is done to several sources.
type bulkChange struct {
	IDs    []schemas.SourceID `json:"ids" minItems:"1" maxItems:"500"`
	Action string             `json:"action" enum:"remove,sync,citations_on,citations_off"`
}

func (a *API) bulkSources(ctx context.Context, in *struct{ Body bulkChange }) (*body[schemas.BulkResult], error) {
	ids := in.Body.IDs
	if in.Body.Action == "remove" {
		return answer(a.remove(ctx, ids...))
	}
	d, err := a.o.Store.TheAgent(ctx)
	if err != nil {
		return nil, err
	}
	var done []schemas.SourceID
	for _, id := range ids {
		if err := a.bulkOne(ctx, id, in.Body.Action); err == nil {
			done = append(done, id)
		} else if schemas.KindOf(err) != schemas.KindNotFound {
			return nil, err
		}
	}
	if in.Body.Action == "sync" {
		err = a.startAll(ctx, d.Agent, done)
	}
	return answer(bulk(ids, done), err)
}

// bulkOne looks a source up, or changes whether it is cited.
func (a *API) bulkOne(ctx context.Context, id schemas.SourceID, action string) error {
	if action != "sync" {
		cited := action == "citations_on"
		_, err := a.o.Store.ChangeSource(ctx, id, schemas.SourceChange{Citations: &cited})
		return err
	}
	source, err := a.o.Store.Source(ctx, id)
	if err == nil && source.Status == schemas.SourceRemoving {
		err = schemas.NewError(schemas.KindNotFound, "no such source")
	}
	return err
}

// startsAtOnce is how many synchronisations one request starts at the same time.
const startsAtOnce = 8

// startAll starts the synchronisations of sources. Those that were started
// before an error stay so; doing it again is harmless.
func (a *API) startAll(ctx context.Context, agent schemas.AgentID, ids []schemas.SourceID) error {
	var all sync.WaitGroup
	slots, failed := make(chan struct{}, startsAtOnce), make(chan error, len(ids))
	for _, id := range ids {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			if len(failed) > 0 {
				return
			}
			err := a.inTime(ctx, func(ctx context.Context) error {
				return a.o.Workflows.StartSync(ctx, schemas.SyncSourceInput{Source: id, Agent: agent, Trigger: schemas.TriggerManual})
			})
			if err != nil {
				failed <- err
			}
		})
	}
	all.Wait()
	close(failed)
	return <-failed
}
