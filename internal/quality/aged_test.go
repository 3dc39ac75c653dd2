package quality_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"eyas/internal/pack"
	"eyas/internal/quality"
	"eyas/internal/registry"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/layout"
	"eyas/internal/store"
	"eyas/internal/store/basetest"
)

// The board searches every register, lists the gravest findings first, and counts old values by source and district.
func TestBoardRegistersAndAge(t *testing.T) {
	ctx := context.Background()
	p := tianjin(t)
	db, err := store.Open(ctx, basetest.Path(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	now := day
	clock := func() time.Time { now = now.Add(time.Second); return now }
	g := registry.New(p, db, clock)
	take := func(opt layout.Options, text string) int64 {
		t.Helper()
		path := filepath.Join(t.TempDir(), "a.csv")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, id, err := g.Import(ctx, layout.Source{Name: "a.csv", Path: path}, opt, nil)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	b := quality.NewBoard(p, db.Findings(), g, clock)
	refresh := func() quality.Refreshed {
		t.Helper()
		done, err := b.Refresh(ctx, nil)
		if err != nil {
			t.Fatal(err)
		}
		if behind, err := b.Behind(ctx); err != nil || behind {
			t.Errorf("behind after searching: %v, %v", behind, err)
		}
		return done
	}
	aged := func() []quality.Aged {
		t.Helper()
		list, err := b.Gathered(ctx, "enterprise")
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	market := layout.Options{Register: "enterprise", Source: "market"} // old after 400 days; today is 2022-06-30
	market.AsOf = "2021-05-25"
	take(market, "企业名称,所属区,注册资本\n甲公司,东丽区,100\n乙公司,西青区,100\n丙公司,东丽区,100\n")
	take(layout.Options{Register: "carrier"}, "载体名称,载体类别,所属区,2021年在孵企业数,2021年在孵科技型中小企业数,场地面积\n甲众创空间,众创空间,东丽区,10,11,100\n乙众创空间,众创空间,,10,1,100\n")
	if done := refresh(); done.Subjects != 5 || done.Found != 2 || !done.Whole {
		t.Errorf("comes to %+v", done)
	}
	dayOf := func(text string) int64 {
		d, err := time.Parse(time.DateOnly, text)
		if err != nil {
			t.Fatal(err)
		}
		return d.Unix() / 86400
	}
	first := dayOf("2021-05-25")
	if got, want := aged(), []quality.Aged{{Source: "market", District: "120110", Subjects: 2, Oldest: first, Newest: first}, {Source: "market", District: "120111", Subjects: 1, Oldest: first, Newest: first}}; !slices.Equal(got, want) {
		t.Errorf("old is %+v, want %+v", got, want)
	}
	rows, total, err := b.Listed(ctx, quality.Filter{Register: "carrier"}, 0, 10)
	if err != nil || total != 2 || rows[0].Rule != "carrier_tech_tenants" || rows[1].Rule != "carrier_blank" || rows[1].Value != "" || rows[1].Import == 0 {
		t.Errorf("lists %+v of %d, %v", rows, total, err)
	}
	if page, total, err := b.Listed(ctx, quality.Filter{Register: "carrier"}, 1, 10); err != nil || total != 2 || len(page) != 1 || page[0].Rule != "carrier_blank" {
		t.Errorf("the second page is %+v of %d, %v", page, total, err)
	}
	if back, _, err := b.Listed(ctx, quality.Filter{Register: "carrier", Desc: true}, 0, 1); err != nil || len(back) != 1 || back[0].Rule != "carrier_blank" {
		t.Errorf("the lightest first is %+v, %v", back, err)
	}

	// A newer value of the source makes a subject current. A value on the last allowed day is not old yet.
	market.AsOf = "2021-05-26"
	newer := take(market, "企业名称,所属区,注册资本\n甲公司,东丽区,110\n")
	refresh()
	if got, want := aged(), []quality.Aged{{Source: "market", District: "120110", Subjects: 1, Oldest: first, Newest: first}, {Source: "market", District: "120111", Subjects: 1, Oldest: first, Newest: first}}; !slices.Equal(got, want) {
		t.Errorf("old is %+v, want %+v", got, want)
	}
	var names []string
	err = b.Old(ctx, "enterprise", "market", func(p *fact.Profile, d time.Time) error {
		names = append(names, p.Name+" "+d.Format(time.DateOnly))
		return nil
	})
	if want := []string{"乙公司 2021-05-25", "丙公司 2021-05-25"}; err != nil || !slices.Equal(names, want) {
		t.Errorf("old are %q, want %q, %v", names, want, err)
	}

	// An inactive subject is not doubted in any register.
	if err := g.Undo(ctx, newer, nil); err != nil {
		t.Fatal(err)
	}
	if err := g.Undo(ctx, rows[0].Import, nil); err != nil {
		t.Fatal(err)
	}
	now = now.AddDate(0, 0, 1)
	if done := refresh(); done.Resolved != 2 {
		t.Errorf("with the carriers gone it comes to %+v", done)
	}
	if regs := b.Registers(); len(regs) != len(p.Registers) || !slices.ContainsFunc(regs, func(r *pack.Register) bool { return r.ID == "instrument" }) {
		t.Errorf("searches %d registers", len(regs))
	}
}
