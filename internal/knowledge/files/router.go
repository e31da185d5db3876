package files

import (
	"context"

	"steward/internal/knowledge"
	"steward/schemas"
)

// Router gives each page to the reader for its kind. It is what a worker reads
// with: Documents is a sandbox around a Reader of this package.
type Router struct {
	// Pages reads HTML from the web, in this process.
	Pages knowledge.Reader
	// Documents reads uploads and all other documents.
	Documents knowledge.Reader
	// Media reads videos.
	Media knowledge.Reader
}

var _ knowledge.Reader = Router{}

// Read returns what the reader for the page returns. Without one the page is of
// an unsupported type.
func (r Router) Read(ctx context.Context, page knowledge.Page) (knowledge.Text, error) {
	reader := r.Documents
	switch kind := formatOf(page); {
	case kind == formatUnknown:
		return knowledge.Text{}, knowledge.Fail(schemas.FailUnsupportedType, nil)
	case kind == formatMedia:
		reader = r.Media
	case kind == formatHTML && page.Name == "":
		reader = r.Pages
		page.ContentType = typeOfHTML(page)
	}
	if reader == nil {
		return knowledge.Text{}, knowledge.Fail(schemas.FailUnsupportedType, nil)
	}
	return reader.Read(ctx, page)
}
