package desk_test

import (
	"slices"
	"testing"

	"eyas/internal/matter"
	"eyas/internal/matter/desk"
	"eyas/internal/pack"
)

// A certificate is found by its number with the code of its holder, also when the holder was merged into another subject since: by the
// code before, and by the one that counts now.
func TestCertificateOfAMergedHolder(t *testing.T) {
	both(t, func(r *rig) {
		r.Config.ByCode = desk.Coded(r.svc.Find)
		old, now := "91120110MA0000001D", "91120110MA0000002X"
		one, two := r.firm(old, "甲区示例机械有限公司"), r.firm(now, "乙区示例材料有限公司")
		number := "202112011012345678"
		c := r.act(r.begin("tsme", one), pass(), pass(), granted("2021-03-01"), numbered(number, "2021-03-01"))
		list, err := r.Certificates(r.t.Context(), c.ID)
		if err != nil || len(list) != 1 {
			r.t.Fatal(list, err)
		}
		told := func(when, code, want string) {
			r.t.Helper()
			x, err := r.VerifyNumber(r.t.Context(), number, code)
			if err != nil || x.State != want {
				r.t.Errorf("%s, by the code %s: %+v, %v, want %s", when, code, x, err, want)
			}
		}
		told("before", old, desk.Valid)
		told("before", now, desk.Unknown)
		told("before", "甲区示例机械有限公司", desk.Unknown)
		if _, err := r.svc.Merge(r.t.Context(), one, two, "同一家"); err != nil {
			r.t.Fatal(err)
		}
		x, err := r.Verify(r.t.Context(), list[0].Token)
		if err != nil || x.State != desk.Valid || x.Holder == "" {
			r.t.Errorf("by its token: %+v, %v", x, err)
		}
		told("merged", now, desk.Valid)
		told("merged", old, desk.Valid)
		told("merged", "乙区示例材料有限公司", desk.Unknown) // who knows a name knows no code
		r.now = r.now.AddDate(0, 1, 0)
		r.act(c, matter.Act{Do: matter.ActRevoke, Note: "数据不实", On: "2021-03-01"})
		told("taken back", now, desk.Unknown)
		if x, err := r.Verify(r.t.Context(), list[0].Token); err != nil || x.State != desk.Unknown || x.Holder+x.Number != "" {
			r.t.Errorf("taken back: %+v, %v", x, err)
		}
	})
}

// Numbers that a matter makes go on behind one of them that somebody gave by hand.
func TestMadeNumbersGoOn(t *testing.T) {
	both(t, func(r *rig) {
		m := *r.pack.Matter("tsme")
		own := *r.pack
		own.Matters = slices.Clone(own.Matters)
		own.Matters[slices.Index(own.Matters, r.pack.Matter("tsme"))] = &m
		m.Stages = slices.Clone(m.Stages)
		for i, s := range m.Stages {
			if s.Number != nil {
				made := *s
				made.Number, made.Fields = &pack.NumberRule{Form: "KJ{year}-{n:4}"}, nil
				for _, f := range s.Fields {
					free := *f
					free.Required = false
					made.Fields = append(made.Fields, &free)
				}
				m.Stages[i] = &made
			}
		}
		r.Config.Pack = &own
		one, two := r.firm("91120110MA0000001D", "甲区示例机械有限公司"), r.firm("91120110MA0000002X", "乙区示例材料有限公司")
		r.act(r.begin("tsme", one), pass(), pass(), granted("2021-03-01"), numbered("KJ2021-0001", "2021-03-01"))
		c := r.act(r.begin("tsme", two), pass(), pass(), granted("2021-03-01"), pass())
		if got := c.Issued[0].Number; got != "KJ2021-0002" {
			r.t.Errorf("number %s", got)
		}
	})
}

// The cases of a subject that was merged into another one are that one's: they are listed, and none is begun beside them.
func TestCasesOfAMergedSubject(t *testing.T) {
	both(t, func(r *rig) {
		one, two, other := r.firm("91120110MA0000001D", "甲区示例机械有限公司"), r.firm("91120110MA0000002X", "乙区示例材料有限公司"), r.firm("91120110MA0000003C", "丙区示例电子有限公司")
		c := r.begin("tsme", one)
		id, err := r.svc.Merge(r.t.Context(), one, two, "同一家")
		if err != nil {
			r.t.Fatal(err)
		}
		look := func(when string, subject int64, want int) {
			r.t.Helper()
			if list, total, err := r.Of(r.t.Context(), subject, 10); err != nil || total != want || len(list) != want {
				r.t.Errorf("%s: %v, %d, %v, want %d", when, list, total, err, want)
			}
			starts, err := r.Startables(r.t.Context(), "enterprise", subject)
			i := slices.IndexFunc(starts, func(x desk.Startable) bool { return x.ID == "tsme" })
			if err != nil || i < 0 || starts[i].Running != int64(want)*c.ID {
				r.t.Errorf("%s: %v, %v", when, starts, err)
			}
		}
		look("merged", two, 1)
		look("another one", other, 0)
		if err := r.svc.Unmerge(r.t.Context(), id); err != nil {
			r.t.Fatal(err)
		}
		look("no more", two, 0)
		look("no more", one, 1)
	})
}
