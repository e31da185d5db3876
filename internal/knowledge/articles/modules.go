package articles

import (
	"bytes"
	"cmp"
	"encoding/json"
	"html"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// moduleText writes what a page's modules show as HTML: first the sections of
// drag-and-drop areas, then the containers and modules of fixed templates.
// Modules have any fields their makers gave them, so fields are told apart by
// their look: HTML is taken as it is, the known names of headings become
// headings, sentences become paragraphs, and what styles or links is left out.
func moduleText(e hubSpotEntry) string {
	g := gatherer{seen: make(map[string]bool)}
	sections := decoded[map[string]layoutCell](e.LayoutSections)
	for _, name := range slices.Sorted(maps.Keys(sections)) {
		g.cell(sections[name])
	}
	containers := decoded[map[string]struct {
		Widgets []widget `json:"widgets"`
	}](e.WidgetContainers)
	for _, name := range slices.Sorted(maps.Keys(containers)) {
		for _, w := range containers[name].Widgets {
			g.fields(w.Body)
		}
	}
	widgets := decoded[map[string]widget](e.Widgets)
	names := slices.SortedFunc(maps.Keys(widgets), func(a, b string) int {
		return cmp.Or(cmp.Compare(widgets[a].Order, widgets[b].Order), strings.Compare(a, b))
	})
	for _, name := range names {
		g.fields(widgets[name].Body)
	}
	return strings.TrimSpace(g.out.String())
}

// decoded reads a part of a page. A part of another shape has no text.
func decoded[T any](raw json.RawMessage) T {
	var out T
	if err := json.Unmarshal(raw, &out); err != nil {
		var none T
		return none
	}
	return out
}

// layoutCell is a section, a column or a module of a drag-and-drop area.
type layoutCell struct {
	Params json.RawMessage `json:"params"`
	// Rows hold their columns by the place where they begin, "0" to "11".
	Rows  []map[string]layoutCell `json:"rows"`
	Cells []layoutCell            `json:"cells"`
}

type widget struct {
	Body  json.RawMessage `json:"body"`
	Order float64         `json:"order"`
}

// gatherer collects the texts of modules, each once: a module may be stored in
// a section and as a widget.
type gatherer struct {
	out  strings.Builder
	seen map[string]bool
}

func (g *gatherer) cell(c layoutCell) {
	g.fields(c.Params)
	for _, row := range c.Rows {
		columns := slices.SortedFunc(maps.Keys(row), func(a, b string) int {
			return cmp.Or(cmp.Compare(place(a), place(b)), strings.Compare(a, b))
		})
		for _, column := range columns {
			g.cell(row[column])
		}
	}
	for _, inner := range c.Cells {
		g.cell(inner)
	}
}

func place(column string) int {
	n, err := strconv.Atoi(column)
	if err != nil {
		return 1 << 30
	}
	return n
}

// fields gathers the texts among a module's fields, in the order in which they
// stand in the answer.
func (g *gatherer) fields(raw json.RawMessage) {
	if len(bytes.TrimSpace(raw)) == 0 {
		return
	}
	g.value(json.NewDecoder(bytes.NewReader(raw)), "", false)
}

// value reads one JSON value below key; silent ones are only read past. It
// reports whether there is more to read.
func (g *gatherer) value(d *json.Decoder, key string, silent bool) bool {
	token, err := d.Token()
	if err != nil {
		return false
	}
	switch token := token.(type) {
	case string:
		if !silent {
			g.text(key, token)
		}
	case json.Delim:
		for d.More() {
			name, quiet := key, silent
			if token == '{' {
				field, err := d.Token()
				if err != nil {
					return false
				}
				name, _ = field.(string)
				quiet = silent || settingField.MatchString(name)
			}
			if !g.value(d, name, quiet) {
				return false
			}
		}
		_, err = d.Token()
		return err == nil
	}
	return true
}

var (
	// settingField are fields that say how a module looks or where it leads.
	settingField = regexp.MustCompile(`(?i)(^|_)(css|styles?|class(es)?|color|icon|src|url|href|link|path|id|type|tag|version|width|height|size|layout|alignment|form|logo|image|img|video)$|^(child_css|smart_objects|name|label|rel|target|schema_version|wrap_field_tag)$`)
	headingField = regexp.MustCompile(`(?i)(^|_)(heading|headline|header|title|subtitle|subheading|subheader|question)$`)
	markup       = regexp.MustCompile(`<[a-zA-Z][^>]*>`)
)

// minSentence is how many words a plain field has that is a text and no setting.
const minSentence = 3

func (g *gatherer) text(key, text string) {
	text = strings.TrimSpace(text)
	if text == "" || g.seen[text] {
		return
	}
	switch {
	case markup.MatchString(text):
	case headingField.MatchString(key):
		g.seen[text] = true
		text = "<h2>" + html.EscapeString(text) + "</h2>"
	case len(strings.Fields(text)) >= minSentence:
		g.seen[text] = true
		text = "<p>" + html.EscapeString(text) + "</p>"
	default:
		return
	}
	g.seen[text] = true
	g.out.WriteString(text + "\n")
}
