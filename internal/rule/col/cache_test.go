package col_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"eyas/internal/rule/col"
	"eyas/internal/rule/col/coltest"
)

var stamp = col.Stamp{Pack: "fingerprint", Base: "base-1"}

func TestCache(t *testing.T) {
	for _, n := range []int{0, 1, 64, 5000} {
		path := filepath.Join(t.TempDir(), "enterprise.columns")
		reg := coltest.Register()
		want := build(t, coltest.Random(reg, n, 7, 0.5))
		if err := want.WriteCache(path, stamp, nil); err != nil {
			t.Fatal(err)
		}
		got, err := col.ReadCache(path, reg, stamp, nil)
		if err != nil {
			t.Fatal(err)
		}
		check(t, got)
		if dump(got) != dump(want) {
			t.Fatalf("%d rows: what was read differs from what was written", n)
		}
		// A table from a cache file can be updated like any other.
		if next, err := got.Updater().Table(want.Change + 1); err != nil || next.N != n {
			t.Fatal(err)
		}
		if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "*.tmp")); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	}
}

func TestCacheOfAnother(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c")
	reg := coltest.Register()
	if _, err := col.ReadCache(path, reg, stamp, nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	if err := coltest.Random(reg, 10, 1, 0.5).WriteCache(path, stamp, nil); err != nil {
		t.Fatal(err)
	}
	other := coltest.Register()
	other.ID = "carrier"
	for name, read := range map[string]func() (*col.Table, error){
		"pack": func() (*col.Table, error) {
			return col.ReadCache(path, reg, col.Stamp{Pack: "x", Base: stamp.Base}, nil)
		},
		"base": func() (*col.Table, error) {
			return col.ReadCache(path, reg, col.Stamp{Pack: stamp.Pack, Base: "x"}, nil)
		},
		"register": func() (*col.Table, error) { return col.ReadCache(path, other, stamp, nil) },
	} {
		if _, err := read(); !errors.Is(err, col.ErrStale) {
			t.Errorf("another %s: %v", name, err)
		}
	}
}

// A wrong byte anywhere and an end anywhere are noticed.
func TestCacheDamage(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "c")
	reg := small()
	if err := build(t, coltest.Random(reg, 20, 1, 0.5)).WriteCache(path, stamp, nil); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	read := func(what string, at int, b []byte) {
		t.Helper()
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := col.ReadCache(path, reg, stamp, nil); !errors.Is(err, col.ErrDamaged) && !errors.Is(err, col.ErrStale) {
			t.Fatalf("%s at %d of %d: %v", what, at, len(whole), err)
		}
	}
	for i := range whole {
		b := bytes.Clone(whole)
		b[i] ^= 1 << (i % 8)
		read("a flipped bit", i, b)
		read("cut", i, whole[:i])
	}
	read("too long", 0, append(bytes.Clone(whole), 0))
}

func FuzzReadCache(f *testing.F) {
	path := filepath.Join(f.TempDir(), "seed")
	reg := small()
	if err := coltest.Random(reg, 3, 1, 0.5).WriteCache(path, stamp, nil); err != nil {
		f.Fatal(err)
	}
	seed, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Add(seed[:40])
	f.Fuzz(func(t *testing.T, b []byte) {
		if got, err := col.DecodeCache(b, reg, stamp); err == nil {
			dump(got)
		}
	})
}
