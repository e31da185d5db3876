package office

import (
	"regexp"
	"strings"
)

// maxTitle is the longest title, in bytes.
const maxTitle = 300

// emptyTitle are titles that programs give on their own.
var emptyTitle = regexp.MustCompile(`(?i)^(?:untitled|untitled \d+|unnamed|title|titel|titolo|titre|no title|` +
	`(?:document|dokument|documento|doc|presentation\w*|präsentation|presentazione|présentation|book|workbook|arbetsbok|cartel|slide|bild) ?\d*|` +
	`powerpoint[ -]\S+|microsoft (?:word|excel|powerpoint)\b.*|pptx?|docx?|xlsx?)$`)

// fileTitle are titles that are names of files.
var fileTitle = regexp.MustCompile(`(?i)\.(?:docx?|dotx?|rtf|odt|pptx?|potx?|xlsx?|xltx?|pdf|indd|tmp)$`)

// title is a document's own title, when a person gave it.
func title(s string) string {
	s = oneLine(s)
	if len(s) > maxTitle || emptyTitle.MatchString(s) || fileTitle.MatchString(s) || strings.ContainsAny(s, `\`) {
		return ""
	}
	return s
}

// coreTitle reads the title from the properties of a document. What cannot be
// read says nothing.
func (a *archive) coreTitle() string {
	root, err := a.relations("")
	if err != nil {
		return ""
	}
	name := find(root, "core-properties")
	if name == "" || !a.has(name) {
		return ""
	}
	v := &properties{}
	if err := a.walk(name, v); err != nil {
		return ""
	}
	return title(string(v.title))
}

// properties is a visitor of docProps/core.xml.
type properties struct {
	title []byte
}

func (*properties) open(element) verdict { return enter }

func (p *properties) text(parent string, s []byte) verdict {
	if parent == "title" && len(p.title)+len(s) <= maxTitle {
		p.title = append(p.title, s...)
	}
	return enter
}

func (*properties) close(string) {}
