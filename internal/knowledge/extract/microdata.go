package extract

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// questions takes the questions that a page marks by attributes in its text
// (microdata), with those of their answers that can be seen.
func (s *survey) questions(body *html.Node, m *marked) {
	var pages, found []*html.Node
	outermost(body, ofType("FAQPage"), &pages)
	for _, page := range pages {
		outermost(page, ofType("Question"), &found)
	}
	for _, question := range found[:min(len(found), maxAnswers)] {
		name := find(question, property("name"))
		answer := find(question, ofType("Answer"))
		if name == nil || answer == nil {
			continue
		}
		if said := find(answer, property("text")); said != nil {
			answer = said
		}
		answer = clone(answer)
		rename(answer, atom.Div)
		if markdown, err := s.render(answer); err == nil {
			m.add(text(name), markdown)
		}
	}
}

func ofType(name string) func(*html.Node) bool {
	return func(n *html.Node) bool { return strings.HasSuffix(attr(n, "itemtype"), "schema.org/"+name) }
}

func property(name string) func(*html.Node) bool {
	return func(n *html.Node) bool { return token(attr(n, "itemprop"), name) }
}
