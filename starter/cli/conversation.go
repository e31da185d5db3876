package cli

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"steward/schemas"
	"steward/starter/api/client"
)

func (a *app) conversation() *cobra.Command {
	cmd := &cobra.Command{
		Use: "conversation", Short: "Show conversations, take them over, reply, return and close them",
		Example: "  steward conversation list --owner queue\n  steward conversation reply conv_… --as operator \"I have sent it again.\"",
	}
	cmd.AddCommand(a.conversationList(), a.conversationShow(), a.conversationTrace(), a.conversationReply(),
		a.conversationAct("takeover", "Take a conversation over from the agent or the queue", (*client.Client).TakeOver),
		a.conversationAct("return", "Give a conversation back to the agent", (*client.Client).GiveBack),
		a.conversationAct("close", "Close a conversation", (*client.Client).Close))
	return cmd
}

func (a *app) conversationList() *cobra.Command {
	var f client.ConversationFilter
	cmd := &cobra.Command{
		Use: "list", Short: "List conversations by their latest change", Args: cobra.NoArgs,
		Example: "  steward conversation list\n  steward conversation list --owner human -o json",
		RunE: a.call(func(ctx context.Context, c *client.Client, _ []string) error {
			page, err := c.Conversations(ctx, f)
			if err != nil {
				return err
			}
			if page.NextCursor != nil {
				a.progress("more with --cursor %s", *page.NextCursor)
			}
			return a.printConversations(some(page.Items), page.Items)
		}),
	}
	cmd.Flags().StringVar((*string)(&f.Owner), "owner", "", "only those of none, agent, queue or human")
	cmd.Flags().StringVar((*string)(&f.Lifecycle), "lifecycle", "", "only open, waiting_customer, waiting_human or closed")
	cmd.Flags().IntVar(&f.Limit, "limit", 50, "how many at most, up to 200")
	cmd.Flags().StringVar(&f.Cursor, "cursor", "", "where the page before ended")
	return cmd
}

func (a *app) printConversations(value any, items []schemas.ConversationSummary) error {
	rows := table{{"CONVERSATION", "STATE", "OWNER", "WITH", "REASON", "TURNS", "UPDATED", "LAST MESSAGE"}}
	for _, c := range items {
		rows = append(rows, []string{
			string(c.ID), string(c.Lifecycle), string(c.Owner), dash(c.AssignedTo), dash(c.Reason),
			fmt.Sprint(c.Turns), when(c.UpdatedAt), c.LastText,
		})
	}
	return a.print(value, rows)
}

// transcript is what `conversation show` prints as JSON.
type transcript struct {
	schemas.ConversationShown
	Messages []schemas.MessageShown `json:"messages"`
}

func (a *app) conversationShow() *cobra.Command {
	return &cobra.Command{
		Use: "show CONVERSATION", Short: "Show a conversation with its transcript", Args: cobra.ExactArgs(1),
		Example: "  steward conversation show conv_…\n  steward conversation show conv_… -o json",
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			id := schemas.ConversationID(args[0])
			shown, err := c.Conversation(ctx, id)
			if err != nil {
				return err
			}
			messages, err := c.Messages(ctx, id)
			if err != nil {
				return err
			}
			if a.output != "table" {
				return a.print(transcript{ConversationShown: shown, Messages: some(messages)}, nil)
			}
			return a.writeTranscript(shown, messages)
		}),
	}
}

func (a *app) writeTranscript(c schemas.ConversationShown, messages []schemas.MessageShown) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s, owner %s", c.ID, c.Lifecycle, c.Owner)
	if c.AssignedTo != "" {
		fmt.Fprintf(&b, " (%s)", oneLine(c.AssignedTo))
	}
	if c.Reason != "" {
		fmt.Fprintf(&b, ", reason %s", c.Reason)
	}
	fmt.Fprintf(&b, "\nworkflow %s  %s\n\n", c.WorkflowID, c.WorkflowURL)
	for _, m := range messages {
		who := string(m.Speaker)
		if m.Name != "" {
			who += " " + oneLine(m.Name)
		}
		if m.Private {
			who += " (note)"
		}
		if m.State != "" && m.State != schemas.PartSent {
			who += " [" + string(m.State) + "]"
		}
		fmt.Fprintf(&b, "%s  %s\n%s\n", when(m.At), who, indent(harmless(m.Text)))
		for _, line := range citationLines(m.Citations) {
			b.WriteString(indent(line) + "\n")
		}
		b.WriteString("\n")
	}
	_, err := fmt.Fprint(a.o.Out, b.String())
	return err
}

func indent(text string) string { return "  " + strings.ReplaceAll(text, "\n", "\n  ") }

func (a *app) conversationReply() *cobra.Command {
	var as, key string
	cmd := &cobra.Command{
		Use: "reply CONVERSATION TEXT", Short: "Write to the customer as a person", Args: cobra.ExactArgs(2),
		Example: "  steward conversation reply conv_… --as operator \"I have sent it again.\"\n" +
			"  steward conversation reply conv_… --as operator --key 7b0d… \"Done.\"",
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			if key == "" {
				key = rand.Text()
			}
			sent, err := c.Reply(ctx, schemas.ConversationID(args[0]), schemas.NewReply{As: as, Text: args[1]}, key)
			if err != nil {
				return err
			}
			return a.print(sent, table{{"MESSAGE"}, {string(sent.ID)}})
		}),
	}
	asFlag(cmd, &as)
	cmd.Flags().StringVar(&key, "key", "", "makes the reply once, however often it is sent (default: a new one)")
	return cmd
}

func (a *app) conversationAct(use, short string, do func(*client.Client, context.Context, schemas.ConversationID, string) (schemas.ConversationSummary, error)) *cobra.Command {
	var as string
	cmd := &cobra.Command{
		Use: use + " CONVERSATION", Short: short, Args: cobra.ExactArgs(1),
		Example: "  steward conversation " + use + " conv_… --as operator\n  steward conversation list",
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			summary, err := do(c, ctx, schemas.ConversationID(args[0]), as)
			if err != nil {
				return err
			}
			return a.printConversations(summary, []schemas.ConversationSummary{summary})
		}),
	}
	asFlag(cmd, &as)
	return cmd
}
