package link

import (
	"math"
	"strings"

	"eyas/internal/registry/cell"
	"eyas/internal/registry/link/orgname"
)

// candidate returns a subject that was found by an exact value, with its evidence.
func (d *decider) candidate(s *state, subject, name int, by By) Candidate {
	x := d.x
	c := d.plainCandidate(subject, name)
	switch by {
	case ByCode, BySlip:
		e := Evidence{Field: FieldCode, Level: "same", Row: s.row.Code, Entry: c.Code, ZH: "代码相同", EN: "same code"}
		if by == BySlip {
			e.Level, e.ZH, e.EN = "slip", "差一处笔误", "one typing error apart"
		}
		c.Evidence = append(c.Evidence, e)
	case ByRegistration:
		c.Evidence = append(c.Evidence, Evidence{Field: FieldRegistration, Level: "same", Row: s.row.Registration, Entry: s.row.Registration, ZH: "注册号相同", EN: "same registration number"})
	case ByOrg:
		org := x.organisation(s.row.Org, s.code)
		c.Evidence = append(c.Evidence, Evidence{Field: FieldOrg, Level: "same", Row: org, Entry: org, ZH: "组织机构代码相同", EN: "same organisation code"})
	case ByAnswer:
		c.Evidence = append(c.Evidence, Evidence{Field: FieldAnswer, Level: "same", Row: s.row.Name, Entry: c.Name, ZH: "有人确认过", EN: "confirmed by a person"})
	}
	if s.row.Name != "" && c.Matched != "" {
		e := Evidence{Field: FieldName, Level: "differs", Row: s.row.Name, Entry: c.Matched, ZH: "名称不同", EN: "the names differ"}
		n := &x.name[name]
		switch {
		case n.key == s.key:
			e.Level, e.ZH, e.EN = "same", "名称相同", "same name"
		case n.plain == d.plain():
			e.Level, e.ZH, e.EN = "plain", "名称只在写法上不同", "names differ only in writing"
		}
		if c.Former {
			e.ZH += "（曾用名）"
			e.EN += " (former name)"
		}
		c.Evidence = append(c.Evidence, e)
	}
	return c
}

func (d *decider) plainCandidate(subject, name int) Candidate {
	x := d.x
	c := Candidate{ID: x.subject[subject].id, Code: x.code(uint32(subject)), Name: x.nowName(subject)}
	if name < len(x.name) && int(x.name[name].subject) == subject {
		c.Matched, c.Former = x.nameText(&x.name[name]), x.name[name].kind == formerName
		if !c.Former {
			c.Matched = c.Name
		}
	}
	return c
}

// weighed returns a candidate of the scored match, with the weight of every field.
func (d *decider) weighed(s *state, from *scored) Candidate {
	x := d.x
	n := &x.name[from.name]
	c := d.plainCandidate(int(n.subject), from.name)
	c.Weight = from.weight
	core := x.core(n, nil)
	trade := min(int(n.trade), len(core))
	p := &d.parts
	values := [weighed][2]string{
		{written(s.row.Name, p.Core, p.Places), written(c.Matched, core, n.list())},
		{string(p.Core[:p.Trade]), string(core[:trade])},
		{string(p.Core[p.Trade:]), string(core[trade:])},
		{}, {string(p.Branch), x.branches[n.branch]}, {}, {s.row.Address, ""},
	}
	for f := range weighed {
		level := from.got.levels[f]
		bits := x.model.bits(&from.got, f)
		if math.Abs(bits) < 0.05 && values[f][0] == "" && values[f][1] == "" {
			continue
		}
		if f == 5 && level == numbersNone || f == 6 && level == addressNone {
			continue // neither side has it; its weight is part of the prior, which is shown
		}
		text := sentences[f][level]
		c.Evidence = append(c.Evidence, Evidence{Field: fields[f], Level: levelNames[f][level], Row: values[f][0], Entry: values[f][1], Bits: bits, ZH: text[0], EN: text[1]})
	}
	if from.code < 0 {
		c.Evidence = append(c.Evidence, Evidence{Field: FieldCode, Level: "differs", Row: s.row.Code, Entry: c.Code, Bits: -otherCode, ZH: "代码不同", EN: "codes differ"})
	}
	rest := from.weight
	for _, e := range c.Evidence {
		rest -= e.Bits
	}
	c.Evidence = append(c.Evidence, Evidence{Field: FieldPrior, Level: "start", Bits: rest, ZH: "起点：随便一家就是它的可能性，以及两边都没说的", EN: "start: how likely any subject is before comparing, and what neither side states"})
	return c
}

// written returns the text before the trade name as it is written. If the place is elsewhere in the name, it returns
// the names of the places.
func written(name string, core []rune, list []orgname.Place) string {
	if before, _, ok := strings.Cut(cell.NameKey(name), string(core)); ok && before != "" && len(list) > 0 && !strings.Contains(before, "(") {
		return before
	}
	return orgname.Written(list)
}

// sentences explain each level of each field, in Chinese and English.
var sentences = [weighed][][2]string{
	{{"地名相同", "same place"}, {"地名与对方的地名、地址或登记地区相容", "the place fits the other's place, address or area"}, {"只到省一级相容", "compatible only at the level of the province"}, {"一方没有地名", "one name has no place"}, {"都没有地名", "neither name has a place"}, {"地名不同", "different places"}},
	{{"字号相同", "same trade name"}, {"字号音近或形近", "trade names sound or look alike"}, {"字号差一个字", "trade names differ in one character"}, {"字号出现在对方名称别处", "the trade name is elsewhere in the other name"}, {"字号有一半相同", "half of the trade name is the same"}, {"字号不同", "different trade names"}},
	{{"行业用语相同", "same line of business"}, {"都没有行业用语", "neither name has a line of business"}, {"一方的行业用语更详细", "one line of business is more detailed"}, {"一方没有行业用语", "one name has no line of business"}, {"行业用语部分相同", "lines of business agree in part"}, {"行业用语不同", "different lines of business"}},
	{{"组织形式相同", "same legal form"}, {"一方没有组织形式", "one name has no legal form"}, {"组织形式不同", "different legal forms"}},
	{{"都不是分支机构", "neither is a branch"}, {"同一分支", "same branch"}, {"一方是分支机构", "one is a branch"}, {"不同的分支", "different branches"}},
	{{"都没有序号", "no numbers"}, {"序号相同", "same numbers"}, {"序号不同", "different numbers"}},
	{{"地址相同", "same address"}, {"一方没有地址", "one has no address"}, {"地址不同", "different addresses"}},
}
