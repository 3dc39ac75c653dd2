package mandate_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"eyas/internal/audit"
	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/mandate"
	"eyas/internal/people"
	"eyas/internal/store"
	"eyas/internal/store/pgtest"
	"eyas/packs"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// said is a name that the profile of a subject has from a time on.
type said struct {
	at   time.Time
	name string
}

// city is a base with persons, and what its profiles say of representatives.
type city struct {
	t       testing.TB
	db      *store.DB
	people  *people.People
	m       *mandate.Mandates
	now     time.Time
	history map[int64][]said
	grants  map[string]*people.Grant
}

// SubjectByCode and SubjectByID make city the subjects of its people: the code of enterprise 1 is "1".
func (c *city) SubjectByCode(ctx context.Context, _ []string, code string) (*people.Subject, error) {
	return c.SubjectByID(ctx, int64(code[0]-'0'))
}

func (c *city) SubjectByID(_ context.Context, id int64) (*people.Subject, error) {
	return &people.Subject{ID: id, Register: "enterprise", Code: string(rune('0' + id)), Orgs: []string{"120110"}}, nil
}

func open(t testing.TB, dsn string) *city {
	t.Helper()
	p, err := packs.Default()
	if err != nil {
		t.Fatal(err)
	}
	c := &city{t: t, now: time.Date(2026, 12, 1, 1, 0, 0, 0, time.UTC), history: map[int64][]said{}, grants: map[string]*people.Grant{}}
	if c.db, err = store.Open(t.Context(), dsn); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.db.Close() })
	clock := func() time.Time { return c.now }
	c.m = mandate.New(mandate.Config{Pack: p, Storage: c.db, Clock: clock,
		Lie: func(_ context.Context, subject int64, _ string) (auth.Lie, error) {
			return auth.Lie{Register: "enterprise", Subjects: []int64{subject}, Orgs: []string{"120110"}}, nil
		},
		Now: func(_ context.Context, subject int64, attr string) (string, int64, error) {
			list := c.history[subject]
			if attr != "representative" || len(list) == 0 {
				return "", 0, nil
			}
			return list[len(list)-1].name, int64(len(list)), nil
		},
		Since: func(_ context.Context, subject int64, _ string, since time.Time) (values []string, _ error) {
			before := ""
			for _, s := range c.history[subject] {
				if s.at.After(since) {
					values = append(values, s.name)
				} else {
					before = s.name
				}
			}
			return append([]string{before}, values...), nil
		}})
	c.people, err = people.New(people.Config{Pack: p, Storage: c.db, Clock: clock, Subjects: c, Mandates: c.m.Given, Legal: c.m.Says,
		Synthetic: func(context.Context) (bool, error) { return true, nil }})
	if err != nil {
		t.Fatal(err)
	}
	c.m.Actors = c.people
	return c
}

// add makes an agent of an enterprise with a name.
func (c *city) add(id, name, code string) {
	c.t.Helper()
	ctx := auth.As(c.t.Context(), auth.Local)
	if _, err := c.people.Seed(ctx, people.Person{ID: id, Name: name}, people.GrantAsk{Role: people.Enterprise, Code: code, Agent: true}, ""); err != nil {
		c.t.Fatal(err)
	}
	c.granted(id)
}

// granted reads the newest grant of a person.
func (c *city) granted(id string) {
	c.t.Helper()
	err := c.db.ReadPeople(c.t.Context(), func(r people.Reader) error {
		list, err := r.Grants(c.t.Context(), id)
		if err == nil {
			c.grants[id] = &list[len(list)-1]
		}
		return err
	})
	if err != nil {
		c.t.Fatal(err)
	}
}

// as is a context in which a person acts under his newest grant.
func (c *city) as(id string) context.Context {
	g := c.grants[id]
	return auth.In(c.t.Context(), auth.Actor{ID: id, Role: g.Role, Subject: g.Subject, Grant: g.ID})
}

// officer may say who is the representative of an enterprise of his district.
func (c *city) officer() context.Context {
	return auth.In(c.t.Context(), auth.Actor{ID: "wang", Role: "district_officer", Org: "120110"})
}

// says has the profile of an enterprise name somebody from now on.
func (c *city) says(subject int64, name string) {
	c.now = c.now.Add(time.Second)
	c.history[subject] = append(c.history[subject], said{c.now, name})
	c.now = c.now.Add(time.Second)
}

// may reports whether a person may do something for an enterprise.
func (c *city) may(id string, action auth.Action, subject int64) bool {
	return c.people.Decide(c.as(id), action, auth.Resource{Register: "enterprise", Lies: &auth.Lie{Subjects: []int64{subject}}}) == nil
}

func databases(t *testing.T, test func(t *testing.T, c *city)) {
	t.Run("sqlite", func(t *testing.T) { test(t, open(t, filepath.Join(t.TempDir(), "a.db"))) })
	t.Run("postgres", func(t *testing.T) { test(t, open(t, pgtest.URL(t))) })
}

// verified fails when the log does not prove what was written, or an entry is not proven without the base.
func (c *city) verified() {
	c.t.Helper()
	if v, err := c.db.Verify(c.t.Context(), nil, nil); err != nil || len(v.Problems) != 0 {
		c.t.Error(v, err)
	}
	if err := c.db.Seal(c.t.Context()); err != nil {
		c.t.Error(err)
	}
	seq := int64(0)
	for {
		x, err := c.db.Evidence(c.t.Context(), seq+1, 0)
		if fault.Of(err) == fault.NotFound {
			break
		}
		var text []byte
		if err == nil {
			text, err = x.JSON()
		}
		if err == nil {
			x, err = audit.ReadEvidence(text)
		}
		if err == nil {
			err = x.Check(nil)
		}
		if seq++; err != nil {
			c.t.Errorf("the proof of entry %d: %v", seq, err)
		}
	}
	if seq == 0 {
		c.t.Error("no entry is sealed")
	}
}
