package link

import (
	"encoding/csv"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"eyas/internal/registry/cell"
)

// realData is the folder with the real files of development. They are not part of the project.
const realData = "../../../../shared/data/bureau-register"

type bureau struct {
	entries   []Entry
	pairs     []bureauPair
	unmatched []Row
}

type bureauPair struct {
	row  Row // as published, with the code and number in the list
	id   int64
	kind string
}

func readTable(t testing.TB, name string) []map[string]string {
	t.Helper()
	f, err := os.Open(filepath.Join(realData, name))
	if err != nil {
		t.Skipf("skipped: the real files are not here (%v)", err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	rows[0][0] = string(cell.Trim([]byte(rows[0][0])))
	var list []map[string]string
	for _, r := range rows[1:] {
		m := map[string]string{}
		for i, h := range rows[0] {
			m[h] = r[i]
		}
		list = append(list, m)
	}
	return list
}

func readBureau(t testing.TB) *bureau {
	t.Helper()
	b := &bureau{}
	ids := map[string]int64{} // by name and by code
	for i, r := range readTable(t, "enterprise_register.csv") {
		e := Entry{ID: int64(i + 1), Code: r["统一社会信用代码"], Name: r["企业名称"], Registration: r["注册号"], Org: r["组织机构代码"], Address: r["企业地址"]}
		e.Former = strings.FieldsFunc(r["曾用名"], func(c rune) bool { return strings.ContainsRune("；;、", c) })
		b.entries = append(b.entries, e)
		ids[e.Name] = e.ID
		if e.Code != "" {
			ids[e.Code] = e.ID
		}
	}
	for _, r := range readTable(t, "name_pairs.csv") {
		id := ids[r["uscc"]]
		if r["uscc"] == "" {
			id = ids[r["registered_name"]]
		}
		b.pairs = append(b.pairs, bureauPair{Row{Name: r["name_as_published_by_bureau"], Code: r["uscc"], Registration: r["registration_no"]}, id, r["kind"]})
	}
	for _, r := range readTable(t, "names_without_register_match.csv") {
		b.unmatched = append(b.unmatched, Row{Name: r["name_as_published_by_bureau"]})
	}
	return b
}

// result counts the decisions about rows of one kind.
type result struct{ rows, linked, asked, left, wrongLinked, wrongAsked int }

func (r *result) add(m Match, want int64) {
	r.rows++
	switch m.Decision {
	case Link:
		r.linked++
		if m.ID != want {
			r.wrongLinked++
		}
	case Ask:
		r.asked++
		if m.ID != want {
			r.wrongAsked++
		}
	default:
		r.left++
	}
}

func (r *result) right() float64 {
	return float64(r.linked+r.asked-r.wrongLinked-r.wrongAsked) / float64(r.rows)
}

// index returns the index of the register, with weights learned from the names alone.
func (b *bureau) index() *Index {
	x := Build(slices.Values(b.entries), Options{})
	x.Learn(slices.Values(b.names()))
	return x
}

// TestBureau checks what docs/linkage.md says about names alone, and compares it with bigrams.
func TestBureau(t *testing.T) {
	b := readBureau(t)
	x := b.index()
	all := b.measure(x)
	for _, kind := range []string{"same", "differs", "former-name", "unmatched"} {
		t.Logf("%-12s %+v", kind, *all[kind])
	}
	if r := all["same"]; r.linked != r.rows || r.wrongLinked > 0 {
		t.Errorf("same: %+v", *r)
	}
	if r := all["former-name"]; r.linked != r.rows || r.wrongLinked > 0 {
		t.Errorf("former names: %+v", *r)
	}
	differs := all["differs"]
	if differs.right() <= 0.94 {
		t.Errorf("differs: right %.4f", differs.right())
	}
	links, wrong := 0, 0
	for _, r := range all {
		links, wrong = links+r.linked, wrong+r.wrongLinked
	}
	if float64(wrong) >= 0.005*float64(links) {
		t.Errorf("%d of %d links are wrong", wrong, links)
	}
	// 泗水县华村镇畜禽良种繁殖场 is in the register, as a row with nothing but this name.
	if r := all["unmatched"]; r.linked > 1 || float64(r.asked) >= 0.08*float64(r.rows) {
		t.Errorf("unmatched: %+v", *r)
	}

	unlearned := b.measure(Build(slices.Values(b.entries), Options{}))
	t.Logf("before anything is learned: differs %+v right %.4f, unmatched %+v", *unlearned["differs"], unlearned["differs"].right(), *unlearned["unmatched"])
	if r := unlearned["differs"]; r.right() < 0.93 || r.wrongLinked > 0 || unlearned["unmatched"].linked > 1 {
		t.Errorf("before anything is learned: %+v", *r)
	}
	for _, ask := range []float64{-6, -4, -2, 0} {
		x.opt.Ask = ask
		at := b.measure(x)
		t.Logf("asked from %+.0f bits: differs right %.4f, unmatched asked %.4f", ask, at["differs"].right(), float64(at["unmatched"].asked)/float64(len(b.unmatched)))
	}

	base := newBigrams(b.entries)
	guess := 0
	marks := [][2]float64{{0.85, 0.6}, {0.9, 0.7}, {0.8, 0.5}}
	counts := make([]map[string]*result, len(marks))
	for i := range counts {
		counts[i] = map[string]*result{"same": {}, "differs": {}, "former-name": {}, "unmatched": {}}
	}
	score := func(kind, name string, want int64) {
		id, s := base.best(name)
		if kind == "differs" && id == want {
			guess++
		}
		for i, m := range marks {
			d := Leave
			if s >= m[0] {
				d = Link
			} else if s >= m[1] {
				d = Ask
			}
			counts[i][kind].add(Match{Decision: d, ID: id}, want)
		}
	}
	for _, p := range b.pairs {
		score(p.kind, p.row.Name, p.id)
	}
	for _, r := range b.unmatched {
		score("unmatched", r.Name, 0)
	}
	t.Logf("plain bigrams: best guess for differs right %.4f; weighed %.4f", float64(guess)/float64(differs.rows), differs.right())
	for i, m := range marks {
		for _, kind := range []string{"same", "differs", "former-name", "unmatched"} {
			r := counts[i][kind]
			t.Logf("plain bigrams, link from %.2f, ask from %.2f: %-12s %+v right %.4f", m[0], m[1], kind, *r, r.right())
		}
	}
	if float64(guess)/float64(differs.rows) >= differs.right() {
		t.Error("plain bigrams do as well")
	}
}

// names returns all published names, as a file of names alone.
func (b *bureau) names() (rows []Row) {
	for _, p := range b.pairs {
		rows = append(rows, Row{Name: p.row.Name})
	}
	return append(rows, b.unmatched...)
}

// measure links names alone.
func (b *bureau) measure(x *Index) map[string]*result {
	all := map[string]*result{"same": {}, "differs": {}, "former-name": {}, "unmatched": {}}
	for _, p := range b.pairs {
		all[p.kind].add(x.Match(Row{Name: p.row.Name}), p.id)
	}
	for _, r := range b.unmatched {
		all["unmatched"].add(x.Match(r), 0)
	}
	return all
}

// TestBureauCodes: with the codes and numbers of the list, every row finds its subject. It does so too with one slip in
// each code, and every wrong code is explained.
func TestBureauCodes(t *testing.T) {
	b := readBureau(t)
	x := b.index()
	ways := map[By]int{}
	for _, p := range b.pairs {
		m := x.Match(p.row)
		ways[m.By]++
		if m.Decision != Link || m.ID != p.id {
			t.Errorf("%+v: %s by %s to %d, want %d: %s", p.row, m.Decision, m.By, m.ID, p.id, m.ZH)
		}
	}
	t.Logf("as listed: %v", ways)
	all, slips := result{}, map[By]int{}
	for i, p := range b.pairs {
		if p.row.Code == "" {
			continue
		}
		code := []byte(p.row.Code)
		if at := i % 17; i%2 == 0 && code[at] != code[at+1] {
			code[at], code[at+1] = code[at+1], code[at]
		} else {
			code[at] = alphabet[(strings.IndexByte(alphabet, code[at])+1+i%29)%31]
		}
		m := x.Match(Row{Name: p.row.Name, Code: string(code)})
		all.add(m, p.id)
		slips[m.By]++
		if !strings.Contains(m.ZH, "代码") {
			t.Errorf("%s for %s is not explained: %s", code, p.row.Code, m.ZH)
		}
	}
	t.Logf("with a slip in every code: %+v by %v", all, slips)
	if all.right() < 0.97 || all.wrongLinked > 0 {
		t.Errorf("with a slip in every code: %+v", all)
	}
}

// TestBureauHalves: names of one half of the register do not belong to the other half, though they come from the same
// towns and trades. They must not be linked.
func TestBureauHalves(t *testing.T) {
	b := readBureau(t)
	for half := range 2 {
		var entries []Entry
		has := map[int64]bool{}
		for i, e := range b.entries {
			if i%2 == half {
				entries = append(entries, e)
				has[e.ID] = true
			}
		}
		x := Build(slices.Values(entries), Options{})
		x.Learn(slices.Values(b.names()))
		present, absent, unmatched := result{}, result{}, result{}
		for _, p := range b.pairs {
			m := x.Match(Row{Name: p.row.Name})
			if !has[p.id] {
				absent.add(m, 0)
			} else if p.kind == "differs" {
				present.add(m, p.id)
			}
		}
		for _, r := range b.unmatched {
			unmatched.add(x.Match(r), 0)
		}
		t.Logf("half %d: differs %+v right %.4f; absent %+v; unmatched %+v", half, present, present.right(), absent, unmatched)
		if present.right() < 0.92 || present.wrongLinked > 1 || float64(absent.linked) >= 0.005*float64(absent.rows) || unmatched.linked > 1 {
			t.Errorf("half %d does worse", half)
		}
	}
}

// TestBureauMistyped: the registered names, each mistyped by a rule, find their subjects.
func TestBureauMistyped(t *testing.T) {
	b := readBureau(t)
	x := b.index()
	ways := map[string]func(r []rune, i int) []rune{
		"character left out": func(r []rune, i int) []rune { k := 2 + i%(len(r)-6); return slices.Delete(r, k, k+1) },
		"character doubled":  func(r []rune, i int) []rune { k := 2 + i%(len(r)-6); return slices.Insert(r, k, r[k]) },
		"wrong character":    func(r []rune, i int) []rune { r[2+i%(len(r)-6)] = rune(0x4E00 + i*37%0x4000); return r },
		"neighbours swapped": func(r []rune, i int) []rune { k := 2 + i%(len(r)-6); r[k], r[k+1] = r[k+1], r[k]; return r },
		"form cut off": func(r []rune, _ int) []rune {
			return []rune(strings.TrimSuffix(strings.TrimSuffix(string(r), "有限公司"), "厂"))
		},
	}
	for _, way := range slices.Sorted(maps.Keys(ways)) {
		got := result{}
		for i, e := range b.entries {
			r := []rune(e.Name)
			if len(r) < 8 {
				continue
			}
			if name := string(ways[way](r, i)); name != e.Name {
				got.add(x.Match(Row{Name: name}), e.ID)
			}
		}
		t.Logf("%-18s %+v right %.4f, links wrong %.4f", way, got, got.right(), float64(got.wrongLinked)/float64(got.linked))
		if got.right() < 0.93 || float64(got.wrongLinked) >= 0.005*float64(got.linked) {
			t.Errorf("%s: %+v", way, got)
		}
	}
}

// TestCodeVectors: linkage reads codes as import does: usable, usable with a warning, or not usable.
func TestCodeVectors(t *testing.T) {
	f, err := os.Open(filepath.Join(realData, "../uscc/uscc_vectors.csv"))
	if err != nil {
		t.Skipf("skipped: the real files are not here (%v)", err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	for i, r := range rows[1:] {
		x := Build(slices.Values([]Entry{{ID: 1, Code: r[0], Name: "天津海奥软件有限公司"}, {ID: 2, Name: "天津津门精密仪器有限公司"}}), Options{})
		m := x.Match(Row{Code: r[0], Name: "天津津门精密仪器有限公司"})
		end := "no identity"
		switch {
		case m.By == ByCode && m.ID == 1 && strings.Contains(m.ZH, "校验码不符"):
			end = "used with a warning"
		case m.By == ByCode && m.ID == 1:
			end = "used"
		case m.By != ByName || m.ID != 2 || !strings.Contains(m.ZH, "代码不能用"):
			t.Errorf("row %d, %s: %+v", i+2, r[0], m)
		}
		if want := map[string]string{"ok": "used", "checksum": "used with a warning", "format": "no identity"}[r[2]]; end != want {
			t.Errorf("%s: %s, want %s", r[0], end, want)
		}
		counts[end]++
	}
	t.Logf("%v", counts)
}
