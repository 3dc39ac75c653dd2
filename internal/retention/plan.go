package retention

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/RoaringBitmap/roaring/v2"

	"eyas/internal/audit"
	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/intake"
)

// Due finds what is due today and writes nothing.
func (k *Keeper) Due(ctx context.Context, want Wanted, progress Progress) (parts []Part, err error) {
	defer fault.At(&err, "retention.Due")
	if err := k.whole(ctx, k.either(ctx)); err != nil {
		return nil, err
	}
	return k.due(ctx, k.Today(), want, progress)
}

// Count finds what is due today and keeps it, so that somebody can ask for it. What was counted before is forgotten.
func (k *Keeper) Count(ctx context.Context, want Wanted, progress Progress) (p *Plan, err error) {
	defer fault.At(&err, "retention.Count")
	if err := k.whole(ctx, k.either(ctx)); err != nil {
		return nil, err
	}
	parts, err := k.due(ctx, k.Today(), want, progress)
	if err != nil {
		return nil, err
	}
	p = &Plan{Kind: Rules, Day: k.today(), State: Counted, Asked: k.Clock(), AskedBy: k.Actors.Acting(ctx).ID, AskedOrg: k.Actors.Acting(ctx).Org}
	if p.Parts, p.Cells, err = digest(parts); err != nil {
		return nil, err
	}
	return p, k.Storage.WriteRetention(ctx, func(w Writer) error {
		if err := w.DropCounted(ctx); err != nil {
			return err
		}
		return w.AddPlan(ctx, p, parts)
	})
}

// digest is SHA-256 over parts, and the number of their cells.
func digest(parts []Part) (sum string, cells int, err error) {
	h := sha256.New()
	for i := range parts {
		p := &parts[i]
		members, err := p.Members.ToBytes()
		if err != nil {
			return "", 0, err
		}
		fmt.Fprintf(h, "%d %d %s %d %s %q %d %d\n", p.N, p.Import, p.Register, p.Column, p.Attribute, p.Rule, p.First, len(members))
		h.Write(members)
		cells += int(p.Members.GetCardinality())
	}
	return hex.EncodeToString(h.Sum(nil)), cells, nil
}

// errNothing says that there is nothing to erase.
func errNothing() error {
	return fault.New(fault.Conflict, "没有要抹除的内容。", "There is nothing to erase.")
}

// Ask asks for what was counted. Where nobody else can approve it, on a base without people, it is approved at once.
func (k *Keeper) Ask(ctx context.Context, id int64, reason string) (p *Plan, err error) {
	defer fault.At(&err, "retention.Ask(plan %d)", id)
	if err := k.whole(ctx, auth.AskErasure); err != nil {
		return nil, err
	}
	if reason, err = reasonOf(reason); err != nil {
		return nil, err
	}
	err = k.Storage.WriteRetention(ctx, func(w Writer) error {
		if p, err = w.Plan(ctx, id); err != nil {
			return err
		}
		if p == nil || p.Kind != Rules {
			return fault.New(fault.Conflict, "这次清点已被新的清点取代，或已经过期。请重新清点。", "What was counted has been counted again since. Count anew.")
		}
		if p.State != Counted {
			return nil // it was asked for already
		}
		if p.Day != k.today() {
			return fault.New(fault.Conflict, "这是 "+p.Day+" 的清点。请重新清点今天到期的。", "This was counted on "+p.Day+". Count anew what is due today.")
		}
		if p.Cells == 0 {
			return errNothing()
		}
		p.Reason = reason
		return k.open(ctx, w, p)
	})
	return p, err
}

// open makes a plan one that somebody asks for.
func (k *Keeper) open(ctx context.Context, w Writer, p *Plan) error {
	a := k.Actors.Acting(ctx)
	p.State, p.Asked, p.AskedBy, p.AskedOrg = Open, k.Clock(), a.ID, a.Org
	if err := w.SetPlan(ctx, p); err != nil {
		return err
	}
	e, err := k.entry(ctx, "erasure-ask", planName(p), map[string]any{"erasure": p.ID, "cells": p.Cells, "fields": p.Fields, "reason": audit.Beside(p.Reason)})
	if err != nil {
		return err
	}
	if err := w.Log(ctx, e); err != nil || !k.Alone(ctx) {
		return err
	}
	return k.decide(ctx, w, p, Approved, "")
}

// decide answers a plan.
func (k *Keeper) decide(ctx context.Context, w Writer, p *Plan, state State, answer string) error {
	p.State, p.Decided, p.DecidedBy, p.Answer = state, k.Clock(), k.Actors.Acting(ctx).ID, answer
	if err := w.SetPlan(ctx, p); err != nil {
		return err
	}
	detail := map[string]any{"erasure": p.ID, "cells": p.Cells}
	if answer != "" {
		detail["reason"] = audit.Beside(answer)
	}
	e, err := k.entry(ctx, map[State]string{Approved: "erasure-approve", Refused: "erasure-refuse", Withdrawn: "erasure-withdraw"}[state], planName(p), detail)
	if err != nil {
		return err
	}
	return w.Log(ctx, e)
}

// Preview is what an erasure for a subject would erase.
type Preview struct {
	Subject  int64
	Register *pack.Register
	Fields   []Field
	Held     *Hold // stands against it; nil: nothing does
}

// Field is an attribute of a subject of which there are cells with values.
type Field struct {
	Attr    *pack.Attribute
	Cells   int // in all records,
	Imports int // of so many imports and entries
}

// Preview returns what there is of a subject that can be erased: all fields but those by which it is known, with personal ones first.
func (k *Keeper) Preview(ctx context.Context, subject int64) (v *Preview, err error) {
	defer fault.At(&err, "retention.Preview(subject %d)", subject)
	if err := k.about(ctx, auth.AskErasure, subject); err != nil {
		return nil, err
	}
	v = &Preview{Subject: subject}
	id, err := k.Registry.RegisterOf(ctx, subject)
	if err != nil {
		return nil, err
	}
	v.Register = k.Pack.Register(id)
	cells, err := k.Registry.KeptOfSubject(ctx, subject)
	if err != nil {
		return nil, err
	}
	imports := map[string]map[int64]bool{}
	for _, c := range cells {
		if v.Register.Identifies(c.Attr.ID) {
			continue
		}
		at := slices.IndexFunc(v.Fields, func(f Field) bool { return f.Attr == c.Attr })
		if at < 0 {
			at = len(v.Fields)
			v.Fields = append(v.Fields, Field{Attr: c.Attr})
			imports[c.Attr.ID] = map[int64]bool{}
		}
		v.Fields[at].Cells++
		imports[c.Attr.ID][c.Import] = true
	}
	for i := range v.Fields {
		v.Fields[i].Imports = len(imports[v.Fields[i].Attr.ID])
	}
	slices.SortStableFunc(v.Fields, func(a, b Field) int {
		if a.Attr.Personal != b.Attr.Personal {
			if a.Attr.Personal {
				return -1
			}
			return 1
		}
		return a.Attr.Index - b.Attr.Index
	})
	v.Held, err = k.against(ctx, subject, cells)
	v.Held = k.told(ctx, v.Held)
	return v, err
}

// against is a hold that stands against erasing cells of a subject; nil: none does.
func (k *Keeper) against(ctx context.Context, subject int64, cells []intake.KeptCell) (*Hold, error) {
	register, err := k.Registry.RegisterOf(ctx, subject)
	if err != nil {
		return nil, err
	}
	return k.standing(ctx, subject, register, func(id int64) bool {
		return slices.ContainsFunc(cells, func(c intake.KeptCell) bool { return c.Import == id })
	})
}

// standing is a hold that lasts today on a subject (0: none), a register, or an import among some; nil: there is none.
func (k *Keeper) standing(ctx context.Context, subject int64, register string, imports func(id int64) bool) (*Hold, error) {
	var list []Hold
	err := k.Storage.ReadRetention(ctx, func(r Reader) (err error) {
		list, err = r.Holds(ctx, k.today(), 0)
		return err
	})
	if err != nil {
		return nil, err
	}
	for i := range list {
		h := &list[i]
		switch h.Kind {
		case OfRegister:
			if h.Register == register {
				return h, nil
			}
		case OfImport:
			if imports(h.Ref) {
				return h, nil
			}
		default:
			if subject == 0 {
				continue
			}
			list, err := k.covers(ctx, h)
			if err != nil {
				return nil, err
			}
			if slices.Contains(list, subject) {
				return h, nil
			}
		}
	}
	return nil, nil
}

// Free refuses to erase anything of a record of an import that counts for a subject (0: for none), while a hold stands against it.
func (k *Keeper) Free(ctx context.Context, register string, importID, subject int64) (err error) {
	defer fault.At(&err, "retention.Free(import %d, subject %d)", importID, subject)
	h, err := k.standing(ctx, subject, register, func(id int64) bool { return id == importID })
	if err == nil && h != nil {
		err = k.errHeld(ctx, h)
	}
	return err
}

// AskFor asks for the erasure of some fields of a subject, in all of its records. Where nobody else can approve it, it is approved at
// once.
func (k *Keeper) AskFor(ctx context.Context, subject int64, fields []string, reason string) (p *Plan, err error) {
	defer fault.At(&err, "retention.AskFor(subject %d)", subject)
	v, err := k.Preview(ctx, subject)
	if err != nil {
		return nil, err
	}
	if v.Held != nil {
		return nil, k.errHeld(ctx, v.Held)
	}
	var chosen []string
	for _, f := range v.Fields {
		if slices.Contains(fields, f.Attr.ID) {
			chosen = append(chosen, f.Attr.ID)
		}
	}
	if len(chosen) == 0 {
		return nil, fault.New(fault.Invalid, "请选择要抹除的数据项。", "Choose the fields that are to be erased.")
	}
	if reason, err = reasonOf(reason); err != nil {
		return nil, err
	}
	cells, err := k.Registry.KeptOfSubject(ctx, subject)
	if err != nil {
		return nil, err
	}
	parts, err := k.partsOf(ctx, v.Register.ID, chosen, cells)
	if err != nil {
		return nil, err
	}
	p = &Plan{Kind: Request, Subject: subject, Register: v.Register.ID, Fields: chosen, Day: k.today(), Reason: reason, State: Counted, Asked: k.Clock(), AskedBy: k.Actors.Acting(ctx).ID}
	if p.Parts, p.Cells, err = digest(parts); err != nil {
		return nil, err
	}
	err = k.Storage.WriteRetention(ctx, func(w Writer) error {
		before, err := k.working(ctx, w, subject)
		if err != nil {
			return err
		}
		if len(before) > 0 && before[0].AskedBy == k.Actors.Acting(ctx).ID && before[0].Parts == p.Parts { // the second click
			p = &before[0]
			return nil
		}
		if len(before) > 0 {
			return fault.New(fault.Conflict, fmt.Sprintf("这个主体已有一份抹除申请在办理（第 %d 号）。", before[0].ID), fmt.Sprintf("An erasure for this subject has been asked for already (number %d).", before[0].ID))
		}
		if err := w.AddPlan(ctx, p, parts); err != nil {
			return err
		}
		return k.open(ctx, w, p)
	})
	return p, err
}

// working are the plans of a subject that wait for an answer, or of which cells are still to be erased. One that only waits for the
// original files is not among them.
func (k *Keeper) working(ctx context.Context, r Reader, subject int64) (list []Plan, err error) {
	all, _, err := r.Plans(ctx, []State{Open, Approved}, subject, 0, mostPlans)
	for i := range all {
		p := &all[i]
		over := p.State == Approved
		if over {
			parts, err := r.Parts(ctx, p.ID)
			if err != nil {
				return nil, err
			}
			over = !slices.ContainsFunc(parts, func(x Part) bool { return len(x.Records(x.Through, 1)) > 0 })
		}
		if !over {
			list = append(list, *p)
		}
	}
	return list, err
}

// partsOf are the cells of some fields, by import and column.
func (k *Keeper) partsOf(ctx context.Context, register string, fields []string, cells []intake.KeptCell) (parts []Part, err error) {
	first := map[int64]int64{}
	for _, c := range cells {
		if !slices.Contains(fields, c.Attr.ID) {
			continue
		}
		if _, known := first[c.Import]; !known {
			i, err := k.Registry.KeptOf(auth.As(ctx, auth.Self), c.Import)
			if err != nil {
				return nil, err
			}
			first[c.Import] = i.First
		}
		at := slices.IndexFunc(parts, func(p Part) bool { return p.Import == c.Import && p.Column == c.Column && p.Attribute == c.Attr.ID })
		if at < 0 {
			at = len(parts)
			parts = append(parts, Part{N: at + 1, Import: c.Import, Register: register, Column: c.Column, Attribute: c.Attr.ID, First: first[c.Import], Members: roaring.New()})
		}
		parts[at].Members.Add(uint32(c.Record - first[c.Import]))
	}
	return parts, nil
}

// errHeld says that a hold stands against an erasure, and why to who may know.
func (k *Keeper) errHeld(ctx context.Context, h *Hold) error {
	if h = k.told(ctx, h); h.Reason == "" {
		return fault.New(fault.Conflict, "有保全，到 "+h.Until+" 为止不能抹除。", "A legal hold stands against it until "+h.Until+".")
	}
	return fault.New(fault.Conflict, "有保全，到 "+h.Until+" 为止不能抹除（理由："+h.Reason+"）。", "A legal hold stands against it until "+h.Until+" (reason: "+h.Reason+").")
}

// told is a hold as who acts may know it: why an import or a register is held is told to who sees the whole city, as the list of holds is.
func (k *Keeper) told(ctx context.Context, h *Hold) *Hold {
	if h == nil || h.Kind == OfSubject || k.whole(ctx, k.either(ctx)) == nil {
		return h
	}
	x := *h
	x.Reason = ""
	return &x
}

// Approve approves a plan that another person asked for. cells is the number of cells that who approves was shown.
func (k *Keeper) Approve(ctx context.Context, id int64, cells int) (p *Plan, err error) {
	defer fault.At(&err, "retention.Approve(plan %d)", id)
	return k.answer(ctx, id, auth.ApproveErasure, func(w Writer, p *Plan) error {
		if p.State == Approved || p.State == Done {
			return nil // a second click
		}
		if err := waits(p); err != nil {
			return err
		}
		if p.AskedBy == k.Actors.Acting(ctx).ID && !k.Alone(ctx) {
			return fault.New(fault.Forbidden, "抹除须由另一人核准：提请的人不能核准自己的申请。", "Another person approves an erasure: who asked for it cannot.")
		}
		if cells != p.Cells {
			return fault.New(fault.Invalid, fmt.Sprintf("请填写要抹除的单元格数 %d，以示确认。", p.Cells), fmt.Sprintf("Write the number of cells that are erased, %d, to confirm.", p.Cells))
		}
		parts, err := w.Parts(ctx, id)
		if err != nil {
			return err
		}
		if sum, _, err := digest(parts); err != nil || sum != p.Parts {
			return errParts(id, err)
		}
		return k.decide(ctx, w, p, Approved, "")
	})
}

func errParts(id int64, cause error) error {
	return fault.New(fault.Conflict, fmt.Sprintf("抹除申请 %d 的明细与提请时不符，没有抹除。请联系管理员运行 eyas verify。", id),
		fmt.Sprintf("The cells of erasure %d are not those that were asked for. Nothing was erased: ask the administrator to run eyas verify.", id)).Wrap(cause)
}

func waits(p *Plan) error {
	if p.State == Open {
		return nil
	}
	return fault.New(fault.Conflict, "这份申请已经办理过了。", "This plan has been answered already.")
}

// Refuse refuses a plan, for a reason that who asked is told.
func (k *Keeper) Refuse(ctx context.Context, id int64, reason string) (p *Plan, err error) {
	defer fault.At(&err, "retention.Refuse(plan %d)", id)
	return k.answer(ctx, id, auth.ApproveErasure, func(w Writer, p *Plan) error {
		if p.State == Refused {
			return nil
		}
		if err := waits(p); err != nil {
			return err
		}
		reason, err := reasonOf(reason)
		if err != nil {
			return err
		}
		return k.decide(ctx, w, p, Refused, reason)
	})
}

// Withdraw takes back what somebody asked for, while nobody has answered it.
func (k *Keeper) Withdraw(ctx context.Context, id int64) (p *Plan, err error) {
	defer fault.At(&err, "retention.Withdraw(plan %d)", id)
	return k.answer(ctx, id, auth.AskErasure, func(w Writer, p *Plan) error {
		if p.AskedBy != k.Actors.Acting(ctx).ID {
			return fault.New(fault.Forbidden, "只有提请的人能撤回。不同意抹除的，由核准的人写明理由不予核准。", "Only who asked takes it back. Who approves may refuse it for a reason.")
		}
		if p.State == Withdrawn {
			return nil
		}
		if err := waits(p); err != nil {
			return err
		}
		return k.decide(ctx, w, p, Withdrawn, "")
	})
}

// answer changes a plan in a transaction, for who may do so.
func (k *Keeper) answer(ctx context.Context, id int64, action auth.Action, change func(Writer, *Plan) error) (p *Plan, err error) {
	read := func(r Reader) (err error) {
		p, err = r.Plan(ctx, id)
		return err
	}
	if err := k.Storage.ReadRetention(ctx, read); err != nil {
		return nil, err
	}
	if err := k.seen(ctx, p, action); err != nil {
		return nil, err
	}
	err = k.Storage.WriteRetention(ctx, func(w Writer) error {
		if err := read(w); err != nil {
			return err
		}
		return change(w, p)
	})
	return p, err
}

// Names are the fields of a request in words.
func (p *Plan) Names(pk *pack.Pack, lang string) string {
	reg := pk.Register(p.Register)
	var names []string
	for _, id := range p.Fields {
		name := id
		if reg != nil && reg.Attribute(id) != nil {
			name = reg.Attribute(id).Name.In(lang)
		}
		names = append(names, name)
	}
	if lang == "en" {
		return strings.Join(names, ", ")
	}
	return strings.Join(names, "、")
}
