package lsa

import (
	"context"
	"math"
	"slices"

	"steward/internal/knowledge"
)

// Model turns terms into vectors. It never changes and is safe for concurrent
// use.
type Model struct {
	// dims is the length of a vector, rank how much of it is used.
	dims, rank int
	// units is how many units it was trained on.
	units int
	terms []string
	index map[string]int32
	idf   []float32
	// rows are the terms' coordinates, rank signed bytes each, to be multiplied
	// by the term's scale. A byte is a quarter of the memory, and its rounding
	// is far below what the order of passages notices.
	rows   []byte
	scales []float32
}

var _ knowledge.Embedder = (*Model)(nil)

// largest is the largest value of a signed byte that is used.
const largest = 127

func newModel(m *matrix, basis, rotation *tall, dims int) *Model {
	rank := rotation.cols
	out := &Model{
		dims: dims, rank: rank, units: m.rows(), terms: m.terms, idf: m.idf,
		rows: make([]byte, len(m.terms)*rank), scales: make([]float32, len(m.terms)),
	}
	coordinates := make([]float32, rank)
	for id := range m.terms {
		multiply(basis.row(id), rotation, coordinates)
		top := float32(0)
		for _, v := range coordinates {
			top = max(top, v, -v)
		}
		if top == 0 {
			continue
		}
		out.scales[id] = top / largest
		for i, v := range coordinates {
			out.rows[id*rank+i] = byte(int8(math.Round(float64(v / top * largest))))
		}
	}
	out.makeIndex()
	return out
}

func (m *Model) makeIndex() {
	m.index = make(map[string]int32, len(m.terms))
	for id, term := range m.terms {
		m.index[term] = int32(id)
	}
}

// Dims is the length of the vectors.
func (m *Model) Dims() int { return m.dims }

// Rank is how many of the dimensions are used; the others are zero.
func (m *Model) Rank() int { return m.rank }

// Terms is the size of the vocabulary, Units the number of units it was
// trained on.
func (m *Model) Terms() int { return len(m.terms) }

// Units is the number of units that the model was trained on.
func (m *Model) Units() int { return m.units }

// Embed projects the terms of each text. Vectors have length one; a text of
// unknown terms only has the zero vector. Role and Text are not used. It fails
// only when ctx has ended.
func (m *Model) Embed(ctx context.Context, _ knowledge.Role, texts []knowledge.Embeddable) ([][]float32, error) {
	out := make([][]float32, len(texts))
	var ids []int32
	for i, text := range texts {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		ids = ids[:0]
		for _, term := range text.Terms {
			if id, ok := m.index[term]; ok {
				ids = append(ids, id)
			}
		}
		out[i] = m.project(ids)
	}
	return out, nil
}

// project sorts ids, so that the vector does not depend on the order of words.
func (m *Model) project(ids []int32) []float32 {
	slices.Sort(ids)
	vector := make([]float32, m.dims)
	sum := vector[:m.rank]
	for i := 0; i < len(ids); {
		id, same := ids[i], i+1
		for same < len(ids) && ids[same] == id {
			same++
		}
		w := weight(same-i, m.idf[id]) * m.scales[id]
		row := m.rows[int(id)*m.rank:][:len(sum)]
		for j, v := range row {
			sum[j] += w * float32(int8(v))
		}
		i = same
	}
	squares := 0.0
	for _, v := range sum {
		squares += float64(v) * float64(v)
	}
	if squares > 0 {
		scale := float32(1 / math.Sqrt(squares))
		for j := range sum {
			sum[j] *= scale
		}
	}
	return vector
}
