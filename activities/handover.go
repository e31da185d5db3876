package activities

import (
	"steward/internal/agent"
	"steward/internal/handoff"
	"steward/internal/policy"
	"steward/schemas"
)

// brief tells people in parts what a handoff is about.
func brief(f schemas.Facts, v schemas.Verdict, b schemas.BriefFacts) schemas.HandoffSummary {
	lang := ""
	if len(f.Settings.Profile.Languages) > 0 {
		// People read the company's language, which is the agent's first.
		lang = f.Settings.Profile.Languages[0]
	}
	return handoff.Summary(handoff.SummaryFacts{
		Reason: v.Reason, Lines: b.Lines, Citations: b.Citations, Actions: b.Actions, Collected: b.Collected, Asking: b.Asking, Language: lang,
	})
}

// routeOf reads from the customer's messages what routing rules ask for, and
// lets them decide. Topics are those of the latest messages, phrases of all.
func routeOf(f schemas.Facts, v schemas.Verdict, lines []schemas.Line, r schemas.RouteFacts) schemas.RoutePlan {
	var said []string
	for _, l := range lines {
		if l.Speaker == schemas.SpeakerCustomer {
			said = append(said, l.Text)
		}
	}
	h := f.Settings.Handoff
	r.Settings = h
	if len(h.Rules) > 0 {
		latest := f.Texts
		if len(latest) == 0 {
			latest = said[max(len(said)-1, 0):]
		}
		r.Topics = append(agent.Topics(h.Triggers.Topics, latest, f.Language), v.Topic)
		for _, rule := range h.Rules {
			r.Phrases = append(r.Phrases, agent.UsedPhrases(rule.Match.Phrases, said)...)
		}
	}
	return policy.RouteFor(h.Rules, r)
}

// defers decides whether the agent keeps a conversation for now.
func defers(f schemas.Facts, v schemas.Verdict, p schemas.PeopleFacts) bool {
	return policy.Defers(f, v, policy.Askable(p))
}

// deferred words that people were asked while the agent goes on.
func deferred(w agent.Wording, f schemas.Facts, p schemas.PeopleFacts) schemas.Notice {
	key := agent.NoticeDeferredLater
	switch {
	case p.Again:
		key = agent.NoticeDeferredAgain
	case p.Plan.Timing == schemas.RouteKeepAgent:
		key = agent.NoticeDeferredTask
	}
	return schemas.Notice{Text: w.Notice(key, f.Language, agent.WordingData{})}
}

// planned is the settings with the transfer messages of a plan in place of their
// own. Spec: S11.
func planned(h schemas.HandoffSettings, plan schemas.RoutePlan) schemas.HandoffSettings {
	if len(plan.Messages) == 0 && len(plan.Texts) == 0 {
		return h
	}
	out := make(map[string]map[schemas.Availability]string, len(h.Messages))
	put := func(lang string, a schemas.Availability, text string) {
		if out[lang] == nil {
			out[lang] = map[schemas.Availability]string{}
		}
		out[lang][a] = text
	}
	for lang, texts := range h.Messages {
		for a, text := range texts {
			put(lang, a, text)
		}
	}
	for lang, text := range plan.Messages {
		for _, a := range []schemas.Availability{schemas.AvailableNow, schemas.AvailableQueued, schemas.AvailableClosed} {
			put(lang, a, text)
		}
	}
	for lang, texts := range plan.Texts {
		for a, text := range texts {
			put(lang, a, text)
		}
	}
	h.Messages = out
	return h
}

// offered is a reply that offers a person in place of an answer that there is
// not.
func offered(f schemas.ComposeFacts, r schemas.Reply, d schemas.Decision) schemas.Reply {
	w := agent.NewWording(f.Settings)
	lang := d.Language
	if lang == "" {
		lang = f.Language
	}
	r.Verdict, r.Offers, r.NotFound = schemas.ComposedReply, true, true
	r.Text = w.Frame(w.Notice(agent.NoticeOfferPerson, lang, agent.WordingData{}), lang, agent.Frame{
		Disclose: f.Material.First && f.Head.Engagement == 1, LanguageModel: d.Engine != schemas.EngineFinder, Late: f.Late,
	})
	return r
}
