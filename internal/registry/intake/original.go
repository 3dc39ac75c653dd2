package intake

import (
	"context"
	"slices"

	"eyas/internal/fault"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/layout"
)

// Original is what the original file of an import discloses.
type Original struct {
	Register string
	Fields   []string // ids of the personal attributes that its columns were read as
	Unread   []string // headers of columns that were read as nothing: what is in them is not known
	Subjects []int64  // that its records count for
}

// Personal reports whether there may be personal data in the file.
func (o *Original) Personal() bool { return len(o.Fields) > 0 || len(o.Unread) > 0 }

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
				case c.Attr == "" && (c.How == "none" || c.How == "aside" || c.How == "map") && c.Header != "":
					o.Unread = append(o.Unread, c.Header)
				}
			}
		}
		slices.Sort(o.Fields)
		o.Subjects, err = r.SubjectsOf(ctx, importID)
		return err
	})
	return o, err
}
