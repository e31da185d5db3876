package files

import (
	"regexp"
	"strings"
)

var (
	cfgSection = regexp.MustCompile(`^\s*\[+([^\[\]]+)\]+\s*(?:[#;].*)?$`)
	cfgComment = regexp.MustCompile(`^\s*(?:#+|;+|//+|"\s)\s?(.*)$`)
	cfgWords   = regexp.MustCompile(`[\p{L}\d]`)
)

// readConfig writes a configuration with its sections as headings, its settings
// as a list and its comments as text. Secrets are masked: what an upload lets
// slip must not reach a customer.
func readConfig(source string) string {
	w := &writer{}
	c := cfg{w: w}
	for line := range strings.Lines(source) {
		c.line(strings.TrimRight(line, "\r\n \t"))
	}
	c.flush()
	return w.String()
}

// cfg reads the lines of a configuration.
type cfg struct {
	w *writer
	// open is the block under way: comments are joined, settings are a list.
	open    []string
	comment bool
	// secret is true while lines may go on with the value of a secret, which
	// began at indent.
	secret bool
	indent int
	// key is true inside a private key.
	key bool
}

func (c *cfg) flush() {
	if c.comment {
		c.w.block(oneLine(strings.Join(c.open, " ")))
	} else {
		c.w.block(strings.Join(c.open, "\n"))
	}
	c.open = nil
}

func (c *cfg) add(comment bool, text string) {
	if comment != c.comment {
		c.flush()
		c.comment = comment
	}
	c.open = append(c.open, text)
}

func (c *cfg) line(line string) {
	if c.key || keyBegin.MatchString(line) {
		c.key = !keyEnd.MatchString(line)
		return
	}
	if strings.TrimSpace(line) == "" {
		c.flush()
		c.secret = false
		return
	}
	indent := len(line) - len(strings.TrimLeft(line, " \t"))
	if c.secret && indent > c.indent {
		c.secret = c.indent >= 0 || strings.HasSuffix(line, `\`)
		return
	}
	c.secret = false
	if m := cfgSection.FindStringSubmatch(line); m != nil {
		c.flush()
		name, _ := maskSecrets(m[1], true)
		c.w.heading(2, name)
		return
	}
	if m := cfgComment.FindStringSubmatch(line); m != nil {
		text, secret := maskSecrets(m[1], true)
		c.secret, c.indent = secret, indent
		if cfgWords.MatchString(text) {
			c.add(true, text)
		}
		return
	}
	text, secret := maskSecrets(line, false)
	// A line that ends in a backslash goes on in the next one.
	c.secret, c.indent = secret, indent
	if secret && strings.HasSuffix(line, `\`) {
		c.indent = -1
	}
	if cfgWords.MatchString(text) {
		c.add(false, "- "+oneLine(text))
	}
}
