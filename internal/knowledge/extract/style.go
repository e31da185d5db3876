package extract

import (
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// style is the inline style of an element: lower-case values by property.
type style map[string]string

// styleOf parses a style attribute. The last declaration of a property counts,
// as in browsers.
func styleOf(n *html.Node) style {
	declarations := attr(n, "style")
	if declarations == "" {
		return nil
	}
	s := style{}
	for declaration := range strings.SplitSeq(declarations, ";") {
		property, value, ok := strings.Cut(declaration, ":")
		if !ok {
			continue
		}
		value = strings.ToLower(strings.TrimSpace(value))
		value = strings.TrimSpace(strings.TrimSuffix(value, "!important"))
		s[strings.ToLower(strings.TrimSpace(property))] = value
	}
	return s
}

var number = regexp.MustCompile(`^-?(?:\d+(?:\.\d*)?|\.\d+)`)

// size returns a value's number. A size that is not written as one is not ok.
func size(value string) (float64, bool) {
	n, err := strconv.ParseFloat(number.FindString(value), 64)
	return n, err == nil
}

// atMost reports whether a property is set to at most a limit, such as 0 or 1px.
func (s style) atMost(property string, limit float64) bool {
	n, ok := size(s[property])
	return ok && n <= limit
}

// folded reports whether the element is not shown, in a way that scripts set
// and unset: what a click may open is hidden like this.
func (s style) folded() bool {
	switch {
	case s["display"] == "none", s["visibility"] == "hidden", s["visibility"] == "collapse":
		return true
	case clipped(s["overflow"]) || clipped(s["overflow-y"]):
		return s.atMost("height", 0) || s.atMost("max-height", 0)
	}
	return false
}

// concealed reports whether text of the element can never be read: too small,
// transparent, cut off or off the screen. Something that fades or slides in is
// not concealed.
func (s style) concealed() bool {
	if len(s) == 0 {
		return false
	}
	moves := s["transform"] != "" || s["transition"] != "" || s["animation"] != "" || s["will-change"] != ""
	switch {
	case tiny(s["font-size"]):
		return true
	case s.atMost("opacity", 0.05) && !moves:
		return true
	case s["color"] == "transparent" && s["background-clip"] != "text" && s["-webkit-background-clip"] != "text":
		return true
	case strings.HasPrefix(s["clip"], "rect(0"), strings.HasPrefix(s["clip"], "rect(1px"),
		strings.HasPrefix(s["clip-path"], "inset(50%"), strings.HasPrefix(s["clip-path"], "inset(100%"):
		return true
	case clipped(s["overflow"]) && s.atMost("width", 1) && s.atMost("height", 1):
		return true
	case s.atMost("text-indent", -999):
		return true
	}
	return outOfSight(s)
}

// tiny reports whether a font size is too small to read: at most 2 pixels or
// points, or less than a tenth of the usual size.
func tiny(value string) bool {
	n, ok := size(value)
	switch {
	case !ok:
		return false
	case strings.HasSuffix(value, "%"):
		return n < 10
	case strings.HasSuffix(value, "em"): // and rem
		return n < 0.1
	}
	return n <= 2
}

func clipped(overflow string) bool { return overflow == "hidden" || overflow == "clip" }

// outOfSight reports whether the element is put far outside of the window.
func outOfSight(s style) bool {
	if s["position"] != "absolute" && s["position"] != "fixed" {
		return false
	}
	for _, side := range []string{"left", "top", "right", "bottom"} {
		if s.atMost(side, -999) {
			return true
		}
	}
	return false
}

// white matches the ways to write white, or nearly so.
var white = regexp.MustCompile(`^(?:white|snow|ivory|#f[a-f0-9]f[a-f0-9]f[a-f0-9]|#fff|rgba?\(\s*25\d\s*[, ]\s*25\d\s*[, ]\s*25\d\b.*\)|hsl\(.*100%\s*\))$`)

// painted are words in a class that tell of a background.
var painted = regexp.MustCompile(`(?i)hero|banner|dark|bg|background|btn|button|badge|label|cover|overlay|header|footer|jumbotron|inverse|primary|black|tag`)

// invisible reports whether an element's text has the colour of what is behind
// it. Where no background is known, it is taken to be white: that is what pages
// have, and white text on it is how text for machines is hidden.
func (s style) invisible(n *html.Node) bool {
	color := s["color"]
	if color == "" {
		return false
	}
	behind := s.background()
	hint := painted.MatchString(attr(n, "class"))
	for a := range n.Ancestors() {
		if behind != "" || hint {
			break
		}
		behind = styleOf(a).background()
		if behind == "" {
			behind = strings.ToLower(attr(a, "bgcolor"))
		}
		class := strings.ToLower(attr(a, "class"))
		if is(a, atom.Html, atom.Body) {
			// The class of a whole page says a lot, and seldom what colour it is.
			hint = strings.Contains(class, "dark")
		} else {
			hint = painted.MatchString(class)
		}
	}
	switch {
	case behind != "":
		return behind == color || white.MatchString(behind) && white.MatchString(color)
	case hint:
		return false
	}
	return white.MatchString(color)
}

// background is the colour behind an element, empty when the element sets none.
func (s style) background() string {
	for _, property := range []string{"background-color", "background"} {
		if value := s[property]; value != "" && value != "none" && value != "transparent" && value != "inherit" {
			return value
		}
	}
	if s["background-image"] != "" {
		return "image"
	}
	return ""
}
