package lsa

import (
	"context"
	"errors"
	"fmt"
	"iter"
)

const (
	// Dims is the default length of a vector. An index fixes the length of a
	// vector name for ever, so a smaller model's vectors are filled up with
	// zeros, which changes no cosine.
	Dims = 200
	// MinUnits is the least content that can be trained on.
	MinUnits = 50
	// defaultMaxTerms bounds the vocabulary.
	defaultMaxTerms = 30_000
	// unitsPerDim: fewer units than this per dimension would be learned by heart.
	unitsPerDim = 4
	// maxDims and maxTermsLimit are what the format of a model can hold.
	maxDims       = 1024
	maxTermsLimit = 1 << 20
)

// ErrTooSmall says that there is too little content to learn from: search by
// words alone.
var ErrTooSmall = errors.New("train embedder: there are fewer than 50 passages")

// Options say how to train. The zero value is the default.
type Options struct {
	// Dims is the length of the vectors, at most 1024. Default 200.
	Dims int
	// MaxTerms bounds the vocabulary; terms in the most units are kept. Default
	// 30,000.
	MaxTerms int
	// Units is about how many units there are, so that room for them is made
	// once; 0 when that is not known.
	Units int
	// Seed starts the random search. Equal seeds and units give equal models.
	Seed uint64
}

func (o Options) defaults() (Options, error) {
	if o.Dims == 0 {
		o.Dims = Dims
	}
	if o.MaxTerms == 0 {
		o.MaxTerms = defaultMaxTerms
	}
	if o.Dims < 0 || o.Dims > maxDims || o.MaxTerms < 0 || o.MaxTerms > maxTermsLimit {
		return o, fmt.Errorf("train embedder: at most %d dimensions and %d terms are possible", maxDims, maxTermsLimit)
	}
	return o, nil
}

// Train learns a model from units, which are the analysed terms of one chunk
// each; a unit may be reused after the next is asked for. It reads them once
// and holds 5 bytes per distinct term of a unit, and 8 bytes per term and
// dimension. An error of units is returned as it is; ErrTooSmall when there is
// too little. It uses one core and stops when ctx ends.
func Train(ctx context.Context, units iter.Seq2[[]string, error], options Options) (*Model, error) {
	options, err := options.defaults()
	if err != nil {
		return nil, err
	}
	m, err := count(ctx, units, options.MaxTerms, options.Units)
	if err != nil {
		return nil, fmt.Errorf("train embedder: %w", err)
	}
	used := 0
	for row := range m.rows() {
		if ids, _ := m.row(row); len(ids) > 0 {
			used++
		}
	}
	if used < MinUnits {
		return nil, ErrTooSmall
	}
	m.weigh()
	rank := min(options.Dims, used/unitsPerDim, len(m.terms))
	basis, rotation, err := decompose(ctx, m, rank, options.Seed)
	if err != nil {
		return nil, fmt.Errorf("train embedder: %w", err)
	}
	if rotation == nil {
		return nil, ErrTooSmall
	}
	return newModel(m, basis, narrow(rotation), options.Dims), nil
}
