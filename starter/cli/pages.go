package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"steward/schemas"
	"steward/starter/api/client"
)

func (a *app) sourcePages() *cobra.Command {
	var f client.PageFilter
	var asCSV bool
	var outcome, reason string
	cmd := &cobra.Command{
		Use: "pages SOURCE", Short: "The pages of a source with what became of each, and why", Args: cobra.ExactArgs(1),
		Example: "  steward source pages src_… --outcome failed\n  steward source pages src_… --csv > pages.csv",
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			source := schemas.SourceID(args[0])
			f.Outcome, f.Reason = schemas.PageOutcome(outcome), schemas.FailCode(reason)
			switch {
			case asCSV && f.Limit != 0:
				return &usageError{text: "--csv writes all pages: leave --limit out"}
			case f.Limit < 0:
				return &usageError{text: "--limit is a number of pages"}
			case asCSV:
				return c.PagesCSV(ctx, source, f, a.o.Out)
			}
			pages, err := c.Pages(ctx, source, f)
			if err != nil {
				return err
			}
			rows := table{{"OUTCOME", "REASON", "STATUS", "PASSAGES", "LANGUAGE", "DOCUMENT", "ADDRESS", "TITLE"}}
			for _, p := range pages {
				why := dash(p.Reason)
				if p.DuplicateOf != "" {
					why += " " + p.DuplicateOf
				}
				status := "-"
				if p.Status > 0 {
					status = fmt.Sprint(p.Status)
				}
				rows = append(rows, []string{
					string(p.Outcome), why, status, fmt.Sprint(p.Chunks), dash(p.Language), dash(p.Document), p.URL, p.Title,
				})
			}
			return a.print(some(pages), rows)
		}),
	}
	cmd.Flags().StringVar(&outcome, "outcome", "", "only these: queued, new, updated, unchanged, stale, skipped, failed or gone")
	cmd.Flags().StringVar(&reason, "reason", "", "only those with this reason, such as robots")
	cmd.Flags().IntVar(&f.Limit, "limit", 0, "the largest number of pages; 0: all")
	cmd.Flags().BoolVar(&asCSV, "csv", false, "write them as CSV, for a spreadsheet")
	return cmd
}

func (a *app) sourceText() *cobra.Command {
	var chunks bool
	var restore int
	cmd := &cobra.Command{
		Use: "text DOCUMENT", Short: "The text that was read of a page or file", Args: cobra.ExactArgs(1),
		Example: "  steward source text doc_…\n  steward source text doc_… --passages",
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			document := schemas.DocumentID(args[0])
			if restore > 0 {
				if err := c.RestoreDocument(ctx, document, restore); err != nil {
					return err
				}
				a.progress("version %d is current again until the page changes", restore)
				return nil
			}
			d, err := c.Document(ctx, document)
			if err != nil {
				return err
			}
			if a.output != "table" {
				return a.print(d, nil)
			}
			if !chunks {
				_, err := fmt.Fprintf(a.o.Out, "%s\n\n", harmless(strings.TrimSpace(d.Text)))
				return err
			}
			for _, p := range d.Chunks {
				if _, err := fmt.Fprintf(a.o.Out, "--- %d  %s\n%s\n\n", p.Ord, harmless(p.Headings), harmless(p.Text)); err != nil {
					return err
				}
			}
			return nil
		}),
	}
	cmd.Flags().BoolVar(&chunks, "passages", false, "show the passages that it is cut into")
	cmd.Flags().IntVar(&restore, "restore", 0, "make this earlier version the current one")
	return cmd
}
