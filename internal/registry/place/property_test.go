package place

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"eyas/internal/pack"
)

// pieces returns parts of addresses of all kinds, for random addresses.
func pieces(p *pack.Pack) []string {
	list := []string{"天津", "天津市", "中国", "（", "）", " ", "　", "12号", "１２号", "和平路", "海泰东路", "湘潭道", "环外", "大厦A座", "山东", "威海市", "北京", "昌乐县", "\u200b", "#", "\xff"}
	for _, o := range p.Orgs {
		list = append(append(list, o.Name.ZH, o.Short.ZH), o.Aliases...)
	}
	for _, x := range p.Places.List {
		list = append(list, x.Words...)
	}
	d, err := loadDivisions()
	if err != nil {
		panic(err)
	}
	for _, t := range d.towns {
		list = append(list, t.name)
	}
	return list
}

func addresses(p *pack.Pack) *rapid.Generator[string] {
	part := rapid.SampledFrom(pieces(p))
	return rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(part, 0, 6).Draw(t, "parts"), "")
	})
}

// sound returns what is wrong with a result; "" if it is consistent.
func sound(p *pack.Pack, address string, r Result) string {
	district := func(id string) bool {
		return slices.ContainsFunc(p.Orgs, func(o *pack.Org) bool { return o.ID == id && o.Kind == "district" })
	}
	switch {
	case (r.Verdict == Found) != (r.District != ""):
		return "a district goes with Found"
	case r.Verdict == Found && !district(r.District):
		return "no district of the pack: " + r.District
	case (r.Verdict == Ask) != (r.Phrase != ""):
		return "a phrase goes with Ask"
	case r.Verdict != Ask && len(r.Candidates) > 0:
		return "candidates go with Ask"
	case r.Verdict == Found && len(r.Clues()) == 0, r.Verdict == Outside && len(r.Clues()) == 0:
		return "it does not say why"
	case r.Verdict == Found && r.Status() == "":
		return "it does not say how far it was checked"
	}
	for _, c := range r.Candidates {
		if !district(c) {
			return "no district of the pack: " + c
		}
	}
	mended := mend(address)
	for _, c := range r.Clues() {
		if c.From < 0 || c.From >= c.To || c.To > len(mended) || len([]rune(Fold(mended[c.From:c.To]))) < 2 {
			return fmt.Sprintf("a clue at %d–%d of %d bytes", c.From, c.To, len(mended))
		}
	}
	return ""
}

func TestResultsAreSound(t *testing.T) {
	p := tianjin(t)
	r, gen := New(p, nil), addresses(p)
	rapid.Check(t, func(t *rapid.T) {
		address := gen.Draw(t, "address")
		if bad := sound(p, address, r.Resolve(address)); bad != "" {
			t.Fatalf("%q: %s", address, bad)
		}
	})
}

// Blanks and widths never matter. Brackets do, because they separate a district's short name.
func TestBlanksAndWidthsDoNotMatter(t *testing.T) {
	p := tianjin(t)
	r, gen := New(p, nil), addresses(p)
	blanks := rapid.SampledFrom([]string{"", " ", "　", "\t", "\u00a0", "\u200b"})
	rapid.Check(t, func(t *rapid.T) {
		address := strings.ToValidUTF8(gen.Draw(t, "address"), "")
		var b strings.Builder
		for _, c := range address {
			b.WriteString(blanks.Draw(t, "blank"))
			if c > ' ' && c < 0x7F && rapid.Bool().Draw(t, "wide") {
				c += 0xFEE0
			}
			b.WriteRune(c)
		}
		if one, other := shown(p, r.Resolve(address)), shown(p, r.Resolve(b.String())); one != other {
			t.Fatalf("%q gives %s, %q gives %s", address, one, b.String(), other)
		}
	})
}

// A district before an address that asks decides it, unless the address names another one.
func TestADistrictDecides(t *testing.T) {
	p := tianjin(t)
	r, gen := New(p, nil), addresses(p)
	rapid.Check(t, func(t *rapid.T) {
		address := gen.Draw(t, "address")
		if got := r.Resolve(address); got.Verdict != Ask || slices.ContainsFunc(got.Clues(), func(c Clue) bool { return c.Entry.Kind == District }) {
			t.Skip("nothing to decide")
		}
		got := r.Resolve("天津市宁河区" + address)
		if got.Verdict == Ask && slices.ContainsFunc(got.Clues(), func(c Clue) bool { return c.Entry.Kind == District && c.Entry.Name != "宁河区" }) {
			t.Skip("behind a district, another one counts")
		}
		if got.Verdict != Found || got.District != "120117" {
			t.Fatalf("%q behind a district gives %s", address, shown(p, got))
		}
	})
}

// An answered question is not asked again, and the answer changes only the districts of addresses with its phrase.
func TestAnAnswerSettlesTheQuestion(t *testing.T) {
	p := tianjin(t)
	r, gen := New(p, nil), addresses(p)
	rapid.Check(t, func(t *rapid.T) {
		address, other := gen.Draw(t, "address"), gen.Draw(t, "other")
		asked := r.Resolve(address)
		if asked.Verdict != Ask {
			t.Skip("no question")
		}
		answer := "120113"
		if len(asked.Candidates) > 0 {
			answer = rapid.SampledFrom(asked.Candidates).Draw(t, "answer")
		}
		with := New(p, map[string]string{asked.Phrase: answer})
		if got := with.Resolve(address); got.Verdict != Found && got.Phrase == asked.Phrase {
			t.Fatalf("%q asked about %q, was told %s, and gives %s", address, asked.Phrase, answer, shown(p, got))
		}
		before, after := r.Resolve(other), with.Resolve(other)
		if before.Verdict == Found && after.Verdict == Found && before.District != after.District {
			t.Fatalf("the answer %q → %s moves %q from %s to %s", asked.Phrase, answer, other, before.District, after.District)
		}
	})
}

func TestAnswers(t *testing.T) {
	p := tianjin(t)
	r := New(p, map[string]string{
		"华苑产业区（环外）": "120111", // with brackets, as a person may write it
		"湘潭道":       "120106",
		"滨海新区津南":    "120116",
		"孤山路":       Elsewhere,
		"某路":        "nowhere", // a district that the pack no longer has
	})
	for _, c := range []struct{ address, want string }{
		{"天津新技术产业园区华苑产业区(环外)海泰东路", "西青 @huayuan"},
		{"华苑新技术产业园区（环外）", "西青 @huayuan"},
		{"天津新技术产业园区华苑产业区", "[南开 西青] 华苑产业区 @huayuan"},
		{"天津市湘潭道1号", "红桥"},
		{"天津市滨海新区（津南）创意中心", "滨海新区"},
		{"孤山路5号", "outside"},
		{"天津市和平区孤山路", "和平"},
		{"天津市某路", "[] 某路"},
	} {
		if got := shown(p, r.Resolve(c.address)); got != c.want {
			t.Errorf("%q\n got  %s\n want %s", c.address, got, c.want)
		}
	}
	found := r.Resolve("天津市湘潭道1号")
	if clues := found.Clues(); len(clues) != 1 || clues[0].Entry.Kind != Answer || "天津市湘潭道1号"[clues[0].From:clues[0].To] != "湘潭道" {
		t.Errorf("the clue is %+v", clues)
	}
}

func TestConcurrentUse(t *testing.T) {
	r := New(tianjin(t), nil)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 200 {
				if got := r.Resolve("天津市南开区白堤路17号"); got.District != "120104" {
					t.Error(got)
				}
			}
		})
	}
	wg.Wait()
}

func FuzzResolve(f *testing.F) {
	for _, s := range []string{"", "天津市南开区白堤路17号", "华苑产业区（环外）海泰创新四路3号", "\xff天津\xff开发区", "（（（", "⼀⼆天津市", "华苑\xb7", strings.Repeat("天津市华苑", 50)} {
		f.Add(s)
	}
	p := tianjin(f)
	r := New(p, map[string]string{"湘潭道": "120106"})
	f.Fuzz(func(t *testing.T, address string) {
		if bad := sound(p, address, r.Resolve(address)); bad != "" {
			t.Fatalf("%q: %s", address, bad)
		}
	})
}

func TestACommonAddressNeedsNoMemory(t *testing.T) {
	r := New(tianjin(t), nil)
	for _, address := range []string{"天津市南开区白堤路17号", "天津新技术产业园区华苑产业区（环外）海泰东路12号", "威海市高区天津路130号", ""} {
		if n := testing.AllocsPerRun(100, func() { r.Resolve(address) }); n > 0 {
			t.Errorf("%q: %v allocations", address, n)
		}
	}
}

func BenchmarkResolve(b *testing.B) {
	r := New(tianjin(b), nil)
	list := []string{"天津市南开区白堤路17号", "天津新技术产业园区华苑产业区（环外）海泰东路12号", "天津自贸试验区（空港经济区）中心大道与东七道交口远航商务中心12号楼二层",
		"天津经济技术开发区洞庭三街6号", "威海市高区天津路-130号", "天津市杨柳青镇柳口路18号", "天津市湘潭道1号"}
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		r.Resolve(list[n%len(list)])
		n++
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "addresses/s")
}
