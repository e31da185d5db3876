package lsa_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"slices"
	"strings"
	"testing"

	"steward/internal/knowledge/embed/lsa"
)

func TestStoredModelIsTheModel(t *testing.T) {
	t.Parallel()
	units := corpus(100)
	m := train(t, units, lsa.Options{})
	data := stored(t, m)
	opened, err := lsa.Open(data)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(data, stored(t, opened)) {
		t.Error("storing it again gives other bytes")
	}
	if opened.Dims() != m.Dims() || opened.Rank() != m.Rank() || opened.Units() != m.Units() || opened.Terms() != m.Terms() {
		t.Errorf("dims %d, rank %d, units %d, terms %d", opened.Dims(), opened.Rank(), opened.Units(), opened.Terms())
	}
	for i, unit := range units {
		text := strings.Join(unit, " ")
		if !slices.Equal(embed(t, m, text)[0], embed(t, opened, text)[0]) {
			t.Fatalf("unit %d has another vector", i)
		}
	}
}

// sign writes the checksum that belongs to data.
func sign(data []byte) []byte {
	table := crc32.MakeTable(crc32.Castagnoli)
	sum := crc32.Update(crc32.Checksum(data[:28], table), table, data[32:])
	binary.LittleEndian.PutUint32(data[28:], sum)
	return data
}

func TestOpenRefusesDamage(t *testing.T) {
	t.Parallel()
	good := stored(t, train(t, corpus(60), lsa.Options{}))
	refused := func(what string, data []byte) {
		t.Helper()
		if _, err := lsa.Open(data); !errors.Is(err, lsa.ErrDamaged) {
			t.Errorf("%s: %v", what, err)
		}
	}
	refused("nothing", nil)
	refused("another file", []byte(strings.Repeat("x", 100)))
	for size := 0; size < len(good); size += 1 + size/7 {
		refused("cut off", good[:size])
	}
	refused("longer", append(slices.Clone(good), 0))
	for at := 0; at < len(good); at += 1 + at/50 {
		if at >= 8 && at < 10 {
			continue // the version, below
		}
		bad := slices.Clone(good)
		bad[at] ^= 0x10
		refused("a flipped bit", bad)
	}
	change := func(at int, values ...byte) []byte {
		bad := slices.Clone(good)
		copy(bad[at:], values)
		return sign(bad)
	}
	refused("rank 0", change(12, 0, 0))
	refused("rank above dims", change(12, 255, 3))
	refused("huge number of terms", change(16, 255, 255, 255, 255))
	refused("longer words", change(24, 255, 255, 255, 255))
	refused("not a number", change(32, 0, 0, 192, 127))
	refused("infinite", change(32, 0, 0, 128, 127))
	refused("words out of order", change(len(good)-1, 0))
	if _, err := lsa.Open(change(8, 2)); !errors.Is(err, lsa.ErrVersion) {
		t.Errorf("another version: %v", err)
	}
	if _, err := lsa.Open(sign(slices.Clone(good))); err != nil {
		t.Errorf("undamaged: %v", err)
	}
}

func FuzzOpen(f *testing.F) {
	f.Add([]byte("stwd-lsa"))
	header := append([]byte("stwd-lsa\x01\x00\x02\x00\x01\x00\x00\x00"), make([]byte, 16)...)
	f.Add(header)
	f.Add(append(slices.Clone(header), make([]byte, 40)...))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) >= 32 {
			data = sign(data)
		}
		m, err := lsa.Open(data)
		if err != nil {
			return
		}
		again, err := m.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := lsa.Open(again); err != nil {
			t.Errorf("what was opened cannot be stored: %v", err)
		}
	})
}
