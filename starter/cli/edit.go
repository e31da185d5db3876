package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"steward/schemas"
	"steward/starter/api/client"
)

func (a *app) sourceEdit() *cobra.Command {
	var f sourceFlags
	e := editing{name: &f.name}
	cmd := &cobra.Command{
		Use: "edit SOURCE", Short: "Change a content source; it is read again when that changes what it holds", Args: cobra.ExactArgs(1),
		Example: "  steward source edit src_… --schedule daily\n  steward source edit src_… --cite no",
	}
	f.common(cmd)
	f.crawl(cmd)
	cmd.Flags().StringVar(&e.question, "question", "", "the question of a short answer")
	cmd.Flags().StringVar(&e.answer, "answer", "", "the answer of a short answer")
	cmd.Flags().StringVar(&e.address, "address", "", "the address of a page or domain, or the one to cite for a file")
	cmd.Flags().StringVar(&e.cite, "cite", "", "yes or no")
	cmd.Flags().StringVar(&e.private, "private", "", "yes or no: private content is never cited")
	cmd.RunE = a.call(func(ctx context.Context, c *client.Client, args []string) error {
		if !anyChanged(cmd) {
			return &usageError{text: "say what to change: see `steward source edit --help`"}
		}
		change, err := e.change(cmd)
		if err != nil {
			return err
		}
		before, err := c.Source(ctx, schemas.SourceID(args[0]))
		if err != nil {
			return err
		}
		change.Settings = f.changed(cmd, before.SourceSettings)
		s, err := c.ChangeSource(ctx, before.ID, change)
		if err != nil {
			return err
		}
		return a.printSources(s, []schemas.Source{s})
	})
	return cmd
}

// anyChanged reports whether a flag of the command itself was given.
func anyChanged(cmd *cobra.Command) bool {
	given := false
	cmd.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) { given = given || f.Changed })
	return given
}

// editing is what the flags of a change say beside the settings.
type editing struct {
	name                                     *string
	question, answer, address, cite, private string
}

func (e *editing) change(cmd *cobra.Command) (c schemas.SourceChange, err error) {
	for _, one := range []struct {
		flag string
		from *string
		to   **string
	}{{"name", e.name, &c.Name}, {"question", &e.question, &c.Question}, {"answer", &e.answer, &c.Answer}, {"address", &e.address, &c.URL}} {
		if cmd.Flags().Changed(one.flag) {
			*one.to = one.from
		}
	}
	if c.Citations, err = yesNo("cite", e.cite); err == nil {
		c.Private, err = yesNo("private", e.private)
	}
	return c, err
}

// changed are the settings with what the flags say; nil when they say nothing.
func (f *sourceFlags) changed(cmd *cobra.Command, s schemas.SourceSettings) *schemas.SourceSettings {
	given := f.settings()
	said := false
	for _, one := range []struct {
		flag string
		set  func()
	}{
		{"language", func() { s.Language = given.Language }},
		{"schedule", func() { s.Schedule = given.Schedule }},
		{"include", func() { s.Include = given.Include }},
		{"exclude", func() { s.Exclude = given.Exclude }},
		{"max-pages", func() { s.MaxPages = given.MaxPages }},
		{"render", func() { s.Render = given.Render }},
		{"ignore-robots", func() { s.IgnoreRobots = given.IgnoreRobots }},
	} {
		if cmd.Flags().Changed(one.flag) {
			said = true
			one.set()
		}
	}
	if !said {
		return nil
	}
	return &s
}

func yesNo(flag, text string) (*bool, error) {
	yes, no := true, false
	switch text {
	case "":
		return nil, nil
	case "yes":
		return &yes, nil
	case "no":
		return &no, nil
	}
	return nil, &usageError{text: fmt.Sprintf("--%s is yes or no", flag)}
}
