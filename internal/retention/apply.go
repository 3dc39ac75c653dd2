package retention

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/registry/intake"
)

// chunk is how many cells are erased in one transaction.
const chunk = 200

// Apply erases what an approved plan says, in short transactions. It can be broken off anywhere and called again: what is done is passed
// over. A hold that was made since keeps what it names. In the end the original files are dealt with; while a hold stands against that, the
// plan is not done, and the fault with code Conflict says so. Of a plan that is done it does nothing.
func (k *Keeper) Apply(ctx context.Context, id int64, progress Progress) (p *Plan, err error) {
	defer fault.At(&err, "retention.Apply(plan %d)", id)
	var parts []Part
	err = k.Storage.ReadRetention(ctx, func(r Reader) (err error) {
		if p, err = r.Plan(ctx, id); err != nil || p == nil {
			return err
		}
		parts, err = r.Parts(ctx, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := k.seen(ctx, p, auth.ApproveErasure); err != nil {
		return nil, err
	}
	if p.State == Done {
		return p, nil
	}
	if p.State != Approved {
		return nil, fault.New(fault.Conflict, "这份申请还没有核准，不能抹除。", "This plan is not approved, so nothing is erased.")
	}
	if sum, _, err := digest(parts); err != nil || sum != p.Parts {
		return nil, errParts(id, err)
	}
	if k.Files != nil {
		if err := k.Files.Reachable(ctx); err != nil { // before anything is done
			return nil, err
		}
	}
	if k.Before != nil {
		if err := k.Before(ctx); err != nil {
			return nil, err
		}
	}
	rows := 0
	for i := range parts {
		if err := k.applyPart(ctx, p, &parts[i], func(n int) {
			if rows += n; progress != nil {
				progress(rows, p.Cells)
			}
		}); err != nil {
			return nil, err
		}
	}
	var imports []int64
	for i := range parts {
		imports = append(imports, parts[i].Import)
	}
	slices.Sort(imports)
	left, err := k.originals(ctx, p, slices.Compact(imports))
	if err != nil {
		return nil, err
	}
	if k.Forget != nil {
		if err := k.Forget(); err != nil {
			return nil, err
		}
	}
	if left > 0 { // the plan stays approved, so that it is taken up again
		return nil, fault.New(fault.Conflict, fmt.Sprintf("单元格都已抹除，但有 %d 个原文件因保全不能改写或删除，其中还留有原值。保全结束后，请在第 %d 号申请的页面上“接着抹除”。", left, p.ID),
			fmt.Sprintf("The cells are erased, but legal holds stand against changing or deleting %d original files, which still have the values. When the holds are over, go on on the page of erasure %d.", left, p.ID))
	}
	return p, k.finish(ctx, p)
}

// applyPart erases the cells of a part that are not done with.
func (k *Keeper) applyPart(ctx context.Context, p *Plan, part *Part, told func(n int)) error {
	told(int(part.Members.GetCardinality()) - len(part.Records(part.Through, int(part.Members.GetCardinality()))))
	for {
		list := part.Records(part.Through, chunk)
		if len(list) == 0 {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		blank := intake.Erasable{Import: part.Import, Column: part.Column, Records: list, Subject: p.Subject, Detail: map[string]any{"erasure": p.ID, "column": part.Attribute},
			Held: func(ctx context.Context) (func(int64) bool, error) {
				h, err := k.heldOn(ctx, k.today())
				if h.whole(part.Import, part.Register) {
					return func(int64) bool { return true }, err
				}
				return h.subject, err
			}}
		if part.Rule != "" {
			blank.Detail["rule"] = part.Rule
		}
		through := list[len(list)-1]
		note := func(ctx context.Context, done intake.Blanked) error {
			next := *part
			next.Through, next.Erased, next.Kept = through, part.Erased+done.Cells, part.Kept+done.Held
			err := k.Storage.WriteRetention(ctx, func(w Writer) error { return w.SetPart(ctx, p.ID, &next) })
			if err == nil {
				*part = next
			}
			return err
		}
		if _, err := k.Registry.EraseColumn(ctx, blank, note); err != nil {
			return err
		}
		told(len(list))
	}
}

// finish says that a plan is done.
func (k *Keeper) finish(ctx context.Context, p *Plan) error {
	return k.Storage.WriteRetention(ctx, func(w Writer) error {
		now, err := w.Plan(ctx, p.ID)
		if err != nil || now == nil || now.State != Approved {
			return err
		}
		parts, err := w.Parts(ctx, p.ID)
		if err != nil {
			return err
		}
		now.State, now.Ended, now.Erased, now.Kept = Done, k.Clock(), 0, 0
		for i := range parts {
			now.Erased, now.Kept = now.Erased+parts[i].Erased, now.Kept+parts[i].Kept
		}
		*p = *now
		if err := w.SetPlan(ctx, now); err != nil {
			return err
		}
		e, err := k.entry(ctx, "erasure-done", planName(p), map[string]any{"erasure": p.ID, "cells": p.Erased, "kept": p.Kept})
		if err != nil {
			return err
		}
		return w.Log(ctx, e)
	})
}

// originals deals with the original files of imports of which cells were erased: each is rewritten without them where that can be done
// exactly, otherwise deleted. left is how many a hold keeps as they are.
func (k *Keeper) originals(ctx context.Context, p *Plan, imports []int64) (left int, err error) {
	if k.Files == nil {
		return 0, nil
	}
	done := map[string]bool{}
	for _, id := range imports {
		i, err := k.Registry.KeptOf(auth.As(ctx, auth.Self), id)
		if err != nil {
			return 0, err
		}
		if i.SHA256 == "" || done[i.SHA256] {
			continue
		}
		done[i.SHA256] = true
		kept, err := k.original(ctx, p, i)
		if err != nil {
			return 0, err
		}
		if kept {
			left++
		}
	}
	return left, nil
}

// keeps reports whether a hold stands against changing the original of some imports; with deletion, also one on a subject that has a row
// in it.
func (k *Keeper) keeps(ctx context.Context, imports []int64, deletion bool) (bool, error) {
	self := auth.As(ctx, auth.Self)
	h, err := k.heldOn(ctx, k.today())
	if err != nil {
		return false, err
	}
	for _, id := range imports {
		i, err := k.Registry.KeptOf(self, id)
		if err != nil {
			return false, err
		}
		if h.whole(id, i.Register) {
			return true, nil
		}
		if !deletion || len(h.subjects) == 0 {
			continue
		}
		found := false
		if err := k.Registry.EachKeptRow(self, i, func(row *intake.KeptRow) error {
			found = found || row.Subject != 0 && h.subject(row.Subject)
			return nil
		}); err != nil || found {
			return found, err
		}
	}
	return false, nil
}

// Current returns the SHA-256 of the original of an import as it may be given; empty: it is not kept, or a hold keeps it with values that
// were erased.
func (k *Keeper) Current(ctx context.Context, importID int64, sum string) (_ string, err error) {
	defer fault.At(&err, "retention.Current(import %d)", importID)
	o, err := k.OriginalOf(ctx, importID)
	if err != nil || o != nil && o.What == Withheld {
		return "", err
	}
	return k.stored(ctx, o, sum)
}

// stored is the SHA-256 of an original as it is kept now, after what became of it; empty: it is not kept.
func (k *Keeper) stored(ctx context.Context, o *Original, sum string) (string, error) {
	if o != nil {
		sum = o.Now
	}
	if sum == "" || k.Files == nil {
		return "", nil
	}
	has, err := k.Files.Has(ctx, sum)
	if err != nil || !has {
		return "", err
	}
	return sum, nil
}

// original deals with the original of one import, and of the others of the same file. Where a run was broken off, it goes on. kept is
// whether a hold keeps the file as it is.
func (k *Keeper) original(ctx context.Context, p *Plan, i *intake.KeptImport) (kept bool, err error) {
	holes, imports, err := k.Registry.HolesIn(ctx, i.SHA256)
	if err != nil || len(holes) == 0 {
		return false, err
	}
	actor, reason := k.Actors.Acting(ctx).ID, fmt.Sprintf("抹除申请 %d", p.ID)
	before, err := k.OriginalOf(ctx, i.ID)
	if err != nil {
		return false, err
	}
	if before != nil && before.What != Withheld { // a run that was broken off may have left it
		if _, err := k.Files.Erase(ctx, before.Was, actor, reason); err != nil {
			return false, err
		}
	}
	now, err := k.stored(ctx, before, i.SHA256)
	if err != nil || now == "" {
		return false, err // it is not kept
	}
	o := Original{Plan: p.ID, What: Deleted, Was: now}
	text, err := k.rewritten(ctx, now, i.File, holes)
	if err != nil {
		return false, err
	}
	if sum := sha256.Sum256(text); text != nil && hex.EncodeToString(sum[:]) == now {
		return false, nil // it has none of the cells any more
	}
	if kept, err := k.keeps(ctx, imports, text == nil); err != nil {
		return false, err
	} else if kept { // it has values that were erased
		o.What, o.Now = Withheld, now
		return true, k.noteOriginals(ctx, &o, imports)
	}
	if text != nil {
		ids := make([]string, len(imports))
		for n, id := range imports {
			ids[n] = strconv.FormatInt(id, 10)
		}
		if o.Now, err = k.Files.Replace(ctx, now, bytes.NewReader(text), ids, i.File); err != nil {
			return false, err
		}
		o.What = Rewritten
	}
	if err := k.noteOriginals(ctx, &o, imports); err != nil {
		return false, err
	}
	_, err = k.Files.Erase(ctx, now, actor, reason)
	return false, err
}

// rewritten is a file without some cells; nil where that cannot be done exactly.
func (k *Keeper) rewritten(ctx context.Context, sum, name string, holes intake.Holes) ([]byte, error) {
	if k.Rewrite == nil {
		return nil, nil
	}
	path, err := k.Files.Local(ctx, sum)
	if err != nil {
		if f := new(fault.Error); errors.As(err, &f) {
			return nil, nil // it is damaged
		}
		return nil, err
	}
	var b bytes.Buffer
	ok, err := k.Rewrite(ctx, path, name, holes, &b)
	if err != nil || !ok {
		return nil, err
	}
	return b.Bytes(), nil
}

// noteOriginals writes down what became of the original of some imports.
func (k *Keeper) noteOriginals(ctx context.Context, o *Original, imports []int64) error {
	return k.Storage.WriteRetention(ctx, func(w Writer) error {
		for _, id := range imports {
			before, err := w.OriginalOf(ctx, id)
			if err != nil {
				return err
			}
			if before != nil && before.Was == o.Was && before.Now == o.Now {
				continue
			}
			x := *o
			x.Import, x.At = id, k.Clock()
			if err := w.AddOriginal(ctx, &x); err != nil {
				return err
			}
			e, err := k.entry(ctx, "original-"+o.What, fmt.Sprintf("import/%d", id), map[string]any{"erasure": o.Plan, "sha256": o.Was, "now": o.Now})
			if err != nil {
				return err
			}
			if err := w.Log(ctx, e); err != nil {
				return err
			}
		}
		return nil
	})
}
