package agent

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"steward/internal/language"
	"steward/schemas"
)

var (
	imageSyntax = regexp.MustCompile(`!\[[^\]]*\](?:\([^)]*\)|\[[^\]]*\])?`)
	htmlSyntax  = regexp.MustCompile(`(?s)<!--.*?-->|</?[a-zA-Z][^<>]*>`)
	definition  = regexp.MustCompile(`(?m)^\s{0,3}\[[^\]]+\]:\s*\S.*$`)
	spaceBefore = regexp.MustCompile(`[ \t]+([.,;:!?])`)
	spaces      = regexp.MustCompile(`[ \t]{2,}`)
	emptyLines  = regexp.MustCompile(`\n{3,}`)
)

// Render makes what the customer sees of a decision that passed Check: markers
// become [1], [2] in the order of first use, those of sources that may not be
// cited disappear, the text keeps to the channel's limit. A short answer is
// returned byte for byte. Citations of one document share a number.
// Spec: S23, S24.
func Render(d schemas.Decision, m schemas.Material) (string, []schemas.Citation) {
	r := renderer{material: m, numbers: map[string]int{}}
	if d.Verbatim {
		for _, n := range d.Citations {
			r.cite(n)
		}
		return d.Text, r.citations
	}
	text := clean(d.Text)
	limit := chatLimit
	if plain := marker.ReplaceAllString(text, ""); language.Graphemes(plain) > limit && !m.Settings.Checks.NoLimit {
		text = cutAtSentence(text, limit)
	}
	text = marker.ReplaceAllStringFunc(text, func(group string) string {
		var b strings.Builder
		shown := map[int]bool{}
		for _, n := range markerNumbers(group) {
			if number := r.cite(n); number > 0 && !shown[number] {
				shown[number] = true
				fmt.Fprintf(&b, "[%d]", number)
			}
		}
		return b.String()
	})
	if len(r.citations) == 0 {
		// Sources that the text rests on as a whole, without a marker.
		for _, n := range d.Citations {
			if number := r.cite(n); number > 0 {
				text += fmt.Sprintf(" [%d]", number)
			}
		}
	}
	return tidy(text), r.citations
}

// renderer numbers the sources in the order of their first use.
type renderer struct {
	material  schemas.Material
	numbers   map[string]int
	citations []schemas.Citation
}

// cite returns the shown number of passage n, 0 when it may not be shown.
func (r *renderer) cite(n int) int {
	for _, p := range r.material.Passages {
		if p.Number != n {
			continue
		}
		if !p.Citable {
			return 0
		}
		key := string(p.Document)
		if key == "" {
			key = p.URL + "\n" + p.Title
		}
		if number, ok := r.numbers[key]; ok {
			return number
		}
		number := len(r.citations) + 1
		r.numbers[key] = number
		r.citations = append(r.citations, schemas.Citation{Number: number, Title: oneLine(p.Title), URL: webAddress(p.URL)})
		return number
	}
	return 0
}

// webAddress keeps http and https addresses only.
func webAddress(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return ""
	}
	return raw
}

// clean drops what a chat must not show even if a check were missing.
func clean(text string) string {
	text = language.Clean(text)
	text = imageSyntax.ReplaceAllString(text, "")
	text = definition.ReplaceAllString(text, "")
	return htmlSyntax.ReplaceAllString(text, "")
}

func tidy(text string) string {
	text = spaceBefore.ReplaceAllString(text, "$1")
	text = spaces.ReplaceAllString(text, " ")
	return strings.TrimSpace(emptyLines.ReplaceAllString(text, "\n\n"))
}

// cutAtSentence keeps whole sentences up to limit characters; a first sentence
// that is longer is cut between words.
func cutAtSentence(text string, limit int) string {
	best, words := 0, 0
	for i, r := range text {
		if language.Graphemes(marker.ReplaceAllString(text[:i], "")) > limit-1 {
			break
		}
		switch {
		case r == '\n':
			best, words = i, i
		case r == ' ':
			words = i
			if before := strings.TrimRight(marker.ReplaceAllString(text[:i], ""), " "); strings.HasSuffix(before, ".") ||
				strings.HasSuffix(before, "!") || strings.HasSuffix(before, "?") {
				best = i
			}
		}
	}
	if best > 0 {
		return keepMarkers(text, best)
	}
	return strings.TrimRight(text[:words], " ,;:") + "…"
}

// keepMarkers adds the markers that directly follow the cut.
func keepMarkers(text string, at int) string {
	rest := text[at:]
	for {
		trimmed := strings.TrimLeft(rest, " ")
		where := marker.FindStringIndex(trimmed)
		if where == nil || where[0] != 0 {
			return strings.TrimSpace(text[:len(text)-len(rest)])
		}
		rest = trimmed[where[1]:]
	}
}
