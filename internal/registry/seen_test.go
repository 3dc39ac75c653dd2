package registry_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"

	"eyas/internal/fault"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/sight"
)

// Of any number who decide upon the same sight exactly one is taken; the others are told, and their decision is no part of
// the base. Upon what is now, each would be taken.
func TestUpon(t *testing.T) {
	both(t, func(r *rig) {
		ctx := t.Context()
		head := "统一社会信用代码,企业名称,2020年销售收入（元）,从业人数,联系电话"
		r.take(r.file("a.csv", head, code(1)+",甲公司,100,7,13812345678", code(2)+",乙公司,5,8,", code(3)+",丙公司,5,8,"), enterprise)
		a, b, c := r.one(code(1)), r.one(code(2)), r.one(code(3))
		record := b.Fact("sales", 2020).Record
		change := func(p *fact.Profile) string { return strconv.FormatInt(p.Change, 10) }
		enter := func(values map[string]string, void ...string) func(context.Context, int) error {
			return func(ctx context.Context, i int) error {
				e := intake.Entry{Register: "enterprise", Subject: a.Subject, Values: map[string]string{}, Void: void, Source: "correction", Form: "表单", Reason: "核对"}
				for key, text := range values {
					e.Values[key] = text + strconv.Itoa(i)
				}
				_, _, err := r.Enter(ctx, e)
				return err
			}
		}
		for _, x := range []struct {
			name  string
			seen  sight.Seen
			write func(ctx context.Context, i int) error
		}{
			{"a figure", sight.Seen{sight.SawValue(a.Subject, "sales@2020"): sight.Mark(a.Fact("sales", 2020))}, enter(map[string]string{"sales@2020": "20"})},
			{"two values", sight.Seen{sight.SawValue(a.Subject, "staff"): sight.Mark(a.Fact("staff", 0)), sight.SawValue(a.Subject, "phone"): sight.Mark(a.Fact("phone", 0))},
				enter(map[string]string{"staff@2020": "3", "phone": "1391234567"})},
			{"nothing known", sight.Seen{sight.SawValue(a.Subject, "sales@2019"): sight.Mark(nil)}, enter(map[string]string{"sales@2019": "20"})},
			{"declared wrong", sight.Seen{sight.SawValue(a.Subject, "sales@2019"): "?"}, enter(nil, "sales@2019")},
			{"a moved record", sight.Seen{sight.SawRecord(record): strconv.FormatInt(b.Subject, 10)}, func(ctx context.Context, i int) error {
				_, err := r.Relink(ctx, record, 0, fmt.Sprint(i))
				return err
			}},
			{"a place", sight.Seen{sight.SawPlace("某某路"): ""}, func(ctx context.Context, i int) error {
				_, err := r.AnswerPlace(ctx, "某某路", []string{"120101", "120103", "120104", "120110"}[i%4], nil)
				return err
			}},
			{"a header", sight.Seen{sight.SawHeader("enterprise", "人手"): ""}, func(ctx context.Context, i int) error {
				return r.Remember(ctx, "enterprise", map[string]string{"人手": []string{"staff@2020", "sales@2020", "-", "rd_expense@2020"}[i%4]})
			}},
			{"a merge", sight.Seen{sight.SawSubject(c.Subject): change(c)}, func(ctx context.Context, i int) error {
				_, err := r.Merge(ctx, c.Subject, a.Subject, fmt.Sprint(i))
				return err
			}},
		} {
			if mark := x.seen[sight.SawValue(a.Subject, "sales@2019")]; mark == "?" { // as it stands after the case before
				p, err := r.Profile(ctx, a.Subject)
				if err != nil {
					t.Fatal(err)
				}
				x.seen[sight.SawValue(a.Subject, "sales@2019")] = sight.Mark(p.Fact("sales", 2019))
			}
			before := r.log(t)
			const many = 8
			errs := make([]error, many)
			var all sync.WaitGroup
			for i := range many {
				all.Go(func() {
					errs[i] = r.Upon(ctx, x.seen, func(ctx context.Context) error { return x.write(ctx, i) })
				})
			}
			all.Wait()
			taken, stale := 0, (*sight.Stale)(nil)
			for _, err := range errs {
				switch {
				case err == nil:
					taken++
				case fault.Of(err) != fault.Conflict || !errors.As(err, &stale) || len(stale.Things) == 0:
					t.Errorf("%s: %v", x.name, err)
				}
			}
			if taken != 1 {
				t.Errorf("%s: %d of %d are taken", x.name, taken, many)
				continue
			}
			if n := r.log(t) - before; n < 1 || n > 2 {
				t.Errorf("%s: %d lines in the log", x.name, n)
			}
			if len(stale.Now) != len(x.seen) {
				t.Errorf("%s: told the marks %v", x.name, stale.Now)
			}
			// Whoever has been told may decide all the same.
			if x.name != "a merge" && x.name != "a moved record" {
				if err := r.Upon(ctx, stale.Now, func(ctx context.Context) error { return x.write(ctx, 9) }); err != nil {
					t.Errorf("%s: all the same: %v", x.name, err)
				}
			}
		}
		for _, thing := range []string{"", "value:x/staff", "value:1/nosuch", "nothing:1", "question:9999", "subject:9999", "record:9999"} {
			err := r.Upon(ctx, sight.Seen{thing: ""}, func(context.Context) error { t.Error("written"); return nil })
			if code := fault.Of(err); code != fault.Invalid && code != fault.NotFound {
				t.Errorf("%q: %v", thing, err)
			}
		}
	})
}

// log counts the lines of the operation log.
func (r *rig) log(t *testing.T) int64 {
	head, err := r.db.VerifyAudit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return head.Size
}

// Of several who enter the same new subject at once one is taken, and the others are told who it is.
func TestEnterNew(t *testing.T) {
	both(t, func(r *rig) {
		e := intake.Entry{Register: "enterprise", Values: map[string]string{"code": code(5), "name": "戊公司"}, Source: "form", Form: "表单", New: true}
		e.Values = map[string]string{r.pack.Registers[0].CodeAttr: code(5), r.pack.Registers[0].NameAttr: "戊公司"}
		errs := make([]error, 6)
		var all sync.WaitGroup
		for i := range errs {
			all.Go(func() { _, _, errs[i] = r.Enter(t.Context(), e) })
		}
		all.Wait()
		taken := 0
		for _, err := range errs {
			var known *intake.AlreadyKnown
			if err == nil {
				taken++
			} else if fault.Of(err) != fault.Conflict || !errors.As(err, &known) || known.Subject != r.one(code(5)).Subject {
				t.Errorf("%v", err)
			}
		}
		if taken != 1 {
			t.Errorf("%d were taken", taken)
		}
		e.New = false
		if _, _, err := r.Enter(t.Context(), e); err != nil {
			t.Errorf("all the same: %v", err)
		}
	})
}
