package lsa

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// sparse makes a random weighted matrix with a decaying spectrum, and the same
// as a dense one.
func sparse(t *testing.T, rows, terms int) (*matrix, *mat.Dense) {
	t.Helper()
	random := rand.New(rand.NewPCG(11, 12))
	zipf := rand.NewZipf(random, 1.3, 4, uint64(terms-1))
	m, err := count(t.Context(), func(yield func([]string, error) bool) {
		for range rows {
			var unit []string
			for range 30 {
				unit = append(unit, fmt.Sprintf("w%d", zipf.Uint64()))
			}
			if !yield(unit, nil) {
				return
			}
		}
	}, terms, rows)
	if err != nil {
		t.Fatal(err)
	}
	m.weigh()
	dense := mat.NewDense(rows, len(m.terms), nil)
	for row := range m.rows() {
		ids, counts := m.row(row)
		for i, id := range ids {
			dense.Set(row, int(id), float64(m.value(row, id, counts[i])))
		}
	}
	return m, dense
}

// The found vectors are orthonormal and catch what the exact decomposition
// says is there to catch.
func TestDecomposeAgreesWithTheExactDecomposition(t *testing.T) {
	t.Parallel()
	const rank = 20
	m, dense := sparse(t, 150, 120)
	basis, rotation, err := decompose(t.Context(), m, rank, 1)
	if err != nil {
		t.Fatal(err)
	}
	vectors := mat.NewDense(basis.rows(), rank, nil)
	coordinates := make([]float32, rank)
	turned := narrow(rotation)
	for i := range basis.rows() {
		multiply(basis.row(i), turned, coordinates)
		for j, v := range coordinates {
			vectors.Set(i, j, float64(v))
		}
	}
	var product mat.Dense
	product.Mul(vectors.T(), vectors)
	for i := range rank {
		for j := range rank {
			want := 0.0
			if i == j {
				want = 1
			}
			if d := math.Abs(product.At(i, j) - want); d > 1e-3 {
				t.Fatalf("vectors %d and %d: product is off by %g", i, j, d)
			}
		}
	}
	var exact mat.SVD
	if !exact.Factorize(dense, mat.SVDNone) {
		t.Fatal("no exact decomposition")
	}
	var projected mat.Dense
	projected.Mul(dense, vectors)
	for j, want := range exact.Values(nil)[:rank] {
		got := mat.Norm(projected.ColView(j), 2)
		if got > want*1.001 || got < want*0.97 {
			t.Errorf("singular value %d is %.4f, exactly %.4f", j, got, want)
		}
	}
}

func TestOrthonormaliseDropsWhatDepends(t *testing.T) {
	t.Parallel()
	x := newTall(100, 4)
	random := rand.New(rand.NewPCG(1, 1))
	for i := range 100 {
		a, b := float32(random.NormFloat64()), float32(random.NormFloat64())
		copy(x.row(i), []float32{a, b, a + b, 0})
	}
	if err := orthonormalise(t.Context(), x); err != nil {
		t.Fatal(err)
	}
	for j := range 4 {
		sum := 0.0
		for i := range 100 {
			sum += float64(x.row(i)[j]) * float64(x.row(i)[j])
		}
		want := 1.0
		if j >= 2 {
			want = 0
		}
		if math.Abs(sum-want) > 1e-4 {
			t.Errorf("column %d has squared length %g, want %g", j, sum, want)
		}
	}
}

func TestKeepRenumbers(t *testing.T) {
	t.Parallel()
	m := &matrix{starts: []int{0}, terms: []string{"c", "a", "b"}, units: make([]int32, 3)}
	m.add([]int32{0, 1, 1, 2})
	m.add([]int32{2, 2, 0})
	m.add([]int32{1})
	m.keep(m.vocabulary(2))
	if fmt.Sprint(m.terms, m.units) != "[a b] [2 2]" {
		t.Fatalf("terms %v in %v units", m.terms, m.units)
	}
	for row, want := range []string{"[0 1] [2 1]", "[1] [2]", "[0] [1]"} {
		ids, counts := m.row(row)
		// The ids of a row need no order.
		if got := fmt.Sprint(ids, counts); got != want {
			t.Errorf("row %d: %s, want %s", row, got, want)
		}
	}
}
