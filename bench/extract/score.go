package main

import (
	"math"
	"strings"
	"time"
	"unicode"
)

// counts are what of a page was found: right, wanted but not there, and there
// but not wanted.
type counts struct {
	right, missing, wrong int
	// total is true when pages are summed up by their counts, and false when
	// each counts the same.
	total bool
}

func (c counts) precision() float64 { return ratio(c.right, c.right+c.wrong) }
func (c counts) recall() float64    { return ratio(c.right, c.right+c.missing) }
func (c counts) f1() float64        { return ratio(2*c.right, 2*c.right+c.missing+c.wrong) }

func ratio(part, whole int) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}

type score struct {
	counts
	cpu    time.Duration
	failed bool
}

func summarise(scores []score) figures {
	var f figures
	var sum counts
	n := float64(len(scores))
	for _, s := range scores {
		f.Precision += s.precision() / n
		f.Recall += s.recall() / n
		f.F1 += s.f1() / n
		f.CPU += s.cpu.Seconds() * 1000 / n
		if s.failed {
			f.Failed++
		}
		sum.right, sum.missing, sum.wrong = sum.right+s.right, sum.missing+s.missing, sum.wrong+s.wrong
	}
	if scores[0].total {
		f.Precision, f.Recall, f.F1 = sum.precision(), sum.recall(), sum.f1()
	}
	f.Precision, f.Recall, f.F1, f.CPU = round(f.Precision), round(f.Recall), round(f.F1), round(f.CPU)
	return f
}

// round keeps four digits after the point.
func round(f float64) float64 { return math.Round(f*1e4) / 1e4 }

// words are the words of a text without regard to case and punctuation.
func words(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r)
	})
}
