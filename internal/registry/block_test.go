package registry_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"eyas/internal/registry"
)

// manyFiles imports enough subjects for several blocks, from sources that disagree, with things, merges, moved records
// and what was taken back. It gives the days on which something was done.
func manyFiles(r *rig) (days []time.Time) {
	ctx := r.t.Context()
	const n = 2200
	step := func(day string, do func()) {
		r.now = must(time.Parse(time.RFC3339, day+"T03:00:00Z"))
		do()
		days = append(days, r.now.Truncate(24*time.Hour))
	}
	lines := func(head string, line func(i int) string) []string {
		list := []string{head}
		for i := 1; i <= n; i++ {
			if l := line(i); l != "" {
				list = append(list, l)
			}
		}
		return list
	}
	var second int64
	step("2020-11-01", func() {
		r.take(r.file("a.csv", lines("统一社会信用代码,企业名称,成立日期,2020年销售收入,注册地址,是否上市", func(i int) string {
			return fmt.Sprintf("%s,甲%d公司,2010-01-%02d,%d,天津市东丽区%d号,%s", code(i), i, 1+i%28, i*100, i, []string{"是", "否", ""}[i%3])
		})...), from("annual", ""))
	})
	step("2020-11-05", func() {
		_, second = r.take(r.file("b.csv", lines("统一社会信用代码,企业名称,2020年销售收入,2019年销售收入", func(i int) string {
			if i%2 == 0 {
				return ""
			}
			return fmt.Sprintf("%s,乙%d公司,%d,%d.55", code(n+1-i), n+1-i, i*7, i)
		})...), from("tax", "2020-12-31"))
	})
	step("2020-11-10", func() {
		r.take(r.file("c.csv", lines("企业名称,2018年销售收入", func(i int) string {
			if i%50 != 0 {
				return ""
			}
			return fmt.Sprintf("丙%d公司,%d", i, i)
		})...), enterprise)
		r.take(r.file("ip.csv", lines("专利权人,专利号,专利名称,专利类型,授权日期,法律状态", func(i int) string {
			if i%10 != 0 {
				return ""
			}
			return fmt.Sprintf("甲%d公司,ZL%d,泵,发明专利,2019-01-01,有效", i, i)
		})...), from("ip", "2021-01-31"))
		r.take(r.file("list.csv", "统一社会信用代码,企业名称", code(5)+",甲5公司", ",丙100公司"), from("abnormal", "2020-10-01"))
	})
	step("2020-11-15", func() {
		for _, i := range []int{50, 100, 2000} {
			if _, err := r.Merge(ctx, "local", r.one(fmt.Sprintf("丙%d公司", i)).Subject, r.one(code(i)).Subject, "同一家"); err != nil {
				r.t.Fatal(err)
			}
		}
		records := must(r.LinkedRecords(ctx, r.one(code(7)).Subject))
		if _, err := r.Relink(ctx, "local", records[len(records)-1].Record, r.one(code(2100)).Subject, "写错"); err != nil {
			r.t.Fatal(err)
		}
	})
	step("2020-11-20", func() {
		r.undo(second)
		if _, _, err := r.Enter(ctx, "local", registry.Entry{Register: "enterprise", Subject: r.one(code(9)).Subject, Values: map[string]string{"sales@2020": "100万元"},
			Void: []string{"listed"}, Source: "correction", Form: "更正", Reason: "单位写错"}); err != nil {
			r.t.Fatal(err)
		}
	})
	return days
}

// Many goroutines that derive blocks come to what one comes to that derives a subject, and deliver in order.
func TestEachAtInBlocks(t *testing.T) {
	both(t, func(r *rig) {
		ctx := t.Context()
		days := manyFiles(r)
		moments := []registry.Moment{{}, {HeldOn: day("2020-06-30")}, {HeldOn: day("2020-11-30"), KnownOn: days[2]}}
		for _, d := range days {
			moments = append(moments, registry.Moment{KnownOn: d})
		}
		for _, m := range moments {
			last, seen := int64(0), 0
			err := r.EachAt(ctx, "enterprise", m, func(p *registry.Profile) error {
				if p.Subject <= last || p.Gone {
					return fmt.Errorf("subject %d (gone %v) after %d", p.Subject, p.Gone, last)
				}
				last, seen = p.Subject, seen+1
				if p.Subject%37 != 0 && p.Subject > 12 {
					return nil
				}
				if one := must(r.ProfileAt(ctx, p.Subject, m)); line(one, true) != line(p, true) {
					return fmt.Errorf("among all %s alone %s", line(p, true), line(one, true))
				}
				return nil
			})
			if err != nil || seen < 2200 {
				t.Errorf("%+v: %d subjects, %v", m, seen, err)
			}
		}
		// As it is stored now, as it is known by now, and as it is read one after another.
		all := func(m registry.Moment) string {
			var b strings.Builder
			if err := r.EachAt(ctx, "enterprise", m, func(p *registry.Profile) error { b.WriteString(line(p, true)); return nil }); err != nil {
				t.Fatal(err)
			}
			return b.String()
		}
		var live strings.Builder
		for _, l := range strings.SplitAfter(r.base(), "\n") {
			if !strings.Contains(l, "gone=true") {
				live.WriteString(l)
			}
		}
		if all(registry.Moment{}) != live.String() || all(registry.Moment{KnownOn: day("2020-11-20")}) != live.String() {
			t.Error("the base in blocks differs from the base one by one")
		}
		if n := must(r.Rederive(ctx, "local", nil)); n != 0 {
			t.Errorf("%d profiles differ from their records", n)
		}
	})
}

// Under other rankings, deriving all again comes to what importing all under them comes to.
func TestRederiveInBlocks(t *testing.T) {
	both(t, func(r *rig) {
		manyFiles(r)
		before := r.base()
		other := *r.pack
		other.Rankings = nil
		for _, k := range r.pack.Rankings {
			turned := *k
			turned.Order = nil
			for i := range k.Order {
				turned.Order = append(turned.Order, k.Order[len(k.Order)-1-i])
			}
			other.Rankings = append(other.Rankings, &turned)
		}
		change := must(r.Change(t.Context()))
		g := registry.New(&other, r.db, func() time.Time { return r.now })
		n := must(g.Rederive(t.Context(), "local", nil))
		seen := 0
		if err := g.Scan(t.Context(), change, func(p *registry.Profile) error { seen++; return nil }); err != nil || n == 0 || seen != n {
			t.Errorf("%d profiles changed, %d have a new change number, %v", n, seen, err)
		}
		if err := g.EachAt(t.Context(), "enterprise", registry.Moment{}, func(p *registry.Profile) error {
			if p.Subject%37 != 0 && p.Subject > 12 {
				return nil
			}
			if one := must(g.ProfileAt(t.Context(), p.Subject, registry.Moment{KnownOn: day("2020-11-20")})); line(one, true) != line(p, true) {
				return fmt.Errorf("stored %s from its records %s", line(p, true), line(one, true))
			}
			return nil
		}); err != nil {
			t.Error(err)
		}
		if must(r.Rederive(t.Context(), "local", nil)) != n || r.base() != before {
			t.Error("the way back leads elsewhere")
		}
	})
}

// What fails in the middle ends all of it, and an error of the reader is given back as it is.
func TestEachAtStops(t *testing.T) {
	r := sqlite(t)
	manyFiles(r)
	enough := errors.New("enough")
	seen := 0
	err := r.EachAt(t.Context(), "enterprise", registry.Moment{KnownOn: day("2020-11-20")}, func(*registry.Profile) error {
		if seen++; seen == 1500 {
			return enough
		}
		return nil
	})
	if !errors.Is(err, enough) || seen != 1500 {
		t.Errorf("%v after %d", err, seen)
	}
	ctx, cancel := context.WithCancel(t.Context())
	err = r.EachAt(ctx, "enterprise", registry.Moment{KnownOn: day("2020-11-20")}, func(*registry.Profile) error { cancel(); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if err := r.ProfileBlocks(t.Context(), "enterprise", registry.Moment{}, func() (func(*registry.Profile) error, func() error) {
		return func(p *registry.Profile) error {
			if p.Subject == 2050 {
				return enough
			}
			return nil
		}, func() error { return nil }
	}); !errors.Is(err, enough) {
		t.Errorf("%v", err)
	}
	if n := must(r.Rederive(t.Context(), "local", nil)); n != 0 { // nothing is left open
		t.Errorf("%d profiles differ", n)
	}
}
