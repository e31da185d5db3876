package main

import (
	"io"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"steward/starter/cli"
)

// TestExamples: every command shows two examples or more, and each is a call of
// a command that there is, with flags it has.
func TestExamples(t *testing.T) {
	t.Parallel()
	tree := func() *cobra.Command {
		return commands(cli.Options{
			Version: "test", In: strings.NewReader(""), Out: io.Discard, Err: io.Discard, Getenv: func(string) string { return "" },
		})
	}
	seen := 0
	var visit func(c *cobra.Command)
	visit = func(c *cobra.Command) {
		if c.Name() == "help" || c.Name() == "completion" {
			return
		}
		seen++
		lines := strings.Split(strings.TrimSpace(c.Example), "\n")
		if len(lines) < 2 || c.Short == "" || strings.HasSuffix(c.Short, ".") {
			t.Errorf("%s has %d examples and says %q", c.CommandPath(), len(lines), c.Short)
		}
		for _, line := range lines {
			for call := range strings.SplitSeq(line, " && ") {
				checkExample(t, tree(), c, call)
			}
		}
		for _, sub := range c.Commands() {
			visit(sub)
		}
	}
	visit(tree())
	if seen < 60 {
		t.Errorf("only %d commands were looked at", seen)
	}
}

func checkExample(t *testing.T, root *cobra.Command, c *cobra.Command, line string) {
	t.Helper()
	_, call, ok := strings.Cut(" "+strings.TrimSpace(line), " steward ")
	if !ok {
		if !strings.HasSuffix(line, "steward") && !strings.Contains(line, "steward-worker") {
			t.Errorf("%s: the example %q calls nothing of ours", c.CommandPath(), line)
		}
		return
	}
	cmd, rest, err := root.Find(strings.Fields(call))
	if err != nil || cmd == root {
		t.Errorf("%s: the example %q is no command: %v", c.CommandPath(), line, err)
		return
	}
	for _, arg := range rest {
		name, isFlag := strings.CutPrefix(arg, "--")
		name, _, _ = strings.Cut(name, "=")
		if isFlag && name != "help" && cmd.Flag(name) == nil {
			t.Errorf("%s: the example %q has the flag --%s, which %s has not", c.CommandPath(), line, name, cmd.CommandPath())
		}
	}
}
