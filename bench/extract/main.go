// Command extract measures how well and how fast Steward finds the text of web
// pages, beside the extractor it builds on alone. Both run in one process on the
// same pages, and the figures are printed as JSON.
//
// It reads two sets of annotated pages. The test pages of go-trafilatura come
// with that module, which the build needs anyway: for each, phrases that belong
// to its text and phrases that do not. The test pages of mozilla/readability are
// named by -data: for each, the whole text. It asserts nothing and writes
// nothing.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var o options
	flag.StringVar(&o.data, "data", os.Getenv("STEWARD_BENCH_PAGES"), "folder with the test pages of mozilla/readability; default STEWARD_BENCH_PAGES")
	flag.BoolVar(&o.phrases, "phrases", false, "read the test pages of go-trafilatura too, which takes a minute")
	flag.BoolVar(&o.each, "each", false, "print the figures of each page too")
	flag.Parse()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "extract:", err)
		os.Exit(1)
	}
}

type options struct {
	data          string
	phrases, each bool
}

var errNoData = errors.New(`nothing to measure: use -phrases, or name a folder of pages with -data or STEWARD_BENCH_PAGES.
The pages are not part of this repository. Get them with
	git clone --depth 1 https://github.com/mozilla/readability
and name the folder test/test-pages in it`)

func run(ctx context.Context, o options) error {
	if o.data == "" && !o.phrases {
		return errNoData
	}
	out := map[string]report{}
	for _, set := range []struct {
		name string
		read bool
		load func() ([]page, error)
	}{
		{"words", o.data != "", func() ([]page, error) { return wordPages(o.data) }},
		{"phrases", o.phrases, func() ([]page, error) { return phrasePages(ctx) }},
	} {
		if !set.read {
			continue
		}
		pages, err := set.load()
		if err != nil {
			return err
		}
		if out[set.name], err = compare(ctx, pages, o.each); err != nil {
			return err
		}
	}
	enc := json.NewEncoder(os.Stdout)
	enc.SetIndent("", "  ")
	return enc.Encode(out)
}

// report is what is printed of one set. Precision, recall and F1 of words are
// means over pages; those of phrases are over all phrases.
type report struct {
	Pages       int     `json:"pages"`
	MeanBytes   int     `json:"mean_bytes"`
	Steward     figures `json:"steward"`
	Trafilatura figures `json:"trafilatura"`
	// F1Ratio and CPURatio are Steward's figures over trafilatura's.
	F1Ratio  float64 `json:"f1_ratio"`
	CPURatio float64 `json:"cpu_ratio"`
	Each     []row   `json:"each,omitempty"`
}

type figures struct {
	Precision float64 `json:"precision"`
	Recall    float64 `json:"recall"`
	F1        float64 `json:"f1"`
	// CPU is the time of all threads for one page.
	CPU    float64 `json:"cpu_ms_per_page"`
	Failed int     `json:"failed"`
}

// row is one page: F1 by each extractor.
type row struct {
	Page        string  `json:"page"`
	Bytes       int     `json:"bytes"`
	Steward     float64 `json:"steward"`
	Trafilatura float64 `json:"trafilatura"`
}

// page is a page with a measure of what was found on it.
type page struct {
	name, url string
	source    []byte
	// judge compares a text with what belongs to the page.
	judge func(text string) counts
}

func compare(ctx context.Context, pages []page, each bool) (report, error) {
	if len(pages) == 0 {
		return report{}, fmt.Errorf("no annotated pages: %w", errNoData)
	}
	out := report{Pages: len(pages)}
	for _, p := range pages {
		out.MeanBytes += len(p.source)
	}
	out.MeanBytes /= len(pages)
	ours, err := measure(ctx, pages, steward)
	if err != nil {
		return report{}, err
	}
	raw, err := measure(ctx, pages, alone)
	if err != nil {
		return report{}, err
	}
	out.Steward, out.Trafilatura = summarise(ours), summarise(raw)
	out.F1Ratio = round(out.Steward.F1 / out.Trafilatura.F1)
	out.CPURatio = round(out.Steward.CPU / out.Trafilatura.CPU)
	for i, p := range pages {
		if each {
			out.Each = append(out.Each, row{Page: p.name, Bytes: len(p.source), Steward: round(ours[i].f1()), Trafilatura: round(raw[i].f1())})
		}
	}
	return out, nil
}
