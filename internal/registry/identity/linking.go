package identity

import (
	"context"
	"errors"
	"iter"
	"strings"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/cell"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/layout"
	"eyas/internal/registry/link"
	"eyas/internal/registry/table"
)

// Attributes that linkage compares besides code and name. Linkage works without those that a register lacks.
const (
	formerNames    = "former_names"
	registrationNo = "registration_no"
	orgCode        = "org_code"
)

// FileRow is a row of a file that was read but not imported.
type FileRow struct {
	Sheet   string
	Number  int // as a spreadsheet numbers it
	Refused *layout.Issue
	Row     link.Row
}

// errEnough ends a reading early because the caller needs no more rows.
var errEnough = errors.New("enough")

// Rows reads a file as an import would and returns an iterator over its rows, in order. It writes nothing. Call the
// returned function after the iteration to get the error. Rows without content are left out; rows that an import would
// refuse carry the reason.
func (g *Identities) Rows(ctx context.Context, src layout.Source, opt layout.Options) (iter.Seq[FileRow], func() error) {
	var failed error
	return func(yield func(FileRow) bool) {
		if failed = g.eachRow(ctx, src, opt, yield); errors.Is(failed, errEnough) {
			failed = nil
		}
	}, func() error { return failed }
}

func (g *Identities) eachRow(ctx context.Context, src layout.Source, opt layout.Options, yield func(FileRow) bool) error {
	reg, opt, err := layout.Checked(g.base.Pack, opt)
	if err != nil {
		return err
	}
	return g.rooms.Identities().Read(ctx, func(r Reader) error {
		in, err := g.base.Open(ctx, r, reg, src, opt)
		if err != nil {
			return err
		}
		defer in.Close()
		var reading layout.Reading
		return in.Sheets(func(index int, l *layout.Layout, s *table.Sheet) error {
			return in.Each(index, l, s, func(_ int, l *layout.Layout, from table.Row) error {
				if err := ctx.Err(); err != nil {
					return err
				}
				if l.Convert(from.Number, from.Cells, &reading); reading.Skip {
					return nil
				}
				row := FileRow{Sheet: l.Sheet, Number: from.Number, Refused: reading.Refuse, Row: rowOf(reading.Name, reading.Facts)}
				if code := l.CodeCell(from.Cells); code != nil {
					row.Row.Code = string(code) // even when it is no valid code: linkage looks for a typing error in it
				}
				if !yield(row) {
					return errEnough
				}
				return nil
			})
		})
	})
}

// rowOf returns a subject's facts in the form that linkage compares.
func rowOf(name string, facts []fact.Fact) link.Row {
	row := link.Row{Name: name}
	for i := range facts {
		f := &facts[i]
		switch f.Attr.ID {
		case formerNames:
			row.Former = namesIn(f.Value.Str)
		case registrationNo:
			row.Registration = f.Value.Str
		case orgCode:
			row.Org = f.Value.Str
		case layout.AddressAttr:
			row.Address = f.Value.Str
		}
	}
	return row
}

// namesIn returns the items of a list of names.
func namesIn(list string) []string {
	if list == "" {
		return nil
	}
	return strings.Split(cell.List(list), "；")
}

// LinkIndex builds the index of the active subjects of a register that linkage compares rows with.
func (g *Identities) LinkIndex(ctx context.Context, register string, opt link.Options) (_ *link.Index, err error) {
	defer fault.At(&err, "identity.LinkIndex(register %s)", register)
	reg, err := g.base.RegisterOf(register)
	if err != nil {
		return nil, err
	}
	opt.Plain = reg.Scheme() == pack.Plain
	var failed error
	x := link.Build(func(yield func(link.Entry) bool) {
		failed = g.eachLinkable(ctx, reg, func(p *fact.Profile) bool { return yield(entryOf(p)) })
	}, opt)
	if failed != nil {
		return nil, failed
	}
	return x, nil
}

// eachLinkable passes the active subjects of a register until yield returns false. The profile is reused.
func (g *Identities) eachLinkable(ctx context.Context, reg *pack.Register, yield func(*fact.Profile) bool) error {
	err := g.rooms.Identities().Read(ctx, func(r Reader) error {
		pass, err := g.base.Reader(ctx, r, reg, func(p *fact.Profile) error {
			if !p.Gone && p.Held == "" && !yield(p) {
				return errEnough
			}
			return nil
		})
		if err != nil {
			return err
		}
		return r.EachProfile(ctx, reg.ID, pass)
	})
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

// entryOf returns a subject in the form in which the index holds it.
func entryOf(p *fact.Profile) link.Entry {
	said := rowOf(p.Name, p.Facts)
	return link.Entry{ID: p.Subject, Code: p.Code, Name: p.Name, Former: said.Former, Registration: said.Registration, Org: said.Org, Address: said.Address}
}
