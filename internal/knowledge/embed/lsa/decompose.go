package lsa

import (
	"context"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"
)

const (
	// spare is how many more dimensions are searched than are kept; they make
	// the last kept ones exact.
	spare = 24
	// rounds is how often the search is turned towards the strong dimensions.
	rounds = 3
	// negligible is the share of the strongest dimension's energy below which
	// one is rounding noise.
	negligible = 1e-9
	// blockRows is how many rows are added up at once.
	blockRows = 64
)

// tall is a dense matrix of few columns, row by row.
type tall struct {
	cols int
	data []float32
}

func newTall(rows, cols int) *tall { return &tall{cols: cols, data: make([]float32, rows*cols)} }

func (t *tall) rows() int { return len(t.data) / t.cols }

func (t *tall) row(i int) []float32 { return t.data[i*t.cols : (i+1)*t.cols] }

// decompose finds the strongest right singular vectors of m: an orthonormal
// basis (terms × searched dimensions) and the rotation of it whose columns are
// the vectors, strongest first, at most rank of them.
//
// It is subspace iteration from a random start: basis = orth(MᵀM·basis), then
// the eigenvectors of what M does within the basis (Halko, Martinsson, Tropp,
// https://arxiv.org/abs/0909.4061). Only terms × dimensions are held, never
// units × dimensions.
func decompose(ctx context.Context, m *matrix, rank int, seed uint64) (basis *tall, rotation *mat.Dense, err error) {
	cols := min(rank+spare, len(m.terms))
	basis, next := newTall(len(m.terms), cols), newTall(len(m.terms), cols)
	random := rand.New(rand.NewPCG(seed, uint64(cols)))
	for i := range basis.data {
		basis.data[i] = float32(random.NormFloat64())
	}
	for range rounds {
		if err := m.turn(ctx, basis, next); err != nil {
			return nil, nil, err
		}
		basis, next = next, basis
		if err := orthonormalise(ctx, basis); err != nil {
			return nil, nil, err
		}
	}
	energy := newGram(cols)
	z := make([]float32, cols)
	for row := range m.rows() {
		if row%checkEvery == 0 && ctx.Err() != nil {
			return nil, nil, ctx.Err()
		}
		m.into(row, basis, z)
		energy.add(z)
	}
	values, vectors := energy.eigen()
	kept := 0
	for kept < min(rank, len(values)) && values[kept] > negligible*values[0] && values[kept] > 0 {
		kept++
	}
	if kept == 0 {
		return basis, nil, nil
	}
	return basis, mat.DenseCopyOf(vectors.Slice(0, cols, 0, kept)), nil
}

// into sets z to row·x.
func (m *matrix) into(row int, x *tall, z []float32) {
	clear(z)
	ids, counts := m.row(row)
	for i, id := range ids {
		add(m.value(row, id, counts[i]), x.row(int(id)), z)
	}
}

// turn sets y to MᵀM·x.
func (m *matrix) turn(ctx context.Context, x, y *tall) error {
	clear(y.data)
	z := make([]float32, x.cols)
	for row := range m.rows() {
		if row%checkEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		m.into(row, x, z)
		ids, counts := m.row(row)
		for i, id := range ids {
			add(m.value(row, id, counts[i]), z, y.row(int(id)))
		}
	}
	return nil
}

// orthonormalise makes the columns of x orthonormal, or zero where they say
// nothing new: CholeskyQR with the eigenvectors of xᵀx in place of Cholesky,
// which does not fail when columns depend on each other.
func orthonormalise(ctx context.Context, x *tall) error {
	g := newGram(x.cols)
	for i := range x.rows() {
		g.add(x.row(i))
	}
	values, vectors := g.eigen()
	for j, value := range values {
		scale := 0.0
		if value > negligible*values[0] {
			scale = 1 / math.Sqrt(value)
		}
		for i := range x.cols {
			vectors.Set(i, j, vectors.At(i, j)*scale)
		}
	}
	to, product := narrow(vectors), make([]float32, x.cols)
	for i := range x.rows() {
		if i%checkEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		multiply(x.row(i), to, product)
		copy(x.row(i), product)
	}
	return nil
}

// multiply sets out to x·m.
func multiply(x []float32, m *tall, out []float32) {
	clear(out)
	for i, v := range x {
		add(v, m.row(i), out)
	}
}

// add adds alpha·x to y.
func add(alpha float32, x, y []float32) {
	blas32.Axpy(alpha, blas32.Vector{N: len(x), Inc: 1, Data: x}, blas32.Vector{N: len(y), Inc: 1, Data: y})
}

func narrow(m *mat.Dense) *tall {
	rows, cols := m.Dims()
	out := newTall(rows, cols)
	for i := range rows {
		for j, v := range m.RawRowView(i) {
			out.row(i)[j] = float32(v)
		}
	}
	return out
}

// gram adds up the products of every pair of columns of a tall matrix, in
// double precision: the eigenvalues span many orders of magnitude.
type gram struct {
	n     int
	sum   []float64
	block []float64
}

func newGram(n int) *gram {
	return &gram{n: n, sum: make([]float64, n*n), block: make([]float64, 0, blockRows*n)}
}

func (g *gram) add(row []float32) {
	for _, v := range row {
		g.block = append(g.block, float64(v))
	}
	if len(g.block) == cap(g.block) {
		g.flush()
	}
}

func (g *gram) flush() {
	rows := len(g.block) / g.n
	blas64.Syrk(blas.Trans, 1, blas64.General{Rows: rows, Cols: g.n, Stride: g.n, Data: g.block}, 1,
		blas64.Symmetric{N: g.n, Stride: g.n, Data: g.sum, Uplo: blas.Upper})
	g.block = g.block[:0]
}

// eigen returns eigenvalues, largest first, and their vectors as columns.
func (g *gram) eigen() (values []float64, vectors *mat.Dense) {
	g.flush()
	var e mat.EigenSym
	values, vectors = make([]float64, g.n), mat.NewDense(g.n, g.n, nil)
	if !e.Factorize(mat.NewSymDense(g.n, g.sum), true) {
		// It does not converge for values that are no numbers, and all zero
		// says that nothing was found.
		return values, vectors
	}
	var ascending mat.Dense
	e.VectorsTo(&ascending)
	raw := e.RawValues()
	for j := range g.n {
		from := g.n - 1 - j
		values[j] = raw[from]
		for i := range g.n {
			vectors.Set(i, j, ascending.At(i, from))
		}
	}
	return values, vectors
}
