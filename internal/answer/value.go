package answer

import (
	"eyas/internal/figure"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/rule"
)

// InputValue returns an input for programs; see figure.Plain.
func InputValue(in rule.Input) any {
	switch in.Attr.Kind {
	case pack.Boolean:
		return in.Num != 0
	case pack.Date:
		return figure.Day(in.Num)
	case pack.Code, pack.String, pack.List:
		return in.Str
	}
	return figure.Plain(in.Num, in.Attr.Unit)
}

// InputText returns an input as text for people, in English if lang is "en", else in Chinese.
func InputText(in rule.Input, lang string) string {
	switch in.Attr.Kind {
	case pack.Boolean:
		yes := in.Num != 0
		switch {
		case lang == "en" && yes:
			return "yes"
		case lang == "en":
			return "no"
		case yes:
			return "是"
		}
		return "否"
	case pack.Date:
		return figure.Day(in.Num)
	case pack.Code, pack.String, pack.List:
		return in.Str
	}
	return figure.In(lang, in.Num, in.Attr.Unit)
}

// factValue returns a fact's value for programs; nil if a person made it unknown.
func factValue(f fact.Fact) any {
	if f.Void {
		return nil
	}
	return InputValue(InputOf(f))
}

// InputOf converts a fact to an input of a rule.
func InputOf(f fact.Fact) rule.Input {
	in := rule.Input{Attr: f.Attr, Year: f.Year, Known: true, Num: f.Value.Num, Str: f.Value.Str}
	if f.Attr.Kind == pack.Date || f.Attr.Kind == pack.Boolean {
		in.Num = float64(f.Value.Int)
	}
	return in
}

// CodeName returns the name of a code: for a code list the code and its name, for an org its name alone. It is "" for a
// code without a name.
func CodeName(p *pack.Pack, in rule.Input, lang string) string {
	name, ok := p.CodeName(in.Attr, in.Str)
	switch {
	case !ok:
		return ""
	case in.Attr.OfOrgs():
		return name.In(lang)
	}
	return in.Str + " " + name.In(lang)
}
