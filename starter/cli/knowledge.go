package cli

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"steward/schemas"
	"steward/starter/api/client"
)

func (a *app) search() *cobra.Command {
	var explain bool
	cmd := &cobra.Command{
		Use: "search QUESTION", Short: "What the agent finds for a question, without an answer", Args: cobra.ExactArgs(1),
		Example: "  steward search \"How long do I have to return an order?\"\n  steward search \"Can I pay by invoice?\" --explain",
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			found, err := c.Search(ctx, args[0])
			if err != nil {
				return err
			}
			if explain && a.output == "table" {
				a.explain(found)
			}
			rows := table{{"NO", "SCORE", "LANGUAGE", "CITED", "TITLE", "HEADINGS", "TEXT", "ADDRESS"}}
			for _, p := range found.Passages {
				cited := "yes"
				if !p.Citable {
					cited = "no"
				}
				rows = append(rows, []string{fmt.Sprint(p.Number), fmt.Sprintf("%.3f", p.Score), dash(p.Language), cited, p.Title, p.Headings, p.Text, dash(p.URL)})
			}
			return a.print(found, rows)
		}),
	}
	cmd.Flags().BoolVar(&explain, "explain", false, "also say how it was found: words, vectors, coverage")
	return cmd
}

// explain tells how a search found what it found.
func (a *app) explain(f schemas.SearchResult) {
	langs := make([]string, 0, len(f.Languages))
	for _, l := range f.Languages {
		langs = append(langs, first(l, "unknown"))
	}
	a.progress("searched by %s in %.1f ms", f.Mode, f.Milliseconds)
	if f.Degraded {
		a.progress("the index did not answer: the database's text search stood in")
	}
	a.progress("languages: %s", strings.Join(langs, ", "))
	a.progress("terms: %s", strings.Join(f.Terms, " "))
	a.progress("embedder: %s", first(string(f.Embedder), "none"))
	a.progress("coverage of the question by the best passage: %.2f; best similarity of vectors: %.2f", f.Coverage, f.Similarity)
	if f.Threshold > 0 {
		a.progress("below a coverage of %.2f the content has no answer", f.Threshold)
	}
}

func (a *app) knowledge() *cobra.Command {
	cmd := &cobra.Command{
		Use: "knowledge", Short: "The search index as a whole",
		Example: "  steward knowledge rebuild\n  steward search \"Can I pay by invoice?\" --explain",
	}
	cmd.AddCommand(&cobra.Command{
		Use: "rebuild", Short: "Make the search index anew from what is stored", Args: cobra.NoArgs,
		Example: "  steward knowledge rebuild\n  steward doctor",
		RunE: a.call(func(ctx context.Context, c *client.Client, _ []string) error {
			in, err := c.Rebuild(ctx)
			if err != nil {
				return err
			}
			a.progress("the index is being made anew: workflow %s", schemas.ReindexWorkflowID(in.Agent))
			return nil
		}),
	})
	return cmd
}

func (a *app) article() *cobra.Command {
	cmd := &cobra.Command{
		Use: "article", Short: "The items of the knowledge system",
		Example: "  steward article add \"Shipping abroad\" shipping.md\n  steward article list",
	}
	cmd.AddCommand(a.articleList(), a.articleAdd(), a.articlePut(), &cobra.Command{
		Use: "remove ARTICLE", Short: "Delete an article and the source made of it", Args: cobra.ExactArgs(1),
		Example: "  steward article remove art_…\n  steward article list",
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			return c.DeleteArticle(ctx, schemas.ArticleID(args[0]))
		}),
	})
	return cmd
}

func (a *app) articleList() *cobra.Command {
	return &cobra.Command{
		Use: "list [WORD]", Short: "List the articles, the last changed first", Args: cobra.MaximumNArgs(1),
		Example: "  steward article list\n  steward article list shipping",
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			list, err := c.Articles(ctx, strings.Join(args, ""))
			if err != nil {
				return err
			}
			return a.printArticles(some(list), list)
		}),
	}
}

func (a *app) printArticles(value any, list []schemas.Article) error {
	rows := table{{"ARTICLE", "TYPE", "REVISION", "SOURCE", "CHANGED", "TITLE"}}
	for _, one := range list {
		rows = append(rows, []string{string(one.ID), string(one.Type), fmt.Sprint(one.Revision), dash(one.Source), when(one.UpdatedAt), one.Title})
	}
	return a.print(value, rows)
}

// articleFlags are the flags with which an article is written.
type articleFlags struct{ kind, link, language string }

func (f *articleFlags) on(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.kind, "type", string(schemas.ArticleKB), "article, website_page, landing_page or blog_post")
	cmd.Flags().StringVar(&f.link, "link", "", "the public address to cite")
	cmd.Flags().StringVar(&f.language, "language", "", "two letters, such as it")
}

func (f *articleFlags) read(title, file string) (client.NewArticle, error) {
	body, err := os.ReadFile(file)
	if err != nil {
		return client.NewArticle{}, fmt.Errorf("read file: %w", err)
	}
	format := schemas.FormatMarkdown
	if ext := schemas.FileExtension(file); ext == ".html" || ext == ".htm" {
		format = schemas.FormatHTML
	}
	return client.NewArticle{Type: schemas.ArticleType(f.kind), Title: title, Body: string(body), Format: format, URL: f.link, Language: f.language}, nil
}

func (a *app) articleAdd() *cobra.Command {
	var f articleFlags
	cmd := &cobra.Command{
		Use: "add TITLE FILE", Short: "Add an article from a Markdown or HTML file", Args: cobra.ExactArgs(2),
		Example: "  steward article add \"Shipping abroad\" shipping.md\n  steward source add article art_…",
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			n, err := f.read(args[0], args[1])
			if err != nil {
				return err
			}
			one, err := c.AddArticle(ctx, n)
			if err != nil {
				return err
			}
			return a.printArticles(one, []schemas.Article{one})
		}),
	}
	f.on(cmd)
	return cmd
}

func (a *app) articlePut() *cobra.Command {
	var f articleFlags
	cmd := &cobra.Command{
		Use: "put ARTICLE TITLE FILE", Short: "Change an article; the source made of it is read again at once", Args: cobra.ExactArgs(3),
		Example: "  steward article put art_… \"Shipping abroad\" shipping.md\n  steward source list",
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			n, err := f.read(args[1], args[2])
			if err != nil {
				return err
			}
			one, err := c.PutArticle(ctx, schemas.ArticleID(args[0]), n)
			if err != nil {
				return err
			}
			return a.printArticles(one, []schemas.Article{one})
		}),
	}
	f.on(cmd)
	return cmd
}
