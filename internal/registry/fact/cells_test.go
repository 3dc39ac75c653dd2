package fact

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

func TestCells(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := rapid.SliceOf(rapid.SliceOf(rapid.Byte())).Draw(t, "cells")
		if at := rapid.IntRange(0, 20_000).Draw(t, "last"); rapid.Bool().Draw(t, "wide") {
			in = append(append(in, make([][]byte, at)...), []byte("x"))
			if blob := EncodeCells(in); at > 2*len(in[:len(in)-at-1])+fewCells && len(blob) > 4*len(in[:len(in)-at-1])+size(in)+16 {
				t.Fatalf("%d blank cells are stored in %d bytes", at, len(blob))
			}
		}
		out, err := DecodeCells(EncodeCells(in))
		if err != nil {
			t.Fatal(err)
		}
		for len(in) > 0 && len(in[len(in)-1]) == 0 {
			in = in[:len(in)-1]
		}
		if len(in) != len(out) {
			t.Fatalf("%d cells, want %d", len(out), len(in))
		}
		for i := range in {
			if !bytes.Equal(in[i], out[i]) {
				t.Fatalf("cell %d: %q, want %q", i, out[i], in[i])
			}
		}
	})
}

func size(cells [][]byte) (n int) {
	for _, c := range cells {
		n += len(c)
	}
	return n
}

func FuzzDecodeCells(f *testing.F) {
	f.Add([]byte{2, 1, 'a', 0})
	f.Add([]byte{0, 0x80, 0x80, 1, 0xC0, 0x70, 1, 'a'})
	f.Add([]byte{0xFF, 0xFF, 0xFF, 0xFF, 0x0F})
	f.Fuzz(func(t *testing.T, b []byte) {
		cells, err := DecodeCells(b)
		if err != nil {
			return
		}
		again, err := DecodeCells(EncodeCells(cells))
		if err != nil || len(again) > len(cells) {
			t.Fatalf("%v: %d cells, then %d", err, len(cells), len(again))
		}
	})
}
