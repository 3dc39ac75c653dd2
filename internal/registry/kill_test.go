package registry_test

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"eyas/internal/registry"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/layout"
	"eyas/internal/store"
	"eyas/packs"
)

// Environment of a process that imports, or takes back, until it is killed: see victim.
const (
	victimBase = "EYAS_TEST_VICTIM_BASE"
	victimFile = "EYAS_TEST_VICTIM_FILE" // to import; empty: take back victimUndo
	victimUndo = "EYAS_TEST_VICTIM_UNDO"
	victimJoin = "EYAS_TEST_VICTIM_JOIN" // link: a pass of linkage; derive: every profile again; hand: merges, moves, entries and their undoing, one after another
)

// victim does its work in this process and says a line at every step, the last when all is done.
func victim() int {
	p, err := packs.Default()
	if err != nil {
		panic(err)
	}
	ctx := context.Background()
	fmt.Println("started")
	db, err := store.Open(ctx, os.Getenv(victimBase))
	if err != nil {
		panic(err)
	}
	now := time.Date(2021, 4, 1, 0, 0, 0, 0, time.UTC)
	g := registry.New(p, db, func() time.Time { now = now.Add(time.Second); return now }) // so that each batch is told
	step := func(p derive.Progress) { fmt.Println(p.Rows) }
	switch os.Getenv(victimJoin) {
	case "link":
		_, err = g.Link(ctx, "enterprise", step)
	case "derive":
		_, err = g.Rederive(ctx, step)
	case "hand":
		err = byHand(ctx, g)
	}
	if err != nil {
		panic(err)
	}
	if os.Getenv(victimJoin) != "" {
		fmt.Println("done")
		return 0
	}
	if file := os.Getenv(victimFile); file != "" {
		_, _, err = g.Import(ctx, layout.Source{Name: filepath.Base(file), Path: file}, enterprise, step)
	} else {
		var id int64
		fmt.Sscan(os.Getenv(victimUndo), &id)
		err = g.Undo(ctx, id, step)
	}
	if err != nil {
		panic(err)
	}
	fmt.Println("done")
	return 0
}

// A process that is killed while it imports, or takes an import back, at any moment, leaves a base that is sound and
// holds the import as a whole or not at all; importing again comes to what an import that was never disturbed comes to.
func TestKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped in short runs: it starts processes")
	}
	const rows = 4_000
	kills := often(4)
	path := filepath.Join(t.TempDir(), "base.db")
	r := newRig(t, path)
	head := "统一社会信用代码,企业名称,2020年销售收入（元）,2020年职工总数"
	first, second := []string{head}, []string{head}
	for i := range rows {
		first = append(first, fmt.Sprintf("%s,企业%d,%d,", code(i), i, i))
		second = append(second, fmt.Sprintf("%s,企业%d,%d,%d", code(i+rows/2), i+rows/2, i%7, i), ",,5,1")
	}
	a, b := r.file("a.csv", first...), r.file("b.csv", second...)
	r.take(a, enterprise)
	without := values(r)

	quiet := sqlite(t)
	quiet.take(quiet.file("a.csv", first...), enterprise)
	quiet.take(quiet.file("b.csv", second...), enterprise)
	with := values(quiet)

	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	whole, none := 0, 0
	for k := range kills {
		force := must(r.inForce())
		env := append(os.Environ(), victimBase+"="+path)
		if len(force) == 1 {
			env = append(env, victimFile+"="+b.Path)
		} else {
			env = append(env, fmt.Sprint(victimUndo, "=", force[0]))
		}
		at := 1 // the first is killed at work for sure
		if k > 0 {
			at = random.IntN(3 * rows / 1024)
		}
		kill(t, env, at)

		after := must(r.inForce())
		seen := values(r) // before what is left was cleared
		if err := r.db.Recover(t.Context()); err != nil {
			t.Fatal(err)
		}
		check(t, path)
		if values(r) != seen {
			t.Fatal("clearing what was left changes what is seen")
		}
		if len(after) == len(force) {
			none++
		} else {
			whole++
		}
		switch len(after) {
		case 1:
			if values(r) != without {
				t.Fatal("something of the second file is left")
			}
		case 2:
			if values(r) != with {
				t.Fatal("the second file is not whole")
			}
		default:
			t.Fatalf("in force: %v", after)
		}
		if _, err := r.db.VerifyAudit(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d kills: %d came too late, %d left nothing", kills, whole, none)
	if none == 0 {
		t.Error("no kill hit a process at work")
	}
	r.take(b, enterprise)
	if values(r) != with {
		t.Error("importing again comes to something else than an undisturbed import")
	}
	r.sound()
}

// often is how many processes are killed: more in the long form.
func often(short int) int {
	if os.Getenv("EYAS_SOAK") != "" {
		return 24 * short
	}
	return short
}

// A process that is killed while it derives everything again leaves all profiles as they were, or has done all.
func TestKilledDeriving(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped in short runs: it starts processes")
	}
	const rows = 3_000
	path := filepath.Join(t.TempDir(), "base.db")
	r := newRig(t, path)
	lines := []string{"统一社会信用代码,企业名称,2020年职工总数"}
	for i := range rows {
		lines = append(lines, fmt.Sprintf("%s,企业%d,%d", code(i), i, i))
	}
	r.take(r.file("a.csv", lines...), enterprise)
	right := values(r)
	random := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))
	none := 0
	for range often(2) {
		if err := in(r.db).Write(t.Context(), func(w tables) error {
			ids, err := w.Next(t.Context(), "enterprise", 0, rows)
			if err != nil {
				return err
			}
			list, err := w.Profiles(t.Context(), ids)
			if err != nil {
				return err
			}
			for i := range list {
				list[i].Name = "another"
			}
			return w.SetProfiles(t.Context(), list)
		}); err != nil {
			t.Fatal(err)
		}
		wrong := values(r)
		kill(t, append(os.Environ(), victimBase+"="+path, victimJoin+"=derive"), random.IntN(8))
		seen := values(r)
		if seen != wrong && seen != right {
			t.Fatal("some profiles are derived and others are not")
		}
		if err := r.db.Recover(t.Context()); err != nil {
			t.Fatal(err)
		}
		if values(r) != seen {
			t.Fatal("clearing what was left changes what is seen")
		}
		if seen == wrong {
			none++
		}
		must(r.Rederive(t.Context(), nil))
		if values(r) != right {
			t.Fatal("deriving again comes to something else")
		}
	}
	t.Logf("%d kills left nothing", none)
}

// fact.InForce gives the imports that were not undone, the newest first.
func (r *rig) inForce() (ids []int64, err error) {
	list, _, err := r.Imports(context.Background(), fact.Wanted{}, 0, 100)
	for _, i := range list {
		if i.UndoneAt.IsZero() {
			ids = append(ids, i.ID)
		}
	}
	return ids, err
}

// kill starts a victim and kills it after some of its lines.
func kill(t *testing.T, env []string, lines int) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env, cmd.Stderr = env, os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s := bufio.NewScanner(out)
	for range lines {
		if !s.Scan() {
			break
		}
	}
	if err := s.Err(); err != nil {
		t.Error(err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	cmd.Wait() // its error is that it was killed
}

// check asks SQLite whether the file is sound, and whether every id leads somewhere.
func check(t *testing.T, path string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for query, want := range map[string]string{
		`PRAGMA integrity_check`: "ok",
		`SELECT COUNT(*) FROM record r LEFT JOIN import i ON i.id = r.import_id WHERE i.id IS NULL OR r.id NOT BETWEEN i.first_record AND i.last_record`:                                             "0",
		`SELECT COUNT(*) FROM link l LEFT JOIN record r ON r.id = l.record_id LEFT JOIN profile p ON p.subject_id = l.subject_id WHERE r.id IS NULL OR p.subject_id IS NULL OR r.reason IS NOT NULL`: "0",
		`SELECT COUNT(*) FROM record r LEFT JOIN link l ON l.record_id = r.id WHERE l.record_id IS NULL AND r.reason IS NULL`:                                                                        "0",
		`SELECT SUM(row_count) = (SELECT COUNT(*) FROM record) FROM import`:                                                                                                                          "1",
		`SELECT (SELECT MAX(id) FROM record) = value FROM counter WHERE name = 'record'`:                                                                                                             "1",
		`SELECT (SELECT MAX(subject_id) FROM profile) = value FROM counter WHERE name = 'subject'`:                                                                                                   "1",
		`SELECT (SELECT MAX(change) FROM profile) <= value FROM counter WHERE name = 'change'`:                                                                                                       "1",
		`SELECT COUNT(*) = (SELECT COUNT(*) + COUNT(undone_at) FROM import) FROM audit_entry WHERE action <> 'state'`:                                                                                "1",
	} {
		var got string
		if err := db.QueryRow(query).Scan(&got); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		if got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
}
