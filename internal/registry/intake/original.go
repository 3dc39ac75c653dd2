package intake

import (
	"context"
	"slices"
	"strings"

	"eyas/internal/fault"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/layout"
)

// Original is what the original file of an import discloses.
type Original struct {
	Register string
	Fields   []string // ids of the personal attributes that its columns were read as
	Unread   []string // headers of columns that were read as nothing, and names of sheets that were not read: what is in them is not known
	Numbers  bool     // a row has personal data of the highest class, such as an identity number, in whichever column
	Subjects []int64  // that its records count for
}

// Personal reports whether there may be personal data in the file.
func (o *Original) Personal() bool { return len(o.Fields) > 0 || o.Unknown() }

// Unknown reports whether there may be personal data in the file of a class that is not known.
func (o *Original) Unknown() bool { return len(o.Unread) > 0 || o.Numbers && len(o.Fields) == 0 }

func (o *Original) unread(what string) {
	if !slices.Contains(o.Unread, what) {
		o.Unread = append(o.Unread, what)
	}
}

// Original says what the original file of an import discloses.
func (g *Intake) Original(ctx context.Context, importID int64) (o *Original, err error) {
	defer fault.At(&err, "intake.Original(import %d)", importID)
	err = g.rooms.Imports().Read(ctx, func(r Reader) error {
		row, err := derive.WantedImport(ctx, r, importID)
		if err != nil {
			return err
		}
		reg, err := g.base.RegisterOf(row.Register)
		if err != nil {
			return err
		}
		layouts, err := layout.Stored(row)
		if err != nil {
			return err
		}
		o = &Original{Register: reg.ID}
		for _, l := range layouts {
			for _, c := range l.Columns {
				switch a := reg.Attribute(c.Attr); {
				case a != nil && a.Personal && !slices.Contains(o.Fields, a.ID):
					o.Fields = append(o.Fields, a.ID)
				case c.Attr == "" && c.Index != l.YearColumn && c.Index != l.UnitColumn && c.Index != l.CurrencyColumn && c.Index != l.EndColumn && c.Header != "":
					o.unread(c.Header)
				}
			}
			for _, sheet := range l.Unread {
				o.unread(sheet)
			}
		}
		view, err := viewOfImport(row, "")
		if err != nil {
			return err
		}
		for _, w := range view.Report.Warnings { // an older program did not keep which sheets it had not read
			if w.Scope == "row" && w.Row == 0 && w.Sheet != "" && strings.HasPrefix(w.Text.ZH, "工作表“"+w.Sheet+"”没有导入") {
				o.unread(w.Sheet)
			}
		}
		if o.Numbers, err = r.Sealed(ctx, importID); err != nil {
			return err
		}
		slices.Sort(o.Fields)
		o.Subjects, err = r.SubjectsOf(ctx, importID)
		return err
	})
	return o, err
}
