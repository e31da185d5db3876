package files

import (
	"regexp"
	"strings"

	"github.com/PuerkitoBio/goquery"
	"golang.org/x/net/html"
)

// neverShown are elements without text for a reader.
const neverShown = "script, style, noscript, template, iframe, frame, object, embed, svg, canvas, audio, video, map, " +
	"head, datalist, [aria-hidden=true], input[type=hidden], dialog:not([open])"

// hiddenStyle matches inline style that hides an element. Text that a reader
// cannot see could carry instructions for a model.
var hiddenStyle = regexp.MustCompile(`(?i)(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)` +
	`|font-size\s*:\s*0+(?:\.0+)?\s*(?:[a-z%]+)?\s*(?:!important)?\s*(?:;|$)|opacity\s*:\s*0+(?:\.0+)?\s*(?:!important)?\s*(?:;|$)` +
	`|text-indent\s*:\s*-\d{3,}|(?:left|top)\s*:\s*-\d{4,}|clip\s*:\s*rect\(\s*0)`)

// stripHidden removes what a reader does not see, comments too.
func stripHidden(root *goquery.Document) {
	root.Find(neverShown).Remove()
	root.Find("[hidden]").Each(func(_ int, s *goquery.Selection) {
		// until-found is the closed part of an accordion: readers open it.
		if !strings.EqualFold(s.AttrOr("hidden", ""), "until-found") {
			s.Remove()
		}
	})
	root.Find("[style]").Each(func(_ int, s *goquery.Selection) {
		if hiddenStyle.MatchString(s.AttrOr("style", "")) {
			s.Remove()
		}
	})
	for _, node := range root.Nodes {
		dropComments(node)
	}
}

func dropComments(node *html.Node) {
	for child := node.FirstChild; child != nil; {
		next := child.NextSibling
		if child.Type == html.CommentNode {
			node.RemoveChild(child)
		} else {
			dropComments(child)
		}
		child = next
	}
}
