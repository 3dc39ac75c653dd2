package desk

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/matter"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/layout"
)

// Outcome is a list of another system that says how far cases are there.
type Outcome struct {
	Matter    string
	Connector string // "": the one of the matter
	Source    layout.Source
	AsOf      string            // day of the list, for rows without one
	State     string            // state of all rows of a list without such a column, such as a list of the recognised
	Year      int               // year of all rows, where the list says none; with Whole, the year for which the list is complete
	Whole     bool              // the list is complete for the year and the actor's subjects: who is not on it is asked about
	Org       string            // with Whole: complete for this district, zone or park only
	Map       map[string]string // header → column of the connector
	Lang      string
	Preview   bool // nothing is written
}

// Compared is what came of a list.
type Compared struct {
	Connector    string
	File         string
	List         int64 // 0 when nothing was written
	Rows         int
	Matched      int // rows about a case
	Moved        int // cases that the list moved, or would move
	Issued       int // certificates that followed from it
	Unchanged    int // matched cases of which the list says nothing new
	NotFiledHere int
	NotOnList    int
	Asked        int // rows that are unclear
	Elsewhere    int // rows about nobody of the actor's
	Questions    []Question
	Left         []Left
	Refused      []pack.Text
}

// Left is a case that the list would move and the actor may not, or cannot now.
type Left struct {
	Case int64
	Why  error
}

// Compare compares a list of another system with the cases of a matter: it moves those that it is surely about, and asks about the rest.
// The same list again moves nothing twice. Rows about subjects that the actor does not see are left out.
func (d *Desk) Compare(ctx context.Context, o Outcome) (_ *Compared, err error) {
	defer fault.At(&err, "desk.Compare(matter %s, file %s)", o.Matter, o.Source.Name)
	m, err := d.matterOf(o.Matter)
	if err != nil {
		return nil, err
	}
	stage, connector, err := d.outside(m, o.Connector)
	if err != nil {
		return nil, err
	}
	p, err := d.person(ctx)
	if err != nil {
		return nil, err
	}
	if err := d.Actors.Decide(ctx, auth.Handle, auth.Resource{Register: m.Register}); err != nil {
		return nil, err
	}
	opt := layout.Options{Register: m.Register, Source: connector.ID, AsOf: o.AsOf, Map: o.Map, Lang: o.Lang, Partial: true, Preset: map[string]string{}}
	if o.State != "" {
		if !slices.ContainsFunc(connector.In.States, func(s pack.State) bool { return s.Means == o.State }) {
			return nil, fault.New(fault.Invalid, fmt.Sprintf("%s没有状态 %q。", connector.Name.ZH, o.State), fmt.Sprintf("the %s has no state %q", connector.Name.EN, o.State))
		}
		opt.Preset[connector.In.State.ID] = o.State
	}
	if o.Year != 0 && connector.In.Key != nil && connector.In.Key.YearText {
		opt.Preset[connector.In.Key.ID] = strconv.Itoa(o.Year)
	}
	rows, err := d.Listed(ctx, o.Source, opt)
	if err != nil {
		return nil, err
	}
	if err := d.complete(o, rows); err != nil {
		return nil, err
	}
	b, err := d.besides(ctx, m, stage, o, rows)
	if err != nil {
		return nil, err
	}
	plan := b.compare(rows)
	done := &plan.Compared
	done.Connector, done.File, done.Rows = connector.ID, o.Source.Name, len(rows)
	if o.Preview {
		done.Moved = len(plan.moves)
		return done, nil
	}
	for _, v := range plan.moves {
		if err := d.moveBy(ctx, m, stage, v, done, o.Source.Name); err != nil {
			return nil, err
		}
	}
	return done, d.ask(ctx, m, connector, o, p, plan)
}

// complete refuses a list that cannot be complete: it would say of every case that waits that it is not on it.
func (d *Desk) complete(o Outcome, rows []intake.ListedRow) error {
	switch {
	case o.Org != "" && d.Pack.Orgs.ByID(o.Org) == nil:
		return fault.New(fault.Invalid, fmt.Sprintf("没有区、园区 %q。请写它的代码，如 120110。", o.Org), fmt.Sprintf("there is no district, zone or park %q: write its code, such as 120110", o.Org))
	case o.Whole && !slices.ContainsFunc(rows, func(r intake.ListedRow) bool { return r.Faulty == (pack.Text{}) }):
		return fault.New(fault.Invalid, fmt.Sprintf("“%s”里没有一行能读（共 %d 行），不能当作完整名单：那样会说所有等结果的办件都不在名单里。请检查文件，或不按完整名单来比。", o.Source.Name, len(rows)),
			fmt.Sprintf("no row of “%s” can be read (of %d), and it is called complete: every case that waits would be said not to be on it. Check the file, or do not call it complete", o.Source.Name, len(rows)))
	}
	return nil
}

// outside finds the outside stage of a matter and its connector.
func (d *Desk) outside(m *pack.MatterType, id string) (*pack.Stage, *pack.Connector, error) {
	var found *pack.Stage
	for _, s := range m.Stages {
		if s.Outside != nil && s.Outside.Connector != "" && (id == "" || s.Outside.Connector == id) {
			if found != nil && id == "" {
				return nil, nil, fault.New(fault.Invalid, "这个事项有几个外部系统，请写明是哪一个（connector）。", "the matter has several outside systems: name the connector")
			}
			found = s
		}
	}
	if found == nil {
		return nil, nil, fault.New(fault.Invalid, fmt.Sprintf("事项“%s”没有这样的外部环节。", m.Name.ZH), fmt.Sprintf("the matter %s has no such outside stage", m.Name.EN))
	}
	c := d.Pack.Connector(found.Outside.Connector)
	if c == nil || c.In == nil || d.Listed == nil {
		return nil, nil, fault.New(fault.Invalid, fmt.Sprintf("对接 %s 不读回文件。", found.Outside.Connector), fmt.Sprintf("files of the connector %s are not read", found.Outside.Connector))
	}
	return found, c, nil
}

// moveBy moves a case by a row of a list, and issues the certificate whose number the row gives.
func (d *Desk) moveBy(ctx context.Context, m *pack.MatterType, stage *pack.Stage, v move, done *Compared, file string) error {
	act := reported(v.row.State, dayOf(v.row.On), fmt.Sprintf("名单“%s”第 %d 行", file, v.row.Row))
	act.Visit = v.visit
	did, err := d.Act(ctx, v.line.ID, act)
	switch fault.Of(err) {
	case fault.Forbidden, fault.Conflict, fault.Invalid, fault.NotFound:
		done.Left = append(done.Left, Left{v.line.ID, err})
		return nil
	}
	if err != nil {
		return err
	}
	done.Moved++
	for _, next := range did.Case.Open() {
		s := m.Stage(next.Stage)
		fields := d.numbersOf(m, stage, s, v.row)
		if s.Kind != pack.StageIssue || fields[matter.FieldNumber] == "" {
			continue
		}
		_, err := d.Act(ctx, v.line.ID, matter.Act{Do: matter.ActPass, Visit: next.ID, Fields: fields, Note: act.Note})
		switch fault.Of(err) {
		case fault.Forbidden, fault.Conflict, fault.Invalid:
			done.Left = append(done.Left, Left{v.line.ID, err})
			return nil
		}
		if err != nil {
			return err
		}
		done.Issued++
	}
	return nil
}

// numbersOf are what a row gives for the fields of the stage that issues a certificate.
func (d *Desk) numbersOf(m *pack.MatterType, outside, issue *pack.Stage, row *intake.ListedRow) map[string]string {
	fields := map[string]string{}
	c := d.Pack.Connector(outside.Outside.Connector)
	for _, f := range issue.Fields {
		column := outside.Outside.Gives[f.ID]
		i := slices.IndexFunc(c.In.Columns, func(k *pack.InColumn) bool { return k.Attr.ID == column })
		if v, given := row.Values[column]; given && i >= 0 {
			fields[f.ID] = written(c.In.Columns[i].Attr, v)
		}
	}
	return fields
}

// ask keeps the questions of a list, and settles those that it made clear.
func (d *Desk) ask(ctx context.Context, m *pack.MatterType, c *pack.Connector, o Outcome, p matter.Person, plan *plan) error {
	done := &plan.Compared
	return d.Storage.WriteCases(ctx, 0, func(w Writer) error {
		l := List{Matter: m.ID, Connector: c.ID, File: fact.Storable(o.Source.Name), Whole: o.Whole, Year: o.Year, Person: p.ID, Org: p.Org, At: d.now()}
		if err := w.AddList(ctx, &l); err != nil {
			return err
		}
		done.List = l.ID
		for i := range done.Questions {
			q := &done.Questions[i]
			q.List, q.Matter, q.Org, q.Person, q.Asked = l.ID, m.ID, p.Org, p.ID, l.At
			if err := w.Ask(ctx, q); err != nil {
				return err
			}
		}
		if err := w.Settle(ctx, m.ID, plan.clear, l.At, p.ID); err != nil {
			return err
		}
		return d.note(ctx, w, "case-list", fmt.Sprintf("case-list/%d", l.ID), p.ID, map[string]any{"matter": m.ID, "connector": c.ID, "rows": done.Rows,
			"matched": done.Matched, "moved": done.Moved, "not_filed_here": done.NotFiledHere, "not_on_list": done.NotOnList, "asked": done.Asked})
	})
}

func dayOf(day int32) matter.Day {
	if day == 0 {
		return ""
	}
	return matter.Day(fact.TimeOf(day).Format(time.DateOnly))
}
