// Command extractive measures the answer finder: short answers on customers'
// real questions (BANKING77), sentences of pages on XQuAD beside plain BM25,
// how often it answers although the answer was taken away, and its speed. It
// prints Markdown tables and asserts nothing.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
)

// options are how the sets are used.
type options struct {
	seed              uint64
	draws, candidates int
}

func main() {
	data := flag.String("data", "", "folder with banking77 and retrieval-xquad")
	var o options
	flag.Uint64Var(&o.seed, "seed", 1, "seed of the draws of example phrasings")
	flag.IntVar(&o.draws, "draws", 5, "draws of example phrasings for each row")
	flag.IntVar(&o.candidates, "candidates", 10, "passages that the finder gets for a question")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *data, o); err != nil {
		fmt.Fprintln(os.Stderr, "extractive:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, data string, o options) error {
	if data == "" {
		return fmt.Errorf("name the folder of the sets with -data (banking77/test.csv and retrieval-xquad in the form of BEIR)")
	}
	intents, err := readIntents(filepath.Join(data, "banking77", "test.csv"))
	if err != nil {
		return err
	}
	if err := shortAnswers(ctx, intents, o); err != nil {
		return err
	}
	for _, lang := range []string{"en", "es", "de"} {
		s, err := readSet(filepath.Join(data, "retrieval-xquad", lang), lang)
		if err != nil {
			return err
		}
		if err := sentences(ctx, s, o); err != nil {
			return err
		}
	}
	return nil
}
