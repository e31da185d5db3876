package office

import (
	"context"

	"steward/internal/knowledge"
)

// word is a Word document that is being read.
type word struct {
	*drawings
	styles *styleSheet
	lists  *lists
	// notes are the texts of footnotes and endnotes by kind and id.
	notes     map[string]string
	noteCount int
	langs     votes
	// title is that of the paragraph styled as one.
	title string
}

// ReadDocx returns the text of a Word document: headings by their style, lists
// with their numbers, tables, notes after the paragraph that names them, text
// boxes, and the titles and figures of charts. Headers, footers, comments,
// deleted and hidden text and tables of contents are left out. The error is a
// knowledge.Failure: encrypted, truncated, bomb, no_text, unsupported_type or
// timeout.
func ReadDocx(ctx context.Context, body []byte) (knowledge.Text, error) {
	text, cut, err := readDocx(ctx, body)
	if err != nil {
		return knowledge.Text{}, failure(err)
	}
	return result(text, cut)
}

func readDocx(ctx context.Context, body []byte) (knowledge.Text, bool, error) {
	a, err := openArchive(ctx, body)
	if err != nil {
		return knowledge.Text{}, false, err
	}
	name, err := a.mainPart("word/document.xml")
	if err != nil {
		return knowledge.Text{}, false, err
	}
	if err := a.expect(name, "document"); err != nil {
		return knowledge.Text{}, false, err
	}
	d := &word{drawings: newDrawings(a), notes: map[string]string{}, langs: votes{}}
	blocks, err := d.read(name)
	if err != nil {
		return knowledge.Text{}, false, err
	}
	text := knowledge.Text{Title: d.title, Language: d.langs.winner(), Markdown: render(blocks)}
	if text.Title == "" {
		text.Title = a.coreTitle()
	}
	return text, a.cut || d.room.cut, nil
}

// read returns the blocks of the document whose main part is name.
func (d *word) read(name string) ([]block, error) {
	relations, err := d.archive.relations(name)
	if err != nil {
		return nil, err
	}
	if d.styles, err = readStyles(d.archive, find(relations, "styles")); err != nil {
		return nil, err
	}
	if d.lists, err = readLists(d.archive, find(relations, "numbering")); err != nil {
		return nil, err
	}
	d.lists.follow(d.styles)
	for _, kind := range []string{"footnotes", "endnotes"} {
		if part := find(relations, kind); part != "" && d.archive.has(part) {
			if _, err := d.part(part); err != nil {
				return nil, err
			}
		}
	}
	return d.part(name)
}

// part returns the blocks of one part.
func (d *word) part(name string) ([]block, error) {
	relations, err := d.archive.relations(name)
	if err != nil {
		return nil, err
	}
	body := &wordBody{doc: d, relations: relations, flows: []flow{{}}}
	if err := d.archive.walk(name, body); err != nil {
		return nil, err
	}
	return body.flows[0].blocks, nil
}
