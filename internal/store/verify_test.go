package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"eyas/internal/audit"
	"eyas/internal/pack"
	"eyas/internal/quality"
	"eyas/internal/registry"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/layout"
	"eyas/internal/store"
	"eyas/internal/store/basetest"
	"eyas/internal/store/verify"
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
	b.db.AfterWrite(func(ctx context.Context, _ []string) { // so that both databases have a head for each transaction
		if err := b.db.Seal(ctx); err != nil {
			t.Error(err)
		}
	})
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
	_, id, err := b.Import(b.t.Context(), layout.Source{Name: name, Path: path}, layout.Options{Register: register, Lang: "en"}, nil)
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
	b.take("enterprise", "年报.csv", "统一社会信用代码,企业名称,2020年销售收入（元）,2020年研发费用（元）,注册地址,联系电话",
		credit(1)+",天津甲科技有限公司,100,5000,天津市南开区白堤路17号,022-27401234",
		credit(2)+",天津乙科技有限公司,200,10,天津市河西区湘江道1号,022-27405678",
		",,300,20,,")
	b.take("enterprise", "名单.csv", "企业名称,2019年销售收入（元）", "天津丙公司,7", "天津丁公司,8", "天津戊公司,9")
	undone := b.take("enterprise", "误传.csv", "企业名称,2019年销售收入（元）", "天津己公司,7")
	must(b.Undo(ctx, undone, nil))
	b.take("person", "专家.csv", "姓名,工作单位", "张三,天津甲科技有限公司", "李四,天津乙科技有限公司")
	must(b.Remember(ctx, "enterprise", map[string]string{"研发经费": "rd_expense", "备注": "-"}))
	_, err := b.AnswerPlace(ctx, "华苑产业区（环外）", "120111", nil)
	must(err)
	_, err = b.Merge(ctx, b.one("天津丙公司"), b.one("天津甲科技有限公司"), "同一家")
	must(err)
	taken, err := b.Merge(ctx, b.one("天津丁公司"), b.one("天津乙科技有限公司"), "看错")
	must(err)
	must(b.Unmerge(ctx, taken))
	var record int64
	must(b.raw.QueryRow(fmt.Sprintf(`SELECT record_id FROM link WHERE subject_id = %d`, b.one("天津戊公司"))).Scan(&record))
	_, err = b.Relink(ctx, record, 0, "写错了名称")
	must(err)
	_, _, err = b.Enter(ctx, intake.Entry{Register: "enterprise", Subject: b.one("天津甲科技有限公司"), Values: map[string]string{"sales@2020": "9000"}, Source: "correction", Reason: "核对", Form: "更正"})
	must(err)
	board := quality.NewBoard(b.pack, b.db.Findings(), b, b.clock)
	_, err = board.Refresh(ctx, nil)
	must(err)
	list, _, err := board.Listed(ctx, quality.Filter{Register: "enterprise"}, 0, 10)
	must(err)
	if len(list) == 0 {
		t.Fatal("nothing is doubted")
	}
	must(board.Dismiss(ctx, list[0].Key, "已核对原件"))
}

func (b *trusted) verify(noted *audit.Point) (*verify.Verified, []string) {
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

func (b *trusted) entries() (list []audit.Entry) {
	b.t.Helper()
	if err := b.db.Audit(b.t.Context(), func(e audit.Entry) error { list = append(list, e); return nil }); err != nil {
		b.t.Fatal(err)
	}
	return list
}

// put writes an entry in the place of a number, with a hash that fits.
func (b *trusted) put(seq int64, e audit.Entry) {
	b.t.Helper()
	e = e.Numbered(seq, b.db.Hash())
	quoted := func(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
	b.exec(fmt.Sprintf("UPDATE audit_entry SET at = %d, actor = %s, action = %s, subject = %s, detail = %s, hash = '%s' WHERE seq = %d",
		e.At.UnixMilli(), quoted(e.Actor), quoted(e.Action), quoted(e.Subject), quoted(e.Detail), e.Hash, e.Seq))
}

// rehash changes the actor of an entry and gives it a hash that fits.
func (b *trusted) rehash(seq int64) {
	e := b.entries()[seq-1]
	e.Actor = "nobody"
	b.put(seq, e)
}

// reseal makes tree and heads anew.
func (b *trusted) reseal() {
	b.exec(`DELETE FROM tree_head`, `DELETE FROM tree_node`)
	if err := b.db.Seal(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
}

func (b *trusted) swap(i, j int64) {
	list := b.entries()
	b.put(i, list[j-1])
	b.put(j, list[i-1])
}

// moveUp takes an entry out and gives those behind it the numbers before.
func (b *trusted) moveUp(seq int64) {
	list := b.entries()
	for _, e := range list[seq:] {
		b.put(e.Seq-1, e)
	}
	b.exec(fmt.Sprintf("DELETE FROM audit_entry WHERE seq = %d", len(list)))
}

// tampering is something done behind the program's back, and what eyas verify says to it: without a noted head and with.
type tampering struct {
	name     string
	tables   []string
	do       []string
	anew     func(b *trusted) // what is done before
	says     string           // of what it finds, a part; empty: nothing is found without the noted head
	withHead string           // what it finds with the noted head; empty: the same
}

var tamperings = []tampering{
	{name: "the last entry of the log is deleted", tables: []string{"audit_entry"}, do: []string{`DELETE FROM audit_entry WHERE seq = (SELECT MAX(seq) FROM audit_entry)`},
		says: "log.cut: entries are missing at the end of the log", withHead: "head.missing: the log is shorter than the noted head"},
	{name: "all entries of the log are deleted", tables: []string{"audit_entry"}, do: []string{`DELETE FROM audit_entry`},
		says: "log.cut: entries are missing at the end of the log: it ends with entry 0", withHead: "head.missing"},
	{name: "all entries and all digests are deleted", tables: []string{"audit_entry", "proof", "block"}, do: []string{`DELETE FROM audit_entry`, `DELETE FROM proof`, `DELETE FROM block`},
		says: "import.inserted: import 1 (年报.csv) was inserted behind the program's back", withHead: "head.missing"},
	{name: "an entry is changed, and its hash with it", tables: []string{"audit_entry"}, anew: func(b *trusted) { b.rehash(2) }, says: "log.sealed: the entries 2 to"},
	{name: "an entry is changed and the whole log sealed anew", tables: []string{"audit_entry", "tree_head", "tree_node"}, anew: func(b *trusted) { b.rehash(2); b.reseal() }, withHead: "head.other: entry"},
	{name: "two entries change their places", tables: []string{"audit_entry"}, anew: func(b *trusted) { b.swap(2, 3) }, says: "log.sealed: the entries 2 to"},
	{name: "an entry is taken out and the rest moved up", tables: []string{"audit_entry"}, anew: func(b *trusted) { b.moveUp(3) }, says: "log.sealed: the entries 3 to"},
	{name: "a head is changed", tables: []string{"tree_head"}, do: []string{`UPDATE tree_head SET root = leaf WHERE size = 4`}, says: "log.sealed: the entries 4 to 4"},
	{name: "the end of the log is deleted with its heads", tables: []string{"audit_entry", "tree_head"}, do: []string{`DELETE FROM audit_entry WHERE seq > 4`, `DELETE FROM tree_head WHERE size > 4`},
		says: "log.cut: entries are missing at the end of the log: it ends with entry 4", withHead: "head.missing"},
	{name: "a node of the tree is changed", tables: []string{"tree_node"}, do: []string{`UPDATE tree_node SET hash = (SELECT hash FROM tree_node WHERE id = 5) WHERE id = 1`}, says: "log.tree: the tree that seals the log was changed"},
	{name: "a node of the tree is deleted", tables: []string{"tree_node"}, do: []string{`DELETE FROM tree_node WHERE id = 3`}, says: "log.tree: the tree that seals the log was changed"},
	{name: "a node of the tree is inserted", tables: []string{"tree_node"}, do: []string{`INSERT INTO tree_node SELECT 100001, hash FROM tree_node WHERE id = 1`}, says: "log.tree: the tree that seals the log was changed"},
	{name: "where an entry is listed is changed", tables: []string{"audit_entry"}, do: []string{`UPDATE audit_entry SET org = '120110' WHERE seq = 2`}, says: "log.listed: entry 2 of the log is listed under"},
	{name: "an entry is changed", tables: []string{"audit_entry"}, do: []string{`UPDATE audit_entry SET actor = 'nobody' WHERE seq = 2`},
		says: "log.changed: the log is broken at entry 2: was changed"},
	{name: "an entry is deleted", tables: []string{"audit_entry"}, do: []string{`DELETE FROM audit_entry WHERE seq = 3`}, says: "log.changed: the log is broken at entry 4: follows entry 2"},
	{name: "an entry is inserted", tables: []string{"audit_entry"}, do: []string{`INSERT INTO audit_entry SELECT seq + 1, at, actor, action, subject, detail, prev_hash, hash, kind, org FROM audit_entry WHERE seq = (SELECT MAX(seq) FROM audit_entry)`},
		says: "log.changed: the log is broken at entry"},
	{name: "a cell of a record is changed", tables: []string{"record"}, do: []string{`UPDATE record SET cells = (SELECT cells FROM record WHERE id = 2) WHERE id = 1`},
		says: "record.changed: source record 1 (import 1, 年报.csv, row 2) was changed"},
	{name: "a record is deleted", tables: []string{"record"}, do: []string{`DELETE FROM record WHERE id = 2`}, says: "record.removed: source record 2 (import 1, 年报.csv) was removed"},
	{name: "a record is inserted", tables: []string{"record"}, do: []string{`INSERT INTO record SELECT 900, import_id, sheet, row_no, cells, reason FROM record WHERE id = 1`},
		says: "record.inserted: source record 900 (import 1, 年报.csv, row 2) was inserted"},
	{name: "why a record was refused is changed", tables: []string{"record"}, do: []string{`UPDATE record SET reason = '{"ZH":"x","EN":"x"}' WHERE id = 3`},
		says: "record.changed: source record 3 (import 1, 年报.csv, row 4)"},
	{name: "a refused record is made an accepted one", tables: []string{"record", "link"}, do: []string{`UPDATE record SET reason = NULL WHERE id = 3`, `INSERT INTO link (record_id, subject_id, how, evidence, origin) VALUES (3, 1, 'code', '', 0)`},
		says: "link.inserted: the link of source record 3 (import 1, 年报.csv, row 4)"},
	{name: "a record is moved to another row", tables: []string{"record"}, do: []string{`UPDATE record SET row_no = 9 WHERE id = 2`}, says: "record.changed: source record 2"},
	{name: "a link is pointed at another subject", tables: []string{"link"}, do: []string{`UPDATE link SET subject_id = 1 WHERE record_id = 2`},
		says: "link.changed: the link of source record 2 (import 1, 年报.csv, row 3)"},
	{name: "a merged record is counted for another subject", tables: []string{"link"}, do: []string{`UPDATE link SET subject_id = 2 WHERE record_id = 4`},
		says: "link.changed: record 4 (import 2, 名单.csv, row 2) counts for subject 2"},
	{name: "a moved link is changed", tables: []string{"link"}, do: []string{`UPDATE link SET evidence = 'x' WHERE record_id IN (SELECT record_id FROM link_made)`},
		says: "link.changed: the moved link of record 6 (import 2, 名单.csv, row 4) was changed"},
	{name: "a link is deleted", tables: []string{"link"}, do: []string{`DELETE FROM link WHERE record_id = 1`}, says: "link.removed: the link of source record 1"},
	{name: "an import's file name is changed", tables: []string{"import"}, do: []string{`UPDATE import SET file = 'x.csv' WHERE id = 1`},
		says: "import.changed: import 1 (x.csv) was changed: it is not what entry 1 of the log"},
	{name: "an undone import is put in force", tables: []string{"import"}, do: []string{`UPDATE import SET undone_at = NULL, undone_by = '' WHERE id = 3`},
		says: "import.changed: import 3 (误传.csv) was changed: it is not what entry 4 of the log"},
	{name: "an import is deleted", tables: []string{"import"}, do: []string{`DELETE FROM import WHERE id = 2`}, says: "import.removed: import 2 was removed"},
	{name: "a merge is changed", tables: []string{"merge"}, do: []string{`UPDATE merge SET actor = 'nobody' WHERE id = 1`}, says: "merge.changed: merge 1 was changed"},
	{name: "a merge is deleted", tables: []string{"merge"}, do: []string{`DELETE FROM merge WHERE id = 1`}, says: "merge.removed: merge 1 was removed"},
	{name: "a merge is inserted", tables: []string{"merge"}, do: []string{`INSERT INTO merge SELECT 9, register, from_subject, into_subject, at, actor, how, evidence, reason, undone_at, undone_by FROM merge WHERE id = 2`},
		says: "merge.inserted: merge 9 was inserted"},
	{name: "a move of a record is taken back", tables: []string{"relink"}, do: []string{`UPDATE relink SET undone_at = 1`}, says: "relink.changed: move of a record 1 was changed"},
	{name: "a question is answered", tables: []string{"question"}, do: []string{`UPDATE question SET state = 'same' WHERE id = 1`}, says: "question.changed: question 1 was changed"},
	{name: "a decision about a finding is changed", tables: []string{"finding"}, do: []string{`UPDATE finding SET reason = 'x' WHERE changed_by <> ''`},
		says: "finding.changed: the decision about finding 1."},
	{name: "a decision about a finding is taken away", tables: []string{"finding"}, do: []string{`UPDATE finding SET changed_by = '' WHERE changed_by <> ''`},
		says: "finding.removed: the decision about finding 1."},
	{name: "a finding is decided", tables: []string{"finding"}, do: []string{`UPDATE finding SET changed_by = 'x', state = 'dismissed' WHERE changed_by = ''`},
		says: "finding.inserted: the decision about finding"},
	{name: "a counter is set back", tables: []string{"counter"}, do: []string{`UPDATE counter SET value = value - 1 WHERE name = 'import'`},
		says: "counter.changed: the counter “import” stands at 4, by the log it is 5"},
	{name: "a counter is deleted", tables: []string{"counter"}, do: []string{`DELETE FROM counter WHERE name = 'merge'`}, says: "counter.changed: the counter “merge” stands at 0"},
	{name: "a value of a profile is changed", tables: []string{"profile"}, do: []string{`UPDATE profile SET facts = (SELECT substr(facts, 7) FROM profile WHERE subject_id = 2) WHERE subject_id = 1`},
		says: "profile.changed: the profile of subject 1 (天津甲科技有限公司)"},
	{name: "a profile's name is changed", tables: []string{"profile"}, do: []string{`UPDATE profile SET name = '假名', facts = substr(facts, 7) WHERE subject_id = 1`},
		says: "profile.changed: the profile of subject 1 (天津甲科技有限公司)"},
	{name: "a profile is deleted", tables: []string{"profile"}, do: []string{`DELETE FROM profile WHERE subject_id = 2`}, says: "profile.removed: the profile of subject 2"},
	{name: "a profile is inserted", tables: []string{"profile"}, do: []string{`INSERT INTO profile SELECT 99, register, '', name, name_key, substr(facts, 7), gone, change FROM profile WHERE subject_id = 2`},
		says: "profile.changed: the profile of subject 99"},
	{name: "a remembered mapping is changed", tables: []string{"meaning"}, do: []string{`UPDATE meaning SET target = 'sales' WHERE header = '研发经费'`},
		says: "mapping.changed: the remembered mapping of header enterprise/研发经费 was changed"},
	{name: "an answer about a place is changed", tables: []string{"place_answer"}, do: []string{`UPDATE place_answer SET org = '120101'`},
		says: "place.changed: answer about a place 1 was changed"},
	{name: "a text of the log is changed", tables: []string{"audit_text"}, do: []string{`UPDATE audit_text SET text = 'x' WHERE name = 'into_name'`}, says: "text.changed: the text into_name of entry 8 of the log was changed"},
	{name: "a text of the log is deleted", tables: []string{"audit_text"}, do: []string{`DELETE FROM audit_text WHERE name = 'into_name'`}, says: "text.removed: the text into_name of entry 8 of the log"},
	{name: "a text of the log is inserted", tables: []string{"audit_text"}, do: []string{`INSERT INTO audit_text SELECT seq, 'more', salt, text FROM audit_text WHERE name = 'into_name'`}, says: "text.inserted: the text more of entry 8 of the log"},
	{name: "a text of the log is erased without the log", tables: []string{"audit_text"}, do: []string{`UPDATE audit_text SET salt = NULL, text = NULL WHERE seq = 8 AND name = 'into_name'`}, says: "forgotten.inserted: the erasure of the log's text 8.into_name"},
	{name: "a setting is changed", tables: []string{"setting"}, do: []string{`UPDATE setting SET value = 'x' WHERE name = 'precedence'`},
		says: "setting.changed: the setting precedence was changed"},
	{name: "two attributes change their numbers", tables: []string{"attribute"}, do: []string{`UPDATE attribute SET number = number + 1000 WHERE id = 'sales' AND register = 'enterprise'`},
		says: "attribute.changed: the number of attribute enterprise/sales"},
	{name: "whom a record names is changed", tables: []string{"mention"}, do: []string{`UPDATE mention SET name_key = 'x' WHERE name_key <> '' AND record_id = (SELECT MIN(record_id) FROM mention)`},
		says: "mention.changed: whom records name was changed in the block from source record 8 on (import 4, 专家.csv"},
	{name: "whom a record names is deleted", tables: []string{"mention"}, do: []string{`DELETE FROM mention WHERE record_id = (SELECT MAX(record_id) FROM mention)`}, says: "mention.changed"},
	{name: "the digest of a row is changed with the row", tables: []string{"merge", "proof"}, do: []string{`UPDATE merge SET actor = 'nobody' WHERE id = 1`, `UPDATE proof SET digest = salt WHERE kind = 'merge' AND id = 1`},
		says: "log.rows: entry"},
	{name: "a row is brought back to an older state", tables: []string{"import", "proof"}, do: []string{`UPDATE import SET undone_at = NULL, undone_by = '' WHERE id = 3`, `DELETE FROM proof WHERE kind = 'import' AND id = 3 AND seq = 4`},
		says: "log.rows: entry 4 of the log"},
	{name: "the digest of a block is deleted with its records", tables: []string{"record", "link", "block"}, do: []string{`DELETE FROM record WHERE id <= 3`, `DELETE FROM link WHERE record_id <= 3`, `DELETE FROM block WHERE first_record = 1`},
		says: "log.records: entry 1 of the log"},
	{name: "a value is erased without the log", tables: []string{"record", "erasure"}, do: []string{`INSERT INTO erasure SELECT id, 6, cells, cells FROM record WHERE id = 2`},
		says: "erasure.inserted: the erasure in record 2 (import 1, 年报.csv, row 3)"},
}

// Profiles are changed together with their checksums, which begin their facts: with the checksum left as it was they are
// found already when they are read. See seal.go.
//
// Every change of what stands, and of the log, is found, and the sentence says where.
func TestVerifyFindsTampering(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) { tampered(t, basetest.Path(t)) })
	t.Run("Postgres", func(t *testing.T) { tampered(t, basetest.Server(t)) })
}

func tampered(t *testing.T, dsn string) {
	b := newTrusted(t, dsn)
	b.fill()
	v, said := b.verify(nil)
	if len(said) > 0 || v.Broken != 0 || v.From != 1 || v.Records == 0 || v.Rows == 0 || v.Fit != v.Head.Size {
		t.Fatalf("before anything was done: %+v, %q", v, said)
	}
	head := v.Head.Point()
	for _, x := range tamperings {
		back := b.aside(x.tables)
		if x.anew != nil {
			x.anew(b)
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
