package lsa

import (
	"cmp"
	"context"
	"iter"
	"math"
	"slices"
	"strings"
)

const (
	// maxDistinct is how many distinct terms are held while counting. Beyond
	// it, those seen in one unit only are forgotten, so that a source full of
	// random strings cannot fill the memory.
	maxDistinct = 1 << 19
	// roomAfter is after how many rows the room for all is reckoned.
	roomAfter = 1024
	// checkEvery is after how many rows a cancelled context is noticed.
	checkEvery = 256
)

// matrix is units × terms in compressed rows.
type matrix struct {
	// terms in their order; idf and units are parallel to it. units is in how
	// many units a term is.
	terms []string
	idf   []float32
	units []int32
	// starts has one more entry than there are rows: row i is
	// ids[starts[i]:starts[i+1]].
	starts []int
	ids    []int32
	// counts is how often the terms of ids are in their unit, up to 255: a byte
	// each, because the matrix is what a training holds most of. weigh makes
	// scales, one for each row, that give the row length one.
	counts []uint8
	scales []float32
	// logs is what so many occurrences count, see weight.
	logs [math.MaxUint8 + 1]float32
}

func (m *matrix) rows() int { return len(m.starts) - 1 }

func (m *matrix) row(i int) (ids []int32, counts []uint8) {
	from, to := m.starts[i], m.starts[i+1]
	return m.ids[from:to], m.counts[from:to]
}

// value is the entry of a row for one of its terms and how often it is there.
func (m *matrix) value(row int, id int32, count uint8) float32 {
	return m.logs[count] * m.idf[id] * m.scales[row]
}

// count reads the units, about as many as expected, and keeps the maxTerms terms
// that most of them have.
func count(ctx context.Context, units iter.Seq2[[]string, error], maxTerms, expected int) (*matrix, error) {
	m := &matrix{starts: []int{0}}
	index := make(map[string]int32)
	limit := maxDistinct
	var scratch []int32
	for unit, err := range units {
		if err != nil {
			return nil, err
		}
		if m.rows()%checkEvery == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		scratch = scratch[:0]
		for _, term := range unit {
			id, ok := index[term]
			if !ok {
				id = int32(len(m.terms))
				// A clone does not hold the text that the term was cut from.
				term = strings.Clone(term)
				index[term] = id
				m.terms, m.units = append(m.terms, term), append(m.units, 0)
			}
			scratch = append(scratch, id)
		}
		m.add(scratch)
		if m.rows() == roomAfter {
			m.makeRoom(expected)
		}
		if len(m.terms) > limit {
			m.keep(m.inUnits(2))
			clear(index)
			for id, term := range m.terms {
				index[term] = int32(id)
			}
			limit = max(maxDistinct, 2*len(m.terms))
		}
	}
	m.keep(m.vocabulary(maxTerms))
	m.sortRows()
	return m, nil
}

// makeRoom makes room for as many rows, going by those that are there: slices
// that grow by themselves leave several times their size behind.
func (m *matrix) makeRoom(rows int) {
	if more := rows - m.rows(); more > 0 {
		entries := len(m.ids) / m.rows() * more * 11 / 10
		m.ids, m.counts = slices.Grow(m.ids, entries), slices.Grow(m.counts, entries)
		m.starts = slices.Grow(m.starts, more)
	}
}

// add appends a row. It sorts ids in place.
func (m *matrix) add(ids []int32) {
	slices.Sort(ids)
	for i := 0; i < len(ids); {
		same := i + 1
		for same < len(ids) && ids[same] == ids[i] {
			same++
		}
		m.ids, m.counts = append(m.ids, ids[i]), append(m.counts, uint8(min(same-i, math.MaxUint8)))
		m.units[ids[i]]++
		i = same
	}
	m.starts = append(m.starts, len(m.ids))
}

// inUnits lists the terms that are in at least so many units.
func (m *matrix) inUnits(least int32) []int32 {
	var ids []int32
	for id, n := range m.units {
		if n >= least {
			ids = append(ids, int32(id))
		}
	}
	return ids
}

// vocabulary lists the terms to keep: those in the most units, because a term
// of one unit keeps no company that could be learned, only points at its unit.
// They are in alphabetical order, so that a model does not depend on which term
// came first.
func (m *matrix) vocabulary(limit int) []int32 {
	ids := m.inUnits(1)
	slices.SortFunc(ids, func(a, b int32) int {
		return cmp.Or(cmp.Compare(m.units[b], m.units[a]), cmp.Compare(m.terms[a], m.terms[b]))
	})
	ids = ids[:min(limit, len(ids))]
	slices.SortFunc(ids, func(a, b int32) int { return cmp.Compare(m.terms[a], m.terms[b]) })
	return ids
}

// keep drops all terms but these, which get their place in the list as id.
func (m *matrix) keep(ids []int32) {
	place := make([]int32, len(m.terms))
	for i := range place {
		place[i] = -1
	}
	terms, units := make([]string, len(ids)), make([]int32, len(ids))
	for i, id := range ids {
		place[id] = int32(i)
		terms[i], units[i] = m.terms[id], m.units[id]
	}
	m.terms, m.units = terms, units
	end, from := 0, 0
	for row := range m.rows() {
		to := m.starts[row+1]
		for i := from; i < to; i++ {
			if id := place[m.ids[i]]; id >= 0 {
				m.ids[end], m.counts[end] = id, m.counts[i]
				end++
			}
		}
		from, m.starts[row+1] = to, end
	}
	m.ids, m.counts = m.ids[:end], m.counts[:end]
}

// sortRows puts the terms of each row in order, so that sums come out the same
// whatever the order of words was.
func (m *matrix) sortRows() {
	type entry struct {
		id    int32
		count uint8
	}
	var entries []entry
	for row := range m.rows() {
		ids, counts := m.row(row)
		entries = entries[:0]
		for i, id := range ids {
			entries = append(entries, entry{id, counts[i]})
		}
		slices.SortFunc(entries, func(a, b entry) int { return cmp.Compare(a.id, b.id) })
		for i, e := range entries {
			ids[i], counts[i] = e.id, e.count
		}
	}
}

// weigh turns frequencies into log-tf·idf and gives every row length one, so
// that a long unit counts no more than a short one.
func (m *matrix) weigh() {
	m.idf = make([]float32, len(m.terms))
	for id, n := range m.units {
		m.idf[id] = float32(math.Log(float64(m.rows()) / float64(n)))
	}
	for n := range m.logs {
		m.logs[n] = weight(n, 1)
	}
	m.scales = make([]float32, m.rows())
	for row := range m.rows() {
		ids, counts := m.row(row)
		sum := 0.0
		for i, id := range ids {
			value := float64(m.logs[counts[i]] * m.idf[id])
			sum += value * value
		}
		if sum > 0 {
			m.scales[row] = float32(1 / math.Sqrt(sum))
		}
	}
}

// weight is what a term counts that occurs n times, from 255 on no more.
func weight(n int, idf float32) float32 {
	return float32(1+math.Log(float64(min(max(n, 1), math.MaxUint8)))) * idf
}
