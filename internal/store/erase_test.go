package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"eyas/internal/audit"
	"eyas/internal/auth"
	"eyas/internal/quality"
	"eyas/internal/registry"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/layout"
	"eyas/internal/retention"
	"eyas/packs"
)

// problems checks a base and gives what was found.
func problems(t *testing.T, db *DB) (said []string) {
	t.Helper()
	v, err := db.Verify(t.Context(), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range v.Problems {
		said = append(said, p.What+": "+p.EN)
	}
	return said
}

func importText(t *testing.T, db *DB, text string) {
	t.Helper()
	p, err := packs.Default()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "a.csv")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	clock := func() time.Time { return time.Date(2021, 3, 31, 8, 0, 0, 0, time.UTC) }
	if _, _, err := registry.New(p, db, clock).Import(t.Context(), layout.Source{Name: "a.csv", Path: path}, layout.Options{Register: "enterprise"}, nil); err != nil {
		t.Fatal(err)
	}
}

// A value is erased and the base still agrees with its log; what was erased cannot be found by guessing, and what was
// not is still proven.
func TestErase(t *testing.T) {
	databases(t, func(t *testing.T, dsn string) {
		use(t, dsn, mustMigrations(t), func(db *DB) {
			ctx := t.Context()
			const gone = "13800138000"
			importText(t, db, "企业名称,2020年销售收入（元）,经办人手机,备注甲\n甲公司,1,"+gone+",一\n乙公司,2,13900139000,二\n")
			if said := problems(t, db); len(said) > 0 {
				t.Fatal(said)
			}
			// While it stands, whoever guesses it can tell: the salt is there.
			if !confirmed(t, db, gone) {
				t.Fatal("the test does not find the value while it stands")
			}
			erase := func(record int64, column int) error {
				return in(db).Write(ctx, func(w tables) error {
					if err := w.CounterRows.Tx.Erase(ctx, record, column); err != nil {
						return err
					}
					return w.Log(ctx, audit.Entry{At: time.Now(), Actor: "li", Action: "erase", Subject: "record/1", Detail: `{"column":3}`})
				})
			}
			if err := erase(1, 2); err != nil {
				t.Fatal(err)
			}
			if said := problems(t, db); len(said) > 0 {
				t.Fatalf("after erasing: %q", said)
			}
			for _, table := range []string{"record", "block", "erasure", "proof", "audit_entry"} {
				if holds(t, db, table, gone) {
					t.Errorf("%s still holds the value", table)
				}
			}
			if confirmed(t, db, gone) {
				t.Error("a guess can still be confirmed")
			}
			if err := erase(1, 3); err != nil { // the last cell, so that the row is shorter
				t.Fatal(err)
			}
			if said := problems(t, db); len(said) > 0 {
				t.Fatalf("after erasing two: %q", said)
			}
			for _, column := range []int{2, 9, -1} {
				if err := erase(1, column); err == nil {
					t.Errorf("column %d was erased", column)
				}
			}
			// What stays is proven as before, and so is what was erased.
			for _, x := range []struct{ do, says string }{
				{`UPDATE record SET cells = (SELECT cells FROM record WHERE id = 2) WHERE id = 1`, "record.changed"},
				{`DELETE FROM erasure`, "erasure.removed"},
			} {
				if _, err := db.room.Base.Write.Exec(x.do); err != nil {
					t.Fatal(err)
				}
				if said := problems(t, db); !strings.Contains(strings.Join(said, "\n"), x.says) {
					t.Errorf("%s: says %q", x.do, said)
				}
			}
		})
	})
}

// confirmed reports whether the base holds a salt under which a guess comes to a digest that the base holds, or to the
// digest of a record: for record 1 and its third cell.
func confirmed(t *testing.T, db *DB, guess string) (yes bool) {
	t.Helper()
	err := in(db).Read(context.Background(), func(r tables) error {
		tx := r.CounterRows.Tx
		var first int64
		var seeds, marks []byte
		if _, err := tx.One(t.Context(), `SELECT first_record, seeds, marks FROM block`, nil, &first, &seeds, &marks); err != nil {
			return err
		}
		row, err := r.Record(t.Context(), 1)
		if err != nil {
			return err
		}
		var e *fact.ErasureRow // nil where nothing was erased
		kept := fact.ErasureRow{Record: 1}
		found, err := tx.One(t.Context(), `SELECT cells, salts, digests FROM erasure WHERE record_id = 1`, nil, &kept.Cells, &kept.Salts, &kept.Digests)
		if err != nil {
			return err
		}
		if found {
			e = &kept
		}
		cells, err := fact.DecodeCells(row.Cells)
		if err != nil {
			return err
		}
		for len(cells) < 3 {
			cells = append(cells, nil)
		}
		cells[2] = []byte(guess)
		var d fact.Digester
		filled := *row
		filled.Cells = fact.EncodeCells(cells)
		sum := d.Record(&filled, seeds[:fact.SeedSize], nil)
		yes = bytes.Equal(sum[:4], marks[:4])
		if e == nil {
			return nil
		}
		for i := 0; i+fact.SeedSize <= len(e.Salts); i += fact.SeedSize {
			sum := sha256.Sum256(append(append([]byte(nil), e.Salts[i:i+fact.SeedSize]...), guess...))
			yes = yes || bytes.Contains(e.Digests, sum[:])
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return yes
}

// holds reports whether any column of a table holds a text.
func holds(t *testing.T, db *DB, table, text string) (found bool) {
	t.Helper()
	rows, err := db.room.Base.Read.Query(`SELECT * FROM ` + table)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	values := make([]sql.RawBytes, len(names))
	dest := make([]any, len(names))
	for i := range values {
		dest[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			t.Fatal(err)
		}
		for _, v := range values {
			found = found || bytes.Contains(v, []byte(text))
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return found
}

// A base that an older program wrote is given its baseline before the next write, and from there on is proven.
func TestBaseline(t *testing.T) {
	databases(t, func(t *testing.T, dsn string) {
		all := mustMigrations(t)
		var chained []audit.Entry
		use(t, dsn, all[:8], func(db *DB) { chained = older(t, db) })
		use(t, dsn, all, func(*DB) {}) // who ends seals
		use(t, dsn, all, func(db *DB) {
			if n, err := db.Unsealed(t.Context()); err != nil || n != 0 {
				t.Fatalf("after the first program ended: %d entries are not sealed, %v", n, err)
			}
			for _, text := range []string{`DELETE FROM tree_head`, `DELETE FROM tree_node`} {
				if _, err := db.room.Base.Write.Exec(text); err != nil {
					t.Fatal(err)
				}
			}
			ctx := t.Context()
			v, err := db.Verify(ctx, nil, nil)
			if err != nil || v.Found != 0 || v.From != 0 || v.Fit != 2 || v.Unsealed != 2 {
				t.Fatalf("before the baseline: %+v, %v", v, err)
			}
			write := func() {
				t.Helper()
				if err := in(db).Write(ctx, func(w tables) error {
					return w.Remember(ctx, "li", "enterprise", time.Now(), map[string]string{"新": "sales"})
				}); err != nil {
					t.Fatal(err)
				}
			}
			write()
			v, err = db.Verify(ctx, nil, nil)
			if err != nil || v.Found != 0 || v.From != 3 || v.Records != 2500 || !v.Packs[""] {
				t.Fatalf("after the first write: %+v, %v", v, err)
			}
			write()
			if v, err = db.Verify(ctx, nil, nil); err != nil || v.Found != 0 || v.Head.Size != 5 {
				t.Fatalf("after the second write: %+v, %v", v, err)
			}
			carried(t, db, chained)
			for _, x := range []struct{ do, says string }{
				{`UPDATE record SET row_no = 7 WHERE id = 1500`, "record.changed: source record 1500 (import 1, old.csv, row 7)"},
				{`UPDATE link SET subject_id = 7 WHERE record_id = 12`, "link.changed"},
				{`UPDATE mention SET code = 'X' WHERE record_id = 1030`, "mention.changed"},
				{`UPDATE merge SET reason = 'x'`, "merge.changed: merge 1 was changed"},
				{`DELETE FROM meaning WHERE header = '旧'`, "mapping.removed"},
			} {
				if _, err := db.room.Base.Write.Exec(x.do); err != nil {
					t.Fatal(err)
				}
				if said := problems(t, db); !strings.Contains(strings.Join(said, "\n"), x.says) {
					t.Errorf("%s: says %q", x.do, said)
				}
			}
			// Who takes the log back to before the baseline does not get another one.
			if _, err := db.room.Base.Write.Exec(`DELETE FROM audit_entry WHERE seq > 2`); err != nil {
				t.Fatal(err)
			}
		})
		use(t, dsn, all, func(db *DB) {
			if err := in(db).Write(t.Context(), func(w tables) error { return nil }); err != nil {
				t.Fatal(err)
			}
			if v, err := db.Verify(t.Context(), nil, nil); err != nil || v.Found == 0 || v.Head.Size != 2 {
				t.Fatalf("a second baseline: %+v, %v", v, err)
			}
		})
	})
}

// carried checks that a chain that an older program wrote is part of the tree: its head, as it was noted, is found, and a
// chain that is made anew from some entry on is not what was sealed.
func carried(t *testing.T, db *DB, chain []audit.Entry) {
	t.Helper()
	if err := db.Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	last := chain[len(chain)-1]
	for _, n := range []struct {
		point audit.Point
		says  string
	}{
		{audit.Point{Seq: last.Seq, Hash: last.Hash}, ""}, {audit.Point{Hash: chain[0].Hash}, ""},
		{audit.Point{Seq: 1, Hash: last.Hash}, "head.other"}, {audit.Point{Seq: 9, Hash: last.Hash}, "head.missing"},
	} {
		v, err := db.Verify(t.Context(), &n.point, nil)
		if err != nil || v.Unsealed != 0 || v.Found != min(1, len(n.says)) || v.Found == 1 && v.Problems[0].What != n.says {
			t.Errorf("with %s: %+v, %v", n.point, v, err)
		}
	}
	var before audit.Entry
	for i, e := range chain {
		if i == 0 {
			e.Actor = "nobody"
		}
		before = e.After(before)
		if _, err := db.room.Base.Write.Exec(db.room.Base.Dialect.SQL(`UPDATE audit_entry SET actor = ?, prev_hash = ?, hash = ? WHERE seq = ?`), before.Actor, before.Prev, before.Hash, before.Seq); err != nil {
			t.Fatal(err)
		}
	}
	if said := problems(t, db); len(said) != 1 || !strings.HasPrefix(said[0], "log.sealed: the entries 1 to") {
		t.Errorf("a chain that was made anew: %q", said)
	}
	for _, e := range chain {
		if _, err := db.room.Base.Write.Exec(db.room.Base.Dialect.SQL(`UPDATE audit_entry SET actor = ?, prev_hash = ?, hash = ? WHERE seq = ?`), e.Actor, e.Prev, e.Hash, e.Seq); err != nil {
			t.Fatal(err)
		}
	}
}

// older writes a base as a program without digests did, and gives its log.
func older(t *testing.T, db *DB) (chain []audit.Entry) {
	t.Helper()
	exec := func(text string, args ...any) {
		t.Helper()
		if _, err := db.room.Base.Write.Exec(db.room.Base.Dialect.SQL(text), args...); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	cells := fact.EncodeCells([][]byte{[]byte("甲公司"), []byte("12")})
	exec(`INSERT INTO import (id, register, file, sha256, size, actor, at, synthetic, first_record, last_record, row_count, accepted, unchanged, refused,
		refusal_count, warning_count, options, layouts, lists) VALUES (1, 'enterprise', 'old.csv', '', 1, 'li', 1, 0, 1, 2500, 2500, 2500, 0, 0, 0, 0, '{}', '[{"sheet":""}]', '{}')`)
	tx, err := db.room.Base.Write.Begin()
	if err != nil {
		t.Fatal(err)
	}
	for i := 1; i <= 2500; i++ {
		for _, text := range []string{`INSERT INTO record (id, import_id, sheet, row_no, cells) VALUES (?, 1, 0, ?, ?)`, `INSERT INTO link (record_id, subject_id, how, evidence) VALUES (?, ?, 'code', 'x')`} {
			args := []any{i, i + 1, cells}
			if strings.Contains(text, "link") {
				args = []any{i, 1}
			}
			if _, err := tx.Exec(db.room.Base.Dialect.SQL(text), args...); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	exec(`INSERT INTO register (number, id) VALUES (1, 'enterprise')`)
	exec(`INSERT INTO profile (subject_id, register, code, name, name_key, facts, gone, change) VALUES (1, 1, '', '甲公司', '甲公司', ?, 0, 1)`, []byte{0})
	exec(`INSERT INTO relation (number, register, id) VALUES (1, 'enterprise', 'r')`)
	for _, record := range []int{3, 1030, 1031, 2500} {
		exec(`INSERT INTO mention (record_id, relation, code, name_key) VALUES (?, 1, 'A', '')`, record)
	}
	exec(`INSERT INTO merge (id, register, from_subject, into_subject, at, actor, how, evidence, reason) VALUES (1, 'enterprise', 2, 1, 1, 'li', 'person', '', '')`)
	exec(`INSERT INTO meaning (register, header, target, actor, at) VALUES ('enterprise', '旧', 'sales', 'li', 1)`)
	exec(`UPDATE counter SET value = 2500 WHERE name = 'record'`)
	var last audit.Entry
	for range 2 {
		last = audit.Entry{At: time.UnixMilli(5), Actor: "li", Action: "import", Subject: "import/1", Detail: `{"rows":2500}`}.After(last)
		exec(`INSERT INTO audit_entry (seq, at, actor, action, subject, detail, prev_hash, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
			last.Seq, last.At.UnixMilli(), last.Actor, last.Action, last.Subject, last.Detail, last.Prev, last.Hash)
		chain = append(chain, last)
	}
	return chain
}

// What was said of an erased cell elsewhere goes with it: in the list of refused cells, in findings, in what was offered, and in the notes of
// who decided, also in the log. What is about other cells stays, and all is still proven.
func TestEraseSaid(t *testing.T) {
	databases(t, func(t *testing.T, dsn string) {
		use(t, dsn, mustMigrations(t), func(db *DB) {
			ctx := t.Context()
			const gone, stays = "13800138000", "13900139000"
			const badCode = "91120110MA0000001A"
			importText(t, db, "企业名称,统一社会信用代码,2020年销售收入（元）,成立日期\n甲公司,"+badCode+",1,问"+gone+"\n乙公司,91120110MA0000002A,2,问"+stays+"\n")
			p, err := packs.Default()
			if err != nil {
				t.Fatal(err)
			}
			clock := func() time.Time { return time.Date(2021, 3, 31, 9, 0, 0, 0, time.UTC) }
			svc := registry.New(p, db, clock)
			board := quality.NewBoard(p, db.Findings(), svc, clock)
			if _, err := board.Refresh(ctx, nil); err != nil {
				t.Fatal(err)
			}
			list, _, err := board.Listed(ctx, quality.Filter{Register: "enterprise", Text: "甲公司"}, 0, 10)
			if err != nil || len(list) == 0 || list[0].Value != badCode {
				t.Fatal(list, err)
			}
			if err := board.Dismiss(ctx, list[0].Key, "问过"+gone+"，他说"+badCode+"没错"); err != nil {
				t.Fatal(err)
			}
			for _, x := range []struct{ table, value string }{{"import", gone}, {"finding", gone}, {"audit_text", gone}, {"finding", badCode}, {"audit_text", badCode}} {
				if !holds(t, db, x.table, x.value) {
					t.Fatalf("%s does not hold %s before: the test shows nothing", x.table, x.value)
				}
			}
			for _, column := range []string{"成立日期", "统一社会信用代码"} {
				if _, err := svc.Erase(ctx, 1, column, "本人要求"); err != nil {
					t.Fatal(err)
				}
				if said := problems(t, db); len(said) > 0 {
					t.Errorf("after %s: %q", column, said)
				}
			}
			for _, table := range []string{"import", "finding", "audit_text", "audit_entry", "record", "profile", "proof"} {
				for _, value := range []string{gone, badCode} {
					if holds(t, db, table, value) {
						t.Errorf("%s still holds %s", table, value)
					}
				}
			}
			if !holds(t, db, "import", stays) || !holds(t, db, "record", stays) {
				t.Error("what was said of another cell is gone, too")
			}
			i, err := svc.ImportByID(ctx, 1)
			if err != nil || len(i.Report.Refusals) == 0 {
				t.Errorf("the list of refused cells: %+v %v", i, err)
			}
			told := entries(t, db)
			if again, err := svc.Erase(ctx, 1, "成立日期", "本人要求"); err != nil || !again.Again || entries(t, db) != told {
				t.Errorf("what is erased already: %+v %v, and the log has %d entries, before %d", again, err, entries(t, db), told)
			}
		})
	})
}

// What a plan erases stands in no table any more, as the database has it: neither in what was said of it, nor in the plan itself.
func TestErasePlanned(t *testing.T) {
	databases(t, func(t *testing.T, dsn string) {
		use(t, dsn, mustMigrations(t), func(db *DB) {
			ctx := t.Context()
			const gone, kept = "13800138000", "王小五"
			importText(t, db, "企业名称,2015年销售收入（元）,联系人,联系电话\n甲公司,1,"+kept+","+gone+"\n乙公司,2,,13900139000\n")
			p, err := packs.Default()
			if err != nil {
				t.Fatal(err)
			}
			clock := func() time.Time { return time.Date(2029, 3, 31, 9, 0, 0, 0, time.UTC) }
			svc := registry.New(p, db, clock)
			k := retention.New(retention.Config{Pack: p, Storage: db, Registry: svc, Clock: clock, Actors: auth.Accountless()})
			if list := inTables(t, db, gone); len(list) == 0 {
				t.Fatal("no table holds the value before: the test shows nothing")
			}
			plan, err := k.Count(ctx, retention.Wanted{}, nil)
			if err == nil {
				plan, err = k.Ask(ctx, plan.ID, "保存期已满")
			}
			if err == nil {
				plan, err = k.Apply(ctx, plan.ID, nil)
			}
			if err != nil || plan.State != retention.Done || plan.Erased != 3 {
				t.Fatal(plan, err)
			}
			for _, value := range []string{gone, kept, "13900139000"} {
				if list := inTables(t, db, value); len(list) > 0 {
					t.Errorf("%s still stands in %v", value, list)
				}
			}
			if said := problems(t, db); len(said) > 0 {
				t.Error(said)
			}
			for _, x := range []struct{ do, says string }{
				{`UPDATE erasure_plan SET decided_by = 'nobody'`, "erasure-plan.changed"},
				{`DELETE FROM erasure`, "erasure.removed"},
			} {
				if _, err := db.room.Base.Write.Exec(x.do); err != nil {
					t.Fatal(err)
				}
				if said := problems(t, db); !strings.Contains(strings.Join(said, "\n"), x.says) {
					t.Errorf("%s: says %q", x.do, said)
				}
			}
		})
	})
}

// inTables are the tables that hold a text, as the database has them.
func inTables(t *testing.T, db *DB, text string) (list []string) {
	t.Helper()
	query := `SELECT name FROM sqlite_master WHERE type = 'table'`
	if db.room.Base.Dialect.Dollar {
		query = `SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()`
	}
	rows, err := db.room.Base.Read.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if holds(t, db, name, text) {
			list = append(list, name)
		}
	}
	return list
}

// entries counts the entries of the log.
func entries(t *testing.T, db *DB) (n int) {
	t.Helper()
	if err := db.room.Base.Read.QueryRow(`SELECT COUNT(*) FROM audit_entry`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// People repeat values in reasons: of an entry by hand, a merge, a move and an answer, and in the log. They lose them with the cells, also
// names of two characters.
func TestEraseReasons(t *testing.T) {
	databases(t, func(t *testing.T, dsn string) {
		use(t, dsn, mustMigrations(t), func(db *DB) {
			ctx := t.Context()
			const phone, name, stays = "13800138000", "王五", "王五金商店"
			importText(t, db, "企业名称,2020年销售收入（元）,联系人,联系电话\n甲公司,1,"+name+","+phone+"\n乙公司,2,,\n"+stays+",3,,\n")
			p, err := packs.Default()
			if err != nil {
				t.Fatal(err)
			}
			clock := func() time.Time { return time.Date(2021, 3, 31, 9, 0, 0, 0, time.UTC) }
			svc := registry.New(p, db, clock)
			said := "问过" + name + "，" + phone
			if _, _, err := svc.Enter(ctx, intake.Entry{Register: "enterprise", Subject: 1, Values: map[string]string{"phone": phone}, Source: "correction", Form: "更正", Reason: said}); err != nil {
				t.Fatal(err)
			}
			merged, err := svc.Merge(ctx, 2, 1, said)
			if err == nil {
				err = svc.Unmerge(ctx, merged)
			}
			if err == nil {
				_, err = svc.Relink(ctx, 2, 1, said)
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, table := range []string{"import", "merge", "relink", "audit_text"} {
				if !holds(t, db, table, said) {
					t.Fatalf("%s does not hold the reason before: the test shows nothing", table)
				}
			}
			k := retention.New(retention.Config{Pack: p, Storage: db, Registry: svc, Clock: clock, Actors: auth.Accountless()})
			plan, err := k.AskFor(ctx, 1, []string{"phone", "contact"}, said)
			if err == nil {
				plan, err = k.Apply(ctx, plan.ID, nil)
			}
			if err != nil || plan.Erased != 3 {
				t.Fatal(plan, err)
			}
			for _, value := range []string{phone, "问过" + name} {
				if list := inTables(t, db, value); len(list) > 0 {
					t.Errorf("%s still stands in %v", value, list)
				}
			}
			if !holds(t, db, "record", stays) {
				t.Error("another subject lost its name")
			}
			if said := problems(t, db); len(said) > 0 {
				t.Error(said)
			}
		})
	})
}
