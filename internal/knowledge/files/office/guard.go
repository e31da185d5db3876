package office

// markup is where a guard is inside XML.
type markup int

const (
	markupText markup = iota
	markupOpen        // after <
	markupTag
	markupBang // after <!
	markupComment
	markupCDATA
	markupInstruction
)

// guard follows XML byte by byte, ahead of a parser, and refuses what would make
// the parser hold too much: tags without end and nesting without end. It also
// refuses document type declarations, which the Open Packaging Conventions
// forbid (ECMA-376 part 2, clause 10).
type guard struct {
	at    markup
	quote byte
	// length of the tag or comment so far.
	length int
	// bang is what follows <!, up to the longest opening.
	bang []byte
	// last and before are the two bytes read before this one.
	last, before byte
	// closing is true inside an end tag.
	closing bool
	depth   int
}

const (
	openComment = "--"
	openCDATA   = "[CDATA["
)

func (g *guard) see(p []byte) error {
	for _, c := range p {
		if err := g.step(c); err != nil {
			return err
		}
		g.before, g.last = g.last, c
	}
	return nil
}

func (g *guard) step(c byte) error {
	switch g.at {
	case markupText:
		if c == '<' {
			g.at = markupOpen
		}
	case markupOpen:
		g.open(c)
	case markupTag:
		return g.tag(c)
	case markupBang:
		return g.declaration(c)
	case markupComment:
		// The dashes of the opening are no part of the end: <!--> is open.
		g.length++
		g.until(c == '>' && g.last == '-' && g.before == '-' && g.length > len(openComment))
	case markupCDATA:
		g.until(c == '>' && g.last == ']' && g.before == ']')
	case markupInstruction:
		g.until(c == '>' && g.last == '?')
	}
	return nil
}

func (g *guard) open(c byte) {
	g.quote, g.length, g.closing, g.bang = 0, 0, false, g.bang[:0]
	switch c {
	case '?':
		g.at = markupInstruction
	case '!':
		g.at = markupBang
	case '/':
		g.at, g.closing = markupTag, true
	default:
		g.at = markupTag
	}
}

func (g *guard) tag(c byte) error {
	if g.length++; g.length > maxTag {
		return errLongTag
	}
	switch {
	case g.quote != 0:
		if c == g.quote {
			g.quote = 0
		}
	case c == '"' || c == '\'':
		g.quote = c
	case c == '>':
		g.at = markupText
		switch {
		case g.closing:
			g.depth--
		case g.last != '/':
			g.depth++
		}
		if g.depth > maxDepth {
			return errNesting
		}
	}
	return nil
}

func (g *guard) declaration(c byte) error {
	g.bang = append(g.bang, c)
	switch seen := string(g.bang); {
	case seen == openComment:
		g.at, g.length = markupComment, 0
	case seen == openCDATA:
		g.at = markupCDATA
	case len(seen) <= len(openComment) && seen == openComment[:len(seen)],
		len(seen) <= len(openCDATA) && seen == openCDATA[:len(seen)]:
	default:
		return errDoctype
	}
	return nil
}

func (g *guard) until(end bool) {
	if end {
		g.at = markupText
	}
}
