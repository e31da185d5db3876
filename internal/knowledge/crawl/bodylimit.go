package crawl

import (
	"mime"
	"strings"

	"steward/schemas"
)

// bodyLimit is how many bytes of a body are read: those of a page, of a
// document, or none of what nobody reads. The content type decides, and the
// name where that says nothing.
func bodyLimit(contentType, path string) int {
	media, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		media, _, _ = strings.Cut(contentType, ";")
	}
	media = strings.ToLower(strings.TrimSpace(media))
	kind, subtype, _ := strings.Cut(media, "/")
	switch {
	case isDocument(schemas.FileExtension(path)):
		return schemas.MaxSourceBytes
	case kind == "image", kind == "font", media == "text/css":
		return 0
	case kind == "text", subtype == "xhtml+xml", subtype == "xml", subtype == "json", media == "":
		return schemas.MaxPageBytes
	}
	return schemas.MaxSourceBytes
}

// isDocument reports whether a file with that extension is no page, whatever a
// site calls it.
func isDocument(extension string) bool {
	switch extension {
	case ".pdf", ".docx", ".pptx", ".xls", ".xlsx", ".csv", ".mp4", ".mpg", ".mpeg", ".avi", ".mov", ".webm":
		return true
	}
	return false
}
