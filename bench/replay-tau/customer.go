package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"steward/bench/rig"
	"steward/schemas"
)

// patience bounds the wait for the next text. A dead worker is noticed after
// some seconds, at each step of a turn at most once.
const patience = 3 * time.Minute

// yes is how the scripted customer agrees to what is read back.
const yes = "yes"

// customer plays one story through the live chat.
type customer struct {
	rig   *rig.Rig
	stage *director
	api   *api
	story story
	book  *ledger
	// confirm: a text that the story does not hold asks whether to go on.
	confirm bool

	visitor      *rig.Visitor
	conversation schemas.ConversationID
	// heard are the texts of the agent in their order, readBacks those that asked
	// whether to go on.
	heard     []string
	readBacks int
}

// play plays the story to its end.
func (c *customer) play(ctx context.Context) error {
	var err error
	if c.visitor, err = c.rig.Visit(ctx); err != nil {
		return err
	}
	defer c.visitor.Close()
	for i, t := range c.story.turns {
		if err := c.turn(ctx, t.say, &scene{steps: t.steps, open: t.open()}); err != nil {
			return fmt.Errorf("message %d: %w", i+1, err)
		}
	}
	if c.story.handsOff() {
		return c.handedOff(ctx)
	}
	if c.story.goodbye {
		return c.visitor.End(ctx)
	}
	return nil
}

// turn says one message and hears what the agent says to it. A question whether
// to go on is answered with yes, which is the next turn.
func (c *customer) turn(ctx context.Context, say string, s *scene) error {
	cue := newCue(c.last(), say)
	if err := c.stage.begin(ctx, cue, s); err != nil {
		return err
	}
	ended := false
	defer func() {
		if !ended {
			c.stage.end(cue)
		}
	}()
	id, err := c.visitor.Say(ctx, say)
	if err != nil {
		return err
	}
	if c.conversation != "" && c.conversation != id {
		return errors.New("the message is of another conversation than the one before")
	}
	c.conversation = id
	c.api.bind(id, c.book)
	wanted := wants(s)
	for len(wanted) > 0 {
		text, err := c.hear(ctx, wanted[0])
		if err != nil {
			return err
		}
		if text == wanted[0] {
			wanted = wanted[1:]
			continue
		}
		c.readBacks++
		ended = true
		begun := c.stage.end(cue)
		return c.turn(ctx, yes, &scene{steps: s.steps[min(begun, len(s.steps)):], open: s.open})
	}
	return nil
}

// handOver stands for the change to people among the texts that a turn waits
// for.
const handOver = "\x00handed over"

// wants are the texts that a scene ends after.
func wants(s *scene) []string {
	var out []string
	for _, st := range s.steps {
		if st.text != "" {
			out = append(out, st.text)
		}
		if st.call != nil && st.call.Name == transferTool {
			out = append(out, handOver)
		}
	}
	if s.open {
		out = append(out, closing)
	}
	return out
}

// hear waits for the next text and returns want when it is that.
func (c *customer) hear(ctx context.Context, want string) (string, error) {
	m, err := c.visitor.Hear(ctx, patience)
	if err != nil {
		return "", fmt.Errorf("%w; waits for %q", err, clipped(want, 60))
	}
	switch {
	case m.Speaker == schemas.SpeakerSystem && want == handOver:
		return want, nil
	case m.Speaker != schemas.SpeakerAgent:
		return "", fmt.Errorf("the %s says %q in place of %q", m.Speaker, clipped(m.Text, 60), clipped(want, 60))
	}
	first := len(c.heard) == 0
	c.heard = append(c.heard, m.Text)
	if says(m.Text, want, first) {
		return want, nil
	}
	if !c.confirm {
		return "", fmt.Errorf("the agent says %q in place of %q", clipped(m.Text, 60), clipped(want, 60))
	}
	return m.Text, nil
}

// says reports whether a message is the text: the same but for white space. The
// agent's first message begins with the line that says who speaks.
func says(message, text string, first bool) bool {
	message, text = spaced(message), spaced(text)
	if first {
		return strings.HasSuffix(message, text)
	}
	return message == text
}

func (c *customer) last() string {
	if len(c.heard) == 0 {
		return ""
	}
	return c.heard[len(c.heard)-1]
}

// handedOff waits until people have the conversation.
func (c *customer) handedOff(ctx context.Context) error {
	return rig.Poll(ctx, patience, func() (bool, error) {
		now, err := c.rig.Store.ConversationSummary(ctx, c.conversation)
		return err == nil && now.Owner == schemas.OwnerQueue && now.Handoff != "", err
	})
}

// verdict is what a finished conversation holds against its story.
type verdict struct {
	texts, handoffs int
	problems        []string
}

// judge compares the stored transcript with the story: every text was sent, in
// order, once, and nothing else was said.
func (c *customer) judge(ctx context.Context) (verdict, error) {
	var v verdict
	said, err := c.transcript(ctx)
	if err != nil {
		return v, err
	}
	wanted, _ := c.story.texts()
	for i, text := range wanted {
		if i >= len(said) || !says(said[i], text, i == 0) {
			v.problems = append(v.problems, fmt.Sprintf("text %d of %d was not sent in its place: %q", i+1, len(wanted), clipped(text, 60)))
			break
		}
		v.texts++
	}
	more := said[v.texts:]
	if n := len(c.story.turns); n > 0 && c.story.turns[n-1].open() {
		more = slices.DeleteFunc(slices.Clone(more), func(text string) bool { return text == closing })
	}
	if len(more) > 0 {
		v.problems = append(v.problems, fmt.Sprintf("%d texts too many, the first: %q", len(more), clipped(more[0], 60)))
	}
	now, err := c.rig.Store.ConversationSummary(ctx, c.conversation)
	if err != nil {
		return v, err
	}
	if now.Handoff != "" || now.Owner == schemas.OwnerQueue {
		v.handoffs++
		if !c.story.handsOff() || now.Reason != schemas.ReasonSensitiveAction {
			v.problems = append(v.problems, fmt.Sprintf("it was handed over as %s", now.Reason))
		}
	}
	return v, nil
}

// transcript are the agent's texts as stored, without read-backs.
func (c *customer) transcript(ctx context.Context) ([]string, error) {
	var all []schemas.MessageShown
	after := int64(0)
	for {
		page, more, err := c.rig.Store.ConversationMessages(ctx, c.conversation, after, 200)
		if err != nil {
			return nil, err
		}
		all = append(all, page...)
		if !more {
			return spoken(all, c.confirm), nil
		}
		after = page[len(page)-1].Seq
	}
}

// spoken are the texts of the agent that have gone out. With confirm a text to
// which the customer says yes is a question of ours and left out.
func spoken(messages []schemas.MessageShown, confirm bool) []string {
	var out []string
	asked := false
	for _, m := range messages {
		switch {
		case m.Seq == 0 || m.Private:
		case m.Speaker == schemas.SpeakerAgent:
			out, asked = append(out, m.Text), true
		case m.Speaker == schemas.SpeakerCustomer:
			if confirm && asked && m.Text == yes {
				out = out[:len(out)-1]
			}
			asked = false
		}
	}
	return out
}
