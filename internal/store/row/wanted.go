package row

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"eyas/internal/fault"
	"eyas/internal/registry/cell"
	"eyas/internal/registry/fact"
	"eyas/internal/store/dialect"
)

// conditions are what a list is filtered by, as SQL behind its own conditions.
type conditions struct {
	text string
	args []any
}

func (c *conditions) and(condition string, args ...any) {
	c.text += " AND " + condition
	c.args = append(c.args, args...)
}

// among wants one of several texts.
func (c *conditions) among(column string, list []string) {
	if len(list) == 0 {
		return
	}
	args := make([]any, len(list))
	for i, v := range list {
		args[i] = v
	}
	c.and(column+" IN "+dialect.Marks(1, len(list)), args...)
}

// containing wants part of a text, whatever case its Latin letters have.
func (c *conditions) containing(column, part string) {
	if part != "" {
		c.and(`LOWER(`+column+`) LIKE ? ESCAPE '\'`, like(strings.ToLower(part)))
	}
}

// by wants rows by who is shown to have done something.
func (c *conditions) by(column string, w *fact.Wanted) {
	if w.Who == "" {
		return
	}
	text := `LOWER(` + column + `) LIKE ? ESCAPE '\' AND ` + column + ` NOT IN ` + dialect.Marks(1, len(fact.Worded))
	args := []any{like(strings.ToLower(w.Who))}
	for _, id := range fact.Worded {
		args = append(args, id)
	}
	if len(w.WhoIs) > 0 {
		text += ` OR ` + column + ` IN ` + dialect.Marks(1, len(w.WhoIs))
		for _, id := range w.WhoIs {
			args = append(args, id)
		}
	}
	c.and(`(`+text+`)`, args...)
}

// numbers wants rows by their numbers.
func (c *conditions) numbers(list []int64) {
	if list == nil {
		return
	}
	args := make([]any, len(list))
	for i, v := range list {
		args[i] = v
	}
	if len(args) == 0 {
		c.and("id < 0")
		return
	}
	c.and("id IN "+dialect.Marks(1, len(args)), args...)
}

// like writes part of a text as the pattern of LIKE.
func like(part string) string {
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(part) + "%"
}

// between bounds a time in milliseconds.
func (c *conditions) between(column string, w *fact.Wanted) {
	if !w.From.IsZero() {
		c.and(column+" >= ?", w.From.UnixMilli())
	}
	if !w.To.IsZero() {
		c.and(column+" < ?", w.To.UnixMilli())
	}
}

// Subjects whose name has a text in it, or whose code it is. Each part reads an index alone.
const called = `SELECT subject_id FROM profile WHERE register = ? AND gone = 0 AND name_key LIKE ? ESCAPE '\'
	UNION ALL SELECT subject_id FROM profile WHERE register = ? AND gone <> 0 AND code = '' AND name_key LIKE ? ESCAPE '\'
	UNION ALL SELECT subject_id FROM profile WHERE register = ? AND gone <> 0 AND code <> '' AND name_key LIKE ? ESCAPE '\'
	UNION ALL SELECT subject_id FROM profile WHERE register = ? AND code <> '' AND code = ?`

// ofTwo is the condition that one of two subjects of a row is called so.
func ofTwo(table, one, other string) string {
	return `id IN (SELECT id FROM ` + table + ` WHERE ` + one + ` IN (` + called + `) UNION SELECT id FROM ` + table + ` WHERE ` + other + ` IN (` + called + `))`
}

var (
	mergeOfCalled    = ofTwo("merge", "from_subject", "into_subject")
	questionOfCalled = ofTwo("question", "subject", "candidate")
)

// calling wants rows one of whose two subjects is called so.
func (t *Tx) calling(ctx context.Context, c *conditions, condition, register, text string) error {
	if text == "" {
		return nil
	}
	args, err := t.calledArgs(ctx, register, text)
	if err != nil {
		return err
	}
	c.and(condition, append(args, args...)...)
	return nil
}

// calledArgs are what the query called is given.
func (t *Tx) calledArgs(ctx context.Context, register, text string) ([]any, error) {
	n, err := t.register(ctx, register)
	if err != nil {
		return nil, err
	}
	part := like(cell.NameKey(text))
	return []any{n, part, n, part, n, part, n, strings.ToUpper(strings.TrimSpace(text))}, nil
}

// Called is the condition that a column holds a subject of a register that is called so: text is part of its name, or its whole
// code.
func (t *Tx) Called(ctx context.Context, column, register, text string) (condition string, args []any, err error) {
	defer fault.At(&err, "row.Called(register %s)", register)
	args, err = t.calledArgs(ctx, register, text)
	return column + ` IN (` + called + `)`, args, err
}

// direction is how an order goes: a list's own goes down.
func direction(w *fact.Wanted) string {
	if w.By == "" || w.Desc {
		return " DESC"
	}
	return ""
}

// inOrder is the end of a query for one page.
func inOrder(order string, w *fact.Wanted) string {
	return ` ORDER BY ` + strings.ReplaceAll(order, "{dir}", direction(w)) + ` LIMIT ? OFFSET ?`
}

// Merges lists the merges of a register that are wanted, the newest first unless another order is, and counts them all.
func (t MergeRows) Merges(ctx context.Context, register string, which fact.MergeState, w fact.Wanted, offset, limit int) (list []fact.MergeRow, total int, err error) {
	defer fault.At(&err, "row.Merges(register %s, %s)", register, which)
	where, args, err := t.mergesWanted(ctx, register, which, &w)
	if err != nil {
		return nil, 0, err
	}
	if w.After == 0 {
		if _, err := t.One(ctx, `SELECT COUNT(*) FROM {merge} m`+where, args, &total); err != nil || limit == 0 {
			return nil, total, err
		}
	}
	// They are numbered in the order in which they were made.
	err = t.Each(ctx, mergeColumns+where+` ORDER BY id`+direction(&w)+` LIMIT ? OFFSET ?`, append(args, limit, offset), func(rows *sql.Rows) error {
		m, err := scanMerge(rows.Scan)
		list = append(list, m)
		return err
	})
	return list, total, err
}

// mergesWanted is the condition of merges that are wanted.
func (t MergeRows) mergesWanted(ctx context.Context, register string, which fact.MergeState, w *fact.Wanted) (where string, args []any, err error) {
	only, ok := mergeStates[which]
	if !ok || w.By != "" && w.By != "when" {
		return "", nil, fmt.Errorf("store: no merges %q in the order of %q", which, w.By)
	}
	c := conditions{args: []any{register}}
	if err := t.calling(ctx, &c, mergeOfCalled, register, w.Text); err != nil {
		return "", nil, err
	}
	c.among("how", w.Hows)
	c.numbers(w.Chosen)
	c.between("at", w)
	c.by("actor", w)
	if w.After != 0 {
		c.and("id "+map[bool]string{true: "<", false: ">"}[direction(w) != ""]+" ?", w.After)
	}
	return ` WHERE register = ?` + only + c.text, c.args, nil
}

// MergeMark returns the mark of the merges of a register, and whether it lasts: a transaction that writes may be taken back.
func (t MergeRows) MergeMark(ctx context.Context, register string) (m fact.MergeMark, lasting bool, err error) {
	defer fault.At(&err, "row.MergeMark(register %s)", register)
	_, err = t.One(ctx, `SELECT COALESCE((SELECT MAX(m.id) FROM {merge} m WHERE m.register = ?), 0),
		(SELECT COUNT(*) FROM {merge} m WHERE m.register = ? AND m.undone_at IS NOT NULL)`, []any{register, register}, &m.Last, &m.Undone)
	return m, t.Reads(), err
}

// MergePairs lists all merges of a register that are wanted, in the order of Merges.
func (t MergeRows) MergePairs(ctx context.Context, register string, which fact.MergeState, w fact.Wanted) (list []fact.Pair, err error) {
	defer fault.At(&err, "row.MergePairs(register %s, %s)", register, which)
	where, args, err := t.mergesWanted(ctx, register, which, &w)
	if err != nil {
		return nil, err
	}
	return t.pairs(ctx, `SELECT id, from_subject, into_subject FROM {merge} m`+where+` ORDER BY id`+direction(&w), args)
}

// pairs reads rows that are a number and two subjects.
func (t *Tx) pairs(ctx context.Context, text string, args []any) (list []fact.Pair, err error) {
	ctx, tick := t.Unwatched(ctx)
	err = t.Each(ctx, text, args, func(rows *sql.Rows) error {
		var p fact.Pair
		if err := rows.Scan(&p.ID, &p.Subjects[0], &p.Subjects[1]); err != nil {
			return err
		}
		list = append(list, p)
		return tick()
	})
	return list, err
}

// Orders of questions: that of their index.
var questionOrders = map[string]string{"": "weight{dir}, id{dir}", "weight": "weight{dir}, id{dir}"}

// Questions lists the questions of a register in a state that are wanted, the likeliest first unless another order is, and
// counts them all.
func (t QuestionRows) Questions(ctx context.Context, register string, state fact.QuestionState, w fact.Wanted, offset, limit int) (list []fact.QuestionRow, total int, err error) {
	defer fault.At(&err, "row.Questions(register %s, %s)", register, state)
	where, args, order, err := t.questionsWanted(ctx, register, state, &w)
	if err != nil {
		return nil, 0, err
	}
	if _, err := t.One(ctx, `SELECT COUNT(*) FROM {question} q`+where, args, &total); err != nil || limit == 0 {
		return nil, total, err
	}
	err = t.Each(ctx, questionColumns+where+order+` LIMIT ? OFFSET ?`, append(args, limit, offset), func(rows *sql.Rows) error {
		q, err := scanQuestion(rows.Scan)
		list = append(list, q)
		return err
	})
	return list, total, err
}

// questionsWanted is the condition of questions that are wanted, and their order.
func (t QuestionRows) questionsWanted(ctx context.Context, register string, state fact.QuestionState, w *fact.Wanted) (where string, args []any, order string, err error) {
	by, ok := questionOrders[w.By]
	if !ok {
		return "", nil, "", fmt.Errorf("store: no questions in the order of %q", w.By)
	}
	c := conditions{args: []any{register, string(state)}}
	if err := t.calling(ctx, &c, questionOfCalled, register, w.Text); err != nil {
		return "", nil, "", err
	}
	c.between("decided_at", w)
	c.numbers(w.Chosen)
	c.by("decided_by", w)
	if w.Least != nil {
		c.and("weight >= ?", *w.Least)
	}
	if w.Most != nil {
		c.and("weight <= ?", *w.Most)
	}
	return ` WHERE register = ? AND state = ?` + c.text, c.args, ` ORDER BY ` + strings.ReplaceAll(by, "{dir}", direction(w)), nil
}

// QuestionPairs lists all questions of a register in a state that are wanted, in the order of Questions.
func (t QuestionRows) QuestionPairs(ctx context.Context, register string, state fact.QuestionState, w fact.Wanted) (list []fact.Pair, err error) {
	defer fault.At(&err, "row.QuestionPairs(register %s, %s)", register, state)
	where, args, order, err := t.questionsWanted(ctx, register, state, &w)
	if err != nil {
		return nil, err
	}
	return t.pairs(ctx, `SELECT id, subject, candidate FROM {question} q`+where+order, args)
}

// Orders of imports. They are few against what they hold: only the first of these has an index.
var importOrders = map[string]string{"": "id{dir}", "when": "id{dir}", "file": "file{dir}, id{dir}", "rows": "row_count{dir}, id{dir}", "refused": "refused{dir}, id{dir}"}

// Imports lists the imports of files that are wanted, the newest first unless another order is, and counts them all.
func (t ImportRows) Imports(ctx context.Context, w fact.Wanted, offset, limit int) (list []fact.ImportRow, total int, err error) {
	defer fault.At(&err, "row.Imports")
	order, ok := importOrders[w.By]
	if !ok {
		return nil, 0, fmt.Errorf("store: no imports in the order of %q", w.By)
	}
	var c conditions
	c.containing("file", w.Text)
	c.among("register", w.Registers)
	c.numbers(w.Chosen)
	c.between("at", &w)
	c.by("actor", &w)
	c.among("source", w.Sources)
	c.among("actor", w.Actors)
	if w.Synthetic != nil {
		c.and(map[bool]string{true: "synthetic <> 0", false: "synthetic = 0"}[*w.Synthetic])
	}
	if w.Undone != nil {
		c.and(map[bool]string{true: "undone_at IS NOT NULL", false: "undone_at IS NULL"}[*w.Undone])
	}
	where := ` FROM import WHERE form = ''` + c.text
	if _, err := t.One(ctx, `SELECT COUNT(*)`+where, c.args, &total); err != nil || limit == 0 {
		return nil, total, err
	}
	err = t.Each(ctx, `SELECT `+importColumns+where+inOrder(order, &w), append(c.args, limit, offset), func(rows *sql.Rows) error {
		i, err := scanImport(rows.Scan)
		if err == nil {
			list = append(list, *i)
		}
		return err
	})
	return list, total, err
}
