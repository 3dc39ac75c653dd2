package coltest

import (
	"testing"

	"eyas/internal/rule/col"
)

func TestRandom(t *testing.T) {
	const n = 20_000
	reg := Register()
	tab := Random(reg, n, 1, 0.5)
	if len(tab.Subjects) != n || len(tab.Codes.Off) != n+1 || len(tab.Names.Off) != n+1 {
		t.Fatalf("%d subjects, %d codes, %d names", len(tab.Subjects), len(tab.Codes.Off)-1, len(tab.Names.Off)-1)
	}
	codes := map[string]bool{}
	for i := range n {
		c := string(tab.Codes.At(i))
		if len(c) != 18 || codes[c] {
			t.Fatalf("row %d: code %q", i, c)
		}
		codes[c] = true
	}
	at := func(id string) *col.Num { return tab.Nums[col.Key{Attr: id, Year: BaseYear}] }
	staff, st, sales, net := at("staff"), at("st_staff"), at("sales"), at("net_assets")
	limit, debt, most := 0, 0, 0.0
	for i := range n {
		if staff.Valid.Get(i) && st.Valid.Get(i) && st.Val[i] > staff.Val[i] {
			t.Fatalf("row %d: %v S&T staff of %v", i, st.Val[i], staff.Val[i])
		}
		if sales.Val[i] == 2e10 {
			limit++
		}
		if net.Val[i] < 0 {
			debt++
		}
		most = max(most, sales.Val[i])
		if !staff.Valid.Get(i) && staff.Val[i] != 0 {
			t.Fatal("a blank must be 0")
		}
	}
	if limit == 0 || debt == 0 || most > 2e11 {
		t.Errorf("%d at the limit of sales, %d with negative net assets, most sales %v", limit, debt, most)
	}
	for _, a := range reg.Attributes {
		switch a.ID {
		case "uscc", "name", "registration_no", "org_code", "stock_code", "listing_board", "cert_hnte_no":
			continue
		}
		k := col.Key{Attr: a.ID}
		if a.Yearly {
			k.Year = BaseYear - 3
		}
		if share := float64(tab.Present(k).Count()) / n; share == 0 || share == 1 {
			t.Errorf("%v: %v present", k, share)
		}
	}
	again := Random(reg, n, 1, 0.5)
	if string(again.Names.Bytes) != string(tab.Names.Bytes) || at("sales").Val[n-1] != again.Nums[col.Key{Attr: "sales", Year: BaseYear}].Val[n-1] {
		t.Error("the same seed gave another table")
	}
}

func BenchmarkRandom(b *testing.B) {
	for b.Loop() {
		Random(Register(), 100_000, 1, 0.5)
	}
}
