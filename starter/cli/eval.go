package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"steward/schemas"
	"steward/starter/api/client"
)

func (a *app) eval() *cobra.Command {
	cmd := &cobra.Command{
		Use: "eval", Short: "Measure the agent with suites of cases and with past conversations, and compare versions",
		Example: "  steward eval suite import returns cases.csv\n  steward eval run returns --wait\n  steward eval past --wait",
	}
	suite := &cobra.Command{
		Use: "suite", Short: "Add suites of cases and import cases from CSV",
		Example: "  steward eval suite add returns\n  steward eval suite import returns cases.csv",
	}
	suite.AddCommand(a.suiteAdd(), a.suiteList(), a.suiteImport())
	cmd.AddCommand(suite, a.evalRun(), a.evalPast(), a.evalList(), a.evalShow(), a.evalCompare())
	return cmd
}

// suiteNamed finds a suite by name or id.
func suiteNamed(ctx context.Context, c *client.Client, name string) (schemas.EvalSuiteShown, error) {
	all, err := c.Suites(ctx)
	if err != nil {
		return schemas.EvalSuiteShown{}, err
	}
	for _, s := range all {
		if s.Name == name || string(s.ID) == name {
			return s, nil
		}
	}
	return schemas.EvalSuiteShown{}, &client.Error{ProblemShown: schemas.ProblemShown{Status: 404, Title: "Not Found", Detail: "No such suite."}}
}

func (a *app) printSuites(value any, suites []schemas.EvalSuiteShown) error {
	rows := table{{"SUITE", "NAME", "CASES", "CREATED"}}
	for _, s := range suites {
		rows = append(rows, []string{string(s.ID), s.Name, fmt.Sprint(s.Cases), when(s.CreatedAt)})
	}
	return a.print(value, rows)
}

func (a *app) suiteAdd() *cobra.Command {
	return &cobra.Command{
		Use: "add NAME", Short: "Add an empty suite", Args: cobra.ExactArgs(1),
		Example: "  steward eval suite add returns\n  steward eval suite list",
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			s, err := c.AddSuite(ctx, schemas.NewEvalSuite{Name: args[0]})
			if err != nil {
				return err
			}
			return a.printSuites(s, []schemas.EvalSuiteShown{s})
		}),
	}
}

func (a *app) suiteList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the suites", Args: cobra.NoArgs,
		Example: "  steward eval suite list\n  steward eval suite list -o json",
		RunE: a.call(func(ctx context.Context, c *client.Client, _ []string) error {
			all, err := c.Suites(ctx)
			if err != nil {
				return err
			}
			return a.printSuites(some(all), all)
		}),
	}
}

// maxCSV is the largest file of cases, in bytes.
const maxCSV = 1 << 20

func (a *app) suiteImport() *cobra.Command {
	return &cobra.Command{
		Use: "import SUITE FILE", Short: "Import cases from CSV; a case of a name that is there is replaced", Args: cobra.ExactArgs(2),
		Long: "Import cases from CSV; a case of a name that is there is replaced, and a suite that is not there is added.\n" +
			"Columns: name, question or turns, locale, channel, identity, must, kind, must_cite, must_include,\n" +
			"must_not_include, action, action_args, no_action, handoff_reason, max_chars, language.\n" +
			"Lists are separated by |. A broken row is reported, and the others are imported.",
		Example: "  steward eval suite import returns cases.csv\n  steward eval suite import returns - < cases.csv",
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			raw, err := a.readCSV(args[1])
			if err != nil {
				return err
			}
			suite, err := suiteNamed(ctx, c, args[0])
			if exitCode(err) == exitNotFound {
				suite, err = c.AddSuite(ctx, schemas.NewEvalSuite{Name: args[0]})
			}
			if err != nil {
				return err
			}
			got, err := c.ImportCases(ctx, suite.ID, raw)
			if err != nil {
				return err
			}
			for _, e := range got.Errors {
				a.progress("line %d: %s", e.Line, strings.TrimSpace(oneLine(e.Field)+" "+e.Reason))
			}
			if err := a.printSuites(got, []schemas.EvalSuiteShown{got.Suite}); err != nil || len(got.Errors) == 0 {
				return err
			}
			return &warningError{text: fmt.Sprintf("%d cases imported, %d rows are broken", got.Imported, len(got.Errors))}
		}),
	}
}

func (a *app) readCSV(name string) (string, error) {
	in := a.o.In
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return "", &usageError{text: "the file cannot be read"}
		}
		defer func() { _ = file.Close() }()
		in = file
	}
	raw, err := io.ReadAll(io.LimitReader(in, maxCSV+1))
	switch {
	case err != nil:
		return "", &usageError{text: "the file cannot be read"}
	case len(raw) > maxCSV:
		return "", &usageError{text: "the file is larger than 1 MiB"}
	}
	return string(raw), nil
}

func (a *app) evalRun() *cobra.Command {
	var in schemas.NewEvalRun
	var wait bool
	cmd := &cobra.Command{
		Use: "run SUITE", Short: "Play every case of a suite with the draft, or a published version", Args: cobra.ExactArgs(1),
		Long: "Play every case of a suite with the draft, or a published version, as previews: nothing is sent, written or counted.\n" +
			"With --wait, the exit code is 8 when a case does not pass all its tries.",
		Example: "  steward eval run returns --wait\n  steward eval run returns --version 3 --repeat 4",
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			suite, err := suiteNamed(ctx, c, args[0])
			if err != nil {
				return err
			}
			run, err := c.RunSuite(ctx, suite.ID, in)
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
	cmd.Flags().IntVar(&in.Repeats, "repeat", 1, "how often each case is played, up to 20")
	cmd.Flags().BoolVar(&wait, "wait", false, "wait for the end and show the results")
	return cmd
}

// evalPoll is the pause between two looks at a run.
const evalPoll = time.Second

func (a *app) awaitRun(ctx context.Context, c *client.Client, id schemas.EvalRunID) error {
	done := -1
	for {
		run, err := c.EvalRun(ctx, id)
		if err != nil {
			return err
		}
		if run.Done != done {
			done = run.Done
			a.progress("%d of %d", run.Done, run.Tries)
		}
		if run.State != schemas.EvalRunning {
			if err := a.printRun(run); err != nil || run.Passed == run.Tries || run.Past != nil {
				return err
			}
			return &warningError{text: fmt.Sprintf("%d of %d tries passed", run.Passed, run.Tries)}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(evalPoll):
		}
	}
}

func measuredVersion(r schemas.EvalRunSummary) string {
	if r.Draft > 0 {
		return fmt.Sprintf("draft %d", r.Draft)
	}
	return fmt.Sprint(r.Version)
}

// measuredWith is the name of the suite, or the time of past conversations.
func measuredWith(r schemas.EvalRunSummary) string {
	if r.Past == nil {
		return r.Name
	}
	return "past " + r.Past.From.Format(time.DateOnly) + "…" + r.Past.Until.Format(time.DateOnly)
}

func (a *app) printRuns(value any, runs []schemas.EvalRunSummary) error {
	rows := table{{"RUN", "SUITE", "VERSION", "STATE", "TRIES", "DONE", "PASSED", "ENGINE", "CREATED"}}
	for _, r := range runs {
		rows = append(rows, []string{
			string(r.ID), measuredWith(r), measuredVersion(r), string(r.State), fmt.Sprint(r.Tries), fmt.Sprint(r.Done), fmt.Sprint(r.Passed),
			dash(r.Engine), when(r.CreatedAt),
		})
	}
	return a.print(value, rows)
}

func (a *app) evalList() *cobra.Command {
	return &cobra.Command{
		Use: "list [SUITE]", Short: "List the runs, newest first", Args: cobra.MaximumNArgs(1),
		Example: "  steward eval list\n  steward eval list returns -o json",
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			var suite schemas.EvalSuiteID
			if len(args) > 0 {
				s, err := suiteNamed(ctx, c, args[0])
				if err != nil {
					return err
				}
				suite = s.ID
			}
			runs, err := c.EvalRuns(ctx, suite)
			if err != nil {
				return err
			}
			return a.printRuns(some(runs), runs)
		}),
	}
}

func (a *app) evalShow() *cobra.Command {
	return &cobra.Command{
		Use: "show RUN", Short: "Show a run with its results", Args: cobra.ExactArgs(1),
		Example: "  steward eval show run_…\n  steward eval show run_… -o json",
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			run, err := c.EvalRun(ctx, schemas.EvalRunID(args[0]))
			if err != nil {
				return err
			}
			return a.printRun(run)
		}),
	}
}

func (a *app) printRun(r schemas.EvalRunShown) error {
	if a.output != "table" {
		return a.print(r, nil)
	}
	if err := a.printRuns(nil, []schemas.EvalRunSummary{r.EvalRunSummary}); err != nil {
		return err
	}
	if r.Past != nil {
		return a.print(r, pastRows(r))
	}
	rows := table{{""}, {"CASE", "TRY", "RESULT", "EXPECTED", "GOT", "CONVERSATION"}}
	for _, t := range r.Results {
		if t.Passed() {
			rows = append(rows, []string{t.Case, fmt.Sprint(t.Repeat), "pass", "", "", string(t.Conversation)})
		}
		for _, f := range t.Failures {
			rows = append(rows, []string{t.Case, fmt.Sprint(t.Repeat), "fail " + f.Field, f.Want, f.Got, string(t.Conversation)})
		}
	}
	rows = append(rows, []string{""}, []string{fmt.Sprintf("pass^%d: %.1f%% of %d cases", r.Repeats, 100*r.PassAll, r.CasesDone)})
	return a.print(r, rows)
}

func (a *app) evalCompare() *cobra.Command {
	return &cobra.Command{
		Use: "compare OLDER NEWER", Short: "Set a run beside an older one, case by case", Args: cobra.ExactArgs(2),
		Long:    "Set a run beside an older one, case by case. The exit code is 8 when a case that must pass has got worse.",
		Example: "  steward eval compare run_… run_…\n  steward eval list returns",
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			got, err := c.CompareRuns(ctx, schemas.EvalRunID(args[0]), schemas.EvalRunID(args[1]))
			if err != nil {
				return err
			}
			rows := table{{"CHANGE", "CASES", "NAMES"}}
			for _, l := range []struct {
				what  string
				names []string
			}{
				{"fixed", got.Fixed},
				{"broken", got.Broken},
				{"kept", got.Kept},
				{"failing", got.Failing},
				{"added", got.Added},
				{"removed", got.Removed},
				{"other replies", got.Changed},
				{"blocks publishing", got.Blocks},
			} {
				rows = append(rows, []string{l.what, fmt.Sprint(len(l.names)), strings.Join(l.names, ", ")})
			}
			if err := a.print(got, rows); err != nil || got.MayPublish() {
				return err
			}
			return &warningError{text: "cases that must pass have got worse"}
		}),
	}
}
