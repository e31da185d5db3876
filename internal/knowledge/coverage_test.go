package knowledge

import (
	"math"
	"testing"

	"steward/schemas"
)

func TestCoverage(t *testing.T) {
	t.Parallel()
	flat := func(string) float64 { return 1 }
	rare := func(term string) float64 {
		if term == "voucher" {
			return 3
		}
		return 1
	}
	returns := schemas.Passage{Title: "Returns", Language: "en", Text: "You can return shoes within 30 days."}
	headed := schemas.Passage{Title: "Help", Headings: "Gift vouchers › Expiry", Language: "en", Text: "They last two years."}
	asked := schemas.Passage{Question: "Do you repair shoes?", Language: "en", Text: "Yes."}
	italian := schemas.Passage{Language: "it", Text: "Le biciclette elettriche si ricaricano in quattro ore."}
	german := schemas.Passage{Language: "de", Text: "Der Versandkostenrechner zeigt den Preis."}
	unknown := schemas.Passage{Text: "Biciclette elettriche"}
	for name, tt := range map[string]struct {
		question string
		langs    []string
		idf      func(string) float64
		passages []schemas.Passage
		want     float64
	}{
		"all of it":                                    {"return shoes", nil, flat, []schemas.Passage{returns}, 1},
		"half of it":                                   {"return gloves", nil, flat, []schemas.Passage{returns}, 0.5},
		"none of it":                                   {"opening hours", nil, flat, []schemas.Passage{returns}, 0},
		"inflected words are the same":                 {"returning shoe", nil, flat, []schemas.Passage{returns}, 1},
		"a word said twice counts once":                {"gloves gloves gloves return", nil, flat, []schemas.Passage{returns}, 0.5},
		"what tells more counts more":                  {"return voucher", nil, rare, []schemas.Passage{returns}, 0.25},
		"the title and the headings count":             {"gift expiry help", nil, flat, []schemas.Passage{headed}, 1},
		"the question of a short answer counts":        {"repair shoes", nil, flat, []schemas.Passage{asked}, 1},
		"the best passage counts":                      {"return shoes", nil, flat, []schemas.Passage{headed, returns, asked}, 1},
		"words are not gathered from several":          {"repair vouchers", nil, flat, []schemas.Passage{headed, asked}, 0.5},
		"function words count little":                  {"how gloves return", nil, flat, []schemas.Passage{returns}, 1 / 2.3},
		"without idf all words tell the same":          {"return gloves", nil, nil, []schemas.Passage{returns}, 0.5},
		"of two questions the best counts":             {"Where is Mars? Can you return shoes?", nil, flat, []schemas.Passage{returns}, 1},
		"words around the question do not count":       {"Dear team, we love kayaks! Do you repair shoes?", nil, flat, []schemas.Passage{asked}, 1},
		"a passage is read in its language":            {"ricaricare bicicletta", []string{"en"}, flat, []schemas.Passage{italian}, 1},
		"one of unknown language in those of the base": {"bicicletta", []string{"en", "it"}, flat, []schemas.Passage{unknown}, 1},
		"a compound counts for most of its part":       {"Versandkosten", nil, flat, []schemas.Passage{german}, 1},
		"another word of the same letters does not":    {"Versicherung", nil, flat, []schemas.Passage{german}, 0},
		"no passages":                                  {"return shoes", nil, flat, nil, 0},
		"no words":                                     {"?!", nil, flat, []schemas.Passage{returns}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := Coverage(tt.question, tt.langs, tt.idf, tt.passages)
			if math.Abs(got-tt.want) > 0.001 {
				t.Errorf("coverage %.3f, want %.3f", got, tt.want)
			}
		})
	}
}

func TestFrequencies(t *testing.T) {
	t.Parallel()
	f := Frequencies{Chunks: 3, In: make(map[string]int)}
	for _, terms := range [][]string{{"a", "b", "b"}, {"a", "c"}, {"a"}} {
		f.Add(terms)
	}
	if f.In["a"] != 3 || f.In["b"] != 1 {
		t.Errorf("%+v", f)
	}
	if never, once, always := f.IDF("z"), f.IDF("b"), f.IDF("a"); never != once || once <= always || always <= 0 {
		t.Errorf("idf of never %.2f, once %.2f, always %.2f", never, once, always)
	}
}

func TestCosine(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		a, b []float32
		want float64
	}{
		{[]float32{1, 2}, []float32{2, 4}, 1},
		{[]float32{1, 0}, []float32{0, 5}, 0},
		{[]float32{1, 0}, []float32{-3, 0}, -1},
		{[]float32{1, 1}, []float32{1, 0}, math.Sqrt2 / 2},
		{[]float32{0, 0}, []float32{1, 0}, 0},
		{[]float32{1}, []float32{1, 0}, 0},
		{nil, nil, 0},
	} {
		if got := Cosine(tt.a, tt.b); math.Abs(got-tt.want) > 1e-9 {
			t.Errorf("Cosine(%v, %v) = %v, want %v", tt.a, tt.b, got, tt.want)
		}
	}
}
