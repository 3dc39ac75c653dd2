package intake

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"eyas/internal/audit"
	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/cell"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/identity"
	"eyas/internal/registry/layout"
)

// Entry is what a person enters by hand: a form or a correction. It becomes a source record of its own.
type Entry struct {
	Register string
	Subject  int64             // 0: the subject that code or name in Values identify, or a new one
	Values   map[string]string // "attribute" or "attribute@2020" → text as a person writes it: 5000万元, 是, 2021-03-31
	Void     []string          // "attribute" or "attribute@2020": the known value is wrong, and no better one is known
	Units    map[string]string // by the keys of Values, the unit of a number that names none: 万元; absent: 元
	Source   string            // id of a source of the pack, such as correction
	Form     string            // name of the form, for people
	Reason   string
	Lang     string // language of faults
	New      bool   // the subject must be new: a code or name that is already known is a fault with code Conflict
	Distinct bool   // with Subject 0: a subject of its own, though others may have its name; its code must still be new
}

// Keys are the attributes that the entry states or makes void, each with its year.
func (e *Entry) Keys() []string {
	return append(slices.Sorted(maps.Keys(e.Values)), e.Void...)
}

// NoAttribute returns the fault for an attribute that a register does not have.
func NoAttribute(reg *pack.Register, id string) error {
	return fault.New(fault.Invalid, fmt.Sprintf("%s没有数据项“%s”。", reg.Name.ZH, id), fmt.Sprintf("The register %s has no attribute “%s”.", reg.ID, id))
}

// AlreadyKnown is the cause of a fault with code Conflict: an entry was made as new, and its code or name belongs to a subject
// of the base.
type AlreadyKnown struct{ Subject int64 }

// Error names the subject.
func (k *AlreadyKnown) Error() string { return fmt.Sprintf("subject %d is known already", k.Subject) }

// Ids of the sources of entries by hand, when the pack has them.
const (
	Forms       = "form"       // a new value
	Corrections = "correction" // a value that a person put in the place of a known one
)

// HandSource returns the id of the source of an entry by hand into a register; no other function decides how such an
// entry ranks. It is empty when the pack has no such source; the entry then ranks like a file without a source.
func HandSource(p *pack.Pack, register string, correction bool) string {
	id := Forms
	if correction {
		id = Corrections
	}
	if s := p.Source(id); s == nil || !s.Of(register) {
		return ""
	}
	return id
}

// Enter stores an entry as an import with one record, which can be undone like a file. When a value cannot be read, it
// returns a fault with code Invalid and writes nothing.
func (g *Intake) Enter(ctx context.Context, e Entry) (importID, subject int64, err error) {
	defer fault.At(&err, "intake.Enter(register %s)", e.Register)
	actor, err := g.base.May(ctx, auth.Enter, auth.Resource{Register: e.Register, ID: fmt.Sprint(e.Subject)})
	if err != nil {
		return 0, 0, err
	}
	reg, opt, err := layout.Checked(g.base.Pack, layout.Options{Register: e.Register, Source: e.Source, Partial: true, Lang: e.Lang})
	if err != nil {
		return 0, 0, err
	}
	if s := g.base.Pack.Source(e.Source); s != nil && s.Items != nil {
		return 0, 0, fault.New(fault.Invalid, "这个来源的记录不是主体本身，不能手工录入。", "Records of this source are not about subjects themselves and cannot be entered by hand.")
	}
	l, cells, err := e.layout(g.base.Pack, reg)
	if err != nil {
		return 0, 0, err
	}
	err = g.rooms.Imports().Within(fact.Narrow(ctx), func(ctx context.Context, w Writer) error {
		importID, subject, err = g.enter(ctx, w, actor, reg, opt, e, l, cells)
		return err
	})
	if err != nil {
		return 0, 0, err
	}
	return importID, subject, nil
}

// layout returns the layout and the cells of the one-row sheet in which an entry is stored.
func (e *Entry) layout(p *pack.Pack, reg *pack.Register) (*layout.Layout, [][]byte, error) {
	l := &layout.Layout{Entered: true, HeaderRows: 1}
	var cells [][]byte
	column := func(key, text string, void bool) error {
		id, y, dated := strings.Cut(key, "@")
		a := reg.Attribute(id)
		year, err := strconv.Atoi(y)
		switch {
		case a == nil:
			return NoAttribute(reg, id)
		case a.Yearly != dated || dated && (err != nil || year < 1900 || year >= 3000):
			return fault.New(fault.Invalid, fmt.Sprintf("“%s”要写明年份，如 %s@2020；不分年度的不写。", a.Name.ZH, id),
				fmt.Sprintf("%s needs its year, such as %s@2020; what is not yearly has none.", a.Name.EN, id))
		}
		c := layout.Column{Index: len(cells) + 1, Header: a.Name.ZH, Attr: id, Year: year, How: layout.ByID, Void: void}
		if dated {
			c.Header = y + "年" + c.Header
		}
		if unit := e.Units[key]; unit != "" && !void {
			c.Unit = unit
			c.Header += "（" + unit + "）"
		}
		l.Columns = append(l.Columns, c)
		cells = append(cells, []byte(text))
		return nil
	}
	for _, key := range slices.Sorted(maps.Keys(e.Values)) {
		if cell.Blank([]byte(e.Values[key])) {
			continue
		}
		if err := column(key, e.Values[key], false); err != nil {
			return nil, nil, err
		}
	}
	for _, key := range slices.Sorted(slices.Values(e.Void)) {
		if err := column(key, "作废", true); err != nil {
			return nil, nil, err
		}
	}
	if len(cells) == 0 {
		return nil, nil, fault.New(fault.Invalid, "没有填写任何内容。请至少填一项。", "Nothing was entered. Fill in at least one field.")
	}
	l.Bind(p, reg)
	return l, cells, nil
}

func (g *Intake) enter(ctx context.Context, w Writer, actor string, reg *pack.Register, opt layout.Options, e Entry, l *layout.Layout, cells [][]byte) (int64, int64, error) {
	n, err := g.base.Numbered(ctx, reg)
	if err != nil {
		return 0, 0, err
	}
	var reading layout.Reading
	l.Convert(1, cells, &reading)
	view := layout.View(reg, g.base.Pack.Source(e.Source))
	if err := e.unread(g.base.Pack, view, l, cells, &reading); err != nil {
		return 0, 0, err
	}
	link := fact.LinkRow{Subject: e.Subject, How: fact.ByPerson, Evidence: e.Form}
	if e.Subject == 0 {
		if reading.Code == "" && reading.NameKey == "" {
			code, title := reg.Attribute(reg.CodeAttr), reg.Attribute(reg.NameAttr)
			return 0, 0, fault.New(fault.Invalid, fmt.Sprintf("请填写%s或%s，才知道说的是谁。", cmp.Or(code, title).Name.ZH, title.Name.ZH),
				fmt.Sprintf("Fill in %s or %s. One of them is needed to know whom the entry is about.", cmp.Or(code, title).Name.EN, title.Name.EN))
		}
		_, key := n.Name(reading.Facts)
		if err := w.Claim(ctx, fact.ClaimsOf(reg.ID, reading.Code, key)...); err != nil {
			return 0, 0, err
		}
		r, err := identity.NewResolver(limitOf(ctx).look(ctx), w, reg.ID, 1)
		if err != nil {
			return 0, 0, err
		}
		named := key
		if e.Distinct { // only its code can say that it is known
			named = ""
		}
		limit := limitOf(ctx)
		outside := limit != nil && limit.Outside(reg, reading.Facts)
		away := outside
		if limit != nil && !outside {
			strange, err := limit.strangeIn(ctx, reg, limit.unitsBeside(g.base.Pack, reg, &reading))
			if err != nil {
				return 0, 0, err
			}
			away = strange[0]
		}
		if away {
			r.Away(reading.Code, named)
		}
		if err := r.Prepare(ctx, namings([]readyRow{{code: reading.Code, key: key}})); err != nil {
			return 0, 0, err
		}
		if outside {
			if own, err := limit.own(ctx, r.Known(reading.Code, named)); err != nil {
				return 0, 0, err
			} else if own {
				return 0, 0, errOutside()
			}
		}
		d := r.Decide(reading.Code, named)
		link = fact.LinkRow{Subject: d.Subject, RowSubject: d.RowSubject, How: d.How, Evidence: cmp.Or(reading.Code, key)}
		if !d.Fresh { // the subject was found by its code or name before it was claimed, and may have lost them since
			if err := w.Claim(ctx); err != nil {
				return 0, 0, err
			}
		}
		if known, err := w.Profiles(ctx, []int64{d.Subject}); err != nil {
			return 0, 0, err
		} else if !d.Fresh && e.New && len(known) > 0 && !known[0].Gone {
			return 0, 0, fault.New(fault.Conflict, fmt.Sprintf("%s“%s”已在库里，可能刚由别人录入。", reg.One.ZH, cmp.Or(reading.Code, key)),
				fmt.Sprintf("“%s” is in the base already, perhaps entered by somebody just now.", cmp.Or(reading.Code, key))).Wrap(&AlreadyKnown{d.Subject})
		}
		if d.Fresh {
			if d.Subject, err = w.Advance(ctx, fact.LastSubject, 1); err != nil { // other writers may have taken ids meanwhile
				return 0, 0, err
			}
			link.Subject = d.Subject
			made := fact.ProfileRow{Subject: d.Subject, Register: reg.ID, Facts: n.Append(nil, nil), Gone: true}
			made.Hold(d.Held, reading.Code, key)
			if err := w.AddProfiles(ctx, []fact.ProfileRow{made}); err != nil {
				return 0, 0, err
			}
		}
	} else {
		if err := w.Claim(ctx, fact.ClaimSubject(e.Subject)); err != nil {
			return 0, 0, err
		}
		old, err := derive.ProfileOf(ctx, w, e.Subject)
		if err != nil {
			return 0, 0, err
		}
		if old.Register != reg.ID {
			return 0, 0, derive.NoSubject(e.Subject)
		}
		past, err := g.base.PastOf(ctx, w, reg.ID, []int64{e.Subject}, fact.Moment{})
		if err != nil {
			return 0, 0, err
		}
		link.Subject = past.Root(e.Subject) // the page was opened before the subject was merged
		if err := w.Claim(ctx, fact.ClaimSubject(link.Subject)); err != nil {
			return 0, 0, err
		}
		if reading.Code != "" && old.Code != "" && reading.Code != old.Code {
			return 0, 0, fault.New(fault.Invalid, "代码不能这样更改：换了代码就是另一个主体。请用合并或移动记录。",
				"The code cannot be changed here, because another code means another subject. Merge the two subjects, or move the record.")
		}
	}
	first, err := w.Advance(ctx, fact.LastRecord, 1)
	if err != nil {
		return 0, 0, err
	}
	id, err := w.Advance(ctx, fact.LastImport, 1)
	if err != nil {
		return 0, 0, err
	}
	layouts, err := json.Marshal([]*layout.Layout{l})
	if err != nil {
		return 0, 0, err
	}
	options, err := json.Marshal(opt)
	if err != nil {
		return 0, 0, err
	}
	raw := fact.AppendCells(nil, cells)
	var content [sha256.Size]byte // of no file: random, for from the digest of few cells the cells could be guessed
	rand.Read(content[:])
	i := &fact.ImportRow{
		ID: id, Register: reg.ID, SHA256: hex.EncodeToString(content[:]), Size: int64(len(raw)), Actor: actor, At: g.base.Clock().UTC(),
		FirstRecord: first, LastRecord: first, Rows: 1, Accepted: 1, Options: string(options), Layouts: string(layouts), Lists: "{}",
		Source: opt.Source, Form: cmp.Or(e.Form, "form"), Reason: e.Reason,
	}
	if err := w.AddImport(ctx, i); err != nil {
		return 0, 0, err
	}
	if err := w.AddRecords(ctx, []fact.RecordRow{{ID: first, Import: id, Row: 1, Cells: raw, Confidential: reg.Confidential()}}); err != nil {
		return 0, 0, err
	}
	var d fact.Digester
	b := batch{rows: []readyRow{{record: first, number: 1, cells: raw}}, names: fact.Mentions(g.base.Pack, view, first, reading.Name, reading.Value)}
	b.prove(&d, id, reg.ID)
	if err := w.AddMentions(ctx, reg.ID, b.names); err != nil {
		return 0, 0, err
	}
	link.Record = first
	if err := w.AddLinks(ctx, []fact.LinkRow{link}); err != nil {
		return 0, 0, err
	}
	if err := w.AddBlock(ctx, b.linked(&d, []fact.LinkRow{link})); err != nil {
		return 0, 0, err
	}
	if _, err := g.base.Settle(ctx, reg, []int64{link.Subject}, derive.Progress{}, nil); err != nil {
		return 0, 0, err
	}
	return id, link.Subject, g.base.Log(ctx, actor, "enter", fmt.Sprintf("subject/%d", link.Subject), map[string]any{
		"import": id, "form": i.Form, "source": i.Source, "values": slices.Sorted(maps.Keys(e.Values)), "void": e.Void, "reason": audit.Beside(e.Reason),
	})
}
