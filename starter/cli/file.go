package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"steward/schemas"
	"steward/starter/api/client"
)

func (a *app) file() *cobra.Command {
	cmd := &cobra.Command{
		Use: "file", Short: "Uploaded files, which sources are made of",
		Example: "  steward file list returns\n  steward source add upload file_…",
	}
	cmd.AddCommand(a.fileList(), a.fileUpload(), &cobra.Command{
		Use: "remove FILE", Short: "Delete a file that no source uses", Args: cobra.ExactArgs(1),
		Example: "  steward file remove file_…\n  steward file list",
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			if err := c.DeleteFile(ctx, schemas.FileID(args[0])); err != nil {
				return err
			}
			a.progress("deleted %s", args[0])
			return nil
		}),
	})
	return cmd
}

func (a *app) fileList() *cobra.Command {
	return &cobra.Command{
		Use: "list [WORD]", Short: "List the files, newest first", Args: cobra.MaximumNArgs(1),
		Example: "  steward file list\n  steward file list returns",
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			files, err := c.Files(ctx, strings.Join(args, ""))
			if err != nil {
				return err
			}
			return a.printFiles(some(files), files)
		}),
	}
}

func (a *app) fileUpload() *cobra.Command {
	return &cobra.Command{
		Use: "upload FILE", Short: "Upload a file without making it a source yet", Args: cobra.ExactArgs(1),
		Example: "  steward file upload returns.pdf\n  steward source add upload file_…",
		RunE: a.call(func(ctx context.Context, c *client.Client, args []string) error {
			content, err := readFile(args[0])
			if err != nil {
				return err
			}
			file, err := c.AddFile(ctx, filepath.Base(args[0]), content)
			if err != nil {
				return err
			}
			return a.printFiles(file, []schemas.File{file})
		}),
	}
}

func (a *app) printFiles(value any, files []schemas.File) error {
	rows := table{{"FILE", "BYTES", "SOURCES", "UPLOADED", "NAME"}}
	for _, f := range files {
		rows = append(rows, []string{string(f.ID), fmt.Sprint(f.Bytes), fmt.Sprint(f.Sources), when(f.CreatedAt), f.Name})
	}
	return a.print(value, rows)
}

// readFile reads a file for an upload. One that cannot be a source, for its
// type or its size, is not even opened.
func readFile(name string) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, fmt.Errorf("read file: %w", err)
	}
	if info.IsDir() {
		return nil, &usageError{text: name + " is a folder: give one file"}
	}
	if err := schemas.ValidateFile(filepath.Base(name), int(min(info.Size(), schemas.MaxSourceBytes+1))); err != nil {
		return nil, &invalidError{cause: err}
	}
	content, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("read file: %w", err)
	}
	return content, nil
}
