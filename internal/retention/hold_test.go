package retention_test

import (
	"context"
	"io"
	"testing"
	"time"

	"eyas/internal/fault"
	"eyas/internal/registry/intake"
	"eyas/internal/retention"
	"eyas/internal/store/basetest"
)

// late is a registry in which somebody makes a hold just before cells are erased.
type late struct {
	retention.Registry
	hold func()
}

func (l late) EraseColumn(ctx context.Context, b intake.Erasable, also func(context.Context, intake.Blanked) error) (intake.Blanked, error) {
	l.hold()
	return l.Registry.EraseColumn(ctx, b, also)
}

// A hold that was made at the last moment counts; so does one on a subject whose record was moved to another subject meanwhile.
func TestHoldCannotBePassed(t *testing.T) {
	bothBases(t, func(t *testing.T, dsn string) {
		b := open(t, dsn, t.TempDir()+"/keys", time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC))
		defer b.db.Close()
		b.brings(chen, "a.csv", list, day(2025, 12, 31))
		b.brings(chen, "b.csv", list, day(2026, 6, 30))
		first, second := b.finds("enterprise", "天津甲科技有限公司"), b.finds("enterprise", "天津乙科技有限公司")
		hold := retention.Hold{Kind: retention.OfSubject, Ref: first, Until: "2027-12-31", Reason: "诉讼保全"}
		p, err := b.keeper.AskFor(wang, first, []string{"phone"}, "本人要求删除")
		if err == nil {
			p, err = b.keeper.Approve(qian, p.ID, 2)
		}
		if err != nil {
			t.Fatal(err)
		}
		b.keeper.Registry = late{b.reg, func() {
			for range 2 { // a double click
				if _, err := b.keeper.AddHold(wang, hold); err != nil {
					t.Fatal(err)
				}
			}
		}}
		if p, err = b.keeper.Apply(qian, p.ID, nil); err != nil || p.Erased != 0 || p.Kept != 2 {
			t.Errorf("%+v %v", p, err)
		}
		b.keeper.Registry = b.reg
		if list, err := b.keeper.Holds(chen, true); err != nil || len(list) != 1 {
			t.Errorf("a double click: %+v %v", list, err)
		}
		if _, err := b.reg.Relink(chen, 1, second, "放错了"); err != nil {
			t.Fatal(err)
		}
		if _, err := b.keeper.AskFor(chen, second, []string{"phone"}, "本人要求删除"); fault.Of(err) != fault.Conflict {
			t.Errorf("what was moved out of a hold: %v", err)
		}
		b.proven()
	})
}

// Who approves is told of the holds that somebody ended early. Why an import is held is told to the city only.
func TestHoldEndedEarlyIsTold(t *testing.T) {
	b := open(t, basetest.Path(t), t.TempDir()+"/keys", time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC))
	defer b.db.Close()
	id := b.brings(chen, "a.csv", list, day(2025, 12, 31))
	first, second := b.finds("enterprise", "天津甲科技有限公司"), b.finds("enterprise", "天津乙科技有限公司")
	for _, h := range []retention.Hold{{Kind: retention.OfSubject, Ref: second}, {Kind: retention.OfSubject, Ref: first}, {Kind: retention.OfImport, Ref: id}} {
		h.Until, h.Reason = "2027-12-31", "某案调查"
		made, err := b.keeper.AddHold(chen, h)
		if err != nil {
			t.Fatal(err)
		}
		if v, err := b.keeper.Preview(wang, first); err != nil || h.Ref != second && (v.Held == nil || (v.Held.Reason == "") != (h.Kind == retention.OfImport)) {
			t.Errorf("%s: %+v %v", h.Kind, v.Held, err)
		}
		if err := b.keeper.EndHold(chen, made.ID, "不再需要"); err != nil {
			t.Fatal(err)
		}
	}
	ask := func() (*retention.Plan, error) {
		return b.keeper.AskFor(wang, first, []string{"phone"}, "本人要求删除")
	}
	p, err := ask()
	if err != nil {
		t.Fatal(err)
	}
	if again, err := ask(); err != nil || again.ID != p.ID {
		t.Errorf("a double click: %+v %v", again, err)
	}
	if _, err := b.keeper.AskFor(wang, first, []string{"contact"}, "本人要求删除"); fault.Of(err) != fault.Conflict {
		t.Errorf("another one at the same time: %v", err)
	}
	if _, err := b.keeper.Withdraw(chen, p.ID); fault.Of(err) != fault.Forbidden {
		t.Errorf("somebody else takes it back: %v", err)
	}
	p, parts, err := b.keeper.Plan(qian, p.ID)
	if err != nil {
		t.Fatal(err)
	}
	told, err := b.keeper.Lifted(qian, p, parts)
	if err != nil || len(told) != 2 || told[0].Kind != retention.OfImport || told[0].Reason != "" || told[1].Ref != first || told[1].EndedReason != "不再需要" {
		t.Errorf("%+v %v", told, err)
	}
	if err := b.keeper.Free(chen, "enterprise", id, first); err != nil {
		t.Error(err)
	}
}

// A hold on one subject keeps the original file in which it has a row, where the file could only be deleted. The plan for another one
// waits, and is done when the hold is over; what is known from values is written down before.
func TestOriginalOfHeldIsKept(t *testing.T) {
	b := open(t, basetest.Path(t), t.TempDir()+"/keys", time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC))
	defer b.db.Close()
	id := b.brings(chen, "a.csv", list, day(2025, 12, 31))
	first, second := b.finds("enterprise", "天津甲科技有限公司"), b.finds("enterprise", "天津乙科技有限公司")
	b.keeper.Rewrite = func(context.Context, string, string, intake.Holes, io.Writer) (bool, error) { return false, nil }
	before := 0
	b.keeper.Before = func(context.Context) error {
		if b.value(first, "phone") != "" {
			before++
		}
		return nil
	}
	h, err := b.keeper.AddHold(chen, retention.Hold{Kind: retention.OfSubject, Ref: second, Until: "2027-12-31", Reason: "诉讼保全"})
	if err != nil {
		t.Fatal(err)
	}
	p, err := b.keeper.AskFor(wang, first, []string{"phone"}, "本人要求删除")
	if err == nil {
		_, err = b.keeper.Approve(qian, p.ID, 1)
	}
	if err != nil {
		t.Fatal(err)
	}
	kept := func() bool {
		has, err := b.files.Has(chen, sum(list))
		if err != nil {
			t.Fatal(err)
		}
		return has
	}
	for range 2 {
		if _, err := b.keeper.Apply(qian, p.ID, nil); fault.Of(err) != fault.Conflict || !kept() {
			t.Errorf("the file is kept: %v, %v", kept(), err)
		}
	}
	if before != 1 {
		t.Errorf("called %d times while the value stood", before)
	}
	// Nobody is given the file while it has the value.
	if o, err := b.keeper.OriginalOf(chen, id); err != nil || o == nil || o.What != retention.Withheld || o.Now != sum(list) {
		t.Errorf("what is said of the file: %+v %v", o, err)
	}
	if now, err := b.keeper.Current(chen, id, sum(list)); err != nil || now != "" {
		t.Errorf("the file is given: %q %v", now, err)
	}
	if got := b.value(first, "phone"); got != "" {
		t.Errorf("the cell has %q", got)
	}
	other, err := b.keeper.AskFor(wang, first, []string{"contact"}, "本人要求删除") // it does not wait for the file
	if err == nil {
		_, err = b.keeper.Withdraw(wang, other.ID)
	}
	if err == nil {
		err = b.keeper.EndHold(chen, h.ID, "诉讼已结")
	}
	if err != nil {
		t.Fatal(err)
	}
	if p, err = b.keeper.Apply(qian, p.ID, nil); err != nil || p.State != retention.Done || p.Erased != 1 || kept() {
		t.Errorf("%+v %v, the file is kept: %v", p, err, kept())
	}
	b.proven()
}
