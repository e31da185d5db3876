package extract

import (
	"regexp"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// mainShare is the part of a page's text that its one main element must hold to
// be taken for the content.
const mainShare = 0.1

// region finds the element that a page marks as its content: its one <main>, or
// the only one of main, article and articleBody when each counts once. When
// there is none, it returns the body and false.
func region(body *html.Node) (*html.Node, bool) {
	whole := float64(weight(body))
	for _, marks := range []func(*html.Node) bool{isMain, isContent} {
		var found []*html.Node
		outermost(body, marks, &found)
		if len(found) == 1 && float64(weight(found[0])) >= mainShare*whole {
			return found[0], true
		}
	}
	return body, false
}

func isMain(n *html.Node) bool { return is(n, atom.Main) || role(n, "main") }

func isContent(n *html.Node) bool {
	return isMain(n) || is(n, atom.Article) || token(attr(n, "itemprop"), "articleBody")
}

func outermost(n *html.Node, fits func(*html.Node) bool, found *[]*html.Node) {
	for child := range n.ChildNodes() {
		if child.Type != html.ElementNode {
			continue
		}
		if fits(child) {
			*found = append(*found, child)
		} else {
			outermost(child, fits, found)
		}
	}
}

// frame removes what is around the content: menus, widgets, forms.
type frame struct {
	content *html.Node
	// page is true when the content is the whole body, with the site's head
	// and foot.
	page bool
	// whole is the weight of the content and plain that of what is no link.
	whole, plain int
	// names remembers which classes are those of widgets.
	names map[string]bool
}

// clear takes the frame of the site out of the content.
func (f *frame) clear() {
	f.names = map[string]bool{}
	f.whole = weight(f.content)
	f.plain = f.whole - linkWeight(f.content)
	prune(f.content, f.foreign)
	dropRelated(f.content)
	f.dropPath()
	f.dropMenus()
	prune(f.content, emptied)
}

// foreign reports whether n is no part of the content. Names and phrases are
// clues only, so what they point to has to be a small part of the text.
func (f *frame) foreign(n *html.Node) bool {
	if n.Type != html.ElementNode {
		return false
	}
	switch {
	case f.landmark(n):
		return true
	case is(n, atom.Form):
		// Some site builders put the whole page into a form.
		return weight(n)*2 < f.whole
	case is(n, atom.Button):
		return !f.question(n)
	case is(n, atom.Input, atom.Textarea, atom.Select, atom.Progress, atom.Meter, atom.Dialog):
		return true
	case is(n, atom.A):
		return sharing.MatchString(attr(n, "href")) || lighter(n, maxFeedback) && tool.MatchString(text(n))
	case is(n, atom.Td):
		return column(n) || f.widget(n)
	case is(n, atom.Label):
		return blank(n)
	}
	return f.widget(n) || f.feedback(n) || f.contents(n) || f.cards(n)
}

// landmark knows the parts of a page by their elements and roles. A tip beside
// the text is an aside too, but belongs to it, and so does the source of a
// quotation.
func (f *frame) landmark(n *html.Node) bool {
	switch {
	case is(n, atom.Nav), ofSite(n), role(n, "complementary", "toolbar", "alertdialog", "tooltip", "status", "progressbar"):
		return !callout.MatchString(attr(n, "class"))
	case is(n, atom.Aside):
		return !callout.MatchString(attr(n, "class")) && !role(n, "note")
	case is(n, atom.Footer):
		return !inside(n, named(atom.Blockquote))
	case is(n, atom.Header):
		return f.page && !inside(n, named(atom.Article, atom.Section, atom.Main))
	}
	return false
}

var callout = regexp.MustCompile(`(?i)note|tip\b|warning|caution|callout|admonition|\binfo|important|alert|notice|hint|danger`)

// question reports whether a button is the heading of something that unfolds.
func (f *frame) question(n *html.Node) bool {
	return !blank(n) && (toggles(n) || attr(n, "aria-controls") != "" || foldingBody.MatchString(attr(n, "class")) ||
		inside(n, named(atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Dt, atom.Summary)))
}

func heading(n *html.Node) bool {
	return is(n, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6)
}

// sharing matches links that share a page.
var sharing = regexp.MustCompile(`(?i)facebook\.com/(?:sharer|share|dialog)|(?:twitter|x)\.com/(?:intent|share)|linkedin\.com/(?:share|cws)|pinterest\.\w+/pin/create|(?:wa\.me|api\.whatsapp\.com)/?(?:send)?\?text|t\.me/share|reddit\.com/submit|tumblr\.com/(?:share|widgets)|^mailto:\?|^whatsapp:|plus\.google\.com/share|getpocket\.com/save`)

// tool matches links that do something with the page.
var tool = regexp.MustCompile(`(?i)^(?:edit(?: this page| on git\w+)?|suggest edits?|print(?: this page| article)?|copy link|share|(?:back|return) to top|skip to .*|permalink)$`)

// column reports whether a cell is a menu in a page that is laid out by tables:
// links alone, beside cells with headings or tables.
func column(cell *html.Node) bool {
	if !mostlyLinks(cell) || len(all(cell, named(atom.A))) < 3 {
		return false
	}
	table := owner(cell)
	return table != nil && find(table, func(n *html.Node) bool { return heading(n) || is(n, atom.Table) }) != nil
}

// maxWidget is the part of the text that a widget may have at most.
const maxWidget = 1. / 3

// widget knows parts by their class, as the usual help centres, shops and blogs
// name them. Ids are no clue: they are often made from headings.
func (f *frame) widget(n *html.Node) bool {
	class := attr(n, "class")
	named, known := f.names[class]
	if !known {
		named = widgets.MatchString(camel.ReplaceAllString(modifier.ReplaceAllString(class, " "), "$1-$2"))
		f.names[class] = named
	}
	return named && float64(weight(n)) < maxWidget*float64(f.whole)
}

var (
	camel    = regexp.MustCompile(`([a-z])([A-Z])`)
	modifier = regexp.MustCompile(`(?i)(?:^|\s)(?:has|no|with|without|is|js|hide|show|enable)-\S+`)
	widgets  = regexp.MustCompile(`(?i)(?:^|[\s_-])(?:` +
		`breadcrumbs?|crumbs|skip-?(?:link|nav|to)|` +
		`share|sharing|shares|sharedaddy|addthis|addtoany|socials?|social-?(?:links?|media|share|buttons?)|` +
		`related|recommended|recommendations?|recirc|see-?also|more-?(?:articles|questions|from|stories)|relatives|recent-?(?:articles|posts)|read-?next|up-?next|trending|most-?(?:popular|read|viewed)|popular-?posts?|` +
		`helpful|helpfulness|feedback|votes?|voting|ratings?|reactions?(?:-?picker)?|emoji-?feedback|` +
		`newsletter|subscribe|subscription|signup-?form|opt-?in|cookies?|cookie-?\w+|consent|gdpr|` +
		`comments|comentarios|commentaires|kommentare|commenti|comment-?(?:list|form|respond|section|area|reply)|respond|disqus|discussion|` +
		`promo|promotions?|advert|adverts|advertisement|ads?|ad-?(?:slot|unit|container|wrapper)|sponsor|sponsored|teaser|taboola|outbrain|` +
		`pagination|pager|paging|prev-?next|next-?prev|post-?nav\w*|page-?nav\w*|article-?nav\w*|` +
		`toc|table-?of-?contents|on-?this-?page|page-?toc|side-?bar|sidenav|side-?nav|` +
		`back-?to-?top|return-?to-?top|scroll-?top|print-?(?:button|link|me)|edit-?(?:this-?)?(?:page|link)|edit-?on-?github|copy-?(?:button|btn|link)|clipboard|` +
		`authors?|author-?\w+|byline|dateline|(?:post|entry|article)-?(?:meta|info|date|tags|categories)|timestamp|reading-?time|tags-?(?:list|links)|tag-?list|` +
		`shariff|twitter-?tweet|fb-post|instagram-?media|embed(?:ded)?-?article|akismet\w*|saboxplugin\w*|contributors?|cta|letters-?cta|tags|` +
		`gutter|linenos?|line-?numbers?|search-?(?:box|bar|form)|lang(?:uage)?-?(?:switcher|selector|picker)` +
		`)(?:$|[\s_-])`)
)

// maxFeedback is the longest question for feedback with its answers, in runes.
const maxFeedback = 250

// feedback knows the question whether a page helped by its words: it has no
// name that all help centres share.
func (f *frame) feedback(n *html.Node) bool {
	if !is(n, atom.Div, atom.Section, atom.P, atom.Span, atom.H2, atom.H3, atom.H4, atom.H5, atom.Fieldset, atom.Li) {
		return false
	}
	if !lighter(n, min(maxFeedback, f.whole/3)) {
		return false
	}
	asks := func(d *html.Node) bool { return d.Type == html.TextNode && strings.Contains(d.Data, "?") }
	return contains(n, asks) && helped.MatchString(text(n))
}

var helped = regexp.MustCompile(`(?i)^\W*(?:` +
	`(?:was|is|did|has|how|were)\b.{0,40}\b(?:helpful|answer (?:your|the) question|solve your (?:problem|issue)|help you|useful)\b.{0,3}\?|` +
	`war dieser .{0,30}hilfreich|hat .{0,40} (?:geholfen|beantwortet)|wurde ihre frage beantwortet|` +
	`(?:cet|cette) .{0,40}(?:utile|aidé)|avez-vous trouvé .{0,40}utile|` +
	`(?:questo|questa|hai trovato|è stato) .{0,40}(?:utile|aiutato)|(?:ha risposto|hai ricevuto) .{0,30}(?:domanda|risposta)|` +
	`¿?(?:te|le|fue|ha sido|ha resultado|respondió) .{0,40}(?:útil|ayud|pregunta)|` +
	`(?:este artigo|esta página|isto|foi) .{0,30}útil|` +
	`was dit .{0,30}nuttig|heeft dit .{0,40}(?:geholpen|beantwoord)|` +
	`(?:var|hade) .{0,40}(?:hjälp|hjelp|nyttig|till nytta|användbar)|oliko .{0,40}(?:hyödyllinen|apua)|czy ten artykuł .{0,30}pomocn` +
	`)`)

// contents reports whether n is a table of contents: a list of at least three
// links, all of them to places on the page.
func (f *frame) contents(n *html.Node) bool {
	if !is(n, atom.Ul, atom.Ol, atom.Div, atom.Section, atom.Details) {
		return false
	}
	links, words := 0, 0
	for a := range n.Descendants() {
		if !is(a, atom.A) {
			continue
		}
		if !strings.HasPrefix(strings.TrimSpace(attr(a, "href")), "#") {
			return false
		}
		if w := weight(a); w > 0 {
			links, words = links+1, words+w
		}
	}
	return links >= 3 && words*10 >= weight(n)*7
}

// articleText is how much text that is no link makes a page more than a list of
// other pages, in runes.
const articleText = 1000

// cards reports whether n shows other pages, at least three, each with a
// heading or a picture that is a link. On a page without much text of its own
// they are the content.
func (f *frame) cards(n *html.Node) bool {
	if f.plain < articleText || is(n, atom.Table, atom.Tbody, atom.Tr) {
		return false
	}
	count := 0
	for child := range n.ChildNodes() {
		if child.Type != html.ElementNode || blank(child) {
			continue
		}
		if !mostlyLinks(child) || find(child, func(d *html.Node) bool { return heading(d) || is(d, atom.Img) }) == nil {
			return false
		}
		count++
	}
	return count >= 3
}

// maxPath is the longest way to a page through the site, in runes.
const maxPath = 200

// dropPath removes what is before the title of the content when it is nothing
// but links: the way to the page through the site.
func (f *frame) dropPath() {
	var links []*html.Node
	words := 0
	for n := range f.content.Descendants() {
		switch {
		case is(n, atom.H1):
			if words <= maxPath {
				for _, link := range links {
					remove(link)
				}
			}
			return
		case is(n, atom.A) && find(n, heading) == nil:
			links, words = append(links, n), words+weight(n)
		case n.Type == html.TextNode && runes(n.Data) > 1 && !inside(n, named(atom.A)):
			return
		}
	}
}

const (
	// menuItems is how many links make a list before or after all text a menu.
	menuItems = 8
	// menuText is how much text that is no link parts such a list from the
	// text, in runes.
	menuText = 80
)

// dropMenus removes long lists of nothing but links before the first and after
// the last paragraph: the pages beside this one. On a page without much text of
// its own they are the content.
func (f *frame) dropMenus() {
	if f.plain < articleText {
		return
	}
	var early, late []*html.Node
	started := false
	for n := range f.content.Descendants() {
		switch {
		case is(n, atom.Ul, atom.Ol) && !inside(n, named(atom.Ul, atom.Ol)) && mostlyLinks(n) && len(all(n, named(atom.A))) >= menuItems:
			if !started {
				early = append(early, n)
			}
			late = append(late, n)
		case is(n, atom.P, atom.Pre, atom.Td, atom.Dd, atom.Blockquote) && plainer(n, menuText):
			started, late = true, nil
		}
	}
	for _, n := range append(early, late...) {
		remove(n)
	}
}

// related matches headings of lists that lead elsewhere.
var related = regexp.MustCompile(`(?i)^\W*(?:` +
	`(?:related|similar|recommended|popular|recent|recently viewed|other|more) (?:articles?|posts?|topics?|questions?|content|guides|links|help|pages|products|stories|reading|resources)|related|see also|further reading|read (?:more|next)|more (?:from|in|on|about|to) .{0,40}|(?:most|trending) (?:read|popular|viewed|articles)|trending( now)?|you (?:may|might) (?:also )?(?:like|be interested).{0,20}|people also (?:read|ask|viewed).{0,10}|keep reading|what.s next|next steps|in this (?:article|section|page)|on this page|table of contents|contents|articles in this section|` +
	`(?:verwandte|ähnliche|weitere) (?:artikel|beiträge|themen|fragen)|siehe auch|meistgelesen|das könnte (?:sie|dich) auch interessieren|auf dieser seite|inhaltsverzeichnis|` +
	`articles? (?:associés|connexes|liés|similaires|recommandés)|voir aussi|à lire aussi|les plus lus|sur cette page|sommaire|` +
	`articoli (?:correlati|simili|consigliati)|vedi anche|i più letti|leggi anche|potrebbe(?:ro)? interessarti.{0,10}|in questa pagina|indice|` +
	`artículos (?:relacionados|similares|recomendados)|ver también|véase también|l[ao]s más leíd[ao]s|en esta página|` +
	`artigos (?:relacionados|semelhantes)|ver também|veja também|nesta página|` +
	`(?:gerelateerde|verwante) (?:artikelen|onderwerpen)|zie ook|op deze pagina|` +
	`(?:relaterade|liknande) (?:artiklar|ämnen)|se (?:även|också|også)|relaterte artikler|relaterede artikler|aiheeseen liittyvät.{0,20}|katso myös|powiązane artykuły|zobacz też` +
	`)\W*$`)

// maxRelated is the longest text that may name such a list, in runes.
const maxRelated = 60

// dropRelated removes headings of lists that lead elsewhere, with their lists.
// A heading that only sounds like one keeps what is below it.
func dropRelated(content *html.Node) {
	for _, n := range all(content, func(n *html.Node) bool {
		return heading(n) || is(n, atom.P, atom.Strong, atom.Div, atom.Span) && lighter(n, maxRelated)
	}) {
		if n.Parent == nil {
			continue // It went with a list before it.
		}
		list := sibling(n, after)
		if list == nil && n.Parent != content {
			list = sibling(n.Parent, after)
		}
		if list == nil || !is(list, atom.Ul, atom.Ol, atom.Div, atom.Section, atom.P, atom.Details) || find(list, named(atom.A)) == nil {
			continue
		}
		if !related.MatchString(text(n)) || !mostlyLinks(list) {
			continue
		}
		remove(list)
		remove(n)
	}
}

func mostlyLinks(n *html.Node) bool {
	w := weight(n)
	return w > 0 && linkWeight(n)*10 >= w*8
}

// emptied reports whether an item or heading lost all it had.
func emptied(n *html.Node) bool {
	return (heading(n) || is(n, atom.Li, atom.Ul, atom.Ol, atom.Figure)) && blank(n)
}
