package agent

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io"
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
}

// buildPrompt makes the request for a language model: rules first and always
// the same for one set of settings, so that providers can cache them; then the
// conversation; then the turn, where all text from pages and people is marked.
func buildPrompt(in promptInput) (llm.Request, error) {
	m := in.Material
	stable, err := StablePrompt(m.Settings)
	if err != nil {
		return llm.Request{}, err
	}
	lang := m.Language
	if lang == "" {
		lang = "the language of the message"
	}
	conversation, err := execute("conversation.tmpl", map[string]string{
		"Channel": string(m.Channel), "Language": lang, "Date": in.Now.UTC().Format(time.DateOnly),
	})
	if err != nil {
		return llm.Request{}, err
	}
	turn, err := turnPrompt(in)
	if err != nil {
		return llm.Request{}, err
	}
	sum := sha256.Sum256([]byte(stable))
	return llm.Request{
		Stable: stable, PerConversation: conversation,
		Messages: []llm.Message{{Role: llm.RoleUser, Text: turn}},
		Schema:   llm.DecisionSchema(), MaxTokens: replyTokens,
		CacheKey: hex.EncodeToString(sum[:8]), Material: m,
	}, nil
}

// StablePrompt is the part of the prompt that only the settings decide.
func StablePrompt(s schemas.Settings) (string, error) {
	brand := ""
	if s.Profile.Personality == schemas.PersonalityBrandVoice {
		brand = oneLine(s.Profile.BrandVoice)
	}
	return execute("stable.tmpl", map[string]string{
		"Name": oneLine(s.Profile.Name), "Company": oneLine(s.Profile.Company),
		"Voice": voice(s.Profile.Personality), "BrandVoice": brand,
	})
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
}

func turnPrompt(in promptInput) (string, error) {
	raw := make([]byte, 8)
	if _, err := io.ReadFull(in.Random, raw); err != nil {
		return "", fmt.Errorf("read random mark: %w", err)
	}
	m := in.Material
	q := quoter{key: hex.EncodeToString(raw)}
	d := turnData{Key: q.key}
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
