package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"steward/schemas"
)

func (a *app) chat() *cobra.Command {
	var once, channel, email string
	var timeout time.Duration
	cmd := &cobra.Command{
		Use: "chat", Short: "Talk to the agent as a customer, over the public widget API", Args: cobra.NoArgs,
		Long:    "Talk to the agent as a customer, over the public widget API.\nCommands inside: /email ADDRESS, /rate 1-5, /end, /quit.",
		Example: "  steward chat\n  steward chat --once \"How long do I have to return an order?\"",
		RunE: func(cmd *cobra.Command, _ []string) error {
			key, err := a.channelKey(cmd.Context(), channel)
			if err != nil {
				return err
			}
			v, session, err := openVisitor(cmd.Context(), a.address(), key)
			if err != nil {
				return err
			}
			if email != "" {
				if err := v.send(cmd.Context(), http.MethodPut, "/email", map[string]string{"email": email}, nil); err != nil {
					return err
				}
			}
			if once != "" {
				return a.ask(cmd.Context(), v, once, timeout)
			}
			return a.talk(cmd.Context(), v, session)
		},
	}
	cmd.Flags().StringVar(&once, "once", "", "ask this, print the answer and end")
	cmd.Flags().DurationVar(&timeout, "timeout", time.Minute, "how long to wait for the answer, with --once")
	cmd.Flags().StringVar(&channel, "channel", "", "public key of the live-chat channel (default: the one of this deployment)")
	cmd.Flags().StringVar(&email, "email", "", "the customer's email address")
	return cmd
}

// channelKey is the public key of the channel: given, left by a server on this
// machine, or asked of the API.
func (a *app) channelKey(ctx context.Context, given string) (string, error) {
	if given != "" {
		return given, nil
	}
	if u := a.local(); u.Channel != "" && u.URL == a.address() {
		return u.Channel, nil
	}
	c, err := a.client()
	if err != nil {
		return "", &usageError{text: err.Error()}
	}
	info, err := c.Info(ctx)
	return info.Channel, err
}

// write sends a message and returns its place in the transcript.
func (v *visitor) write(ctx context.Context, text string) (int64, error) {
	var got struct {
		Seq int64 `json:"seq"`
	}
	err := v.send(ctx, http.MethodPost, "/messages", map[string]string{
		"client_message_id": uuid.NewString(), "text": text,
	}, &got)
	return got.Seq, err
}

// ask sends one message and prints what comes back first.
func (a *app) ask(ctx context.Context, v *visitor, text string, timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if _, err := v.write(ctx, text); err != nil {
		return err
	}
	var answer chatMessage
	err := v.events(ctx, func(e event) error {
		if e.name != "message" {
			return nil
		}
		var m chatMessage
		if err := json.Unmarshal(e.data, &m); err != nil {
			return fmt.Errorf("read message: %w", err)
		}
		if m.Speaker == schemas.SpeakerCustomer {
			return nil
		}
		answer = m
		return errDone
	})
	if errors.Is(err, context.DeadlineExceeded) {
		return &timeoutError{text: "no answer came in time"}
	}
	if err != nil {
		return err
	}
	if a.output != "table" {
		return a.print(answer, nil)
	}
	_, err = fmt.Fprintln(a.o.Out, messageText(answer))
	return err
}

// messageText is a message with its citations as `[1] title url`.
func messageText(m chatMessage) string {
	return strings.Join(append([]string{harmless(m.Text)}, citationLines(m.Citations)...), "\n")
}

func citationLines(citations []schemas.Citation) []string {
	var out []string
	for _, c := range citations {
		out = append(out, strings.TrimSpace(fmt.Sprintf("[%d] %s %s", c.Number, harmless(c.Title), harmless(c.URL))))
	}
	return out
}

// talk is the conversation until its input ends.
func (a *app) talk(ctx context.Context, v *visitor, session opened) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	a.progress("%s · %s · %s", session.Agent.Name, first(session.State.Label, "the team answers"), "/quit to leave")
	shown := make(chan error, 1)
	// The stream has a visitor of its own, because it remembers its place.
	listening := *v
	go func() { shown <- listening.events(ctx, a.show(session.State)) }()
	input := make(chan string)
	go func() {
		defer close(input)
		lines := bufio.NewScanner(a.o.In)
		for lines.Scan() {
			select {
			case input <- lines.Text():
			case <-ctx.Done():
				return
			}
		}
	}()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-shown:
			return err
		case line, ok := <-input:
			if !ok || strings.TrimSpace(line) == "/quit" {
				return nil
			}
			if err := a.say(ctx, v, strings.TrimSpace(line)); err != nil {
				a.progress("%s", err)
			}
		}
	}
}

// say sends a line, or does what its command says.
func (a *app) say(ctx context.Context, v *visitor, line string) error {
	word, rest, _ := strings.Cut(line, " ")
	switch word {
	case "":
		return nil
	case "/email":
		return v.send(ctx, http.MethodPut, "/email", map[string]string{"email": strings.TrimSpace(rest)}, nil)
	case "/end":
		return v.send(ctx, http.MethodPost, "/end", struct{}{}, nil)
	case "/rate":
		var n int
		if _, err := fmt.Sscan(rest, &n); err != nil {
			return errors.New("a rating is a number from 1 to 5")
		}
		return v.send(ctx, http.MethodPost, "/csat", map[string]int{"rating": n}, nil)
	}
	_, err := v.write(ctx, line)
	return err
}

// show prints what happens: messages as data, everything else beside it.
func (a *app) show(was chatState) func(event) error {
	return func(e event) error {
		switch e.name {
		case "message":
			var m chatMessage
			if err := json.Unmarshal(e.data, &m); err != nil {
				return fmt.Errorf("read message: %w", err)
			}
			if m.Speaker == schemas.SpeakerCustomer {
				return nil
			}
			if a.output != "table" {
				return a.lines(m)
			}
			if _, err := fmt.Fprintf(a.o.Out, "%s: %s\n", oneLine(m.Name), messageText(m)); err != nil {
				return err
			}
			if m.AskEmail {
				a.progress("(answer with /email you@example.com)")
			}
		case "typing":
			if strings.Contains(string(e.data), "true") {
				a.progress("…")
			}
		case "state":
			var now chatState
			if err := json.Unmarshal(e.data, &now); err != nil {
				return fmt.Errorf("read state: %w", err)
			}
			a.showState(was, now)
			was = now
		}
		return nil
	}
}

func (a *app) showState(was, now chatState) {
	switch {
	case now.Owner == was.Owner && now.Human == was.Human && now.Lifecycle == was.Lifecycle:
	case now.Lifecycle == schemas.LifecycleClosed:
		a.progress("(the conversation is closed)")
	case now.Human != "" && now.Human != was.Human:
		a.progress("(you are talking with %s)", oneLine(now.Human))
	case now.Owner == schemas.OwnerQueue && was.Owner != schemas.OwnerQueue:
		a.progress("(waiting for a person)")
	case now.Owner == schemas.OwnerAgent && was.Owner == schemas.OwnerHuman:
		a.progress("(the agent answers again)")
	}
}
