package store

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/xuri/excelize/v2"

	"eyas/internal/audit"
	"eyas/internal/fault"
	"eyas/internal/file"
	"eyas/internal/job"
	"eyas/internal/quality"
	"eyas/internal/registry"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/layout"
	"eyas/internal/registry/table/biff"
	"eyas/internal/registry/table/biff/bifftest"
	"eyas/internal/store/pgtest"
	"eyas/internal/store/rekey"
	"eyas/internal/store/row"
	"eyas/internal/store/veil"
	"eyas/internal/vault"
	"eyas/internal/web/spool"
	"eyas/packs"
)

// number gives an identity number that is valid by GB 11643: the nth of a day.
func number(n int) string {
	text := fmt.Sprintf("12010119900307%03d", n)
	for _, c := range "0123456789X" {
		if vault.IsNumber(text + string(c)) {
			return text + string(c)
		}
	}
	panic("no check character fits")
}

// plant brings identity numbers in through every way: files of each kind, with refused rows and cells that cannot be read, in
// columns for them and in others, names and codes; entries and corrections by hand; uploads; reasons; work in the background.
// It returns what was planted.
func plant(t *testing.T, db *DB, dir string) (planted []string) {
	t.Helper()
	ctx := t.Context()
	p, err := packs.Default()
	if err != nil {
		t.Fatal(err)
	}
	next := func() string {
		planted = append(planted, number(len(planted)+1))
		return planted[len(planted)-1]
	}
	now := time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC)
	svc := registry.New(p, db, func() time.Time { return now })
	files, err := file.Open(file.Config{Storage: db, Copies: filepath.Join(dir, "base.db.copies"), Vault: db.Vault(), Clock: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	shared, err := file.Open(file.Config{Storage: db, Folder: filepath.Join(dir, "base.db.shared"), Vault: db.Vault(), Clock: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	imported := func(name string, content []byte, register string) {
		t.Helper()
		path := filepath.Join(t.TempDir(), "x"+filepath.Ext(name))
		must(os.WriteFile(path, content, 0o600))
		src := layout.Source{Name: name, Path: path}
		_, err := svc.Preview(ctx, src, layout.Options{Register: register}, nil)
		must(err)
		_, _, err = svc.Import(ctx, src, layout.Options{Register: register, Complete: nil}, nil)
		must(err)
		_, err = files.Put(ctx, bytes.NewReader(content), file.Link{Scope: file.Scope{Kind: file.Import, ID: name}, Name: name})
		must(err)
	}
	csv := "人员编号,姓名,人员类别,工作单位,身份证号,出生日期,主要业绩\n" +
		"RY-1,张三,评审专家,海河示例大学," + next() + ",1990-03-07,\n" +
		"RY-2,李四 " + next() + ",评审专家,海河示例大学 " + next() + "," + strings.ToLower(next()) + ",读不出 " + next() + ",证号" + next() + "\n" +
		next() + ",王五,评审专家,海河示例大学,E00001234,,\n" +
		"ZJ-" + next() + ",周八,评审专家,海河示例大学-" + next() + ",,,\n" +
		"RY-9," + vault.TextMark + "AAAA,评审专家,海河示例大学,,,\n" +
		",,评审专家,海河示例大学," + next() + ",,\n"
	imported("专家"+next()+".csv", []byte(csv), "person")
	book := excelize.NewFile()
	must(book.SetSheetRow("Sheet1", "A1", &[]any{"姓名", "人员类别", "工作单位", "身份证号码"}))
	must(book.SetSheetRow("Sheet1", "A2", &[]any{"赵六", "评审专家", "海河示例大学", next()}))
	var b bytes.Buffer
	_, err = book.WriteTo(&b)
	must(err)
	imported("专家.xlsx", b.Bytes(), "person")
	old := bifftest.Book{Sheets: []bifftest.Sheet{{Name: "专家", Rows: map[int][]biff.Cell{}}}}
	for i, line := range [][]string{{"姓名", "人员类别", "工作单位", "身份证号码", "备注"}, {"吴九", "评审专家", "海河示例大学", next(), "证" + next()}} {
		for c, text := range line {
			old.Sheets[0].Rows[i+1] = append(old.Sheets[0].Rows[i+1], biff.Cell{Column: c + 1, Kind: biff.Text, Text: []byte(text)})
		}
	}
	imported("专家.xls", old.Bytes(), "person")
	imported("企业.csv", []byte("企业名称,统一社会信用代码,2020年销售收入（元）,备注,法定代表人身份\n天津甲科技有限公司,"+next()+",1000,联系人"+next()+","+next()+"\n"), "enterprise")
	imported("企业乙.csv", []byte("企业名称,2020年销售收入（元）,主营业务\n天津乙科技有限公司,2000,"+next()+"\n"), "enterprise")

	_, id, err := svc.Enter(ctx, intake.Entry{Register: "person", Values: map[string]string{"name": "孙七", "person_kind": "评审专家", "unit": "海河示例大学", "id_number": next()}, Reason: "本人来电 " + next()})
	must(err)
	_, _, err = svc.Enter(ctx, intake.Entry{Register: "person", Subject: id, Values: map[string]string{"id_number": next()}, Source: "correction", Form: "correction", Reason: "更正 " + next()})
	must(err)
	// What waits: an upload with a preview beside it, in the base and in the shared folder, and a copy to be read.
	l, err := files.Put(ctx, strings.NewReader(strings.Repeat("身份证号,"+next()+"\n", 2000)), file.Link{Scope: file.Scope{Kind: file.Upload}, Name: next() + ".csv", Note: json.RawMessage(`"` + next() + `"`)})
	must(err)
	path, err := files.Local(ctx, l.SHA256)
	must(err)
	if text, err := vault.ReadFile(path, files); err != nil || len(text) < 40_000 {
		t.Fatal(len(text), err)
	}
	_, err = shared.Put(ctx, strings.NewReader(next()), file.Link{Scope: file.Scope{Kind: file.Upload}, Name: "x"})
	must(err)
	// Questions and their answers, doubted values and what is said about them, and corrections.
	imported("甲.csv", []byte("企业名称,2020年销售收入（元）,成立日期,注册地址,备注\n天津滨海丙丁机械制造有限公司,3000,2060-01-01,天津市南开区科研西路1号,"+next()+"\n天津滨海丙丁机械制造公司,3000,2061-01-01,天津市南开区科研西路1号,"+next()+"\n"), "enterprise")
	_, err = svc.Link(ctx, "enterprise", nil)
	must(err)
	asked, _, err := svc.Questions(ctx, "enterprise", fact.Open, fact.Wanted{}, 0, 10)
	must(err)
	if len(asked) == 0 {
		t.Fatal("nothing is asked")
	}
	must(svc.Answer(ctx, asked[0].ID, fact.Different, "证号 "+next()))
	imported("疑.csv", []byte("企业名称,统一社会信用代码,2020年销售收入（元）,备注\n天津戊科技有限公司,91120110MA0000001A,1000,"+next()+"\n天津己科技有限公司,91120110MA0000002A,1000,"+next()+"\n"), "enterprise")
	board := quality.NewBoard(p, db.Findings(), svc, func() time.Time { return now })
	_, err = board.Refresh(ctx, nil)
	must(err)
	doubted, _, err := board.Listed(ctx, quality.Filter{Register: "enterprise"}, 0, 10)
	must(err)
	if len(doubted) < 2 {
		t.Fatal("nothing is doubted")
	}
	must(board.Dismiss(ctx, doubted[0].Key, "已核对证件 "+next()))
	must(board.Ask(ctx, doubted[1].Key, "请核对 "+next()))
	path0 := filepath.Join(t.TempDir(), "更正.csv")
	must(os.WriteFile(path0, []byte("人员编号,姓名,身份证号,备注\nRY-1,张三,"+next()+","+next()+"\n"), 0o600))
	_, _, err = svc.Import(ctx, layout.Source{Name: "更正.csv", Path: path0}, layout.Options{Register: "person", Source: "correction"}, nil)
	must(err)
	// Uploads with what an import of them would do, and exports that wait to be fetched.
	limits := spool.Limits{File: 1 << 20, Total: 1 << 24, Files: 50}
	uploads, exports := spool.Open(files, file.Upload, limits, func() time.Time { return now }), spool.Open(files, spool.Export, limits, func() time.Time { return now })
	waiting := "人员编号,姓名,身份证号\nRY-1,张三," + next() + "\n,," + next() + "\n"
	u, err := uploads.Put(ctx, "待.csv", strings.NewReader(waiting), layout.Options{Register: "person"})
	must(err)
	local, err := uploads.Local(ctx, u)
	must(err)
	preview, err := svc.Preview(ctx, layout.Source{Name: "待.csv", Path: local, Keys: uploads, Kept: true}, layout.Options{Register: "person"}, nil)
	must(err)
	must(uploads.PutPreview(ctx, u.ID, "k", preview))
	if kept, err := uploads.Preview(ctx, u.ID, "k"); err != nil || kept == nil {
		t.Fatal("the preview is not kept", err)
	}
	_, err = exports.Put(ctx, "名单.csv", strings.NewReader("张三,"+next()+"\n"), layout.Options{})
	must(err)
	// The log, and work in the background.
	must(in(db).Write(ctx, func(w tables) error {
		e, err := audit.Entry{At: now, Actor: "li", Action: "unmask", Subject: "subject/1"}.WithDetail(map[string]any{"reason": audit.Beside("核对 " + next())})
		if err != nil {
			return err
		}
		return w.Log(ctx, e)
	}))
	must(db.WriteJobs(ctx, time.Second, func(w job.Writer) error {
		return w.AddJob(ctx, &job.Row{ID: "j", Kind: "x", Title: next(), Args: json.RawMessage(`"` + next() + `"`), State: job.Waiting, Added: now, Updated: now, RunAt: now})
	}))
	must(db.room.Changing(ctx, func(t *row.Tx) error {
		_, err := t.Exec(ctx, `INSERT INTO person_secret (person, kind, sealed) VALUES ('p', 'totp', ?)`, vault.Hidden("otpauth "+next()))
		return err
	}))
	return planted
}

// found returns the planted numbers, in UTF-8 and UTF-16, that stand in a blob.
func found(b []byte, planted []string) (list []string) {
	for _, n := range planted {
		wide := []byte{}
		for _, u := range utf16.Encode([]rune(n)) {
			wide = append(wide, byte(u), byte(u>>8))
		}
		if bytes.Contains(b, []byte(n)) || bytes.Contains(b, []byte(strings.ToLower(n))) || bytes.Contains(b, wide) {
			list = append(list, n)
		}
	}
	return list
}

// checkAtRest fails for every planted number that stands in a table as the database has it, or in a file of the folder.
func checkAtRest(t *testing.T, db *DB, dir string, planted []string) {
	t.Helper()
	err := db.room.Reading(veil.Raw(t.Context()), func(tx *row.Tx) error {
		tables := `SELECT name FROM sqlite_master WHERE type = 'table'`
		if db.room.Base.Dialect.Dollar {
			tables = `SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()`
		}
		var names []string
		if err := tx.Each(t.Context(), tables, nil, func(rows *sql.Rows) error {
			var s string
			err := rows.Scan(&s)
			names = append(names, s)
			return err
		}); err != nil {
			return err
		}
		for _, name := range names {
			err := tx.Each(veil.Raw(t.Context()), `SELECT * FROM `+name, nil, func(rows *sql.Rows) error {
				columns, err := rows.Columns()
				if err != nil {
					return err
				}
				values, dest := make([]any, len(columns)), make([]any, len(columns))
				for i := range values {
					dest[i] = &values[i]
				}
				if err := rows.Scan(dest...); err != nil {
					return err
				}
				for i, v := range values {
					if list := found([]byte(fmt.Sprintf("%s", v)), planted); len(list) > 0 {
						t.Errorf("%s.%s holds %q", name, columns[i], list)
					}
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, root := range []string{dir, os.TempDir()} {
		filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || root != dir && !strings.HasPrefix(d.Name(), "eyas-") {
				if err == nil && d.IsDir() && path != root && root != dir {
					return fs.SkipDir
				}
				return nil
			}
			b, err := os.ReadFile(path)
			if list := found(b, planted); err == nil && len(list) > 0 {
				t.Errorf("the file %s holds %q", path, list)
			}
			return nil
		})
	}
}

// crash copies what a crash would leave of a base of SQLite: its file, and the log that is written ahead.
func crash(t *testing.T, dir string) {
	t.Helper()
	files, _ := filepath.Glob(filepath.Join(dir, "base.db*"))
	for _, path := range files {
		if b, err := os.ReadFile(path); err == nil {
			if err := os.WriteFile(filepath.Join(dir, "crash-"+filepath.Base(path)), b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestNumbersAtRest plants identity numbers through every way in and searches every table and every file of the base for
// them; carries the base over to another key, stopped in the middle; and opens it without its key.
func TestNumbersAtRest(t *testing.T) {
	databases(t, func(t *testing.T, dsn string) {
		dir := t.TempDir()
		if !strings.HasPrefix(dsn, "postgres") {
			dsn = filepath.Join(dir, "base.db")
		}
		keys := filepath.Join(t.TempDir(), "keys")
		opened := func(cipher vault.Cipher) *DB {
			db, err := Open(t.Context(), dsn, Keys(keys, cipher))
			if err != nil {
				t.Fatal(err)
			}
			db.Confide([]string{"person"})
			return db
		}
		db := opened("")
		planted := plant(t, db, dir)
		crash(t, dir)
		if err := db.Copy(t.Context(), filepath.Join(dir, "copy.db")); err != nil && !strings.HasPrefix(dsn, "postgres") {
			t.Fatal(err)
		}
		checkAtRest(t, db, dir, planted)
		if said := problems(t, db); len(said) > 0 {
			t.Errorf("it does not agree with its log: %q", said)
		}
		before, err := db.CipherKeys(t.Context())
		if err != nil || len(before) != 1 {
			t.Fatal(before, err)
		}

		// Another key, of another cipher; stopped after some transactions, twice, and each time taken up by another process.
		e := audit.Entry{At: time.Now(), Actor: "local", Action: "keys.rotate", Subject: "base"}
		stop := errors.New("killed")
		for i := range 2 {
			n := 0
			_, err := db.Rekey(t.Context(), vault.SM4, e, func(rekey.Done) error {
				if n++; n > 20+40*i {
					return stop
				}
				return nil
			})
			if !errors.Is(err, stop) {
				t.Fatal(err)
			}
			checkAtRest(t, db, dir, planted)
			if said := problems(t, db); len(said) > 0 {
				t.Errorf("in the middle of a rotation: %q", said)
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			db = opened("")
		}
		done, err := db.Rekey(t.Context(), vault.SM4, e, nil)
		if err != nil || done.Sealed == 0 || done.Clear != 0 {
			t.Fatal(done, err)
		}
		if now, err := db.CipherKeys(t.Context()); err != nil || len(now) != 1 || now[0] != done.Key || now[0] == before[0] {
			t.Fatal(now, err)
		}
		if err := db.Vault().Drop(before[0]); err != nil {
			t.Fatal(err)
		}
		db.Close()
		db = opened("")
		checkAtRest(t, db, dir, planted)
		if said := problems(t, db); len(said) > 0 {
			t.Errorf("with the new key alone: %q", said)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}

		// Without the key it opens, says what is missing, and writes nothing of the class.
		if err := os.Rename(keys, keys+".away"); err != nil {
			t.Fatal(err)
		}
		db = opened("")
		defer db.Close()
		err = db.room.Reading(t.Context(), func(tx *row.Tx) error {
			_, err := row.RecordRows{Tx: tx}.Record(t.Context(), 1)
			return err
		})
		var f *fault.Error
		if !errors.As(err, &f) || !errors.Is(err, vault.ErrNoKey) || !strings.Contains(f.ZH, keys) {
			t.Errorf("a record without its key: %v", err)
		}
		err = db.room.Changing(t.Context(), func(tx *row.Tx) error {
			_, err := tx.Exec(t.Context(), `UPDATE import SET reason = ? WHERE id = 1`, planted[0])
			return err
		})
		if !errors.Is(err, vault.ErrNoKey) {
			t.Errorf("it writes without its key: %v", err)
		}
		if _, err := os.Stat(keys); !errors.Is(err, fs.ErrNotExist) {
			t.Error("it made another key")
		}
		if n := countOf(t, db, `SELECT COUNT(*) FROM import`); n == 0 {
			t.Error("what is not of the class cannot be read either")
		}
	})
}

func countOf(t *testing.T, db *DB, text string) (n int) {
	t.Helper()
	if err := db.room.Reading(context.Background(), func(tx *row.Tx) error {
		_, err := tx.One(t.Context(), text, nil, &n)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return n
}

// A transaction that has sealed something and is not over when another key is named is not left behind: whoever replaces the
// key waits for it. Otherwise the key could be deleted that its rows need.
func TestRotationWaitsForWriters(t *testing.T) {
	db, err := Open(t.Context(), pgtest.URL(t), Keys(filepath.Join(t.TempDir(), "keys"), ""))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.AddPiece(t.Context(), "first", 0, []byte("x"), false, time.Now()); err != nil {
		t.Fatal(err)
	}
	before, err := db.CipherKeys(t.Context())
	if err != nil || len(before) != 1 {
		t.Fatal(before, err)
	}
	written, finish, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- db.room.Aside(t.Context(), 0, time.Minute, func(tx *row.Tx) error {
			_, err := tx.Exec(t.Context(), `INSERT INTO file_piece (body, n, packed, raw) VALUES ('second', 0, 0, ?)`, vault.Hidden("y"))
			close(written)
			<-finish
			return err
		})
	}()
	<-written
	e := audit.Entry{At: time.Now(), Actor: "local", Action: "keys.rotate", Subject: "base"}
	rotated := make(chan error, 1)
	go func() {
		_, err := db.Rekey(t.Context(), vault.AES, e, nil)
		rotated <- err
	}()
	for waits := false; !waits; {
		select {
		case err := <-rotated:
			t.Errorf("it did not wait: %v", err)
			rotated <- err
			waits = true
		default:
			waits = countOf(t, db, `SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 20210331 AND NOT granted`) > 0
		}
	}
	close(finish)
	if err := errors.Join(<-ended, <-rotated); err != nil {
		t.Fatal(err)
	}
	if err := db.DropKey(t.Context(), before[0], e); err != nil {
		t.Errorf("the key before is still needed: %v", err)
	}
}
