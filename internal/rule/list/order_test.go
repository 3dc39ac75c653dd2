package list

import (
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"eyas/internal/rule/col"
	"eyas/internal/rule/col/coltest"
)

// compareRows is the order of a page in plain code: blanks last, ties by subject id.
func compareRows(x *Index, by Sort) func(a, b int) int {
	o := x.ascending(by.By)
	return func(a, b int) int {
		if o != nil {
			pa, pb := o.present(a), o.present(b)
			switch {
			case pa != pb && pa:
				return -1
			case pa != pb:
				return 1
			case pa && o.key(a) != o.key(b):
				if (o.key(a) < o.key(b)) != by.Desc {
					return -1
				}
				return 1
			}
		}
		return a - b
	}
}

func TestPageEveryWay(t *testing.T) {
	const n = 30_000
	x := random(t, n, 0.5)
	r := rand.New(rand.NewPCG(1, 2))
	sets := map[string]col.Bitmap{"all": all(x), "half": col.NewBitmap(n), "few": col.NewBitmap(n), "none": col.NewBitmap(n)}
	for i := range n {
		if r.IntN(2) == 0 {
			sets["half"].Set(i)
		}
		if r.IntN(9) == 0 {
			sets["few"].Set(i)
		}
	}
	for _, by := range []string{"", "name", "code", "district", "zone", "industry", "sales@2020", "sales", "staff@2017", "net_assets@2019", "conversions",
		"registered_on", "cert_hnte_from", "breach_list", "loan_received@2020", "address", "sales@1999", "nothing", "uscc"} {
		for _, desc := range []bool{false, true} {
			s := Sort{By: by, Desc: desc}
			for name, set := range sets {
				want := members(set)
				slices.SortFunc(want, compareRows(x, s))
				for _, at := range []struct{ offset, limit int }{{0, 50}, {50, 50}, {1980, 50}, {3000, 20}, {n / 2, 7}, {n - 5, 50}, {0, n}, {-3, 10}, {n + 1, 10}, {0, 0}, {0, -1}} {
					p := x.Page(set, s, at.offset, at.limit)
					lo := min(max(at.offset, 0), len(want))
					hi := min(lo+max(at.limit, 0), len(want))
					if p.Total != len(want) || !slices.Equal(p.Rows, want[lo:hi]) {
						t.Fatalf("%v of %s at %v: %d rows of %d, want %d of %d", s, name, at, len(p.Rows), p.Total, hi-lo, len(want))
					}
				}
			}
		}
	}
	if len(x.orders.kept) > keptOrders {
		t.Errorf("%d orders kept", len(x.orders.kept))
	}
}

// The order of a column, compared with the values themselves.
func TestOrderOfValues(t *testing.T) {
	x := random(t, 2000, 0.3)
	sales := x.table.Nums[col.Key{Attr: "sales", Year: coltest.BaseYear}]
	last := math.Inf(1)
	for _, r := range x.Page(all(x), Sort{By: "sales@2020", Desc: true}, 0, 2000).Rows {
		v := math.Inf(-1)
		if sales.Valid.Get(r) {
			v = sales.Val[r]
		}
		if v > last {
			t.Fatalf("%v after %v", v, last)
		}
		last = v
	}
	// A yearly attribute without a year means the last year that has figures.
	if got, want := x.Page(all(x), Sort{By: "sales"}, 0, 9).Rows, x.Page(all(x), Sort{By: "sales@2020"}, 0, 9).Rows; !slices.Equal(got, want) {
		t.Errorf("sales: %v, sales@2020: %v", got, want)
	}
	// Districts come in the order of the pack, then codes outside it, then blanks.
	var seen []string
	for _, r := range x.Page(all(x), Sort{By: "district"}, 0, 2000).Rows {
		if w := x.word("district", r); len(seen) == 0 || seen[len(seen)-1] != w {
			seen = append(seen, w)
		}
	}
	if seen[0] != "120116" || seen[1] != "120101" || seen[15] != "120119" || seen[16] != "110105" || seen[len(seen)-1] != "" || len(seen) != 20 {
		t.Errorf("districts come as %v", seen)
	}
}

func TestOrderOfNumbers(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		a, b := rapid.Float64().Draw(rt, "a"), rapid.Float64().Draw(rt, "b")
		if (a < b) != (orderOf(a) < orderOf(b)) || (a == b) != (orderOf(a) == orderOf(b)) {
			rt.Fatalf("%v and %v: %x and %x", a, b, orderOf(a), orderOf(b))
		}
	})
	if orderOf(math.Copysign(0, -1)) != orderOf(0) {
		t.Error("−0 and 0 differ")
	}
}

func TestSortKeyed(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, mask := range []uint64{math.MaxUint64, 0xff, 1, 0, 0xffff << 40, 0x7ff << 11, 0xf << 60} {
		for _, n := range []int{1, 2, fewRows - 1, fewRows, 3 * fewRows} {
			all := make([]keyed, n)
			for i := range all {
				all[i] = keyed{r.Uint64() & mask, uint32(i)}
			}
			want := slices.Clone(all)
			slices.SortFunc(want, keyed.compare)
			sortKeyed(all)
			if !slices.Equal(all, want) {
				t.Fatalf("%d rows with mask %x", n, mask)
			}
		}
	}
}

func TestSelectFirst(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		keys := rapid.SliceOfN(rapid.Uint64Range(0, rapid.SampledFrom([]uint64{1, 5, 1000}).Draw(rt, "span")), 1, 200).Draw(rt, "keys")
		n := rapid.IntRange(1, len(keys)).Draw(rt, "n")
		all := make([]keyed, len(keys))
		for i, k := range keys {
			all[i] = keyed{k, uint32(i)}
		}
		want := slices.Clone(all)
		slices.SortFunc(want, keyed.compare)
		selectFirst(all, n)
		if all[n-1] != want[n-1] {
			rt.Fatalf("the %d-th is %v, want %v", n, all[n-1], want[n-1])
		}
		slices.SortFunc(all[:n], keyed.compare)
		if !slices.Equal(all[:n], want[:n]) {
			rt.Fatalf("the first %d are %v, want %v", n, all[:n], want[:n])
		}
	})
}

// Many readers at once, over everything that is made on first use.
func TestReadersAtOnce(t *testing.T) {
	x := random(t, 9000, 0.3)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for k := range 6 {
				by := []string{"name", "code", "sales@2020", "district", "registered_on", "staff@2019", "st_staff@2018"}[(i+k)%7]
				x.Page(all(x), Sort{By: by, Desc: i%2 == 0}, 4000, 20)
				x.Search([]string{"科技", "kj", "9112", "keji"}[(i+k)%4], 10)
				if _, err := x.Filter(Filter{Text: []string{"科技", "kj", "tj"}[(i+k)%3]}, nil); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}
