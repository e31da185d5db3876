package api

import (
	"context"
	"io"
	"mime/multipart"
	"net/http"
	"path"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"steward/schemas"
)

type sourcePath struct {
	ID schemas.SourceID `path:"id" maxLength:"64"`
}

type sourceAnswer struct {
	Status   int
	Location string `header:"Location" doc:"Where to follow the synchronisation; absent when it could not be started."`
	Body     schemas.Source
}

// newSource is the body of POST /sources.
type newSource struct {
	Type     schemas.SourceType `json:"type" doc:"file, url or short_answer"`
	Name     string             `json:"name,omitempty" maxLength:"200"`
	URL      string             `json:"url,omitempty" maxLength:"2000"`
	FileName string             `json:"file_name,omitempty" maxLength:"200"`
	Content  []byte             `json:"content,omitempty" doc:"The file in base64."`
	Question string             `json:"question,omitempty" maxLength:"1000"`
	Answer   string             `json:"answer,omitempty" maxLength:"10000"`
	// Citations defaults to true. Spec: S23.
	Citations *bool `json:"citations,omitempty"`
	Private   bool  `json:"private,omitempty"`
}

func (a *API) sources() {
	serve(a, route{method: http.MethodGet, path: "/sources", id: "list-sources", summary: "The content sources"}, a.getSources)
	serve(a, route{
		method: http.MethodPost, path: "/sources", id: "add-source",
		summary: "Add a content source and start its synchronisation", status: http.StatusCreated, errors: []int{413, 415},
	}, a.addSource)
	serve(a, route{
		method: http.MethodPost, path: "/sources/upload", id: "upload-source",
		summary: "Add a file as a content source (multipart/form-data)", status: http.StatusCreated, errors: []int{413},
	}, a.uploadSource)
	serve(a, route{method: http.MethodGet, path: "/sources/{id}", id: "get-source", summary: "One content source", errors: []int{404}}, a.getSource)
	serve(a, route{
		method: http.MethodDelete, path: "/sources/{id}", id: "remove-source",
		summary: "Remove a content source; answers use it no more at once", status: http.StatusNoContent, errors: []int{404},
	}, a.removeSource)
	serve(a, route{
		method: http.MethodPost, path: "/sources/{id}/sync", id: "sync-source",
		summary: "Read a content source again", status: http.StatusAccepted, errors: []int{404, 503},
	}, a.syncSource)
	serve(a, route{
		method: http.MethodGet, path: "/sources/{id}/sync", id: "get-sync",
		summary: "How far the latest synchronisation has come", errors: []int{404},
	}, a.getSync)
}

func (a *API) getSources(ctx context.Context, _ *struct{}) (*body[schemas.List[schemas.Source]], error) {
	d, err := a.o.Store.TheAgent(ctx)
	if err != nil {
		return nil, err
	}
	return list(a.o.Store.Sources(ctx, d.Agent))
}

func (a *API) getSource(ctx context.Context, in *sourcePath) (*body[schemas.Source], error) {
	return answer(a.o.Store.Source(ctx, in.ID))
}

func (a *API) addSource(ctx context.Context, in *struct{ Body newSource }) (*sourceAnswer, error) {
	b := in.Body
	return a.add(ctx, schemas.NewSource{
		Type: b.Type, Name: b.Name, URL: b.URL, FileName: b.FileName, Content: b.Content, Question: b.Question,
		Answer: b.Answer, Citations: b.Citations == nil || *b.Citations, Private: b.Private,
	})
}

func (a *API) uploadSource(ctx context.Context, in *struct {
	RawBody huma.MultipartFormFiles[struct {
		File    huma.FormFile `form:"file" required:"true"`
		Name    string        `form:"name" required:"false"`
		URL     string        `form:"url" required:"false" doc:"The public address to cite."`
		Private bool          `form:"private" required:"false"`
	}]
},
) (*sourceAnswer, error) {
	form := in.RawBody.Data()
	content, err := readFile(form.File)
	if err != nil {
		return nil, err
	}
	return a.add(ctx, schemas.NewSource{
		Type: schemas.SourceFile, Name: form.Name, URL: form.URL, FileName: path.Base(form.File.Filename),
		Content: content, Citations: !form.Private, Private: form.Private,
	})
}

func readFile(f multipart.File) ([]byte, error) {
	defer func() { _ = f.Close() }()
	content, err := io.ReadAll(io.LimitReader(f, schemas.MaxSourceBytes+1))
	if err != nil {
		return nil, &schemas.Error{Kind: schemas.KindInvalid, Message: "the file cannot be read", Cause: err}
	}
	return content, nil
}

// syncStart bounds the start of a synchronisation that a request waits for.
const syncStart = 3 * time.Second

// add stores a source. That its synchronisation cannot be started now does not
// undo it: it can be started later.
func (a *API) add(ctx context.Context, n schemas.NewSource) (*sourceAnswer, error) {
	d, err := a.o.Store.TheAgent(ctx)
	if err != nil {
		return nil, err
	}
	source, err := a.o.Store.AddSource(ctx, d.Agent, n)
	if err != nil {
		return nil, err
	}
	out := &sourceAnswer{Status: http.StatusCreated, Body: source}
	if err := a.startSync(ctx, d.Agent, source.ID); err != nil {
		a.o.Log.WarnContext(ctx, "synchronisation not started", "source", source.ID, "error", err)
		return out, nil
	}
	out.Location = syncLocation(source.ID)
	return out, nil
}

func syncLocation(id schemas.SourceID) string { return Prefix + "/sources/" + string(id) + "/sync" }

func (a *API) startSync(ctx context.Context, agent schemas.AgentID, id schemas.SourceID) error {
	ctx, cancel := context.WithTimeout(ctx, syncStart)
	defer cancel()
	run, err := uuid.NewV7()
	if err != nil {
		return err
	}
	return a.o.Workflows.StartSync(ctx, schemas.SyncSourceInput{
		Source: id, Agent: agent, Sync: schemas.SyncID(schemas.FormatID(schemas.PrefixSync, run)),
	})
}

func (a *API) syncSource(ctx context.Context, in *sourcePath) (*sourceAnswer, error) {
	source, err := a.o.Store.Source(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	d, err := a.o.Store.TheAgent(ctx)
	if err != nil {
		return nil, err
	}
	if err := a.startSync(ctx, d.Agent, source.ID); err != nil {
		return nil, err
	}
	return &sourceAnswer{Status: http.StatusAccepted, Location: syncLocation(source.ID), Body: source}, nil
}

// removeSource takes the source out of answers at once; a last synchronisation
// takes its passages out of the index.
func (a *API) removeSource(ctx context.Context, in *sourcePath) (*nothing, error) {
	if _, err := a.o.Store.Source(ctx, in.ID); err != nil {
		return nil, err
	}
	d, err := a.o.Store.TheAgent(ctx)
	if err != nil {
		return nil, err
	}
	if err := a.o.Store.RemoveSource(ctx, in.ID); err != nil {
		return nil, err
	}
	a.later(ctx, "clear index of "+string(in.ID), func(ctx context.Context) error {
		return a.startSync(ctx, d.Agent, in.ID)
	})
	return nil, nil
}

// progressTimeout bounds the question to a running synchronisation.
const progressTimeout = time.Second

func (a *API) getSync(ctx context.Context, in *sourcePath) (*body[schemas.SourceSync], error) {
	source, err := a.o.Store.Source(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	out := schemas.SourceSync{Source: source}
	if source.Status == schemas.SourceSyncing {
		ctx, cancel := context.WithTimeout(ctx, progressTimeout)
		defer cancel()
		// The row says enough when the workflow does not answer.
		if progress, err := a.o.Workflows.SyncProgress(ctx, in.ID); err == nil {
			out.Progress = &progress
		}
	}
	return answer(out, nil)
}
