package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"steward/schemas"
)

const (
	// maxUpload is the largest body of an upload: a file and its form.
	maxUpload = schemas.MaxSourceBytes + 1<<20
	// uploadTime is how long an upload may take to arrive.
	uploadTime = 10 * time.Minute
	// uploadMemory is how much of an upload is held in memory, not in a file.
	uploadMemory = 8 << 20
)

// withForms reads the form of an upload before its route does: one that is too
// large is refused in clear words, and the temporary files of all go when they
// have been answered. The server deletes them only for requests that nothing
// has wrapped.
func (a *API) withForms(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
		upload := r.Method == http.MethodPost && (r.URL.Path == Prefix+"/sources/upload" || r.URL.Path == Prefix+"/files")
		if !upload {
			next.ServeHTTP(w, r)
			return
		}
		if err != nil || kind != "multipart/form-data" {
			a.errors.Write(w, r, &schemas.Error{Kind: schemas.KindInvalid, Message: "Send the file as multipart/form-data, in the field file.", Cause: err})
			return
		}
		// A server that knows no deadlines has none to move.
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(uploadTime))
		err = r.ParseMultipartForm(uploadMemory)
		defer func() {
			if r.MultipartForm != nil {
				_ = r.MultipartForm.RemoveAll()
			}
		}()
		if err != nil {
			a.errors.Write(w, r, formError(err))
			return
		}
		next.ServeHTTP(w, r)
	})
}

func formError(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) || errors.Is(err, multipart.ErrMessageTooLarge) {
		return &schemas.Error{Kind: schemas.KindTooLarge, Message: fmt.Sprintf("A file is at most %d MiB.", schemas.MaxSourceBytes>>20), Cause: err}
	}
	return &schemas.Error{Kind: schemas.KindInvalid, Message: "The form cannot be read: send multipart/form-data with the file in the field file.", Cause: err}
}

func (a *API) uploadSource(ctx context.Context, in *struct {
	RawBody huma.MultipartFormFiles[struct {
		File      huma.FormFile          `form:"file" required:"true"`
		Name      string                 `form:"name" required:"false" maxLength:"200"`
		URL       string                 `form:"url" required:"false" maxLength:"2000" doc:"The public address to cite."`
		Private   bool                   `form:"private" required:"false"`
		Citations string                 `form:"citations" required:"false" enum:"true,false" doc:"false: use it without citing it."`
		Language  string                 `form:"language" required:"false" maxLength:"2"`
		Schedule  schemas.ResyncSchedule `form:"schedule" required:"false" enum:"weekly,daily,never"`
	}]
},
) (*sourceAnswer, error) {
	form := in.RawBody.Data()
	content, err := readFile(form.File)
	if err != nil {
		return nil, err
	}
	return a.add(ctx, schemas.NewSource{
		Type: schemas.SourceFile, Name: form.Name, URL: form.URL, FileName: baseName(form.File.Filename),
		Content: content, Citations: !form.Private && form.Citations != "false", Private: form.Private,
		SourceSettings: schemas.SourceSettings{Language: form.Language, Schedule: form.Schedule},
	})
}

// baseName is the name of a file without the folders of the uploader's machine.
func baseName(name string) string { return path.Base(strings.ReplaceAll(name, `\`, "/")) }

func readFile(f multipart.File) ([]byte, error) {
	defer func() { _ = f.Close() }()
	content, err := io.ReadAll(io.LimitReader(f, schemas.MaxSourceBytes+1))
	if err != nil {
		return nil, &schemas.Error{Kind: schemas.KindInvalid, Message: "the file cannot be read", Cause: err}
	}
	return content, nil
}
