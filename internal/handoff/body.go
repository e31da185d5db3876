package handoff

import (
	"slices"
	"strings"
	"time"

	"steward/schemas"
)

// Title is one line that names a handoff, at most 120 characters.
func Title(t schemas.Ticket, lang string) string {
	title := wordsOf(lang).handedOver + ": " + reasonWords(t.Reason)
	if t.Summary.Problem != "" {
		title += " – " + t.Summary.Problem
	}
	return Cut(strings.Join(strings.Fields(title), " "), Limit{Max: 120})
}

// Body is a handoff as plain text for people, within the limit: who, why, the
// summary, and of the conversation as many of the latest messages as fit. What
// does not fit is in Steward, and the text says so.
func Body(t schemas.Ticket, lang string, limit Limit) string {
	w := wordsOf(lang)
	head := strings.Join(facts(t, w), "\n") + "\n\n" + Render(t.Summary, lang)
	if limit.Max <= 0 {
		limit.Max = 1 << 30
	}
	if len(t.Transcript) == 0 || limit.sizeOf(head) >= limit.Max {
		return Cut(head, limit)
	}
	open := "\n\n" + w.transcript + ":\n"
	left := limit.Max - limit.sizeOf(head+open) - limit.sizeOf("("+w.earlier+")\n")
	var lines []string
	for _, l := range slices.Backward(t.Transcript) {
		text := spoken(l.Speaker, l.Name, l.Text, w)
		if left -= limit.sizeOf(text + "\n"); left < 0 {
			lines = append(lines, "("+w.earlier+")")
			break
		}
		lines = append(lines, text)
	}
	slices.Reverse(lines)
	return Cut(head+open+strings.Join(lines, "\n"), limit)
}

// facts are the lines above the summary.
func facts(t schemas.Ticket, w words) []string {
	out := []string{w.reason + ": " + reasonWords(t.Reason), w.customer + ": " + who(t.Contact, w)}
	for _, p := range t.Contact.Properties {
		out = append(out, p.Name+": "+p.Value)
	}
	if t.Language != "" {
		out = append(out, w.language+": "+t.Language)
	}
	if t.Priority == schemas.PriorityHigh || t.Priority == schemas.PriorityUrgent {
		out = append(out, w.priority+": "+string(t.Priority))
	}
	if !t.WindowExpiresAt.IsZero() {
		out = append(out, w.window+" "+t.WindowExpiresAt.UTC().Format("2006-01-02 15:04 MST"))
	}
	if t.ConsoleURL != "" {
		out = append(out, w.open+": "+t.ConsoleURL)
	}
	return out
}

// who names the customer, and says when nothing proves it.
func who(c schemas.ContactCard, w words) string {
	var parts []string
	for _, s := range []string{c.Name, c.Email, c.Phone} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	if len(parts) == 0 {
		parts = append(parts, string(c.ID))
	}
	name := strings.Join(parts, ", ")
	if !c.Level.Meets(schemas.IdentityMatchedEmail) {
		name += " (" + w.unproved + ")"
	}
	return name
}

func reasonWords(r schemas.Reason) string {
	if r == schemas.ReasonNone {
		return string(schemas.ReasonManual)
	}
	return strings.ReplaceAll(string(r), "_", " ")
}

// spoken is one message with who said it.
func spoken(s schemas.Speaker, name, text string, w words) string {
	if name == "" {
		switch s {
		case schemas.SpeakerCustomer:
			name = w.customer
		case schemas.SpeakerAgent:
			name = w.agent
		case schemas.SpeakerHuman, schemas.SpeakerSystem:
			name = w.system
		}
	}
	return name + ": " + strings.TrimSpace(text)
}

// Spoken is a message with who said it, for destinations where everything is
// posted by us.
func Spoken(m schemas.DeskMessage, lang string) string {
	w := wordsOf(lang)
	text := spoken(m.Speaker, m.Name, m.Text, w)
	if m.Note {
		return w.note + " – " + text
	}
	return text
}

// UpdateText says in one line what became of a handoff.
func UpdateText(u schemas.DeskUpdate, lang string) string {
	w := wordsOf(lang)
	text := w.closed
	switch u.State {
	case schemas.HandoffAccepted:
		text = w.accepted
	case schemas.HandoffReturned:
		text = w.returned
	case schemas.HandoffClosed, schemas.HandoffWaiting, schemas.HandoffOffered:
	}
	if u.By != "" {
		text += ": " + u.By
	}
	return text + " (" + u.At.UTC().Format(time.DateTime) + " UTC)"
}
