package registry_test

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"eyas/internal/registry"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/profile"
)

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
	if err := in(m.db).Read(ctx, func(r tables) (err error) { // those that can be seen
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
	enter := func(e intake.Entry) {
		e.Register = "enterprise"
		var id int64
		if id, _, err = m.Enter(ctx, e); err == nil {
			m.entries = append(m.entries, id)
		}
	}
	name := "enter"
	switch what {
	case 0, 1:
		enter(intake.Entry{Values: map[string]string{"uscc": code(n), "name": fmt.Sprintf("企业%d", n), "staff@2020": "9"}})
	case 2:
		enter(intake.Entry{Values: map[string]string{"name": fmt.Sprintf("企业%d", n), "staff@2020": "11"}})
	case 3:
		enter(intake.Entry{Subject: subjects, Values: map[string]string{"staff@2020": fmt.Sprint(m.random.IntN(9))}, Source: "correction"})
	case 4:
		enter(intake.Entry{Subject: subjects, Values: map[string]string{"name": fmt.Sprintf("改名%d", n)}, Source: "correction"})
	case 5, 6:
		name = "merge"
		var id int64
		if id, err = m.Merge(ctx, subjects, 1+m.random.Int64N(1200), "同一家"); err == nil {
			m.merges = append(m.merges, id)
		}
	case 7:
		name = "unmerge"
		if id := pop(&m.merges); id != 0 {
			err = m.Unmerge(ctx, id)
		}
	case 8:
		name = "relink"
		var records []profile.LinkedRecord
		if records, err = m.LinkedRecords(ctx, subjects); err == nil && len(records) > 0 {
			var id int64
			if id, err = m.Relink(ctx, records[0].Record, m.random.Int64N(2)*(1+m.random.Int64N(1200)), "抄错"); err == nil {
				m.moves = append(m.moves, id)
			}
		}
	case 9:
		name = "unrelink"
		if id := pop(&m.moves); id != 0 {
			err = m.UndoRelink(ctx, id)
		}
	case 10:
		name = "undo"
		if id := pop(&m.entries); id != 0 {
			err = m.Undo(ctx, id, nil)
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
		if _, id, err = m.Import(ctx, m.file(fmt.Sprintf("small%d.csv", m.files), lines...), enterprise, nil); err == nil && id != 0 {
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
		err = g.EachProfile(ctx, "enterprise", f.after, func(p *fact.Profile) error {
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
		`SELECT COUNT(*) FROM record r LEFT JOIN import i ON i.id = r.import_id WHERE i.id IS NULL OR r.id NOT BETWEEN i.first_record AND i.last_record`:                                                    0,
		`SELECT COUNT(*) FROM link l LEFT JOIN record r ON r.id = l.record_id LEFT JOIN profile p ON p.subject_id = l.subject_id WHERE r.id IS NULL OR p.subject_id IS NULL OR r.reason IS NOT NULL`:        0,
		`SELECT COUNT(*) FROM record r LEFT JOIN link l ON l.record_id = r.id WHERE l.record_id IS NULL AND r.reason IS NULL`:                                                                               0,
		`SELECT COUNT(*) FROM (SELECT register, code FROM profile WHERE code <> '' GROUP BY register, code HAVING COUNT(*) > 1) d`:                                                                          0,
		`SELECT COUNT(*) FROM link l WHERE l.origin <> 0 AND NOT EXISTS (SELECT 1 FROM merge m WHERE m.from_subject = l.origin AND m.undone_at IS NULL)`:                                                    0,
		`SELECT COUNT(*) FROM link l JOIN merge m ON m.from_subject = l.subject_id WHERE m.undone_at IS NULL`:                                                                                               0,
		`SELECT COUNT(*) FROM counter c WHERE c.name = 'record' AND c.value < (SELECT MAX(id) FROM record)`:                                                                                                 0,
		`SELECT COUNT(*) FROM counter c WHERE c.name = 'subject' AND c.value < (SELECT MAX(subject_id) FROM profile)`:                                                                                       0,
		`SELECT COUNT(*) FROM mention m LEFT JOIN record r ON r.id = m.record_id WHERE r.id IS NULL`:                                                                                                        0,
		`SELECT CAST(c.value - (SELECT COUNT(*) FROM profile) - (SELECT COALESCE(SUM(last_id - first_id + 1), 0) FROM id_gap WHERE counter = 'subject') AS BIGINT) FROM counter c WHERE c.name = 'subject'`: 0,
		`SELECT CAST(c.value - (SELECT COUNT(*) FROM record) - (SELECT COALESCE(SUM(last_id - first_id + 1), 0) FROM id_gap WHERE counter = 'record') AS BIGINT) FROM counter c WHERE c.name = 'record'`:    0,
		`SELECT COUNT(*) FROM profile_prior`: 0,
		`SELECT COUNT(*) FROM batch_concern`: 0,
		`SELECT COUNT(*) FROM batch_join`:    0,
		`SELECT COUNT(*) FROM batch_range`:   0,
		`SELECT COUNT(*) FROM proof p WHERE p.seq < 0 AND NOT EXISTS (SELECT 1 FROM batch b WHERE b.id = -p.seq)`: 0,
		`SELECT COUNT(*) FROM batch WHERE state <> 'done'`:                                                        0,
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
		if changed := must(r.Rederive(ctx, nil)); changed != 0 {
			t.Fatalf("%s: deriving again changes %d profiles", what, changed)
		}
		if t.Failed() {
			t.FailNow()
		}
	}
	_, second, err := g.Import(ctx, r.file("b.csv", large(600, 3100, "6")...), enterprise, nil)
	if err != nil {
		t.Fatal(err)
	}
	check("import")
	if err := g.Undo(ctx, first, nil); err != nil {
		t.Fatal(err)
	}
	check("undo")
	if _, err := g.Rederive(ctx, nil); err != nil {
		t.Fatal(err)
	}
	check("derive")
	if err := g.Undo(ctx, second, nil); err != nil {
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
				if _, *e.to, err = r.Enter(ctx, intake.Entry{Register: "enterprise", Values: e.values}); err != nil {
					t.Fatal(err)
				}
			}
		})
		if _, _, err := g.Import(ctx, r.file("b.csv", lines...), enterprise, nil); err != nil {
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
		if changed := must(r.Rederive(ctx, nil)); changed != 0 {
			t.Errorf("deriving again changes %d profiles", changed)
		}
	})
}
