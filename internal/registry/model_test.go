package registry_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"eyas/internal/registry/fact"
	"eyas/internal/store"
)

// What the base holds after any sequence of imports and undoings is what importing, in their order, the files that
// are still in force comes to. Rows have codes here, because whom a row by name is about depends on who was known
// when it came; TestResolver has those.
func TestHistoryDoesNotMatter(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped in short runs: one goroutine walks through it for long")
	}
	rapid.Check(t, func(rt *rapid.T) { history(rt, short(t, rt), short(t, rt)) })
}

// empty is the file of a base without records: making one takes longer than most checks of a property.
var empty = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "eyas-empty-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "base.db")
	db, err := store.Open(context.Background(), path)
	if err != nil {
		return nil, err
	}
	if err := db.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

// short is a rig that is closed when one check of a property ends.
func short(t *testing.T, rt *rapid.T) *rig {
	path := filepath.Join(t.TempDir(), "base.db")
	if err := os.WriteFile(path, must(empty()), 0o600); err != nil {
		t.Fatal(err)
	}
	r := newRig(t, path)
	r.t = rt
	rt.Cleanup(func() { r.db.Close() })
	return r
}

func history(t *rapid.T, all, only *rig) {
	type taken struct {
		id    int64
		lines []string
	}
	var force []taken
	files := 0
	for range rapid.IntRange(1, 6).Draw(t, "steps") {
		if len(force) > 0 && rapid.IntRange(0, 2).Draw(t, "undo") == 0 {
			at := rapid.IntRange(0, len(force)-1).Draw(t, "which")
			all.undo(force[at].id)
			force = slices.Delete(force, at, at+1)
			continue
		}
		files++
		lines := []string{"统一社会信用代码,企业名称,2020年销售收入（元）,2019年销售收入（元）,是否上市,备注" + fmt.Sprint(files)}
		for range rapid.IntRange(1, 5).Draw(t, "rows") {
			n := rapid.IntRange(1, 3).Draw(t, "subject")
			value := rapid.SampledFrom([]string{"", "1", "2"})
			lines = append(lines, fmt.Sprintf("%s,企业%d%s,%s,%s,%s,", code(n), n, value.Draw(t, "name"), value.Draw(t, "sales"), value.Draw(t, "before"),
				rapid.SampledFrom([]string{"", "是", "否"}).Draw(t, "listed")))
		}
		_, id := all.take(all.file(fmt.Sprintf("%d.csv", files), lines...), enterprise)
		force = append(force, taken{id, lines})
	}
	for i, f := range force {
		only.take(only.file(fmt.Sprintf("%d.csv", i), f.lines...), enterprise)
	}
	if a, o := values(all), values(only); a != o {
		t.Fatalf("after undoing:\n%swithout ever importing:\n%s", a, o)
	}
	all.sound()
}

// values writes down the live subjects of a base by their codes, without their numbers.
func values(r *rig) string {
	var lines []string
	if err := r.Scan(context.Background(), 0, func(p *fact.Profile) error {
		if !p.Gone {
			lines = append(lines, line(p, false))
		}
		return nil
	}); err != nil {
		r.t.Fatal(err)
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}

// However the rows of a file fall into batches, and whether the resolver reads all subjects or asks for each, the
// same comes of it: here against importing row by row.
func TestRowByRow(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped in short runs: one goroutine walks through it for long")
	}
	rapid.Check(t, func(rt *rapid.T) {
		head := "统一社会信用代码,企业名称,2020年销售收入（元）"
		var rows []string
		for i := range rapid.IntRange(1, 25).Draw(rt, "rows") {
			c, name := "", rapid.SampledFrom([]string{"甲公司", "乙公司", "丙公司"}).Draw(rt, "name")
			if n := rapid.IntRange(0, 4).Draw(rt, "code"); n > 0 {
				c = code(n)
			}
			rows = append(rows, fmt.Sprintf("%s,%s,%d", c, name, i))
		}
		whole, single := short(t, rt), short(t, rt)
		whole.take(whole.file("a.csv", append([]string{head}, rows...)...), enterprise)
		for i, row := range rows {
			single.take(single.file(fmt.Sprintf("%d.csv", i), head, row), enterprise)
		}
		if w, s := values(whole), values(single); w != s {
			rt.Fatalf("in one file:\n%srow by row:\n%s", w, s)
		}
	})
}

// A few rows into a large base take the way of asking; what comes of them must not depend on it.
func TestFewRowsIntoMany(t *testing.T) {
	r := sqlite(t)
	lines := []string{"统一社会信用代码,企业名称,2020年销售收入（元）"}
	for i := range 2000 {
		lines = append(lines, fmt.Sprintf("%s,企业%d,%d", code(i), i, i))
	}
	r.take(r.file("a.csv", lines...), enterprise)
	report, _ := r.take(r.file("b.csv", lines[0], code(7)+",企业7,7", code(8)+",企业8,0", ",企业9,0", code(5000)+",企业10,1", ",新企业,1", ",新企业,1"), enterprise)
	r.counts(report, 4, 2, 0)
	refs := must(r.Find(t.Context(), "企业10"))
	if len(refs) != 2 { // the code is another's, so this is another enterprise of the name
		t.Errorf("%v", refs)
	}
	r.sound()
}
