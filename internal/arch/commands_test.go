package arch

import (
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"steward/starter/cli"
)

// inDocuments is a call of our command in code of a page.
var inDocuments = regexp.MustCompile(`(?:bin/|exec server /)steward ([a-z][^|&;\n` + "`" + `]*)`)

// wiringCommands are the commands that live beside main, where no test of
// another package can call them; their words are read from the source.
func wiringCommands() []string { return []string{"dev", "serve", "migrate", "doctor", "healthcheck"} }

// TestCommandsInDocuments: every command of a page is one, with flags it has.
func TestCommandsInDocuments(t *testing.T) {
	t.Parallel()
	found := 0
	for _, page := range documents(t) {
		text := strings.ReplaceAll(read(t, page), "\n", " \n")
		code := append(codeFence.FindAllString(text, -1), regexp.MustCompile("`[^`]+`").FindAllString(text, -1)...)
		for _, c := range code {
			for _, m := range inDocuments.FindAllStringSubmatch(c, -1) {
				found++
				checkCommand(t, page, strings.Fields(m[1]))
			}
		}
	}
	if found < 15 {
		t.Errorf("found only %d commands in the documents", found)
	}
}

func checkCommand(t *testing.T, page string, args []string) {
	t.Helper()
	if slices.Contains(wiringCommands(), args[0]) {
		return
	}
	root := cli.New(cli.Options{Out: io.Discard, Err: io.Discard, Getenv: func(string) string { return "" }})
	cmd, rest, err := root.Find(args)
	if err != nil || cmd == root || (cmd.HasSubCommands() && len(rest) > 0) {
		t.Errorf("%s names steward %s, which is no command", page, strings.Join(args, " "))
		return
	}
	for _, arg := range rest {
		name, isFlag := strings.CutPrefix(arg, "--")
		name, _, _ = strings.Cut(name, "=")
		if isFlag && flagOf(cmd, name) == nil {
			t.Errorf("%s: %s has no flag --%s", page, cmd.CommandPath(), name)
		}
	}
}

func flagOf(cmd *cobra.Command, name string) any {
	if f := cmd.Flags().Lookup(name); f != nil {
		return f
	}
	if f := cmd.InheritedFlags().Lookup(name); f != nil {
		return f
	}
	return nil
}

// TestWiringCommandsExist: the words read from the source are there.
func TestWiringCommandsExist(t *testing.T) {
	t.Parallel()
	var words []string
	for _, f := range load(t).packages["starter"].files {
		for _, m := range word.FindAllStringSubmatch(read(t, f.name), -1) {
			words = append(words, m[1])
		}
	}
	for _, w := range wiringCommands() {
		if !slices.Contains(words, w) {
			t.Errorf("package starter has no command %s", w)
		}
	}
}
