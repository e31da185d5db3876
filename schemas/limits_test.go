package schemas_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"steward/schemas"
)

func TestChannelLimits(t *testing.T) {
	t.Parallel()
	for kind, want := range map[schemas.ChannelKind]schemas.ChannelLimits{
		schemas.ChannelLiveChat:  {Characters: 600, Markdown: true, Links: true, Lists: true},
		schemas.ChannelWhatsApp:  {Characters: 1000, Hard: 4096, Links: true, Lists: true},
		schemas.ChannelMessenger: {Characters: 1000, Hard: 2000, Links: true, Lists: true},
		schemas.ChannelEmail:     {Characters: 2500, Markdown: true, Links: true, Lists: true},
		schemas.ChannelCalling:   {Characters: 300},
		schemas.ChannelCustom:    {Characters: 1000, Links: true, Lists: true},
		"pigeon":                 {Characters: 1000, Links: true, Lists: true},
	} {
		if diff := cmp.Diff(want, kind.Limits()); diff != "" {
			t.Errorf("%s: %s", kind, diff)
		}
	}
}

// TestGapAskMayTell: nobody is written to without an address and consent.
func TestGapAskMayTell(t *testing.T) {
	t.Parallel()
	for _, known := range []bool{false, true} {
		for _, consent := range []bool{false, true} {
			if got := (schemas.GapAsk{EmailKnown: known, Consent: consent}).MayTell(); got != (known && consent) {
				t.Errorf("known %v, consent %v: %v", known, consent, got)
			}
		}
	}
}
