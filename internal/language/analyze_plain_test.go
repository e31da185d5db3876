package language

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/blevesearch/snowballstem"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/text/unicode/norm"
)

// The plain functions say what the analysis is, word by word and without regard
// to speed. What is indexed must not change when the real ones get faster.

func plainWords(text string) []string {
	text = norm.NFKC.String(strings.ToValidUTF8(text, " "))
	text = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, strings.ToLower(text))
	return strings.FieldsFunc(norm.NFC.String(text), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r)
	})
}

func plainFold(word string) string {
	return norm.NFC.String(strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFD.String(word)))
}

func plainTerms(text, lang string) []string {
	var terms []string
	for _, word := range plainWords(text) {
		for _, run := range splitIdeographs(word) {
			if isIdeograph([]rune(run)[0]) {
				terms = append(terms, pairs(run)...)
				continue
			}
			if stem := stemmer(lang); stem != nil && len([]rune(run)) <= maxWordRunes {
				env := snowballstem.NewEnv(run)
				stem(env)
				run = env.Current()
			}
			if term := plainFold(run); term != "" {
				terms = append(terms, term)
			}
		}
	}
	return terms
}

func plainGrams(text string) []string {
	var grams []string
	for _, word := range plainWords(text) {
		folded := []rune(plainFold(word))
		if len(folded) == 0 || len(folded) > maxWordRunes {
			continue
		}
		edged := []rune("_" + string(folded) + "_")
		for i := 0; i == 0 || i+gramSize <= len(edged); i++ {
			grams = append(grams, string(edged[i:min(i+gramSize, len(edged))]))
		}
	}
	return grams
}

// writing draws a text of several scripts and of the characters that go wrong.
func writing(random *rand.Rand) string {
	scripts := []*unicode.RangeTable{
		unicode.Latin, unicode.Cyrillic, unicode.Arabic, unicode.Tamil, unicode.Devanagari, unicode.Hiragana,
		unicode.Katakana, unicode.Hangul, unicode.Mn, unicode.Me, unicode.No, unicode.Nl, unicode.Cf, unicode.S,
	}
	ranges := [][2]rune{{'a', 'z'}, {'a', 'z'}, {'A', 'Z'}, {'0', '9'}, {0xc0, 0x17f}, {0x300, 0x345}, {0x4e00, 0x4fff}, {0xff61, 0xff9f}}
	odd := []string{"\xff", "\xe9\xe9", "=\u0338", "İ", "ǅ", "ﬁ", "’", "e\u0301", "か\u3099", "각\u11ab", "🏴\U000e0067\U000e007f", "a\u00adb", "ーゝ"}
	var text strings.Builder
	for range random.IntN(14) {
		one := func() rune {
			table := scripts[random.IntN(len(scripts))].R16
			row := table[random.IntN(len(table))]
			return rune(row.Lo + row.Stride*uint16(random.IntN(int(row.Hi-row.Lo)/int(row.Stride)+1)))
		}
		if random.IntN(3) > 0 {
			span := ranges[random.IntN(len(ranges))]
			one = func() rune { return span[0] + random.Int32N(span[1]-span[0]+1) }
		}
		length := random.IntN(12)
		if random.IntN(20) == 0 {
			length += maxWordRunes - 6
		}
		for range length {
			text.WriteRune(one())
		}
		if random.IntN(4) == 0 {
			text.WriteString(odd[random.IntN(len(odd))])
		}
		text.WriteString([]string{" ", " ", "", "-", ", ", "\n", "_"}[random.IntN(7)])
	}
	return text.String()
}

func TestAnalysisIsThePlainOne(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	languages := append(stemmed(), "", "zh")
	same := cmpopts.EquateEmpty()
	for range 1500 {
		text, lang := writing(random), languages[random.IntN(len(languages))]
		var words []string
		for _, word := range plainWords(text) {
			if folded := plainFold(word); folded != "" {
				words = append(words, folded)
			}
		}
		for what, diff := range map[string]string{
			"terms": cmp.Diff(plainTerms(text, lang), Analyze(text, lang), same),
			"grams": cmp.Diff(plainGrams(text), Grams(text), same),
			"words": cmp.Diff(words, Words(text), same),
		} {
			if diff != "" {
				t.Fatalf("%s of %q in %q (-plain +got):\n%s", what, text, lang, diff)
			}
		}
	}
}

// inflected are two forms of a word in each language with a stemmer.
func inflected() map[string][2]string {
	return map[string][2]string{
		"ar": {"كتاب", "الكتاب"}, "da": {"bestillinger", "bestillingen"}, "de": {"Bestellungen", "Bestellung"},
		"en": {"orders", "ordering"}, "es": {"pedidos", "pedido"}, "fi": {"palautuksen", "palautuksia"},
		"fr": {"commandes", "commande"}, "ga": {"bhróga", "bróga"}, "hu": {"rendelések", "rendelésem"},
		"it": {"ordini", "ordine"}, "nl": {"bestellingen", "bestelling"}, "no": {"bestillinger", "bestillingen"},
		"pt": {"pedidos", "pedido"}, "ro": {"comenzile", "comenzi"}, "ru": {"заказы", "заказа"},
		"sv": {"beställningar", "beställningen"}, "ta": {"புத்தகங்கள்", "புத்தகத்தை"}, "tr": {"siparişler", "siparişleri"},
	}
}

func stemmed() []string { return slices.Sorted(maps.Keys(inflected())) }

func TestStemmers(t *testing.T) {
	t.Parallel()
	for lang, pair := range inflected() {
		a, b := Analyze(pair[0], lang), Analyze(pair[1], lang)
		if len(a) != 1 || !slices.Equal(a, b) {
			t.Errorf("%s: %v and %v", lang, a, b)
		}
		if plain := Analyze(pair[0], ""); slices.Equal(plain, Analyze(pair[1], "")) {
			t.Errorf("%s: the two forms are one word: %v", lang, plain)
		}
	}
}

// page is about 35 KB of text, 5,000 words, with as many distinct ones as a
// long page of prose has.
func page() string {
	random := rand.New(rand.NewPCG(3, 4))
	zipf := rand.NewZipf(random, 1.1, 6, 2500)
	endings := []string{"", "s", "ing", "ed", "er", "ità", "ões", "är"}
	var text strings.Builder
	for i := range 5000 {
		n := zipf.Uint64()
		word := []byte{byte('a' + n%23)}
		for v := n*2654435761 + 17; len(word) < 2+int(n%5); v /= 5 {
			word = append(word, "aeiou"[v%5], "rtlnsdcmp"[v%9])
		}
		text.Write(word)
		text.WriteString(endings[n%uint64(len(endings))])
		text.WriteString([]string{" ", " ", " ", " ", ", ", ".\n"}[i%6])
	}
	return text.String()
}

func BenchmarkAnalyzePage(b *testing.B) {
	text := page()
	for _, lang := range []string{"en", "it"} {
		b.Run(lang, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				if len(Analyze(text, lang)) != 5000 || len(Grams(text)) < 5000 {
					b.Fatal("words are missing")
				}
			}
		})
	}
}
