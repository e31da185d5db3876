package language

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSentences(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		want       []string
	}{
		{"plain", "You have 30 days. Keep the receipt! Why? Just because.", []string{"You have 30 days.", "Keep the receipt!", "Why?", "Just because."}},
		{"abbreviations", "Ask Mr. Smith, e.g. Monday. Open 9 a.m. to 5 p.m. Monday to Friday.", []string{"Ask Mr. Smith, e.g. Monday.", "Open 9 a.m. to 5 p.m. Monday to Friday."}},
		{"no before a number", "See art. 5 or No. 7. Can I? No. Never.", []string{"See art. 5 or No. 7.", "Can I?", "No.", "Never."}},
		{"decimals", "It costs 3.50 euro. Not 4.00.", []string{"It costs 3.50 euro.", "Not 4.00."}},
		{"initials", "J. R. Ewing came. Then left.", []string{"J. R. Ewing came.", "Then left."}},
		{"list items", "# Returns\n\nYou need:\n- the parcel\n- the label\n1. Open it\n2) Send it", []string{"Returns", "You need:", "the parcel", "the label", "Open it", "Send it"}},
		{"wrapped lines", "This line is long enough that it was wrapped by\nan editor. Next one.", []string{"This line is long enough that it was wrapped by an editor.", "Next one."}},
		{"short lines stand alone", "my order is late\nplease help", []string{"my order is late", "please help"}},
		{"table", "| Zone | Price |\n|------|-------|\n| EU | 5 euro |", []string{"Zone | Price", "EU | 5 euro"}},
		{"quotes close", "He said \"Yes.\" Then he left.", []string{"He said \"Yes.\"", "Then he left."}},
		{"ellipsis", "Well... maybe. Really…? Yes.", []string{"Well... maybe.", "Really…?", "Yes."}},
		{"swedish", "Du har 30 dagar, t.ex. Om du ångrar dig. Ring oss kl. 9.", []string{"Du har 30 dagar, t.ex. Om du ångrar dig.", "Ring oss kl. 9."}},
		{"chinese", "退货需要收据。请保留！", []string{"退货需要收据。", "请保留！"}},
		{"address", "Write to help@shop.example. We answer.", []string{"Write to help@shop.example.", "We answer."}},
		{"empty", "\n \n---\n", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, Sentences(tt.text)); diff != "" {
				t.Errorf("sentences (-want +got):\n%s", diff)
			}
		})
	}
}
