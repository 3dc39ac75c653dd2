package intake

import (
	"context"
	"strings"

	"eyas/internal/fault"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/layout"
	"eyas/internal/sheet"
)

// titleSheets is how many sheets, and titleRows how many rows of each, are looked at for the row that says where refused rows are
// from.
const titleSheets, titleRows = 5, 12

// mendsOf gives the import whose refused rows a file brings back; nil when it brings none of this base. find gives an import by
// its number.
func mendsOf(ctx context.Context, source layout.Source, find func(ctx context.Context, id int64) (*intake.Import, error)) (*intake.Import, error) {
	id, digest, ok := refusedIn(source)
	if !ok {
		return nil, nil
	}
	imp, err := find(ctx, id)
	if fault.Of(err) == fault.NotFound {
		return nil, nil
	}
	if err != nil || digest == "" || !strings.HasPrefix(imp.SHA256, digest) { // the number may be another base's
		return nil, err
	}
	return imp, nil
}

// refusedIn looks for the row that says of which import the rows of a file were refused. What cannot be read has none.
func refusedIn(source layout.Source) (importID int64, digest string, ok bool) {
	f, err := source.Table()
	if err != nil {
		return 0, "", false
	}
	defer f.Close()
	for range titleSheets {
		one, err := f.Next()
		if err != nil {
			return 0, "", false
		}
		head, err := one.Head(titleRows)
		if err != nil {
			return 0, "", false
		}
		for _, row := range head {
			for _, cell := range row {
				if id, digest, ok := sheet.IsRefused(cell); ok {
					return id, digest, true
				}
			}
		}
	}
	return 0, "", false
}

// asBefore takes over how the file was read whose refused rows a file brings back: they mean what they meant there. They are a
// part of that file and no whole list.
func asBefore(opt *layout.Options, before *intake.Import) {
	lang := opt.Lang
	*opt = before.Options
	opt.Lang, opt.Partial, opt.Absent, opt.Mends = lang, true, nil, 0
}
