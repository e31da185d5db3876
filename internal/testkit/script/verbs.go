package script

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"steward/internal/agent/llm"
	"steward/internal/store"
	"steward/schemas"
)

// do plays one step at its time.
func (w *world) do(l line) {
	var err error
	switch l.verb {
	case "customer", "customer repeats", "customer ends", "email", "rates", "visitor":
		err = w.customer(l)
	case "human", "takes over", "gives back", "accepts", "declines", "closes", "presence":
		err = w.human(l)
	case "pause", "resume", "switch off", "switch on", "publish":
		err = w.admin(l)
	case "search fails", "send fails", "send unknown", "send lost", "send once", "database fails":
		w.impair(l)
	case "crm", "mail fails":
		w.trouble(l)
	case "relay":
		err = w.relayTo(l)
	case "result":
		err = w.caller.push(l.rest)
	case "approves", "refuses":
		err = w.approve(l)
	case "reports":
		err = w.report(l)
	case "button":
		err = w.button(l)
	case "preview draft", "preview version", "tries", "edits":
		err = w.try(l)
	case "content gone":
		err = w.contentGone()
	case "sweep":
		err = w.sweep()
	case "closes gap", "opens gap":
		err = w.gap(l)
	case "mail server":
		w.mailServer(l)
	case "deployed", "removed":
		_, err = w.db.Exec(w.ctx, "update channels set deployed = $1", l.verb == "deployed")
	case "runs":
		w.checkRuns(l)
	case "desk", "desk repeats", "desk later", "desk fails", "desk unknown", "desk lost":
		err = w.deskDoes(l)
	case "desk told", "desk told ~", "desk silence":
		w.checkDesk(l)
	case "note ~", "no notes":
		w.checkNote(l)
	case "open":
		w.checkOpen(l)
		w.stop()
	default:
		w.check(l)
	}
	if err != nil {
		w.failf(l, "%v", err)
	}
}

func (w *world) customer(l line) error {
	switch l.verb {
	case "customer":
		w.sent++
		l.rest = w.mailer.filled(l.rest)
		w.last = l.rest
		if text, ok := w.wiring.Texts[l.rest]; ok {
			w.last = text
		}
		_, err := w.store.Receive(w.ctx, w.session.Inbound(fmt.Sprintf("client-%d", w.sent), w.last))
		return err
	case "customer repeats":
		got, err := w.store.Receive(w.ctx, w.session.Inbound(fmt.Sprintf("client-%d", w.sent), w.last))
		if err == nil && !got.Duplicate {
			return fmt.Errorf("the repeated message was taken as a new one")
		}
		return err
	case "customer ends":
		return w.store.EndChat(w.ctx, w.session)
	case "rates":
		rating, err := strconv.Atoi(l.rest)
		if err != nil {
			return err
		}
		return w.store.Rate(w.ctx, w.session, rating)
	case "visitor":
		return w.visitor(l.rest)
	}
	return w.store.SetEmail(w.ctx, w.session, l.rest)
}

func (w *world) human(l line) error {
	name, rest, _ := strings.Cut(l.rest, " ")
	user, ok := w.users[name]
	if !ok {
		return fmt.Errorf("there is no user %q", name)
	}
	conv := w.conversation()
	var err error
	switch l.verb {
	case "human":
		_, err = w.store.HumanReply(w.ctx, store.HumanReply{Conversation: conv, User: user, Text: rest, Key: fmt.Sprintf("line-%d", l.number)})
	case "takes over":
		err = w.store.TakeOver(w.ctx, conv, user)
	case "gives back":
		err = w.store.GiveBack(w.ctx, conv, user)
	case "closes":
		err = w.store.CloseByHuman(w.ctx, conv, user)
	case "accepts":
		_, err = w.store.AcceptHandoff(w.ctx, w.handoff(), user)
	case "declines":
		_, err = w.store.DeclineHandoff(w.ctx, w.handoff(), user)
	case "presence":
		err = w.store.SetPresence(w.ctx, user, schemas.Presence(rest))
	}
	w.wakeHandoff()
	if want, expected := strings.CutPrefix(rest, "-> "); expected {
		if err == nil || string(schemas.KindOf(err)) != want {
			return fmt.Errorf("got %v, want an error of kind %s", err, want)
		}
		return nil
	}
	return err
}

// wakeHandoff is what the API does after a person's command.
func (w *world) wakeHandoff() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for id := range w.running {
		if strings.HasPrefix(id, "handoff/") {
			if err := w.env.SignalWorkflowByID(id, schemas.SignalWake, nil); err != nil {
				delete(w.running, id)
			}
		}
	}
}

// admin sends an operator's signal. "pause" takes: [conversation|channel]
// [for <duration>].
func (w *world) admin(l line) error {
	agent := schemas.AgentWorkflowID(w.deploy.Agent)
	switch l.verb {
	case "publish":
		return w.publish(l)
	case "switch off":
		return w.env.SignalWorkflowByID(agent, schemas.SignalSwitchOff, schemas.SwitchInput{Reason: l.rest})
	case "switch on":
		return w.env.SignalWorkflowByID(agent, schemas.SignalSwitchOn, schemas.SwitchInput{})
	}
	if l.rest == "garbage" {
		return w.env.SignalWorkflowByID(agent, schemas.SignalPause, "not an object")
	}
	var p schemas.PauseInput
	fields := strings.Fields(l.rest)
	for i, f := range fields {
		switch f {
		case "conversation":
			p.Scope, p.Target = schemas.ScopeConversation, string(w.conversation())
		case "channel":
			p.Scope, p.Target = schemas.ScopeChannel, string(schemas.ChannelLiveChat)
		case "for":
			d, err := time.ParseDuration(fields[i+1])
			if err != nil {
				return err
			}
			p.Until = w.env.Now().Add(d)
		}
	}
	signal := schemas.SignalPause
	if l.verb == "resume" {
		signal = schemas.SignalResume
	}
	return w.env.SignalWorkflowByID(agent, signal, p)
}

// publish changes settings and publishes them.
func (w *world) publish(l line) error {
	draft, revision, err := w.store.Draft(w.ctx, w.deploy.Agent)
	if err != nil {
		return err
	}
	for _, pair := range strings.Fields(l.rest) {
		if err := w.set(&draft, pair); err != nil {
			return err
		}
	}
	if err := w.store.SaveDraft(w.ctx, w.deploy.Agent, draft, revision); err != nil {
		return err
	}
	_, err = w.store.Publish(w.ctx, w.deploy.Agent, "script", revision+1)
	return err
}

// impair makes a dependency fail.
func (w *world) impair(l line) {
	times := 1
	if l.rest != "" {
		if _, err := fmt.Sscanf(l.rest, "%d times", &times); err != nil {
			w.failf(l, "%v", err)
		}
	}
	for range times {
		switch l.verb {
		case "search fails":
			w.search.mu.Lock()
			w.search.fails++
			w.search.mu.Unlock()
		case "send fails":
			w.channel.push(schemas.Delivered{Result: schemas.SentLater, Code: "throttled", RetryAfter: 5 * time.Second})
		case "send unknown":
			w.channel.push(schemas.Delivered{Result: schemas.SentUnknown, Code: "timeout"})
		case "send lost":
			w.channel.push(schemas.Delivered{Result: lost})
		case "send once":
			w.channel.mu.Lock()
			w.channel.once = true
			w.channel.mu.Unlock()
		case "database fails":
			w.mu.Lock()
			w.broken++
			w.mu.Unlock()
		}
	}
}

func (c *channel) push(d schemas.Delivered) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.next = append(c.next, d)
}

// modelError is the error of a provider: "overloaded", "auth", "rate_limited 7s".
func modelError(text string) error {
	kind, after, _ := strings.Cut(text, " ")
	e := llm.NewError(llm.Kind(kind), 0)
	if d, err := time.ParseDuration(after); err == nil {
		e.RetryAfter = d
	}
	return e
}
