package link_test

import (
	"iter"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"eyas/internal/registry/link"
	"eyas/internal/registry/link/linktest"
)

// city draws a small register and its index.
func city(t *rapid.T) (linktest.City, []link.Entry, *link.Index) {
	c := linktest.Default(rapid.IntRange(2, 300).Draw(t, "subjects"), 200)
	c.Seed = rapid.Uint64Range(1, 1<<40).Draw(t, "seed")
	entries := slices.Collect(c.Register())
	x := link.Build(slices.Values(entries), link.Options{})
	if rapid.Bool().Draw(t, "learned") {
		x.Learn(rowsOf(c))
	}
	return c, entries, x
}

// TestSameNameLinks: a name that only one subject has belongs to that subject.
func TestSameNameLinks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		_, entries, x := city(t)
		e := rapid.SampledFrom(entries).Draw(t, "entry")
		sharers := 0
		for _, o := range entries {
			if o.Name == e.Name {
				sharers++
			}
		}
		m := x.Match(link.Row{Name: e.Name})
		if sharers == 1 && (m.Decision != link.Link || m.ID != e.ID) || sharers > 1 && m.Decision != link.Ask {
			t.Fatalf("%s, which %d have: %s to %d, want %d: %s", e.Name, sharers, m.Decision, m.ID, e.ID, m.EN)
		}
		if m := x.Match(link.Row{Code: e.Code}); m.Decision != link.Link || m.ID != e.ID {
			t.Fatalf("%s: %s to %d", e.Code, m.Decision, m.ID)
		}
	})
}

// TestBranchIsNotItsParent: a branch of a subject is never linked to it without asking.
func TestBranchIsNotItsParent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		_, entries, x := city(t)
		e := rapid.SampledFrom(entries).Draw(t, "entry")
		tail := rapid.SampledFrom([]string{"第九分公司", "青岛分公司", "门市部", "（二车间）", "第三分厂", "八里台经营部"}).Draw(t, "branch")
		if m := x.Match(link.Row{Name: e.Name + tail}); m.Decision == link.Link {
			t.Fatalf("%s was linked to %s", e.Name+tail, m.Candidates[0].Matched)
		}
	})
}

// TestSlipIsFound: a code with one slip is corrected if the name agrees; else the name decides.
func TestSlipIsFound(t *testing.T) {
	const alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
	rapid.Check(t, func(t *rapid.T) {
		_, entries, x := city(t)
		e := rapid.SampledFrom(entries).Draw(t, "entry")
		code := []byte(e.Code)
		at := rapid.IntRange(0, 16).Draw(t, "at")
		if rapid.Bool().Draw(t, "swap") {
			code[at], code[at+1] = code[at+1], code[at]
		} else {
			code[at] = alphabet[rapid.IntRange(0, len(alphabet)-1).Draw(t, "wrong")]
		}
		m := x.Match(link.Row{Name: e.Name, Code: string(code)})
		if string(code) != e.Code && (m.By != link.BySlip && m.By != link.ByCode || m.By == link.BySlip && m.ID != e.ID) {
			t.Fatalf("%s for %s: %s by %s to %d, want %d: %s", code, e.Code, m.Decision, m.By, m.ID, e.ID, m.EN)
		}
	})
}

// TestOrderDoesNotMatter: another order of the register and another run give the same decisions.
func TestOrderDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, entries, _ := city(t)
		shuffled := slices.Clone(entries)
		rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "shuffle"), 1)).Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		x := link.Build(slices.Values(entries), link.Options{})
		y := link.Build(slices.Values(shuffled), link.Options{})
		x.Learn(rowsOf(c))
		rows := slices.Collect(iter.Seq[link.Row](rowsOf(c)))
		slices.Reverse(rows)
		y.Learn(slices.Values(rows))
		for i := range c.Incoming() {
			m, n := x.Match(i.Row), y.Match(i.Row)
			if m.Decision != n.Decision || m.By != n.By || m.ID != n.ID || math.Abs(m.Weight-n.Weight) > 1e-6 {
				t.Fatalf("%+v: %s by %s to %d (%f), and in another order %s by %s to %d (%f)", i.Row, m.Decision, m.By, m.ID, m.Weight, n.Decision, n.By, n.ID, n.Weight)
			}
		}
	})
}

// TestEachIsMatch: Each gives the same decisions as Match, in the order of the rows.
func TestEachIsMatch(t *testing.T) {
	c := linktest.Default(2000, 5000)
	x := link.Build(c.Register(), link.Options{})
	x.Learn(rowsOf(c))
	at := 0
	if err := link.Each(x, c.Incoming(), rowOfItem, func(i *linktest.Item, m *link.Match) error {
		n := x.Match(i.Row)
		if m.Decision != n.Decision || m.ID != n.ID || m.ZH != n.ZH || m.Weight != n.Weight {
			t.Fatalf("row %d: %+v, alone %+v", at, *m, n)
		}
		if at++; len(m.Candidates) > 0 && m.By == link.ByScore {
			sum := 0.0
			for _, e := range m.Candidates[0].Evidence {
				sum += e.Bits
			}
			if math.Abs(sum-m.Weight) > 1e-9 {
				t.Fatalf("the evidence adds up to %f, the weight is %f", sum, m.Weight)
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if at != 5000 {
		t.Fatalf("%d rows", at)
	}
}
