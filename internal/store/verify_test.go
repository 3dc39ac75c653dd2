package store_test

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"eyas/internal/audit"
	"eyas/internal/auth"
	"eyas/internal/pack"
	"eyas/internal/quality"
	"eyas/internal/registry"
	"eyas/internal/store"
	"eyas/internal/store/pgtest"
	"eyas/packs"
)

// trusted is a base in which something of every kind stands.
type trusted struct {
	*registry.Registry
	t    *testing.T
	db   *store.DB
	raw  *sql.DB // behind the program's back
	pack *pack.Pack
	now  time.Time
}

func newTrusted(t *testing.T, dsn string) *trusted {
	t.Helper()
	p, err := packs.Default()
	if err != nil {
		t.Fatal(err)
	}
	driver, name := "sqlite", dsn
	if strings.HasPrefix(dsn, "postgres") {
		driver = "pgx"
	}
	b := &trusted{t: t, db: open(t, dsn), pack: p, now: time.Date(2021, 3, 31, 8, 0, 0, 0, time.UTC)}
	if b.raw, err = sql.Open(driver, name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.raw.Close() })
	b.Registry = registry.New(p, b.db, b.clock)
	return b
}

func (b *trusted) clock() time.Time { b.now = b.now.Add(time.Second); return b.now }

func (b *trusted) take(register, name string, lines ...string) int64 {
	b.t.Helper()
	path := filepath.Join(b.t.TempDir(), name)
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		b.t.Fatal(err)
	}
	_, id, err := b.Import(b.t.Context(), auth.Local, registry.Source{Name: name, Path: path}, registry.Options{Register: register, Lang: "en"}, nil)
	if err != nil || id == 0 {
		b.t.Fatalf("%s: import %d, %v", name, id, err)
	}
	return id
}

func (b *trusted) one(name string) int64 {
	b.t.Helper()
	refs, err := b.Find(b.t.Context(), name)
	if err != nil || len(refs) != 1 {
		b.t.Fatalf("%s finds %v, %v", name, refs, err)
	}
	return refs[0].Subject
}

// fill writes something of every kind.
func (b *trusted) fill() {
	t, ctx := b.t, b.t.Context()
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	b.take("enterprise", "年报.csv", "统一社会信用代码,企业名称,2020年销售收入,2020年研发费用,注册地址,联系电话",
		credit(1)+",天津甲科技有限公司,100,5000,天津市南开区白堤路17号,022-27401234",
		credit(2)+",天津乙科技有限公司,200,10,天津市河西区湘江道1号,022-27405678",
		",,300,20,,")
	b.take("enterprise", "名单.csv", "企业名称,2019年销售收入", "天津丙公司,7", "天津丁公司,8", "天津戊公司,9")
	undone := b.take("enterprise", "误传.csv", "企业名称,2019年销售收入", "天津己公司,7")
	must(b.Undo(ctx, auth.Local, undone, nil))
	b.take("person", "专家.csv", "姓名,工作单位", "张三,天津甲科技有限公司", "李四,天津乙科技有限公司")
	must(b.Remember(ctx, auth.Local, "enterprise", map[string]string{"研发经费": "rd_expense", "备注": "-"}))
	_, err := b.AnswerPlace(ctx, auth.Local, "华苑产业区（环外）", "120111")
	must(err)
	_, err = b.Merge(ctx, auth.Local, b.one("天津丙公司"), b.one("天津甲科技有限公司"), "同一家")
	must(err)
	taken, err := b.Merge(ctx, auth.Local, b.one("天津丁公司"), b.one("天津乙科技有限公司"), "看错")
	must(err)
	must(b.Unmerge(ctx, auth.Local, taken))
	var record int64
	must(b.raw.QueryRow(fmt.Sprintf(`SELECT record_id FROM link WHERE subject_id = %d`, b.one("天津戊公司"))).Scan(&record))
	_, err = b.Relink(ctx, auth.Local, record, 0, "写错了名称")
	must(err)
	_, _, err = b.Enter(ctx, auth.Local, registry.Entry{Register: "enterprise", Subject: b.one("天津甲科技有限公司"), Values: map[string]string{"sales@2020": "9000"}, Source: "correction", Reason: "核对", Form: "更正"})
	must(err)
	board := quality.NewBoard(b.pack, b.db, b, b.clock)
	_, err = board.Refresh(ctx, nil)
	must(err)
	list, _, err := board.Listed(ctx, quality.Filter{Register: "enterprise"}, 0, 10)
	must(err)
	if len(list) == 0 {
		t.Fatal("nothing is doubted")
	}
	must(board.Dismiss(ctx, auth.Local, list[0].Key, "已核对原件"))
}

func (b *trusted) verify(noted *audit.Point) (*store.Verified, []string) {
	b.t.Helper()
	v, err := b.db.Verify(b.t.Context(), noted, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	var said []string
	for _, p := range v.Problems {
		said = append(said, p.What+": "+p.EN)
		if p.ZH == "" || strings.Contains(p.ZH+p.EN, "%!") {
			b.t.Errorf("sentence of %s: %q %q", p.What, p.ZH, p.EN)
		}
	}
	_, sure, err := b.Check(b.t.Context(), v.Packs, nil, func(p audit.Problem) { said = append(said, p.What+": "+p.EN) })
	if err != nil {
		said = append(said, "profile.underivable: "+err.Error())
	} else if !sure {
		b.t.Errorf("profiles were derived by packs %v", v.Packs)
	}
	return v, said
}

// aside puts tables aside and gives what brings them back.
func (b *trusted) aside(tables []string) (back func()) {
	b.exec("DROP TABLE IF EXISTS aside_0", "DROP TABLE IF EXISTS aside_1", "DROP TABLE IF EXISTS aside_2", "DROP TABLE IF EXISTS aside_3")
	for i, table := range tables {
		b.exec(fmt.Sprintf("CREATE TABLE aside_%d AS SELECT * FROM %s", i, table))
	}
	return func() {
		for i, table := range tables {
			b.exec("DELETE FROM "+table, fmt.Sprintf("INSERT INTO %s SELECT * FROM aside_%d", table, i))
		}
	}
}

func (b *trusted) exec(statements ...string) {
	b.t.Helper()
	for _, s := range statements {
		if _, err := b.raw.Exec(s); err != nil {
			b.t.Fatalf("%s: %v", s, err)
		}
	}
}

// rehash changes the actor of an entry and gives it, and all behind it, hashes that fit.
func (b *trusted) rehash(seq int64) {
	var list []audit.Entry
	if err := b.db.Audit(b.t.Context(), func(e audit.Entry) error { list = append(list, e); return nil }); err != nil {
		b.t.Fatal(err)
	}
	var last audit.Entry
	for _, e := range list {
		if e.Seq == seq {
			e.Actor = "nobody"
		}
		last = e.After(last)
		b.exec(fmt.Sprintf("UPDATE audit_entry SET actor = '%s', prev_hash = '%s', hash = '%s' WHERE seq = %d", last.Actor, last.Prev, last.Hash, last.Seq))
	}
}

// tampering is something done behind the program's back, and what eyas verify says to it: without a noted head and with.
type tampering struct {
	name     string
	tables   []string
	do       []string
	says     string // of what it finds, a part; empty: nothing is found without the noted head
	withHead string // what it finds with the noted head; empty: the same
}

var tamperings = []tampering{
	{"the last entry of the log is deleted", []string{"audit_entry"}, []string{`DELETE FROM audit_entry WHERE seq = (SELECT MAX(seq) FROM audit_entry)`},
		"log.cut: entries are missing at the end of the log", "head.missing: the log is shorter than the noted head"},
	{"all entries of the log are deleted", []string{"audit_entry"}, []string{`DELETE FROM audit_entry`}, "log.cut: entries are missing at the end of the log: it ends with entry 0", "head.missing"},
	{"all entries and all digests are deleted", []string{"audit_entry", "proof", "block"}, []string{`DELETE FROM audit_entry`, `DELETE FROM proof`, `DELETE FROM block`},
		"import.inserted: import 1 (年报.csv) was inserted behind the program's back", "head.missing"},
	{"an entry is changed and the log rehashed from it on", []string{"audit_entry"}, nil, "", "head.other: entry"},
	{"an entry is changed", []string{"audit_entry"}, []string{`UPDATE audit_entry SET actor = 'nobody' WHERE seq = 2`}, "log.changed: the log is broken at entry 2: was changed", ""},
	{"an entry is deleted", []string{"audit_entry"}, []string{`DELETE FROM audit_entry WHERE seq = 3`}, "log.changed: the log is broken at entry 4: follows entry 2", ""},
	{"an entry is inserted", []string{"audit_entry"}, []string{`INSERT INTO audit_entry SELECT seq + 1, at, actor, action, subject, detail, prev_hash, hash FROM audit_entry WHERE seq = (SELECT MAX(seq) FROM audit_entry)`},
		"log.changed: the log is broken at entry", ""},
	{"a cell of a record is changed", []string{"record"}, []string{`UPDATE record SET cells = (SELECT cells FROM record WHERE id = 2) WHERE id = 1`},
		"record.changed: source record 1 (import 1, 年报.csv, row 2) was changed", ""},
	{"a record is deleted", []string{"record"}, []string{`DELETE FROM record WHERE id = 2`}, "record.removed: source record 2 (import 1, 年报.csv) was removed", ""},
	{"a record is inserted", []string{"record"}, []string{`INSERT INTO record SELECT 900, import_id, sheet, row_no, cells, reason FROM record WHERE id = 1`},
		"record.inserted: source record 900 (import 1, 年报.csv, row 2) was inserted", ""},
	{"why a record was refused is changed", []string{"record"}, []string{`UPDATE record SET reason = '{"ZH":"x","EN":"x"}' WHERE id = 3`}, "record.changed: source record 3 (import 1, 年报.csv, row 4)", ""},
	{"a refused record is made an accepted one", []string{"record", "link"}, []string{`UPDATE record SET reason = NULL WHERE id = 3`, `INSERT INTO link (record_id, subject_id, how, evidence, origin) VALUES (3, 1, 'code', '', 0)`},
		"link.inserted: the link of source record 3 (import 1, 年报.csv, row 4)", ""},
	{"a record is moved to another row", []string{"record"}, []string{`UPDATE record SET row_no = 9 WHERE id = 2`}, "record.changed: source record 2", ""},
	{"a link is pointed at another subject", []string{"link"}, []string{`UPDATE link SET subject_id = 1 WHERE record_id = 2`}, "link.changed: the link of source record 2 (import 1, 年报.csv, row 3)", ""},
	{"a merged record is counted for another subject", []string{"link"}, []string{`UPDATE link SET subject_id = 2 WHERE record_id = 4`}, "link.changed: record 4 (import 2, 名单.csv, row 2) counts for subject 2", ""},
	{"a moved link is changed", []string{"link"}, []string{`UPDATE link SET evidence = 'x' WHERE record_id IN (SELECT record_id FROM link_made)`}, "link.changed: the moved link of record 6 (import 2, 名单.csv, row 4) was changed", ""},
	{"a link is deleted", []string{"link"}, []string{`DELETE FROM link WHERE record_id = 1`}, "link.removed: the link of source record 1", ""},
	{"an import's file name is changed", []string{"import"}, []string{`UPDATE import SET file = 'x.csv' WHERE id = 1`}, "import.changed: import 1 (x.csv) was changed: it is not what entry 1 of the log", ""},
	{"an undone import is put in force", []string{"import"}, []string{`UPDATE import SET undone_at = NULL, undone_by = '' WHERE id = 3`}, "import.changed: import 3 (误传.csv) was changed: it is not what entry 4 of the log", ""},
	{"an import is deleted", []string{"import"}, []string{`DELETE FROM import WHERE id = 2`}, "import.removed: import 2 was removed", ""},
	{"a merge is changed", []string{"merge"}, []string{`UPDATE merge SET actor = 'nobody' WHERE id = 1`}, "merge.changed: merge 1 was changed", ""},
	{"a merge is deleted", []string{"merge"}, []string{`DELETE FROM merge WHERE id = 1`}, "merge.removed: merge 1 was removed", ""},
	{"a merge is inserted", []string{"merge"}, []string{`INSERT INTO merge SELECT 9, register, from_subject, into_subject, at, actor, how, evidence, reason, undone_at, undone_by FROM merge WHERE id = 2`}, "merge.inserted: merge 9 was inserted", ""},
	{"a move of a record is taken back", []string{"relink"}, []string{`UPDATE relink SET undone_at = 1`}, "relink.changed: move of a record 1 was changed", ""},
	{"a question is answered", []string{"question"}, []string{`UPDATE question SET state = 'same' WHERE id = 1`}, "question.changed: question 1 was changed", ""},
	{"a decision about a finding is changed", []string{"finding"}, []string{`UPDATE finding SET reason = 'x' WHERE changed_by <> ''`}, "finding.changed: the decision about finding 1.", ""},
	{"a decision about a finding is taken away", []string{"finding"}, []string{`UPDATE finding SET changed_by = '' WHERE changed_by <> ''`}, "finding.removed: the decision about finding 1.", ""},
	{"a finding is decided", []string{"finding"}, []string{`UPDATE finding SET changed_by = 'x', state = 'dismissed' WHERE changed_by = ''`}, "finding.inserted: the decision about finding", ""},
	{"a counter is set back", []string{"counter"}, []string{`UPDATE counter SET value = value - 1 WHERE name = 'import'`}, "counter.changed: the counter “import” stands at 4, by the log it is 5", ""},
	{"a counter is deleted", []string{"counter"}, []string{`DELETE FROM counter WHERE name = 'merge'`}, "counter.changed: the counter “merge” stands at 0", ""},
	{"a value of a profile is changed", []string{"profile"}, []string{`UPDATE profile SET facts = (SELECT substr(facts, 7) FROM profile WHERE subject_id = 2) WHERE subject_id = 1`}, "profile.changed: the profile of subject 1 (天津甲科技有限公司)", ""},
	{"a profile's name is changed", []string{"profile"}, []string{`UPDATE profile SET name = '假名', facts = substr(facts, 7) WHERE subject_id = 1`}, "profile.changed: the profile of subject 1 (天津甲科技有限公司)", ""},
	{"a profile is deleted", []string{"profile"}, []string{`DELETE FROM profile WHERE subject_id = 2`}, "profile.removed: the profile of subject 2", ""},
	{"a profile is inserted", []string{"profile"}, []string{`INSERT INTO profile SELECT 99, register, '', name, name_key, substr(facts, 7), gone, change FROM profile WHERE subject_id = 2`}, "profile.changed: the profile of subject 99", ""},
	{"a remembered mapping is changed", []string{"meaning"}, []string{`UPDATE meaning SET target = 'sales' WHERE header = '研发经费'`}, "mapping.changed: the remembered mapping of header enterprise/研发经费 was changed", ""},
	{"an answer about a place is changed", []string{"place_answer"}, []string{`UPDATE place_answer SET org = '120101'`}, "place.changed: answer about a place 1 was changed", ""},
	{"a setting is changed", []string{"setting"}, []string{`UPDATE setting SET value = 'x' WHERE name = 'precedence'`}, "setting.changed: the setting precedence was changed", ""},
	{"two attributes change their numbers", []string{"attribute"}, []string{`UPDATE attribute SET number = number + 1000 WHERE id = 'sales' AND register = 'enterprise'`}, "attribute.changed: the number of attribute enterprise/sales", ""},
	{"whom a record names is changed", []string{"mention"}, []string{`UPDATE mention SET name_key = 'x' WHERE name_key <> '' AND record_id = (SELECT MIN(record_id) FROM mention)`}, "mention.changed: whom records name was changed in the block from source record 8 on (import 4, 专家.csv", ""},
	{"whom a record names is deleted", []string{"mention"}, []string{`DELETE FROM mention WHERE record_id = (SELECT MAX(record_id) FROM mention)`}, "mention.changed", ""},
	{"the digest of a row is changed with the row", []string{"merge", "proof"}, []string{`UPDATE merge SET actor = 'nobody' WHERE id = 1`, `UPDATE proof SET digest = salt WHERE kind = 'merge' AND id = 1`}, "log.rows: entry", ""},
	{"a row is brought back to an older state", []string{"import", "proof"}, []string{`UPDATE import SET undone_at = NULL, undone_by = '' WHERE id = 3`, `DELETE FROM proof WHERE kind = 'import' AND id = 3 AND seq = 4`}, "log.rows: entry 4 of the log", ""},
	{"the digest of a block is deleted with its records", []string{"record", "link", "block"}, []string{`DELETE FROM record WHERE id <= 3`, `DELETE FROM link WHERE record_id <= 3`, `DELETE FROM block WHERE first_record = 1`}, "log.records: entry 1 of the log", ""},
	{"a value is erased without the log", []string{"record", "erasure"}, []string{`INSERT INTO erasure SELECT id, 6, cells, cells FROM record WHERE id = 2`}, "erasure.inserted: the erasure in record 2 (import 1, 年报.csv, row 3)", ""},
}

// Profiles are changed together with their checksums, which begin their facts: with the checksum left as it was they are
// found already when they are read. See seal.go.
//
// Every change of what stands, and of the log, is found, and the sentence says where.
func TestVerifyFindsTampering(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) { tampered(t, filepath.Join(t.TempDir(), "base.db")) })
	t.Run("Postgres", func(t *testing.T) { tampered(t, pgtest.URL(t)) })
}

func tampered(t *testing.T, dsn string) {
	b := newTrusted(t, dsn)
	b.fill()
	v, said := b.verify(nil)
	if len(said) > 0 || v.Broken != 0 || v.From != 1 || v.Records == 0 || v.Rows == 0 || v.Fit != v.Head.Seq {
		t.Fatalf("before anything was done: %+v, %q", v, said)
	}
	head := audit.PointOf(v.Head)
	for _, x := range tamperings {
		back := b.aside(x.tables)
		if x.do == nil {
			b.rehash(2)
		}
		b.exec(x.do...)
		_, said := b.verify(nil)
		if x.says == "" && len(said) > 0 || x.says != "" && !slices.ContainsFunc(said, func(s string) bool { return strings.HasPrefix(s, x.says) }) {
			t.Errorf("%s: says %q, want %q", x.name, said, x.says)
		}
		if want := x.withHead; want != "" {
			if _, said := b.verify(&head); !slices.ContainsFunc(said, func(s string) bool { return strings.HasPrefix(s, want) }) {
				t.Errorf("%s: with the head says %q, want %q", x.name, said, want)
			}
		}
		back()
		if _, said := b.verify(&head); len(said) > 0 {
			t.Fatalf("%s: after it was mended says %q", x.name, said)
		}
	}
}

// The table in docs/verify.md is the one above.
func TestTamperingsAreDocumented(t *testing.T) {
	doc, err := os.ReadFile("../../docs/verify.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range tamperings {
		what, _, _ := strings.Cut(x.says, ":")
		if !slices.ContainsFunc(strings.Split(string(doc), "\n"), func(line string) bool {
			return strings.HasPrefix(line, "| "+x.name+" |") && strings.Contains(line, what)
		}) {
			t.Errorf("docs/verify.md does not say what is said when %s", x.name)
		}
	}
}
