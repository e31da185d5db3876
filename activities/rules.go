package activities

import (
	"fmt"

	"steward/internal/agent"
	"steward/internal/policy"
	"steward/schemas"
)

// conversationRules are the decisions of a conversation with the words for
// them. They are pure: the store calls them inside its transaction.
func conversationRules() schemas.Rules {
	return schemas.Rules{Next: next, Notice: notice, Summary: summary}
}

// next reads what rules can read from the customer's messages and decides.
func next(f schemas.Facts) schemas.Verdict {
	guard := agent.Guard(f.Texts, f.Language, f.Settings.Handoff.Phrases)
	v := policy.Next(f, guard)
	if f.Untaken > 0 {
		v.Language = agent.Language(f.Language, f.Texts, f.Settings)
	}
	return v
}

// summary tells people what a handoff is about.
func summary(_ schemas.Facts, v schemas.Verdict, lines []schemas.Line) string {
	return agent.Summary(lines, v.Reason)
}

// notice words the message to the customer that goes with a step; most steps
// have none.
func notice(f schemas.Facts, v schemas.Verdict, people schemas.PeopleFacts) schemas.Notice {
	w := agent.NewWording(f.Settings)
	switch v.Do {
	case schemas.DoHandOff:
		return transfer(w, f, v, people)
	case schemas.DoWaitHours:
		return schemas.Notice{
			Event: fmt.Sprintf("hours/%d", f.Head.Epoch+1),
			Text: w.Notice(agent.NoticeWaitHours, f.Language, agent.WordingData{
				Until: v.Until, Now: f.Now, Zone: f.Settings.For(f.Head.Channel).Hours.TimeZone,
			}),
		}
	case schemas.DoThank:
		return schemas.Notice{
			Event: fmt.Sprintf("thanks/%d", f.Head.LastInbound),
			Text:  w.Notice(agent.NoticeCourtesy, f.Language, agent.WordingData{}),
		}
	case schemas.DoRemind:
		return schemas.Notice{
			Event: fmt.Sprintf("reminder/%d/%d", f.Head.Engagement, f.Head.LastInbound),
			Text:  w.Notice(agent.NoticeReminder, f.Language, agent.WordingData{}),
		}
	case schemas.DoClose:
		if v.CloseReason == schemas.CloseInactivity {
			return schemas.Notice{
				Event: fmt.Sprintf("closing/%d", f.Head.Engagement),
				Text:  w.Notice(agent.NoticeClosingInactive, f.Language, agent.WordingData{}),
			}
		}
	}
	return schemas.Notice{}
}

// transfer is the one message that the customer sees at a handoff, by who is
// there to take it. Spec: S11, D6.
func transfer(w agent.Wording, f schemas.Facts, v schemas.Verdict, people schemas.PeopleFacts) schemas.Notice {
	availability, wait, open := policy.AvailabilityOf(people)
	ask := policy.AskInTransfer(f, availability)
	zone := ""
	if c := f.Settings.For(f.Head.Channel).Hours; c.TimeZone != "" {
		zone = c.TimeZone
	} else if len(people.Members) > 0 {
		zone = people.Members[0].Hours.TimeZone
	}
	return schemas.Notice{AskEmail: ask, Nobody: availability != schemas.AvailableNow, Text: w.Transfer(availability, f.Language, agent.WordingData{
		Wait: wait, Until: open, Now: f.Now, Zone: zone, AskEmail: ask,
	})}
}

// composeRules are the decisions of Compose.
func composeRules() schemas.ComposeRules {
	return schemas.ComposeRules{Rules: conversationRules(), Reply: reply}
}

// reply checks a decision and renders what the customer sees of it.
func reply(f schemas.ComposeFacts) schemas.Reply {
	var violations []string
	if f.Decision != nil {
		violations = agent.Check(*f.Decision, f.Material)
	}
	broken := len(violations) > 0 && !agent.Mendable(violations)
	verdict, reason := policy.AfterDecision(f, broken)
	r := schemas.Reply{Verdict: verdict, Violations: violations, HandOff: schemas.Verdict{Do: schemas.DoHandOff, Reason: reason}}
	if f.Decision == nil {
		return r
	}
	d := *f.Decision
	r.Kind, r.Engine, r.NotFound, r.Language = d.Kind, d.Engine, d.NotFound, d.Language
	if verdict != schemas.ComposedReply {
		return r
	}
	text, citations := agent.Render(d, f.Material)
	r.AskEmail = policy.AskInReply(f)
	r.Citations = citations
	r.Text = agent.NewWording(f.Settings).Frame(text, d.Language, agent.Frame{
		Disclose: f.Material.First && f.Head.Engagement == 1, LanguageModel: d.Engine != schemas.EngineFinder,
		Late: f.Late, AskEmail: r.AskEmail,
	})
	return r
}

// route decides a handoff's next step and words what the customer hears of it.
func route(f schemas.HandoffFacts) schemas.HandoffVerdict {
	v := policy.Route(f)
	w := agent.NewWording(schemas.Settings{Profile: f.Profile, Handoff: f.Settings})
	switch v.Do {
	case schemas.HandoffDoTell:
		v.Notice.Text = w.Notice(agent.NoticeFallback, f.Language, agent.WordingData{AskEmail: v.Notice.AskEmail})
	case schemas.HandoffDoGiveBack:
		v.Notice.Text = w.Notice(agent.NoticeGivenBack, f.Language, agent.WordingData{})
	}
	return v
}
