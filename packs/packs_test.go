package packs

import (
	"testing"

	"eyas/internal/pack"
)

func load(t *testing.T) *pack.Pack {
	t.Helper()
	p, err := Default()
	if errs, ok := err.(pack.Errors); ok {
		t.Fatal("\n" + errs.Show("en"))
	}
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestTianjinLoads(t *testing.T) { load(t) }

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		if _, err := pack.Load(FS, "tianjin"); err != nil {
			b.Fatal(err)
		}
	}
}
