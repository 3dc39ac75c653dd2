package registry_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"eyas/internal/pack"
	"eyas/internal/registry"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/intake"
)

// apart chooses the subjects that are also derived alone: the first, which have been through most, and some of the others.
func apart(subject int64) bool {
	if testing.Short() {
		return subject%997 == 0 || subject <= 6
	}
	return subject%101 == 0 || subject <= 12
}

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
		r.take(r.file("a.csv", lines("统一社会信用代码,企业名称,成立日期,2020年销售收入（元）,注册地址,是否上市", func(i int) string {
			return fmt.Sprintf("%s,甲%d公司,2010-01-%02d,%d,天津市东丽区%d号,%s", code(i), i, 1+i%28, i*100, i, []string{"是", "否", ""}[i%3])
		})...), from("annual", ""))
	})
	r.valuesAlone()
	step("2020-11-05", func() {
		_, second = r.take(r.file("b.csv", lines("统一社会信用代码,企业名称,2020年销售收入（元）,2019年销售收入（元）", func(i int) string {
			if i%2 == 0 {
				return ""
			}
			return fmt.Sprintf("%s,乙%d公司,%d,%d.55", code(n+1-i), n+1-i, i*7, i)
		})...), from("tax", "2020-12-31"))
	})
	step("2020-11-10", func() {
		r.take(r.file("c.csv", lines("企业名称,2018年销售收入（元）", func(i int) string {
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
			if _, err := r.Merge(ctx, r.one(fmt.Sprintf("丙%d公司", i)).Subject, r.one(code(i)).Subject, "同一家"); err != nil {
				r.t.Fatal(err)
			}
		}
		records := must(r.LinkedRecords(ctx, r.one(code(7)).Subject))
		if _, err := r.Relink(ctx, records[len(records)-1].Record, r.one(code(2100)).Subject, "写错"); err != nil {
			r.t.Fatal(err)
		}
	})
	step("2020-11-20", func() {
		r.undo(second)
		if _, _, err := r.Enter(ctx, intake.Entry{Register: "enterprise", Subject: r.one(code(9)).Subject, Values: map[string]string{"sales@2020": "100万元"},
			Void: []string{"listed"}, Source: "correction", Form: "更正", Reason: "单位写错"}); err != nil {
			r.t.Fatal(err)
		}
	})
	return days
}

// saidValues writes down the values of profiles.
type saidValues struct {
	subject  int64
	subjects int
	text     []string
}

func (v *saidValues) Begin(subject int64, code, name string) error {
	v.subject = subject
	v.subjects++
	return nil
}

func (v *saidValues) Number(a *pack.Attribute, year int, n float64) { v.add(a, year, n, 0, "") }

func (v *saidValues) Integer(a *pack.Attribute, year int, n int64) { v.add(a, year, 0, n, "") }

func (v *saidValues) Text(a *pack.Attribute, year int, text []byte) {
	v.add(a, year, 0, 0, string(text))
}

func (v *saidValues) add(a *pack.Attribute, year int, num float64, integer int64, text string) {
	v.text = append(v.text, fmt.Sprintf("%d %s@%d %v %d %s", v.subject, a.ID, year, num, integer, text))
}

// valuesAlone checks that the values of a register, asked for alone, are those of its profiles.
func (r *rig) valuesAlone() {
	r.t.Helper()
	ctx := r.t.Context()
	said, profiles := &saidValues{}, &saidValues{}
	if err := r.ValueBlocks(ctx, "enterprise", func() (fact.Values, func() error) {
		part := &saidValues{}
		return part, func() error {
			said.text, said.subjects = append(said.text, part.text...), said.subjects+part.subjects
			return nil
		}
	}); err != nil {
		r.t.Fatal(err)
	}
	if err := r.EachAt(ctx, "enterprise", fact.Moment{}, func(p *fact.Profile) error {
		profiles.subjects++
		for _, f := range p.Facts {
			profiles.text = append(profiles.text, fmt.Sprintf("%d %s@%d %v %d %s", p.Subject, f.Attr.ID, f.Year, f.Value.Num, f.Value.Int, f.Value.Str))
		}
		return nil
	}); err != nil || !slices.Equal(said.text, profiles.text) || said.subjects != profiles.subjects {
		r.t.Errorf("%d values of %d subjects; %d of %d in profiles, %v", len(said.text), said.subjects, len(profiles.text), profiles.subjects, err)
	}
}

// Many goroutines that derive blocks come to what one comes to that derives a subject, and deliver in order.
func TestEachAtInBlocks(t *testing.T) {
	bothUnlessShort(t, func(r *rig) {
		ctx := t.Context()
		days := manyFiles(r)
		r.valuesAlone() // with a whole list
		moments := []fact.Moment{{}, {HeldOn: day("2020-06-30")}, {HeldOn: day("2020-11-30"), KnownOn: days[2]}}
		for _, d := range days {
			moments = append(moments, fact.Moment{KnownOn: d})
		}
		for _, m := range moments {
			last, seen := int64(0), 0
			err := r.EachAt(ctx, "enterprise", m, func(p *fact.Profile) error {
				if p.Subject <= last || p.Gone {
					return fmt.Errorf("subject %d (gone %v) after %d", p.Subject, p.Gone, last)
				}
				last, seen = p.Subject, seen+1
				if !apart(p.Subject) {
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
		all := func(m fact.Moment) string {
			var b strings.Builder
			if err := r.EachAt(ctx, "enterprise", m, func(p *fact.Profile) error { b.WriteString(line(p, true)); return nil }); err != nil {
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
		if all(fact.Moment{}) != live.String() || all(fact.Moment{KnownOn: day("2020-11-20")}) != live.String() {
			t.Error("the base in blocks differs from the base one by one")
		}
		if n := must(r.Rederive(ctx, nil)); n != 0 {
			t.Errorf("%d profiles differ from their records", n)
		}
		// Blocks that end long before their last subject.
		want := map[fact.Moment]string{}
		for _, m := range moments[:5] {
			want[m] = all(m)
		}
		defer r.SetBlockBytes(20_000)()
		for m, text := range want {
			if all(m) != text {
				t.Errorf("%+v: small blocks come to something else", m)
			}
		}
		if n := must(r.Rederive(ctx, nil)); n != 0 {
			t.Errorf("in small blocks, %d profiles differ from their records", n)
		}
	})
}

// Under other rankings, deriving all again comes to what importing all under them comes to.
func TestRederiveInBlocks(t *testing.T) {
	bothInSoak(t, func(r *rig) { // PostgreSQL reads such blocks in TestEachAtInBlocks

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
		defer r.SetBlockBytes(20_000)()
		change := must(r.Change(t.Context()))
		g := registry.New(&other, r.db, func() time.Time { return r.now })
		g.SetBlockBytes(20_000)
		n := must(g.Rederive(t.Context(), nil))
		seen := 0
		if err := g.Scan(t.Context(), change, func(p *fact.Profile) error { seen++; return nil }); err != nil || n == 0 || seen != n {
			t.Errorf("%d profiles changed, %d have a new change number, %v", n, seen, err)
		}
		if err := g.EachAt(t.Context(), "enterprise", fact.Moment{}, func(p *fact.Profile) error {
			if !apart(p.Subject) {
				return nil
			}
			if one := must(g.ProfileAt(t.Context(), p.Subject, fact.Moment{KnownOn: day("2020-11-20")})); line(one, true) != line(p, true) {
				return fmt.Errorf("stored %s from its records %s", line(p, true), line(one, true))
			}
			return nil
		}); err != nil {
			t.Error(err)
		}
		if must(r.Rederive(t.Context(), nil)) != n || r.base() != before {
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
	err := r.EachAt(t.Context(), "enterprise", fact.Moment{KnownOn: day("2020-11-20")}, func(*fact.Profile) error {
		if seen++; seen == 1500 {
			return enough
		}
		return nil
	})
	if !errors.Is(err, enough) || seen != 1500 {
		t.Errorf("%v after %d", err, seen)
	}
	ctx, cancel := context.WithCancel(t.Context())
	err = r.EachAt(ctx, "enterprise", fact.Moment{KnownOn: day("2020-11-20")}, func(*fact.Profile) error { cancel(); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if err := r.ProfileBlocks(t.Context(), "enterprise", fact.Moment{}, func() (func(*fact.Profile) error, func() error) {
		return func(p *fact.Profile) error {
			if p.Subject == 2050 {
				return enough
			}
			return nil
		}, func() error { return nil }
	}); !errors.Is(err, enough) {
		t.Errorf("%v", err)
	}
	if n := must(r.Rederive(t.Context(), nil)); n != 0 { // nothing is left open
		t.Errorf("%d profiles differ", n)
	}
}
