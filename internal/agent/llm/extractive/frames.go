package extractive

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"steward/internal/agent"
	"steward/internal/agent/slots"
	"steward/internal/language"
	"steward/schemas"
)

const (
	// phraseSimilarity is how near a message must be to one of an action's
	// phrases.
	phraseSimilarity = 0.6
	// defaultAsks is how often the customer is asked for one input.
	defaultAsks = 2
	// callID is that of the only call of a decision.
	callID = "1"
)

// tool is the action of that name that is offered in this turn.
func (t turn) tool(name string) (schemas.Tool, bool) {
	i := slices.IndexFunc(t.Tools, func(tool schemas.Tool) bool { return tool.Name == name })
	if i < 0 {
		return schemas.Tool{}, false
	}
	return t.Tools[i], true
}

func inputOf(tool schemas.Tool, name string) (schemas.Input, bool) {
	i := slices.IndexFunc(tool.Inputs, func(in schemas.Input) bool { return in.Name == name })
	if i < 0 {
		return schemas.Input{}, false
	}
	return tool.Inputs[i], true
}

// openFrame goes on with the action whose inputs are being collected. ok is
// false when the message is not about it.
func (f *Finder) openFrame(t turn, text string) (schemas.Decision, bool) {
	if t.Frame == nil {
		return schemas.Decision{}, false
	}
	tool, offered := t.tool(t.Frame.Action)
	if !offered {
		return schemas.Decision{}, false
	}
	frame := schemas.Frame{Action: tool.Name, Filled: maps.Clone(t.Frame.Filled), Asking: t.Frame.Asking, Asks: t.Frame.Asks}
	if frame.Filled == nil {
		frame.Filled = make(map[string]json.RawMessage)
	}
	asked, collecting := inputOf(tool, frame.Asking)
	if !collecting {
		if t.correct(tool, &frame, text) {
			return t.call(tool, frame), true
		}
		return schemas.Decision{}, false
	}
	if t.reader.Cancels(text) {
		return t.say(schemas.DecisionSmalltalk, agent.NoticeDropped), true
	}
	return f.collect(t, tool, frame, asked, text), true
}

// collect reads the input that was asked for, or whatever the customer said
// instead.
func (f *Finder) collect(t turn, tool schemas.Tool, frame schemas.Frame, asked schemas.Input, text string) schemas.Decision {
	rest, corrects := t.reader.Correction(text)
	if corrects && slots.Open(asked) || !t.fills(asked, text) {
		// "No, it's X" is about the value given last, unless it fits the one
		// that is asked for.
		if t.correct(tool, &frame, text) {
			return t.proceed(tool, frame)
		}
	}
	value, ok := t.reader.Fill(asked, text)
	if corrects {
		if v, fits := t.reader.Fill(asked, rest); fits {
			value, ok = v, true
		}
	}
	if !ok || slots.Open(asked) && asks(text) {
		if d, answered := f.digression(t, frame, asked, text); answered {
			return d
		}
	}
	if !ok {
		if other, found := f.wanted(t, text); found && other.Name != tool.Name {
			return f.begin(t, other, text)
		}
	}
	before := len(frame.Filled)
	if ok {
		frame.Filled[asked.Name] = value
	}
	t.gather(tool, frame, text)
	if !ok && len(frame.Filled) == before {
		return t.again(tool, frame, asked)
	}
	return t.proceed(tool, frame)
}

func (t turn) fills(input schemas.Input, text string) bool {
	_, ok := t.reader.Fill(input, text)
	return ok
}

// gather takes the values of inputs that nobody has asked for.
func (t turn) gather(tool schemas.Tool, frame schemas.Frame, text string) {
	var open []schemas.Input
	for _, in := range tool.Inputs {
		if _, has := frame.Filled[in.Name]; !has && in.Name != frame.Asking {
			open = append(open, in)
		}
	}
	maps.Copy(frame.Filled, t.reader.Find(open, text).Values)
}

// correct puts a value right that was given before: "20 instead of 10", or the
// one given last for "no, it's 20".
func (t turn) correct(tool schemas.Tool, frame *schemas.Frame, text string) bool {
	if value, old, ok := t.reader.Replacement(text); ok {
		for _, in := range tool.Inputs {
			was, readable := t.reader.Fill(in, old)
			now, fits := t.reader.Fill(in, value)
			if readable && fits && string(was) == string(frame.Filled[in.Name]) {
				frame.Filled[in.Name] = now
				return true
			}
		}
	}
	rest, ok := t.reader.Correction(text)
	if !ok {
		return false
	}
	var last *schemas.Input
	for i, in := range tool.Inputs {
		if in.Name == frame.Asking {
			break
		}
		if _, has := frame.Filled[in.Name]; has {
			last = &tool.Inputs[i]
		}
	}
	if last == nil || slots.Open(*last) && asks(text) {
		return false
	}
	value, fits := t.reader.Fill(*last, rest)
	if fits {
		frame.Filled[last.Name] = value
	}
	return fits
}

// again asks for an input once more, or hands over when that is in vain.
func (t turn) again(tool schemas.Tool, frame schemas.Frame, asked schemas.Input) schemas.Decision {
	most := asked.MaxAsks
	if most <= 0 {
		most = defaultAsks
	}
	if frame.Asks >= most {
		d := t.say(schemas.DecisionHandoff, "")
		d.Reason = fmt.Sprintf("no value for %s of the action %s", asked.Name, tool.Name)
		return d
	}
	return t.askFor(frame, asked)
}

// proceed asks for the next input that is missing, or makes the call.
func (t turn) proceed(tool schemas.Tool, frame schemas.Frame) schemas.Decision {
	for _, in := range tool.Inputs {
		if _, has := frame.Filled[in.Name]; in.Required && !has {
			if frame.Asking != in.Name {
				frame.Asking, frame.Asks = in.Name, 0
				return t.askFor(frame, in)
			}
			// The question stands; what came instead was of use.
			frame.Asks--
			return t.askFor(frame, in)
		}
	}
	return t.call(tool, frame)
}

// askFor puts the question for an input, and counts it.
func (t turn) askFor(frame schemas.Frame, in schemas.Input) schemas.Decision {
	frame.Asking = in.Name
	frame.Asks = max(0, frame.Asks) + 1
	d := t.say(schemas.DecisionCollect, "")
	d.Text = t.ask(in)
	d.Frame = &frame
	return d
}

// ask is the question for an input, with its choices as a numbered list.
func (t turn) ask(in schemas.Input) string {
	text := strings.TrimSpace(in.Instructions)
	if text == "" {
		title := strings.TrimSpace(in.Title)
		if title == "" {
			title = spoken(in.Name)
		}
		text = t.wording.Notice(agent.NoticeAskValue, t.lang, agent.WordingData{Title: title})
	}
	for i, choice := range slots.Choices(in) {
		text += fmt.Sprintf("\n%d. %s", i+1, strings.Join(strings.Fields(choice), " "))
	}
	return text
}

// call is the call with the inputs of a frame. The frame stays, with nothing
// asked, so that "no, it's X" can put a value right.
func (t turn) call(tool schemas.Tool, frame schemas.Frame) schemas.Decision {
	arguments, err := json.Marshal(frame.Filled)
	if err != nil {
		// Values are read from the customer's words as JSON; a stored frame
		// that is not is no ground for a call.
		d := t.say(schemas.DecisionHandoff, "")
		d.Reason = "the inputs of " + tool.Name + " cannot be read"
		return d
	}
	d := t.say(schemas.DecisionCallAction, "")
	d.Calls = []schemas.Call{{ID: callID, Action: tool.Name, Arguments: arguments}}
	d.Frame = &schemas.Frame{Action: tool.Name, Filled: frame.Filled}
	return d
}

// digression answers a question that came in place of a value, and asks for the
// value again. It is no failure of the customer's.
func (f *Finder) digression(t turn, frame schemas.Frame, asked schemas.Input, text string) (schemas.Decision, bool) {
	d, ok := f.content(t, text, true)
	if !ok {
		return schemas.Decision{}, false
	}
	d = t.followedBy(d, t.ask(asked))
	d.Frame = &frame
	return d, true
}

// followedBy adds a question of ours to an answer. An answer that is sent
// unchanged becomes one that is checked like any other; where the checks
// refuse the whole, the answer goes alone.
func (t turn) followedBy(d schemas.Decision, question string) schemas.Decision {
	long := d
	long.Verbatim = false
	long.Text = strings.TrimSpace(d.Text) + "\n\n" + question
	// The question is the admin's, so its figures claim nothing.
	m := t.Material
	m.Questions = append(slices.Clone(m.Questions), question)
	if len(t.Rounds) == 0 && len(agent.Check(long, m)) > 0 {
		return d
	}
	return long
}

// wanted is the action that a message asks for by one of its phrases.
func (f *Finder) wanted(t turn, text string) (schemas.Tool, bool) {
	var best schemas.Tool
	nearest := phraseSimilarity
	parts := language.Sentences(text)
	if len(parts) > 1 {
		parts = append(parts, text)
	}
	for _, tool := range t.Tools {
		for _, part := range parts {
			if s := f.nearest(t, tool, part); s >= nearest && (s > nearest || best.Name == "") {
				best, nearest = tool, s
			}
		}
	}
	return best, best.Name != ""
}

// nearest is the similarity of a message to the nearest phrase of an action,
// both without the values of its inputs, which differ every time. "How do I
// order" is not "where is my order", however few their other words.
func (f *Finder) nearest(t turn, tool schemas.Tool, text string) float64 {
	best := 0.0
	rest := t.reader.Find(tool.Inputs, text).Rest
	said := f.features(rest, t.lang)
	for _, phrase := range tool.Phrases {
		bare := t.reader.Find(tool.Inputs, phrase).Rest
		if asksElse(rest, bare, t.lang) {
			continue
		}
		best = max(best, cosine(said, f.features(bare, t.lang), func(string) float64 { return 1 }))
	}
	return best
}

// asksElse reports whether two texts ask with different question words.
func asksElse(a, b, lang string) bool {
	words := strings.Fields(questionWords()[lang])
	in := func(text string) []string {
		var out []string
		for _, w := range language.Words(text) {
			if slices.Contains(words, w) {
				out = append(out, w)
			}
		}
		return out
	}
	first, second := in(a), in(b)
	return len(first) > 0 && len(second) > 0 && !slices.ContainsFunc(first, func(w string) bool { return slices.Contains(second, w) })
}

// questionWords ask for something, folded, per language.
func questionWords() map[string]string {
	return map[string]string{
		"en": "how what when where which who why whose",
		"it": "come cosa quando dove quale quali chi perche quanto quanta quanti quante",
		"sv": "hur vad nar var vilken vilket vilka vem varfor vart",
		"de": "wie was wann wo welche welcher welches wer warum wohin wieviel",
		"fr": "comment quand ou quel quelle quels quelles qui pourquoi combien",
		"es": "como que cuando donde cual cuales quien por cuanto cuanta cuantos cuantas",
	}
}

// begin opens a frame for an action with what the message says already.
func (f *Finder) begin(t turn, tool schemas.Tool, text string) schemas.Decision {
	frame := schemas.Frame{Action: tool.Name, Filled: t.reader.Find(tool.Inputs, text).Values}
	return t.proceed(tool, frame)
}

// asks reports whether a text is put as a question.
func asks(text string) bool {
	return strings.HasSuffix(strings.TrimSpace(text), "?") || strings.HasSuffix(strings.TrimSpace(text), "？")
}

// spoken is a name such as order_status as people write it.
func spoken(name string) string {
	words := strings.Fields(strings.NewReplacer("_", " ", "-", " ", ".", " ").Replace(name))
	text := strings.Join(words, " ")
	if text == "" {
		return name
	}
	first := []rune(text)
	return strings.ToUpper(string(first[0])) + string(first[1:])
}
