package row

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"strings"

	"eyas/internal/fault"
	"eyas/internal/registry/fact"
	"eyas/internal/store/base"
	"eyas/internal/store/oplog"
)

// view is what a transaction sees of batches. While a batch is open, table profile holds what it wrote, marked by its
// number in change, and profile_prior what it has overwritten: the batch reads the one table, everybody else the rows of
// both that are not marked. When none is open, and for the batch itself, every statement reads table profile alone.
type view struct {
	own     *Batch // the transaction is one of this batch
	showing bool   // the merges and questions that it has landed, too
	looked  bool
	open    int64 // the open batch of somebody else; 0: none
	prior   bool  // it has overwritten profiles
	changes map[int64]int64
}

// look finds out, once, whether somebody's batch is open.
func (t *Tx) look(ctx context.Context) error {
	if t.own != nil || t.looked {
		return nil
	}
	var id, prior int64
	found, err := t.One(ctx, `SELECT id, (SELECT COUNT(*) FROM (SELECT 1 FROM profile_prior LIMIT 1) p) FROM batch WHERE state = 'open'`, nil, &id, &prior)
	if err != nil {
		return err
	}
	if found {
		t.open, t.prior = id, prior != 0
	}
	t.looked = true
	return nil
}

// A statement that reads profiles has {profile} for the table and {shown} before its first condition, with an alias of
// the table when it has one: {shown p.}.
var (
	plainProfile = strings.NewReplacer("{profile}", "profile", "{shown}", "", "{shown p.}", "")
	shownProfile = strings.NewReplacer("{profile}", "profile", "{shown}", "change <> ? AND ", "{shown p.}", "p.change <> ? AND ")
	priorProfile = strings.NewReplacer("{profile}", "profile_prior", "{shown}", "", "{shown p.}", "")
)

// visible runs a statement that reads profiles on every table that holds some: args are what follows {shown}.
func (t *Tx) visible(ctx context.Context, text string, args []any, run func(text string, args []any) error) error {
	if err := t.look(ctx); err != nil {
		return err
	}
	if t.open == 0 {
		return run(plainProfile.Replace(text), args)
	}
	if err := run(shownProfile.Replace(text), append([]any{-t.open}, args...)); err != nil || !t.prior {
		return err
	}
	return run(priorProfile.Replace(text), args)
}

// ordered is visible for a statement that gives one order, by its first column, and perhaps a limit, which stand in tail.
func (t *Tx) ordered(ctx context.Context, text string, args []any, tail string, more []any, fn func(*sql.Rows) error) error {
	if err := t.look(ctx); err != nil {
		return err
	}
	if t.open == 0 || !t.prior {
		return t.visible(ctx, text+` ORDER BY subject_id`+tail, slices.Concat(args, more), func(text string, args []any) error { return t.Each(ctx, text, args, fn) })
	}
	return t.Each(ctx, shownProfile.Replace(text)+` UNION ALL `+priorProfile.Replace(text)+` ORDER BY 1`+tail, slices.Concat([]any{-t.open}, args, args, more), fn)
}

// readChanges learns the numbers of the batches in force. It comes before the query whose rows are changed by them: a
// connection carries one at a time.
func (t *Tx) readChanges(ctx context.Context) error {
	if t.changes != nil {
		return nil
	}
	changes := map[int64]int64{}
	err := t.Each(ctx, `SELECT id, change FROM batch WHERE change > ?`, []any{0}, func(rows *sql.Rows) error {
		var id, n int64
		err := rows.Scan(&id, &n)
		changes[id] = n
		return err
	})
	if err == nil {
		t.changes = changes
	}
	return err
}

// overwritten gives the rows of profile_prior that have one of some codes, or of some name keys. Those whose code and
// name the batch left alone are found by the indexes of table profile.
func (t *Tx) overwritten(ctx context.Context, register int64, column string, values []string, fits func(fact.SubjectRow) bool) (list []fact.SubjectRow, err error) {
	if t.open == 0 || !t.prior || len(values) == 0 {
		return nil, nil
	}
	searches := []string{` AND code <> '' AND code IN {in}`}
	if column == "name_key" {
		searches = []string{` AND gone = 0 AND name_key IN {in}`, ` AND gone <> 0 AND code = '' AND name_key IN {in}`, ` AND gone <> 0 AND code <> '' AND name_key IN {in}`}
	}
	ids := map[int64]bool{}
	add := func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		ids[id] = true
		return err
	}
	for _, search := range searches {
		if err := base.Among(ctx, t, `SELECT subject_id FROM profile WHERE change = ? AND register = ?`+search, []any{-t.open, register}, values, add); err != nil {
			return nil, err
		}
	}
	if err := base.Among(ctx, t, `SELECT subject_id FROM profile_prior WHERE moved <> 0 AND register = ? AND `+column+` IN {in}`, []any{register}, values, add); err != nil {
		return nil, err
	}
	wanted := map[string]bool{}
	for _, v := range values {
		wanted[v] = true
	}
	var subjects []int64
	for id := range ids {
		subjects = append(subjects, id)
	}
	slices.Sort(subjects)
	err = base.Among(ctx, t, `SELECT subject_id, code, name_key, gone FROM profile_prior WHERE subject_id IN {in}`, nil, subjects, func(rows *sql.Rows) error {
		s, err := scanSubject(rows)
		value := s.Code
		if column == "name_key" {
			value = s.NameKey
		}
		if err == nil && wanted[value] && fits(s) && ids[s.Subject] {
			ids[s.Subject] = false
			list = append(list, s)
		}
		return err
	})
	return list, err
}

func scanSubject(rows *sql.Rows) (s fact.SubjectRow, err error) {
	var gone int64
	err = rows.Scan(&s.Subject, &s.Code, &s.NameKey, &gone)
	s.Gone = gone != 0
	return s, err
}

func bySubject(a, b fact.ProfileRow) int { return cmp.Compare(a.Subject, b.Subject) }

// A statement that reads merges has {merge} for the table, one that reads questions {question}, with an alias after it.
// Those that an open batch has landed have numbers that it has reserved, and are shown to nobody, not even to the batch
// itself, before its last transaction says so; see ShowLanded.
var (
	allLanded   = strings.NewReplacer("{merge}", "merge", "{question}", "question")
	shownLanded = strings.NewReplacer("{merge}", withoutLanded(fact.LastMerge), "{question}", withoutLanded(fact.LastAsked))
)

func withoutLanded(of fact.Counter) string {
	return `(SELECT * FROM ` + LandTables[of] + ` n WHERE NOT EXISTS (SELECT 1 FROM batch_range b WHERE b.counter = '` + string(of) + `' AND n.id BETWEEN b.first_id AND b.last_id))`
}

// LandTables are the tables whose rows a batch lands under numbers that it has reserved, by the counter of these.
var LandTables = map[fact.Counter]string{fact.LastMerge: "merge", fact.LastAsked: "question"}

// Prepare is asked before every statement of a transaction; see base.Hooks.
func Prepare(ctx context.Context, t *base.Tx, text string) (string, error) {
	over, ok := t.Over.(*Tx)
	if !ok {
		return text, nil
	}
	if err := over.free(text); err != nil {
		return "", err
	}
	return over.landedHidden(ctx, text)
}

func (t *Tx) landedHidden(ctx context.Context, text string) (string, error) {
	if !strings.Contains(text, "{merge}") && !strings.Contains(text, "{question}") {
		return text, nil
	}
	hide := false
	if t.own != nil {
		hide = !t.showing && slices.ContainsFunc(t.own.Ranges, func(r oplog.Range) bool { return LandTables[r.Counter] != "" })
	} else {
		if err := t.look(ctx); err != nil {
			return "", err
		}
		hide = t.open != 0
	}
	if hide {
		return shownLanded.Replace(text), nil
	}
	return allLanded.Replace(text), nil
}

// hidden reports that an import is not there for this transaction: a batch that is not in force brings it.
func (t *Tx) hidden(ctx context.Context, importID int64, known map[int64]bool) (bool, error) {
	if err := t.look(ctx); err != nil || t.open == 0 {
		return false, err
	}
	there, ok := known[importID]
	if !ok {
		var n int
		found, err := t.One(ctx, `SELECT 1 FROM import WHERE id = ?`, []any{importID}, &n)
		if err != nil {
			return false, err
		}
		there = found
		known[importID] = there
	}
	return !there, nil
}

// Concern notes that others wrote something about subjects while a batch is open: it will derive them again.
func (t ProfileRows) Concern(ctx context.Context, subjects []int64) (err error) {
	defer fault.At(&err, "row.Concern(%d subjects)", len(subjects))
	if err := t.look(ctx); err != nil || t.open == 0 || len(subjects) == 0 {
		return err
	}
	written := t.Written
	err = t.Insert(ctx, `INSERT INTO batch_concern (subject_id)`, ` ON CONFLICT DO NOTHING`, 1, len(subjects), func(args []any, i int) []any {
		return append(args, subjects[i])
	})
	t.Written = written
	return err
}
