package judge

import (
	"fmt"
	"time"

	"eyas/internal/pack"
	"eyas/internal/registry/cell"
	"eyas/internal/registry/fact"
)

// held returns a value in the unit of its bounds: a number as it is, a date in days since 1970-01-01.
func held(f *fact.Fact) float64 {
	if f.Attr.Kind == pack.Date {
		return float64(f.Value.Int)
	}
	return f.Value.Num
}

// bounds finds values outside the possible range.
func (j *Judge) bounds(r *bound) {
	for k, a := range r.attrs {
		list := j.facts(a)
		for i := range list {
			f := &list[i]
			if held(f) < r.least[k] {
				j.find(r, f, nil, fmt.Sprintf("小于 %s", r.Least), fmt.Sprintf("below %s", r.Least))
			}
			if held(f) > r.most[k] {
				text := r.Most
				if text == "today" {
					text = j.Today.Format(time.DateOnly)
				}
				j.find(r, f, nil, fmt.Sprintf("大于 %s", text), fmt.Sprintf("above %s", text))
			}
		}
	}
}

// exceeds finds values that are more than a multiple of another value of the same year. If the rule names a loss, a
// loss of a certain share of the excess explains it: a young enterprise spends its capital.
func (j *Judge) exceeds(r *bound) {
	times := r.Number("times")
	for _, a := range r.attrs {
		list := j.facts(a)
		for i := range list {
			f := &list[i]
			b := j.beside(r.against, f.Year)
			if b == nil || j.found(b) { // a doubted value is no evidence against another
				continue
			}
			base := b.Value.Num
			if f.Value.Num <= base*times || f.Value.Num <= 0 {
				continue
			}
			if loss, ok := j.number(r.loss, f.Year); ok && loss < 0 && -loss >= r.Number("loss")*(f.Value.Num-base) {
				continue
			}
			zh, en := plain(r.against, fact.Value{Num: base})
			j.find(r, f, nil, fmt.Sprintf("%s %s", r.against.Name.ZH, zh), fmt.Sprintf("%s %s", r.against.Name.EN, en))
		}
	}
}

// order finds end dates that lie before the start or too long after it.
func (j *Judge) order(r *bound) {
	for _, a := range r.attrs {
		list := j.facts(a)
		for i := range list {
			f := &list[i]
			begin := j.beside(r.against, f.Year)
			if begin == nil {
				continue
			}
			days := f.Value.Int - begin.Value.Int
			longest, bounded := r.Numbers["longest"]
			if days < 0 || bounded && float64(days) > longest.Value {
				text := Text(begin.Attr, begin.Value)
				j.find(r, f, nil, fmt.Sprintf("%s %s，相距 %d 天", begin.Attr.Name.ZH, text, days), fmt.Sprintf("%s %s, %d days between", begin.Attr.Name.EN, text, days))
			}
		}
	}
}

// code finds unified social credit codes with a wrong check character. If only one slip explains it, the corrected code
// is offered.
func (j *Judge) code(r *bound) {
	for _, a := range r.attrs {
		list := j.facts(a)
		for i := range list {
			f := &list[i]
			code := f.Value.Str
			if len(code) != 18 || cell.CheckCharacter(code) == code[17] {
				continue
			}
			var offer *Offer
			if slips := cell.Slips(code); len(slips) == 1 {
				s := slips[0]
				offer = &Offer{Value: fact.Value{Str: code[:s.At-1] + s.Meant + code[s.At-1+len(s.Meant):]}}
			}
			j.find(r, f, offer, fmt.Sprintf("按前 17 位，末位应是 %c", cell.CheckCharacter(code)), fmt.Sprintf("by the first 17 characters, the last one should be %c", cell.CheckCharacter(code)))
		}
	}
}
