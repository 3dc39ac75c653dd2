// Package check reads a whole base and lists what is wrong with it.
package check

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/store/base"
	"eyas/internal/store/dialect"
	"eyas/internal/store/page"
	"eyas/internal/store/room"
	"eyas/internal/store/row"
	"eyas/internal/store/seal"
)

// Problem is one thing that is wrong with a database.
type Problem struct {
	Kind string    // structure, row, or the name of the check of the logic
	Text pack.Text // a sentence
	What string    // the database's own words, or what was counted; English
}

// mostProblems limits the number of reported problems of one kind.
const mostProblems = 100

// Base reads the whole database and returns what is wrong with it: its structure as the database checks it, every row
// that has a checksum, and the references between rows. When it finds damage, nothing can be written from then on. told
// is called with the name of each part before the part begins; it may be nil.
func Base(ctx context.Context, db *room.DB, told func(part string)) ([]Problem, error) {
	if told == nil {
		told = func(string) {}
	}
	c := checker{db}
	var all []Problem
	for _, part := range []struct {
		name string
		find func(context.Context) ([]Problem, error)
	}{{"structure", c.structure}, {"rows", c.rows}, {"logic", c.logic}} {
		told(part.name)
		found, err := part.find(ctx)
		if err != nil && !base.IsDamage(err) {
			return nil, fmt.Errorf("check %s: %w", part.name, err)
		}
		if err != nil {
			found = append(found, Problem{Kind: part.name, Text: pack.Text{ZH: "读取中断，其后的内容没有检查。", EN: "Reading stopped here; what follows was not checked."}, What: err.Error()})
		}
		all = append(all, found...)
	}
	if len(all) > 0 {
		db.Base.Found(fmt.Errorf("%w: %s", seal.ErrBroken, all[0].What))
	} else {
		db.Base.Found(nil)
	}
	return all, nil
}

// Again returns nil when a base that a process has found damaged is whole: its structure and all its rows.
func Again(ctx context.Context, db *room.DB) (err error) {
	defer fault.At(&err, "check.Again")
	c := checker{db}
	problems, err := c.structure(ctx)
	if err == nil && len(problems) > 0 {
		err = fmt.Errorf("%w: %s", page.ErrBroken, problems[0].What)
	}
	if err != nil {
		return err
	}
	problems, err = c.rows(ctx)
	if err == nil && len(problems) > 0 {
		err = fmt.Errorf("%w: %s", seal.ErrBroken, problems[0].What)
	}
	return err
}

// checker looks for problems of a base.
type checker struct{ db *room.DB }

// structure runs the database's own check of its structure.
func (c checker) structure(ctx context.Context) (found []Problem, err error) {
	if c.db.Base.Dialect.Dollar {
		return c.structurePostgres(ctx)
	}
	if err := c.db.Base.Whole(); err != nil {
		found = append(found, structural(err.Error()))
	}
	rows, err := c.db.Base.Read.QueryContext(ctx, fmt.Sprintf(`PRAGMA integrity_check(%d)`, mostProblems))
	if err != nil {
		return found, err
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return found, err
		}
		if text != "ok" {
			found = append(found, structural(strings.ReplaceAll(text, "\n", " ")))
		}
	}
	return found, rows.Err()
}

func structural(what string) Problem {
	return Problem{Kind: "structure", Text: pack.Text{ZH: "数据库的结构损坏。", EN: "The structure of the database is broken."}, What: what}
}

// structurePostgres checks tables and indexes with the extension amcheck, if it is installed and allowed. Without it, all
// rows are still read.
func (c checker) structurePostgres(ctx context.Context) (found []Problem, err error) {
	var there bool
	if err := c.db.Base.Read.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM pg_extension WHERE extname = 'amcheck')`).Scan(&there); err != nil || !there {
		return nil, err
	}
	ask := func(text string, args ...any) ([]string, error) {
		rows, err := c.db.Base.Read.QueryContext(ctx, text, args...)
		if err != nil {
			return nil, err
		}
		defer rows.Close()
		var list []string
		for rows.Next() {
			var s string
			if err := rows.Scan(&s); err != nil {
				return nil, err
			}
			list = append(list, s)
		}
		return list, rows.Err()
	}
	const ofSchema = ` FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = current_schema() AND `
	tables, err := ask(`SELECT c.oid::regclass::text` + ofSchema + `c.relkind = 'r' ORDER BY 1`)
	if err != nil {
		return nil, err
	}
	indexes, err := ask(`SELECT c.oid::regclass::text` + ofSchema + `c.relkind = 'i' AND c.relam = (SELECT oid FROM pg_am WHERE amname = 'btree') ORDER BY 1`)
	if err != nil {
		return nil, err
	}
	for _, name := range tables {
		list, err := ask(`SELECT COALESCE('block ' || blkno::text || ': ', '') || msg FROM verify_heapam($1::text::regclass) LIMIT 100`, name)
		if dialect.IsForbidden(err) {
			return nil, nil
		}
		if err != nil {
			list = append(list, err.Error())
		}
		for _, s := range list {
			found = append(found, structural(name+" "+s))
		}
	}
	for _, name := range indexes {
		if _, err := ask(`SELECT bt_index_check($1::text::regclass, true)::text`, name); dialect.IsForbidden(err) {
			return found, nil
		} else if err != nil {
			found = append(found, structural(name+": "+err.Error()))
		}
		if err := ctx.Err(); err != nil {
			return found, err
		}
	}
	return found, nil
}

// rows reads every profile, import, link and record and compares it with its checksum.
func (c checker) rows(ctx context.Context) (found []Problem, err error) {
	err = c.db.Snapshot(ctx, func(t *row.Tx) error {
		return t.EachSealed(ctx, func(err error) {
			if err != nil && len(found) < mostProblems {
				found = append(found, Problem{Kind: "row", Text: pack.Text{ZH: "有一行与写入时不同。", EN: "A row is not as it was written."}, What: err.Error()})
			}
		})
	})
	return found, err
}

// rule is a condition on rows of the whole database. Its query counts the rows that violate it.
type rule struct {
	name   string
	zh, en string
	query  string
}

// ofBatch returns the SQL condition that an id was reserved by an open batch.
func ofBatch(id, counter string) string {
	return `EXISTS (SELECT 1 FROM batch_range b WHERE b.counter = '` + counter + `' AND ` + id + ` BETWEEN b.first_id AND b.last_id)`
}

// last returns the SQL query of the difference between a table's number of rows and its counter, without known gaps and
// ids of an open batch, and of the number of ids above the counter.
func last(table, id, counter string) string {
	const size = `(SELECT COALESCE(SUM(g.last_id - g.first_id + 1), 0) FROM `
	return `SELECT (SELECT COUNT(*) FROM ` + table + ` x WHERE x.` + id + ` > c.value) + ABS(c.value - ` + size + `id_gap g WHERE g.counter = c.name) - ` +
		size + `batch_range g WHERE g.counter = c.name) - (SELECT COUNT(*) FROM ` + table + ` x WHERE NOT ` + ofBatch(`x.`+id, counter) + `)) FROM counter c WHERE c.name = '` + counter + `'`
}

var rules = []rule{
	{"subjects", "档案的编号不连续，或与计数不符。", "Profiles are missing: their number differs from the counter.", last("profile", "subject_id", "subject")},
	{"records", "来源记录的编号不连续，或与计数不符。", "Records are missing: their number differs from the counter.", last("record", "id", "record")},
	{"imports", "导入的编号不连续，或与计数不符。", "Imports are missing: their number differs from the counter.", last("import", "id", "import")},
	{"merges", "合并的编号不连续，或与计数不符。", "Merges are missing: their number differs from the counter.", last("merge", "id", "merge")},
	{"moves", "记录移动的编号不连续，或与计数不符。", "Moves of records are missing: their number differs from the counter.", last("relink", "id", "relink")},
	{"records of imports", "有来源记录不在其导入的范围内。", "Records are outside the range of their import.",
		`SELECT COUNT(*) FROM record r LEFT JOIN import i ON i.id = r.import_id WHERE (i.id IS NULL OR r.id NOT BETWEEN i.first_record AND i.last_record) AND NOT ` + ofBatch(`r.id`, `record`)},
	{"rows of imports", "有导入的行数与其来源记录不符。", "Imports have different numbers of rows and of records.",
		`SELECT COUNT(*) FROM import WHERE row_count <> last_record - first_record + 1 OR row_count <> accepted + unchanged + refused`},
	{"links", "有关联指向不存在或被拒的记录，或不存在的主体。", "Links refer to records that do not exist or were refused, or to subjects that do not exist.",
		`SELECT COUNT(*) FROM link l LEFT JOIN record r ON r.id = l.record_id LEFT JOIN profile p ON p.subject_id = l.subject_id
			LEFT JOIN profile o ON o.subject_id = l.origin WHERE r.id IS NULL OR p.subject_id IS NULL OR r.reason IS NOT NULL OR l.origin <> 0 AND o.subject_id IS NULL`},
	{"linked", "有被接受的记录没有关联。", "Accepted records have no link.",
		`SELECT COUNT(*) FROM record r LEFT JOIN link l ON l.record_id = r.id WHERE l.record_id IS NULL AND r.reason IS NULL`},
	{"merged", "关联与有效的合并不一致。", "Links do not agree with the merges in force.",
		`SELECT COUNT(*) FROM link l JOIN {merge} m ON m.from_subject = l.subject_id WHERE m.undone_at IS NULL`},
	{"subjects of merges", "有合并指向不存在的主体。", "Merges refer to subjects that do not exist.",
		`SELECT COUNT(*) FROM {merge} m LEFT JOIN profile a ON a.subject_id = m.from_subject LEFT JOIN profile b ON b.subject_id = m.into_subject WHERE a.subject_id IS NULL OR b.subject_id IS NULL`},
	{"subjects of moves", "有记录移动指向不存在的主体或记录。", "Moves refer to subjects or records that do not exist.",
		`SELECT COUNT(*) FROM relink m LEFT JOIN profile a ON a.subject_id = m.from_subject LEFT JOIN profile b ON b.subject_id = m.into_subject
			LEFT JOIN record r ON r.id = m.record_id WHERE a.subject_id IS NULL OR b.subject_id IS NULL OR r.id IS NULL`},
	{"questions", "有关联疑问指向不存在的主体，或编号大于计数。", "Questions of linkage refer to subjects that do not exist, or have a number above the counter.",
		`SELECT COUNT(*) FROM {question} q LEFT JOIN profile a ON a.subject_id = q.subject LEFT JOIN profile b ON b.subject_id = q.candidate
			WHERE a.subject_id IS NULL OR b.subject_id IS NULL OR q.id > (SELECT value FROM counter WHERE name = 'question')`},
	{"mentions", "有提及来自不存在的记录或关系。", "Mentions refer to records or relations that do not exist.",
		`SELECT COUNT(*) FROM mention m LEFT JOIN record r ON r.id = m.record_id LEFT JOIN relation l ON l.number = m.relation WHERE r.id IS NULL OR l.number IS NULL`},
	{"findings", "有数据质量条目指向不存在的主体。", "Findings refer to subjects that do not exist.",
		`SELECT COUNT(*) FROM finding f LEFT JOIN profile p ON p.subject_id = f.subject_id WHERE p.subject_id IS NULL`},
	{"registers of profiles", "有档案属于不存在的库。", "Profiles refer to registers that do not exist.",
		`SELECT COUNT(*) FROM profile p LEFT JOIN register r ON r.number = p.register WHERE r.number IS NULL`},
	{"changes", "有档案的变更序号大于计数。", "Profiles have a change number above the counter.",
		`SELECT COUNT(*) FROM profile WHERE change > (SELECT value FROM counter WHERE name = 'change')`},
	{"history", "底库的历史与变更计数不符。", "The history of the base does not end with its newest change.",
		`SELECT ABS(c.value - (SELECT COALESCE(MAX(change), -1) FROM history)) FROM counter c WHERE c.name = 'change'`},
}

// logic counts the rows that violate each rule.
func (c checker) logic(ctx context.Context) (found []Problem, err error) {
	err = c.db.Snapshot(ctx, func(t *row.Tx) error {
		for _, r := range rules {
			var n sql.NullInt64
			ok, err := t.One(ctx, r.query, nil, &n)
			if err != nil {
				return fmt.Errorf("%s: %w", r.name, err)
			}
			if !ok || !n.Valid || n.Int64 != 0 {
				found = append(found, Problem{Kind: r.name, Text: pack.Text{ZH: r.zh, EN: r.en}, What: fmt.Sprintf("%s: %d", r.name, n.Int64)})
			}
		}
		return nil
	})
	return found, err
}
