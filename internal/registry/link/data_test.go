package link

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"eyas/internal/registry/cell"
)

// realData is where the real files of development lie; they are no part of the project.
const realData = "../../../../shared/data/bureau-register"

type bureau struct {
	entries   []Entry
	pairs     []bureauPair
	unmatched []Row
}

type bureauPair struct {
	row  Row // as published, with the code and number that the list gives
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

// result counts what became of rows of one kind.
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

// TestBureau holds what docs/linkage.md tells of names alone.
func TestBureau(t *testing.T) {
	b := readBureau(t)
	x := Build(slices.Values(b.entries), Options{})
	x.Learn(slices.Values(b.names()))
	for kind, r := range b.measure(x) {
		t.Logf("%s: %+v", kind, *r)
		linked := float64(r.linked-r.wrongLinked) / float64(max(1, r.linked))
		right := r.right()
		switch kind {
		case "same", "former-name":
			if r.linked != r.rows || r.wrongLinked > 0 {
				t.Errorf("%s: %+v", kind, *r)
			}
		case "differs":
			if right <= 0.94 || linked <= 0.995 {
				t.Errorf("differs: right %.4f, precision of links %.4f", right, linked)
			}
		case "unmatched":
			if r.linked > 1 || float64(r.asked) >= 0.08*float64(r.rows) { // one name stands in the register
				t.Errorf("unmatched: %+v", *r)
			}
		}
	}
}

// names are all published names, as a file of names alone.
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
