package language

import "testing"

func TestDetect(t *testing.T) {
	t.Parallel()
	three := []string{"en", "it", "sv"}
	tests := []struct {
		text, want string
		reliable   bool
	}{
		{"How long do I have to return an order?", "en", true},
		{"Quanto tempo ho per restituire un ordine?", "it", true},
		{"Hur länge har jag på mig att returnera en beställning?", "sv", true},
		{"grazie", "it", false},
		{"tack", "sv", false},
		{"hi", "en", false},
		{"12345 !!", "", false},
		{"", "", false},
		{"see https://example.org/a/very/long/path/in/the/address", "", false},
	}
	for _, tt := range tests {
		got, reliable := Detect(tt.text, three)
		if tt.want != "" && got != tt.want || reliable != tt.reliable {
			t.Errorf("Detect(%q) = %q, %v", tt.text, got, reliable)
		}
	}
	if got, reliable := Detect("Vorrei restituire il mio ordine di ieri", nil); got != "it" || !reliable {
		t.Errorf("free choice = %q, %v", got, reliable)
	}
	if got, reliable := Detect("என் ஆர்டரை எப்படி திருப்பி அனுப்புவது என்று சொல்லுங்கள்", nil); got != "ta" || !reliable {
		t.Errorf("free choice in Tamil = %q, %v", got, reliable)
	}
	if got, _ := Detect("hello", []string{"xx"}); got != "" {
		t.Errorf("unknown candidates = %q", got)
	}
}

func TestNext(t *testing.T) {
	t.Parallel()
	three := []string{"en", "it", "sv"}
	tests := []struct{ name, current, text, want string }{
		{"first word names it", "", "ciao", "it"},
		{"nothing to go by", "", "42?", ""},
		{"short stays", "en", "ciao", "en"},
		{"number stays", "it", "4711", "it"},
		{"long switches", "en", "Vorrei sapere dove si trova il mio ordine", "it"},
		{"brand name stays", "sv", "Fernhill Outdoor", "sv"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := Next(tt.current, tt.text, three); got != tt.want {
				t.Errorf("Next = %q, want %q", got, tt.want)
			}
		})
	}
}
