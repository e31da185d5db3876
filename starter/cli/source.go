package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"steward/schemas"
	"steward/starter/api/client"
)

func (a *app) source() *cobra.Command {
	cmd := &cobra.Command{
		Use: "source", Short: "The content that the agent answers from",
		Example: "  steward source add file returns.md --wait\n  steward source list",
	}
	add := &cobra.Command{
		Use: "add", Short: "Add a file, a public page or a short answer",
		Example: "  steward source add url https://example.com/returns --wait\n  steward source add answer \"Do you ship abroad?\" \"Yes, to the EU.\"",
	}
	add.AddCommand(
		a.sourceAdd("file FILE", "Add a .md, .txt or .html file", 1, "  steward source add file returns.md\n  steward source add file returns.md --link https://example.com/returns", readSourceFile),
		a.sourceAdd("url ADDRESS", "Add a public page", 1, "  steward source add url https://example.com/returns\n  steward source add url https://example.com/faq --wait", func(args []string) (schemas.NewSource, error) {
			return schemas.NewSource{Type: schemas.SourceURL, URL: args[0]}, nil
		}),
		a.sourceAdd("answer QUESTION ANSWER", "Add a short answer", 2, "  steward source add answer \"Do you ship abroad?\" \"Yes, to the EU.\"\n  steward source add answer \"Opening hours?\" \"9 to 17.\" --wait", func(args []string) (schemas.NewSource, error) {
			return schemas.NewSource{Type: schemas.SourceShortAnswer, Question: args[0], Answer: args[1]}, nil
		}))
	cmd.AddCommand(add, a.sourceList(), a.sourceSync(), a.sourceRemove())
	return cmd
}

func readSourceFile(args []string) (schemas.NewSource, error) {
	info, err := os.Stat(args[0])
	if err != nil {
		return schemas.NewSource{}, fmt.Errorf("read file: %w", err)
	}
	if info.Size() > schemas.MaxSourceBytes {
		return schemas.NewSource{}, schemas.NewError(schemas.KindTooLarge, "a file is at most 10 MiB")
	}
	content, err := os.ReadFile(args[0])
	if err != nil {
		return schemas.NewSource{}, fmt.Errorf("read file: %w", err)
	}
	return schemas.NewSource{Type: schemas.SourceFile, FileName: filepath.Base(args[0]), Content: content}, nil
}

// waiting is how long a command waits for a synchronisation.
type waiting struct {
	wait    bool
	timeout time.Duration
}

func (w *waiting) flags(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&w.wait, "wait", false, "wait until it is ready or has failed")
	cmd.Flags().DurationVar(&w.timeout, "timeout", 2*time.Minute, "how long to wait")
}

func (a *app) sourceAdd(use, short string, args int, example string, read func([]string) (schemas.NewSource, error)) *cobra.Command {
	var w waiting
	var name, link string
	var private, uncited bool
	cmd := &cobra.Command{
		Use: use, Short: short, Example: example, Args: cobra.ExactArgs(args),
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			n, err := read(args)
			if err != nil {
				return err
			}
			n.Name, n.Private, n.Citations = name, private, !uncited && !private
			if link != "" {
				n.URL = link
			}
			source, started, err := c.AddSource(ctx, n)
			if err != nil {
				return err
			}
			if !started {
				if err := a.printSources(source, []schemas.Source{source}); err != nil {
					return err
				}
				return &warningError{text: "the source is stored, but its synchronisation could not be started: run `steward source sync " + string(source.ID) + "`"}
			}
			return a.synced(ctx, c, source, w)
		}),
	}
	w.flags(cmd)
	cmd.Flags().StringVar(&name, "name", "", "its name in lists")
	if args == 1 && use[:4] == "file" {
		cmd.Flags().StringVar(&link, "link", "", "the public address to cite")
	}
	cmd.Flags().BoolVar(&private, "private", false, "never cite it")
	cmd.Flags().BoolVar(&uncited, "no-citations", false, "use it without citing it")
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

func (a *app) sourceSync() *cobra.Command {
	var w waiting
	cmd := &cobra.Command{
		Use: "sync SOURCE", Short: "Read a content source again", Args: cobra.ExactArgs(1),
		Example: "  steward source sync src_…\n  steward source sync src_… --wait",
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			source, err := c.SyncSource(ctx, schemas.SourceID(args[0]))
			if err != nil {
				return err
			}
			return a.synced(ctx, c, source, w)
		}),
	}
	w.flags(cmd)
	return cmd
}

func (a *app) sourceRemove() *cobra.Command {
	return &cobra.Command{
		Use: "remove SOURCE", Short: "Remove a content source; answers use it no more at once", Args: cobra.ExactArgs(1),
		Example: "  steward source remove src_…\n  steward source list",
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			if err := c.RemoveSource(ctx, schemas.SourceID(args[0])); err != nil {
				return err
			}
			a.progress("removed %s", args[0])
			return nil
		}),
	}
}

// syncPoll is how often a synchronisation is looked at.
const syncPoll = 250 * time.Millisecond

// synced shows a source, after its synchronisation when that is waited for.
func (a *app) synced(ctx context.Context, c *client.Client, source schemas.Source, w waiting) error {
	if !w.wait {
		return a.printSources(source, []schemas.Source{source})
	}
	ended, err := a.follow(ctx, c, source, w.timeout)
	if err != nil {
		return err
	}
	if err := a.printSources(ended, []schemas.Source{ended}); err != nil {
		return err
	}
	if ended.Status == schemas.SourceFailed {
		return fmt.Errorf("the source cannot be used: %s", ended.Reason)
	}
	return nil
}

// follow waits until the source has been read, telling how far it is. A source
// that was ready before counts only once it has a later time.
func (a *app) follow(ctx context.Context, c *client.Client, before schemas.Source, timeout time.Duration) (schemas.Source, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	var told string
	began := false
	for {
		s, err := c.SourceSync(ctx, before.ID)
		if err != nil && ctx.Err() == nil {
			return schemas.Source{}, err
		}
		if err == nil {
			now := s.Source
			began = began || now.Status != before.Status || !now.SyncedAt.Equal(before.SyncedAt)
			final := now.Status == schemas.SourceReady || now.Status == schemas.SourceFailed
			if final && began {
				return now, nil
			}
			line := string(now.Status)
			if p := s.Progress; p != nil {
				line = fmt.Sprintf("%s: %d documents, %d passages, %d indexed", p.Phase, p.Documents, p.Chunks, p.Indexed)
			}
			if line != told {
				a.progress("%s", line)
				told = line
			}
		}
		select {
		case <-ctx.Done():
			return schemas.Source{}, &timeoutError{text: "the synchronisation has not ended in time"}
		case <-time.After(syncPoll):
		}
	}
}

func (a *app) printSources(value any, sources []schemas.Source) error {
	rows := table{{"SOURCE", "TYPE", "STATUS", "REASON", "DOCUMENTS", "PASSAGES", "CITED", "SYNCED", "NAME"}}
	for _, s := range sources {
		cited := "yes"
		if !s.Citations {
			cited = "no"
		}
		rows = append(rows, []string{
			string(s.ID), string(s.Type), string(s.Status), dash(s.Reason), fmt.Sprint(s.Documents), fmt.Sprint(s.Chunks),
			cited, when(s.SyncedAt), s.Name,
		})
	}
	return a.print(value, rows)
}
