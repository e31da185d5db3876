package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/google/uuid"

	"steward/schemas"
)

// The sample content answers both.
const (
	question = "How long do I have to return an order?"
	another  = "How long does standard delivery take?"
)

// answers asks what the sample content answers.
func (s *smoke) answers(ctx context.Context) error {
	v, err := s.visit(ctx)
	if err != nil {
		return err
	}
	if err := v.say(ctx, question); err != nil {
		return err
	}
	m, err := v.from(ctx, schemas.SpeakerAgent, 1)
	if err != nil {
		return err
	}
	if len(m.Citations) == 0 || m.Citations[0].URL == "" {
		return fmt.Errorf("the answer has no citation with an address: %q", m.Text)
	}
	return nil
}

// asksEmail lets the agent ask at the start, gives an address, and asks again.
func (s *smoke) asksEmail(ctx context.Context) error {
	if err := s.chat(ctx, func(c *schemas.ChannelSettings) { c.AskEmail = schemas.AskAtStart }); err != nil {
		return err
	}
	v, err := s.visit(ctx)
	if err != nil {
		return err
	}
	if err := v.say(ctx, question); err != nil {
		return err
	}
	first, err := v.from(ctx, schemas.SpeakerAgent, 1)
	if err != nil {
		return err
	}
	if !first.AskEmail {
		return fmt.Errorf("the first answer does not ask for an email address: %q", first.Text)
	}
	if err := v.call(ctx, http.MethodPut, "email", map[string]string{"email": "smoke@example.com"}, nil); err != nil {
		return err
	}
	if err := v.say(ctx, another); err != nil {
		return err
	}
	second, err := v.from(ctx, schemas.SpeakerAgent, 2)
	if err != nil {
		return err
	}
	if second.AskEmail {
		return fmt.Errorf("the second answer asks again: %q", second.Text)
	}
	return s.chat(ctx, func(*schemas.ChannelSettings) {})
}

// handsOff asks for a person, who answers and gives the conversation back.
func (s *smoke) handsOff(ctx context.Context) error {
	v, err := s.visit(ctx)
	if err != nil {
		return err
	}
	if err := v.say(ctx, "I want to talk to a person"); err != nil {
		return err
	}
	if _, err := v.from(ctx, schemas.SpeakerSystem, 1); err != nil {
		return err
	}
	handoff, err := s.handoffOf(ctx, v.conversation)
	if err != nil {
		return err
	}
	if _, err := s.api.AcceptHandoff(ctx, handoff, s.person); err != nil {
		return fmt.Errorf("accept: %w", err)
	}
	reply := schemas.NewReply{As: s.person, Text: "A person is here."}
	if _, err := s.api.Reply(ctx, v.conversation, reply, uuid.NewString()); err != nil {
		return fmt.Errorf("reply: %w", err)
	}
	if _, err := v.from(ctx, schemas.SpeakerHuman, 1); err != nil {
		return err
	}
	if _, err := s.api.GiveBack(ctx, v.conversation, s.person); err != nil {
		return fmt.Errorf("give back: %w", err)
	}
	if err := v.say(ctx, question); err != nil {
		return err
	}
	if _, err := v.from(ctx, schemas.SpeakerAgent, 1); err != nil {
		return err
	}
	return v.is(ctx, "cshca")
}

// handoffOf is the live handoff of a conversation.
func (s *smoke) handoffOf(ctx context.Context, id schemas.ConversationID) (schemas.HandoffID, error) {
	live, err := s.api.Handoffs(ctx, false)
	if err != nil {
		return "", fmt.Errorf("list handoffs: %w", err)
	}
	for _, h := range live {
		if h.Conversation == id {
			return h.Handoff, nil
		}
	}
	return "", errors.New("the conversation has no live handoff")
}

// pauses signals the agent's workflow, as an operator does in the Temporal UI.
func (s *smoke) pauses(ctx context.Context) error {
	workflow := schemas.AgentWorkflowID(s.agent)
	pause := schemas.PauseInput{Scope: schemas.ScopeAgent, Reason: "smoke test"}
	if err := s.temporal.SignalWorkflow(ctx, workflow, "", schemas.SignalPause, pause); err != nil {
		return fmt.Errorf("signal %s: %w", schemas.SignalPause, err)
	}
	if err := s.untilPaused(ctx, true); err != nil {
		return err
	}
	v, err := s.visit(ctx)
	if err != nil {
		return err
	}
	if err := v.say(ctx, question); err != nil {
		return err
	}
	// The transfer to people is the word that the customer gets.
	if _, err := v.from(ctx, schemas.SpeakerSystem, 1); err != nil {
		return err
	}
	if err := v.is(ctx, "cs"); err != nil {
		return err
	}
	if err := s.temporal.SignalWorkflow(ctx, workflow, "", schemas.SignalResume, nil); err != nil {
		return fmt.Errorf("signal %s: %w", schemas.SignalResume, err)
	}
	if err := s.untilPaused(ctx, false); err != nil {
		return err
	}
	if _, err := v.from(ctx, schemas.SpeakerAgent, 1); err != nil {
		return err
	}
	return v.is(ctx, "csa")
}

func (s *smoke) untilPaused(ctx context.Context, want bool) error {
	return until(ctx, fmt.Sprintf("paused: %v", want), func() (bool, error) {
		a, err := s.api.Agent(ctx)
		return err == nil && a.Paused == want, err
	})
}

// closes lets a conversation be quiet for two seconds.
func (s *smoke) closes(ctx context.Context) error {
	if err := s.chat(ctx, func(c *schemas.ChannelSettings) { c.InactivityClose = 2 }); err != nil {
		return err
	}
	v, err := s.visit(ctx)
	if err != nil {
		return err
	}
	if err := v.say(ctx, question); err != nil {
		return err
	}
	if _, err := v.from(ctx, schemas.SpeakerAgent, 1); err != nil {
		return err
	}
	if err := until(ctx, "the close", func() (bool, error) {
		c, err := s.api.Conversation(ctx, v.conversation)
		return err == nil && c.Lifecycle == schemas.LifecycleClosed && c.CloseReason == schemas.CloseInactivity, err
	}); err != nil {
		return err
	}
	return s.chat(ctx, func(*schemas.ChannelSettings) {})
}

// killTries is how often a turn may be over before the worker is killed in it.
const killTries = 10

// survives kills the worker while it answers. Its supervisor starts it again.
func (s *smoke) survives(ctx context.Context) error {
	v, err := s.visit(ctx)
	if err != nil {
		return err
	}
	for asked := 1; asked <= killTries; asked++ {
		if err := v.say(ctx, question); err != nil {
			return err
		}
		killed, err := s.killInTurn(ctx, v.conversation, asked)
		if err != nil {
			return err
		}
		if _, err := v.from(ctx, schemas.SpeakerAgent, asked); err != nil {
			return err
		}
		if killed {
			if err := v.say(ctx, another); err != nil {
				return err
			}
			if _, err := v.from(ctx, schemas.SpeakerAgent, asked+1); err != nil {
				return err
			}
			return v.is(ctx, strings.Repeat("ca", asked+1))
		}
	}
	return fmt.Errorf("%d turns were over before the worker could be killed in one", killTries)
}

// killInTurn kills the worker as soon as the turn is open. false means that the
// turn was over before.
func (s *smoke) killInTurn(ctx context.Context, id schemas.ConversationID, turn int) (bool, error) {
	for {
		c, err := s.api.Conversation(ctx, id)
		if err != nil {
			return false, err
		}
		switch {
		case len(c.TurnLog) < turn:
		case c.TurnLog[turn-1].State == "open":
			return s.killWorker(ctx, id, turn)
		default:
			return false, nil
		}
		select {
		case <-ctx.Done():
			return false, errors.New("waited in vain for the turn to begin")
		case <-time.After(time.Millisecond):
		}
	}
}

func (s *smoke) killWorker(ctx context.Context, id schemas.ConversationID, turn int) (bool, error) {
	raw, err := os.ReadFile(s.runFile("worker.pid"))
	if err != nil {
		return false, fmt.Errorf("read the worker's pid: %w", err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(raw)))
	if err != nil {
		return false, fmt.Errorf("read the worker's pid: %w", err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		return false, fmt.Errorf("kill the worker: %w", err)
	}
	c, err := s.api.Conversation(ctx, id)
	if err != nil {
		return false, err
	}
	if err := until(ctx, "another worker", func() (bool, error) {
		now, err := os.ReadFile(s.runFile("worker.pid"))
		return err == nil && string(now) != string(raw), err
	}); err != nil {
		return false, err
	}
	return c.TurnLog[turn-1].State == "open", nil
}

// is compares the transcript, one letter for each message.
func (v *visitor) is(ctx context.Context, want string) error {
	got, err := v.speakers(ctx)
	if err != nil {
		return err
	}
	if got != want {
		return fmt.Errorf("the transcript is %s, want %s", got, want)
	}
	return nil
}
