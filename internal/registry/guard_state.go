package registry

import (
	"context"
	"io"
	"slices"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/profile"
)

// What says nothing of subjects is read for everybody who sees some: counters of changes, days, and meanings of headers.

// Since is profile.Profiles.Since.
func (g *Registry) Since(ctx context.Context, register string, earlier profile.Version) (profile.Version, bool, error) {
	return g.profiles.Since(passed(ctx), register, earlier)
}

// Change is profile.Profiles.Change.
func (g *Registry) Change(ctx context.Context) (int64, error) { return g.profiles.Change(passed(ctx)) }

// ChangeOf is profile.Profiles.ChangeOf.
func (g *Registry) ChangeOf(ctx context.Context, register string) (int64, error) {
	return g.profiles.ChangeOf(passed(ctx), register)
}

// Horizon is profile.Profiles.Horizon.
func (g *Registry) Horizon(ctx context.Context) (profile.Horizon, error) {
	return g.profiles.Horizon(passed(ctx))
}

// Settled is profile.Profiles.Settled.
func (g *Registry) Settled(ctx context.Context, m fact.Moment) (bool, error) {
	return g.profiles.Settled(passed(ctx), m)
}

// Outdated is profile.Profiles.Outdated.
func (g *Registry) Outdated(ctx context.Context) (bool, error) {
	return g.profiles.Outdated(passed(ctx))
}

// Synthetic is intake.Intake.Synthetic. It is read for everybody, so that every page is marked.
func (g *Registry) Synthetic(ctx context.Context) (bool, error) {
	return g.intakes.HasSynthetic(auth.As(ctx, auth.Self))
}

// Remembered is intake.Intake.Remembered.
func (g *Registry) Remembered(ctx context.Context, register string) (map[string]string, error) {
	return g.intakes.Remembered(passed(ctx), register)
}

// An import is seen as the scope says: see auth.Scope.Imports.

// mine reports whether the actor sees an import.
func (g *Registry) mine(ctx context.Context, i *intake.Import) bool {
	s, _, err := g.narrow(ctx)
	registers, person, ok := s.Imports()
	return err == nil && ok && (registers == nil || slices.Contains(registers, i.Register)) && (person == "" || i.Actor == person)
}

// own returns a context in which an import may be read; the fault of one that does not exist when the actor does not see it.
func (g *Registry) own(ctx context.Context, id int64) (context.Context, error) {
	_, err := g.ImportByID(ctx, id)
	return passed(ctx), err
}

// ImportByID is intake.Intake.ImportByID of an import that the actor sees.
func (g *Registry) ImportByID(ctx context.Context, id int64) (*intake.Import, error) {
	i, err := g.intakes.ImportByID(passed(ctx), id)
	if err == nil && g.mine(ctx, i) {
		return i, nil
	}
	if err != nil && fault.Of(err) != fault.NotFound {
		return nil, err
	}
	return nil, refused(ctx, g, id, &g.alike.brought, err == nil, func(ctx context.Context, other int64) error {
		_, err := g.intakes.ImportByID(passed(ctx), other)
		return err
	}, derive.NoImport(id))
}

// Original is intake.Intake.Original of an import that the actor sees.
func (g *Registry) Original(ctx context.Context, id int64) (*intake.Original, error) {
	if _, err := g.ImportByID(ctx, id); err != nil {
		return nil, err
	}
	return g.intakes.Original(passed(ctx), id)
}

// Imports is intake.Intake.Imports of those that the actor sees.
func (g *Registry) Imports(ctx context.Context, w fact.Wanted, offset, limit int) ([]intake.Import, int, error) {
	s, _, err := g.narrow(ctx)
	if err != nil {
		return nil, 0, err
	}
	registers, person, ok := s.Imports()
	if person != "" {
		w.Actors = within([]string{person}, w.Actors)
		ok = ok && len(w.Actors) > 0
	}
	if registers != nil {
		w.Registers = within(registers, w.Registers)
		ok = ok && len(w.Registers) > 0
	}
	if !ok {
		return nil, 0, nil
	}
	return g.intakes.Imports(passed(ctx), w, offset, limit)
}

// within returns those of a list that are wanted; nil: all are.
func within(list, wanted []string) []string {
	if wanted == nil {
		return list
	}
	return slices.DeleteFunc(slices.Clone(list), func(x string) bool { return !slices.Contains(wanted, x) })
}

// LastImports is intake.Intake.LastImports, and nothing for who sees a part: when others imported is not told.
func (g *Registry) LastImports(ctx context.Context, m fact.Moment) (map[string]intake.Import, map[string]int, error) {
	_, part, err := g.narrow(ctx)
	if err != nil || part {
		return map[string]intake.Import{}, map[string]int{}, err
	}
	return g.intakes.LastImports(ctx, m)
}

// Changes is intake.Intake.Changes of an import that the actor sees, with the subjects that he sees.
func (g *Registry) Changes(ctx context.Context, importID, from int64, brought bool, limit int) (list []intake.Altered, next int64, err error) {
	if ctx, err = g.own(ctx, importID); err != nil {
		return nil, 0, err
	}
	all, next, err := g.intakes.Changes(ctx, importID, from, brought, limit)
	hides := g.hides(ctx)
	for _, a := range all {
		held, err := g.holds(ctx, a.Subject.Subject)
		if err != nil {
			return nil, 0, err
		}
		if !held {
			continue
		}
		if hides != nil {
			a.Values = slices.DeleteFunc(slices.Clone(a.Values), func(c intake.ChangedValue) bool { return hides(c.Attr) })
		}
		list = append(list, a)
	}
	return list, next, err
}

// Record is intake.Intake.Record of a record of a subject that the actor sees, or of an import that he sees. Cells that were
// read as a field that he may not see are left out.
func (g *Registry) Record(ctx context.Context, id int64) (*intake.RecordView, error) {
	none := func(exists bool) error {
		return refused(ctx, g, id, &g.alike.record, exists, func(ctx context.Context, other int64) error {
			_, _, err := g.recordSeen(ctx, other)
			return err
		}, intake.NoRecord(id))
	}
	v, own, err := g.recordSeen(ctx, id)
	switch {
	case fault.Of(err) == fault.NotFound:
		return nil, none(false)
	case err != nil:
		return nil, err
	case v == nil:
		return nil, none(true)
	}
	if !own {
		v.Import.Report.Refusals, v.Import.Report.Warnings = nil, nil
	}
	g.blank(ctx, v)
	return v, nil
}

// recordSeen reads a record; nil when the actor does not see it. own reports whether he sees its import.
func (g *Registry) recordSeen(ctx context.Context, id int64) (v *intake.RecordView, own bool, err error) {
	if v, err = g.intakes.Record(passed(ctx), id); err != nil {
		return nil, false, err
	}
	if g.mine(ctx, &v.Import) {
		return v, true, nil
	}
	held, err := g.holds(ctx, v.Subject) // of a refused row it is 0: no subject
	if err != nil || !held {
		return nil, false, err
	}
	return v, false, nil
}

// blank leaves out the columns of a record that the actor may not see.
func (g *Registry) blank(ctx context.Context, v *intake.RecordView) {
	hides, reg := g.hides(ctx), g.base.Pack.Register(v.Import.Register)
	if hides == nil || reg == nil {
		return
	}
	var headers, cells, attributes []string
	for i, header := range v.Headers {
		if hides(reg.Attribute(v.Attributes[i])) {
			continue
		}
		headers, attributes = append(headers, header), append(attributes, v.Attributes[i])
		if i < len(v.Cells) {
			cells = append(cells, v.Cells[i])
		}
	}
	v.Headers, v.Cells, v.Attributes = headers, cells, attributes
}

// RefusedHolds says what the refused rows of an import disclose, to who may have them as they came. Where they may have personal
// data, these are those who may unmask it.
func (g *Registry) RefusedHolds(ctx context.Context, importID int64) (*intake.Original, error) {
	o, err := g.Original(ctx, importID)
	switch {
	case err != nil:
	case g.hides(ctx) != nil: // the rows as they came have all fields
		err = g.actors.Decide(ctx, readsAll, auth.Resource{})
	case o.Personal():
		err = g.actors.Decide(ctx, auth.Unmask, auth.Resource{Register: o.Register})
	}
	if err != nil {
		return nil, err
	}
	return o, nil
}

// Refused is intake.Intake.WriteRefused to who may have the rows; see RefusedHolds. The caller writes down what they are for.
func (g *Registry) Refused(ctx context.Context, importID int64, w io.Writer) error {
	if _, err := g.RefusedHolds(ctx, importID); err != nil {
		return err
	}
	return g.intakes.WriteRefused(passed(ctx), importID, w)
}

// errWhole refuses what concerns a whole register to who sees a part of it.
func errWhole() error {
	return fault.New(fault.Forbidden, "这项工作涉及全市的数据，由市局办理。", "This concerns the data of the whole city, and the city bureau does it.")
}
