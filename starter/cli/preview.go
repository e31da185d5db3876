package cli

import (
	"bufio"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"steward/schemas"
	"steward/starter/api/client"
)

// trying is one preview on the command line.
type trying struct {
	client       *client.Client
	conversation schemas.ConversationID
	timeout      time.Duration
	// seen is the number of the last message that was shown.
	seen int64
	// trace shows how each reply came about.
	trace bool
}

func (a *app) preview() *cobra.Command {
	var in schemas.NewPreview
	var once string
	t := trying{}
	var quiet bool
	cmd := &cobra.Command{
		Use: "preview", Short: "Try the draft as a customer: nothing is sent, written or counted", Args: cobra.NoArgs,
		Long: "Try the draft, or a published version, as a customer: nothing is sent, written or counted.\n" +
			"Actions that read are made, those that change something are not. Each reply shows how it came about.\n" +
			"Leave with /quit; a preview ends an hour after its last message.",
		Example: "  steward preview\n  steward preview --version 3 --once \"How long do I have to return an order?\"",
		RunE: a.call(func(ctx context.Context, c *client.Client, _ []string) error {
			started, err := c.StartPreview(ctx, in)
			if err != nil {
				return err
			}
			t.client, t.conversation, t.trace = c, started.Conversation, !quiet
			if once != "" {
				return a.try(ctx, &t, once)
			}
			return a.tryLines(ctx, &t)
		}),
	}
	f := cmd.Flags()
	f.IntVar(&in.Version, "version", 0, "a published version (default: the draft)")
	f.StringVar((*string)(&in.Channel), "channel", "", "the kind of channel whose settings hold (default live_chat)")
	f.StringVar(&in.Locale, "locale", "", "the language of the customer's browser, such as it")
	f.StringVar((*string)(&in.Identity), "identity", "", "how well the customer is known (default anonymous)")
	f.StringVar(&in.Email, "email", "", "the customer's address")
	f.StringVar(&once, "once", "", "write this, print the reply and end")
	f.DurationVar(&t.timeout, "timeout", 2*time.Minute, "how long to wait for a reply")
	f.BoolVar(&quiet, "no-trace", false, "do not show how replies came about")
	return cmd
}

func (a *app) tryLines(ctx context.Context, t *trying) error {
	a.progress("preview %s · /quit to leave", t.conversation)
	lines := bufio.NewScanner(a.o.In)
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		switch line {
		case "":
			continue
		case "/quit":
			return nil
		}
		if err := a.try(ctx, t, line); err != nil {
			return err
		}
	}
	return lines.Err()
}

// previewPoll is the pause between two looks at a preview.
const previewPoll = 200 * time.Millisecond

// try writes one message, waits for what comes of it and shows it.
func (a *app) try(ctx context.Context, t *trying, text string) error {
	ctx, cancel := context.WithTimeout(ctx, t.timeout)
	defer cancel()
	got, err := t.client.WritePreview(ctx, t.conversation, schemas.PreviewMessage{Text: text})
	if err != nil {
		return err
	}
	t.seen = max(t.seen, got.Seq)
	for {
		c, err := t.client.Conversation(ctx, t.conversation)
		if err != nil {
			return err
		}
		if c.Lifecycle != schemas.LifecycleOpen {
			return a.showTried(ctx, t, c)
		}
		select {
		case <-ctx.Done():
			return &timeoutError{text: "no reply came in time; is a worker running?"}
		case <-time.After(previewPoll):
		}
	}
}

func (a *app) showTried(ctx context.Context, t *trying, c schemas.ConversationShown) error {
	messages, err := t.client.Messages(ctx, t.conversation)
	if err != nil {
		return err
	}
	for _, m := range messages {
		if m.Seq <= t.seen || m.Speaker == schemas.SpeakerCustomer {
			continue
		}
		t.seen = m.Seq
		if a.output != "table" {
			if err := a.lines(m); err != nil {
				return err
			}
			continue
		}
		text := strings.Join(append([]string{harmless(m.Text)}, citationLines(m.Citations)...), "\n")
		if _, err := fmt.Fprintf(a.o.Out, "%s: %s\n", oneLine(m.Name), text); err != nil {
			return err
		}
	}
	if c.Owner == schemas.OwnerQueue {
		a.progress("(people would have it now: %s)", dash(c.Reason))
	}
	if !t.trace || a.output != "table" || c.Turns == 0 {
		return nil
	}
	trace, err := t.client.Trace(ctx, t.conversation, c.Turns)
	if err != nil {
		return err
	}
	var b strings.Builder
	for _, turn := range trace.Turns {
		writeTurn(&b, turn)
	}
	a.progress("%s", strings.TrimRight(b.String(), "\n"))
	return nil
}
