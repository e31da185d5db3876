package main

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"time"

	"steward/internal/knowledge"
	"steward/internal/knowledge/embed"
	"steward/internal/knowledge/weaviate"
	"steward/internal/policy"
	"steward/schemas"
)

const (
	tenant = schemas.AgentID("agent_00000000000000000000000000000001")
	source = schemas.SourceID("src_00000000000000000000000000000001")
)

// corpus is a set as the product stores it.
type corpus struct {
	*set
	objects   []knowledge.Object
	ids       map[schemas.ChunkID]string
	languages []string
	embedder  knowledge.Embedder
	trained   time.Duration
}

// model keeps the one training of a corpus for the registry.
type model []byte

// EmbedderModel implements embed.Models.
func (m *model) EmbedderModel(context.Context, schemas.EmbedderID) ([]byte, error) { return *m, nil }

// prepare splits, analyses and embeds a set as the product does.
func prepare(ctx context.Context, s *set) (*corpus, error) {
	c := &corpus{set: s, ids: make(map[schemas.ChunkID]string)}
	seen := make(map[string]bool)
	for _, d := range s.documents {
		doc, err := knowledge.Compose(tenant, schemas.Source{ID: source}, knowledge.Parts{Key: d.ID, Title: d.Title},
			knowledge.Text{Title: d.Title, Markdown: d.Text, Language: s.language})
		if err != nil {
			continue // an abstract without words
		}
		doc = knowledge.SplitDocument(tenant, source, doc, nil)
		for _, chunk := range doc.Chunks {
			c.objects = append(c.objects, knowledge.Object{Chunk: chunk})
			c.ids[chunk.ID] = d.ID
		}
		if !seen[doc.Language] {
			seen[doc.Language] = true
			c.languages = append(c.languages, doc.Language)
		}
	}
	return c, c.train(ctx)
}

func (c *corpus) train(ctx context.Context) error {
	var kept model
	registry := embed.NewRegistry(embed.Options{Models: &kept})
	start := time.Now()
	units := iter.Seq2[[]string, error](func(yield func([]string, error) bool) {
		for _, o := range c.objects {
			if !yield(strings.Fields(o.Chunk.Terms), nil) {
				return
			}
		}
	})
	trained, dims, err := registry.Train(ctx, len(c.objects), units)
	if err != nil {
		return err
	}
	c.trained, kept = time.Since(start), trained
	if c.embedder, err = registry.Open(ctx, schemas.Embedder{ID: "emb_1", Kind: schemas.EmbedderLSA, Model: "lsa", Dims: dims}); err != nil {
		return err
	}
	texts := make([]knowledge.Embeddable, len(c.objects))
	for i, o := range c.objects {
		texts[i] = knowledge.EmbeddableOf(o.Chunk)
	}
	vectors, err := c.embedder.Embed(ctx, knowledge.RolePassage, texts)
	if err != nil {
		return err
	}
	for i, v := range vectors {
		c.objects[i].Vectors = map[string][]float32{knowledge.VectorLSAa: v}
	}
	return nil
}

// query is a question as the product asks it.
func (c *corpus) query(ctx context.Context, text string, hybrid bool) (knowledge.Query, error) {
	q := knowledge.Query{Tenant: tenant, Text: text, Languages: c.languages, Sources: []schemas.SourceID{source}}
	if !hybrid {
		return q, nil
	}
	v, err := c.embedder.Embed(ctx, knowledge.RoleQuery, []knowledge.Embeddable{{Terms: q.Terms(), Text: text}})
	if err != nil {
		return q, err
	}
	q.Vector, q.VectorName, q.Weight = v[0], knowledge.VectorLSAa, policy.VectorWeight(schemas.EmbedderLSA)
	return q, nil
}

// ask scores all questions of the set on the server.
func (c *corpus) ask(ctx context.Context, index knowledge.Index, hybrid bool) (scores, error) {
	var total scores
	for _, q := range c.questions {
		query, err := c.query(ctx, q.Text, hybrid)
		if err != nil {
			return total, err
		}
		hits, err := index.Search(ctx, query)
		if err != nil {
			return total, err
		}
		var found []string
		seen := make(map[string]bool)
		for _, h := range hits {
			if id := c.ids[h.Chunk]; !seen[id] {
				seen[id] = true
				found = append(found, id)
			}
		}
		total.add(found, q.grades)
	}
	return total.mean(), nil
}

// settleBy is after how long a ranking has to be right.
const settleBy = 5 * time.Second

// quality imports a set into a collection of its own and scores plain BM25, our
// words, and words with vectors, five seconds after the import and again later.
func quality(ctx context.Context, server string, grpc string, s *set) error {
	c, err := prepare(ctx, s)
	if err != nil {
		return err
	}
	index, err := weaviate.New(weaviate.Options{URL: server, GRPC: grpc, Collection: "Kb" + strings.ToUpper(s.name[:1]) + strings.ReplaceAll(s.name[1:], "-", "")})
	if err != nil {
		return err
	}
	if err := index.Prepare(ctx); err != nil {
		return err
	}
	start := time.Now()
	if err := index.Put(ctx, tenant, c.objects); err != nil {
		return err
	}
	imported := time.Since(start)
	var yardstick scores
	p := newPlain(s.documents)
	for _, q := range s.questions {
		yardstick.add(p.search(q.Text), q.grades)
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(max(0, settleBy-time.Since(start)+imported)):
	}
	fmt.Printf("%s: %d documents, %d passages, %d questions; training %.1f s, import %.1f s (%.0f/s)\n",
		s.name, len(s.documents), len(c.objects), len(s.questions), c.trained.Seconds(), imported.Seconds(), float64(len(c.objects))/imported.Seconds())
	show("plain BM25", yardstick.mean())
	soon, err := c.ask(ctx, index, true)
	if err != nil {
		return err
	}
	show("words and vectors, 5 s after the import", soon)
	words, err := c.ask(ctx, index, false)
	if err != nil {
		return err
	}
	show("words alone", words)
	later, err := c.ask(ctx, index, true)
	if err != nil {
		return err
	}
	show("words and vectors, later", later)
	return nil
}

func show(what string, s scores) {
	fmt.Printf("  %-40s nDCG@10 %.3f  hit@1 %.3f  hit@5 %.3f\n", what, s.ndcg10, s.hit1, s.hit5)
}
