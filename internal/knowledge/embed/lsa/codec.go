package lsa

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
)

// A model is stored as
//
//	magic    8 bytes
//	version  uint16
//	dims     uint16
//	rank     uint16
//	(zero)   uint16
//	terms    uint32, their number
//	units    uint32
//	words    uint32, the length of the last part
//	checksum uint32, CRC-32C of all other bytes
//	idf      float32 for each term
//	scales   float32 for each term
//	rows     int8, rank for each term
//	words    each term as its length (uvarint) and its bytes, in ascending order
//
// with little-endian numbers.
const (
	magic      = "stwd-lsa"
	version    = 1
	headerSize = 32
	sumAt      = headerSize - 4
)

// Errors of Open.
var (
	// ErrDamaged says that the bytes are not what MarshalBinary wrote.
	ErrDamaged = errors.New("open embedder: the stored model is damaged")
	// ErrVersion says that the model was stored in a format of another release.
	ErrVersion = errors.New("open embedder: the stored model has a format that this release cannot read")
)

// MarshalBinary returns the model as bytes. Equal models give equal bytes. The
// error is always nil.
func (m *Model) MarshalBinary() ([]byte, error) {
	var words []byte
	for _, term := range m.terms {
		words = binary.AppendUvarint(words, uint64(len(term)))
		words = append(words, term...)
	}
	out := make([]byte, 0, headerSize+8*len(m.terms)+len(m.rows)+len(words))
	out = append(out, magic...)
	for _, v := range []int{version, m.dims, m.rank, 0} {
		out = binary.LittleEndian.AppendUint16(out, uint16(v))
	}
	for _, v := range []int{len(m.terms), m.units, len(words), 0} {
		out = binary.LittleEndian.AppendUint32(out, uint32(v))
	}
	for _, list := range [][]float32{m.idf, m.scales} {
		for _, v := range list {
			out = binary.LittleEndian.AppendUint32(out, math.Float32bits(v))
		}
	}
	out = append(out, m.rows...)
	out = append(out, words...)
	binary.LittleEndian.PutUint32(out[sumAt:], checksum(out))
	return out, nil
}

// Open reads what MarshalBinary wrote. The model keeps data, which must not
// change any more. The error is ErrDamaged or ErrVersion.
func Open(data []byte) (*Model, error) {
	if len(data) < headerSize || string(data[:len(magic)]) != magic {
		return nil, ErrDamaged
	}
	short := func(at int) int { return int(binary.LittleEndian.Uint16(data[at:])) }
	long := func(at int) int { return int(binary.LittleEndian.Uint32(data[at:])) }
	if v := short(8); v != version {
		return nil, fmt.Errorf("%w: version %d", ErrVersion, v)
	}
	if binary.LittleEndian.Uint32(data[sumAt:]) != checksum(data) {
		return nil, fmt.Errorf("%w: its checksum is wrong", ErrDamaged)
	}
	m := &Model{dims: short(10), rank: short(12), units: long(20)}
	terms, words := long(16), long(24)
	if m.rank == 0 || m.rank > m.dims || terms > maxTermsLimit || len(data) != headerSize+terms*(8+m.rank)+words {
		return nil, fmt.Errorf("%w: its sizes do not fit together", ErrDamaged)
	}
	data = data[headerSize:]
	m.idf, data = floats(data, terms)
	m.scales, data = floats(data, terms)
	m.rows, data = data[:terms*m.rank:terms*m.rank], data[terms*m.rank:]
	m.terms = readWords(data, terms)
	if m.idf == nil || m.scales == nil || m.terms == nil {
		return nil, fmt.Errorf("%w: its values cannot be read", ErrDamaged)
	}
	m.makeIndex()
	return m, nil
}

func checksum(data []byte) uint32 {
	table := crc32.MakeTable(crc32.Castagnoli)
	return crc32.Update(crc32.Checksum(data[:sumAt], table), table, data[headerSize:])
}

// floats reads n numbers; nil when one is no finite number.
func floats(data []byte, n int) (list []float32, rest []byte) {
	list = make([]float32, n)
	for i := range list {
		v := math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
		if f := float64(v); math.IsNaN(f) || math.IsInf(f, 0) {
			return nil, data[4*n:]
		}
		list[i] = v
	}
	return list, data[4*n:]
}

// readWords reads n ascending words that fill data; nil when they do not.
func readWords(data []byte, n int) []string {
	all := string(data)
	words := make([]string, 0, n)
	for len(words) < n {
		length, size := binary.Uvarint([]byte(all[:min(len(all), binary.MaxVarintLen64)]))
		if size <= 0 || length > uint64(len(all)-size) {
			return nil
		}
		word := all[size:][:length]
		if len(words) > 0 && words[len(words)-1] >= word {
			return nil
		}
		words = append(words, word)
		all = all[size+int(length):]
	}
	if all != "" {
		return nil
	}
	return words
}
