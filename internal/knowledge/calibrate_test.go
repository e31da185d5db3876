package knowledge

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"steward/internal/language"
	"steward/schemas"
)

// collection is a small fictional help centre with a plain search.
type collection struct {
	lang   string
	chunks []schemas.Chunk
	terms  Frequencies
}

// page is one article: its title and its sentences.
func newCollection(lang string, pages [][2]string) collection {
	c := collection{lang: lang, terms: Frequencies{Chunks: len(pages), In: make(map[string]int)}}
	for i, page := range pages {
		id, terms := fmt.Sprintf("%02d", i), language.Analyze(page[0]+" "+page[1], lang)
		c.terms.Add(terms)
		c.chunks = append(c.chunks, schemas.Chunk{
			ID: schemas.ChunkID("chunk" + id), Document: schemas.DocumentID("doc" + id), Title: page[0], Text: page[1],
			Language: lang, Terms: strings.Join(terms, " "),
		})
	}
	return c
}

// search orders the pages by the idf of the query's words in them.
func (c collection) search(query string) []schemas.Passage {
	type hit struct {
		p     schemas.Passage
		score float64
	}
	hits := make([]hit, 0, len(c.chunks))
	asked := distinct(language.Analyze(query, c.lang), maxQueryTerms)
	for _, chunk := range c.chunks {
		has := setOf(strings.Fields(chunk.Terms))
		score := 0.0
		for _, term := range asked {
			if has[term] {
				score += c.terms.IDF(term)
			}
		}
		hits = append(hits, hit{schemas.Passage{
			Chunk: chunk.ID, Document: chunk.Document, Title: chunk.Title, Text: chunk.Text, Language: chunk.Language,
		}, score})
	}
	slices.SortStableFunc(hits, func(a, b hit) int { return cmp.Compare(b.score, a.score) })
	var out []schemas.Passage
	for _, h := range hits[:20] {
		out = append(out, h.p)
	}
	return out
}

func (c collection) samples() []CalibrationSample {
	var out []CalibrationSample
	for _, q := range PseudoQueries(c.chunks, c.terms, 100) {
		out = append(out, q.Samples(c.search(q.Text), c.terms.IDF)...)
	}
	return out
}

// shop sells forty different things: its pages share few words.
func shop() collection {
	things := []string{
		"kettle enamel whistle limescale", "tent poles groundsheet storm", "lantern wick paraffin glass", "compass needle dial declination",
		"hammock ropes knots trees", "stove burner butane ignition", "boots laces leather wax", "rucksack straps buckles rain",
		"sleeping bag down zipper", "axe handle blade sharpening", "canoe paddle keel varnish", "binoculars lenses focus fog",
		"whistle cord plastic rescue", "map contour scale folding", "cooler ice foam drain", "torch battery bulb switch",
		"filter ceramic cartridge river", "thermos vacuum lid steel", "kayak skirt rudder cockpit", "snowshoe bindings crampon powder",
		"helmet visor chin foam", "rope dynamic core sheath", "carabiner gate hinge steel", "gloves wool thumb seam",
		"jacket membrane hood cuffs", "trousers knee pockets belt", "hat brim ribbon felt", "socks heel merino toes",
		"bottle cap straw silicone", "knife hinge corkscrew scissors", "telescope tripod mirror stars", "radio antenna channel static",
		"umbrella ribs canopy wind", "mattress pump valve puncture", "chair canvas armrest frame", "table legs bamboo screws",
		"grill charcoal grate ash", "pan iron seasoning rust", "mug enamel chip handle", "towel microfibre loop drying",
	}
	var pages [][2]string
	for i, thing := range things {
		w := strings.Fields(thing)
		pages = append(pages, [2]string{
			fmt.Sprintf("The %s", w[0]),
			fmt.Sprintf("Our %s comes with %s and %s. Check the %s before every trip and keep it dry. Spare parts cost %d euro.", w[0], w[1], w[2], w[3], 10+i),
		})
	}
	return newCollection("en", pages)
}

// machine is forty pages about the parts of one coffee machine: half of what
// they say comes back on other pages.
func machine() collection {
	parts := strings.Fields(`serbatoio caldaia filtro lancia griglia pompa guarnizione macinino vassoio coperchio
 termostato valvola imbuto manopola interruttore beccuccio cassetto molla ventola resistenza
 sonda display cavo presa piedino gancio sportello bilanciere manometro doccetta
 portafiltro pressino cerniera sensore scheda motore tubo raccordo vite rondella`)
	acts := strings.Fields("pulire smontare sostituire controllare lubrificare")
	var pages [][2]string
	for i, part := range parts {
		act, then := acts[i%5], acts[(i/5+2)%5]
		pages = append(pages, [2]string{
			fmt.Sprintf("Come %s %s", act, part),
			fmt.Sprintf("Per %s %s togliere prima %s e %s, poi %s tutto con cura. Non perdere %s e nemmeno %s.",
				act, part, parts[(i*i+7)%40], parts[(i*11+3)%40], then, parts[(i*i*i+5)%40], parts[(i*17+9)%40]),
		})
	}
	return newCollection("it", pages)
}

func TestCalibrateOnOwnContent(t *testing.T) {
	t.Parallel()
	thresholds := make(map[string]float64)
	for name, tt := range map[string]struct {
		content          collection
		answered, absent []string
	}{
		"a shop with many things": {
			shop(),
			[]string{
				"How do I get the limescale out of my kettle?", "Is there a spare battery for the torch?", "My canoe needs varnish, which one do you sell?",
				"Does the thermos lid leak?", "Can you sharpen the blade of an axe?",
			},
			[]string{
				"Which dentist in Lisbon is open on Sunday?", "Can you write a poem about my grandmother?", "What is the capital of Mongolia?",
				"My landlord raised the rent, is that legal?", "How many goals did the striker score?",
			},
		},
		"a machine with many pages": {
			machine(),
			[]string{
				"Come posso pulire la lancia?", "Devo sostituire la guarnizione, come faccio?", "Prima di smontare il macinino, che cosa devo togliere?",
				"Posso pulire la pompa da solo?",
			},
			[]string{
				"Quale dentista è aperto domenica a Lisbona?", "Puoi scrivere una poesia per mia nonna?", "Quanti gol ha segnato l'attaccante?",
			},
		},
	} {
		samples := tt.content.samples()
		threshold, ok := Calibrate(samples)
		if !ok || threshold < minThreshold || threshold > maxThreshold+1e-9 {
			t.Fatalf("%s: threshold %.2f, ok %v of %d samples", name, threshold, ok, len(samples))
		}
		kept, cut, n := 0, 0, 0
		for _, s := range samples {
			switch {
			case s.Answerable:
				n++
				if s.Coverage >= threshold {
					kept++
				}
			case s.Coverage < threshold:
				cut++
			}
		}
		t.Logf("%s: threshold %.2f keeps %d and cuts %d of %d", name, threshold, kept, cut, n)
		if float64(kept) < 0.95*float64(n) || float64(cut) < 0.25*float64(n) {
			t.Errorf("%s: kept %d, cut %d of %d", name, kept, cut, n)
		}
		for _, question := range tt.answered {
			if c := Coverage(question, nil, tt.content.terms.IDF, tt.content.search(question)); c < threshold {
				t.Errorf("%s: %q is covered %.2f only", name, question, c)
			}
		}
		for _, question := range tt.absent {
			if c := Coverage(question, nil, tt.content.terms.IDF, tt.content.search(question)); c >= threshold {
				t.Errorf("%s: %q is covered %.2f", name, question, c)
			}
		}
		thresholds[name] = threshold
	}
	if thresholds["a machine with many pages"] <= thresholds["a shop with many things"] {
		t.Errorf("pages that are alike need the higher threshold: %v", thresholds)
	}
}

func TestPseudoQueries(t *testing.T) {
	t.Parallel()
	content := shop()
	queries := PseudoQueries(content.chunks, content.terms, 100)
	if len(queries) < 35 {
		t.Fatalf("%d queries", len(queries))
	}
	byID := make(map[schemas.ChunkID]schemas.Chunk)
	for _, c := range content.chunks {
		byID[c.ID] = c
	}
	strange := make(map[int]int)
	for _, q := range queries {
		c := byID[q.Chunk]
		own, other := 0, 0
		has := setOf(language.Words(c.Title + " " + c.Text))
		for _, w := range strings.Fields(q.Text) {
			if has[w] {
				own++
			} else {
				other++
			}
		}
		strange[other]++
		if own != 4 || other > 4 || q.Document != c.Document || q.Language != "en" {
			t.Errorf("%+v: %d own words, %d others", q, own, other)
		}
	}
	if len(strange) != 5 {
		t.Errorf("words of the customer's own: %v", strange)
	}
	mixed := slices.Clone(content.chunks)
	slices.Reverse(mixed)
	if again := PseudoQueries(mixed, content.terms, 100); !slices.Equal(queries, again) {
		t.Error("the order of the chunks changes the queries")
	}
	if few := PseudoQueries(content.chunks, content.terms, 3); !slices.Equal(few, queries[:3]) {
		t.Errorf("%d queries", len(few))
	}
	if none := PseudoQueries([]schemas.Chunk{{ID: "a", Text: "Yes.", Language: "en"}, {ID: "b"}}, Frequencies{}, 9); len(none) != 0 {
		t.Errorf("%v of nothing", none)
	}
}

func TestCalibrate(t *testing.T) {
	t.Parallel()
	// spread are n values from low to high.
	spread := func(n int, low, high float64) []float64 {
		var out []float64
		for i := range n {
			out = append(out, low+(high-low)*float64(i)/float64(n-1))
		}
		return out
	}
	for name, tt := range map[string]struct {
		with, without []float64
		want          float64
		ok            bool
	}{
		"the lowest that parts them":              {spread(100, 0.5, 1), spread(100, 0, 0.299), 0.29, true},
		"never below the lowest bound":            {spread(100, 0.5, 1), spread(100, 0, 0.1), 0.2, true},
		"never above the highest":                 {spread(100, 0.9, 1), spread(100, 0.1, 0.5), 0.3 + 0.08*100/150, true},
		"few samples raise it less":               {spread(30, 0.9, 1), spread(30, 0.1, 0.5), 0.3 + 0.08*30/80, true},
		"few samples lower it all the same":       {spread(30, 0.9, 1), spread(30, 0, 0.1), 0.2, true},
		"95 of 100 stay":                          {append(spread(5, 0.1, 0.1), spread(95, 0.32, 1)...), spread(100, 0.1, 0.4), 0.3 + 0.01*100/150, true},
		"too few stay":                            {append(spread(6, 0.1, 0.1), spread(94, 0.5, 1)...), spread(100, 0, 0.3), DefaultThreshold, false},
		"what is not covered looks like the rest": {spread(100, 0.3, 1), spread(100, 0.3, 1), DefaultThreshold, false},
		"too few samples":                         {spread(29, 0.5, 1), spread(100, 0, 0.3), DefaultThreshold, false},
		"too few of the other kind":               {spread(100, 0.5, 1), spread(29, 0, 0.3), DefaultThreshold, false},
		"none":                                    {nil, nil, DefaultThreshold, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var samples []CalibrationSample
			for _, c := range tt.with {
				samples = append(samples, CalibrationSample{Coverage: c, Answerable: true})
			}
			for _, c := range tt.without {
				samples = append(samples, CalibrationSample{Coverage: c})
			}
			got, ok := Calibrate(samples)
			if math.Abs(got-tt.want) > 1e-6 || ok != tt.ok {
				t.Errorf("%.3f, %v; want %.3f, %v", got, ok, tt.want, tt.ok)
			}
			slices.Reverse(samples)
			if again, _ := Calibrate(samples); again != got {
				t.Errorf("another order gives %v", again)
			}
		})
	}
}
