package registry_test

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"eyas/internal/registry"
	"eyas/internal/store"
	"eyas/internal/store/pgtest"

	_ "github.com/jackc/pgx/v5/stdlib"
)

// watched is a database that lets a test do something wherever a batch gives way to others.
type watched struct {
	*store.DB
	between func()
}

type watchedBatch struct {
	registry.Batch
	between func()
}

func (w watched) Begin(ctx context.Context, kind string, waiting func()) (registry.Batch, error) {
	b, err := w.DB.Begin(ctx, kind, waiting)
	if err != nil {
		return nil, err
	}
	w.between()
	return watchedBatch{b, w.between}, nil
}

func (w watchedBatch) Chunk(ctx context.Context, fn func(registry.BatchWriter) error) error {
	err := w.Batch.Chunk(ctx, fn)
	w.between()
	return err
}

func (w watchedBatch) Read(ctx context.Context, fn func(registry.Reader) error) error {
	err := w.Batch.Read(ctx, fn)
	w.between()
	return err
}

// watched gives a registry of the same base, in which others do something wherever a batch gives way.
func (r *rig) watched(between func()) *registry.Registry {
	return registry.New(r.pack, watched{r.db, between}, func() time.Time { r.now = r.now.Add(time.Second); return r.now })
}

// eachBase runs a test on SQLite and on PostgreSQL and gives it the base's address.
func eachBase(t *testing.T, test func(t *testing.T, r *rig, dsn string)) {
	t.Run("SQLite", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "base.db")
		test(t, newRig(t, path), path)
	})
	t.Run("Postgres", func(t *testing.T) {
		url := pgtest.URL(t)
		test(t, newRig(t, url), url)
	})
}

// everything calls every method of a Reader with whatever the base may hold and writes down what comes back.
func everything(t reporter, db *store.DB, most int64, files []string) map[string]string {
	t.Helper()
	got := map[string]string{}
	var ids []int64
	for id := int64(1); id <= most; id++ {
		ids = append(ids, id)
	}
	var codes, keys []string
	for i := range 1900 {
		codes, keys = append(codes, code(i)), append(keys, fmt.Sprintf("企业%d", i))
	}
	ctx := context.Background()
	err := db.Read(ctx, func(r registry.Reader) error {
		var failed error
		note := func(method string, values ...any) {
			for _, v := range values {
				if err, ok := v.(error); ok && err != nil && failed == nil {
					failed = fmt.Errorf("%s: %w", method, err)
				}
			}
			text, err := json.Marshal(values)
			if err != nil {
				failed = err
			}
			got[method] += string(text) + "\n"
		}
		two := func(method string) func(a, b any, err error) {
			return func(a, b any, err error) { note(method, a, b, err) }
		}
		one := func(method string) func(a any, err error) { return func(a any, err error) { note(method, a, err) } }
		var lines []string
		collect := func(subject int64, text string) error {
			lines = append(lines, fmt.Sprint(subject, " ", text))
			return nil
		}
		collected := func(method string, err error) {
			slices.Sort(lines)
			note(method, lines, err)
			lines = nil
		}
		for _, c := range []registry.Counter{registry.LastChange, registry.Reread, registry.LastAnswer, registry.LastMerge, registry.LastRelink, registry.LastAsked} {
			n, err := r.Counter(ctx, c)
			note("Counter", n, err)
		}
		for _, reg := range []string{"enterprise", "carrier"} {
			for _, all := range []bool{false, true} {
				list, err := r.Whole(ctx, reg, all)
				one("Whole")(list, err)
			}
			spoken, err := r.Spoken(ctx, reg)
			one("Spoken")(spoken, err)
			doubted, err := r.Doubted(ctx, reg, 1, most)
			one("Doubted")(doubted, err)
			collected("EachCode", r.EachCode(ctx, reg, collect))
			collected("EachName", r.EachName(ctx, reg, false, collect))
			collected("EachName", r.EachName(ctx, reg, true, collect))
			for _, list := range [][]string{codes, keys} {
				rows, err := r.SubjectsByCode(ctx, reg, list)
				slices.SortFunc(rows, func(a, b registry.SubjectRow) int { return int(a.Subject - b.Subject) })
				one("SubjectsByCode")(rows, err)
				rows, err = r.SubjectsByKey(ctx, reg, list)
				slices.SortFunc(rows, func(a, b registry.SubjectRow) int { return int(a.Subject - b.Subject) })
				one("SubjectsByKey")(slices.Compact(rows), err)
				named, err := r.MergedNamed(ctx, reg, list)
				slices.SortFunc(named, func(a, b registry.MergedRow) int { return int(a.Subject - b.Subject) })
				one("MergedNamed")(slices.Compact(named), err)
			}
			for _, limit := range []int{5, 10_000} {
				found, err := r.Search(ctx, reg, "企业", limit)
				one("Search")(found, err)
				next, err := r.Next(ctx, reg, int64(limit/2), limit)
				one("Next")(next, err)
			}
			for after := int64(0); after < 8; after++ {
				changed, err := r.Changed(ctx, reg, after)
				one("Changed")(changed, err)
			}
			note("EachProfile", r.EachProfile(ctx, reg, func(p *registry.ProfileRow) error {
				lines = append(lines, fmt.Sprintf("%d %s %s %s %x %v %d", p.Subject, p.Code, p.Name, p.NameKey, p.Facts, p.Gone, p.Change))
				return nil
			}), lines)
			lines = nil
			note("EachProfileBetween", r.EachProfileBetween(ctx, reg, 2, most, func(p *registry.ProfileRow) error {
				lines = append(lines, fmt.Sprintf("%d %s %s %s %x %v %d", p.Subject, p.Code, p.Name, p.NameKey, p.Facts, p.Gone, p.Change))
				return nil
			}), lines)
			lines = nil
			attributes, err := r.Attributes(ctx, reg)
			one("Attributes")(attributes, err)
			remembered, err := r.Remembered(ctx, reg)
			one("Remembered")(remembered, err)
			merged, err := r.Merged(ctx, reg)
			slices.SortFunc(merged, func(a, b registry.MergedRow) int { return int(a.Subject - b.Subject) })
			one("Merged")(merged, err)
			merges, n, err := r.Merges(ctx, reg, "", 0, 10_000)
			two("Merges")(merges, n, err)
			of, err := r.MergesOf(ctx, reg, nil)
			one("MergesOf")(of, err)
			questions, n, err := r.Questions(ctx, reg, registry.Open, 0, 10_000)
			two("Questions")(questions, n, err)
			asked, err := r.QuestionsOf(ctx, reg, nil)
			one("QuestionsOf")(asked, err)
			for _, at := range []time.Time{{}, time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)} {
				mentions, n, err := r.Mentions(ctx, reg, "tenant_of", "Z1", "甲孵化器", at, 0, 10_000)
				two("Mentions")(mentions, n, err)
			}
			for _, sum := range files {
				list, err := r.InForce(ctx, reg, sum)
				one("InForce")(list, err)
			}
		}
		imports, n, err := r.Imports(ctx, 0, 100)
		two("Imports")(imports, n, err)
		synthetic, err := r.Synthetic(ctx)
		one("Synthetic")(synthetic, err)
		day, last, err := r.Horizon(ctx)
		two("Horizon")(day, last, err)
		known := int64(0)
		for id := int64(1); id <= 12; id++ {
			row, err := r.Import(ctx, id)
			one("Import")(row, err)
			if row != nil {
				known = max(known, row.LastRecord)
			}
			layouts, err := r.ImportLayouts(ctx, id)
			one("ImportLayouts")(layouts, err)
			subjects, err := r.SubjectsOf(ctx, id)
			one("SubjectsOf")(subjects, err)
			for _, refused := range []bool{false, true} {
				note("EachRecord", r.EachRecord(ctx, id, refused, func(x *registry.RecordRow) error {
					lines = append(lines, fmt.Sprintf("%+v", *x))
					return nil
				}), lines)
				lines = nil
			}
			m, err := r.Merge(ctx, id)
			one("Merge")(m, err)
			x, err := r.Relink(ctx, id)
			one("Relink")(x, err)
			q, err := r.Question(ctx, id)
			one("Question")(q, err)
		}
		collected("EachAbout", r.EachAbout(ctx, 1, known, func(s int64) { lines = append(lines, fmt.Sprint(s)) }))
		for id := range ids {
			rec, err := r.Record(ctx, int64(id)+1)
			one("Record")(rec, err)
		}
		profiles, err := r.Profiles(ctx, ids)
		one("Profiles")(profiles, err)
		for _, all := range []bool{false, true} {
			collected("EachLinked", r.EachLinked(ctx, 1, most, all, func(x *registry.RecordRow) error {
				lines = append(lines, fmt.Sprintf("%d %d %d %d %d %d %s %x", x.ID, x.Import, x.Sheet, x.Row, x.Subject, x.Origin, x.How, x.Cells))
				return nil
			}))
		}
		linked, err := r.Linked(ctx, ids)
		one("Linked")(linked, err)
		ever, err := r.LinkedEver(ctx, ids)
		one("LinkedEver")(ever, err)
		mergedOf, err := r.MergedOf(ctx, ids)
		slices.SortFunc(mergedOf, func(a, b registry.MergedRow) int { return int(a.Subject - b.Subject) })
		one("MergedOf")(slices.Compact(mergedOf), err)
		relinks, err := r.RelinksOf(ctx, nil)
		one("RelinksOf")(relinks, err)
		for _, at := range []time.Time{{}, time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)} {
			lastImports, err := r.LastImports(ctx, at)
			slices.SortFunc(lastImports, func(a, b registry.RegisterImport) int { return strings.Compare(a.Register, b.Register) })
			one("LastImports")(lastImports, err)
		}
		answers, err := r.PlaceAnswers(ctx)
		one("PlaceAnswers")(answers, err)
		sources, err := r.Sources(ctx)
		one("Sources")(sources, err)
		setting, err := r.Setting(ctx, "precedence")
		one("Setting")(setting, err)
		return failed
	})
	if err != nil {
		t.Fatal(err)
	}
	for m := range reflect.TypeFor[registry.Reader]().Methods() {
		switch m.Name {
		case "Beside", "Mark": // other readers of the same; a mark is another in every base
			continue
		}
		if got[m.Name] == "" {
			t.Errorf("Reader has a method %s that is not looked at here", m.Name)
		}
	}
	return got
}

// large gives lines of a file of many rows, from one number to another, so that it is a batch.
func large(from, to int, staff string) []string {
	lines := []string{"统一社会信用代码,企业名称,2020年职工总数,入驻载体,入驻载体编号"}
	for i := from; i < to; i++ {
		switch c := code(i); {
		case i%100 == 99:
			lines = append(lines, ",,7,,") // refused
		case i%7 == 6:
			lines = append(lines, fmt.Sprintf(",企业%d,%s,甲孵化器,Z1", i, staff))
		default:
			lines = append(lines, fmt.Sprintf("%s,企业%d,%s,,", c, i, staff))
		}
	}
	return lines
}

// While an import, an undoing or a derivation runs, nobody sees anything of it, through no method of Reader.
func TestBatchIsInvisible(t *testing.T) {
	if testing.Short() {
		t.Skip("walks through a base again and again: in the long run of the tests")
	}
	eachBase(t, func(t *testing.T, r *rig, _ string) {
		ctx := t.Context()
		r.take(r.file("载体.csv", "载体编号,载体名称,载体类别", "Z1,甲孵化器,孵化器"), registry.Options{Register: "carrier"})
		_, first := r.take(r.file("a.csv", large(0, 1300, "5")...), enterprise)
		if _, err := r.Merge(ctx, "local", 30, 31, "同一家"); err != nil {
			t.Fatal(err)
		}
		second := r.file("b.csv", large(600, 1800, "6")...)
		const most = 2600
		third := r.file("c.csv", large(1500, 2700, "8")...)
		var sums []string
		for _, src := range []registry.Source{second, third} {
			data, err := os.ReadFile(src.Path)
			if err != nil {
				t.Fatal(err)
			}
			sums = append(sums, fmt.Sprintf("%x", sha256.Sum256(data)))
		}
		looks := 0
		var before map[string]string
		step := 0
		g := r.watched(func() {
			if step++; step%4 != 2 { // each look reads the whole base
				return
			}
			looks++
			now := everything(t, r.db, most, sums)
			for method, want := range before {
				if now[method] != want {
					t.Fatalf("%s sees the batch:\n%s\nbefore it:\n%s", method, differing(now[method], want), differing(want, now[method]))
				}
			}
		})
		watch := func(what string, do func() error) {
			before, looks = everything(t, r.db, most, sums), 0
			if err := do(); err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			if looks == 0 {
				t.Errorf("%s: looked at %d times", what, looks)
			}
			before = nil
			r.sound()
		}
		watch("import", func() error { _, _, err := g.Import(ctx, "local", second, enterprise, nil); return err })
		watch("undo", func() error { return g.Undo(ctx, "local", first, nil) })
		watch("derive", func() error { _, err := g.Rederive(ctx, "local", nil); return err })
		failing := fmt.Errorf("something else failed")
		watch("two imports of which one fails", func() error {
			err := g.Together(ctx, nil, func(ctx context.Context) error {
				if _, _, err := g.Import(ctx, "local", third, enterprise, nil); err != nil {
					return err
				}
				return failing
			})
			if err != failing {
				return fmt.Errorf("together: %w", err)
			}
			return nil
		})
		after := everything(t, r.db, most, sums)
		r.take(third, enterprise)
		if everything(t, r.db, most, sums)["Profiles"] == after["Profiles"] {
			t.Error("what failed came in")
		}
	})
}

// differing gives the first part of a text that is not as in another.
func differing(text, other string) string {
	at := 0
	for at < len(text) && at < len(other) && text[at] == other[at] {
		at++
	}
	return "…" + strings.ToValidUTF8(text[max(0, at-150):min(len(text), at+250)], "") + "…"
}

// meddler does to a base what people do, at random.
type meddler struct {
	*rig
	random  *rand.Rand
	entries []int64
	merges  []int64
	moves   []int64
	files   int
	done    map[string]int
}

func (m *meddler) step() {
	ctx := context.Background()
	subjects := int64(1)
	if err := m.db.Read(ctx, func(r registry.Reader) (err error) { // those that can be seen
		list, err := r.Next(ctx, "enterprise", 0, 10_000)
		if len(list) > 0 {
			subjects = list[m.random.IntN(len(list))]
		}
		return err
	}); err != nil {
		m.t.Fatal(err)
	}
	n := m.random.IntN(3200)
	what := m.random.IntN(12)
	var err error
	pop := func(list *[]int64) int64 {
		if len(*list) == 0 {
			return 0
		}
		at := m.random.IntN(len(*list))
		id := (*list)[at]
		*list = slices.Delete(*list, at, at+1)
		return id
	}
	enter := func(e registry.Entry) {
		e.Register = "enterprise"
		var id int64
		if id, _, err = m.Enter(ctx, "local", e); err == nil {
			m.entries = append(m.entries, id)
		}
	}
	name := "enter"
	switch what {
	case 0, 1:
		enter(registry.Entry{Values: map[string]string{"uscc": code(n), "name": fmt.Sprintf("企业%d", n), "staff@2020": "9"}})
	case 2:
		enter(registry.Entry{Values: map[string]string{"name": fmt.Sprintf("企业%d", n), "staff@2020": "11"}})
	case 3:
		enter(registry.Entry{Subject: subjects, Values: map[string]string{"staff@2020": fmt.Sprint(m.random.IntN(9))}, Source: "correction"})
	case 4:
		enter(registry.Entry{Subject: subjects, Values: map[string]string{"name": fmt.Sprintf("改名%d", n)}, Source: "correction"})
	case 5, 6:
		name = "merge"
		var id int64
		if id, err = m.Merge(ctx, "local", subjects, 1+m.random.Int64N(1200), "同一家"); err == nil {
			m.merges = append(m.merges, id)
		}
	case 7:
		name = "unmerge"
		if id := pop(&m.merges); id != 0 {
			err = m.Unmerge(ctx, "local", id)
		}
	case 8:
		name = "relink"
		var records []registry.LinkedRecord
		if records, err = m.LinkedRecords(ctx, subjects); err == nil && len(records) > 0 {
			var id int64
			if id, err = m.Relink(ctx, "local", records[0].Record, m.random.Int64N(2)*(1+m.random.Int64N(1200)), "抄错"); err == nil {
				m.moves = append(m.moves, id)
			}
		}
	case 9:
		name = "unrelink"
		if id := pop(&m.moves); id != 0 {
			err = m.UndoRelink(ctx, "local", id)
		}
	case 10:
		name = "undo"
		if id := pop(&m.entries); id != 0 {
			err = m.Undo(ctx, "local", id, nil)
		}
	case 11:
		name = "small import"
		m.files++
		lines := []string{"统一社会信用代码,企业名称,2020年职工总数"}
		for range 5 {
			k := m.random.IntN(3200)
			lines = append(lines, fmt.Sprintf("%s,企业%d,%d", code(k), k, m.random.IntN(9)))
		}
		var id int64
		if _, id, err = m.Import(ctx, "local", m.file(fmt.Sprintf("small%d.csv", m.files), lines...), enterprise, nil); err == nil && id != 0 {
			m.entries = append(m.entries, id)
		}
	}
	if err == nil {
		m.done[name]++
	} else if !expected(err) {
		m.t.Fatalf("%s: %v", name, err)
	}
}

// expected reports a fault: what two people may do does not always fit together.
func expected(err error) bool {
	text := err.Error()
	for _, s := range []string{"Two different subjects", "has been merged", "has been moved", "subject's already", "code cannot be changed", "no accepted", "no subject"} {
		if strings.Contains(text, s) {
			return true
		}
	}
	return false
}

// follower keeps a copy of the register by the changes alone.
type follower struct {
	after int64
	rows  map[int64]string
}

func (f *follower) follow(t reporter, g *registry.Registry) {
	t.Helper()
	ctx := context.Background()
	change, err := g.Change(ctx)
	if err == nil {
		err = g.EachProfile(ctx, "enterprise", f.after, func(p *registry.Profile) error {
			f.rows[p.Subject] = line(p, true)
			return nil
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	f.after = change
}

// consistent asks a base of either kind what foreign keys would hold, and what follows from merges.
func consistent(t *testing.T, dsn string) {
	t.Helper()
	driver := "sqlite"
	if strings.HasPrefix(dsn, "postgres") {
		driver = "pgx"
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for query, want := range map[string]int{
		`SELECT COUNT(*) FROM record r LEFT JOIN import i ON i.id = r.import_id WHERE i.id IS NULL OR r.id NOT BETWEEN i.first_record AND i.last_record`:                                             0,
		`SELECT COUNT(*) FROM link l LEFT JOIN record r ON r.id = l.record_id LEFT JOIN profile p ON p.subject_id = l.subject_id WHERE r.id IS NULL OR p.subject_id IS NULL OR r.reason IS NOT NULL`: 0,
		`SELECT COUNT(*) FROM record r LEFT JOIN link l ON l.record_id = r.id WHERE l.record_id IS NULL AND r.reason IS NULL`:                                                                        0,
		`SELECT COUNT(*) FROM (SELECT register, code FROM profile WHERE code <> '' GROUP BY register, code HAVING COUNT(*) > 1) d`:                                                                   0,
		`SELECT COUNT(*) FROM link l WHERE l.origin <> 0 AND NOT EXISTS (SELECT 1 FROM merge m WHERE m.from_subject = l.origin AND m.undone_at IS NULL)`:                                             0,
		`SELECT COUNT(*) FROM link l JOIN merge m ON m.from_subject = l.subject_id WHERE m.undone_at IS NULL`:                                                                                        0,
		`SELECT COUNT(*) FROM counter c WHERE c.name = 'record' AND c.value < (SELECT MAX(id) FROM record)`:                                                                                          0,
		`SELECT COUNT(*) FROM counter c WHERE c.name = 'subject' AND c.value < (SELECT MAX(subject_id) FROM profile)`:                                                                                0,
		`SELECT COUNT(*) FROM mention m LEFT JOIN record r ON r.id = m.record_id WHERE r.id IS NULL`:                                                                                                 0,
		`SELECT COUNT(*) FROM profile_prior`:               0,
		`SELECT COUNT(*) FROM batch_concern`:               0,
		`SELECT COUNT(*) FROM batch_range`:                 0,
		`SELECT COUNT(*) FROM batch WHERE state <> 'done'`: 0,
	} {
		var got int
		if err := db.QueryRow(query).Scan(&got); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		if got != want {
			t.Errorf("%s: %d, want %d", query, got, want)
		}
	}
}

// Whatever others do while a batch runs, the base is consistent afterwards: every profile follows from its records, codes
// are unique, links follow merges, and who followed the changes has what a fresh look gives.
func TestMeanwhile(t *testing.T) {
	if testing.Short() {
		t.Skip("walks through a base again and again: in the long run of the tests")
	}
	rounds := 1
	if os.Getenv("EYAS_SOAK") != "" {
		rounds = 40
	}
	for range rounds {
		seed := uint64(time.Now().UnixNano())
		eachBase(t, func(t *testing.T, r *rig, dsn string) { meanwhile(t, r, dsn, seed) })
	}
}

func meanwhile(t *testing.T, r *rig, dsn string, seed uint64) {
	t.Logf("seed %d", seed)
	ctx := t.Context()
	m := &meddler{rig: r, random: rand.New(rand.NewPCG(seed, 0)), done: map[string]int{}}
	f := &follower{rows: map[int64]string{}}
	_, first := r.take(r.file("a.csv", large(0, 1300, "5")...), enterprise)
	for range 20 {
		m.step()
	}
	g := r.watched(func() {
		for range 1 + m.random.IntN(4) {
			m.step()
		}
		f.follow(t, r.Registry)
	})
	check := func(what string) {
		t.Helper()
		f.follow(t, r.Registry)
		fresh := &follower{rows: map[int64]string{}}
		fresh.follow(t, r.Registry)
		for s, want := range fresh.rows {
			// A subject that was made and never lived has no change.
			if f.rows[s] != want && (f.rows[s] != "" || !strings.HasSuffix(want, "gone=true\n")) {
				t.Fatalf("%s: the follower of changes has %sand not %s", what, f.rows[s], want)
			}
		}
		consistent(t, dsn)
		if changed := must(r.Rederive(ctx, "local", nil)); changed != 0 {
			t.Fatalf("%s: deriving again changes %d profiles", what, changed)
		}
		if t.Failed() {
			t.FailNow()
		}
	}
	_, second, err := g.Import(ctx, "local", r.file("b.csv", large(600, 3100, "6")...), enterprise, nil)
	if err != nil {
		t.Fatal(err)
	}
	check("import")
	if err := g.Undo(ctx, "local", first, nil); err != nil {
		t.Fatal(err)
	}
	check("undo")
	if _, err := g.Rederive(ctx, "local", nil); err != nil {
		t.Fatal(err)
	}
	check("derive")
	if err := g.Undo(ctx, "local", second, nil); err != nil {
		t.Fatal(err)
	}
	check("undo of the other")
	t.Log(m.done)
	if _, err := r.db.VerifyAudit(ctx); err != nil {
		t.Error(err)
	}
}

// Codes and names that others bring while an import runs are theirs: its rows count for the subjects that they made.
func TestSameMeanwhile(t *testing.T) {
	eachBase(t, func(t *testing.T, r *rig, dsn string) {
		ctx := t.Context()
		r.take(r.file("a.csv", "企业名称,2020年职工总数", "旧名甲,1"), enterprise)
		lines := []string{"统一社会信用代码,企业名称,2020年职工总数,2019年职工总数"}
		for i := range 3000 {
			switch i {
			case 10:
				lines = append(lines, code(1)+",企业1,,10")
			case 11:
				lines = append(lines, ",只有名字,,11")
			case 12:
				lines = append(lines, code(2)+",旧名甲,,12") // adopted by the one that is known by its name
			case 2990:
				lines = append(lines, code(1)+",企业1又名,,10", ",只有名字,,11")
			default:
				lines = append(lines, fmt.Sprintf("%s,企业%d,%d,", code(i+100), i+100, i))
			}
		}
		var byCode, byName, adopted int64
		steps := 0
		g := r.watched(func() {
			if steps++; steps != 4 {
				return
			}
			for _, e := range []struct {
				to     *int64
				values map[string]string
			}{
				{&byCode, map[string]string{"uscc": code(1), "name": "企业1", "staff@2020": "21"}},
				{&byName, map[string]string{"name": "只有名字", "staff@2020": "22"}},
				{&adopted, map[string]string{"uscc": code(2), "name": "别的", "staff@2020": "23"}},
			} {
				var err error
				if _, *e.to, err = r.Enter(ctx, "local", registry.Entry{Register: "enterprise", Values: e.values}); err != nil {
					t.Fatal(err)
				}
			}
		})
		if _, _, err := g.Import(ctx, "local", r.file("b.csv", lines...), enterprise, nil); err != nil {
			t.Fatal(err)
		}
		if adopted == 0 {
			t.Fatalf("only %d steps", steps)
		}
		for _, x := range []struct {
			text         string
			subject      int64
			now, earlier float64
		}{{code(1), byCode, 21, 10}, {"只有名字", byName, 22, 11}, {code(2), adopted, 23, 12}} {
			p := r.one(x.text)
			if p.Subject != x.subject {
				t.Errorf("%s is subject %d, others made %d", x.text, p.Subject, x.subject)
			}
			wantNum(t, p, "staff", 2020, x.now)
			wantNum(t, p, "staff", 2019, x.earlier)
		}
		consistent(t, dsn)
		if changed := must(r.Rederive(ctx, "local", nil)); changed != 0 {
			t.Errorf("deriving again changes %d profiles", changed)
		}
	})
}

// When others take ids while an import has more rows than it seemed to have, it begins again, and is whole.
func TestMoreRowsThanExpected(t *testing.T) {
	eachBase(t, func(t *testing.T, r *rig, dsn string) {
		lines := []string{"统一社会信用代码,企业名称,经营范围"}
		for i := range 9000 {
			scope := strings.Repeat("甲", 200)
			if i > 1024 {
				scope = ""
			}
			lines = append(lines, fmt.Sprintf("%s,企业%d,%s", code(i), i, scope))
		}
		entered := 0
		g := r.watched(func() {
			entered++
			if _, _, err := r.Enter(t.Context(), "local", registry.Entry{Register: "enterprise", Values: map[string]string{"name": fmt.Sprintf("新%d", entered)}}); err != nil {
				t.Fatal(err)
			}
		})
		report, _, err := g.Import(t.Context(), "local", r.file("a.csv", lines...), enterprise, nil)
		if err != nil || report.Accepted != 9000 {
			t.Fatalf("%+v, %v", report, err)
		}
		consistent(t, dsn)
		if n := strings.Count(r.base(), "\n"); n != 9000+entered {
			t.Errorf("%d subjects, %d were imported and %d entered", n, 9000, entered)
		}
		if changed := must(r.Rederive(t.Context(), "local", nil)); changed != 0 {
			t.Errorf("deriving again changes %d profiles", changed)
		}
	})
}
