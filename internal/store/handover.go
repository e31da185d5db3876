package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"steward/internal/store/dbq"
	"steward/schemas"
)

// handOff gives the conversation to people: it writes the handoff, passes
// ownership to the queue and stores the one transfer message, all in the
// caller's transaction. A handoff whose plan leaves the agent in charge for now
// is written all the same, for people to see; a later reason to hand over goes
// on with it. Spec: D19, S50. Settled: rules 16, 17, 20.
func (s *Store) handOff(ctx context.Context, tx pgx.Tx, l locked, v schemas.Verdict, rules schemas.Rules) (schemas.HandoffID, error) {
	if l.conv.Preview {
		return "", s.previewHandOff(ctx, tx, l, v, rules)
	}
	lines, err := s.tail(ctx, tx, l.conv.ID, l.conv.LastSeq+1, summaryLines, nil)
	if err != nil {
		return "", err
	}
	people, err := s.planned(ctx, tx, l, v, lines, rules)
	if err != nil {
		return "", err
	}
	id := newID()
	if people.Again {
		id = *l.conv.HandoffID
	}
	if err := s.passToQueue(ctx, tx, &l, v, people.Deferred); err != nil {
		return "", err
	}
	switch {
	case people.Again && !people.Deferred:
		err = s.q.TakeFromAgent(ctx, tx, dbq.TakeFromAgentParams{Reason: string(v.Reason), Epoch: l.conv.Epoch, ID: id})
	case !people.Again:
		err = s.makeHandoff(ctx, tx, l, making{id: id, verdict: v, people: people, lines: lines, rules: rules})
	}
	if err != nil {
		return "", fmt.Errorf("write handoff: %w", err)
	}
	l.conv.HandoffID = &id
	if err := s.pointTo(ctx, tx, l, v, people.Deferred); err != nil {
		return "", err
	}
	if err := s.settleButEnd(ctx, tx, l); err != nil {
		return "", err
	}
	n := rules.Notice(l.facts, v, people)
	n.Event = "handoff/" + id.String()
	if people.Again {
		n.Event += fmt.Sprintf("/%d", l.conv.LastInbound)
	}
	if n.Nobody && !people.Deferred {
		if err := s.q.SetFallbackTold(ctx, tx, id); err != nil {
			return "", fmt.Errorf("mark fallback told: %w", err)
		}
	}
	if people.Again {
		if err := s.wakeHandoff(ctx, tx, id); err != nil {
			return "", err
		}
	}
	return show[schemas.HandoffID](schemas.PrefixHandoff, id), s.notice(ctx, tx, l, n)
}

// planned is where the handoff goes, with who is there to take it. Without rules
// for it, it goes to the team of the settings at once.
func (s *Store) planned(ctx context.Context, tx pgx.Tx, l locked, v schemas.Verdict, lines []schemas.Line, rules schemas.Rules) (schemas.PeopleFacts, error) {
	plan := schemas.RoutePlan{Team: l.settings.Handoff.Team, Fallback: l.settings.Handoff.Fallback, Timing: schemas.RouteImmediate}
	if rules.Route != nil {
		route, err := s.routeFacts(ctx, tx, l, v)
		if err != nil {
			return schemas.PeopleFacts{}, err
		}
		plan = rules.Route(l.facts, v, lines, route)
	}
	if v.Team != "" {
		plan.Team = v.Team
	}
	people, err := s.people(ctx, tx, plan, l)
	if err != nil {
		return people, err
	}
	people.Again = l.facts.Deferred
	people.Deferred = rules.Defers != nil && rules.Defers(l.facts, v, people)
	return people, nil
}

// passToQueue makes the queue the owner, unless the agent keeps the
// conversation, and leaves the customer's messages to people.
func (s *Store) passToQueue(ctx context.Context, tx pgx.Tx, l *locked, v schemas.Verdict, deferred bool) error {
	if !deferred && l.conv.Owner != string(schemas.OwnerQueue) {
		epoch, err := s.changeOwner(ctx, tx, *l, change{
			to: schemas.OwnerQueue, by: "steward", reason: string(v.Reason), release: v.Release,
		})
		if err != nil {
			return err
		}
		l.conv.Epoch = epoch
	}
	if v.Release {
		return nil
	}
	return s.q.LeaveToPeople(ctx, tx, l.conv.ID)
}

// pointTo makes the handoff the conversation's.
func (s *Store) pointTo(ctx context.Context, tx pgx.Tx, l locked, v schemas.Verdict, deferred bool) error {
	if !deferred {
		err := s.q.SetHandoff(ctx, tx, dbq.SetHandoffParams{HandoffID: *l.conv.HandoffID, Reason: string(v.Reason), ID: l.conv.ID})
		if err != nil {
			return fmt.Errorf("set handoff: %w", err)
		}
		return nil
	}
	if err := s.q.DeferHandoff(ctx, tx, *l.conv.HandoffID, l.conv.ID); err != nil {
		return fmt.Errorf("set handoff: %w", err)
	}
	return s.startInactivity(ctx, tx, l)
}

// making is a handoff to be written.
type making struct {
	id      uuid.UUID
	verdict schemas.Verdict
	people  schemas.PeopleFacts
	lines   []schemas.Line
	rules   schemas.Rules
}

// makeHandoff writes the row with its plan and its summaries, and has the
// destinations open it.
func (s *Store) makeHandoff(ctx context.Context, tx pgx.Tx, l locked, m making) error {
	v := m.verdict
	if err := s.q.PutHandoff(ctx, tx, dbq.PutHandoffParams{
		ID: m.id, ConversationID: l.conv.ID, Epoch: l.conv.Epoch, Engagement: l.conv.Engagement,
		State: string(schemas.HandoffWaiting), Reason: string(v.Reason), Summary: m.rules.Summary(l.facts, v, m.lines),
	}); err != nil {
		return err
	}
	var summary schemas.HandoffSummary
	if m.rules.Brief != nil {
		facts, err := s.briefFacts(ctx, tx, l, m.lines)
		if err != nil {
			return err
		}
		summary = m.rules.Brief(l.facts, v, facts)
	}
	brief, err := json.Marshal(summary)
	if err != nil {
		return fmt.Errorf("encode summary: %w", err)
	}
	plan, err := json.Marshal(m.people.Plan)
	if err != nil {
		return fmt.Errorf("encode plan: %w", err)
	}
	tier := schemas.TierTeam
	if len(m.people.Plan.People) > 0 {
		tier = schemas.TierPeople
	}
	priority := v.Priority
	if priority == "" {
		priority = schemas.PriorityNormal
	}
	if err := s.q.PlanHandoff(ctx, tx, dbq.PlanHandoffParams{
		Plan: plan, Tier: string(tier), Deferred: m.people.Deferred, Priority: string(priority), Brief: brief, ID: m.id,
	}); err != nil {
		return err
	}
	if m.people.Deferred {
		text := "People were asked (" + string(v.Reason) + "). The agent goes on until somebody takes the conversation."
		if err := s.note(ctx, tx, l, "task/"+m.id.String(), text); err != nil {
			return err
		}
	}
	return s.openDesks(ctx, tx, l, m.id, v.Reason, m.people.Plan.Team)
}

// briefFacts is what the structured summary is made of.
func (s *Store) briefFacts(ctx context.Context, tx pgx.Tx, l locked, lines []schemas.Line) (schemas.BriefFacts, error) {
	out := schemas.BriefFacts{Lines: lines}
	var t schemas.Ticket
	err := s.ticketLines(ctx, tx, &t, l.conv.ID, l.conv.LastSeq)
	if err != nil {
		return out, err
	}
	out.Citations = t.Citations
	if out.Actions, err = s.ticketActions(ctx, tx, l.conv.ID); err != nil {
		return out, err
	}
	if out.Collected, err = s.toldGoals(ctx, tx, l.conv.ID); err != nil || len(l.conv.Frame) == 0 {
		return out, err
	}
	var frame schemas.Frame
	if err := json.Unmarshal(l.conv.Frame, &frame); err != nil {
		return out, fmt.Errorf("read frame: %w", err)
	}
	out.Asking = frame.Asking
	for _, a := range l.settings.Actions {
		if a.Name == frame.Action {
			out.Collected = append(collected(a, frame), out.Collected...)
		}
	}
	return out, nil
}

// collected are the inputs that the customer gave, in the order of asking,
// without those that people must not read either.
func collected(a schemas.Action, frame schemas.Frame) []schemas.Datum {
	var out []schemas.Datum
	for _, in := range a.Inputs {
		raw, given := frame.Filled[in.Name]
		if !given || in.Sensitive {
			continue
		}
		value := string(raw)
		var text string
		if json.Unmarshal(raw, &text) == nil {
			value = text
		}
		out = append(out, schemas.Datum{Name: in.Name, Value: value})
	}
	return out
}

// takeFromAgent hands over a conversation that the agent has kept until now,
// because somebody can take it.
func (s *Store) takeFromAgent(ctx context.Context, tx pgx.Tx, l locked, h dbq.HandoffRowRow, v schemas.HandoffVerdict) error {
	if l.conv.Owner != string(schemas.OwnerAgent) {
		return s.q.TakeFromAgent(ctx, tx, dbq.TakeFromAgentParams{Reason: h.Reason, Epoch: l.conv.Epoch, ID: h.ID})
	}
	epoch, err := s.changeOwner(ctx, tx, l, change{to: schemas.OwnerQueue, by: "steward", reason: h.Reason})
	if err != nil {
		return err
	}
	l.conv.Epoch = epoch
	if err := s.q.LeaveToPeople(ctx, tx, l.conv.ID); err != nil {
		return err
	}
	if err := s.q.TakeFromAgent(ctx, tx, dbq.TakeFromAgentParams{Reason: h.Reason, Epoch: epoch, ID: h.ID}); err != nil {
		return fmt.Errorf("take from agent: %w", err)
	}
	if err := s.q.SetHandoff(ctx, tx, dbq.SetHandoffParams{HandoffID: h.ID, Reason: h.Reason, ID: l.conv.ID}); err != nil {
		return fmt.Errorf("set handoff: %w", err)
	}
	if err := s.notice(ctx, tx, l, v.Notice); err != nil {
		return err
	}
	return s.putControl(ctx, tx, control{conversation: l.conv.ID, kind: schemas.ControlHandoff, dedupe: v.Notice.Event})
}

// missTarget tells people that the target of an answer is near or missed.
func (s *Store) missTarget(ctx context.Context, tx pgx.Tx, l locked, h dbq.HandoffRowRow, v schemas.HandoffVerdict) error {
	text, mark := "The customer has waited for most of the time within which an answer was promised.", "warned"
	set := s.q.WarnedFor
	if v.Do == schemas.HandoffDoBreach {
		text, mark, set = "The time within which an answer was promised is over, and the customer is still waiting.", "breached", s.q.BreachedFor
	}
	if err := set(ctx, tx, v.Since, h.ID); err != nil {
		return fmt.Errorf("mark target: %w", err)
	}
	return s.note(ctx, tx, l, fmt.Sprintf("target/%s/%s/%d", h.ID, mark, v.Since.UnixMilli()), text)
}

// beside is what the handoff's workflow does beside routing: it tells
// destinations, and asks for texts.
func (s *Store) beside(ctx context.Context, tx pgx.Tx, l locked, h dbq.HandoffRowRow, out *schemas.HandoffStepResult) error {
	work, err := s.q.DeskWork(ctx, tx, lostAfter, h.ID)
	if err != nil {
		return fmt.Errorf("read work at destinations: %w", err)
	}
	if work.Waiting > 0 {
		out.DeskOpen, out.DeskDue = true, !work.Due.After(l.row.Now)
		if due := work.Due.UTC(); !out.DeskDue && (out.Wake.IsZero() || due.Before(out.Wake)) {
			out.Wake = due
		}
	}
	if out.State.Ended() {
		return nil
	}
	service, shown := l.settings.Handoff.Service, show[schemas.HandoffID](schemas.PrefixHandoff, h.ID)
	if service.WriteSummary && h.BriefBy == string(schemas.SummaryByTemplate) && h.BriefAskedAt == nil {
		out.Write = append(out.Write, schemas.HandoffWriteInput{Handoff: shown})
	}
	if !service.Copilot || out.State != schemas.HandoffAccepted {
		return nil
	}
	seq, err := s.q.AwaitsPerson(ctx, tx, l.conv.ID)
	if err != nil {
		return fmt.Errorf("read what waits for the person: %w", err)
	}
	if seq > h.DraftedSeq {
		out.Write = append(out.Write, schemas.HandoffWriteInput{Handoff: shown, Seq: seq})
	}
	return nil
}
