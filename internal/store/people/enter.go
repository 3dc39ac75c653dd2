package people

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"strings"
	"time"

	"eyas/internal/fault"
	"eyas/internal/people"
)

// of is a list of columns of a table by its alias.
func of(alias, columns string) string {
	return alias + `.` + strings.ReplaceAll(columns, `, `, `, `+alias+`.`)
}

// holding are the conditions under which a grant g holds on a day, which is given twice.
const holding = `g.state = 'given' AND g.from_day <= ? AND (g.until_day = '' OR g.until_day >= ?)`

// entering reads who acts under a session: one row for each grant of his, or one without, and a row for each grant of somebody
// for whom he stands in.
var entering = `SELECT 0 AS part, ` + of("s", sessionColumns) + `, ` + of("p", personColumns) + `, COALESCE(w.at, -1), COALESCE(w.forced, 0),
  CASE WHEN x.person IS NULL THEN 0 ELSE 1 END, ` + grantOrNone + `
FROM person_session s JOIN person p ON p.id = s.person
LEFT JOIN person_password w ON w.person = p.id AND w.n = (SELECT MAX(n) FROM person_password WHERE person = s.person)
LEFT JOIN person_secret x ON x.person = p.id AND x.kind = '` + people.SecondKind + `'
LEFT JOIN person_grant g ON g.person = p.id AND ` + holding + `
WHERE s.token = ?
UNION ALL
SELECT 1, ` + of("s", sessionColumns) + `, ` + of("p", personColumns) + `, -1, 0, 0, ` + grantOrNone + `
FROM person_session s JOIN person_deputy d ON d.deputy = s.person AND d.ended IS NULL AND d.from_day <= ? AND d.until_day >= ?
JOIN person p ON p.id = d.person JOIN person_grant g ON g.person = d.person AND ` + holding + `
WHERE s.token = ?`

// grantOrNone are the columns of a grant that there may be none of.
var grantOrNone = func() string {
	var list []string
	for _, c := range strings.Split(grantColumns, ", ") {
		switch c {
		case "id", "subject":
			list = append(list, `COALESCE(g.`+c+`, 0)`)
		case "proposed_at", "decided_at", "taken_at":
			list = append(list, `g.`+c)
		default:
			list = append(list, `COALESCE(g.`+c+`, '')`)
		}
	}
	return strings.Join(list, ", ")
}()

// Entering implements people.Reader.
func (t Rows) Entering(ctx context.Context, key, day string) (e *people.Entering, err error) {
	defer fault.At(&err, "people.Entering")
	args := []any{day, day, key, day, day, day, day, key}
	err = t.Each(ctx, entering, args, func(rows *sql.Rows) error {
		var part, set, forced, second int64
		var s sessionRow
		var p personRow
		var g grantRow
		cells := append([]any{&part}, s.cells()...)
		cells = append(append(cells, p.cells()...), &set, &forced, &second)
		if err := rows.Scan(append(cells, g.cells()...)...); err != nil {
			return err
		}
		if e == nil {
			e = &people.Entering{Session: s.session()}
		}
		grant := g.grant()
		if part == 0 {
			e.Person, e.Second = p.person(), second != 0
			if set >= 0 {
				e.Password = &people.Password{At: time.UnixMilli(set).UTC(), Forced: forced != 0}
			}
		}
		if grant.ID != 0 {
			e.Grants = append(e.Grants, grant)
		}
		return nil
	})
	if err != nil || e == nil || e.Session.View == "" {
		return inOrder(e), err
	}
	if e.Viewed, err = t.Person(ctx, e.Session.View); err != nil {
		return nil, err
	}
	e.View, err = t.Grant(ctx, e.Session.ViewGrant)
	return inOrder(e), err
}

// inOrder puts the own grants first, each kind by number: a database gives rows in any order.
func inOrder(e *people.Entering) *people.Entering {
	if e != nil {
		slices.SortFunc(e.Grants, func(a, b people.Grant) int {
			own := func(g *people.Grant) int { return map[bool]int{true: 0, false: 1}[g.Person == e.Person.ID] }
			return cmp.Or(own(&a)-own(&b), cmp.Compare(a.ID, b.ID))
		})
	}
	return e
}
