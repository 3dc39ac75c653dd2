package vault

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// The example of GB 11643-1999 and numbers of its kind; neighbours with another check character are none.
func TestNumbers(t *testing.T) {
	for s, want := range map[string]bool{
		"11010519491231002X": true, "11010519491231002x": true, "440524188001010014": true, "110105194912310021": false, "91120116MA05K1A2X3": false,
		"11010519491331002X": false, "": false, "1101051949123100": false,
	} {
		if IsNumber(s) != want || Holds(s) != want || Holds("证号："+s+"，张三") != want || Holds([]byte("0000"+s+"77")) != want {
			t.Errorf("%s: %v, %v", s, IsNumber(s), Holds(s))
		}
	}
	if got := Without("张三11010519491231002X李四440524188001010014", "●"); got != "张三●李四●" {
		t.Error(got)
	}
}

// Looking by jumps finds the same as looking at every place.
func TestHoldsFindsAll(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringOfN(rapid.RuneFrom([]rune("01x李")), 0, 60, -1).Draw(t, "around")
		at := rapid.IntRange(0, len(s)).Draw(t, "at")
		if rapid.Bool().Draw(t, "with") {
			s = s[:at] + "11010519491231002X" + s[at:]
		}
		slow := false
		for i := 0; i+numberSize <= len(s); i++ {
			slow = slow || IsNumber(s[i:i+numberSize])
		}
		if Holds(s) != slow {
			t.Fatalf("%q: %v", s, !slow)
		}
	})
}

func ring(t *testing.T, c Cipher) (*Ring, string) {
	r := At(filepath.Join(t.TempDir(), "keys"), c)
	id, err := r.Ready("")
	if err != nil {
		t.Fatal(err)
	}
	return r, id
}

func TestSeal(t *testing.T) {
	for _, c := range []Cipher{AES, SM4} {
		r, id := ring(t, c)
		blob, err := r.Seal(id, []byte("11010519491231002X"))
		if err != nil || !IsSealed(blob) || KeyOf(blob) != id || Holds(blob) {
			t.Fatal(blob, err)
		}
		text, err := r.SealText(id, "11010519491231002X")
		if err != nil || KeyOf(text) != id || strings.Contains(text, "1949") {
			t.Fatal(text, err)
		}
		// Another process opens both.
		other := At(r.Path(), "")
		if plain, err := other.Open(blob); err != nil || string(plain) != "11010519491231002X" {
			t.Fatal(plain, err)
		}
		if plain, err := other.OpenText(text); err != nil || plain != "11010519491231002X" {
			t.Fatal(plain, err)
		}
		for i := range blob {
			bad := bytes.Clone(blob)
			if bad[i] ^= 1; IsSealed(bad) {
				if _, err := r.Open(bad); err == nil {
					t.Fatalf("byte %d may be changed", i)
				}
			}
		}
		if info, err := os.Stat(r.Path()); err != nil || info.Mode().Perm() != 0o600 {
			t.Error("the key file may be read by others", info.Mode(), err)
		}
		again, err := r.Make(SM4)
		if err != nil {
			t.Fatal(err)
		}
		if newest, err := other.Ready(""); err != nil || newest != again {
			t.Error(newest, err)
		}
		if err := r.Drop(id); err != nil {
			t.Fatal(err)
		}
		if _, err := At(r.Path(), "").Open(blob); !errors.Is(err, ErrNoKey) {
			t.Error(err)
		}
		if _, err := At(r.Path(), "").Ready(id); !errors.Is(err, ErrNoKey) {
			t.Error("it takes another key than the one that is asked for:", err)
		}
	}
}

// A sealed file reads like the plain one from any place; one that is cut, or of which chunks are swapped, does not.
func TestFiles(t *testing.T) {
	r, id := ring(t, AES)
	path := filepath.Join(t.TempDir(), "file")
	write := func(plain []byte) {
		var b bytes.Buffer
		w, err := r.NewWriter(&b, id)
		if err != nil {
			t.Fatal(err)
		}
		for part := plain; len(part) > 0; {
			n := min(len(part), 50_000)
			w.Write(part[:n])
			part = part[n:]
		}
		if err := errors.Join(w.Close(), os.WriteFile(path, b.Bytes(), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	for _, size := range []int{0, 1, chunkSize - 1, chunkSize, chunkSize + 1, 3 * chunkSize} {
		plain := make([]byte, size)
		for i := range plain {
			plain[i] = byte(i / 251)
		}
		write(plain)
		if got, err := ReadFile(path, r); err != nil || !bytes.Equal(got, plain) {
			t.Fatalf("%d bytes: %d, %v", size, len(got), err)
		}
		f, err := r.OpenFile(path)
		if err != nil || f.Size() != int64(size) {
			t.Fatal(f.Size(), err)
		}
		part := make([]byte, size/2)
		if _, err := f.ReadAt(part, int64(size-len(part))); err != nil && err != io.EOF || !bytes.Equal(part, plain[size-len(part):]) {
			t.Fatal(err)
		}
		f.Close()
	}
	whole, _ := os.ReadFile(path)
	one := chunkSize + tagSize
	swapped := bytes.Clone(whole)
	copy(swapped[headSize:], whole[headSize+one:headSize+2*one])
	copy(swapped[headSize+one:], whole[headSize:headSize+one])
	for name, bad := range map[string][]byte{"cut": whole[:headSize+2*one], "shorter": whole[:len(whole)-5], "swapped": swapped, "longer": append(bytes.Clone(whole), whole[headSize:headSize+one]...)} {
		os.WriteFile(path, bad, 0o600)
		if _, err := ReadFile(path, r); err == nil {
			t.Errorf("%s: it is read", name)
		}
	}
}

func TestScratch(t *testing.T) {
	s, err := NewScratch("eyas-test-*")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for range 100 {
		io.WriteString(s, "11010519491231002X,")
	}
	raw := make([]byte, 1900)
	if _, err := s.f.ReadAt(raw, 0); err != nil || bytes.Contains(raw, []byte("1949")) {
		t.Error("the file has it in clear", err)
	}
	for at := range int64(40) {
		b := make([]byte, 19)
		if _, err := s.ReadAt(b, at); err != nil || string(b) != strings.Repeat("11010519491231002X,", 3)[at%19:at%19+19] {
			t.Fatalf("%d: %q, %v", at, b, err)
		}
	}
}

func BenchmarkHolds(b *testing.B) {
	row := []byte(strings.Repeat("天津某某科技有限公司,91120116MA05K1A2X3,12345678.90,2020-03-31,", 8))
	b.SetBytes(int64(len(row)))
	for b.Loop() {
		Holds(row)
	}
}

// What one base sealed is not opened by the keys of another one, although both are open in this program.
func TestRingsAreApart(t *testing.T) {
	mine, id := ring(t, AES)
	other, _ := ring(t, AES)
	path := filepath.Join(t.TempDir(), "file")
	var b bytes.Buffer
	w, err := mine.NewWriter(&b, id)
	if err != nil {
		t.Fatal(err)
	}
	w.Write([]byte("110105"))
	if err := errors.Join(w.Close(), os.WriteFile(path, b.Bytes(), 0o600)); err != nil {
		t.Fatal(err)
	}
	if text, err := ReadFile(path, mine); err != nil || string(text) != "110105" {
		t.Fatal(text, err)
	}
	for name, by := range map[string]*Ring{"another base's keys": other, "no keys": nil} {
		if text, err := ReadFile(path, by); !errors.Is(err, ErrNoKey) {
			t.Errorf("by %s: %q, %v", name, text, err)
		}
	}
}

// Keys that several programs make in one file at the same moment are all kept: what one of them has sealed with its key could
// never be read again.
func TestKeysMadeTogether(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys")
	made := make(chan string)
	for range 8 {
		go func() {
			for range 8 {
				id, err := At(path, "").Make(AES) // a ring of its own, as another program has
				if err != nil {
					t.Error(err)
				}
				made <- id
			}
		}()
	}
	want := map[string]bool{}
	for range 64 {
		want[<-made] = true
	}
	keys, err := At(path, "").Keys()
	if err != nil || len(keys) != 64 || len(want) != 64 {
		t.Fatalf("%d keys of %d are kept: %v", len(keys), len(want), err)
	}
	for _, k := range keys {
		if !want[k.ID] {
			t.Errorf("nobody made %s", k.ID)
		}
	}
}

// The key that was made last is the newest, also where the clock stands still or was put back: a base that seals anew after a
// change of keys would else go on with the old one.
func TestNewestKey(t *testing.T) {
	r, _ := ring(t, AES)
	start := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	for i := range 40 {
		r.clock = func() time.Time { return start.Add(-time.Duration(i/4) * time.Hour) }
		made, err := r.Make(AES)
		if err != nil {
			t.Fatal(err)
		}
		if newest, err := At(r.Path(), "").Ready(""); err != nil || newest != made {
			t.Fatalf("key %d: the newest is %s, not %s: %v", i, newest, made, err)
		}
	}
}
