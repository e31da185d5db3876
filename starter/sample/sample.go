// Package sample holds the help pages of an invented shop, Fernhill Outdoor, so
// that a first start has something to answer from.
//
// It owns the pages and nothing else. Nothing in the product may depend on what
// they say.
package sample

import (
	"embed"
	"fmt"
	"path"
)

//go:embed pages/*.md
var pages embed.FS

// Company is the shop whose pages these are.
const Company = "Fernhill Outdoor"

// File is one page: Markdown with a title and an address in its front matter.
type File struct {
	Name    string
	Content []byte
}

// Files returns the pages in the order of their names. It panics only when the
// program was built without its pages.
func Files() []File {
	entries, err := pages.ReadDir("pages")
	if err != nil {
		panic(fmt.Sprintf("list sample pages: %v", err))
	}
	files := make([]File, 0, len(entries))
	for _, entry := range entries {
		content, err := pages.ReadFile(path.Join("pages", entry.Name()))
		if err != nil {
			panic(fmt.Sprintf("read sample page: %v", err))
		}
		files = append(files, File{Name: entry.Name(), Content: content})
	}
	return files
}
