package cli

import (
	"context"

	"github.com/spf13/cobra"

	"steward/schemas"
	"steward/starter/api/client"
)

func (a *app) approval() *cobra.Command {
	cmd := &cobra.Command{
		Use: "approval", Short: "Show and decide what the agent may do only with a person's yes",
		Example: "  steward approval list\n  steward approval approve pend_… --as operator",
	}
	cmd.AddCommand(a.approvalList(),
		a.approvalAct("approve", "Let an action run or a reply go out", (*client.Client).Approve),
		a.approvalAct("refuse", "Stop an action or a reply; the customer hears so", (*client.Client).Refuse))
	return cmd
}

func (a *app) approvalList() *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use: "list", Short: "List what waits for a decision, newest first", Args: cobra.NoArgs,
		Example: "  steward approval list\n  steward approval list --all -o jsonl",
		RunE: a.call(func(ctx context.Context, c *client.Client, _ []string) error {
			requests, err := c.Approvals(ctx, all)
			if err != nil {
				return err
			}
			return a.print(some(requests), approvalTable(requests))
		}),
	}
	cmd.Flags().BoolVar(&all, "all", false, "also those that are decided")
	return cmd
}

func approvalTable(requests []schemas.ApprovalRequest) table {
	rows := table{{"REQUEST", "KIND", "STATE", "OVERDUE", "UNTIL", "CONVERSATION", "WHAT"}}
	for _, r := range requests {
		overdue := "no"
		if r.Overdue {
			overdue = "yes"
		}
		rows = append(rows, []string{
			string(r.ID), string(r.Kind), string(r.State), overdue, when(r.Deadline), string(r.Conversation), r.Text,
		})
	}
	return rows
}

func (a *app) approvalAct(use, short string, do func(*client.Client, context.Context, schemas.PendingID, schemas.ApprovalDecision) (schemas.ApprovalRequest, error)) *cobra.Command {
	var d schemas.ApprovalDecision
	cmd := &cobra.Command{
		Use: use + " REQUEST", Short: short, Args: cobra.ExactArgs(1),
		Example: "  steward approval " + use + " pend_… --as operator\n  steward approval list",
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			r, err := do(c, ctx, schemas.PendingID(args[0]), d)
			if err != nil {
				return err
			}
			return a.print(r, approvalTable([]schemas.ApprovalRequest{r}))
		}),
	}
	asFlag(cmd, &d.As)
	cmd.Flags().StringVar(&d.Note, "note", "", "why, for the team")
	return cmd
}
