package files

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"steward/internal/knowledge"
	"steward/schemas"
)

// readJSON writes the values of a file of JSON, or of one value per line.
func readJSON(source string, html func(string) string) (knowledge.Text, error) {
	root, full, err := parseJSON(source)
	if err != nil {
		return knowledge.Text{}, treeFailure(err)
	}
	root.measure()
	w := &dataWriter{writer: &writer{}, html: html}
	text := knowledge.Text{}
	if !root.leaf() && !root.list {
		if title := titleOf(root); title != nil {
			text.Title = title.text
		}
	}
	w.value(root, 2, "")
	text.Markdown = w.String()
	if full || w.full {
		text.Notes = []knowledge.Note{knowledge.NotePartial}
	}
	return text, nil
}

// treeFailure gives the reason for which a tree could not be read.
func treeFailure(err error) error {
	switch {
	case errors.Is(err, errDeep):
		return knowledge.Fail(schemas.FailBomb, err)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return knowledge.Fail(schemas.FailTruncated, err)
	}
	return knowledge.Fail(schemas.FailUnsupportedType, err)
}

// jsonTree reads tokens into a tree as far as the budget goes.
type jsonTree struct {
	decoder *json.Decoder
	budget  budget
	// names holds each key once.
	names map[string]string
}

// parseJSON returns the value of source; several values are the elements of an
// array. full is true when the budget ended before the source.
func parseJSON(source string) (root *node, full bool, err error) {
	p := &jsonTree{decoder: json.NewDecoder(strings.NewReader(source)), names: make(map[string]string)}
	p.decoder.UseNumber()
	all := &node{list: true}
	for {
		value, err := p.value(0)
		if value != nil {
			all.add(value)
		}
		if errors.Is(err, errStop) {
			full = true
			break
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, false, fmt.Errorf("read json: %w", err)
		}
	}
	if len(all.kids) == 1 {
		return all.kids[0], full, nil
	}
	return all, full, nil
}

// value reads the next value. With errStop it returns what it has so far.
func (p *jsonTree) value(depth int) (*node, error) {
	token, err := p.decoder.Token()
	if err != nil {
		return nil, err
	}
	delim, ok := token.(json.Delim)
	if !ok {
		text := scalar(token)
		if !p.budget.take(len(text)) {
			return nil, errStop
		}
		return &node{text: text}, nil
	}
	if depth >= maxDepth {
		return nil, errDeep
	}
	if !p.budget.take(0) {
		return nil, errStop
	}
	n := &node{list: delim == '['}
	for p.decoder.More() {
		name := ""
		if !n.list {
			key, err := p.decoder.Token()
			if err != nil {
				return n, unexpected(err)
			}
			name = p.name(oneLine(fmt.Sprint(key)))
		}
		kid, err := p.value(depth + 1)
		if kid != nil {
			kid.name = name
			n.add(kid)
		}
		if err != nil {
			return n, unexpected(err)
		}
	}
	_, err = p.decoder.Token()
	return n, unexpected(err)
}

// unexpected says that an end inside a value is one too early.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

func scalar(token json.Token) string {
	switch v := token.(type) {
	case string:
		return strings.TrimSpace(v)
	case nil:
		return ""
	}
	return fmt.Sprint(token)
}

func (p *jsonTree) name(key string) string {
	known, ok := p.names[key]
	if !ok {
		known = key
		p.names[key] = key
	}
	return known
}
