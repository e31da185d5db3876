// Command retrieval measures how well and how fast passages are found on a real
// Weaviate with the settings of `steward dev`: on judged collections beside
// plain BM25, and on made-up passages under load. It starts and stops its own
// server and asserts nothing.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"

	"steward/internal/devstack"
)

func main() {
	data := flag.String("data", "", "folder with retrieval-cranfield and retrieval-xquad; empty: speed alone")
	sizes := flag.String("chunks", "10000,100000", "numbers of passages to measure the speed with; empty: none")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *data, *sizes); err != nil {
		fmt.Fprintln(os.Stderr, "retrieval:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, data, sizes string) (err error) {
	dir, err := os.MkdirTemp("", "steward-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	server, err := devstack.StartWeaviate(ctx, devstack.Options{Dir: dir})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Stop(context.Background())) }()
	if data == "" {
		fmt.Println("no judged collections: name their folder with -data (Cranfield 1400 and XQuAD in the form of BEIR)")
	} else if err := judged(ctx, server, data); err != nil {
		return err
	}
	for size := range strings.SplitSeq(sizes, ",") {
		if size == "" {
			continue
		}
		n, err := strconv.Atoi(size)
		if err != nil {
			return fmt.Errorf("-chunks: %q is no number", size)
		}
		if err := speed(ctx, server.URL(), server.GRPC(), n); err != nil {
			return err
		}
	}
	return nil
}

func judged(ctx context.Context, server *devstack.Weaviate, data string) error {
	sets := []struct{ name, dir, language string }{
		{"cranfield", "retrieval-cranfield", "en"},
		{"xquad-en", "retrieval-xquad/en", "en"},
		{"xquad-es", "retrieval-xquad/es", "es"},
		{"xquad-de", "retrieval-xquad/de", "de"},
	}
	for _, one := range sets {
		s, err := readSet(one.name, filepath.Join(data, one.dir))
		if err != nil {
			return err
		}
		s.language = one.language
		if err := quality(ctx, server.URL(), server.GRPC(), s); err != nil {
			return err
		}
	}
	return nil
}
