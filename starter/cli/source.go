package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"steward/schemas"
	"steward/starter/api/client"
)

func (a *app) source() *cobra.Command {
	cmd := &cobra.Command{
		Use: "source", Short: "The content that the agent answers from",
		Example: "  steward source add crawl https://example.com/help --wait\n  steward source list",
	}
	cmd.AddCommand(a.sourceAdds(), a.sourceList(), a.sourceGet(), a.sourceEdit(), a.sourceSync(), a.sourceRuns(),
		a.sourcePages(), a.sourceText(), a.sourceReview(), a.sourceRemove())
	for _, c := range []struct{ word, short, done string }{
		{"cancel", "Stop reading a source; what was read is kept", "is being stopped"},
		{"pause", "Hold the crawl of a source", "is held"},
		{"resume", "Let a held crawl go on", "goes on"},
	} {
		cmd.AddCommand(a.sourceCommand(c.word, c.short, c.done))
	}
	return cmd
}

func (a *app) sourceCommand(word, short, done string) *cobra.Command {
	return &cobra.Command{
		Use: word + " SOURCE", Short: short, Args: cobra.ExactArgs(1),
		Example: "  steward source " + word + " src_…\n  steward source list",
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			if err := c.CommandSync(ctx, schemas.SourceID(args[0]), word); err != nil {
				return err
			}
			a.progress("the reading of %s %s", args[0], done)
			return nil
		}),
	}
}

// adding is how a source is added.
type adding struct {
	use, short, example string
	args                int
	read                func(args []string) (schemas.NewSource, error)
	// crawl, page and file have flags of their own.
	crawl, page, file bool
}

func (a *app) sourceAdds() *cobra.Command {
	add := &cobra.Command{
		Use: "add", Short: "Add a file, a page, a domain, an article or a short answer",
		Example: "  steward source add crawl https://example.com --wait\n  steward source add answer \"Do you ship abroad?\" \"Yes, to the EU.\"",
	}
	for _, one := range []adding{
		{
			use: "file FILE", short: "Add a file: documents, tables, web pages, videos", args: 1, file: true, read: readSourceFile,
			example: "  steward source add file returns.pdf --wait\n  steward source add file returns.md --link https://example.com/returns",
		},
		{
			use: "upload FILE-ID", short: "Add a file that was uploaded before", args: 1,
			example: "  steward file list returns\n  steward source add upload file_… --wait",
			read: func(args []string) (schemas.NewSource, error) {
				return schemas.NewSource{Type: schemas.SourceFile, File: schemas.FileID(args[0])}, nil
			},
		},
		{
			use: "url ADDRESS", short: "Add one public page", args: 1, page: true,
			example: "  steward source add url https://example.com/returns\n  steward source add url https://example.com/faq --wait",
			read: func(args []string) (schemas.NewSource, error) {
				return schemas.NewSource{Type: schemas.SourceURL, URL: args[0]}, nil
			},
		},
		{
			use: "crawl ADDRESS", short: "Add a page and all related pages of its domain, at most 5,000", args: 1, crawl: true,
			example: "  steward source add crawl https://example.com --wait\n  steward source add crawl https://example.com/help --include '/help/*' --max-pages 500",
			read: func(args []string) (schemas.NewSource, error) {
				return schemas.NewSource{Type: schemas.SourceCrawl, URL: args[0]}, nil
			},
		},
		{
			use: "article ARTICLE", short: "Add an item of the knowledge system", args: 1,
			example: "  steward article list\n  steward source add article art_… --wait",
			read: func(args []string) (schemas.NewSource, error) {
				return schemas.NewSource{Type: schemas.SourceArticle, Article: schemas.ArticleID(args[0])}, nil
			},
		},
		{
			use: "answer QUESTION ANSWER", short: "Add a short answer", args: 2,
			example: "  steward source add answer \"Do you ship abroad?\" \"Yes, to the EU.\"\n  steward source add answer \"Opening hours?\" \"9 to 17.\" --wait",
			read: func(args []string) (schemas.NewSource, error) {
				return schemas.NewSource{Type: schemas.SourceShortAnswer, Question: args[0], Answer: args[1]}, nil
			},
		},
	} {
		add.AddCommand(a.sourceAdd(one))
	}
	return add
}

func readSourceFile(args []string) (schemas.NewSource, error) {
	content, err := readFile(args[0])
	return schemas.NewSource{Type: schemas.SourceFile, FileName: filepath.Base(args[0]), Content: content}, err
}

// sourceFlags are the flags with which a source is added or changed.
type sourceFlags struct {
	name, link, language, schedule, render string
	include, exclude                       []string
	maxPages                               int
	private, uncited, ignoreRobots         bool
}

func (f *sourceFlags) common(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.name, "name", "", "its name in lists")
	cmd.Flags().StringVar(&f.language, "language", "", "two letters, such as it; by default each text's own is found")
	cmd.Flags().StringVar(&f.schedule, "schedule", "", "how often it is read again: weekly, daily or never; on_change for an article")
}

func (f *sourceFlags) crawl(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&f.include, "include", nil, "only paths like this one, such as '/help/*'; may be given again")
	cmd.Flags().StringArrayVar(&f.exclude, "exclude", nil, "no paths like this one; may be given again")
	cmd.Flags().IntVar(&f.maxPages, "max-pages", 0, "the largest number of pages, at most 5000")
	f.page(cmd)
}

func (f *sourceFlags) page(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.render, "render", "", "open pages in a browser: auto, never or always")
	cmd.Flags().BoolVar(&f.ignoreRobots, "ignore-robots", false, "read pages that robots.txt forbids: for your own site")
}

func (f *sourceFlags) settings() schemas.SourceSettings {
	return schemas.SourceSettings{
		Language: f.language, Schedule: schemas.ResyncSchedule(f.schedule), Include: patterns(f.include), Exclude: patterns(f.exclude),
		MaxPages: f.maxPages, Render: schemas.Rendering(f.render), IgnoreRobots: f.ignoreRobots,
	}
}

// patterns are the path patterns that were given; an empty one stands for none,
// so that a change can take them away.
func patterns(given []string) []string {
	return slices.DeleteFunc(slices.Clone(given), func(p string) bool { return p == "" })
}

func (a *app) sourceAdd(one adding) *cobra.Command {
	var w waiting
	var f sourceFlags
	cmd := &cobra.Command{
		Use: one.use, Short: one.short, Example: one.example, Args: cobra.ExactArgs(one.args),
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			if err := w.check(); err != nil {
				return err
			}
			n, err := one.read(args)
			if err != nil {
				return err
			}
			n.Name, n.Private, n.Citations, n.SourceSettings = f.name, f.private, !f.uncited && !f.private, f.settings()
			if f.link != "" {
				n.URL = f.link
			}
			add := c.AddSource
			if one.file {
				add = c.UploadSource
			}
			source, started, err := add(ctx, n)
			if err != nil {
				return err
			}
			if !started {
				if err := a.printSources(source, []schemas.Source{source}); err != nil {
					return err
				}
				return &warningError{text: "the source is stored, but its synchronisation could not be started yet: it will be, or run `steward source sync " + string(source.ID) + "`"}
			}
			return a.synced(ctx, c, source, w)
		}),
	}
	w.flags(cmd, one.crawl)
	f.common(cmd)
	switch {
	case one.crawl:
		f.crawl(cmd)
	case one.page:
		f.page(cmd)
	}
	if one.file {
		cmd.Flags().StringVar(&f.link, "link", "", "the public address to cite")
	}
	cmd.Flags().BoolVar(&f.private, "private", false, "never cite it")
	cmd.Flags().BoolVar(&f.uncited, "no-citations", false, "use it without citing it")
	return cmd
}

func (a *app) sourceList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the content sources", Args: cobra.NoArgs,
		Example: "  steward source list\n  steward source list -o json",
		RunE: a.call(func(ctx context.Context, c *client.Client, _ []string) error {
			sources, err := c.Sources(ctx)
			if err != nil {
				return err
			}
			return a.printSources(some(sources), sources)
		}),
	}
}

func (a *app) sourceGet() *cobra.Command {
	return &cobra.Command{
		Use: "get SOURCE", Short: "Show one content source", Args: cobra.ExactArgs(1),
		Example: "  steward source get src_…\n  steward source get src_… -o json",
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			s, err := c.Source(ctx, schemas.SourceID(args[0]))
			if err != nil {
				return err
			}
			return a.printSources(s, []schemas.Source{s})
		}),
	}
}

func (a *app) sourceRemove() *cobra.Command {
	return &cobra.Command{
		Use: "remove SOURCE...", Short: "Remove content sources; answers use them no more at once", Args: cobra.MinimumNArgs(1),
		Example: "  steward source remove src_…\n  steward source list",
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			if len(args) == 1 {
				if err := c.RemoveSource(ctx, schemas.SourceID(args[0])); err != nil {
					return err
				}
				a.progress("removed %s", args[0])
				return nil
			}
			ids := make([]schemas.SourceID, 0, len(args))
			for _, arg := range args {
				ids = append(ids, schemas.SourceID(arg))
			}
			out, err := c.RemoveSources(ctx, ids)
			if err != nil {
				return err
			}
			a.progress("removed %d", len(out.Done))
			if len(out.NotFound) > 0 {
				return &warningError{text: fmt.Sprintf("no such source: %v", out.NotFound)}
			}
			return nil
		}),
	}
}

func (a *app) printSources(value any, sources []schemas.Source) error {
	rows := table{{"SOURCE", "TYPE", "STATUS", "REASON", "DOCUMENTS", "PASSAGES", "CITED", "SYNCED", "NEXT", "NAME"}}
	for _, s := range sources {
		cited := "yes"
		if !s.Citations {
			cited = "no"
		}
		next := "-"
		if !s.NextSync.IsZero() {
			next = s.NextSync.UTC().Format(time.DateOnly)
		}
		rows = append(rows, []string{
			string(s.ID), string(s.Type), string(s.Status), dash(s.Reason), fmt.Sprint(s.Documents), fmt.Sprint(s.Chunks),
			cited, when(s.SyncedAt), next, s.Name,
		})
	}
	return a.print(value, rows)
}
