package list

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/rule/col"
)

// renamed returns the index of a table of subjects with name, former names and old registration number; "-" is none.
func renamed(t testing.TB, lines ...[3]string) *Index {
	r := enterprise()
	if r.Attribute(oldNumber) == nil {
		r = &pack.Register{ID: r.ID, Name: r.Name, CodeAttr: r.CodeAttr, NameAttr: r.NameAttr,
			Attributes: append(slices.Clone(r.Attributes), &pack.Attribute{ID: oldNumber, Index: len(r.Attributes), Kind: pack.Code})}
	}
	b := col.NewBuilder(r)
	for i, line := range lines {
		p := &fact.Profile{Subject: int64(i + 1), Name: line[0]}
		for k, id := range map[int]string{1: col.FormerNames, 2: oldNumber} {
			if line[k] != "-" {
				p.Facts = append(p.Facts, fact.Fact{Attr: r.Attribute(id), Value: fact.Value{Str: line[k]}})
			}
		}
		if err := b.Add(p); err != nil {
			t.Fatal(err)
		}
	}
	return NewIndex(b.Table(1), city(), nil)
}

func TestSearchFindsFormerNamesAndOldNumbers(t *testing.T) {
	x := renamed(t,
		[3]string{"天津新星科技有限公司", "天津老星科技有限公司；老星", "-"},     // 0
		[3]string{"老星软件有限公司", "-", "120105000012345"},     // 1
		[3]string{"甲公司", "天津老星贸易有限公司", "120105000099999"}, // 2
		[3]string{"乙公司", "-", "120000400001122"},          // 3
	)
	for _, c := range []struct {
		text string
		want []string // "row how found"
	}{
		{"老星", []string{"0 former 老星", "1 name", "2 former 天津老星贸易有限公司"}},
		{"老星科技", []string{"0 former 天津老星科技有限公司"}},
		{"天津老星贸易有限公司", []string{"2 former 天津老星贸易有限公司"}},
		{"120105000012345", []string{"1 number 120105000012345"}},
		{"１２０１０５", []string{"1 number 120105000012345", "2 number 120105000099999"}},
		{"1122", []string{"3 number 120000400001122"}},
		{"司；老", nil}, // across two names
		{"新星", []string{"0 name"}},
	} {
		var got []string
		hits := x.Search(c.text, 20)
		for _, h := range hits {
			got = append(got, strings.TrimSpace(num(h.Row)+" "+h.How+" "+h.Found))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%q: got %q, want %q", c.text, got, c.want)
		}
		if rows := x.textRows(c.text); c.want != nil && rows.Count() != len(c.want) {
			t.Errorf("%q: the filter gives %d rows, the search %d", c.text, rows.Count(), len(c.want))
		}
	}
}

func num(i int) string { return string(rune('0' + i)) }

// A search by a former name finds exactly the rows with the text in one of their former names.
func TestFormerNamesAgainstPlainSearch(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		word := rapid.StringOfN(rapid.SampledFrom([]rune("甲乙丙")), 1, 4, -1)
		var lines [][3]string
		for range rapid.IntRange(1, 20).Draw(rt, "rows") {
			former := strings.Join(rapid.SliceOfN(word, 0, 3).Draw(rt, "former"), col.FormerSeparator)
			if former == "" {
				former = "-"
			}
			lines = append(lines, [3]string{"无", former, "-"})
		}
		x := renamed(t, lines...)
		needle := word.Draw(rt, "needle")
		found := map[int]string{}
		for _, h := range x.Search(needle, 100) {
			found[h.Row] = h.Found
		}
		for row, line := range lines {
			names := strings.Split(line[1], col.FormerSeparator)
			if has := slices.ContainsFunc(names, func(s string) bool { return strings.Contains(s, needle) }); has != (found[row] != "") {
				rt.Fatalf("%q in %q: found as %q", needle, line[1], found[row])
			}
			if f := found[row]; f != "" && (!slices.Contains(names, f) || !strings.Contains(f, needle)) {
				rt.Fatalf("%q in %q: found as %q", needle, line[1], f)
			}
		}
	})
}
