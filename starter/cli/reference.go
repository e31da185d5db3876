package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Reference renders the whole command tree as Markdown, for the docs.
func Reference(root *cobra.Command) string {
	var b strings.Builder
	b.WriteString("# Commands\n\nWritten from the program by `make generate`. `steward <command> --help` says the same.\n\n")
	b.WriteString("Data goes to standard output, progress and errors to standard error. `-o json` and `-o jsonl` are for programs.\n\n")
	b.WriteString("| exit code | meaning |\n|---|---|\n")
	for _, c := range []struct {
		code    int
		meaning string
	}{
		{0, "done"},
		{1, "failed"},
		{2, "wrong usage"},
		{3, "not found"},
		{4, "not allowed"},
		{5, "conflict"},
		{6, "not valid"},
		{7, "not available, or timed out"},
		{8, "finished with warnings"},
		{130, "interrupted"},
	} {
		fmt.Fprintf(&b, "| %d | %s |\n", c.code, c.meaning)
	}
	describe(&b, root)
	return b.String()
}

// describe renders a command and what is below it.
func describe(b *strings.Builder, c *cobra.Command) {
	if c.Hidden || c.Name() == "help" || c.Name() == "completion" {
		return
	}
	fmt.Fprintf(b, "\n## %s\n\n%s.\n", c.CommandPath(), strings.TrimSuffix(c.Short, "."))
	if c.Long != "" {
		fmt.Fprintf(b, "\n%s\n", strings.TrimSpace(c.Long))
	}
	if c.Runnable() && !c.HasSubCommands() {
		fmt.Fprintf(b, "\n```\n%s\n```\n", c.UseLine())
	}
	if c.Example != "" {
		fmt.Fprintf(b, "\n```\n%s\n```\n", strings.ReplaceAll(strings.TrimSpace(c.Example), "\n  ", "\n"))
	}
	flags := c.LocalFlags()
	if flags.HasAvailableFlags() {
		b.WriteString("\n| flag | meaning | default |\n|---|---|---|\n")
		flags.VisitAll(func(f *pflag.Flag) {
			if f.Hidden || f.Name == "help" {
				return
			}
			name := "--" + f.Name
			if f.Shorthand != "" {
				name = "-" + f.Shorthand + ", " + name
			}
			fmt.Fprintf(b, "| `%s` | %s | %s |\n", name, strings.ReplaceAll(f.Usage, "|", "\\|"), f.DefValue)
		})
	}
	for _, sub := range c.Commands() {
		describe(b, sub)
	}
}
