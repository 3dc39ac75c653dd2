package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/matter"
	"eyas/internal/matter/desk"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/store/migrations"
	"eyas/packs"
)

// clerks are the actors of a test, by their ids.
type clerks struct {
	auth.Directory
	list map[string]auth.Actor
}

func (c clerks) Acting(ctx context.Context) auth.Actor { return c.list[auth.Of(ctx)] }

func (c clerks) Decide(context.Context, auth.Action, auth.Resource) error { return nil }

func (c clerks) Scope(ctx context.Context, register string) (auth.Scope, error) {
	return auth.Accountless().Scope(auth.As(ctx, auth.Local), register)
}

// Cases on both databases: two who act at once, a key that is used twice, the same answers after the base was opened again, and a log
// that proves it all.
func TestCases(t *testing.T) {
	p, err := packs.Default()
	if err != nil {
		t.Fatal(err)
	}
	all, err := migrations.All()
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2021, 3, 1, 2, 0, 0, 0, time.UTC)
	actors := clerks{list: map[string]auth.Actor{"firm": {ID: "firm", Role: "enterprise", Subject: 1}, auth.Local: {ID: auth.Local, Role: auth.Operator}}}
	for i := range 4 {
		id := fmt.Sprint("officer", i)
		actors.list[id] = auth.Actor{ID: id, Role: "district_officer", Org: "120110"}
	}
	open := func(db *DB) *desk.Desk {
		return desk.New(desk.Config{Pack: p, Storage: db, Clock: func() time.Time { return now }, Actors: actors,
			Lie: func(context.Context, int64, string) (auth.Lie, error) {
				return auth.Lie{Register: "enterprise", Orgs: []string{"120110"}, Subjects: []int64{1}}, nil
			},
			Profile: func(context.Context, int64) (*fact.Profile, error) { return &fact.Profile{Subject: 1}, nil }})
	}
	form := func() *matter.Form {
		f := &matter.Form{Values: map[string]string{}, Files: map[string][]matter.File{}}
		m := p.Matter("tsme")
		for _, s := range m.Form.Sections {
			for _, x := range s.Fields {
				if x.Rows == nil {
					f.Values[x.ID] = map[bool]string{true: "2020-01-01", false: "5"}[x.Attr.Kind == pack.Date]
				}
			}
		}
		f.Files["letter"] = []matter.File{{Name: "a.pdf"}}
		return f
	}()
	databases(t, func(t *testing.T, dsn string) {
		as := func(id string) context.Context { return auth.As(t.Context(), id) }
		use(t, dsn, all, func(db *DB) {
			seat := func(person, role, org string, subject int64) {
				t.Helper()
				for _, text := range []string{
					fmt.Sprintf(`INSERT INTO person (id, name, phone, mail, state, demo, made, made_by, successor) VALUES ('%s', '', '', '', 'active', 1, 0, '', '')`, person),
					fmt.Sprintf(`INSERT INTO person_grant (id, person, role, org, subject, code, from_day, until_day, state, reason, proposed_by, decided_by, taken_by)
SELECT COALESCE(MAX(id), 0) + 1, '%s', '%s', '%s', %d, '', '2020-01-01', '', 'given', '', '', '', '' FROM person_grant`, person, role, org, subject)} {
					if _, err := db.room.Base.Write.Exec(text); err != nil {
						t.Fatal(err)
					}
				}
			}
			for id, a := range actors.list {
				if id != auth.Local {
					seat(id, string(a.Role), a.Org, a.Subject)
				}
			}
			d := open(db)
			var begun sync.WaitGroup
			ids := make([]int64, 4)
			for i := range ids { // a double click begins one case
				begun.Go(func() {
					done, err := d.Begin(as("firm"), "tsme", 1, form, "key")
					if err != nil {
						t.Error(err)
						return
					}
					ids[i] = done.Case.ID
				})
			}
			begun.Wait()
			if ids[0] != 1 || ids[1] != 1 || ids[2] != 1 || ids[3] != 1 {
				t.Errorf("begun %v", ids)
			}
			if _, err := d.Act(as("firm"), 1, matter.Act{Do: matter.ActPass}); err != nil {
				t.Fatal(err)
			}
			inbox, err := d.Inbox(as("officer2"), 10)
			if err != nil || len(inbox) != 1 || inbox[0].Stage != "check" || inbox[0].Due != "2021-03-08" {
				t.Errorf("inbox %+v, %v", inbox, err)
			}
			// Of four who decide upon the same sight, one does, and three are told.
			var told, done int
			var mu sync.Mutex
			var acts sync.WaitGroup
			for i := range 4 {
				acts.Go(func() {
					_, err := d.Act(as(fmt.Sprint("officer", i)), 1, matter.Act{Do: matter.ActPass, Visit: 2, Seen: 2})
					mu.Lock()
					defer mu.Unlock()
					var f *fault.Error
					switch {
					case err == nil:
						done++
					case errors.As(err, &f) && f.Code == fault.Conflict:
						told++
					default:
						t.Error(err)
					}
				})
			}
			acts.Wait()
			if done != 1 || told != 3 {
				t.Errorf("%d did it, %d were told", done, told)
			}
			testBoxes(t, d, as)
		})
		use(t, dsn, all, func(db *DB) {
			d := open(db)
			seen, err := d.Show(as(auth.Local), 1)
			if err != nil {
				t.Fatal(err)
			}
			folded, err := matter.Fold(&matter.Case{}, seen.Events...)
			if err != nil {
				t.Fatal(err)
			}
			x, _ := json.Marshal(folded)
			if y, _ := json.Marshal(seen.Case); string(x) != string(y) {
				t.Errorf("the record makes\n%s\nkept is\n%s", x, y)
			}
			now = now.AddDate(0, 2, 0) // the limit of the outside stage is over
			defer func() { now = now.AddDate(0, -2, 0) }()
			if n, err := d.Tick(as(auth.Self), 10); err != nil || n != 1 {
				t.Errorf("the clock did something in %d cases, %v", n, err)
			}
			if n, err := d.Tick(as(auth.Self), 10); err != nil || n != 0 {
				t.Errorf("again in %d cases, %v", n, err)
			}
			list, err := d.List(as(auth.Local), desk.Wanted{Matter: "tsme", Stage: "national", Org: "120110"})
			if err != nil || len(list) != 1 || list[0].ID != 1 {
				t.Errorf("listed %+v, %v", list, err)
			}
			// The persons of this test came without the log; of cases it proves everything.
			wrong := func() (n int) {
				v, err := db.Verify(t.Context(), nil, nil)
				if err != nil {
					t.Fatal(err)
				}
				for _, x := range v.Problems {
					if strings.HasPrefix(x.What, "case-event") {
						n++
					}
				}
				return n
			}
			if n := wrong(); n != 0 {
				t.Errorf("%d problems", n)
			}
			if _, err := db.room.Base.Write.Exec(`UPDATE case_event SET body = '{}' WHERE seq = 2`); err != nil {
				t.Fatal(err)
			}
			if n := wrong(); n != 1 {
				t.Errorf("a changed record: %d problems", n)
			}
		})
	})
}

// testBoxes: each finds the case where he has to do with it, and in all that he sees; filters count what they list.
func testBoxes(t *testing.T, d *desk.Desk, as func(string) context.Context) {
	t.Helper()
	if _, err := d.Act(as("officer0"), 1, matter.Act{Do: matter.ActCopy, To: "officer1"}); err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		who  string
		p    desk.Picked
		want int
	}{
		{"firm", desk.Picked{Box: desk.BoxBegun}, 1}, {"firm", desk.Picked{Box: desk.BoxDone}, 1}, {"firm", desk.Picked{Box: desk.BoxWaiting}, 0}, {"officer0", desk.Picked{Box: desk.BoxDone}, 1},
		{"officer1", desk.Picked{Box: desk.BoxCopied}, 1}, {"officer2", desk.Picked{Box: desk.BoxCopied}, 0}, {"officer2", desk.Picked{Box: desk.BoxWaiting}, 1}, {"officer2", desk.Picked{Box: desk.BoxAll, Due: []string{desk.DueLater}}, 1},
		{"officer2", desk.Picked{Box: desk.BoxAll, Due: []string{desk.DueLate, desk.DueSoon, desk.DueNone, desk.DueEnded}}, 0}, {"officer2", desk.Picked{Box: desk.BoxAll, Stages: []desk.Place{{Matter: "tsme", ID: "national"}}}, 1},
		{"officer2", desk.Picked{Box: desk.BoxAll, Ends: []desk.Place{{Matter: "tsme", ID: "listed"}}}, 0}, {"officer2", desk.Picked{Box: desk.BoxAll, Orgs: []string{"120111"}}, 0}, {"officer2", desk.Picked{Box: desk.BoxAll, Subjects: []int64{1}, By: "due"}, 1},
	} {
		list, total, err := d.Page(as(x.who), x.p, 0, 10)
		if err != nil || total != x.want || len(list) != total {
			t.Errorf("%s finds %d, counted %d in %+v, want %d (%v)", x.who, len(list), total, x.p, x.want, err)
		}
	}
}
