package retention

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"eyas/internal/audit"
	"eyas/internal/auth"
	"eyas/internal/fault"
)

// HoldKind is what a hold keeps.
type HoldKind string

// The kinds of holds.
const (
	OfSubject  HoldKind = "subject"
	OfImport   HoldKind = "import"
	OfRegister HoldKind = "register"
)

// Hold is a legal hold: until its last day nothing of what it names is erased.
type Hold struct {
	ID          int64
	Kind        HoldKind
	Ref         int64  // subject or import
	Register    string // of a register
	Reason      string
	Until       string // last day
	Made        time.Time
	MadeBy      string
	Ended       time.Time // zero: not before its last day
	EndedBy     string
	EndedReason string
}

// Lasts reports whether a hold is in force on a day.
func (h *Hold) Lasts(day string) bool { return h.Ended.IsZero() && day <= h.Until }

// longestHold is for how many years a hold may be made; it can be made again.
const longestHold = 10

// AddHold makes a hold. Of a subject, who sees it may do so; of an import or a register, who sees the whole city.
func (k *Keeper) AddHold(ctx context.Context, h Hold) (_ *Hold, err error) {
	defer fault.At(&err, "retention.AddHold(%s)", h.Kind)
	if err := k.mayHold(ctx, &h); err != nil {
		return nil, err
	}
	if h.Reason, err = reasonOf(h.Reason); err != nil {
		return nil, err
	}
	h.Until = strings.TrimSpace(h.Until)
	day, bad := time.Parse(time.DateOnly, h.Until)
	if bad != nil || h.Until < k.today() || day.After(k.Today().AddDate(longestHold, 0, 0)) {
		return nil, fault.New(fault.Invalid, "请写明保全的最后一天：今天或以后，最长十年；到期可以再设。", "Give the last day of the hold: today or later, ten years at most. It can be made again.")
	}
	h.ID, h.Made, h.MadeBy, h.Ended = 0, k.Clock(), k.Actors.Acting(ctx).ID, time.Time{}
	e, err := k.entry(ctx, "hold", h.name(), map[string]any{"until": h.Until, "reason": audit.Beside(h.Reason)})
	if err != nil {
		return nil, err
	}
	return &h, k.Storage.WriteRetention(ctx, func(w Writer) error {
		last, err := w.Holds(ctx, k.today(), 1)
		if err != nil {
			return err
		}
		if len(last) > 0 && last[0].same(&h) { // the second click
			h = last[0]
			return nil
		}
		if err := w.AddHold(ctx, &h); err != nil {
			return err
		}
		return w.Log(ctx, e)
	})
}

// same reports whether a hold is as another one that the same person made.
func (h *Hold) same(o *Hold) bool {
	return h.Kind == o.Kind && h.Ref == o.Ref && h.Register == o.Register && h.Reason == o.Reason && h.Until == o.Until && h.MadeBy == o.MadeBy
}

// name is what a hold keeps, as the log names it.
func (h *Hold) name() string {
	if h.Kind == OfRegister {
		return "register/" + h.Register
	}
	return fmt.Sprintf("%s/%d", h.Kind, h.Ref)
}

// mayHold refuses who may not make or end a hold, and a hold of what there is not.
func (k *Keeper) mayHold(ctx context.Context, h *Hold) error {
	if h.Kind == OfSubject {
		err := k.about(ctx, auth.AskErasure, h.Ref)
		if err == nil {
			h.Register, err = k.Registry.RegisterOf(ctx, h.Ref)
		}
		return err
	}
	if err := k.whole(ctx, auth.AskErasure); err != nil {
		return err
	}
	switch {
	case h.Kind == OfImport:
		i, err := k.Registry.KeptOf(ctx, h.Ref)
		if err == nil {
			h.Register = i.Register
		}
		return err
	case h.Kind == OfRegister && k.Pack.Register(h.Register) != nil:
		h.Ref = 0
		return nil
	}
	return fault.New(fault.Invalid, "请选择要保全的主体、导入或库。", "Choose the subject, import or register that is held.")
}

// EndHold ends a hold before its last day, for a reason. It does nothing when it was ended before.
func (k *Keeper) EndHold(ctx context.Context, id int64, reason string) (err error) {
	defer fault.At(&err, "retention.EndHold(hold %d)", id)
	if err := k.Actors.Decide(ctx, auth.AskErasure, auth.Resource{}); err != nil {
		return err
	}
	var h *Hold
	err = k.Storage.ReadRetention(ctx, func(r Reader) (err error) {
		h, err = r.Hold(ctx, id)
		return err
	})
	if err != nil {
		return err
	}
	none := fault.New(fault.NotFound, "没有这一项保全。", "There is no such hold.")
	if h == nil {
		return none
	}
	switch err := k.mayHold(ctx, h); fault.Of(err) {
	case fault.Forbidden, fault.NotFound:
		return none
	default:
		if err != nil {
			return err
		}
	}
	if reason, err = reasonOf(reason); err != nil {
		return err
	}
	e, err := k.entry(ctx, "hold-end", h.name(), map[string]any{"until": h.Until, "reason": audit.Beside(reason)})
	if err != nil {
		return err
	}
	return k.Storage.WriteRetention(ctx, func(w Writer) error {
		now, err := w.Hold(ctx, id)
		if err != nil || now == nil || !now.Ended.IsZero() {
			return err
		}
		now.Ended, now.EndedBy, now.EndedReason = k.Clock(), k.Actors.Acting(ctx).ID, reason
		if err := w.EndHold(ctx, now); err != nil {
			return err
		}
		return w.Log(ctx, e)
	})
}

// mostHolds bounds how many holds are listed.
const mostHolds = 500

// Holds returns the holds that somebody may make or end, or that stand against what he approves: those that last, or all.
func (k *Keeper) Holds(ctx context.Context, all bool) (list []Hold, err error) {
	defer fault.At(&err, "retention.Holds")
	action := k.either(ctx)
	if err := k.Actors.Decide(ctx, action, auth.Resource{}); err != nil {
		return nil, err
	}
	day := k.today()
	if all {
		day = ""
	}
	err = k.Storage.ReadRetention(ctx, func(r Reader) (err error) {
		list, err = r.Holds(ctx, day, mostHolds)
		return err
	})
	if err != nil || k.whole(ctx, action) == nil {
		return list, err
	}
	return slices.DeleteFunc(list, func(h Hold) bool { return h.Kind != OfSubject || k.about(ctx, action, h.Ref) != nil }), nil
}

// Lifted are the holds that would stand against a plan today, had nobody ended them before their last day: who approves it should know.
// Of a plan by rules they are those of all subjects, because whose cells these are is not kept.
func (k *Keeper) Lifted(ctx context.Context, p *Plan, parts []Part) (list []Hold, err error) {
	defer fault.At(&err, "retention.Lifted(plan %d)", p.ID)
	if err := k.seen(ctx, p, k.either(ctx)); err != nil {
		return nil, err
	}
	var all []Hold
	if err := k.Storage.ReadRetention(ctx, func(r Reader) (err error) {
		all, err = r.Holds(ctx, "", mostHolds)
		return err
	}); err != nil {
		return nil, err
	}
	today := k.today()
	for i := range all {
		h := &all[i]
		if h.Ended.IsZero() || h.Until < today {
			continue
		}
		var concerns bool
		switch h.Kind {
		case OfRegister:
			concerns = slices.ContainsFunc(parts, func(x Part) bool { return x.Register == h.Register })
		case OfImport:
			concerns = slices.ContainsFunc(parts, func(x Part) bool { return x.Import == h.Ref })
		default:
			if concerns = p.Kind == Rules; !concerns {
				subjects, err := k.covers(ctx, h)
				if err != nil {
					return nil, err
				}
				concerns = slices.Contains(subjects, p.Subject)
			}
		}
		if concerns {
			list = append(list, *k.told(ctx, h))
		}
	}
	return list, nil
}

// held is what may not be erased on a day.
type held struct {
	subjects, imports map[int64]bool
	registers         map[string]bool
}

// covers are the subjects that a hold of a subject keeps: itself and those with which it was ever connected, so that nothing of it can be
// merged, moved or separated out of the hold.
func (k *Keeper) covers(ctx context.Context, h *Hold) ([]int64, error) {
	list, err := k.Registry.Connected(ctx, h.Ref)
	if fault.Of(err) == fault.NotFound {
		return []int64{h.Ref}, nil
	}
	return list, err
}

// heldOn reads what may not be erased on a day.
func (k *Keeper) heldOn(ctx context.Context, day string) (h held, err error) {
	h = held{map[int64]bool{}, map[int64]bool{}, map[string]bool{}}
	var list []Hold
	err = k.Storage.ReadRetention(ctx, func(r Reader) (err error) {
		list, err = r.Holds(ctx, day, 0)
		return err
	})
	for i := range list {
		switch x := &list[i]; x.Kind {
		case OfImport:
			h.imports[x.Ref] = true
		case OfRegister:
			h.registers[x.Register] = true
		default:
			list, e := k.covers(ctx, x)
			if e != nil {
				return h, e
			}
			for _, id := range list {
				h.subjects[id] = true
			}
		}
	}
	return h, err
}

// whole reports whether nothing of an import may be erased.
func (h *held) whole(importID int64, register string) bool {
	return h.imports[importID] || h.registers[register]
}

func (h *held) subject(id int64) bool { return h.subjects[id] }

// ParseHold reads what a hold keeps: subject/17, import/3 or register/person.
func ParseHold(text string) (h Hold, err error) {
	kind, rest, _ := strings.Cut(strings.TrimSpace(text), "/")
	h.Kind = HoldKind(kind)
	switch h.Kind {
	case OfRegister:
		h.Register = rest
	case OfSubject, OfImport:
		h.Ref, err = strconv.ParseInt(rest, 10, 64)
	default:
		err = strconv.ErrSyntax
	}
	if err != nil || rest == "" {
		return h, fault.New(fault.Invalid, "保全的对象写 subject/编号、import/编号或 register/库。", "Write what is held as subject/N, import/N or register/ID.")
	}
	return h, nil
}
