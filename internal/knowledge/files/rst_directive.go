package files

import (
	"regexp"
	"strings"
)

var (
	directiveLine = regexp.MustCompile(`^\.\. +(?:\|([^|]+)\| +)?([A-Za-z][\w.:+-]*?) ?::(?: +(.*))?$`)
	footnoteLine  = regexp.MustCompile(`^\.\. +\[([^\]]+)\] *(.*)$`)
	optionLine    = regexp.MustCompile(`^:([\w-]+):(?: +(.*))?$`)
)

// explicitMark reports whether a line begins a directive, a target, a footnote
// or a comment.
func explicitMark(line string) bool {
	return line == ".." || strings.HasPrefix(line, ".. ") || strings.HasPrefix(line, "__ ")
}

// explicit reads a block of explicit markup. Comments and targets say nothing
// to a reader.
func (r *rst) explicit(lines []string, i, depth int) (string, int) {
	end := max(indentedEnd(lines, i+1), i+1)
	if m := directiveLine.FindStringSubmatch(lines[i]); m != nil {
		if m[1] != "" {
			return "", end // a substitution, read before
		}
		return r.directive(newDirective(m[2], m[3], lines[i+1:end]), depth), end
	}
	if m := footnoteLine.FindStringSubmatch(lines[i]); m != nil {
		body := r.blocks(itemBody(m[2], lines[i+1:end]), depth+1)
		return strings.TrimSpace("[" + strings.TrimLeft(m[1], "#") + "] " + strings.Join(body, "\n\n")), end
	}
	return "", end
}

// directive is a directive in its parts.
type directive struct {
	name, arg string
	options   map[string]string
	// body is what stands below the options, dedented.
	body []string
}

func newDirective(name, arg string, rest []string) directive {
	name = strings.ToLower(name)
	if i := strings.LastIndexByte(name, ':'); i >= 0 {
		name = name[i+1:]
	}
	d := directive{name: name, arg: strings.TrimSpace(arg), options: make(map[string]string)}
	rest = dedent(rest)
	for len(rest) > 0 {
		m := optionLine.FindStringSubmatch(rest[0])
		if m == nil {
			break
		}
		d.options[m[1]] = m[2]
		rest = rest[1:]
	}
	d.body = rest
	return d
}

// role is what a directive's parts are to a reader.
type role int

const (
	// roleText: argument and body are text.
	roleText role = iota
	// roleBody: the argument is a setting, the body is text.
	roleBody
	// roleCode: the body is code.
	roleCode
	// roleChange: the argument is a version, the body is text.
	roleChange
	// roleDropped: it builds navigation, draws, or takes content from elsewhere.
	roleDropped
)

func roleOf(name string) role {
	switch name {
	case "include", "literalinclude", "raw", "image", "toctree", "contents", "sectnum", "section-numbering", "index", "math",
		"highlight", "meta", "title", "role", "default-role", "default-domain", "target-notes", "header", "footer", "todolist",
		"graphviz", "digraph", "graph", "inheritance-diagram", "plot", "uml", "mermaid", "bibliography", "tabularcolumns",
		"currentmodule", "module", "unicode", "date", "replace", "sectionauthor", "codeauthor", "program", "testsetup",
		"testcleanup", "video", "youtube", "vimeo", "iframe", "embed", "button", "button-link", "button-ref":
		return roleDropped
	case "code", "code-block", "sourcecode", "parsed-literal", "prompt", "console", "doctest", "testcode", "testoutput",
		"productionlist", "literal":
		return roleCode
	case "figure", "container", "class", "cssclass", "rst-class", "compound", "highlights", "only", "ifconfig", "hlist", "glossary",
		"tabs", "tab-set", "grid", "grid-item", "panels", "thumbnail", "centered":
		if name == "centered" {
			return roleText
		}
		return roleBody
	case "versionadded", "versionchanged", "versionremoved", "deprecated":
		return roleChange
	}
	if strings.HasPrefix(name, "auto") {
		return roleDropped
	}
	return roleText
}

// directive writes what a directive says to a reader. Nothing is ever read from
// a file or an address that it names.
func (r *rst) directive(d directive, depth int) string {
	switch d.name {
	case "csv-table":
		return r.csvTable(d)
	case "list-table":
		return r.listTable(d, depth)
	}
	switch roleOf(d.name) {
	case roleDropped:
		return ""
	case roleCode:
		body := trimBlankLines(d.body)
		if len(body) == 0 {
			return ""
		}
		return fence(codeLanguage(d.arg), body)
	case roleBody:
		return strings.Join(r.blocks(d.body, depth+1), "\n\n")
	case roleChange:
		d.arg = strings.TrimSpace(d.name + " " + d.arg)
	}
	// An argument goes on in the lines below it.
	lines := d.body
	if d.arg != "" {
		lines = append([]string{d.arg}, d.body...)
	}
	return strings.Join(r.blocks(lines, depth+1), "\n\n")
}

var languageName = regexp.MustCompile(`^[\w+#.-]{1,20}$`)

func codeLanguage(arg string) string {
	if languageName.MatchString(arg) {
		return strings.ToLower(arg)
	}
	return ""
}

func trimBlankLines(lines []string) []string {
	for len(lines) > 0 && blank(lines[0]) {
		lines = lines[1:]
	}
	for len(lines) > 0 && blank(lines[len(lines)-1]) {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// substitutions collects the texts that stand for names; pictures and dates
// have none.
func substitutions(lines []string) map[string]string {
	out := make(map[string]string)
	for i, line := range lines {
		if !strings.HasPrefix(strings.TrimLeft(line, " "), ".. |") {
			continue
		}
		m := directiveLine.FindStringSubmatch(strings.TrimLeft(line, " "))
		if m == nil || m[1] == "" {
			continue
		}
		text := ""
		if strings.ToLower(m[2]) == "replace" {
			text = m[3]
			for n := i + 1; n < len(lines) && !blank(lines[n]) && indentOf(lines[n]) > indentOf(line); n++ {
				text += " " + strings.TrimSpace(lines[n])
			}
		}
		out[strings.ToLower(m[1])] = oneLine(text)
	}
	return out
}
