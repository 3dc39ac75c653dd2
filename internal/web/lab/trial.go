package lab

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/rule"
	"eyas/internal/rule/col"
	"eyas/internal/web/address"
)

// trial is what an address of the lab asks: a rule, a day, and numbers that differ from the law's.
type trial struct {
	ask      *address.Ask
	rule     *pack.Rule
	law      *pack.Law
	moved    map[string]float64 // by number name, base units; only what differs
	open     []string           // numbers about to be moved: kept ready although they stand as in the law
	problems []error            // figures that could not be read; they are left as the law has them
}

// options are those of the screening on which the trial stands, with nothing moved.
func (t *trial) options() rule.Options {
	return rule.Options{Date: t.ask.Date, Assume: t.ask.Assume}
}

// readTrial reads rule, day and moved numbers. Without a rule the first of the pack is taken. The error is
// that of a rule or day that cannot be answered; t.rule is set when at least the rule is known.
func (s *room) readTrial(r *http.Request) (*trial, error) {
	t := &trial{ask: s.Ask(r), moved: map[string]float64{}}
	q := r.URL.Query()
	id := q.Get("rule")
	if id == "" && len(s.Pack.Rules) > 0 {
		id = s.Pack.Rules[0].ID
	}
	for _, known := range s.Pack.Rules {
		if known.ID == id {
			t.rule = known
		}
	}
	if t.rule == nil {
		return t, address.Mistake(fault.New(fault.NotFound, "没有“"+id+"”这项资格。请从列表中选择。", "There is no recognition “"+id+"”: choose one of the list."), "rule")
	}
	known, law, err := s.Rules.Law(id, t.ask.Date)
	if err != nil {
		return t, err
	}
	t.rule, t.law = known, law
	for _, pair := range q["set"] {
		name, text, _ := strings.Cut(pair, "=")
		t.move(name, text)
	}
	for _, name := range q["open"] {
		if findNumber(t.rule, name) != nil {
			t.open = append(t.open, name)
		}
	}
	for name, values := range q { // fields of the form, sent without script
		if name, ok := strings.CutPrefix(name, "n."); ok && values[0] != "" {
			if n := findNumber(t.rule, name); n != nil {
				t.move(name, values[0]+scaleOf(n).Suffix)
			}
		}
	}
	return t, nil
}

// move sets one number from its text.
func (t *trial) move(name, text string) {
	n := findNumber(t.rule, name)
	if n == nil {
		t.problems = append(t.problems, fault.New(fault.Invalid,
			"“"+t.rule.Name.In("zh")+"”没有名为“"+name+"”的数值，已忽略。",
			t.rule.Name.In("en")+" has no number named “"+name+"”; it was left out."))
		return
	}
	v, err := n.Read(text)
	switch {
	case err != nil:
		t.problems = append(t.problems, err)
	case v == n.Value:
		delete(t.moved, name)
	default:
		t.moved[name] = v
	}
}

func findNumber(r *pack.Rule, name string) *pack.Number {
	for _, n := range r.Numbers {
		if n.Name == name {
			return n
		}
	}
	return nil
}

// value is a number's value in the trial.
func (t *trial) value(n *pack.Number) float64 {
	if v, ok := t.moved[n.Name]; ok {
		return v
	}
	return n.Value
}

// sets are the moved numbers as addresses write them: NAME=VALUE.
func (t *trial) sets() (all []string) {
	for _, name := range slices.Sorted(maps.Keys(t.moved)) {
		all = append(all, name+"="+scaleOf(findNumber(t.rule, name)).write(t.moved[name]))
	}
	return all
}

// link is an address of the lab for this trial, with further pairs.
func (t *trial) link(path string, pairs ...string) string {
	q := t.ask.Lasting()
	q.Set("rule", t.rule.ID)
	if sets := t.sets(); sets != nil {
		q["set"] = sets
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			q.Del(pairs[i])
		} else {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	return path + "?" + q.Encode()
}

// options are those of the trial over the rows of a table that its address is about.
func (s *room) options(t *trial, table *col.Table) rule.Options {
	opt := t.options()
	opt.Rows = s.Counted(t.ask, t.rule.Register, table)
	return opt
}

// answer computes the trial over the register. The table is the one whose rows the bitmaps speak of.
func (s *room) answer(ctx context.Context, t *trial) (*rule.Difference, *col.Table, error) {
	table, err := s.table(ctx, t.ask, t.rule.Register)
	if err != nil {
		return nil, nil, err
	}
	d, err := s.over(table, t)
	return d, table, err
}

// over computes the trial over a table of the register.
func (s *room) over(table *col.Table, t *trial) (*rule.Difference, error) {
	numbers := maps.Clone(t.moved)
	for _, name := range t.open {
		numbers[name] = t.value(findNumber(t.rule, name))
	}
	d, err := s.Rules.WhatIf(table, s.options(t, table), t.rule.ID, numbers)
	if err != nil {
		return nil, fmt.Errorf("lab: what if %s %v: %w", t.rule.ID, numbers, err)
	}
	return d, nil
}

// table is the register that a rule is about.
func (s *room) table(ctx context.Context, ask *address.Ask, register string) (*col.Table, error) {
	_, base, err := s.InMemory(ctx, register, ask.Moment())
	if err != nil {
		return nil, err
	}
	table, err := base.Current(ctx)
	if err != nil {
		return nil, fmt.Errorf("lab: register: %w", err)
	}
	return table, nil
}
