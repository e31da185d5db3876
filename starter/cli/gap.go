package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"steward/schemas"
	"steward/starter/api/client"
)

func (a *app) gap() *cobra.Command {
	cmd := &cobra.Command{
		Use: "gap", Short: "Show and close the questions that the content does not answer",
		Example: "  steward gap list\n  steward gap close gap_… --answer \"We ship to Norway in five days.\"",
	}
	cmd.AddCommand(a.gapList(), a.gapShow(), a.gapClose(), a.gapReopen())
	return cmd
}

func (a *app) gapList() *cobra.Command {
	var state string
	cmd := &cobra.Command{
		Use: "list", Short: "List the gaps, those asked most first", Args: cobra.NoArgs,
		Long:    "List the gaps, those asked most first.\nA question shows up within a minute after it was asked.",
		Example: "  steward gap list\n  steward gap list --state all -o json",
		RunE: a.call(func(ctx context.Context, c *client.Client, _ []string) error {
			gaps, err := c.Gaps(ctx, state)
			if err != nil {
				return err
			}
			return a.printGaps(some(gaps), gaps)
		}),
	}
	cmd.Flags().StringVar(&state, "state", "open", "open, closed or all")
	return cmd
}

func (a *app) printGaps(value any, gaps []schemas.Gap) error {
	rows := table{{"GAP", "STATE", "ASKED", "REASON", "LANGUAGES", "LAST", "SOURCE", "QUESTION"}}
	for _, g := range gaps {
		rows = append(rows, []string{
			string(g.ID), string(g.State), fmt.Sprint(g.Count), string(g.Reason), dash(strings.Join(g.Languages, " ")),
			when(g.LastSeen), dash(g.Source), g.Question,
		})
	}
	return a.print(value, rows)
}

func (a *app) gapShow() *cobra.Command {
	return &cobra.Command{
		Use: "show GAP", Short: "Show a gap with its latest questions and who hears of an answer", Args: cobra.ExactArgs(1),
		Example: "  steward gap show gap_…\n  steward gap show gap_… -o json",
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			g, err := c.Gap(ctx, schemas.GapID(args[0]))
			if err != nil {
				return err
			}
			return a.printGap(g)
		}),
	}
}

func (a *app) printGap(g schemas.GapShown) error {
	if a.output != "table" {
		return a.print(g, nil)
	}
	if err := a.printGaps(nil, []schemas.Gap{g.Gap}); err != nil {
		return err
	}
	rows := table{{""}, {"ASKED", "CONVERSATION", "TURN", "REASON", "EMAIL", "AGREED", "TOLD", "QUESTION"}}
	for _, q := range g.Asks {
		known := "no"
		if q.EmailKnown {
			known = "yes"
		}
		rows = append(rows, []string{
			when(q.AskedAt), string(q.Conversation), fmt.Sprint(q.Turn), string(q.Reason), known, dash(q.Answer), dash(q.Told), q.Question,
		})
	}
	return a.print(g, rows)
}

func (a *app) gapClose() *cobra.Command {
	var in schemas.CloseGap
	cmd := &cobra.Command{
		Use: "close GAP", Short: "Close a gap by a short answer, by a source that answers it, or without an answer", Args: cobra.ExactArgs(1),
		Long: "Close a gap by a short answer, by a source that answers it, or without an answer.\n" +
			"Customers who asked and agreed to hear of it are told once, in their conversation or by email.",
		Example: "  steward gap close gap_… --answer \"We ship to Norway in five days.\"\n  steward gap close gap_… --source src_… --tell \"See our new page.\"",
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			if in.Answer != "" && in.Source != "" {
				return &usageError{text: "give --answer or --source, not both"}
			}
			g, err := c.CloseGap(ctx, schemas.GapID(args[0]), in)
			if err != nil {
				return err
			}
			return a.printGap(g)
		}),
	}
	cmd.Flags().StringVar(&in.Answer, "answer", "", "becomes a short answer in the content")
	cmd.Flags().StringVar(&in.Question, "question", "", "the question that it answers (default: the gap's own)")
	cmd.Flags().StringVar((*string)(&in.Source), "source", "", "the source that answers it")
	cmd.Flags().StringVar(&in.Tell, "tell", "", "what those who asked are written (default: the answer, or the source's public address)")
	return cmd
}

func (a *app) gapReopen() *cobra.Command {
	return &cobra.Command{
		Use: "reopen GAP", Short: "Open a closed gap again", Args: cobra.ExactArgs(1),
		Example: "  steward gap reopen gap_…\n  steward gap list --state closed",
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			g, err := c.ReopenGap(ctx, schemas.GapID(args[0]))
			if err != nil {
				return err
			}
			return a.printGap(g)
		}),
	}
}
