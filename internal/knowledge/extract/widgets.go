package extract

import (
	"regexp"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

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
		`related|recommendations?|recirc|see-?also|more-?(?:articles|questions|from|stories)|relatives|recent-?(?:articles|posts)|read-?next|up-?next|trending|most-?(?:popular|read|viewed)|popular-?posts?|` +
		`helpful|helpfulness|feedback|votes?|voting|ratings?|reactions?(?:-?picker)?|emoji-?feedback|` +
		`newsletter|subscribe|signup-?form|opt-?in|cookie-?(?:banner|bar|box|consent|law|message|notice|notification|popup)|consent|gdpr|` +
		`comments|comentarios|commentaires|kommentare|commenti|comment-?(?:list|form|respond|section|area|reply)|respond|disqus|` +
		`promo|promotions?|advert|adverts|advertisement|ads?|ad-?(?:slot|unit|container|wrapper)|sponsor|sponsored|teaser|taboola|outbrain|` +
		`pagination|pager|paging|prev-?next|next-?prev|post-?nav\w*|page-?nav\w*|article-?nav\w*|` +
		`toc|table-?of-?contents|on-?this-?page|page-?toc|side-?bar|sidenav|side-?nav|` +
		`back-?to-?top|return-?to-?top|scroll-?top|print-?(?:button|link|me)|edit-?(?:this-?)?(?:page|link)|edit-?on-?github|copy-?(?:button|btn|link)|clipboard|` +
		`authors?|author-?\w+|byline|dateline|(?:post|entry|article)-?(?:meta|date|tags|categories)|timestamp|reading-?time|tags-?(?:list|links)|tag-?list|` +
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
