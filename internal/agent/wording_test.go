package agent_test

import (
	"strings"
	"testing"
	"time"

	"steward/internal/agent"
	"steward/schemas"
)

func wording(p schemas.Personality) agent.Wording {
	s := schemas.DefaultSettings()
	s.Profile.Name, s.Profile.Company, s.Profile.Personality = "Luma", "Shop", p
	return agent.NewWording(s)
}

func TestWaitHoursNamesTheOpening(t *testing.T) {
	t.Parallel()
	// A Saturday evening in Stockholm.
	now := time.Date(2026, 11, 21, 18, 0, 0, 0, time.UTC)
	at := func(day, hour int) time.Time { return time.Date(2026, 11, day, hour, 0, 0, 0, time.UTC) }
	cases := []struct {
		lang  string
		until time.Time
		want  string
	}{
		{"en", at(23, 8), "We open at 09:00 on Monday "},
		{"en", at(22, 8), "We open at 09:00 tomorrow "},
		{"en", at(21, 20), "We open at 21:00 today "},
		{"en", at(30, 8), "We open at 09:00 on Monday, 30 November "},
		// In the zone of the hours it is already the next day.
		{"en", at(21, 23), "We open at 00:00 tomorrow "},
		{"it", at(23, 8), "Apriamo lunedì alle 09:00 "},
		{"sv", at(23, 8), "Vi öppnar på måndag kl. 09:00 "},
		{"de", at(23, 8), "We open at 09:00 on Monday "},
	}
	for _, c := range cases {
		got := wording(schemas.PersonalityProfessional).Notice(agent.NoticeWaitHours, c.lang,
			agent.WordingData{Until: c.until, Now: now, Zone: "Europe/Stockholm"})
		if !strings.Contains(got, c.want) {
			t.Errorf("%s: got %q, want %q in it", c.lang, got, c.want)
		}
	}
}

func TestTransfer(t *testing.T) {
	t.Parallel()
	w := wording(schemas.PersonalityFriendly)
	cases := []struct {
		a    schemas.Availability
		d    agent.WordingData
		want string
	}{
		{schemas.AvailableNow, agent.WordingData{}, "getting a colleague"},
		{schemas.AvailableQueued, agent.WordingData{Wait: 150 * time.Second}, "about 3 minutes"},
		{schemas.AvailableQueued, agent.WordingData{Wait: 20 * time.Second}, "about a minute"},
		{schemas.AvailableQueued, agent.WordingData{}, "a few minutes"},
		{schemas.AvailableClosed, agent.WordingData{}, "as soon as they are back"},
		{schemas.AvailableNow, agent.WordingData{AskEmail: true}, "email address"},
	}
	for _, c := range cases {
		if got := w.Transfer(c.a, "en", c.d); !strings.Contains(got, c.want) || strings.Contains(got, "{") {
			t.Errorf("%s: got %q, want %q in it", c.a, got, c.want)
		}
	}
}

// The admin's own messages come first, only for the language they are in.
func TestTransferOverride(t *testing.T) {
	t.Parallel()
	s := schemas.DefaultSettings()
	s.Handoff.Messages = map[string]map[schemas.Availability]string{
		"en": {schemas.AvailableQueued: "Please hold, {wait}."},
		"de": {schemas.AvailableNow: "Einen Moment bitte."},
	}
	w := agent.NewWording(s)
	if got := w.Transfer(schemas.AvailableQueued, "en", agent.WordingData{Wait: 2 * time.Minute}); got != "Please hold, about 2 minutes." {
		t.Errorf("got %q", got)
	}
	if got := w.Transfer(schemas.AvailableNow, "de", agent.WordingData{}); got != "Einen Moment bitte." {
		t.Errorf("got %q", got)
	}
	if got := w.Transfer(schemas.AvailableQueued, "it", agent.WordingData{}); !strings.Contains(got, "colleghi") {
		t.Errorf("got %q", got)
	}
}

func TestPersonalitiesAndLanguages(t *testing.T) {
	t.Parallel()
	get := func(p schemas.Personality, lang string) string {
		return wording(p).Notice(agent.NoticeCourtesy, lang, agent.WordingData{})
	}
	if get(schemas.PersonalityBrandVoice, "en") != get(schemas.PersonalityProfessional, "en") {
		t.Error("brand_voice does not use the professional text")
	}
	if get(schemas.PersonalityWitty, "en") == get(schemas.PersonalityFriendly, "en") {
		t.Error("witty has no text of its own")
	}
	// Without a text of its own a lively voice keeps the friendly form of address.
	ask := wording(schemas.PersonalityCasual).Notice(agent.NoticeEmailAsk, "it", agent.WordingData{})
	if !strings.Contains(ask, "tuo") {
		t.Errorf("got %q", ask)
	}
	if get(schemas.PersonalityFriendly, "fi") != get(schemas.PersonalityFriendly, "en") || get(schemas.PersonalityFriendly, "") == "" {
		t.Error("an unsupported language is not English")
	}
	if got := wording(schemas.PersonalityFriendly).Notice(agent.NoticeHumanJoined, "en", agent.WordingData{Name: "Dana"}); got != "Dana joined the conversation." {
		t.Errorf("got %q", got)
	}
	if got := wording(schemas.PersonalityFriendly).Disclosure("en", false); !strings.Contains(got, "Luma, the automated assistant of Shop") {
		t.Errorf("got %q", got)
	}
}

func TestAsksEmail(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"What is your email address?":          true,
		"Lasci il Suo indirizzo email, grazie": true,
		"We have no email service.":            false,
		"Is it an email to a@shop.example?":    false,
		"How can I help you?":                  false,
	} {
		if agent.AsksEmail(text) != want {
			t.Errorf("%q: want %v", text, want)
		}
	}
	got := wording(schemas.PersonalityFriendly).Notice(agent.NoticeEmailAsk, "en", agent.WordingData{AskEmail: true})
	if strings.Count(got, "email") != 1 {
		t.Errorf("asked twice: %q", got)
	}
}

func TestFrame(t *testing.T) {
	t.Parallel()
	w := wording(schemas.PersonalityProfessional)
	if got := w.Frame("30 days. [1]", "en", agent.Frame{}); got != "30 days. [1]" {
		t.Errorf("got %q", got)
	}
	got := strings.Split(w.Frame("30 days. [1]", "en", agent.Frame{Disclose: true, LanguageModel: true, Late: true, AskEmail: true}), "\n\n")
	if len(got) != 4 || !strings.Contains(got[0], "apologise") || !strings.Contains(got[1], "AI assistant") ||
		got[2] != "30 days. [1]" || !strings.Contains(got[3], "email") {
		t.Errorf("got %q", got)
	}
	if got := w.Frame("What is your email?", "en", agent.Frame{AskEmail: true}); got != "What is your email?" {
		t.Errorf("asked twice: %q", got)
	}
}
