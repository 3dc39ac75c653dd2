package judge

import (
	"fmt"
	"math"

	"eyas/internal/figure"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/intake"
)

// vanished finds zeros that probably mean “not known”. The year before or after has a number, and the attribute that
// should fall with a real zero has not fallen.
func (j *Judge) vanished(r *bound) {
	for _, a := range r.attrs {
		list := j.facts(a)
		for i := range list {
			f := &list[i]
			basis, ok := j.number(r.against, f.Year)
			if f.Value.Num != 0 || !ok || basis <= 0 {
				continue
			}
			for k := range list {
				o := &list[k]
				then, ok := j.number(r.against, o.Year)
				if d := o.Year - f.Year; d != 1 && d != -1 || o.Value.Num < r.Number("before") || !ok || basis < then*r.Number("share") {
					continue
				}
				bzh, ben := plain(r.against, fact.Value{Num: basis})
				j.find(r, f, &Offer{Void: true}, fmt.Sprintf("%d 年 %s；当年%s %s", o.Year, Text(a, o.Value), r.against.Name.ZH, bzh),
					fmt.Sprintf("%s in %d; %s of the year %s", Text(a, o.Value), o.Year, r.against.Name.EN, ben))
				break
			}
		}
	}
}

// collapsed finds values that are a small fraction of the year before, although related values have not fallen: an
// expense that no longer pays the people it is for, in an enterprise whose income stays. The right value is not known,
// so there is no offer.
func (j *Judge) collapsed(r *bound) {
	for _, a := range r.attrs {
		list := j.facts(a)
		for i := 1; i < len(list); i++ {
			f, b := &list[i], &list[i-1]
			if f.Year != b.Year+1 || f.Value.Num <= 0 || b.Value.Num < r.Number("before") || f.Value.Num*r.Number("times") > b.Value.Num || j.found(b) {
				continue
			}
			people, known := j.number(r.against, f.Year)
			if !known || people < r.Number("people") || f.Value.Num >= people*r.Number("month") || !j.kept(r.against, f.Year, r.Number("share")) || !j.kept(r.income, f.Year, r.Number("share")) {
				continue
			}
			zh, en := plain(a, b.Value)
			per, perEN := figure.Yuan(f.Value.Num / people)
			j.find(r, f, nil, fmt.Sprintf("%d 年 %s；当年%s %.0f，人均 %s", b.Year, zh, r.against.Name.ZH, people, per),
				fmt.Sprintf("%s in %d; %s of the year %.0f, %s a head", en, b.Year, r.against.Name.EN, people, perEN))
		}
	}
}

// kept reports whether an attribute is known in a year and the year before, and is at least share of what it was.
func (j *Judge) kept(a *pack.Attribute, year int, share float64) bool {
	now, known := j.number(a, year)
	then, before := j.number(a, year-1)
	return known && before && then > 0 && now >= share*then
}

// jump finds values that are a multiple or a fraction of the year before. It doubts the later year, because the figures
// alone do not tell which one is wrong.
func (j *Judge) jump(r *bound) {
	for _, a := range r.attrs {
		least := r.Number("people")
		if a.Kind == pack.Money {
			least = r.Number("money")
		}
		list := j.facts(a)
		for i := 1; i < len(list); i++ {
			f, b := &list[i], &list[i-1]
			low, high := min(f.Value.Num, b.Value.Num), max(f.Value.Num, b.Value.Num)
			if f.Year != b.Year+1 || low < least || high < low*r.Number("times") || j.found(b) {
				continue
			}
			zh, en := plain(a, b.Value)
			zh, en = either(fmt.Sprintf("%d 年 %s", b.Year, zh), fmt.Sprintf("%s in %d", en, b.Year))
			j.find(r, f, nil, zh, en)
		}
	}
}

// peers finds values per head that are far from those of enterprises of the same size and industry. It skips
// enterprises that pay their staff from elsewhere.
func (j *Judge) peers(r *bound) {
	if j.paidElsewhere(r) {
		return
	}
	far := math.Log10(r.Number("times"))
	for k, a := range r.attrs {
		list := j.facts(a)
		for i := range list {
			f := &list[i]
			if f.Value.Num <= 0 {
				continue
			}
			m, heads, ok := j.peersAt(r, amount{fact: f, at: k}, f.Year)
			if !ok {
				continue
			}
			d := math.Abs(math.Log10(f.Value.Num/heads) - m.median)
			if d < far || d < r.Number("spreads")*m.spread {
				continue
			}
			zh, en := figure.Yuan(f.Value.Num / heads)
			mzh, men := figure.Yuan(math.Pow(10, m.median))
			j.find(r, f, nil, fmt.Sprintf("人均 %s，同类中位数 %s（%d 个值）", zh, mzh, m.n), fmt.Sprintf("%s per head, median of peers %s (%d values)", en, men, m.n))
		}
	}
}

// age finds yearly attributes whose newest year is too old.
func (j *Judge) age(r *bound) {
	oldest := j.Today.Year() - int(r.Number("years"))
	for _, a := range r.attrs {
		if list := j.facts(a); len(list) > 0 && list[len(list)-1].Year < oldest {
			f := &list[len(list)-1]
			j.find(r, f, nil, fmt.Sprintf("最近一年是 %d 年", f.Year), fmt.Sprintf("the newest year is %d", f.Year))
		}
	}
}

// absent finds missing values of attributes that every subject should have. A missing value has no cell, so the finding
// refers to the record with the subject's name.
func (j *Judge) absent(r *bound) {
	for _, a := range r.attrs {
		if len(j.facts(a)) > 0 {
			continue
		}
		f := fact.Fact{Attr: a}
		if named := j.fact(j.Register.Attribute(j.Register.NameAttr), 0); named != nil {
			f.Record, f.Cell = named.Record, named.Cell
		}
		j.find(r, &f, nil, "没有填写", "left blank")
	}
}

// differ finds values that another source contradicts: numbers that differ by more than a share, and other values that
// are not equal. A later value of the same source is an update and does not contradict. A value that a person entered
// is not doubted. said is in the order in which it was learned; the newest contradiction is shown.
func (j *Judge) differ(r *bound, said []fact.Fact) {
	for _, a := range r.attrs {
		list := j.facts(a)
		for i := range list {
			f := &list[i]
			if f.Origin.Source == nil || f.Origin.Source.ID == intake.Corrections {
				continue
			}
			for k := len(said) - 1; k >= 0; k-- {
				o := &said[k]
				if o.Attr != a || o.Year != f.Year || o.Void || o.Origin.Source == nil || o.Origin.Source == f.Origin.Source || !contradicts(f, o, r.Number("share")) {
					continue
				}
				zh, en := plain(a, o.Value)
				j.find(r, f, nil, fmt.Sprintf("%s：%s", o.Origin.Source.Name.ZH, zh), fmt.Sprintf("%s: %s", o.Origin.Source.Name.EN, en))
				break
			}
		}
	}
}

func contradicts(a, b *fact.Fact, share float64) bool {
	switch a.Attr.Kind {
	case pack.Integer, pack.Decimal, pack.Money:
		return math.Abs(a.Value.Num-b.Value.Num) > share*max(math.Abs(a.Value.Num), math.Abs(b.Value.Num))
	case pack.Date, pack.Boolean:
		return a.Value.Int != b.Value.Int
	}
	return a.Value.Str != b.Value.Str
}
