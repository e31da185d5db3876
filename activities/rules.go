package activities

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"steward/internal/actions"
	"steward/internal/agent"
	"steward/internal/policy"
	"steward/schemas"
)

// conversationRules are the decisions of a conversation with the words for
// them. They are pure: the store calls them inside its transaction.
func conversationRules() schemas.Rules {
	return schemas.Rules{Next: next, Notice: notice, Summary: summary, Know: know, Brief: brief, Route: routeOf, Defers: defers}
}

// next reads what rules can read from the customer's messages and decides.
func next(f schemas.Facts) schemas.Verdict {
	guard := agent.Guard(f.Texts, f.Language, agent.Keywords(f.Settings.Handoff, f.Language))
	f.Signals = agent.Signals(f)
	if f.Settings.Checks.EngineFirst {
		f.Signals = schemas.Signals{}
		if guard == schemas.GuardHuman || guard == schemas.GuardKeyword {
			guard = schemas.GuardNone
		}
	}
	if guard == schemas.GuardNone && agent.AsksForCode(f.Texts) {
		guard = schemas.GuardResend
	}
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
	case schemas.DoConsent:
		return consentNotice(w, f, v)
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
	if people.Deferred {
		return deferred(w, f, people)
	}
	people = policy.Askable(people)
	f.Settings.Handoff = planned(f.Settings.Handoff, people.Plan)
	w = agent.NewWording(f.Settings)
	availability, wait, open := policy.AvailabilityOf(people)
	ask := policy.AskInTransfer(f, availability)
	zone := ""
	if c := f.Settings.For(f.Head.Channel).Hours; c.TimeZone != "" {
		zone = c.TimeZone
	} else if len(people.Members) > 0 {
		zone = people.Members[0].Hours.TimeZone
	}
	return schemas.Notice{AskEmail: ask, Nobody: availability != schemas.AvailableNow, Text: uncertain(w, f, v) + w.Transfer(availability, f.Language, agent.WordingData{
		Wait: wait, Until: open, Now: f.Now, Zone: zone, AskEmail: ask,
	})}
}

// uncertain tells the customer that something may have happened already, before
// people look into it. Spec: D17.
func uncertain(w agent.Wording, f schemas.Facts, v schemas.Verdict) string {
	if !v.Uncertain {
		return ""
	}
	return w.Notice(agent.NoticeUncertain, f.Language, agent.WordingData{}) + " "
}

// composeRules are the decisions of Compose.
func (a *Conversations) composeRules() schemas.ComposeRules {
	return schemas.ComposeRules{Rules: conversationRules(), Reply: a.reply}
}

// corrected is a reply that a guideline does not let out: the admin's words go
// out in its place, or people get the conversation. Spec: D8.
func (a *Conversations) corrected(f schemas.ComposeFacts, d schemas.Decision) schemas.Reply {
	f.Decision = &d
	r := a.reply(f)
	r.Violations = append(r.Violations, agent.ViolationGuideline)
	return r
}

// gateRules are the decisions about a call.
func (a *Conversations) gateRules() schemas.GateRules {
	return schemas.GateRules{ComposeRules: a.composeRules(), Read: readCall, Gate: a.gate, Beside: a.beside, Sent: sentCode}
}

// gate decides about a call and words what is asked about it.
func (a *Conversations) gate(f schemas.GateFacts) schemas.GateVerdict {
	v := a.Gates.Decide(f)
	if v.Do != schemas.GateAsk || f.Read.Action == nil {
		return v
	}
	w := agent.NewWording(f.Settings)
	var args map[string]json.RawMessage
	// The arguments were read from JSON just now.
	_ = json.Unmarshal(f.Read.Arguments, &args)
	readBack := actions.ReadBack(*f.Read.Action, args, f.Language, readBackTexts(w, f.Language))
	if f.Read.Action.Kind == schemas.ActionCRM {
		readBack = readBackOf(f, readBackTexts(w, f.Language))
	}
	switch v.Ask {
	case schemas.PendingConfirmation:
		v.Text = readBack
	case schemas.PendingApproval:
		v.Text = w.Notice(agent.NoticeApproval, f.Language, agent.WordingData{})
		v.Request = readBack
	case schemas.PendingIdentity:
		v.Text = verification(f, "")
	}
	v.Text = framed(f, v.Text)
	return v
}

func readBackTexts(w agent.Wording, lang string) actions.ReadBackTexts {
	return actions.ReadBackTexts{
		Ask: w.Notice(agent.NoticeConfirm, lang, agent.WordingData{}),
		Yes: w.Notice(agent.NoticeYes, lang, agent.WordingData{}), No: w.Notice(agent.NoticeNo, lang, agent.WordingData{}),
	}
}

// beside is what is said beside the calls of a decision. A text that breaks a
// rule is left out: the calls do not need it.
func (a *Conversations) beside(f schemas.ComposeFacts) schemas.Reply {
	d := *f.Decision
	if strings.TrimSpace(d.Text) == "" {
		return schemas.Reply{}
	}
	violations := a.Checks.Check(d, f.Material)
	if len(violations) > 0 && !agent.Mendable(violations) && !f.Settings.Checks.ReportOnly {
		return schemas.Reply{Violations: violations}
	}
	r := schemas.Reply{Kind: d.Kind, Engine: d.Engine, Violations: violations}
	text, citations := agent.Render(d, f.Material)
	r.Citations = citations
	r.Text = agent.NewWording(f.Settings).Frame(text, d.Language, agent.Frame{
		Disclose: f.Material.First && f.Head.Engagement == 1, LanguageModel: d.Engine != schemas.EngineFinder, Late: f.Late,
	})
	return r
}

// reply checks a decision and renders what the customer sees of it.
func (a *Conversations) reply(f schemas.ComposeFacts) schemas.Reply {
	if f.Held != nil {
		return afterHold(*f.Held)
	}
	var violations []string
	f.Material.Tools, f.Material.Goal = toolsOf(f.Material), openGoal(f.Material)
	if f.Decision != nil {
		violations = a.Checks.Check(*f.Decision, f.Material)
	}
	// What is only too long is made shorter by the engine once, and else cut.
	broken := len(violations) > 0 && !(f.Repaired && agent.Mendable(violations)) && !f.Settings.Checks.ReportOnly
	verdict, reason := policy.AfterDecision(f, broken)
	if verdict == schemas.ComposedReply {
		if again := policy.FailedAgain(f, agent.Repeated(f.Material, *f.Decision)); again != schemas.ReasonNone {
			verdict, reason = schemas.ComposedHandOff, again
		}
	}
	r := schemas.Reply{
		Verdict: verdict, Violations: violations,
		HandOff: schemas.Verdict{Do: schemas.DoHandOff, Reason: reason, Uncertain: f.Uncertain},
	}
	r.Gap = policy.GapOf(f, verdict, broken)
	r.Consent = policy.TellConsent(f, r.Gap, verdict)
	if f.Decision == nil {
		return r
	}
	d := *f.Decision
	r.Kind, r.Engine, r.NotFound, r.Language, r.Frame = d.Kind, d.Engine, d.NotFound, d.Language, d.Frame
	r.Unresolved = policy.Unresolved(d)
	r.HandOff.Topic = agent.NamedTopic(f.Settings.Handoff.Triggers.Topics, d.Reason)
	switch {
	case verdict == schemas.ComposedHandOff && d.Kind == schemas.DecisionHandoff && r.HandOff.Topic != "":
		r.HandOff.Reason = schemas.ReasonTopic
	case policy.OffersPerson(f, verdict, reason):
		return offered(f, r, d)
	}
	if verdict != schemas.ComposedReply {
		return r
	}
	text, citations := agent.Render(d, f.Material)
	if d.Engine != schemas.EngineGuideline {
		if ruled, ok := agent.Corrected(text, f.Material); ok {
			return a.corrected(f, ruled)
		}
	}
	text = tellAsk(text, f, r)
	r.AskEmail = policy.AskInReply(f)
	goal := qualify(f, d, text)
	r.Goals = goal.runs
	if goal.question != "" && !strings.Contains(text, goal.question) {
		text += "\n\n" + goal.question
	}
	r.AskEmail = r.AskEmail || goal.askEmail
	r.Citations = citations
	w, frame := agent.NewWording(f.Settings), agent.Frame{
		Disclose: f.Material.First && f.Head.Engagement == 1, LanguageModel: d.Engine != schemas.EngineFinder, Late: f.Late,
	}
	if r.Hold = policy.Holds(f); r.Hold != nil {
		// The text meanwhile is the one that says who writes, and that it is late.
		r.Hold.Text = w.Frame(w.Notice(agent.NoticeHeld, d.Language, agent.WordingData{}), d.Language, frame)
		frame, r.Chunks = agent.Frame{}, cited(d, f.Material)
	}
	frame.AskEmail = r.AskEmail
	r.Text = w.Frame(text, d.Language, frame)
	return r
}

// afterHold is what becomes of a reply that a person was asked about.
func afterHold(h schemas.HeldReply) schemas.Reply {
	r := h.Reply
	var reason schemas.Reason
	r.Verdict, reason = policy.AfterHold(h)
	r.HandOff = schemas.Verdict{Do: schemas.DoHandOff, Reason: reason}
	// The turn that it was made in has noted what was missing.
	r.Gap, r.Consent, r.Violations = "", schemas.ConsentNone, nil
	return r
}

// cited are the passages that a decision rests on.
func cited(d schemas.Decision, m schemas.Material) []schemas.ChunkID {
	var out []schemas.ChunkID
	for _, p := range m.Passages {
		if slices.Contains(d.Citations, p.Number) {
			out = append(out, p.Chunk)
		}
	}
	return out
}

// route decides a handoff's next step and words what the customer hears of it.
func route(f schemas.HandoffFacts) schemas.HandoffVerdict {
	v := policy.Route(f)
	w := agent.NewWording(schemas.Settings{Profile: f.Profile, Handoff: planned(f.Settings, f.Plan)})
	switch v.Do {
	case schemas.HandoffDoTell:
		v.Notice.Text = w.Notice(agent.NoticeFallback, f.Language, agent.WordingData{AskEmail: v.Notice.AskEmail})
	case schemas.HandoffDoTake:
		v.Notice.Text = w.Transfer(schemas.AvailableNow, f.Language, agent.WordingData{})
	case schemas.HandoffDoGiveBack:
		v.Notice.Text = w.Notice(agent.NoticeGivenBack, f.Language, agent.WordingData{})
	}
	return v
}
