package intake

import (
	"context"
	"errors"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/layout"
)

// Import stores a file as a whole; when it returns an error, nothing is stored. When a file with the same bytes is in
// force and would be understood in the same way, nothing changes: the report says so, and id is 0. A file with more than
// fact.BatchRows rows lands as a batch, so that other writers need not wait for it.
func (g *Intake) Import(ctx context.Context, src layout.Source, opt layout.Options, progress func(derive.Progress)) (report *FileReport, id int64, err error) {
	defer fault.At(&err, "intake.Import(file %s)", src.Name)
	actor, err := g.base.May(ctx, auth.Import, auth.Resource{Register: opt.Register})
	if err != nil {
		return nil, 0, err
	}
	reg, opt, err := layout.Checked(g.base.Pack, opt)
	if err != nil {
		return nil, 0, err
	}
	print, err := fingerprint(ctx, src)
	if err != nil {
		return nil, 0, err
	}
	i := importing{g: g, reg: reg, actor: actor, src: src, print: print, options: opt, progress: progress}
	if b := derive.BulkOf(ctx); b != nil {
		return i.inBulk(ctx, b)
	}
	defer func() {
		if i.begun != nil {
			i.begun.close()
		}
	}()
	for err = derive.ErrMeanwhile; errors.Is(err, derive.ErrMeanwhile); {
		report, id, err = i.atOnce(ctx)
	}
	if errors.Is(err, errLarge) {
		err = g.base.InBulk(ctx, "import", progress, func(ctx context.Context, b *derive.Bulk) (err error) {
			report, id, err = i.inBulk(ctx, b)
			return err
		})
	}
	if err != nil {
		return nil, 0, err
	}
	return report, id, nil
}

// intake returns a converter for a file whose rows will be stored.
func (g *Intake) intake(ctx context.Context, r Reader, reg *pack.Register, src layout.Source, opt layout.Options) (*converter, error) {
	in, err := g.base.Open(ctx, r, reg, src, opt)
	if err != nil {
		return nil, err
	}
	others, err := g.othersIn(ctx, r, reg, src, opt)
	if err != nil {
		in.Close()
		return nil, err
	}
	return &converter{Reader: in, others: others}, nil
}

// identical returns the report of an identical file that is in force and would be understood in the same way; otherwise nil.
func (g *Intake) identical(ctx context.Context, r fact.ImportReader, in *converter, print content) (*FileReport, error) {
	imports, err := r.InForce(ctx, in.Register.ID, print.sha256)
	if err != nil || len(imports) == 0 {
		return nil, err
	}
	read, err := in.Headers(print.src) // by a second reader, because the rows of the first may still be needed
	if err != nil {
		return nil, err
	}
	now, err := layout.Essence(read)
	if err != nil {
		return nil, err
	}
	limit := limitOf(ctx)
	for i := range imports {
		before, err := layout.Stored(&imports[i])
		if err != nil {
			return nil, err
		}
		then, err := layout.Essence(before)
		if err != nil {
			return nil, err
		}
		if now != then || !layout.SameOrigin(&imports[i], in.Options) || limit != nil && imports[i].Actor != limit.Actor {
			continue
		}
		row, err := r.Import(ctx, imports[i].ID)
		if err != nil {
			return nil, err
		}
		view, err := viewOfImport(row, in.Options.Lang)
		if err != nil {
			return nil, err
		}
		report := view.Report
		report.File, report.Import = in.Name, 0
		report.Unchanged += report.Accepted
		report.Accepted = 0
		return &report, nil
	}
	return nil, nil
}
