package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"steward/schemas"
	"steward/starter/api/client"
)

func (a *app) conversationTrace() *cobra.Command {
	var turn int
	cmd := &cobra.Command{
		Use: "trace CONVERSATION", Short: "Show how the replies came about: searches, decisions, calls, what they cost", Args: cobra.ExactArgs(1),
		Example: "  steward conversation trace conv_…\n  steward conversation trace conv_… --turn 2 -o json",
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			trace, err := c.Trace(ctx, schemas.ConversationID(args[0]), turn)
			if err != nil {
				return err
			}
			if a.output != "table" {
				return a.print(trace, nil)
			}
			var b strings.Builder
			for _, t := range slices.Backward(trace.Turns) {
				writeTurn(&b, t)
			}
			_, err = fmt.Fprint(a.o.Out, b.String())
			return err
		}),
	}
	cmd.Flags().IntVar(&turn, "turn", 0, "only this turn")
	return cmd
}

// writeTurn writes one turn: what was asked, a table of its steps, what was
// said.
func writeTurn(b *strings.Builder, t schemas.TurnTrace) {
	version := fmt.Sprintf("version %d", t.Version)
	if t.Draft > 0 {
		version = fmt.Sprintf("draft %d", t.Draft)
	}
	took := ""
	if !t.Ended.IsZero() {
		took = fmt.Sprintf(", %d ms", t.Ended.Sub(t.Began).Milliseconds())
	}
	fmt.Fprintf(b, "turn %d  %s, %s%s, %s\n", t.Turn, t.State, dash(t.Kind), took, version)
	for _, q := range t.Questions {
		b.WriteString("  customer: " + oneLine(q) + "\n")
	}
	w := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	row := func(cells ...string) { _, _ = fmt.Fprintln(w, "  "+strings.Join(cells, "\t")) }
	row("STEP", "KIND", "MS", "WHAT", "DETAIL")
	for _, s := range t.Steps {
		what, detail := describeStep(s)
		row(fmt.Sprint(s.Step), string(s.Kind), fmt.Sprint(s.Millis), oneLine(what), oneLine(detail))
		for _, p := range s.Passages {
			cited := ""
			if p.Cited {
				cited = "cited"
			}
			row("", "", "", fmt.Sprintf("S%d %.3f %s", p.Number, p.Score, oneLine(p.Title)), cited)
		}
		for _, u := range s.Usage {
			row("", "", "", fmt.Sprintf("%s: %d in, %d cached, %d out", oneLine(u.Engine), u.Input, u.Cached, u.Output), dash(u.Failed))
		}
	}
	_ = w.Flush()
	if len(t.Violations) > 0 {
		b.WriteString("  rules broken: " + oneLine(strings.Join(t.Violations, ", ")) + "\n")
	}
	for _, r := range t.Replies {
		b.WriteString("  agent: " + oneLine(r.Text) + "\n")
	}
	b.WriteString("\n")
}

func describeStep(s schemas.TraceStep) (what, detail string) {
	switch {
	case s.Run != nil:
		var args []string
		for _, name := range slices.Sorted(maps.Keys(s.Run.Arguments)) {
			args = append(args, name+"="+compact(s.Run.Arguments[name]))
		}
		what = s.Run.Action + "(" + strings.Join(args, ", ") + ")"
		detail = strings.TrimSpace(string(s.Run.State) + " " + s.Run.Error)
		if s.Run.Gate != "" {
			detail += ", gate " + s.Run.Gate
		}
		if s.Run.Confirmed {
			detail += ", confirmed"
		}
		if s.Run.Test {
			detail += ", test"
		}
	case s.Decision != nil:
		what = string(s.Decision.Kind)
		if len(s.Decision.Calls) > 0 {
			what += " " + strings.Join(s.Decision.Calls, ", ")
		}
		detail = s.Decision.Engine + ", prompt " + dash(s.Prompt)
		if s.Decision.NotFound {
			detail += ", not found"
		}
		if len(s.Decision.Violations) > 0 {
			detail += ", broke " + strings.Join(s.Decision.Violations, ", ")
		}
	case s.Kind == schemas.TraceSearch:
		what, detail = s.Query, fmt.Sprintf("%d passages", len(s.Passages))
	default:
		what = "no decision"
	}
	return what, detail
}

func compact(raw json.RawMessage) string {
	if raw == nil {
		return "null"
	}
	return string(raw)
}
