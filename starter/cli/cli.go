// Package cli holds the commands of operators: chat, source, file, article,
// connector, search, knowledge, conversation, handoff, desk, gap, preview, eval, agent, connection,
// action, team, config, version.
//
// It owns their words, output and exit codes. All they do goes through the
// admin API's client, and `chat` through the public widget API; a command that
// needs anything else does not belong here.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/spf13/cobra"

	"steward/starter/api/client"
)

// Options are what the commands need of the process.
type Options struct {
	Version string
	In      io.Reader
	// Out receives data, Err everything else.
	Out, Err io.Writer
	Getenv   func(string) string
}

// Exit codes.
const (
	exitOK          = 0
	exitFailure     = 1
	exitUsage       = 2
	exitNotFound    = 3
	exitAuth        = 4
	exitConflict    = 5
	exitInvalid     = 6
	exitUnavailable = 7
	exitWarnings    = 8
	exitInterrupted = 130
)

const exitCodes = `Exit codes:
  0 done · 1 failed · 2 wrong usage · 3 not found · 4 not allowed · 5 conflict
  6 not valid · 7 not available or timed out · 8 finished with warnings · 130 interrupted
`

// app is the state of one run of the command line.
type app struct {
	o                           Options
	url, token, dataDir, output string
}

// New makes the root command with every command of this package.
func New(o Options) *cobra.Command {
	a := &app{o: o}
	root := &cobra.Command{
		Use: "steward", Short: "An AI customer agent that you host yourself", Version: o.Version,
		SilenceErrors: true, SilenceUsage: true, CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
		Example: "  steward dev\n  steward chat --once \"How long do I have to return an order?\"",
		PersistentPreRunE: func(*cobra.Command, []string) error {
			if !validOutput(a.output) {
				return &usageError{text: fmt.Sprintf("unknown output %q: use table, json or jsonl", a.output)}
			}
			return nil
		},
	}
	root.SetIn(o.In)
	root.SetOut(o.Out)
	root.SetErr(o.Err)
	f := root.PersistentFlags()
	f.StringVar(&a.url, "url", "", "address of Steward (default: STEWARD_URL, then the one that runs in the data folder)")
	f.StringVar(&a.token, "token", "", "token of the admin API (default: STEWARD_TOKEN, then the one in the data folder)")
	f.StringVar(&a.dataDir, "data-dir", "", "data folder of a Steward on this machine (default: STEWARD_DATA_DIR, then .data)")
	f.StringVarP(&a.output, "output", "o", "table", "table, json or jsonl")
	root.AddCommand(a.chat(), a.source(), a.file(), a.article(), a.connector(), a.search(), a.knowledge(), a.conversation(), a.handoff(), a.desk(), a.approval(), a.crm(), a.gap(), a.preview(), a.eval(), a.agent(), a.connection(), a.actions(), a.team(), a.config(), a.version())
	for _, cmd := range root.Commands() {
		group(cmd)
	}
	templates(root)
	return root
}

// group makes a command that only holds others refuse words it does not know.
func group(cmd *cobra.Command) {
	for _, sub := range cmd.Commands() {
		group(sub)
	}
	if cmd.HasSubCommands() {
		cmd.Args = cobra.ArbitraryArgs
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return &usageError{text: fmt.Sprintf("unknown command %q for %q", args[0], cmd.CommandPath())}
			}
			return cmd.Help()
		}
	}
}

// templates puts the examples first and the exit codes last.
func templates(root *cobra.Command) {
	usage := root.UsageTemplate()
	if before, rest, ok := strings.Cut(usage, "{{if .HasExample}}"); ok {
		if _, after, ok := strings.Cut(rest, "{{end}}"); ok {
			usage = before + after
		}
	}
	root.SetUsageTemplate(usage + "\n" + exitCodes)
	root.SetHelpTemplate("{{if .HasExample}}Examples:\n{{.Example}}\n\n{{end}}{{with (or .Long .Short)}}{{. | trimTrailingWhitespaces}}\n\n{{end}}{{.UsageString}}")
}

// Execute runs a command line and returns the exit code. Errors go to the
// command's error output.
func Execute(ctx context.Context, root *cobra.Command) int {
	reached := false
	watch(root, &reached)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return exitInterrupted
	}
	code := exitCode(err)
	if !reached {
		code = exitUsage
	}
	_, _ = fmt.Fprintln(root.ErrOrStderr(), "steward: "+hint(err, code))
	return code
}

// watch notes when a command's own code is reached: an error before that is
// wrong usage, for which the library has no type.
func watch(cmd *cobra.Command, reached *bool) {
	for _, sub := range cmd.Commands() {
		watch(sub, reached)
	}
	run := cmd.RunE
	if run == nil {
		return
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		*reached = true
		return run(cmd, args)
	}
}

// warningError says that a command has finished, but not all is well.
type warningError struct{ text string }

func (e *warningError) Error() string { return e.text }

// invalidError says that what was given cannot be used, before it is sent.
type invalidError struct{ cause error }

func (e *invalidError) Error() string { return e.cause.Error() }

func (e *invalidError) Unwrap() error { return e.cause }

// timeoutError says that what was waited for did not happen in time.
type timeoutError struct{ text string }

func (e *timeoutError) Error() string { return e.text }

func exitCode(err error) int {
	var (
		answer  *client.Error
		gone    *client.UnreachableError
		warning *warningError
		late    *timeoutError
		usage   *usageError
		invalid *invalidError
	)
	switch {
	case errors.As(err, &usage):
		return exitUsage
	case errors.As(err, &invalid):
		return exitInvalid
	case errors.As(err, &warning):
		return exitWarnings
	case errors.As(err, &gone), errors.As(err, &late), errors.Is(err, context.DeadlineExceeded):
		return exitUnavailable
	case !errors.As(err, &answer):
		return exitFailure
	}
	switch answer.Status {
	case http.StatusNotFound:
		return exitNotFound
	case http.StatusUnauthorized, http.StatusForbidden:
		return exitAuth
	case http.StatusConflict, http.StatusPreconditionFailed:
		return exitConflict
	case http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType:
		return exitInvalid
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		return exitUnavailable
	}
	return exitFailure
}

// usageError is a wrong way to call a command.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

// hint says what to do next.
func hint(err error, code int) string {
	text := err.Error()
	var gone *client.UnreachableError
	switch {
	case errors.As(err, &gone):
		text += ": start it with `make run` or `steward serve`, or name another with --url"
	case code == exitAuth:
		text += " Give the token with --token or STEWARD_TOKEN, or run this in the folder of `steward dev`."
	case code == exitUsage:
		text += "\nSee `steward --help`."
	}
	var answer *client.Error
	if errors.As(err, &answer) && answer.Status >= http.StatusInternalServerError && answer.Instance != "" {
		text += " (request " + answer.Instance + ")"
	}
	return text
}

// progress writes a line for people beside the data.
func (a *app) progress(format string, args ...any) {
	_, _ = fmt.Fprintf(a.o.Err, format+"\n", args...)
}

func (a *app) version() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Show the version of this program", Args: cobra.NoArgs,
		Example: "  steward version\n  steward version -o json",
		RunE: func(*cobra.Command, []string) error {
			v := map[string]string{"version": a.o.Version}
			return a.print(v, table{{"VERSION"}, {a.o.Version}})
		},
	}
}
