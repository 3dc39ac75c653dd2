package desk_test

import (
	"context"
	"testing"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/matter"
	"eyas/internal/matter/desk"
	"eyas/internal/pack"
)

// as is the desk for persons with rights, and a context in which one of them acts. Firms have consented to be seen by the bank.
func (r *rig) as(firms ...int64) (*desk.Desk, func(a auth.Actor) context.Context) {
	r.t.Helper()
	rights, err := auth.New(r.pack)
	if err != nil {
		r.t.Fatal(err)
	}
	c := r.Config
	c.Actors = rights.WithShares(func(context.Context, auth.Actor, pack.Rows) ([]int64, error) { return firms, nil })
	return desk.New(c), func(a auth.Actor) context.Context { return auth.In(r.t.Context(), a) }
}

// Who consented to be seen by a bank has shown it a profile, and no cases: these it sees when it is sent a copy.
func TestConsentShowsNoCases(t *testing.T) {
	both(t, func(r *rig) {
		firm := r.firm("91120110MA0000001D", "甲区示例机械有限公司")
		c := r.begin("tsme", firm)
		d, as := r.as(firm)
		bank := as(auth.Actor{ID: "bank", Role: "bank"})
		look := func(want int) {
			r.t.Helper()
			_, err := d.Show(bank, c.ID)
			if _, of := d.MatterOf(bank, c.ID); (err == nil) != (want > 0) || (of == nil) != (want > 0) || err != nil && fault.Of(err) != fault.NotFound {
				r.t.Errorf("show: %v, its matter: %v, want %d cases", err, of, want)
			}
			if n, err := d.CountBox(bank, desk.Picked{Box: desk.BoxAll}); err != nil || n != want {
				r.t.Errorf("the box counts %d, %v, want %d", n, err, want)
			}
			if list, total, err := d.Of(bank, firm, 10); err != nil || len(list) != want || total != want {
				r.t.Errorf("of the firm: %v, %d, %v, want %d", list, total, err, want)
			}
			if list, err := d.List(bank, desk.Wanted{Matter: "tsme"}); err != nil || len(list) != 0 {
				r.t.Errorf("the list has %v, %v", list, err)
			}
		}
		look(0)
		r.act(c, pass(), matter.Act{Do: matter.ActCopy, To: "bank"})
		look(1)
	})
}

// What the register would have to know is refused while nothing writes it there.
func TestNothingIsIssuedUnwritten(t *testing.T) {
	both(t, func(r *rig) {
		c := r.act(r.begin("tsme", r.firm("91120110MA0000001D", "甲区示例机械有限公司")), pass(), pass(), granted("2021-03-01"))
		r.Config.Attest = nil
		if _, err := r.Act(r.t.Context(), c.ID, numbered("202112011012345678", "2021-03-01")); fault.Of(err) != fault.Unavailable {
			r.t.Errorf("a certificate that the register does not know: %v", err)
		}
		if seen, err := r.Show(r.t.Context(), c.ID); err != nil || seen.Case.Seq != c.Seq || len(seen.Case.Issued) != 0 {
			r.t.Errorf("half of it was written: %+v, %v", seen.Case, err)
		}
	})
}

// Whose mandate has ended sees no more of a case that he filed for an enterprise.
func TestEndedMandateShowsNothing(t *testing.T) {
	both(t, func(r *rig) {
		firm := r.firm("91120110MA0000001D", "甲区示例机械有限公司")
		rights, err := auth.New(r.pack)
		if err != nil {
			r.t.Fatal(err)
		}
		entrusted := []auth.Action{auth.See, auth.File}
		conf := r.Config
		conf.Actors = rights.WithMandates(func(context.Context, auth.Actor) ([]auth.Action, error) { return entrusted, nil })
		d := desk.New(conf)
		agent := auth.In(r.t.Context(), auth.Actor{ID: "agent", Role: "enterprise", Subject: firm})
		id := r.begin("tsme", firm).ID
		if _, err = d.Act(agent, id, pass()); err != nil {
			r.t.Fatal(err)
		}
		if _, err := d.Show(agent, id); err != nil {
			r.t.Fatal(err)
		}
		entrusted = nil
		if _, err := d.Show(agent, id); fault.Of(err) != fault.NotFound {
			r.t.Errorf("it is shown: %v", err)
		}
		if _, _, err := d.Page(agent, desk.Picked{Box: desk.BoxDone}, 0, 10); fault.Of(err) != fault.Forbidden {
			r.t.Errorf("it is listed: %v", err)
		}
	})
}
