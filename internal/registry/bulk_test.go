package registry_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"

	"eyas/internal/registry"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/dossier"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/identity"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/layout"
	"eyas/internal/registry/placing"
	"eyas/internal/registry/profile"
	"eyas/internal/store"
	"eyas/internal/store/basetest"
)

// watched is a database that lets a test do something wherever a batch gives way to others.
type watched struct {
	*store.DB
	between func()
}

type watchedBatch struct {
	derive.Batch
	between func()
}

func (w watched) Begin(ctx context.Context, kind string, waiting func()) (derive.Batch, error) {
	b, err := w.DB.Begin(ctx, kind, waiting)
	if err != nil {
		return nil, err
	}
	w.between()
	return watchedBatch{b, w.between}, nil
}

func (w watchedBatch) Chunk(ctx context.Context, fn func(context.Context, derive.BatchWriter) error) error {
	err := w.Batch.Chunk(ctx, fn)
	w.between()
	return err
}

func (w watchedBatch) Read(ctx context.Context, fn func(context.Context) error) error {
	err := w.Batch.Read(ctx, fn)
	w.between()
	return err
}

// watched gives a registry of the same base, in which others do something wherever a batch gives way.
func (r *rig) watched(between func()) *registry.Registry {
	var one sync.Mutex // a batch reads and writes beside itself
	return registry.New(r.pack, watched{r.db, func() { one.Lock(); defer one.Unlock(); between() }}, func() time.Time { r.now = r.now.Add(time.Second); return r.now })
}

// eachBase runs a test on SQLite and on PostgreSQL and gives it the base's address.
func eachBase(t *testing.T, test func(t *testing.T, r *rig, dsn string)) {
	t.Run("SQLite", func(t *testing.T) {
		path := basetest.Path(t)
		test(t, newRig(t, path), path)
	})
	t.Run("Postgres", func(t *testing.T) {
		url := basetest.Server(t)
		test(t, newRig(t, url), url)
	})
}

// everything calls every method of the readers with whatever the base may hold and writes down what comes back.
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
	err := in(db).Read(ctx, func(r tables) error {
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
		// Numbers of imports, records, subjects, merges and questions are reserved: that shows.
		for _, c := range []fact.Counter{fact.LastChange, fact.LastAnswer, fact.LastRelink} {
			n, err := r.Counter(ctx, c)
			note("Counter", n, err)
		}
		for _, reg := range []string{"enterprise", "carrier"} {
			change, reread, err := r.Changes(ctx, reg)
			note("Changes", change, reread, err)
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
				slices.SortFunc(rows, func(a, b fact.SubjectRow) int { return int(a.Subject - b.Subject) })
				one("SubjectsByCode")(rows, err)
				rows, err = r.SubjectsByKey(ctx, reg, list)
				slices.SortFunc(rows, func(a, b fact.SubjectRow) int { return int(a.Subject - b.Subject) })
				one("SubjectsByKey")(slices.Compact(rows), err)
				named, err := r.MergedNamed(ctx, reg, list)
				slices.SortFunc(named, func(a, b fact.MergedRow) int { return int(a.Subject - b.Subject) })
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
			note("EachProfile", r.EachProfile(ctx, reg, func(p *fact.ProfileRow) error {
				lines = append(lines, fmt.Sprintf("%d %s %s %s %x %v %d", p.Subject, p.Code, p.Name, p.NameKey, p.Facts, p.Gone, p.Change))
				return nil
			}), lines)
			lines = nil
			note("EachProfileBetween", r.EachProfileBetween(ctx, reg, 2, most, func(p *fact.ProfileRow) error {
				lines = append(lines, fmt.Sprintf("%d %s %s %s %x %v %d", p.Subject, p.Code, p.Name, p.NameKey, p.Facts, p.Gone, p.Change))
				return nil
			}), lines)
			lines = nil
			attributes, err := r.Attributes(ctx, reg)
			one("Attributes")(attributes, err)
			numbered, err := r.SubjectsByNumber(ctx, "11010519491231002X")
			one("SubjectsByNumber")(numbered, err)
			remembered, err := r.Remembered(ctx, reg)
			one("Remembered")(remembered, err)
			merged, err := r.Merged(ctx, reg)
			slices.SortFunc(merged, func(a, b fact.MergedRow) int { return int(a.Subject - b.Subject) })
			one("Merged")(merged, err)
			merges, n, err := r.Merges(ctx, reg, "", fact.Wanted{}, 0, 10_000)
			two("Merges")(merges, n, err)
			mergePairs, err := r.MergePairs(ctx, reg, "", fact.Wanted{})
			one("MergePairs")(mergePairs, err)
			mark, _, err := r.MergeMark(ctx, reg)
			one("MergeMark")(mark, err)
			of, err := r.MergesOf(ctx, reg, nil)
			one("MergesOf")(of, err)
			questions, n, err := r.Questions(ctx, reg, fact.Open, fact.Wanted{}, 0, 10_000)
			two("Questions")(questions, n, err)
			questionPairs, err := r.QuestionPairs(ctx, reg, fact.Open, fact.Wanted{})
			one("QuestionPairs")(questionPairs, err)
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
		imports, n, err := r.Imports(ctx, fact.Wanted{}, 0, 100)
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
				note("EachRecord", r.EachRecord(ctx, id, refused, func(x *fact.RecordRow) error {
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
		links, err := r.LinksAfter(ctx, 1, known, 10_000)
		one("LinksAfter")(links, err)
		about, n, err := r.AskedAbout(ctx, "enterprise", 1, known, 100)
		two("AskedAbout")(about, n, err)
		followed, n, err := r.Followed(ctx, "enterprise", 1, known, time.Time{}, 0, 100)
		two("Followed")(followed, n, err)
		for id := int64(1); id <= most; id += 13 { // EachRecord reads all
			rec, err := r.Record(ctx, id)
			one("Record")(rec, err)
		}
		profiles, err := r.Profiles(ctx, ids)
		one("Profiles")(profiles, err)
		for _, all := range []bool{false, true} {
			collected("EachLinked", r.EachLinked(ctx, 1, most, all, func(x *fact.RecordRow) error {
				lines = append(lines, fmt.Sprintf("%d %d %d %d %d %d %s %x", x.ID, x.Import, x.Sheet, x.Row, x.Subject, x.RowSubject, x.How, x.Cells))
				return nil
			}))
		}
		brought, err := r.Brought(ctx, "local", ids)
		one("Brought")(brought, err)
		held, err := r.HeldSubjects(ctx, "enterprise", 0, 100)
		one("HeldSubjects")(held, err)
		answered, err := r.HeldAnswers(ctx, "", "", 100)
		one("HeldAnswers")(answered, err)
		for id := int64(1); id <= 12; id++ {
			a, err := r.HeldAnswer(ctx, id)
			one("HeldAnswer")(a, err)
		}
		kept, err := r.KeptImports(ctx, "enterprise", 0, 100)
		one("KeptImports")(kept, err)
		sums := []string{strings.Repeat("0", 64)}
		for i := range kept {
			sums = append(sums, kept[i].SHA256)
			sealed, err := r.Sealed(ctx, kept[i].ID)
			one("Sealed")(sealed, err)
		}
		for _, sum := range sums {
			with, err := r.ImportsWith(ctx, sum)
			one("ImportsWith")(with, err)
		}
		collected("EachErased", r.EachErased(ctx, 1, most, func(sheet, row int, cells []int) error {
			lines = append(lines, fmt.Sprint(sheet, row, cells))
			return nil
		}))
		linked, err := r.Linked(ctx, ids)
		one("Linked")(linked, err)
		ever, err := r.LinkedEver(ctx, ids)
		one("LinkedEver")(ever, err)
		mergedOf, err := r.MergedOf(ctx, ids)
		slices.SortFunc(mergedOf, func(a, b fact.MergedRow) int { return int(a.Subject - b.Subject) })
		one("MergedOf")(slices.Compact(mergedOf), err)
		relinks, err := r.RelinksOf(ctx, nil)
		one("RelinksOf")(relinks, err)
		for _, at := range []time.Time{{}, time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)} {
			lastImports, err := r.LastImports(ctx, at)
			slices.SortFunc(lastImports, func(a, b fact.RegisterImport) int { return strings.Compare(a.Register, b.Register) })
			one("LastImports")(lastImports, err)
		}
		through, err := r.MentionedThrough(ctx, "Z1", "甲孵化器")
		one("MentionedThrough")(through, err)
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
	for _, face := range []reflect.Type{reflect.TypeFor[profile.Reader](), reflect.TypeFor[intake.Reader](), reflect.TypeFor[dossier.Reader](),
		reflect.TypeFor[identity.Reader](), reflect.TypeFor[placing.Reader]()} {
		for m := range face.Methods() {
			switch m.Name {
			case "Beside", "Mark", "NumbersMark": // other readers of the same; a mark is another in every base
				continue
			}
			if got[m.Name] == "" {
				t.Errorf("%s has a method %s that is not looked at here", face.Name(), m.Name)
			}
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

// While an import, an undoing or a derivation runs, nobody sees anything of it, through no method of a reader.
func TestBatchIsInvisible(t *testing.T) {
	if testing.Short() {
		t.Skip("walks through a base again and again: in the long run of the tests")
	}
	eachBase(t, func(t *testing.T, r *rig, _ string) {
		ctx := t.Context()
		r.take(r.file("载体.csv", "载体编号,载体名称,载体类别", "Z1,甲孵化器,孵化器"), layout.Options{Register: "carrier"})
		_, first := r.take(r.file("a.csv", large(0, 1300, "5")...), enterprise)
		if _, err := r.Merge(ctx, 30, 31, "同一家"); err != nil {
			t.Fatal(err)
		}
		second := r.file("b.csv", large(600, 1800, "6")...)
		const most = 2600
		third := r.file("c.csv", large(1500, 2700, "8")...)
		var sums []string
		for _, src := range []layout.Source{second, third} {
			data, err := os.ReadFile(src.Path)
			if err != nil {
				t.Fatal(err)
			}
			sums = append(sums, fmt.Sprintf("%x", sha256.Sum256(data)))
		}
		looks, every := 0, 120
		if os.Getenv("EYAS_SOAK") != "" {
			every = 8
		}
		var before map[string]string
		step := 0
		g := r.watched(func() {
			if step++; step%every != 2 { // each look reads the whole base
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
			before, looks, step = everything(t, r.db, most, sums), 0, 0
			if err := do(); err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			if looks == 0 {
				t.Errorf("%s: looked at %d times", what, looks)
			}
			before = nil
			r.sound()
		}
		watch("import", func() error { _, _, err := g.Import(ctx, second, enterprise, nil); return err })
		watch("undo", func() error { return g.Undo(ctx, first, nil) })
		watch("derive", func() error { _, err := g.Rederive(ctx, nil); return err })
		failing := fmt.Errorf("something else failed")
		watch("two imports of which one fails", func() error {
			err := g.Together(ctx, nil, func(ctx context.Context) error {
				if _, _, err := g.Import(ctx, third, enterprise, nil); err != nil {
					return err
				}
				return failing
			})
			if !errors.Is(err, failing) {
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

// Files that come in together and bring no new subject use no ids of subjects, and the base stays whole. Each reserves ids
// right behind those of the file before it.
func TestFilesTogetherWithoutNewSubjects(t *testing.T) {
	eachBase(t, func(t *testing.T, r *rig, dsn string) {
		lines := []string{"统一社会信用代码,企业名称"}
		for i := range 40 {
			lines = append(lines, fmt.Sprintf("%s,企业%d", code(i), i))
		}
		r.take(r.file("first.csv", lines...), enterprise)
		for _, fresh := range [][]bool{{false, false, false}, {true, false, false}, {false, true, false}, {false, false, true}} {
			err := r.Together(t.Context(), nil, func(ctx context.Context) error {
				for i, brings := range fresh {
					name := fmt.Sprint(fresh, i)
					more := append(slices.Clone(lines), code(0)+",企业"+name) // no two files are the same
					if brings {
						more = append(more, ",新企业"+name)
					}
					if _, _, err := r.Import(ctx, r.file(fmt.Sprintf("%d.csv", i), more...), enterprise, nil); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				t.Fatalf("%v: %v", fresh, err)
			}
			consistent(t, dsn)
			r.sound()
		}
		if n := strings.Count(r.base(), "\n"); n != 43 {
			t.Errorf("%d subjects", n)
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
			if _, _, err := r.Enter(t.Context(), intake.Entry{Register: "enterprise", Values: map[string]string{"name": fmt.Sprintf("新%d", entered)}}); err != nil {
				t.Fatal(err)
			}
		})
		report, _, err := g.Import(t.Context(), r.file("a.csv", lines...), enterprise, nil)
		if err != nil || report.Accepted != 9000 {
			t.Fatalf("%+v, %v", report, err)
		}
		consistent(t, dsn)
		if n := strings.Count(r.base(), "\n"); n != 9000+entered {
			t.Errorf("%d subjects, %d were imported and %d entered", n, 9000, entered)
		}
		if changed := must(r.Rederive(t.Context(), nil)); changed != 0 {
			t.Errorf("deriving again changes %d profiles", changed)
		}
	})
}
