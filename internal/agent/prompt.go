package agent

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"text/template"
	"time"

	"steward/internal/agent/llm"
	"steward/internal/language"
	"steward/schemas"
)

// Limits of a prompt, in characters and counts. Together they stay below about
// 16,000 tokens.
const (
	questionLimit = 8000
	// passageLimit is for one passage with what stands around it; all of them
	// together are bounded where they are found.
	passageLimit = 12_000
	// shortLimit is for a passage of a prompt that had to be shortened.
	shortLimit   = 3000
	passageCount = 8
	lineLimit    = 1000
	lineCount    = 12
	replyTokens  = 800
)

//go:embed prompt/*.tmpl
var promptFiles embed.FS

// promptTemplates are the embedded templates, parsed once.
var promptTemplates = sync.OnceValue(func() *template.Template {
	return template.Must(template.ParseFS(promptFiles, "prompt/*.tmpl"))
})

// promptInput is what a prompt is built from.
type promptInput struct {
	Material schemas.Material
	// Random gives the mark of quoted material, fresh for each call.
	Random io.Reader
	Now    time.Time
	// Short leaves out most history and passages, after a model has said that
	// the prompt is too long.
	Short bool
	// Capabilities are those of the model that is asked.
	Capabilities llm.Capabilities
}

// buildPrompt makes the request for a language model: rules first and always
// the same for one set of settings, so that providers can cache them; then the
// conversation; then the turn, where all text from pages and people is marked.
func buildPrompt(in promptInput) (llm.Request, error) {
	m := in.Material
	mark, err := newQuoter(in.Random)
	if err != nil {
		return llm.Request{}, err
	}
	stable, err := stablePrompt(m.Settings, m.Channel, m.Tools, in.Capabilities.Tools)
	if err != nil {
		return llm.Request{}, err
	}
	lang := m.Language
	if lang == "" {
		lang = "the language of the message"
	}
	_, personal := SplitGuidelines(m.Settings.Guidelines)
	conversation, err := execute("conversation.tmpl", map[string]string{
		"Channel": string(m.Channel), "Language": lang, "Date": in.Now.UTC().Format(time.DateOnly),
		"Guidelines": GuidelineLines(Applicable(personal, ScopeOf(m))),
	})
	if err != nil {
		return llm.Request{}, err
	}
	turn, err := turnPrompt(in, mark)
	if err != nil {
		return llm.Request{}, err
	}
	sum := sha256.Sum256([]byte(stable))
	request := llm.Request{
		Stable: stable, PerConversation: conversation,
		Messages: append([]llm.Message{{Role: llm.RoleUser, Text: turn}}, roundMessages(m, mark, in.Capabilities.Tools)...),
		Schema:   llm.DecisionSchema(), MaxTokens: replyTokens,
		CacheKey: hex.EncodeToString(sum[:8]), Material: m,
	}
	if in.Capabilities.Tools {
		request.Tools = requestTools(m)
	}
	return request, nil
}

// PromptHash names the stable part of the prompt for settings, for the trace.
func PromptHash(s schemas.Settings, kind schemas.ChannelKind) string {
	stable, err := StablePrompt(s, kind)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256([]byte(stable))
	return hex.EncodeToString(sum[:8])
}

// StablePrompt is the part of the prompt that only the settings and the kind of
// channel decide.
func StablePrompt(s schemas.Settings, kind schemas.ChannelKind) (string, error) {
	return stablePrompt(s, kind, offered(s, kind), false)
}

// stableData fills the stable part of the prompt.
type stableData struct {
	Name, Company, Voice, BrandVoice string
	// Guidelines are those that are the same for every customer.
	Guidelines string
	Actions    []schemas.Tool
	// Tools: the model calls commands and actions as tools.
	Tools bool
}

func stablePrompt(s schemas.Settings, kind schemas.ChannelKind, actions []schemas.Tool, tools bool) (string, error) {
	d := stableData{
		Name: oneLine(s.Profile.Name), Company: oneLine(s.Profile.Company), Voice: voice(s.Profile.Personality),
		Actions: actions, Tools: tools,
	}
	stable, _ := SplitGuidelines(s.Guidelines)
	d.Guidelines = GuidelineLines(Applicable(stable, GuidelineScope{Channel: kind}))
	if s.Profile.Personality == schemas.PersonalityBrandVoice {
		d.BrandVoice = oneLine(s.Profile.BrandVoice)
	}
	return execute("stable.tmpl", d)
}

// voice describes a personality to a model. Spec: S8.
func voice(p schemas.Personality) string {
	switch p {
	case schemas.PersonalityFriendly:
		return "warm and simple, like a helpful neighbour."
	case schemas.PersonalityCasual:
		return "relaxed and short, like a message to a friend."
	case schemas.PersonalityEmpathetic:
		return "calm and understanding; name the customer's worry in a few words."
	case schemas.PersonalityWitty:
		return "light, with a touch of humour, never at the customer's cost."
	case schemas.PersonalityProfessional, schemas.PersonalityBrandVoice:
	}
	return "polite, clear and matter-of-fact."
}

type turnData struct {
	Key        string
	Passages   []schemas.Passage
	History    []schemas.Line
	Questions  []string
	Previous   string
	Violations []string
	// Past are results of calls in earlier turns, Waiting what the conversation
	// waits for.
	Past    []pastCall
	Waiting []string
	Facts   []fact
	Locked  []string
	Resumed bool
	Goal    *schemas.GoalAsk
}

// fact is one thing known of the customer.
type fact struct{ Name, Value string }

// pastCall is one call of an earlier turn with what came of it.
type pastCall struct {
	Number int
	Text   string
}

func turnPrompt(in promptInput, q quoter) (string, error) {
	m := in.Material
	d := turnData{Key: q.key, Waiting: m.Waiting, Locked: m.Locked, Resumed: m.Resumed, Goal: m.Goal}
	for _, name := range slices.Sorted(maps.Keys(m.Facts)) {
		d.Facts = append(d.Facts, fact{name, oneLine(q.quote(m.Facts[name], 500))})
	}
	d.Past = pastCalls(m.Past, q, in.Short)
	passages, history, limit := passageCount, lineCount, passageLimit
	if in.Short {
		passages, history, limit = 3, 2, shortLimit
	}
	for i, p := range m.Passages {
		if i == passages {
			break
		}
		p.Title, p.Question = oneLine(q.quote(p.Title, 200)), oneLine(q.quote(p.Question, 500))
		p.Text = q.quote(p.Text, limit)
		d.Passages = append(d.Passages, p)
	}
	for _, l := range m.History[max(0, len(m.History)-history):] {
		d.History = append(d.History, schemas.Line{Speaker: l.Speaker, Text: q.quote(l.Text, lineLimit)})
	}
	for _, text := range m.Questions {
		d.Questions = append(d.Questions, q.quote(text, questionLimit))
	}
	if m.Previous != nil {
		d.Previous = q.quote(m.Previous.Text, lineLimit)
		for _, v := range m.Previous.Violations {
			d.Violations = append(d.Violations, explain(v))
		}
	}
	return execute("turn.tmpl", d)
}

// newQuoter makes a mark that nobody can foresee.
func newQuoter(random io.Reader) (quoter, error) {
	raw := make([]byte, 8)
	if _, err := io.ReadFull(random, raw); err != nil {
		return quoter{}, fmt.Errorf("read random mark: %w", err)
	}
	return quoter{key: hex.EncodeToString(raw)}, nil
}

// quoter makes text safe between marks: neither the mark nor its brackets
// occur in it, so that nothing inside can end the quotation.
type quoter struct{ key string }

func (q quoter) quote(text string, limit int) string {
	text = language.Clean(text)
	text = strings.NewReplacer("⟦", "[", "⟧", "]").Replace(text)
	// Removing the mark could join its halves into a new one.
	for strings.Contains(text, q.key) {
		text = strings.ReplaceAll(text, q.key, "")
	}
	if runes := []rune(text); len(runes) > limit {
		text = string(runes[:limit]) + " …"
	}
	return text
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func execute(name string, data any) (string, error) {
	var b strings.Builder
	if err := promptTemplates().ExecuteTemplate(&b, name, data); err != nil {
		return "", fmt.Errorf("build prompt %s: %w", name, err)
	}
	return b.String(), nil
}
