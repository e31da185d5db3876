package indextest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/uuid"

	"steward/internal/knowledge"
	"steward/schemas"
)

func findsLanguages(t *testing.T, b bench) {
	texts := map[string]schemas.Chunk{
		"returns":  b.chunk(web, "returns", "en", "You can return an order within 30 days of delivery."),
		"shipping": b.chunk(web, "shipping", "en", "Parcels are shipped every weekday and arrive in three days."),
		"resi":     b.chunk(web, "resi", "it", "I prodotti possono essere restituiti entro trenta giorni dalla consegna."),
		"città":    b.chunk(web, "città", "it", "Consegniamo in ogni città italiana, anche di sabato."),
		"lösenord": b.chunk(web, "lösenord", "sv", "Du kan återställa lösenordet på din kontosida."),
		"frakt":    b.chunk(web, "frakt", "sv", "Frakten är gratis för beställningar över 500 kronor."),
		"unknown":  b.chunk(web, "unknown", "", "La parolo ekzistas en neniu vortaro de la servilo."),
		"japanese": b.chunk(web, "japanese", "ja", "パスワードを忘れた場合は再設定できます。"),
	}
	for _, c := range texts {
		b.put(c)
	}
	languages := []string{"en", "it", "sv", "ja", ""}
	for _, tt := range []struct{ text, want string }{
		{"How do I return orders?", "returns"},
		{"RETURNED ORDER!!", "returns"},
		{"when is my parcel shipped", "shipping"},
		{"shiping parcells", "shipping"},
		{"restituire un prodotto", "resi"},
		{"citta", "città"},
		{"CITTÀ", "città"},
		{"losenord", "lösenord"},
		{"glömt lösenord", "lösenord"},
		{"kostar frakten för beställningen", "frakt"},
		{"ekzistas vortaro", "unknown"},
		{"パスワード", "japanese"},
		{"retu\u0301rn an o\u200brder", "returns"},
		{"return 🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f order", "returns"},
	} {
		hits := b.search(knowledge.Query{Text: tt.text, Languages: languages, Sources: all})
		if len(hits) == 0 || hits[0].Chunk != texts[tt.want].ID {
			t.Errorf("%q does not find %q first: %d hits", tt.text, tt.want, len(hits))
		}
	}
	for _, text := range []string{"", "?!… 👍🏽", "xyzzyq"} {
		if hits := b.search(knowledge.Query{Text: text, Languages: languages, Sources: all}); len(hits) != 0 {
			t.Errorf("%q finds %d chunks", text, len(hits))
		}
	}
}

// nasty are texts that break quoting, encoding or limits somewhere.
func nasty() []string {
	long := make([]rune, 0, 20_000)
	for i := range 20_000 {
		long = append(long, rune('a'+i%26))
		if i%7 == 0 {
			long = append(long, ' ')
		}
	}
	return []string{
		"\a\v\x7f\x00\x1b", "a\xff\xfeb", `"quoted" \ back\slash`, "`{}[]()$%^&*", "{Get{KbChunk{terms}}}",
		`"}}) { _additional { id } }`, "'; DROP TABLE chunk; --", "\u202e\u2066evil\u2069", "\U000e0041\U000e0067",
		"𝕳𝖊𝖑𝖑𝖔 𠜎𠜱", "ﷺ ﷽", "Z̸̢͎a̷̛l̵͓g̶͚o̸͈", "\ufeff\u200b", "🏴󠁧󠁢󠁥󠁮󠁧󠁿🇸🇪👩‍👩‍👧", "%s%d%n", "NULL undefined NaN", string(long),
	}
}

func survivesText(t *testing.T, b bench) {
	texts := append(nasty(), NaughtyStrings(t)...)
	var chunks []schemas.Chunk
	for i, text := range texts {
		doc := schemas.Document{Key: fmt.Sprint("nasty ", i), Title: text, Text: text + " findable"}
		doc.ID = knowledge.DocumentID(b.tenant, web, doc.Key)
		chunks = append(chunks, knowledge.Split(b.tenant, web, doc)...)
	}
	b.put(chunks...)
	b.putObjects(with(chunks[0], one, 1, 0))
	for _, text := range texts {
		query := knowledge.Query{Text: text, Languages: []string{"en", ""}, Sources: all}
		b.search(query)
		b.search(near(query, 0.2, 1, 0))
	}
	if hits := b.search(knowledge.Query{Text: "findable", Sources: all, Limit: 2000}); len(hits) < len(texts) {
		t.Errorf("%d of at least %d chunks are found", len(hits), len(texts))
	}
}

func keepsToSources(t *testing.T, b bench) {
	other := schemas.SourceID("src_00000000000000000000000000000002")
	a, c := b.chunk(web, "a", "en", "A blue tent for two."), b.chunk(other, "c", "en", "A blue tent for three.")
	b.put(a, c)
	query := knowledge.Query{Text: "blue tent", Languages: []string{"en"}}
	for _, tt := range []struct {
		name    string
		sources []schemas.SourceID
		want    []schemas.ChunkID
	}{
		{"one", []schemas.SourceID{other}, []schemas.ChunkID{c.ID}},
		{"both", []schemas.SourceID{web, other}, []schemas.ChunkID{a.ID, c.ID}},
		{"unknown", []schemas.SourceID{"src_00000000000000000000000000000003"}, nil},
		{"none", nil, nil},
		{"hostile", []schemas.SourceID{"\" \x00\v"}, nil},
	} {
		query.Sources = tt.sources
		got := ids(b.search(query))
		slices.Sort(got)
		slices.Sort(tt.want)
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %d hits, want %d", tt.name, len(got), len(tt.want))
		}
	}
}

func keepsTenants(t *testing.T, b bench) {
	stranger := bench{t: t, index: b.index, tenant: NewTenant()}
	query := knowledge.Query{Text: "blue tent", Languages: []string{"en"}, Sources: all}
	if hits := stranger.search(query); len(hits) != 0 {
		t.Errorf("a tenant without chunks finds %d", len(hits))
	}
	c := b.chunk(web, "a", "en", "A blue tent for two.")
	if err := b.index.Delete(b.context(), stranger.tenant, []schemas.ChunkID{c.ID}); err != nil {
		t.Errorf("Delete for a tenant without chunks: %v", err)
	}
	b.put(c)
	stranger.put(stranger.chunk(web, "b", "en", "A red boat."))
	if hits := stranger.search(query); len(hits) != 0 {
		t.Errorf("another tenant's chunk is found: %d hits", len(hits))
	}
	if hits := b.search(query); len(hits) != 1 {
		t.Errorf("own chunk: %d hits, want 1", len(hits))
	}
}

func replacesAndDeletes(t *testing.T, b bench) {
	a, c := b.chunk(web, "a", "en", "A blue tent for two."), b.chunk(web, "c", "en", "A green tent for three.")
	b.put(a, c)
	b.put(a)
	tent := knowledge.Query{Text: "tent", Languages: []string{"en"}, Sources: all}
	if hits := b.search(tent); len(hits) != 2 {
		t.Errorf("after a second Put: %d hits, want 2", len(hits))
	}
	changed := b.chunk(web, "a", "en", "A yellow canoe.")
	changed.ID = a.ID
	b.put(changed)
	if got := ids(b.search(tent)); !slices.Equal(got, []schemas.ChunkID{c.ID}) {
		t.Errorf("a replaced chunk is still found by its old words: %d hits", len(got))
	}
	missing := schemas.ChunkID(schemas.FormatID(schemas.PrefixChunk, uuid.New()))
	for range 2 {
		if err := b.index.Delete(b.context(), b.tenant, []schemas.ChunkID{c.ID, missing}); err != nil {
			t.Errorf("Delete: %v", err)
		}
	}
	if hits := b.search(tent); len(hits) != 0 {
		t.Errorf("a deleted chunk is found")
	}
	if got := ids(b.search(knowledge.Query{Text: "canoe", Languages: []string{"en"}, Sources: all})); !slices.Equal(got, []schemas.ChunkID{a.ID}) {
		t.Errorf("Delete removed more than it was told: %d hits", len(got))
	}
}

func limitsAndOrders(t *testing.T, b bench) {
	best := b.chunk(web, "waterproof boots", "en", "Waterproof boots keep feet dry. Boots are waterproof.")
	b.put(best)
	for i := range 40 {
		b.put(b.chunk(web, fmt.Sprint("boots ", i), "en", fmt.Sprintf("Model %d of our leather boots is for dry days in town.", i)))
	}
	query := knowledge.Query{Text: "waterproof boots", Languages: []string{"en"}, Sources: all, Limit: 7}
	hits := b.search(query)
	if len(hits) != 7 || hits[0].Chunk != best.ID {
		t.Fatalf("%d hits, want 7 with the best first", len(hits))
	}
	if !slices.IsSortedFunc(hits, func(a, b schemas.Hit) int {
		if a.Score >= b.Score {
			return 0
		}
		return 1
	}) {
		t.Error("hits are not ordered by score")
	}
	query.Limit = 0
	if hits := b.search(query); len(hits) != knowledge.DefaultLimit {
		t.Errorf("%d hits without a limit, want %d", len(hits), knowledge.DefaultLimit)
	}
}

func storesMany(t *testing.T, b bench) {
	const count = 450
	chunks := make([]schemas.Chunk, 0, count)
	all450 := make([]schemas.ChunkID, 0, count)
	for i := range count {
		c := b.chunk(web, fmt.Sprint("page ", i), "en", fmt.Sprintf("Article number%d explains camping.", i))
		chunks, all450 = append(chunks, c), append(all450, c.ID)
	}
	b.put(chunks...)
	for _, i := range []int{0, 199, 200, 449} {
		hits := b.search(knowledge.Query{Text: fmt.Sprintf("number%d", i), Languages: []string{"en"}, Sources: all, Limit: 1})
		if len(hits) != 1 || hits[0].Chunk != chunks[i].ID {
			t.Errorf("chunk %d is not found first", i)
		}
	}
	if err := b.index.Delete(b.context(), b.tenant, all450); err != nil {
		t.Fatalf("Delete: %v", err)
	}
	if hits := b.search(knowledge.Query{Text: "camping", Languages: []string{"en"}, Sources: all}); len(hits) != 0 {
		t.Errorf("%d chunks are left", len(hits))
	}
	b.put()
	if err := b.index.Delete(b.context(), b.tenant, nil); err != nil {
		t.Errorf("Delete of nothing: %v", err)
	}
}
