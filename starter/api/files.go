package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"steward/schemas"
)

func (a *API) files() {
	serve(a, route{method: http.MethodGet, path: "/files", id: "list-files", summary: "Uploaded files, newest first"}, a.getFiles)
	serve(a, route{
		method: http.MethodPost, path: "/files", id: "add-file",
		summary: "Upload a file to make sources of (multipart/form-data)", status: http.StatusCreated, errors: []int{413},
	}, a.addFile)
	serve(a, route{
		method: http.MethodDelete, path: "/files/{id}", id: "delete-file",
		summary: "Delete a file that no source uses", status: http.StatusNoContent, errors: []int{404, 409},
	}, a.deleteFile)
}

// maxFiles is how many files a list shows; a search narrows it.
const maxFiles = 200

func (a *API) getFiles(ctx context.Context, in *struct {
	Query string `query:"q" maxLength:"200" doc:"Only files whose name holds this."`
},
) (*body[schemas.List[schemas.File]], error) {
	d, err := a.o.Store.TheAgent(ctx)
	if err != nil {
		return nil, err
	}
	return list(a.o.Store.Files(ctx, d.Agent, in.Query, maxFiles))
}

func (a *API) addFile(ctx context.Context, in *struct {
	RawBody huma.MultipartFormFiles[struct {
		File huma.FormFile `form:"file" required:"true"`
	}]
},
) (*body[schemas.File], error) {
	d, err := a.o.Store.TheAgent(ctx)
	if err != nil {
		return nil, err
	}
	form := in.RawBody.Data()
	content, err := readFile(form.File)
	if err != nil {
		return nil, err
	}
	return answer(a.o.Store.AddFile(ctx, d.Agent, baseName(form.File.Filename), content))
}

func (a *API) deleteFile(ctx context.Context, in *struct {
	ID schemas.FileID `path:"id" maxLength:"64"`
},
) (*nothing, error) {
	d, err := a.o.Store.TheAgent(ctx)
	if err != nil {
		return nil, err
	}
	return nil, a.o.Store.DeleteFile(ctx, d.Agent, in.ID)
}
