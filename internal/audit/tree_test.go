package audit

import (
	"bytes"
	"encoding/hex"
	"testing"
	"time"

	"github.com/transparency-dev/merkle/proof"
	"pgregory.net/rapid"
)

var hashes = []Hash{SHA256, SM3}

// numbered gives a log of n entries, of which older programs chained the first.
func numbered(n, chained int, h Hash) []Entry {
	list := log(n)
	for i := chained; i < n; i++ {
		list[i] = list[i].Numbered(int64(i+1), h)
	}
	return list
}

func checkLog(h Hash, chained int, list []Entry) (Head, error) {
	l := Log{Hash: h, Chained: int64(chained)}
	var first error
	for _, e := range list {
		if err := l.Check(e, nil); err != nil && first == nil {
			first = err
		}
	}
	head, err := l.Head()
	if err != nil {
		return head, err
	}
	return head, first
}

// The tree is that of RFC 9162: the roots of the reference leaves, by SHA-256, are known.
func TestTreeIsThatOfTheStandard(t *testing.T) {
	leaves := []string{"", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"}
	roots := []string{
		"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
		"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
		"4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
		"ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c", "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
	}
	tree, err := SHA256.Tree(0, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, leaf := range leaves {
		data, _ := hex.DecodeString(leaf)
		if err := tree.Append(SHA256.HashLeaf(data), nil); err != nil {
			t.Fatal(err)
		}
		if head, err := tree.Head(); err != nil || head.Root != roots[i] || head.Size != int64(i+1) {
			t.Errorf("%d leaves: %v, %v", i+1, head, err)
		}
	}
}

// SM3 is that of GB/T 32905, appendix A.
func TestSM3IsThatOfTheStandard(t *testing.T) {
	if got := SM3.sum([]byte("abc")).String(); got != "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0" {
		t.Error(got)
	}
}

// Heads must not change with the program: logs and notes outlive it.
func TestHeadsAreStable(t *testing.T) {
	for _, x := range []struct {
		hash Hash
		root string
	}{{SHA256, "b74ebcdd5781c505ddc6eb69dc085e4cf83f46c23e64bb1deaecbc00f98d179a"}, {SM3, "81d88fc3419f597e584df5137e5b319d1dfc4d70eb8b04abef4930d9c7c84bbc"}} {
		if head, err := checkLog(x.hash, 2, numbered(5, 2, x.hash)); err != nil || head.Root != x.root {
			t.Errorf("%s: %v, %v", x.hash, head, err)
		}
	}
}

// Every single change to a log is noticed, when it is made or by the head.
func TestLogBreaks(t *testing.T) {
	for _, h := range hashes {
		for _, chained := range []int{0, 3, 5} {
			whole, err := checkLog(h, chained, numbered(5, chained, h))
			if err != nil {
				t.Fatal(err)
			}
			for i := range 5 {
				for name, spoil := range map[string]func(l []Entry) []Entry{
					"time":    func(l []Entry) []Entry { l[i].At = l[i].At.Add(time.Millisecond); return l },
					"actor":   func(l []Entry) []Entry { l[i].Actor = "other"; return l },
					"action":  func(l []Entry) []Entry { l[i].Action = "undo"; return l },
					"subject": func(l []Entry) []Entry { l[i].Subject = "import/2"; return l },
					"detail":  func(l []Entry) []Entry { l[i].Detail = `{"rows":4}`; return l },
					"before":  func(l []Entry) []Entry { l[i].Prev = "00"; return l },
					"hash":    func(l []Entry) []Entry { l[i].Hash = l[(i+1)%5].Hash; return l },
					"removed": func(l []Entry) []Entry { return append(l[:i], l[i+1:]...) },
					"twice":   func(l []Entry) []Entry { return append(l[:i+1:i+1], l[i:]...) },
					"swapped": func(l []Entry) []Entry { l[i], l[(i+1)%5] = l[(i+1)%5], l[i]; return l },
					"border":  func(l []Entry) []Entry { l[i].Actor, l[i].Action = "locali", "mport"; return l },
				} {
					head, err := checkLog(h, chained, spoil(numbered(5, chained, h)))
					if _, broken := err.(*Broken); !broken && !(name == "removed" && i == 4 && head.Size == 4) {
						t.Errorf("%s, %d chained, entry %d: %s is not noticed", h, chained, i+1, name)
					}
				}
				// Whoever gives the changed entry a hash that fits is found by the head.
				l := numbered(5, chained, h)
				l[i].Actor = "other"
				if i >= chained {
					l[i] = l[i].Numbered(l[i].Seq, h)
				}
				if head, _ := checkLog(h, chained, l); head == whole {
					t.Errorf("%s, %d chained: entry %d with another hash comes to the same head", h, chained, i+1)
				}
			}
		}
	}
}

// A tree can be taken up again at any size, and proves every entry and every earlier head; by proofs of something else
// nothing is proven.
func TestTreeProves(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := rapid.SampledFrom(hashes).Draw(t, "hash")
		size := rapid.Int64Range(1, 200).Draw(t, "size")
		nodes := map[Node][]byte{}
		roots := [][]byte{h.EmptyRoot()}
		var leaves [][]byte
		for i := range size {
			var edge [][]byte
			for _, n := range Edge(i) {
				edge = append(edge, nodes[n])
			}
			tree, err := h.Tree(i, edge) // as a process that has just been started
			if err != nil {
				t.Fatal(err)
			}
			leaf := h.HashLeaf([]byte{byte(i)})
			leaves = append(leaves, leaf)
			nodes[Node(2*i)] = leaf
			if err := tree.Append(leaf, func(n Node, hash []byte) { nodes[n] = hash }); err != nil {
				t.Fatal(err)
			}
			head, err := tree.Head()
			if err != nil {
				t.Fatal(err)
			}
			root, _ := hex.DecodeString(head.Root)
			roots = append(roots, root)
			if inner := int64(len(nodes)) - i - 1; inner != Nodes(i+1) {
				t.Fatalf("%d inner nodes of %d leaves, counted %d", inner, i+1, Nodes(i+1))
			}
		}
		get := func(list []Node) (out [][]byte, err error) {
			for _, n := range list {
				if nodes[n] == nil {
					t.Fatalf("node %d is not kept", n)
				}
				out = append(out, nodes[n])
			}
			return out, nil
		}
		seq := rapid.Int64Range(1, size).Draw(t, "entry")
		path, err := h.ProveEntry(seq, size, get)
		if err != nil {
			t.Fatal(err)
		}
		if err := proof.VerifyInclusion(h, uint64(seq-1), uint64(size), leaves[seq-1], path, roots[size]); err != nil {
			t.Fatal(err)
		}
		if other := leaves[seq%size]; !bytes.Equal(other, leaves[seq-1]) && proof.VerifyInclusion(h, uint64(seq-1), uint64(size), other, path, roots[size]) == nil {
			t.Fatal("another entry is proven")
		}
		earlier := rapid.Int64Range(1, size).Draw(t, "earlier")
		path, err = h.ProveHead(earlier, size, get)
		if err != nil {
			t.Fatal(err)
		}
		if err := proof.VerifyConsistency(h, uint64(earlier), uint64(size), path, roots[earlier], roots[size]); err != nil {
			t.Fatal(err)
		}
		if earlier > 1 && proof.VerifyConsistency(h, uint64(earlier), uint64(size), path, roots[earlier-1], roots[size]) == nil {
			t.Fatal("another head is proven")
		}
	})
}
