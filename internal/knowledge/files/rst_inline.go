package files

import (
	"net/url"
	"regexp"
	"strings"
)

// The groups of inlineMarkup, one for each kind of markup.
const (
	groupLiteral = 1 + iota
	groupRole
	groupRoleText
	groupText
	groupTextEnd
	groupStrong
	groupEmphasis
	groupSubstitution
	groupFootnote
	groupReference
	groupEscape
)

var inlineMarkup = regexp.MustCompile("``(.+?)``" +
	"|:([A-Za-z][\\w.:+-]*):`((?:[^`\\\\]|\\\\.)+)`" +
	"|_?`((?:[^`\\\\]|\\\\.)+)`(__?\\b|__?|:[A-Za-z][\\w.:+-]*:)?" +
	`|\*\*([^\s\\]|\S.*?[^\s\\])\*\*` +
	`|\*([^\s*\\]|[^\s*][^*]*[^\s*\\])\*` +
	`|\|([^\s|](?:[^|]*[^\s|])?)\|_{0,2}` +
	`|\[([\w#*.:-]+)\]_\b` +
	`|\b([A-Za-z0-9](?:[\w.+-]*[A-Za-z0-9])?)__?\b` +
	`|\\(.?)`)

// inline writes text without its markup: what is quoted must read like the
// page. Links that a customer can follow stay.
func (r *rst) inline(text string) string { return r.inlineNested(text, 0) }

func (r *rst) inlineNested(text string, depth int) string {
	if depth > 3 || !strings.ContainsAny(text, "`*|_\\") {
		return text
	}
	var b strings.Builder
	last := 0
	for _, m := range inlineMarkup.FindAllStringSubmatchIndex(text, -1) {
		b.WriteString(text[last:m[0]])
		last = m[1]
		group := func(n int) (string, bool) {
			if m[2*n] < 0 {
				return "", false
			}
			return text[m[2*n]:m[2*n+1]], true
		}
		b.WriteString(r.markup(group, depth))
	}
	b.WriteString(text[last:])
	return b.String()
}

// markup writes one piece of markup.
func (r *rst) markup(group func(int) (string, bool), depth int) string {
	if s, ok := group(groupLiteral); ok {
		return "`" + s + "`"
	}
	if role, ok := group(groupRole); ok {
		s, _ := group(groupRoleText)
		return roleTextOf(role, s)
	}
	if s, ok := group(groupText); ok {
		if end, _ := group(groupTextEnd); strings.HasPrefix(end, ":") {
			return roleTextOf(strings.Trim(end, ":"), s)
		}
		return linked(s)
	}
	for _, n := range []int{groupStrong, groupEmphasis} {
		if s, ok := group(n); ok {
			return r.inlineNested(s, depth+1)
		}
	}
	if s, ok := group(groupSubstitution); ok {
		text, known := r.replaced[strings.ToLower(s)]
		if !known {
			return "|" + s + "|"
		}
		return r.inlineNested(text, depth+1)
	}
	if s, ok := group(groupFootnote); ok {
		return "[" + strings.TrimLeft(s, "#") + "]"
	}
	if s, ok := group(groupReference); ok {
		return s
	}
	s, _ := group(groupEscape)
	return strings.TrimSpace(s)
}

var embedded = regexp.MustCompile(`^(.*?)\s*<([^<>]+)>$`)

// linked reads the text of a reference and the address it may hold.
func linked(s string) string {
	m := embedded.FindStringSubmatch(s)
	if m == nil {
		return unescaped(s)
	}
	text, target := oneLine(unescaped(m[1])), strings.Join(strings.Fields(unescaped(m[2])), "")
	if text == "" {
		return target
	}
	u, err := url.Parse(target)
	if err != nil {
		return text
	}
	switch u.Scheme {
	case "http", "https", "mailto", "tel":
		return "[" + text + "](" + target + ")"
	}
	return text
}

// roleTextOf is what a role shows: its text, else the last part of what it
// names.
func roleTextOf(role, s string) string {
	if m := embedded.FindStringSubmatch(s); m != nil && m[1] != "" {
		return oneLine(unescaped(m[1]))
	}
	s = unescaped(s)
	switch role[strings.LastIndexByte(role, ':')+1:] {
	case "code", "literal", "command", "file", "samp", "kbd", "option", "envvar", "program":
		return "`" + s + "`"
	case "raw":
		return ""
	}
	if rest, ok := strings.CutPrefix(s, "~"); ok {
		return rest[strings.LastIndexByte(rest, '.')+1:]
	}
	return strings.TrimPrefix(s, "!")
}

var escape = regexp.MustCompile(`\\(.?)`)

func unescaped(s string) string {
	return escape.ReplaceAllStringFunc(s, func(m string) string { return strings.TrimSpace(m[1:]) })
}
