package identity

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"eyas/internal/registry/fact"
)

// naming is what names the subject of a row.
type naming struct{ code, key string }

// storedSubjects is a list of subjects as a resolver reads it.
type storedSubjects struct {
	list []fact.SubjectRow
}

func (s *storedSubjects) Counter(context.Context, fact.Counter) (last int64, _ error) {
	for _, x := range s.list {
		last = max(last, x.Subject)
	}
	return last, nil
}

func (s *storedSubjects) Merged(context.Context, string) ([]fact.MergedRow, error) { return nil, nil }

func (s *storedSubjects) MergedOf(context.Context, []int64) ([]fact.MergedRow, error) {
	return nil, nil
}

func (s *storedSubjects) MergedNamed(context.Context, string, []string) ([]fact.MergedRow, error) {
	return nil, nil
}

func (s *storedSubjects) EachCode(_ context.Context, _ string, fn func(int64, string) error) error {
	for _, x := range s.list {
		if x.Code != "" {
			fn(x.Subject, x.Code)
		}
	}
	return nil
}

func (s *storedSubjects) EachName(_ context.Context, _ string, gone bool, fn func(int64, string) error) error {
	for _, x := range s.list {
		if x.Gone == gone && (!gone || x.Code == "") {
			fn(x.Subject, x.NameKey)
		}
	}
	return nil
}

func (s *storedSubjects) pick(keep func(fact.SubjectRow) bool) (list []fact.SubjectRow, _ error) {
	for _, x := range s.list {
		if keep(x) {
			list = append(list, x)
		}
	}
	return list, nil
}

func (s *storedSubjects) SubjectsByCode(_ context.Context, _ string, codes []string) ([]fact.SubjectRow, error) {
	return s.pick(func(x fact.SubjectRow) bool { return x.Code != "" && slices.Contains(codes, x.Code) })
}

func (s *storedSubjects) SubjectsByKey(_ context.Context, _ string, keys []string) ([]fact.SubjectRow, error) {
	return s.pick(func(x fact.SubjectRow) bool { return slices.Contains(keys, x.NameKey) && (!x.Gone || x.Code == "") })
}

// A case is a base ("1=X甲": subject 1 with code X and name 甲; "-甲": known by name only; a trailing "†": gone) and
// rows in order ("X甲", "-甲": without a usable code), with the subject and the way that each must find.
func TestResolver(t *testing.T) {
	for _, c := range []struct{ what, base, rows, want string }{
		{"codes tell apart", "", "X甲 Y乙 X甲", "1code+ 2code+ 1code"},
		{"one name, two codes: two subjects", "", "X甲 Y甲", "1code+ 2code+"},
		{"by name to the one who has it", "1=X甲", "-甲", "1name"},
		{"by name, made and met again", "", "-甲 -甲 -乙", "1name+ 1name 2name+"},
		{"a code of somebody known by name only", "1=-甲", "X甲 X甲 -甲", "1adopted 1code 1name"},
		{"adopted once: the next code is another's", "1=-甲", "X甲 Y甲", "1adopted 2code+"},
		{"two of a name: nobody is adopted", "1=-甲 2=X甲", "Y甲", "3code+"},
		{"two with codes: by name is neither", "1=X甲 2=Y甲", "-甲 -甲", "3name+ 3name"},
		{"then a third code does not adopt", "1=X甲 2=Y甲 3=-甲", "Z甲", "4code+"},
		{"of several by name only, the oldest", "1=-甲 2=-甲 3=X甲", "-甲", "1name"},
		{"gone with a code: found by it", "1=X甲†", "X甲", "1code"},
		{"gone with a code: not by name", "1=X甲†", "-甲", "2name+"},
		{"gone, by name only: found again", "1=-甲†", "-甲 -甲", "1name 1name"},
		{"gone, by name only: the living first", "1=-甲† 2=X甲", "-甲", "2name"},
		{"gone, by name only: gets no code", "1=-甲†", "X甲 -甲", "2code+ 2name"},
		{"a new name is its name", "1=X甲", "X乙 -乙 -甲", "1code 1name 2name+"},
		{"a new name joins others", "1=X甲 2=Y乙", "X乙 -乙", "1code 3name+"},
		{"a name given up frees who is left", "1=X甲 2=Y甲", "X乙 -甲", "1code 2name"},
		{"code without a name", "1=X甲", "X Y Y", "1code 2code+ 2code"},
	} {
		t.Run(c.what, func(t *testing.T) {
			var base storedSubjects
			for s := range strings.FieldsSeq(c.base) {
				var row fact.SubjectRow
				id, rest, _ := strings.Cut(s, "=")
				fmt.Sscan(id, &row.Subject)
				rest, row.Gone = strings.CutSuffix(rest, "†")
				row.Code, row.NameKey = codeName(rest)
				base.list = append(base.list, row)
			}
			var rows []naming
			for s := range strings.FieldsSeq(c.rows) {
				var r naming
				r.code, r.key = codeName(s)
				rows = append(rows, r)
			}
			for _, expected := range []int{0, 1 << 20} { // asking for each, and reading all
				if got := resolve(t, base, rows, expected); got != c.want {
					t.Errorf("for %d rows: %s, want %s", expected, got, c.want)
				}
			}
		})
	}
}

func codeName(s string) (code, name string) {
	if s == "" {
		return "", ""
	}
	return strings.TrimPrefix(s[:1], "-"), s[1:]
}

// resolve lets rows pass as a merger does, each a batch of its own, and tells what became of each.
func resolve(t interface{ Fatal(...any) }, from storedSubjects, rows []naming, expected int) string {
	base := &storedSubjects{list: slices.Clone(from.list)}
	r, err := NewResolver(context.Background(), base, "enterprise", expected)
	if err != nil {
		t.Fatal(err)
	}
	if expected == 0 {
		r.all = false // whatever the size of this small base
	}
	find := func(id int64) *fact.SubjectRow {
		for i := range base.list {
			if base.list[i].Subject == id {
				return &base.list[i]
			}
		}
		return nil
	}
	var out []string
	for i := range rows {
		code, key := rows[i].code, rows[i].key
		if err := r.Prepare(context.Background(), func(yield func(code, key string) bool) { yield(code, key) }); err != nil {
			t.Fatal(err)
		}
		d := r.Decide(code, key)
		text := fmt.Sprintf("%d%s", d.Subject, d.How)
		s := find(d.Subject)
		switch {
		case d.Fresh:
			text += "+"
			base.list = append(base.list, fact.SubjectRow{Subject: d.Subject, Code: code, NameKey: key})
		case s == nil:
			t.Fatal("nobody has number ", d.Subject)
		case s.Gone:
			*s = fact.SubjectRow{Subject: d.Subject, Code: code, NameKey: key}
			r.Revive(d.Subject, key, code != "")
		default:
			if code != "" {
				s.Code = code
			}
			if key != "" && key != s.NameKey {
				r.Rename(d.Subject, s.NameKey, key)
				s.NameKey = key
			}
		}
		out = append(out, text)
	}
	return strings.Join(out, " ")
}

// Reading all subjects and asking for each come to the same, over several batches and changes of name.
func TestResolverWays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var base storedSubjects
		codes := map[string]bool{}
		for i := range rapid.IntRange(0, 12).Draw(t, "base") {
			s := fact.SubjectRow{Subject: int64(i + 1), NameKey: rapid.SampledFrom([]string{"", "甲", "乙", "丙"}).Draw(t, "name"), Gone: rapid.IntRange(0, 3).Draw(t, "gone") == 0}
			if code := rapid.SampledFrom([]string{"", "", "X", "Y", "Z", "U", "V"}).Draw(t, "code"); !codes[code] {
				s.Code = code
				codes[code] = code != ""
			}
			base.list = append(base.list, s)
		}
		var rows []naming
		for range rapid.IntRange(1, 12).Draw(t, "rows") {
			r := naming{code: rapid.SampledFrom([]string{"", "X", "Y", "Z", "W"}).Draw(t, "code"), key: rapid.SampledFrom([]string{"甲", "乙", "丙", "丁"}).Draw(t, "name")}
			rows = append(rows, r)
		}
		if all, some := resolve(t, base, rows, 1<<20), resolve(t, base, rows, 0); all != some {
			t.Fatalf("reading all: %s, asking: %s", all, some)
		}
	})
}

func TestHashed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := newHashed()
		want := map[string]int64{}
		for i := range rapid.IntRange(0, 3000).Draw(t, "texts") {
			text := fmt.Sprint("t", i%2000)
			want[text] = int64(i) * 1000003 % (1 << 40)
			h.set(text, want[text])
		}
		for text, n := range want {
			if got := h.get(text); got != n || !h.known(text) {
				t.Fatalf("%s: %d, want %d", text, got, n)
			}
		}
		if h.known("other") || h.get("other") != 0 {
			t.Fatal("a text that was never set is known")
		}
	})
}

func TestBits(t *testing.T) {
	var b Bits
	for _, id := range []int64{0, 63, 64, 1000, 65} {
		if b.Has(id) {
			t.Errorf("%d is in before it was set", id)
		}
		b.Set(id)
		if !b.Has(id) {
			t.Errorf("%d is not in", id)
		}
	}
	if b.Has(66) || b.Has(1<<30) {
		t.Error("others are in")
	}
}
