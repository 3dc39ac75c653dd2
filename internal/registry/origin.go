package registry

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"eyas/internal/fault"
	"eyas/internal/pack"
)

// CheckSource says what is wrong with the source and the day that options name, if anything.
func CheckSource(p *pack.Pack, reg *pack.Register, opt Options) error {
	return checkSource(p, reg, &opt)
}

// checkSource completes what options say of the source of a file, or says what is wrong with it.
func checkSource(p *pack.Pack, reg *pack.Register, opt *Options) error {
	s := p.Source(opt.Source)
	if opt.Source != "" && (s == nil || !s.Of(reg.ID)) {
		var ids []string
		for _, x := range p.Sources {
			if x.Of(reg.ID) {
				ids = append(ids, x.ID)
			}
		}
		return fault.New(fault.Invalid,
			fmt.Sprintf("%s没有名为“%s”的来源；可用的有：%s。", reg.Name.ZH, opt.Source, strings.Join(ids, "、")),
			fmt.Sprintf("The register %s has no source “%s”; there is %s.", reg.ID, opt.Source, strings.Join(ids, ", ")))
	}
	if opt.AsOf != "" {
		if _, err := time.Parse(time.DateOnly, opt.AsOf); err != nil {
			return fault.New(fault.Invalid, fmt.Sprintf("数据日期的写法是 2021-03-31，给出的是“%s”。", opt.AsOf),
				fmt.Sprintf("The day that a file speaks of is written 2021-03-31, not “%s”.", opt.AsOf)).Wrap(err)
		}
	}
	switch {
	case opt.Partial:
		opt.Absent = nil
	case opt.Absent == nil && s != nil:
		opt.Absent = s.Absent
	}
	opt.Absent = slices.Compact(slices.Sorted(slices.Values(opt.Absent)))
	for _, id := range opt.Absent {
		if a := reg.Attribute(id); a == nil || a.Kind != pack.Boolean || a.Manual || a.Yearly {
			return fault.New(fault.Invalid,
				fmt.Sprintf("“%s”不能由完整名单认定：只有不由人工认定、不分年度的是否项可以。", id),
				fmt.Sprintf("A whole list cannot decide “%s”: only yes/no attributes that are neither manual findings nor yearly can be.", id))
		}
	}
	return nil
}

// asOf is the day that a file speaks of; nil when it was not said.
func asOf(opt Options) *int32 {
	t, err := time.Parse(time.DateOnly, opt.AsOf)
	if err != nil {
		return nil
	}
	day := dayOf(t)
	return &day
}

// dayOf numbers the day of a time in its own zone.
func dayOf(t time.Time) int32 {
	y, m, d := t.Date()
	return int32(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// dayTime is the way back.
func dayTime(day int32) time.Time { return time.Unix(int64(day)*86400, 0).UTC() }

// originOf is what of an import decides whether its values win.
func originOf(p *pack.Pack, i *ImportRow) Origin {
	o := Origin{Source: p.Source(i.Source), Day: dayOf(i.At.In(p.Zone))}
	if i.AsOf != nil {
		o.Day, o.Dated = *i.AsOf, true
	}
	return o
}

// sameOrigin reports whether an import would be taken in under the options as it was.
func sameOrigin(i *ImportRow, opt Options) bool {
	day := asOf(opt)
	return i.Source == opt.Source && i.Whole == strings.Join(opt.Absent, ",") && (i.AsOf == nil) == (day == nil) && (day == nil || *i.AsOf == *day)
}

// rereadWhole makes readers read every profile anew when an import that is the whole list of something comes or goes:
// it speaks of everybody who is not in it.
func (g *Registry) rereadWhole(ctx context.Context, w Writer, i *ImportRow) error {
	if i.Whole == "" {
		return nil
	}
	change, err := w.Advance(ctx, LastChange, 1)
	if err != nil {
		return err
	}
	return w.SetCounter(ctx, Reread, change)
}

// reconsider marks the subjects as changed that an open question relates to one of subjects, when one of these is in a
// whole list: whether the list says "no" of the others depends on that question. Stored profiles stay as they are;
// readers read those subjects again, and nobody else. It is called after links and questions were written.
func (g *Registry) reconsider(ctx context.Context, w Writer, register string, subjects []int64) error {
	lists, err := w.Whole(ctx, register, false)
	if err != nil || len(lists) == 0 || len(subjects) == 0 {
		return err
	}
	subjects = slices.Compact(slices.Sorted(slices.Values(subjects)))
	listed, err := inLists(ctx, w, lists, subjects)
	if err != nil || !listed {
		return err
	}
	questions, err := w.QuestionsOf(ctx, register, subjects)
	if err != nil {
		return err
	}
	var asked []int64
	for i := range questions {
		if _, found := slices.BinarySearch(subjects, questions[i].Subject); found {
			asked = append(asked, questions[i].Candidate)
		}
	}
	return g.markChanged(ctx, w, asked)
}

// inLists reports whether a record of some subjects is one of the records of lists.
func inLists(ctx context.Context, r Reader, lists []ImportRow, subjects []int64) (bool, error) {
	for part := range slices.Chunk(subjects, batchRows) {
		records, err := r.Linked(ctx, part)
		if err != nil {
			return false, err
		}
		for i := range records {
			for k := range lists {
				if records[i].ID >= lists[k].FirstRecord && records[i].ID <= lists[k].LastRecord {
					return true, nil
				}
			}
		}
	}
	return false, nil
}

// markChanged gives profiles that stay as they are a new change number, so that readers read them again.
func (g *Registry) markChanged(ctx context.Context, w Writer, subjects []int64) error {
	subjects = slices.Compact(slices.Sorted(slices.Values(subjects)))
	if len(subjects) == 0 {
		return nil
	}
	change, err := w.Advance(ctx, LastChange, 1)
	if err != nil {
		return err
	}
	for part := range slices.Chunk(subjects, batchRows) {
		rows, err := w.Profiles(ctx, part)
		if err != nil {
			return err
		}
		for i := range rows {
			rows[i].Change = change
		}
		if err := w.SetProfiles(ctx, rows); err != nil {
			return err
		}
	}
	return nil
}

// whole is a list of which absence says "no".
type whole struct {
	attr        *pack.Attribute
	importID    int64
	first, last int64 // its records
	origin      Origin
	later       bool           // it speaks of a later day than the one that is asked for
	doubt       map[int64]bool // subjects of whom it is asked whether they are one that the list names
}

// wholeLists gives, for each attribute, the lists in force as known at a time, the oldest first.
func (g *Registry) wholeLists(ctx context.Context, r Reader, reg *pack.Register, m Moment) (map[int][]whole, error) {
	rows, err := r.Whole(ctx, reg.ID, !m.KnownOn.IsZero())
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	lists := map[int][]whole{}
	for i := range rows {
		row := &rows[i]
		if !m.knows(g.pack, row) {
			continue
		}
		o := originOf(g.pack, row)
		later := !m.HeldOn.IsZero() && o.Dated && o.Day > dayOf(m.HeldOn)
		doubt, err := r.Doubted(ctx, reg.ID, row.FirstRecord, row.LastRecord)
		if err != nil {
			return nil, err
		}
		for _, id := range strings.Split(row.Whole, ",") {
			if a := reg.Attribute(id); a != nil && a.Kind == pack.Boolean {
				lists[a.Index] = append(lists[a.Index], whole{a, row.ID, row.FirstRecord, row.LastRecord, o, later, doubt})
			}
		}
	}
	for _, l := range lists {
		slices.SortStableFunc(l, func(a, b whole) int { return int(a.origin.Day - b.origin.Day) })
	}
	return lists, nil
}

// declare lets lists speak of a subject that is not in them. facts is sorted and stays so. An enterprise that was
// registered after the day of a list could not be in it.
//
// That somebody is in a list is of its day too: it says nothing of the days before. Nor does absence of somebody of whom
// it is still asked whether he is one that the list names.
func (n *codec) declare(subject int64, facts []Fact, lists map[int][]whole) []Fact {
	if len(lists) == 0 {
		return facts
	}
	born := int32(0)
	for i := range facts {
		if facts[i].Attr.ID == registeredOn && !facts[i].Void {
			born = int32(facts[i].Value.Int)
		}
	}
	for _, list := range lists {
		for len(list) > 0 && list[len(list)-1].later {
			facts = slices.DeleteFunc(facts, list[len(list)-1].says)
			list = list[:len(list)-1]
		}
		if len(list) == 0 {
			continue
		}
		l := &list[len(list)-1] // the latest; that of an older one would lose against it
		if born > l.origin.Day || l.doubt[subject] {
			continue
		}
		no := Fact{Attr: l.attr, Origin: l.origin, Whole: l.importID}
		at, found := slices.BinarySearchFunc(facts, no, compareFacts)
		if !found {
			facts = slices.Insert(facts, at, no)
			continue
		}
		f := &facts[at]
		if l.says(*f) {
			continue // it is in the list
		}
		if by := n.order(&Fact{Attr: l.attr, Cell: 1, Origin: l.origin}, f); by > 0 || by == 0 && l.first > f.Record {
			facts[at] = no
		}
	}
	return facts
}

// says reports whether a fact is what the list says of somebody who is in it.
func (l *whole) says(f Fact) bool {
	return f.Attr == l.attr && f.Record >= l.first && f.Record <= l.last
}
