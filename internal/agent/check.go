package agent

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"steward/internal/language"
	"steward/schemas"
)

// chatLimit is the longest reply on live chat, in characters as a reader
// counts them, without citation markers.
const chatLimit = 600

// echoWords is how many words in a row of the prompt a reply may not repeat.
const echoWords = 8

// readLimit bounds what Check reads, in bytes. No engine writes that much.
const readLimit = 16 << 10

// marker is a citation marker in a text, such as [S1] or [S1, S3].
var marker = regexp.MustCompile(`\[\s*[Ss](\d{1,6})(?:\s*,\s*[Ss](\d{1,6}))*\s*\]`)

var markerNumber = regexp.MustCompile(`[Ss](\d{1,6})`)

// Checker checks decisions. Each violation that CheckNames lists is a check of
// its own.
type Checker struct {
	// Without leaves the check of this violation out, to show by a test that
	// something then goes wrong. Empty in the product.
	Without string
}

// CheckNames are the names of the checks, which are those of the violations
// that they find.
func CheckNames() []string {
	return []string{
		ViolationOversized, ViolationVerbatim, ViolationKind, ViolationUTF8, ViolationEmpty, ViolationTooLong,
		ViolationUnknownSource, ViolationNoSource, ViolationEmail, ViolationPhone, ViolationNumber, ViolationDate,
		ViolationCurrency, ViolationMarkup, ViolationLink, ViolationPromptEcho, ViolationPromise, ViolationHuman,
		ViolationLanguage,
	}
}

// Check lists the rules that d breaks, without repeats, in a fixed order;
// empty means that d may be sent. It fails closed: what it cannot read is
// broken. A short answer that is unchanged breaks no rule, since the admin
// wrote it.
func Check(d schemas.Decision, m schemas.Material) []string { return Checker{}.Check(d, m) }

// Check is the function Check, without the check that is left out.
func (k Checker) Check(d schemas.Decision, m schemas.Material) []string {
	out := k.check(d, m)
	if k.Without == "" {
		return out
	}
	return slices.DeleteFunc(out, func(v string) bool { return v == k.Without })
}

func (k Checker) check(d schemas.Decision, m schemas.Material) []string {
	if d.Verbatim {
		return checkVerbatim(d, m)
	}
	if k.Without != ViolationOversized && (len(d.Text) > readLimit || len(d.Citations) > readLimit) {
		return []string{ViolationOversized}
	}
	c := newChecker(d, m)
	c.beside = d.Kind == schemas.DecisionCallAction && len(d.Calls) > 0
	c.form()
	c.citations()
	if c.text == "" {
		return c.found
	}
	c.figures()
	c.links()
	c.words()
	return c.found
}

func checkVerbatim(d schemas.Decision, m schemas.Material) []string {
	if d.Engine == schemas.EngineGuideline {
		if !scripted(d, m) {
			return []string{ViolationVerbatim}
		}
		return nil
	}
	if d.Kind != schemas.DecisionAnswer {
		return []string{ViolationKind}
	}
	for _, p := range m.Passages {
		if p.Question != "" && p.Text == d.Text && slices.Contains(d.Citations, p.Number) {
			return nil
		}
	}
	return []string{ViolationVerbatim}
}

// checker gathers what the checks of one decision share.
type checker struct {
	// d is the decision with its text as Render cleans it: what shows nothing must
	// not part a word here that the customer reads as one.
	d schemas.Decision
	m schemas.Material
	// raw is the text as proposed.
	raw string
	// text is the reply without markers.
	text string
	// cited are the numbers in Citations and in markers.
	cited []int
	// evidence is what a figure may come from.
	evidence string
	// beside: the text is said beside calls.
	beside bool
	found  []string
}

func newChecker(d schemas.Decision, m schemas.Material) *checker {
	raw := d.Text
	d.Text = language.Clean(raw)
	c := &checker{d: d, m: m, raw: raw, cited: citedNumbers(d)}
	c.text = strings.TrimSpace(marker.ReplaceAllString(d.Text, ""))
	c.evidence = c.gather()
	return c
}

// citedNumbers are the passages that a decision names, in the order of first
// use: markers first, then the list.
func citedNumbers(d schemas.Decision) []int {
	var out []int
	add := func(n int) {
		if !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	for _, group := range marker.FindAllString(d.Text, -1) {
		for _, n := range markerNumbers(group) {
			add(n)
		}
	}
	for _, n := range d.Citations {
		add(n)
	}
	return out
}

func markerNumbers(group string) []int {
	var out []int
	for _, match := range markerNumber.FindAllStringSubmatch(group, -1) {
		// The pattern allows six digits, which always fit.
		n, err := strconv.Atoi(match[1])
		if err == nil {
			out = append(out, n)
		}
	}
	return out
}

// gather joins what figures may come from: the cited passages, the customer's
// words and the agent's own names. A question back to the customer may name
// what any passage says.
func (c *checker) gather() string {
	var parts []string
	for _, p := range c.m.Passages {
		if c.d.Kind == schemas.DecisionClarify || slices.Contains(c.cited, p.Number) {
			parts = append(parts, p.Title, p.Question, p.Text)
			if p.Citable {
				parts = append(parts, p.URL)
			}
		}
	}
	for _, r := range results(c.m) {
		parts = append(parts, r.Detail)
		parts = append(parts, r.Links...)
	}
	for _, t := range c.m.Tools {
		for _, in := range t.Inputs {
			parts = append(parts, in.Title, in.Instructions, string(in.Schema))
		}
	}
	if c.m.Goal != nil && c.m.Goal.Next != nil {
		for _, lang := range slices.Sorted(maps.Keys(c.m.Goal.Next.Question)) {
			parts = append(parts, c.m.Goal.Next.Question[lang])
		}
		for _, o := range c.m.Goal.Next.Options {
			parts = append(parts, o.Value)
			for _, lang := range slices.Sorted(maps.Keys(o.Label)) {
				parts = append(parts, o.Label[lang])
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.m.Facts)) {
		parts = append(parts, c.m.Facts[name])
	}
	parts = append(parts, c.m.Questions...)
	for _, l := range c.m.History {
		if l.Speaker == schemas.SpeakerCustomer {
			parts = append(parts, l.Text)
		}
	}
	parts = append(parts, c.m.Settings.Profile.Name, c.m.Settings.Profile.Company)
	return language.Clean(strings.Join(parts, "\n"))
}

func (c *checker) breaks(violation string) {
	if !slices.Contains(c.found, violation) {
		c.found = append(c.found, violation)
	}
}

func (c *checker) form() {
	switch {
	case !c.d.Kind.Valid(), c.d.Kind == schemas.DecisionCallAction && !c.beside:
		c.breaks(ViolationKind)
	}
	if !utf8.ValidString(c.raw) || invisible(c.raw) {
		c.breaks(ViolationUTF8)
	}
	// A handoff has a text of its own, so the model may leave it empty.
	if c.text == "" && c.d.Kind != schemas.DecisionHandoff {
		c.breaks(ViolationEmpty)
	}
	if language.Graphemes(c.text) > chatLimit && !c.m.Settings.Checks.NoLimit {
		c.breaks(ViolationTooLong)
	}
}

// invisible reports characters that hide text or turn its direction. Joiners
// are part of emoji and of some scripts, so they are no reason to refuse.
func invisible(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool {
		switch {
		case r == 0x200B, r == 0x200E, r == 0x200F, r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069,
			r >= 0xE0000 && r <= 0xE007F, r < 0x20 && r != '\n' && r != '\t' && r != '\r':
			return true
		}
		return false
	})
}

func (c *checker) citations() {
	for _, n := range c.cited {
		if !slices.ContainsFunc(c.m.Passages, func(p schemas.Passage) bool { return p.Number == n }) {
			c.breaks(ViolationUnknownSource)
		}
	}
	if c.d.Kind == schemas.DecisionAnswer && !c.d.NotFound && len(c.cited) == 0 && !c.grounded() {
		c.breaks(ViolationNoSource)
	}
}

// grounded reports whether the reply has something beside passages to rest on:
// calls made in this turn, results of earlier ones, or what is known of the
// customer.
func (c *checker) grounded() bool {
	return len(c.m.Rounds) > 0 || c.m.Resumed || len(results(c.m)) > 0 || len(c.m.Facts) > 0
}

// words checks the reply's wording: echo of the prompt, promises, a claim to be
// a person, language.
func (c *checker) words() {
	stable, err := StablePrompt(c.m.Settings, c.m.Channel)
	if err != nil || echoes(c.text, stable, c.evidence) {
		c.breaks(ViolationPromptEcho)
	}
	if c.d.Kind != schemas.DecisionHandoff && !acted(c.m) && promises(c.text, c.evidence) {
		c.breaks(ViolationPromise)
	}
	if language.ContainsPhrase(c.text, humanClaims()) {
		c.breaks(ViolationHuman)
	}
	if c.m.Language == "" || c.d.Engine == schemas.EngineFinder || c.quoted() {
		return
	}
	lang, reliable := language.Detect(c.text, c.m.Settings.Profile.Languages)
	if reliable && lang != c.m.Language {
		c.breaks(ViolationLanguage)
	}
}

// quoted reports whether the reply repeats a cited passage word for word. A
// quotation stays in the language of its page.
func (c *checker) quoted() bool {
	for _, p := range c.m.Passages {
		if p.Language == c.m.Language || !slices.Contains(c.cited, p.Number) {
			continue
		}
		if len(ngrams(c.text, echoWords, p.Text)) > 0 {
			return true
		}
	}
	return false
}

// echoes reports whether text repeats echoWords words in a row of the prompt
// that are not in the evidence too.
func echoes(text, prompt, evidence string) bool {
	shared := ngrams(text, echoWords, prompt)
	if len(shared) == 0 {
		return false
	}
	known := " " + strings.Join(language.Words(evidence), " ") + " "
	return slices.ContainsFunc(shared, func(gram string) bool { return !strings.Contains(known, gram) })
}

// ngrams are the runs of n words of text that occur in other, each with a
// space at both ends.
func ngrams(text string, n int, other string) []string {
	words := language.Words(text)
	within := " " + strings.Join(language.Words(other), " ") + " "
	var out []string
	for i := 0; i+n <= len(words); i++ {
		gram := " " + strings.Join(words[i:i+n], " ") + " "
		if strings.Contains(within, gram) {
			out = append(out, gram)
		}
	}
	return out
}

// promises reports a promise of future work, which nothing would keep. A
// sentence that the evidence holds too is a quotation. Spec: D8.
func promises(text, evidence string) bool {
	known := language.Fold(evidence)
	for _, sentence := range language.Sentences(text) {
		if language.ContainsPhrase(sentence, futurePromises()) && !strings.Contains(known, language.Fold(sentence)) {
			return true
		}
	}
	return false
}

// humanClaims are claims to be a person, which the line that says who is
// speaking would make a lie. Spec: D15.
func humanClaims() []string {
	return []string{
		"i am a human", "i m a human", "i am human", "i m human", "i am a real human", "i m a real human",
		"i am a real person", "i m a real person", "i am a person", "i m a person", "i am an actual person", "i m an actual person",
		"i am not a bot", "i m not a bot", "i am not a robot", "i m not a robot", "i am not an ai", "i m not an ai",
		"i am not a machine", "i m not a machine", "not a chatbot",
		"sono una persona", "sono un essere umano", "sono umano", "sono umana", "non sono un bot", "non sono un robot", "non sono una macchina",
		"jag ar en manniska", "jag ar manniska", "jag ar en riktig person", "jag ar ingen robot", "jag ar inte en robot", "jag ar ingen bot", "jag ar ingen ai",
	}
}

func futurePromises() []string {
	return []string{
		"i will email you", "i ll email you", "we will email you", "we ll email you", "i will call you", "i ll call you",
		"we will call you", "we ll call you", "i will get back to you", "i ll get back to you", "we will get back to you",
		"we ll get back to you", "i will let you know", "i ll let you know", "we will let you know", "we ll let you know",
		"i will notify you", "i ll notify you", "we will notify you", "we ll notify you", "i will check and", "i ll check and",
		"someone will contact you", "someone will call you", "i have escalated", "i ve escalated",
		"ti faro sapere", "le faro sapere", "ti faremo sapere", "le faremo sapere", "ti ricontattero", "la ricontattero",
		"ti ricontatteremo", "la ricontatteremo", "ti mandero una mail", "ti chiamero", "ti richiamero",
		"jag aterkommer", "vi aterkommer", "jag hor av mig", "vi hor av oss", "jag mejlar dig", "vi mejlar dig",
		"jag ringer dig", "vi ringer dig", "jag meddelar dig", "vi meddelar dig",
	}
}
