package registry_test

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"eyas/internal/registry"
	"eyas/internal/registry/intake"
)

// byHand does what people do to identities, and takes every second of it back, saying a line after each.
func byHand(ctx context.Context, g *registry.Registry) error {
	for i := int64(1); i <= 60; i++ {
		id, err := g.Merge(ctx, 1600+i, i, "同一家")
		if err != nil {
			return err
		}
		fmt.Println("merged", id)
		records, err := g.LinkedRecords(ctx, i+100)
		if err != nil {
			return err
		}
		move, err := g.Relink(ctx, records[0].Record, i+200, "代码抄错")
		if err != nil {
			return err
		}
		fmt.Println("moved", move)
		entry, _, err := g.Enter(ctx, intake.Entry{Register: "enterprise", Subject: i + 300, Values: map[string]string{"staff@2020": "7"}, Source: "correction"})
		if err != nil {
			return err
		}
		fmt.Println("entered", entry)
		if i%2 == 0 {
			continue
		}
		for _, undo := range []func() error{
			func() error { return g.Unmerge(ctx, id) },
			func() error { return g.UndoRelink(ctx, move) },
			func() error { return g.Undo(ctx, entry, nil) },
		} {
			if err := undo(); err != nil {
				return err
			}
			fmt.Println("undone")
		}
	}
	return nil
}

// A process that is killed while it links, merges, moves or enters, at any moment, leaves a base that is sound: a pass
// of linkage is whole or not there at all, and every other step is too; the pass that is run again comes to what an
// undisturbed one comes to.
func TestKilledJoining(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped in short runs: it starts processes")
	}
	const register, lists = 1600, 1100
	kills := often(4)
	dir := t.TempDir()
	path := filepath.Join(dir, "base.db")
	r := newRig(t, path)
	market, list := []string{"统一社会信用代码,企业名称"}, []string{"企业名称,2020年职工总数"}
	for i := range register {
		market = append(market, fmt.Sprintf("%s,天津%s精工机械有限公司", code(i+1), trade(i)))
	}
	for i := range lists {
		list = append(list, fmt.Sprintf("天津市%s精工机械有限责任公司,%d", trade(i), i%50))
	}
	r.take(r.file("market.csv", market...), enterprise)
	r.take(r.file("list.csv", list...), enterprise)
	if err := r.db.Close(); err != nil {
		t.Fatal(err)
	}
	copied := func(name string) string {
		to := filepath.Join(dir, name)
		data, err := os.ReadFile(path)
		if err == nil {
			err = os.WriteFile(to, data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		return to
	}
	quiet := newRig(t, copied("quiet.db"))
	want := must(quiet.Link(t.Context(), "enterprise", nil))
	if want.Linked < lists/2 {
		t.Fatalf("too little to link: %+v", want)
	}
	linked := values(quiet)

	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	nothing, whole := 0, 0
	for k := range kills {
		to := copied(fmt.Sprintf("%d.db", k))
		mode, lines := "link", random.IntN(5)
		if k%2 == 1 {
			mode, lines = "hand", random.IntN(280)
		}
		kill(t, append(os.Environ(), victimBase+"="+to, victimJoin+"="+mode), lines)
		after := newRig(t, to)
		joined(t, to)
		after.sound()
		if mode != "link" {
			continue
		}
		switch n := standing(t, to); n {
		case 0:
			nothing++
		case want.Linked:
			whole++
		default:
			t.Errorf("%d merges stand: a pass of linkage is not whole", n)
		}
		must(after.Link(t.Context(), "enterprise", nil))
		if values(after) != linked {
			t.Error("linking again comes to something else than an undisturbed pass")
		}
	}
	t.Logf("%d passes of linkage were killed: %d had done all, %d nothing", nothing+whole, whole, nothing)
}

// trade makes trade names that differ.
func trade(i int) string {
	return string([]rune{rune(0x5200 + i%61), rune(0x6C00 + i/61%61), rune(0x7600 + (i*31)%97)})
}

// joined asks whether links say what the merges that stand say.
func joined(t *testing.T, path string) {
	t.Helper()
	for query, want := range map[string]int{
		`SELECT COUNT(*) FROM link l WHERE l.origin <> 0 AND NOT EXISTS (SELECT 1 FROM merge m WHERE m.from_subject = l.origin AND m.undone_at IS NULL)`: 0,
		`SELECT COUNT(*) FROM link l JOIN merge m ON m.from_subject = l.subject_id WHERE m.undone_at IS NULL`:                                            0,
		`SELECT COUNT(*) FROM link l LEFT JOIN record r ON r.id = l.record_id WHERE r.id IS NULL`:                                                        0,
		`SELECT COUNT(*) FROM record r LEFT JOIN link l ON l.record_id = r.id WHERE l.record_id IS NULL AND r.reason IS NULL`:                            0,
		`SELECT (SELECT COALESCE(MAX(id), 0) FROM merge) - value FROM counter WHERE name = 'merge'`:                                                      0,
		`SELECT (SELECT COALESCE(MAX(id), 0) FROM relink) - value FROM counter WHERE name = 'relink'`:                                                    0,
		`SELECT (SELECT MAX(id) FROM record) - value FROM counter WHERE name = 'record'`:                                                                 0,
	} {
		if got := count(t, path, query); got != want {
			t.Errorf("%s: %d, want %d", query, got, want)
		}
	}
}

func standing(t *testing.T, path string) int {
	t.Helper()
	return count(t, path, `SELECT COUNT(*) FROM merge WHERE undone_at IS NULL`)
}

func count(t *testing.T, path, query string) (n int) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRow(query).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}
