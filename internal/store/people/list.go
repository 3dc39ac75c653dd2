package people

import (
	"context"
	"database/sql"
	"strings"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/people"
	"eyas/internal/store/dialect"
)

// escaped are the characters that mean something to LIKE.
var escaped = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// orders are those of the list of persons, by the names that people.Wanted has.
var orders = map[string]string{"": "id", "name": "name", "state": "state", "made": "made"}

// wanted is what persons are narrowed by, as SQL.
type wanted struct {
	text string
	args []any
}

func (c *wanted) and(text string, args ...any) {
	c.text += ` AND ` + text
	c.args = append(c.args, args...)
}

// in is a condition on one of several values.
func in[T ~string](column string, list []T) (text string, args []any) {
	for _, v := range list {
		args = append(args, string(v))
	}
	return column + ` IN ` + dialect.Marks(1, len(list)), args
}

func conditions(w people.Wanted) *wanted {
	c := &wanted{text: `WHERE 1 = 1`}
	if len(w.States) > 0 {
		text, args := in(`state`, w.States)
		c.and(text, args...)
	}
	if w.Demo {
		c.and(`demo = 1`)
	}
	if w.Text != "" {
		like := "%" + escaped.Replace(strings.ToLower(w.Text)) + "%"
		c.and(`(id LIKE ? ESCAPE '\' OR LOWER(name) LIKE ? ESCAPE '\')`, like, like)
	}
	if len(w.Roles) > 0 || len(w.Orgs) > 0 {
		c.granted(w.Roles, w.Orgs, w.Day)
	}
	if w.Second != nil {
		not := map[bool]string{true: ``, false: `NOT `}[*w.Second]
		c.and(not + `EXISTS (SELECT 1 FROM person_secret s WHERE s.person = person.id AND s.kind = '` + people.SecondKind + `')`)
	}
	if !w.From.IsZero() {
		c.and(`made >= ?`, w.From.UnixMilli())
	}
	if !w.To.IsZero() {
		c.and(`made < ?`, w.To.UnixMilli())
	}
	if n := w.Near; n != nil {
		text, args := `made_by = ? OR EXISTS (SELECT 1 FROM person_grant g WHERE g.person = person.id AND (g.subject <> 0 OR g.code <> '')`, []any{n.By}
		if len(n.Orgs) > 0 {
			more, orgs := in(`g.org`, n.Orgs)
			text, args = text[:len(text)-1]+` OR `+more+`)`, append(args, orgs...)
		}
		c.and(`(`+text+`))`, args...)
	}
	return c
}

// granted wants who holds one of some roles, for one of some organisations, on a day or later.
func (c *wanted) granted(roles []auth.Role, orgs []string, day string) {
	text, args := `EXISTS (SELECT 1 FROM person_grant g WHERE g.person = person.id AND g.state = 'given' AND (g.until_day = '' OR g.until_day >= ?)`, []any{day}
	if len(roles) > 0 {
		more, list := in(`g.role`, roles)
		text, args = text+` AND `+more, append(args, list...)
	}
	if len(orgs) > 0 {
		more, list := in(`g.org`, orgs)
		text, args = text+` AND `+more, append(args, list...)
	}
	c.and(text+`)`, args...)
}

// Persons implements people.Reader.
func (t Rows) Persons(ctx context.Context, w people.Wanted, offset, limit int) (list []people.Person, total int, err error) {
	defer fault.At(&err, "people.Persons")
	c := conditions(w)
	if _, err := t.One(ctx, `SELECT COUNT(*) FROM person `+c.text, c.args, &total); err != nil {
		return nil, 0, err
	}
	way := map[bool]string{true: ` DESC`, false: ``}[w.Desc]
	order := orders[""] + way
	if w.By != "" && orders[w.By] != "" {
		order = orders[w.By] + way + `, id` + way
	}
	list, err = t.persons(ctx, c.text+` ORDER BY `+order+` LIMIT ? OFFSET ?`, append(c.args, limit, offset)...)
	return list, total, err
}

// asked is of how many persons is asked in one statement.
const asked = 500

// Beside implements people.Reader.
func (t Rows) Beside(ctx context.Context, list []people.Seen) (err error) {
	defer fault.At(&err, "people.Beside(%d persons)", len(list))
	for ; len(list) > 0; list = list[min(asked, len(list)):] {
		if err := t.beside(ctx, list[:min(asked, len(list))]); err != nil {
			return err
		}
	}
	return nil
}

func (t Rows) beside(ctx context.Context, list []people.Seen) error {
	at, ids := map[string]*people.Seen{}, make([]string, len(list))
	for i := range list {
		at[list[i].ID], ids[i] = &list[i], list[i].ID
	}
	among, args := in(`person`, ids)
	grants, err := t.grants(ctx, `WHERE `+among+` ORDER BY id`, args...)
	if err != nil {
		return err
	}
	for _, g := range grants {
		at[g.Person].Grants = append(at[g.Person].Grants, g)
	}
	if err := t.Each(ctx, `SELECT person FROM person_secret WHERE kind = '`+people.SecondKind+`' AND `+among, args, func(rows *sql.Rows) error {
		var id string
		err := rows.Scan(&id)
		if err == nil {
			at[id].Second = true
		}
		return err
	}); err != nil {
		return err
	}
	return t.Each(ctx, `SELECT person, MAX(seen) FROM person_session WHERE half = 0 AND `+among+` GROUP BY person`, args, func(rows *sql.Rows) error {
		var id string
		var seen sql.NullInt64
		err := rows.Scan(&id, &seen)
		if err == nil {
			at[id].Last = timeOf(seen)
		}
		return err
	})
}
