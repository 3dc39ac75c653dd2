package matter

import (
	"context"
	"database/sql"
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

// waitsFor are the cases in which a person has an open seat.
func waitsFor(p matter.Person) (text string, values []any) {
	if p.All {
		return `c.id IN (SELECT s.case_id FROM case_seat s)`, nil
	}
	return `c.id IN (SELECT s.case_id FROM case_seat s WHERE s.person = ? AND s.person <> '' UNION SELECT s.case_id FROM case_seat s WHERE s.person = '' AND s.role = ? AND s.org = ? AND s.subject = ?)`,
		[]any{p.ID, p.Role, orgOf(p), p.Subject}
}

// conditions are what a box and its filters ask.
func conditions(p desk.Picked) *where {
	w := &where{}
	ties := map[desk.Box]string{desk.BoxDone: "did", desk.BoxBegun: "began", desk.BoxCopied: "copied"}
	switch {
	case p.Box == desk.BoxWaiting:
		text, values := waitsFor(p.Person)
		w.only(text, values...)
	case ties[p.Box] != "":
		w.only(`c.id IN (SELECT t.case_id FROM case_person t WHERE t.person = ? AND t.how = ?)`, p.Person.ID, ties[p.Box])
	case !p.Person.All:
		w.seen(p)
	}
	w.among(`c.matter`, anys(p.Matters))
	w.among(`c.subject`, anys(p.Subjects))
	w.among(`c.id`, anys(p.Chosen))
	if len(p.Orgs) > 0 {
		in := dialect.Marks(1, len(p.Orgs))
		w.only(`(c.district IN `+in+` OR c.park IN `+in+`)`, append(anys(p.Orgs), anys(p.Orgs)...)...)
	}
	w.places(p)
	w.due(p)
	if len(w.list) == 0 {
		w.only(`1 = 1`)
	}
	return w
}

// among asks for one of several values; nil: it is not asked for.
func (w *where) among(column string, values []any) {
	if len(values) > 0 {
		w.only(column+` IN `+dialect.Marks(1, len(values)), values...)
	}
}

// seen are the cases that somebody sees: what lies in his scope, what waits for him, and what he had to do with.
func (w *where) seen(p desk.Picked) {
	var list []string
	var args []any
	for _, s := range p.Seen {
		if s.All {
			list, args = append(list, `c.register = ?`), append(args, s.Register)
			continue
		}
		if n := len(s.Orgs); n > 0 {
			in := dialect.Marks(1, n)
			list = append(list, `(c.register = ? AND (c.district IN `+in+` OR c.park IN `+in+`))`)
			args = append(append(append(args, s.Register), anys(s.Orgs)...), anys(s.Orgs)...)
		}
		if n := len(s.Subjects); n > 0 {
			list = append(list, `(c.register = ? AND c.subject IN `+dialect.Marks(1, n)+`)`)
			args = append(append(args, s.Register), anys(s.Subjects)...)
		}
	}
	text, values := waitsFor(p.Person)
	list, args = append(list, text), append(args, values...)
	list, args = append(list, `c.id IN (SELECT t.case_id FROM case_person t WHERE t.person = ?)`), append(args, p.Person.ID)
	w.either(list, args)
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

// CountBoxed implements desk.Reader.
func (t Rows) CountBoxed(ctx context.Context, p desk.Picked) (n int, err error) {
	defer fault.At(&err, "matter.CountBoxed(box %s)", p.Box)
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
