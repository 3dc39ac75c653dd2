package matter

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"time"

	"eyas/internal/fault"
	"eyas/internal/matter"
	"eyas/internal/matter/desk"
	"eyas/internal/store/dialect"
)

// where are the conditions of a query, and what they compare with.
type where struct {
	list []string
	args []any
}

func (w *where) only(text string, values ...any) {
	w.list, w.args = append(w.list, text), append(w.args, values...)
}

// either adds conditions of which one must hold; none: nothing fits.
func (w *where) either(list []string, values []any) {
	if len(list) == 0 {
		list = []string{`0 = 1`}
	}
	w.only(`(`+strings.Join(list, ` OR `)+`)`, values...)
}

func anys[T any](list []T) []any {
	values := make([]any, len(list))
	for i, x := range list {
		values[i] = x
	}
	return values
}

// waitsFor selects the numbers of the cases in which a person has an open seat.
func waitsFor(p matter.Person) (text string, values []any) {
	if p.All {
		return `SELECT s.case_id FROM case_seat s`, nil
	}
	return `SELECT s.case_id FROM case_seat s WHERE s.person = ? AND s.person <> '' UNION SELECT s.case_id FROM case_seat s WHERE s.person = '' AND s.role = ? AND s.org = ? AND s.subject = ?`,
		[]any{p.ID, p.Role, orgOf(p), p.Subject}
}

// ids are the numbers of the cases of a box as a select of their own, which indexes answer; empty: they are all cases of registers.
func ids(p desk.Picked) (text string, values []any) {
	ties := map[desk.Box]string{desk.BoxDone: "did", desk.BoxBegun: "began", desk.BoxCopied: "copied"}
	switch {
	case p.Box == desk.BoxWaiting:
		return waitsFor(p.Person)
	case ties[p.Box] != "":
		return `SELECT t.case_id FROM case_person t WHERE t.person = ? AND t.how = ?`, []any{p.Person.ID, ties[p.Box]}
	}
	text, values = waitsFor(p.Person)
	text, values = text+` UNION SELECT t.case_id FROM case_person t WHERE t.person = ?`, append(values, p.Person.ID)
	for _, s := range p.Seen {
		if s.All {
			continue
		}
		for _, by := range []struct {
			column string
			among  []any
		}{{"district", anys(s.Orgs)}, {"park", anys(s.Orgs)}, {"subject", anys(s.Subjects)}} {
			if n := len(by.among); n > 0 {
				own := map[bool]string{true: ` AND m.park <> ''`}[by.column == "park"] // the index has no others
				text += ` UNION SELECT m.id FROM matter_case m WHERE m.` + by.column + ` IN ` + dialect.Marks(1, n) + own + ` AND m.register = ?`
				values = append(append(values, by.among...), s.Register)
			}
		}
	}
	return text, values
}

// conditions are what a box and its filters ask of cases.
func conditions(p desk.Picked) *where {
	w := &where{}
	if p.Box != desk.BoxAll || !p.Person.All {
		text, values := ids(p)
		of := []string{`c.id IN (` + text + `)`}
		for _, s := range p.Seen {
			if s.All {
				of, values = append(of, `c.register = ?`), append(values, s.Register)
			}
		}
		w.either(of, values)
	}
	w.filter(p)
	if len(w.list) == 0 {
		w.only(`1 = 1`)
	}
	return w
}

// filter adds what is asked beside the box.
func (w *where) filter(p desk.Picked) {
	w.among(`c.matter`, anys(p.Matters))
	w.among(`c.subject`, anys(p.Subjects))
	w.among(`c.id`, anys(p.Chosen))
	if len(p.Orgs) > 0 {
		in := dialect.Marks(1, len(p.Orgs))
		w.only(`(c.district IN `+in+` OR c.park IN `+in+`)`, append(anys(p.Orgs), anys(p.Orgs)...)...)
	}
	w.places(p)
	w.due(p)
}

// whole reports whether nothing is asked beside the box, whose cases a select of their numbers finds.
func whole(p desk.Picked) bool {
	if p.Box == desk.BoxAll && (p.Person.All || slices.ContainsFunc(p.Seen, func(s desk.Seeing) bool { return s.All })) {
		return false
	}
	w := &where{}
	w.filter(p)
	return len(w.list) == 0
}

// among asks for one of several values; nil: it is not asked for.
func (w *where) among(column string, values []any) {
	if len(values) > 0 {
		w.only(column+` IN `+dialect.Marks(1, len(values)), values...)
	}
}

// places are stages and ends.
func (w *where) places(p desk.Picked) {
	if len(p.Stages)+len(p.Ends) == 0 {
		return
	}
	var list []string
	var args []any
	for _, s := range p.Stages {
		list, args = append(list, `c.id IN (SELECT g.case_id FROM case_stage g WHERE g.matter = ? AND g.stage = ?)`), append(args, s.Matter, s.ID)
	}
	for _, e := range p.Ends {
		list, args = append(list, `(c.matter = ? AND c.ended = ?)`), append(args, e.Matter, e.ID)
	}
	w.either(list, args)
}

// due is how cases stand with their last day.
func (w *where) due(p desk.Picked) {
	if len(p.Due) == 0 {
		return
	}
	today, soon := string(p.Today), string(p.Soon)
	var list []string
	var args []any
	for _, d := range p.Due {
		switch d {
		case desk.DueLate:
			list, args = append(list, `(c.due <> '' AND c.due < ?)`), append(args, today)
		case desk.DueSoon:
			list, args = append(list, `(c.due >= ? AND c.due <= ?)`), append(args, today, soon)
		case desk.DueLater:
			list, args = append(list, `c.due > ?`), append(args, soon)
		case desk.DueNone:
			list = append(list, `(c.due = '' AND c.ended = '')`)
		case desk.DueEnded:
			list = append(list, `c.ended <> ''`)
		}
	}
	w.either(list, args)
}

// order is the order of a list. Cases without a last day stand behind those with one.
func order(p desk.Picked) string {
	way := map[bool]string{true: ` DESC`}[p.Desc]
	switch {
	case p.By == "opened":
		return `c.opened` + way + `, c.id` + way
	case p.By == "matter":
		return `c.matter` + way + `, c.id` + way
	case p.By == "due" || p.Box == desk.BoxWaiting:
		return `CASE WHEN c.due = '' THEN 1 ELSE 0 END, c.due` + way + `, c.id` + way
	}
	return `c.id DESC`
}

// Boxed implements desk.Reader.
func (t Rows) Boxed(ctx context.Context, p desk.Picked, offset, limit int) (list []desk.Boxed, err error) {
	defer fault.At(&err, "matter.Boxed(box %s)", p.Box)
	if p.Box == desk.BoxWaiting && p.By == "" && !p.Person.All && whole(p) && offset+limit <= mostAhead {
		return t.waiting(ctx, p, offset, limit)
	}
	w := conditions(p)
	err = t.Each(ctx, `SELECT c.id, c.matter, c.subject, c.stages, c.ended, c.due, c.due_known, c.opened, c.register, c.district, c.park FROM matter_case c WHERE `+strings.Join(w.list, ` AND `)+` ORDER BY `+order(p)+` LIMIT ? OFFSET ?`,
		append(w.args, limit, offset), func(rows *sql.Rows) error {
			var l desk.Boxed
			var stages string
			var known, opened int64
			err := rows.Scan(&l.ID, &l.Matter, &l.Subject, &stages, &l.End, &l.Due, &known, &opened, &l.Register, &l.District, &l.Park)
			l.Stages, l.DueKnown, l.Opened = strings.Fields(stages), known == 1, time.UnixMilli(opened).UTC()
			list = append(list, l)
			return err
		})
	return list, err
}

// mostAhead bounds how far ahead what waits is read by the order of its index.
const mostAhead = 1000

// waiting lists what waits for a person as Boxed does, by the index of who must act.
func (t Rows) waiting(ctx context.Context, p desk.Picked, offset, limit int) (list []desk.Boxed, err error) {
	first, err := t.Inbox(ctx, p.Person, 4*(offset+limit)) // a person may have several seats in a case
	if err != nil {
		return nil, err
	}
	var order []int64
	for _, x := range first {
		if !slices.Contains(order, x.Case) {
			order = append(order, x.Case)
		}
	}
	if len(order) < offset+limit && len(first) == 4*(offset+limit) {
		p.By = "due" // many seats in few cases
		return t.Boxed(ctx, p, offset, limit)
	}
	order = order[min(offset, len(order)):min(offset+limit, len(order))]
	if len(order) == 0 {
		return nil, nil
	}
	list, err = t.Boxed(ctx, desk.Picked{Box: desk.BoxAll, Person: matter.Person{All: true}, Chosen: order}, 0, limit)
	slices.SortFunc(list, func(a, b desk.Boxed) int { return slices.Index(order, a.ID) - slices.Index(order, b.ID) })
	return list, err
}

// CountBoxed implements desk.Reader.
func (t Rows) CountBoxed(ctx context.Context, p desk.Picked) (n int, err error) {
	defer fault.At(&err, "matter.CountBoxed(box %s)", p.Box)
	if whole(p) {
		text, values := ids(p)
		_, err = t.One(ctx, `SELECT COUNT(*) FROM (SELECT DISTINCT x.case_id FROM (`+text+`) x) y`, values, &n)
		return n, err
	}
	w := conditions(p)
	_, err = t.One(ctx, `SELECT COUNT(*) FROM matter_case c WHERE `+strings.Join(w.list, ` AND `), w.args, &n)
	return n, err
}

// tie writes down what a person has to do with a case.
func (t Rows) tie(ctx context.Context, id int64, e *matter.Event) error {
	add := func(person, how string) error {
		if person == "" || person == matter.TheClock {
			return nil
		}
		var n int
		found, err := t.One(ctx, `SELECT 1 FROM case_person WHERE person = ? AND how = ? AND case_id = ?`, []any{person, how, id}, &n)
		if err != nil || found {
			return err
		}
		_, err = t.Exec(ctx, `INSERT INTO case_person (person, how, case_id) VALUES (?, ?, ?)`, person, how, id)
		return err
	}
	if e.Seq == 1 {
		return add(e.Person.ID, "began")
	}
	if err := add(e.Person.ID, "did"); err != nil {
		return err
	}
	if e.Change.Head != nil {
		for _, person := range e.Change.Head.Copies {
			if err := add(person, "copied"); err != nil {
				return err
			}
		}
	}
	return nil
}
