package intake

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/cell"
	"eyas/internal/registry/layout"
)

// Unread is the cause of a fault with code Invalid: values of an entry cannot be read. Why has a sentence for each, by
// the keys of Entry.Values.
type Unread struct{ Why map[string]pack.Text }

// Error names the values.
func (u *Unread) Error() string { return fmt.Sprintf("not read: %v", slices.Sorted(maps.Keys(u.Why))) }

// Readable returns a fault caused by an *Unread when values of an entry cannot be read, as Enter would. It reads nothing
// from the base and writes nothing.
func (g *Intake) Readable(_ context.Context, e Entry) (err error) {
	defer fault.At(&err, "intake.Readable(register %s)", e.Register)
	reg, _, err := layout.Checked(g.base.Pack, layout.Options{Register: e.Register, Source: e.Source, Partial: true, Lang: e.Lang})
	if err != nil {
		return err
	}
	l, cells, err := e.layout(g.base.Pack, reg)
	if err != nil {
		return err
	}
	var reading layout.Reading
	l.Convert(1, cells, &reading)
	return e.unread(g.base.Pack, reg, l, cells, &reading)
}

// unread returns a fault caused by an *Unread when a value of an entry cannot be read, or stands for a code and is none:
// a person is there to mend it, so it is not kept unused as one of a file is.
func (e *Entry) unread(p *pack.Pack, reg *pack.Register, l *layout.Layout, cells [][]byte, reading *layout.Reading) error {
	u := &Unread{Why: map[string]pack.Text{}}
	said := map[string]string{} // the value as it was typed
	note := func(key string, text pack.Text) {
		if _, told := u.Why[key]; !told {
			u.Why[key] = text
		}
	}
	for _, c := range l.Columns {
		key := c.Attr
		if c.Year != 0 {
			key = fmt.Sprintf("%s@%d", c.Attr, c.Year)
		}
		said[key] = string(cells[c.Index-1])
		for i := range reading.Refusals {
			if r := &reading.Refusals[i]; r.Column == c.Header {
				note(key, r.Text)
			}
		}
		if c.Void {
			continue
		}
		if bad := unusableCode(p, reg, c.Attr, cells[c.Index-1]); bad != nil {
			note(key, pack.Text{ZH: bad.ZH, EN: bad.EN})
		}
	}
	if len(u.Why) == 0 && len(reading.Refusals) > 0 { // of no column
		return fault.New(fault.Invalid, reading.Refusals[0].Text.ZH, reading.Refusals[0].Text.EN)
	}
	if len(u.Why) == 0 {
		return nil
	}
	first := slices.Sorted(maps.Keys(u.Why))[0]
	name, why, value := headerOf(reg, first), u.Why[first], layout.Cut(said[first], 60)
	return fault.New(fault.Invalid, fmt.Sprintf("%s “%s”：%s", name.ZH, value, why.ZH), fmt.Sprintf("%s “%s”: %s", name.EN, value, why.EN)).Wrap(u)
}

// unusableCode says why a text for a code that tells a subject from others is none; nil where it is one, or where the
// attribute is no such code. Attributes that hold the code of another subject are read as that one's register reads codes.
func unusableCode(p *pack.Pack, reg *pack.Register, attr string, text []byte) *cell.Bad {
	scheme := pack.Scheme("")
	if attr == reg.CodeAttr {
		scheme = reg.Scheme()
	}
	for _, v := range reg.Relations {
		if attr == v.CodeAttr && len(v.To) > 0 && p.Register(v.To[0]) != nil {
			scheme = p.Register(v.To[0]).Scheme()
		}
	}
	switch scheme {
	case pack.USCC:
		if code, state := cell.USCC(text, nil); state == cell.NoCode {
			return cell.Unusable(code)
		}
	case pack.Plain:
		if code, state := cell.PlainCode(text); state == cell.NoCode {
			return cell.UnusablePlain(code)
		}
	}
	return nil
}

// headerOf names the attribute of a key.
func headerOf(reg *pack.Register, key string) pack.Text {
	id, year, dated := strings.Cut(key, "@")
	a := reg.Attribute(id)
	if a == nil {
		return pack.Text{ZH: key, EN: key}
	}
	if dated {
		return pack.Text{ZH: year + "年" + a.Name.ZH, EN: year + " " + a.Name.EN}
	}
	return a.Name
}
