package cli

import (
	"context"

	"github.com/spf13/cobra"

	"steward/schemas"
	"steward/starter/api/client"
)

func (a *app) handoff() *cobra.Command {
	cmd := &cobra.Command{
		Use: "handoff", Short: "Show and accept what waits for people",
		Example: "  steward handoff list\n  steward handoff accept hand_… --as operator",
	}
	cmd.AddCommand(a.handoffList(), a.handoffShow(),
		a.handoffAct("accept", "Take a handoff's conversation", (*client.Client).AcceptHandoff),
		a.handoffAct("decline", "Decline an offer; the next in line is asked", (*client.Client).DeclineHandoff))
	return cmd
}

func (a *app) handoffList() *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use: "list", Short: "List the live handoffs, newest first", Args: cobra.NoArgs,
		Example: "  steward handoff list\n  steward handoff list --all -o jsonl",
		RunE: a.call(func(ctx context.Context, c *client.Client, _ []string) error {
			offers, err := c.Handoffs(ctx, all)
			if err != nil {
				return err
			}
			rows := table{{"HANDOFF", "STATE", "REASON", "OFFERED TO", "ACCEPTED BY", "CREATED", "CONVERSATION", "SUMMARY"}}
			for _, o := range offers {
				rows = append(rows, []string{
					string(o.Handoff), handoffState(o), string(o.Reason), dash(o.OfferedTo), dash(o.AcceptedBy),
					when(o.CreatedAt), string(o.Conversation), o.Summary,
				})
			}
			return a.print(some(offers), rows)
		}),
	}
	cmd.Flags().BoolVar(&all, "all", false, "also those that are over")
	return cmd
}

// handoffState is the state of a handoff in a list; a task is one that the agent still
// works on.
func handoffState(o schemas.Offer) string {
	if o.Task {
		return "task"
	}
	return string(o.State)
}

func (a *app) handoffShow() *cobra.Command {
	return &cobra.Command{
		Use: "show HANDOFF", Short: "Show a handoff with its summary and where it went", Args: cobra.ExactArgs(1),
		Example: "  steward handoff show hand_…\n  steward handoff show hand_… -o json",
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			h, err := c.Handoff(ctx, schemas.HandoffID(args[0]))
			if err != nil {
				return err
			}
			return a.print(h, shownHandoff(h))
		}),
	}
}

// shownHandoff are the fields of a handoff one below the other.
func shownHandoff(h schemas.HandoffShown) table {
	rows := table{
		{"FIELD", "VALUE"},
		{"handoff", string(h.Handoff)},
		{"conversation", string(h.Conversation)},
		{"state", string(h.State)},
		{"reason", string(h.Reason)},
		{"priority", string(h.Priority)},
		{"timing", dash(string(h.Timing))},
		{"rule", dash(h.Rule)},
		{"team", dash(string(h.Team))},
		{"asked", string(h.Tier)},
		{"offered to", dash(h.OfferedTo)},
		{"accepted by", dash(h.AcceptedBy)},
	}
	if b := h.Brief; b != nil {
		rows = append(rows, []string{"summary by", string(b.By)}, []string{"problem", dash(b.Problem)})
		for _, t := range b.Tried {
			rows = append(rows, []string{"tried", t})
		}
		for _, q := range b.Asked {
			rows = append(rows, []string{"open question", q})
		}
		for _, d := range b.DataCollected {
			rows = append(rows, []string{"given", d.Name + ": " + d.Value})
		}
		rows = append(rows, []string{"suggested", dash(b.SuggestedNext)})
	}
	for _, d := range h.Desks {
		rows = append(rows, []string{"destination", d.Name + ": " + d.State + " " + dash(d.URL)})
	}
	return rows
}

func (a *app) handoffAct(use, short string, do func(*client.Client, context.Context, schemas.HandoffID, string) (schemas.ConversationSummary, error)) *cobra.Command {
	var as string
	cmd := &cobra.Command{
		Use: use + " HANDOFF", Short: short, Args: cobra.ExactArgs(1),
		Example: "  steward handoff " + use + " hand_… --as operator\n  steward handoff list",
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			summary, err := do(c, ctx, schemas.HandoffID(args[0]), as)
			if err != nil {
				return err
			}
			return a.printConversations(summary, []schemas.ConversationSummary{summary})
		}),
	}
	asFlag(cmd, &as)
	return cmd
}

// asFlag adds the name of the person who acts, which is required.
func asFlag(cmd *cobra.Command, as *string) {
	cmd.Flags().StringVar(as, "as", "", "name or id of the team member who acts (required)")
	_ = cmd.MarkFlagRequired("as")
}
