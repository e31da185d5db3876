package office

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"steward/internal/knowledge"
	"steward/internal/language"
	"steward/schemas"
)

// The bounds of one file. Honest documents stay far below them.
const (
	// maxText is the text kept, in bytes. What comes after it is left out.
	maxText = 20 << 20
	// maxPart is what is read of one part of an archive, in bytes.
	maxPart = 32 << 20
	// maxUnpacked is what is read of all parts together, in bytes.
	maxUnpacked = 200 << 20
	// maxEntries is the number of files in an archive.
	maxEntries = 10_000
	// maxDepth is how deep elements may be nested.
	maxDepth = 256
	// maxRatio is how many times its packed size a part larger than maxPart may
	// have: XML of real documents stays below 60.
	maxRatio = 100
	// maxTag is the longest tag, in bytes: a parser holds its attributes in
	// memory, at twelve times their size.
	maxTag = 4 << 20
)

var (
	errPassword  = errors.New("the document is protected by a password")
	errForeign   = errors.New("the content is of another kind than its name says")
	errExpansion = errors.New("a part unpacks to far more than it holds")
	errEntries   = errors.New("the archive has too many entries")
	errNesting   = errors.New("elements are nested too deep")
	errLongTag   = errors.New("a tag is too long")
	errDoctype   = errors.New("a part declares document types")
	errNoPart    = errors.New("a part is missing")
	errVendor    = errors.New("a parser gave up")
)

// budget is how many bytes of text may still be written.
type budget struct {
	left int
	// cut is true when something was left out because of a limit.
	cut bool
}

// take reports whether n more bytes fit, and counts them.
func (b *budget) take(n int) bool {
	if n > b.left {
		b.left, b.cut = 0, true
		return false
	}
	b.left -= n
	return true
}

// failure turns an error of this package into the reason that is shown.
func failure(err error) error {
	var known *knowledge.Failure
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known):
		return err
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return knowledge.FailForNow(schemas.FailTimeout, err)
	case errors.Is(err, errPassword):
		return knowledge.Fail(schemas.FailEncrypted, err)
	case errors.Is(err, errForeign), errors.Is(err, errDoctype):
		return knowledge.Fail(schemas.FailUnsupportedType, err)
	case errors.Is(err, errExpansion), errors.Is(err, errEntries), errors.Is(err, errNesting), errors.Is(err, errLongTag):
		return knowledge.Fail(schemas.FailBomb, err)
	case errors.Is(err, errVendor):
		return knowledge.Fail(schemas.FailInternal, err)
	}
	return knowledge.Fail(schemas.FailTruncated, err)
}

// guarded turns a panic of a library into an error.
func guarded(err *error) {
	if r := recover(); r != nil {
		*err = failure(fmt.Errorf("%w: %T", errVendor, r))
	}
}

// result is the text of a document, or the reason why it holds none.
func result(text knowledge.Text, cut bool) (knowledge.Text, error) {
	text.Title = oneLine(language.Clean(text.Title))
	text.Markdown = language.Clean(text.Markdown)
	if !strings.ContainsFunc(text.Markdown, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }) {
		return knowledge.Text{}, knowledge.Fail(schemas.FailNoText, nil)
	}
	if cut {
		text.Notes = append(text.Notes, knowledge.NotePartial)
	}
	return text, nil
}

// oneLine joins the words of s with single spaces.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
