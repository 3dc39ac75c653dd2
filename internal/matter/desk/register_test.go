package desk_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/figure"
	"eyas/internal/matter"
	"eyas/internal/matter/condition"
	"eyas/internal/matter/desk"
	"eyas/internal/pack"
	"eyas/internal/registry"
	"eyas/internal/registry/intake"
	"eyas/internal/store"
	"eyas/internal/store/pgtest"
	"eyas/packs"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// rig is a base with cases and registers, for its one operator.
type rig struct {
	*desk.Desk
	t      *testing.T
	pack   *pack.Pack
	db     *store.DB
	svc    *registry.Registry
	now    time.Time
	attest func(ctx context.Context, e intake.Entry) (int64, error)
}

// both runs a test on SQLite and on PostgreSQL.
func both(t *testing.T, test func(r *rig)) {
	t.Run("SQLite", func(t *testing.T) { test(newRig(t, filepath.Join(t.TempDir(), "base.db"))) })
	t.Run("Postgres", func(t *testing.T) { test(newRig(t, pgtest.URL(t))) })
}

func newRig(t *testing.T, dsn string) *rig {
	t.Helper()
	p, err := packs.Default()
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	terms, err := condition.Compile(p)
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, pack: p, db: db, now: time.Date(2021, 3, 1, 2, 0, 0, 0, time.UTC)}
	clock := func() time.Time { return r.now }
	r.svc = registry.New(p, db, clock)
	r.attest = r.svc.Attest
	r.Desk = desk.New(desk.Config{Pack: p, Conditions: terms, Storage: db, Clock: clock, Actors: auth.Accountless(), Lie: r.svc.Lie, Profile: r.svc.Profile, Listed: r.svc.Listed, Seen: r.svc.Seen, Root: r.svc.Root, Connected: r.svc.Connected,
		Attest: func(ctx context.Context, e intake.Entry) (int64, error) { return r.attest(ctx, e) }})
	return r
}

// firm enters an enterprise.
func (r *rig) firm(code, name string) int64 {
	r.t.Helper()
	_, id, err := r.svc.Enter(r.t.Context(), intake.Entry{Register: "enterprise", Source: "form", Form: "form", Lang: "zh-CN",
		Values: map[string]string{"uscc": code, "name": name, "district": "东丽区", "registered_on": "2015-03-01"}})
	if err != nil {
		r.t.Fatal(err)
	}
	return id
}

// form is a form of a matter in which nothing is missing.
func (r *rig) form(id string) *matter.Form {
	m := r.pack.Matter(id)
	f := &matter.Form{Values: map[string]string{}, Rows: map[string][]map[string]string{}, Files: map[string][]matter.File{}}
	for _, s := range m.Form.Sections {
		for _, x := range s.Fields {
			switch {
			case x.Rows != nil:
				row := map[string]string{}
				for _, y := range x.Rows.Fields {
					row[y.ID] = value(y.Attr)
				}
				f.Rows[x.ID] = []map[string]string{row}
			case x.ID != "name" && x.ID != "uscc" && x.ID != "registered_on":
				f.Values[x.ID] = value(x.Attr)
			}
		}
	}
	for _, a := range m.Form.Attachments {
		f.Files[a.ID] = []matter.File{{Name: "a." + a.Types[0]}}
	}
	return f
}

func value(a *pack.Attribute) string {
	return map[pack.Kind]string{pack.Date: "2020-01-01", pack.Money: "5万元", pack.Boolean: "是", pack.Integer: "5", pack.Decimal: "5"}[a.Kind] + map[bool]string{true: "5"}[a.Kind == pack.String || a.Kind == pack.Code]
}

func (r *rig) begin(id string, subject int64) *matter.Case {
	r.t.Helper()
	done, err := r.Begin(r.t.Context(), id, subject, r.form(id), "")
	if err != nil {
		r.t.Fatal(err)
	}
	return done.Case
}

func (r *rig) act(c *matter.Case, acts ...matter.Act) *matter.Case {
	r.t.Helper()
	for _, a := range acts {
		done, err := r.Act(r.t.Context(), c.ID, a)
		if err != nil {
			r.t.Fatal(err)
		}
		c = done.Case
	}
	return c
}

// known is what the register says of an attribute now.
func (r *rig) known(subject int64, attr string) string {
	r.t.Helper()
	p, err := r.svc.Profile(r.t.Context(), subject)
	if err != nil {
		r.t.Fatal(err)
	}
	f := p.Fact(attr, 0)
	switch {
	case f == nil || f.Void:
		return ""
	case f.Attr.Kind == pack.Date:
		return figure.Day(float64(f.Value.Int))
	case f.Attr.Kind.Numeric():
		return figure.Num(f.Value.Num)
	}
	return f.Value.Str
}

func pass() matter.Act { return matter.Act{Do: matter.ActPass} }

func granted(on matter.Day) matter.Act {
	return matter.Act{Do: matter.ActReport, State: "granted", On: on}
}

func numbered(number string, on matter.Day) matter.Act {
	return matter.Act{Do: matter.ActPass, Fields: map[string]string{"number": number, "issued_on": string(on)}}
}

// A certificate, its end and its event are one write: a fault on either side of what the register gets leaves nothing of them.
func TestCertificateIsWhole(t *testing.T) {
	both(t, func(r *rig) {
		firm := r.firm("91120110MA0000001D", "甲区示例机械有限公司")
		c := r.act(r.begin("tsme", firm), pass(), pass(), granted("2021-03-01"))
		broken := errors.New("the power went")
		halves := map[string]func(context.Context, intake.Entry) (int64, error){
			"before": func(context.Context, intake.Entry) (int64, error) { return 0, broken },
			"after": func(ctx context.Context, e intake.Entry) (int64, error) {
				if _, err := r.svc.Attest(ctx, e); err != nil {
					return 0, err
				}
				return 0, broken
			},
		}
		whole := func(step string, act matter.Act, attr, want string) {
			t := r.t
			before, seq := r.known(firm, attr), c.Seq
			for name, half := range halves {
				r.attest = half
				if _, err := r.Act(t.Context(), c.ID, act); !errors.Is(err, broken) {
					t.Fatalf("%s, %s: %v", step, name, err)
				}
				r.attest = r.svc.Attest
				seen, err := r.Show(t.Context(), c.ID)
				if err != nil {
					t.Fatal(err)
				}
				if got := r.known(firm, attr); got != before || seen.Case.Seq != seq {
					t.Errorf("%s, a fault %s: the register says %q, the case has %d events", step, name, got, seen.Case.Seq)
				}
			}
			c = r.act(c, act)
			if got := r.known(firm, attr); got != want {
				t.Errorf("%s: the register says %q, want %q", step, got, want)
			}
		}
		whole("issue", numbered("202112011012345678", "2021-03-01"), "cert_tsme_until", "2022-03-31")
		if got := r.known(firm, "cert_tsme_no"); got != "202112011012345678" {
			r.t.Errorf("number %q", got)
		}
		r.now = r.now.AddDate(0, 2, 0)
		whole("revoke from a day on", matter.Act{Do: matter.ActRevoke, Note: "数据不实", On: "2021-04-15"}, "cert_tsme_until", "2021-04-14")
		if c.End != "revoked" {
			r.t.Errorf("end %q", c.End)
		}
		if v, err := r.db.Verify(r.t.Context(), nil, nil); err != nil || len(v.Problems) != 0 {
			r.t.Errorf("%v, %v", v, err)
		}
	})
}

// A number belongs to one certificate, must be written as the matter says, and is free again when the certificate was taken back.
func TestCertificateNumbers(t *testing.T) {
	both(t, func(r *rig) {
		one := r.firm("91120110MA0000001D", "甲区示例机械有限公司")
		two := r.firm("91120110MA0000002X", "乙区示例材料有限公司")
		a := r.act(r.begin("tsme", one), pass(), pass(), granted("2021-03-01"))
		b := r.act(r.begin("tsme", two), pass(), pass(), granted("2021-03-01"))
		if _, err := r.Act(r.t.Context(), a.ID, numbered("第1号", "2021-03-01")); fault.Of(err) != fault.Invalid {
			r.t.Errorf("a number that is none: %v", err)
		}
		if _, err := r.Act(r.t.Context(), a.ID, numbered("202112011012345678", "2021-03-02")); fault.Of(err) != fault.Invalid {
			r.t.Errorf("issued tomorrow: %v", err)
		}
		a = r.act(a, numbered("202112011012345678", "2021-03-01"))
		if _, err := r.Act(r.t.Context(), b.ID, numbered("202112011012345678", "2021-03-01")); fault.Of(err) != fault.Conflict || !strings.Contains(fmt.Sprint(err), "case 1") {
			r.t.Errorf("a number twice: %v", err)
		}
		r.act(a, matter.Act{Do: matter.ActRevoke, Note: "发错", On: "2021-03-01"})
		if got := r.known(one, "cert_tsme_no"); got != "" {
			r.t.Errorf("taken back, but the register says %q", got)
		}
		r.act(b, numbered("202112011012345678", "2021-03-01"))
		if got := r.known(two, "cert_tsme_no"); got != "202112011012345678" {
			r.t.Errorf("number %q", got)
		}
	})
}

// A promise that is not kept stands in the register with the event of the clock, once; and a matter reads it.
func TestBrokenPromise(t *testing.T) {
	both(t, func(r *rig) {
		firm := r.firm("91120110MA0000001D", "甲区示例机械有限公司")
		promised := func() matter.Act {
			f := r.form("hnte")
			f.Files["audit"] = nil
			return matter.Act{Do: matter.ActPass, Form: f, Promise: []string{"audit"}}
		}
		c := r.act(r.begin("hnte", firm), promised())
		r.now = r.now.AddDate(0, 0, 40)
		broken := errors.New("the power went")
		r.attest = func(context.Context, intake.Entry) (int64, error) { return 0, broken }
		if _, err := r.Tick(auth.As(r.t.Context(), auth.Self), 10); !errors.Is(err, broken) {
			r.t.Fatal(err)
		}
		seen, err := r.Show(r.t.Context(), c.ID)
		if err != nil || seen.Case.Promises[0].Broken || r.known(firm, "promises_broken") != "" {
			r.t.Errorf("half a promise is broken: %+v, %v", seen.Case.Promises, err)
		}
		r.attest = r.svc.Attest
		for range 2 { // the second night has nothing to do
			if _, err := r.Tick(auth.As(r.t.Context(), auth.Self), 10); err != nil {
				r.t.Fatal(err)
			}
		}
		if got := r.known(firm, "promises_broken"); got != "1" {
			r.t.Errorf("%q promises are broken", got)
		}
		if got := r.known(firm, "promise_broken_on"); got != "2021-04-10" {
			r.t.Errorf("broken on %q", got)
		}
		again := r.begin("hnte", firm)
		if _, err := r.Act(r.t.Context(), again.ID, promised()); fault.Of(err) != fault.Conflict || !strings.Contains(fmt.Sprint(err), "a promise was broken before") {
			r.t.Errorf("another promise: %v", err)
		}
		r.act(again, pass())
	})
}
