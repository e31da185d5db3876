package cli

import (
	"context"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"steward/schemas"
	"steward/starter/api/client"
)

func (a *app) agent() *cobra.Command {
	cmd := &cobra.Command{
		Use: "agent", Short: "Show the agent and switch, pause or resume it",
		Example: "  steward agent status\n  steward agent pause --for 2h --reason \"wrong prices in the content\"",
	}
	cmd.AddCommand(&cobra.Command{
		Use: "status", Short: "Show the switch, the pauses and the published version", Args: cobra.NoArgs,
		Example: "  steward agent status\n  steward agent status -o json",
		RunE: a.call(func(ctx context.Context, c *client.Client, _ []string) error {
			state, err := c.Agent(ctx)
			if err != nil {
				return err
			}
			return a.printAgent(state)
		}),
	}, a.agentSwitch("on", true), a.agentSwitch("off", false), a.agentPause(), a.agentResume())
	return cmd
}

func (a *app) agentSwitch(use string, on bool) *cobra.Command {
	var reason string
	short := "Let the agent take new conversations"
	if !on {
		short = "Let the agent take no new conversations; it goes on with those it has"
	}
	cmd := &cobra.Command{
		Use: use, Short: short, Args: cobra.NoArgs,
		Example: "  steward agent " + use + "\n  steward agent " + use + " --reason \"holidays\"",
		RunE: a.call(func(ctx context.Context, c *client.Client, _ []string) error {
			return a.commanded(c.Assign(ctx, schemas.Assignment{On: on, Reason: reason}))
		}),
	}
	cmd.Flags().StringVar(&reason, "reason", "", "why, for the others")
	return cmd
}

func scopeFlags(cmd *cobra.Command, in *schemas.PauseInput) {
	cmd.Flags().StringVar((*string)(&in.Scope), "scope", "agent", "agent, channel or conversation")
	cmd.Flags().StringVar(&in.Target, "target", "", "the kind of channel or the conversation's id")
}

func (a *app) agentPause() *cobra.Command {
	var in schemas.PauseInput
	var until string
	var lasting time.Duration
	cmd := &cobra.Command{
		Use: "pause", Short: "Stop the agent at once; open questions go to people", Args: cobra.NoArgs,
		Example: "  steward agent pause --for 2h\n  steward agent pause --scope conversation --target conv_…",
		RunE: a.call(func(ctx context.Context, c *client.Client, _ []string) error {
			if until != "" && lasting != 0 {
				return &usageError{text: "give --until or --for, not both"}
			}
			if until != "" {
				t, err := time.Parse(time.RFC3339, until)
				if err != nil {
					return &usageError{text: "--until is a time such as 2026-01-31T09:00:00Z"}
				}
				in.Until = t.UTC()
			}
			if lasting < 0 {
				return &usageError{text: "--for is a length of time such as 2h"}
			}
			if lasting > 0 {
				in.Until = time.Now().Add(lasting).UTC().Truncate(time.Second)
			}
			return a.commanded(c.Pause(ctx, in))
		}),
	}
	scopeFlags(cmd, &in)
	cmd.Flags().StringVar(&until, "until", "", "when it ends by itself, such as 2026-01-31T09:00:00Z")
	cmd.Flags().DurationVar(&lasting, "for", 0, "after what time it ends by itself, such as 2h")
	cmd.Flags().StringVar(&in.Reason, "reason", "", "why, for the others")
	return cmd
}

func (a *app) agentResume() *cobra.Command {
	var in schemas.PauseInput
	cmd := &cobra.Command{
		Use: "resume", Short: "End pauses: all of them, or that of a scope", Args: cobra.NoArgs,
		Example: "  steward agent resume\n  steward agent resume --scope channel --target live_chat",
		RunE: a.call(func(ctx context.Context, c *client.Client, _ []string) error {
			return a.commanded(c.Resume(ctx, in))
		}),
	}
	scopeFlags(cmd, &in)
	return cmd
}

// commanded shows the state after a command, and says when it is not there yet.
func (a *app) commanded(r client.AgentCommand, err error) error {
	if err != nil {
		return err
	}
	if err := a.printAgent(r.State); err != nil {
		return err
	}
	if !r.Applied {
		return &warningError{text: "the command is on its way and takes effect as soon as a worker runs"}
	}
	return nil
}

func (a *app) printAgent(s schemas.AgentShown) error {
	onOff := "off"
	if s.On {
		onOff = "on"
	}
	rows := table{{"AGENT", "SWITCH", "PAUSED", "TARGET", "UNTIL", "VERSION", "REASON"}}
	if len(s.Pauses) == 0 {
		rows = append(rows, []string{s.Name, onOff, "no", "-", "-", strconv.Itoa(s.Published), dash(s.Reason)})
	}
	for _, p := range s.Pauses {
		rows = append(rows, []string{s.Name, onOff, string(p.Scope), dash(p.Target), when(p.Until), strconv.Itoa(s.Published), dash(p.Reason)})
	}
	return a.print(s, rows)
}
