package audit

import (
	"bytes"
	"encoding/base64"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"eyas/internal/fault"
)

var update = flag.Bool("update", false, "write the golden files anew")

// grown is the tree over the first entries of a log, with all its nodes.
func grown(t rapid.TB, h Hash, list []Entry, chained int) (head Head, hashes func([]Node) ([][]byte, error)) {
	nodes := map[Node][]byte{}
	tree, err := h.Tree(0, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range list {
		leaf := h.Leaf(&list[i], i < chained)
		nodes[Node(2*i)] = leaf
		if err := tree.Append(leaf, func(n Node, hash []byte) { nodes[n] = hash }); err != nil {
			t.Fatal(err)
		}
	}
	if head, err = tree.Head(); err != nil {
		t.Fatal(err)
	}
	return head, func(list []Node) (out [][]byte, err error) {
		for _, n := range list {
			out = append(out, nodes[n])
		}
		return out, nil
	}
}

func proofOf(t rapid.TB, h Hash, list []Entry, chained, seq int) (*Evidence, Head) {
	head, hashes := grown(t, h, list, chained)
	path, err := h.ProveEntry(int64(seq), head.Size, hashes)
	if err != nil {
		t.Fatal(err)
	}
	return h.ProofOf(list[seq-1], seq <= chained, head, path), head
}

// Every entry of a log of any length is proven, by either hash; with any bit of the file flipped, nothing else is.
func TestEvidenceHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := rapid.SampledFrom(hashes).Draw(t, "hash")
		n := rapid.IntRange(1, 130).Draw(t, "entries")
		chained := rapid.IntRange(0, n).Draw(t, "chained")
		x, head := proofOf(t, h, numbered(n, chained, h), chained, rapid.IntRange(1, n).Draw(t, "entry"))
		text, err := x.JSON()
		if err != nil {
			t.Fatal(err)
		}
		read, err := ReadEvidence(text)
		if err != nil || !reflect.DeepEqual(read, x) {
			t.Fatalf("%+v came back as %+v: %v", x, read, err)
		}
		point := head.Point()
		if read.Check(nil) != nil || read.Check(&point) != nil || read.Check(&Point{Hash: head.Root}) != nil {
			t.Fatalf("does not hold: %s", text)
		}
		other := Point{head.Size, strings.Repeat("0", 64)}
		if err := read.Check(&other); fault.Of(err) != fault.Conflict {
			t.Errorf("holds by another head: %v", err)
		}
		bit := rapid.IntRange(0, 8*len(text)-1).Draw(t, "bit")
		text[bit/8] ^= 1 << (bit % 8)
		if flipped, err := ReadEvidence(text); err == nil && flipped.Check(nil) == nil && !same(flipped, x) {
			t.Errorf("bit %d is flipped, and it holds: %s", bit, text)
		}
	})
}

// same reports whether two proofs say the same; hexadecimal digits may be written in either case.
func same(a, b *Evidence) bool {
	x, y := *a, *b
	x.Head, y.Head, x.Earlier, y.Earlier = strings.ToLower(x.Head), strings.ToLower(y.Head), strings.ToLower(x.Earlier), strings.ToLower(y.Earlier)
	return reflect.DeepEqual(&x, &y)
}

// A head contains each earlier one, and no other.
func TestEvidenceBetweenHeads(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := rapid.SampledFrom(hashes).Draw(t, "hash")
		n := rapid.IntRange(2, 90).Draw(t, "entries")
		list := numbered(n, 0, h)
		from := rapid.IntRange(1, n).Draw(t, "earlier")
		head, nodes := grown(t, h, list, 0)
		earlier, _ := grown(t, h, list[:from], 0)
		path, err := h.ProveHead(int64(from), int64(n), nodes)
		if err != nil {
			t.Fatal(err)
		}
		x := h.ProofBetween(earlier, head, path)
		a, b := earlier.Point(), head.Point()
		for _, p := range []*Point{nil, &a, &b} {
			if err := x.Check(p); err != nil {
				t.Fatalf("with %v: %v", p, err)
			}
		}
		list[rapid.IntRange(0, from-1).Draw(t, "changed")].Actor = "other"
		if from < n {
			before, _ := grown(t, h, list[:from], 0)
			if h.ProofBetween(before, head, path).Check(nil) == nil {
				t.Error("a head over changed entries is proven")
			}
		}
	})
}

// The file does not change with the program: proofs outlive it. Both files hold for a log of five, of which an older program
// chained the first two.
func TestEvidenceIsStable(t *testing.T) {
	for _, h := range hashes {
		x, _ := proofOf(t, h, numbered(5, 2, h), 2, 4)
		text, err := x.JSON()
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join("testdata", "proof-"+string(h)+".json")
		if *update {
			if err := os.WriteFile(file, text, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(text, want) {
			t.Errorf("%s: %s, was %s", h, text, want)
		}
		if x, err := ReadEvidence(want); err != nil || x.Check(nil) != nil {
			t.Errorf("%s does not hold: %v", file, err)
		}
	}
}

// A million entries need twenty hashes.
func TestEvidenceIsSmall(t *testing.T) {
	const size = 1_000_000
	path, err := SHA256.ProveEntry(size/3, size, func(n []Node) ([][]byte, error) {
		out := make([][]byte, len(n))
		for i := range out {
			out[i] = make([]byte, 32)
		}
		return out, nil
	})
	if err != nil || 32*len(path) > 640 {
		t.Errorf("%d hashes, %v", len(path), err)
	}
	x := SHA256.ProofOf(log(1)[0], false, Head{size, strings.Repeat("0", 64)}, path)
	text, err := x.JSON()
	raw, _ := base64.StdEncoding.DecodeString(x.Path)
	t.Logf("%d bytes of hashes, %d bytes of JSON with an entry of %d", len(raw), len(text), len(x.Entry.Detail))
	if err != nil || len(text) > 1400 {
		t.Errorf("%d bytes, %v", len(text), err)
	}
}

// What is no proof is refused in a sentence.
func FuzzEvidence(f *testing.F) {
	for _, s := range []string{"", "{}", "[]", `{"eyas_proof":"1","hash":"sha256","earlier":"1:00","head":"2:00","path":""}`, `{"eyas_proof":"1","hash":"md5","head":"","path":""}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		x, err := ReadEvidence(text)
		if err == nil {
			err = x.Check(nil)
		}
		if err != nil && fault.Of(err) != fault.Invalid && fault.Of(err) != fault.Conflict {
			t.Errorf("%q: %v", text, err)
		}
	})
}
