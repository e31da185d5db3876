package actions

import (
	"encoding/json"
	"strings"

	"steward/internal/language"
	"steward/schemas"
)

// ReadBackTexts are the words around a question to the customer, in the
// customer's language. They come from the caller, who has them by language.
type ReadBackTexts struct {
	// Ask ends a generic question, such as "Is this correct?".
	Ask string
	// Yes and No are the words for true and false. Default yes and no.
	Yes string
	No  string
}

// maxShown bounds one value in a question, in characters.
const maxShown = 1000

// ReadBack is the question to the customer before an action runs. The server
// writes it, never a model: from the action's template in the language, followed
// by texts.Ask where it asks nothing itself, else as the title with the customer's
// inputs and texts.Ask. A value is shown on one
// line and without anything that reads as markup, a sensitive one masked; a value
// is never read as a template. Spec: D17.
func ReadBack(a schemas.Action, args map[string]json.RawMessage, lang string, texts ReadBackTexts) string {
	a = Normalise(a)
	shown := map[string]string{}
	for _, in := range a.Inputs {
		if in.Source != schemas.InputSecret {
			shown[in.Name] = shownValue(in, args, texts)
		}
	}
	if template, ok := a.ReadBack[lang]; ok {
		text := placeholder.ReplaceAllStringFunc(template, func(m string) string { return shown[m[1:len(m)-1]] })
		text = strings.TrimSpace(language.Clean(text))
		if !strings.Contains(template, "?") && texts.Ask != "" {
			text += "\n" + texts.Ask
		}
		return text
	}
	title := oneLine(a.Title)
	var parts []string
	for _, in := range a.Inputs {
		if in.Source != schemas.InputCustomer || shown[in.Name] == "" {
			continue
		}
		name := oneLine(in.Title)
		if name == "" {
			name = words(in.Name)
		}
		parts = append(parts, name+": "+shown[in.Name])
	}
	lines := []string{title}
	if len(parts) > 0 {
		lines[0] += ":"
	}
	lines = append(lines, parts...)
	if texts.Ask != "" {
		lines = append(lines, texts.Ask)
	}
	return strings.Join(lines, "\n")
}

func shownValue(in schemas.Input, args values, texts ReadBackTexts) string {
	if !args.has(in.Name) {
		return ""
	}
	if in.Sensitive {
		return maskLast4(args.text(in.Name))
	}
	node, err := decode(args[in.Name])
	if err != nil {
		return ""
	}
	text := ""
	switch {
	case node == true:
		text = orDefault(texts.Yes, "yes")
	case node == false:
		text = orDefault(texts.No, "no")
	default:
		text = inWords(node)
	}
	runes := []rune(unmarked(text))
	if len(runes) > maxShown {
		return string(runes[:maxShown]) + "…"
	}
	return string(runes)
}

// unmarked is text on one line in which nothing reads as markup or as a
// placeholder: the signs of Markdown and HTML become signs that look like them.
func unmarked(s string) string {
	return strings.NewReplacer(
		"<", "‹", ">", "›", "[", "(", "]", ")", "`", "'", "*", "∗", "{", "(", "}", ")", "\\", "∖", "|", "¦", "~~", "∼",
	).Replace(oneLine(s))
}

func oneLine(s string) string { return strings.Join(strings.Fields(language.Clean(s)), " ") }
