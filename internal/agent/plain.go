package agent

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"

	"steward/internal/language"
	"steward/schemas"
)

var (
	// spokenAway is what has no meaning when it is read aloud: citation markers,
	// shown or raw.
	spokenAway = regexp.MustCompile(`\s*\[[Ss]?\d{1,6}(?:\s*,\s*[Ss]?\d{1,6})*\]`)
	// bareAddress is a web address in plain text, without the marks that end a
	// sentence.
	bareAddress = regexp.MustCompile(`(?i)\(?(?:https?://|\bwww\.)(?:\S*[^\s.,;:!?'")])?\)?`)
	// gaps are what removed pieces leave inside a line.
	gaps     = regexp.MustCompile(`(\S)[ \t]{2,}`)
	listMark = regexp.MustCompile(`^(?:[-*•+]|\d{1,3}[.)])\s+`)
	// pictograph is an emoji or a sign that a voice would spell out.
	pictograph = regexp.MustCompile(`[\x{2190}-\x{21FF}\x{2600}-\x{27BF}\x{2B00}-\x{2BFF}\x{1F000}-\x{1FAFF}\x{FE0F}\x{200D}]`)
)

// ForChannel makes a rendered reply fit a kind of channel: plain where there is
// no Markdown, for the ear on a call, and cut after a sentence where it is too
// long. An address is never cut in two. Spec: S35.
func ForChannel(reply string, kind schemas.ChannelKind) string {
	limits := kind.Limits()
	switch {
	case !limits.Links:
		reply = ForVoice(reply)
	case !limits.Markdown:
		reply = StripMarkdown(reply)
	}
	most := limits.Characters
	if limits.Hard > 0 {
		most = min(most, limits.Hard)
	}
	if language.Graphemes(reply) > most {
		reply = cutAtSentence(reply, most)
	}
	return reply
}

// StripMarkdown is the text that a Markdown reply shows, for channels that show
// no formatting: emphasis and headings become words, list items begin with a
// dash or their number, a link stands as its text with the address behind.
// Images and HTML go. What is no Markdown stays as it is.
func StripMarkdown(markdown string) string {
	return strip(markdown, false)
}

func strip(markdown string, spoken bool) string {
	source := []byte(markdown)
	p := plainText{source: source, spoken: spoken}
	p.blocks(goldmark.DefaultParser().Parse(text.NewReader(source)), "")
	out := gaps.ReplaceAllString(spaceBefore.ReplaceAllString(p.out.String(), "$1"), "$1 ")
	return strings.TrimSpace(emptyLines.ReplaceAllString(out, "\n\n"))
}

// plainText writes the text of a parsed reply.
type plainText struct {
	source []byte
	// spoken leaves addresses out.
	spoken bool
	out    strings.Builder
}

// blocks writes the blocks below n, each line after the first behind indent.
func (p *plainText) blocks(n ast.Node, indent string) {
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		if c.HasBlankPreviousLines() {
			p.out.WriteString("\n")
		}
		switch b := c.(type) {
		case *ast.List:
			p.list(b, indent)
		case *ast.CodeBlock, *ast.FencedCodeBlock:
			for i := range c.Lines().Len() {
				line := c.Lines().At(i)
				p.line(indent, string(line.Value(p.source)))
			}
		case *ast.HTMLBlock, *ast.ThematicBreak:
			continue
		case *ast.Paragraph, *ast.TextBlock, *ast.Heading:
			for line := range strings.SplitSeq(p.inline(c), "\n") {
				p.line(indent, line)
			}
		default:
			p.blocks(c, indent)
		}
	}
}

func (p *plainText) line(indent, line string) {
	p.out.WriteString(indent + strings.TrimRight(line, " \n") + "\n")
}

func (p *plainText) list(l *ast.List, indent string) {
	number := l.Start
	for item := l.FirstChild(); item != nil; item = item.NextSibling() {
		mark := "- "
		if l.IsOrdered() {
			mark = fmt.Sprintf("%d. ", number)
			number++
		}
		inner := plainText{source: p.source, spoken: p.spoken}
		inner.blocks(item, "")
		first := true
		for line := range strings.SplitSeq(strings.Trim(inner.out.String(), "\n"), "\n") {
			switch {
			case first:
				p.line(indent+mark, line)
				first = false
			case line != "":
				p.line(indent+"  ", line)
			}
		}
	}
}

// inline is the text of the nodes below n.
func (p *plainText) inline(n ast.Node) string {
	var b strings.Builder
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		switch t := c.(type) {
		case *ast.Text:
			b.Write(unescape(t.Segment.Value(p.source)))
			if t.SoftLineBreak() || t.HardLineBreak() {
				b.WriteString("\n")
			}
		case *ast.String:
			b.Write(t.Value)
		case *ast.CodeSpan:
			for s := t.FirstChild(); s != nil; s = s.NextSibling() {
				if raw, ok := s.(*ast.Text); ok {
					b.Write(raw.Segment.Value(p.source))
				}
			}
		case *ast.AutoLink:
			b.Write(t.Label(p.source))
		case *ast.Link:
			b.WriteString(p.link(p.inline(t), string(t.Destination)))
		case *ast.Image, *ast.RawHTML:
		default:
			b.WriteString(p.inline(c))
		}
	}
	return b.String()
}

// link shows a link with its address, once, and only one of the web.
func (p *plainText) link(label, address string) string {
	switch {
	case p.spoken || webAddress(address) == "" || label == address:
		return label
	case strings.TrimSpace(label) == "":
		return address
	}
	return label + " (" + address + ")"
}

func unescape(raw []byte) []byte {
	return util.ResolveNumericReferences(util.ResolveEntityNames(util.UnescapePunctuations(raw)))
}

// ForVoice makes a reply that can be read aloud: no formatting, no addresses of
// the web, no lists, no markers and no pictographs. Items of a list become
// sentences. Spec: S35.
func ForVoice(reply string) string {
	plain := strip(spokenAway.ReplaceAllString(reply, ""), true)
	plain = pictograph.ReplaceAllString(bareAddress.ReplaceAllString(plain, ""), "")
	var spoken []string
	for line := range strings.SplitSeq(plain, "\n") {
		line = strings.TrimSpace(listMark.ReplaceAllString(strings.TrimSpace(line), ""))
		if line == "" {
			continue
		}
		if !strings.ContainsAny(line[len(line)-1:], ".!?,;:") && !strings.HasSuffix(line, "…") {
			line += "."
		}
		spoken = append(spoken, line)
	}
	return tidy(oneLine(strings.Join(spoken, " ")))
}
