package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"steward/schemas"
	"steward/starter/api/client"
)

func (a *app) evalPast() *cobra.Command {
	var in schemas.NewEvalPast
	var wait bool
	cmd := &cobra.Command{
		Use: "past", Short: "Play past conversations again with the draft, or a published version, and show what differs", Args: cobra.NoArgs,
		Long: "Play past conversations again with the draft, or a published version, as previews, and show what differs.\n" +
			"Calls get the results that they had then: no other system is called, nothing is sent, written or counted.\n" +
			"Played are the newest conversations that began in the time and that the agent has answered. Differences are\n" +
			"no failures: the exit code says nothing about them.",
		Example: "  steward eval past --wait\n  steward eval past --days 14 --limit 200 --version 3 --wait",
		RunE: a.call(func(ctx context.Context, c *client.Client, _ []string) error {
			run, err := c.RunPast(ctx, in)
			if err != nil {
				return err
			}
			if !wait {
				return a.printRuns(run, []schemas.EvalRunSummary{run})
			}
			return a.awaitRun(ctx, c, run.ID)
		}),
	}
	cmd.Flags().IntVar(&in.Version, "version", 0, "a published version (default: the draft as it is now)")
	cmd.Flags().IntVar(&in.Days, "days", schemas.PastDays, "how far back conversations may have begun, up to 90 days")
	cmd.Flags().IntVar(&in.Limit, "limit", schemas.PastCases, "how many are played, the newest, up to 1000")
	cmd.Flags().BoolVar(&wait, "wait", false, "wait for the end and show what differs")
	return cmd
}

// pastRows are the differences of a run, with what was and what is now, and the
// totals.
func pastRows(r schemas.EvalRunShown) table {
	rows := table{{""}, {"CONVERSATION", "TURN", "QUESTION", "DIFFERS IN", "WAS", "NOW", "PREVIEW"}}
	for _, t := range r.Results {
		asked := map[int]string{}
		if t.Was != nil {
			for _, turn := range t.Was.Turns {
				asked[turn.Turn] = turn.Question
			}
		}
		if t.Passed() {
			rows = append(rows, []string{t.Case, "", "", "same", "", "", string(t.Conversation)})
		}
		for _, f := range t.Failures {
			rows = append(rows, []string{
				t.Case, fmt.Sprint(f.Turn), asked[f.Turn], f.Field, f.Want, f.Got, string(t.Conversation),
			})
		}
	}
	rows = append(rows, []string{""}, []string{"DIFFERENCE", "TURNS", "CONVERSATIONS"})
	for _, t := range r.Totals {
		rows = append(rows, []string{string(t.Difference), fmt.Sprint(t.Turns), fmt.Sprint(t.Conversations)})
	}
	return rows
}
