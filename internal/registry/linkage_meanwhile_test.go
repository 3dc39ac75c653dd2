package registry_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"eyas/internal/registry/fact"
)

// What a pass of linkage lands is seen by nobody before its last transaction, through no method of a reader; and nothing of
// a pass that does not come about stays.
func TestLinkIsInvisible(t *testing.T) {
	if testing.Short() {
		t.Skip("walks through a base again and again: in the long run of the tests")
	}
	eachBase(t, func(t *testing.T, r *rig, dsn string) {
		ctx := t.Context()
		const market, list = 700, 600
		known, names := []string{"统一社会信用代码,企业名称"}, []string{"企业名称,2020年职工总数"}
		for i := range market {
			known = append(known, fmt.Sprintf("%s,天津%s精工机械有限公司", code(i+1), trade(i)))
		}
		for i := range list {
			names = append(names, fmt.Sprintf("天津市%s精工机械有限责任公司,%d", trade(i), i%50))
			if i%3 == 0 { // a branch is asked about
				names = append(names, fmt.Sprintf("天津%s精工机械有限公司宝坻分公司,%d", trade(i), i%50))
			}
		}
		r.take(r.file("market.csv", known...), enterprise)
		r.take(r.file("list.csv", names...), enterprise)
		must(r.Merge(ctx, market+2, market+1, "同一家"))
		const most = market + list + list/3
		beside := opened(t, dsn)
		var before map[string]string
		steps, looks, seen, asked, seldom := 0, 0, 0, 0, 6
		if os.Getenv("EYAS_SOAK") != "" {
			seldom = 1
		}
		g := r.watched(func() {
			n := landed(t, beside, "merge")
			asked = max(asked, landed(t, beside, "question"))
			if steps++; steps%(2*seldom) != 1 || n == 0 && steps%(8*seldom) != 1 { // each look reads the whole base
				return
			}
			looks++
			now := everything(t, r.db, most, []string{"none"})
			for method, want := range before {
				if now[method] != want {
					t.Fatalf("%s sees the batch:\n%s\nbefore it:\n%s", method, differing(now[method], want), differing(want, now[method]))
				}
			}
			if n > 0 {
				seen++
				for _, p := range must(r.db.Verify(ctx, nil, nil)).Problems {
					t.Errorf("while %d merges have landed: %s: %s", n, p.What, p.EN)
				}
			}
		})
		failing := errors.New("something else failed")
		before = everything(t, r.db, most, []string{"none"})
		if err := g.Together(ctx, nil, func(ctx context.Context) error {
			if _, err := g.Link(ctx, "enterprise", nil); err != nil {
				return err
			}
			return failing
		}); !errors.Is(err, failing) {
			t.Fatal(err)
		}
		r.sound()
		consistent(t, dsn)
		now := everything(t, r.db, most, []string{"none"})
		for method, want := range before {
			if now[method] != want {
				t.Errorf("of what failed, %s sees %s", method, differing(now[method], want))
			}
		}
		done := must(g.Link(ctx, "enterprise", nil))
		if looks == 0 || seen == 0 || done.Linked < list*9/10 || asked != done.Asked || asked < list/4 {
			t.Errorf("%d looks, %d with merges that had landed, %d questions that had landed, %+v", looks, seen, asked, done)
		}
		if _, n, err := r.Questions(ctx, "enterprise", fact.Open, fact.Wanted{}, 0, 1); err != nil || n != done.Asked {
			t.Errorf("%d questions, %v", n, err)
		}
		r.sound()
		consistent(t, dsn)
		if _, n, err := r.Merges(ctx, "enterprise", fact.Standing, fact.Wanted{}, 0, 1); err != nil || n != done.Linked+1 {
			t.Errorf("%d merges, %v", n, err)
		}
		if changed := must(r.Rederive(ctx, nil)); changed != 0 {
			t.Errorf("deriving again changes %d profiles", changed)
		}
		if again := must(r.Link(ctx, "enterprise", nil)); again.Linked != 0 {
			t.Errorf("a second pass links %d", again.Linked)
		}
		// The log proves what landed.
		if _, err := beside.Exec(`DELETE FROM proof WHERE seq < 0 AND n = 7`); err != nil {
			t.Fatal(err)
		}
		found := map[string]bool{}
		for _, p := range must(r.db.Verify(ctx, nil, nil)).Problems {
			found[p.What] = true
		}
		if !found["log.rows"] || !found["merge.inserted"] {
			t.Errorf("a digest of a landed merge is deleted: %v", found)
		}
	})
}

// opened opens a base of either kind beside the program.
func opened(t *testing.T, dsn string) *sql.DB {
	t.Helper()
	driver := "sqlite"
	if strings.HasPrefix(dsn, "postgres") {
		driver = "pgx"
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// landed counts the merges or questions of a batch that is open.
func landed(t *testing.T, db *sql.DB, table string) (n int) {
	t.Helper()
	if err := db.QueryRow(`SELECT COUNT(*) FROM ` + table + ` m JOIN batch_range b ON b.counter = '` + table + `' AND m.id BETWEEN b.first_id AND b.last_id`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// Of a question that has landed and that nobody sees yet, somebody answers the same beside it: what he said holds.
func TestAnsweredBesideAQuestionThatLands(t *testing.T) {
	eachBase(t, func(t *testing.T, r *rig, dsn string) {
		ctx := t.Context()
		const market = 60
		known, names := []string{"统一社会信用代码,企业名称"}, []string{"企业名称,2020年职工总数"}
		for i := range market {
			known = append(known, fmt.Sprintf("%s,天津%s精工机械有限公司", code(i+1), trade(i)))
			names = append(names, fmt.Sprintf("天津%s精工机械有限公司宝坻分公司,%d", trade(i), i))
		}
		r.take(r.file("market.csv", known...), enterprise)
		r.take(r.file("list.csv", names...), enterprise)
		beside := opened(t, dsn)
		var subject, candidate int64
		g := r.watched(func() {
			if subject != 0 || landed(t, beside, "question") == 0 {
				return
			}
			if err := beside.QueryRow(`SELECT q.subject, q.candidate FROM question q JOIN batch_range b ON b.counter = 'question' AND q.id BETWEEN b.first_id AND b.last_id
				ORDER BY q.id LIMIT 1`).Scan(&subject, &candidate); err != nil {
				t.Fatal(err)
			}
			id := must(r.Merge(ctx, subject, candidate, "同一家"))
			if err := r.Unmerge(ctx, id); err != nil {
				t.Fatal(err)
			}
		})
		done := must(g.Link(ctx, "enterprise", nil))
		if subject == 0 || done.Asked != market-1 {
			t.Fatalf("%d: %+v", subject, done)
		}
		list, err := r.QuestionsOf(ctx, subject)
		if err != nil || len(list) != 1 || list[0].State != fact.Different || list[0].Candidate.Subject != candidate {
			t.Errorf("%+v, %v", list, err)
		}
		r.sound()
		consistent(t, dsn)
		if again := must(r.Link(ctx, "enterprise", nil)); again.Asked != market-1 || again.Settled != 0 {
			t.Errorf("a second pass: %+v", again)
		}
		r.sound()
	})
}

// Whatever others do while linkage prepares what follows from its merges, the base is consistent afterwards: links follow
// the merges that stand, and every profile follows from its records.
func TestLinkMeanwhile(t *testing.T) {
	if testing.Short() {
		t.Skip("walks through a base again and again: in the long run of the tests")
	}
	rounds := 1
	if os.Getenv("EYAS_SOAK") != "" {
		rounds = 20
	}
	const market, list = 700, 500
	for range rounds {
		seed := uint64(time.Now().UnixNano())
		eachBase(t, func(t *testing.T, r *rig, dsn string) {
			t.Logf("seed %d", seed)
			ctx := t.Context()
			m := &meddler{rig: r, random: rand.New(rand.NewPCG(seed, 0)), done: map[string]int{}}
			known, names := []string{"统一社会信用代码,企业名称"}, []string{"企业名称,2020年职工总数"}
			for i := range market {
				known = append(known, fmt.Sprintf("%s,天津%s精工机械有限公司", code(i+1), trade(i)))
			}
			for i := range list {
				names = append(names, fmt.Sprintf("天津市%s精工机械有限责任公司,%d", trade(i+market/2), i%50))
				if i%3 == 0 { // nobody in the register has such a name: two of the list are one
					names = append(names, fmt.Sprintf("天津市%s食品商贸有限公司,3", trade(i+2000)), fmt.Sprintf("天津%s食品商贸有限责任公司,4", trade(i+2000)))
				}
			}
			r.take(r.file("market.csv", known...), enterprise)
			r.take(r.file("list.csv", names...), enterprise)
			for i := range int64(40) { // some were merged before
				must(r.Merge(ctx, market+2*i+2, market+2*i+1, "同一家"))
			}
			f := &follower{rows: map[int64]string{}}
			steps := 0
			g := r.watched(func() {
				for range 1 + m.random.IntN(6) {
					steps++
					m.step()
				}
				f.follow(t, r.Registry)
			})
			done, err := g.Link(ctx, "enterprise", nil)
			if err != nil {
				t.Fatal(err)
			}
			if steps == 0 || done.Linked < list/4 {
				t.Errorf("%d steps of others, %+v", steps, done)
			}
			f.follow(t, r.Registry)
			fresh := &follower{rows: map[int64]string{}}
			fresh.follow(t, r.Registry)
			for s, want := range fresh.rows {
				if f.rows[s] != want {
					t.Fatalf("who followed the changes has %sand not %s", f.rows[s], want)
				}
			}
			consistent(t, dsn)
			if changed := must(r.Rederive(ctx, nil)); changed != 0 {
				t.Errorf("deriving again changes %d profiles", changed)
			}
			// The next pass links what this one left, and is consistent too.
			must(r.Link(ctx, "enterprise", nil))
			consistent(t, dsn)
			if changed := must(r.Rederive(ctx, nil)); changed != 0 {
				t.Errorf("after the next pass, deriving again changes %d profiles", changed)
			}
			t.Log(m.done, done.Linked, done.Left)
		})
	}
}
