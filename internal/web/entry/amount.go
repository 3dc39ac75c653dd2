package entry

import (
	"cmp"
	"strings"

	"eyas/internal/figure"
	"eyas/internal/pack"
	"eyas/internal/registry/cell"
	"eyas/internal/registry/fact"
	"eyas/internal/web/locale"
	"eyas/internal/web/words"
)

// amountOf writes an amount for people, exactly: in the unit of forms, in English in whole currency.
func amountOf(w words.Writer, a *pack.Attribute, fen int64) string {
	if w.Lang == locale.English { // nobody counts in ten thousands there
		return figure.Amount(fen) + " " + w.YuanWord(a)
	}
	w.Money = words.InWan
	return words.FormScale.Show(fen) + " " + w.Unit(a)
}

// manifold is from where on an amount is asked about: so many times another, or less than so small a part of it.
const manifold = 100

// differs reports whether two amounts are a hundredfold apart. What is zero, or has another sign, is not compared.
func differs(a, b int64) bool {
	if a < 0 && b < 0 {
		a, b = -a, -b
	}
	if a <= 0 || b <= 0 {
		return false
	}
	low, high := min(a, b), max(a, b)
	return high/manifold >= low
}

// before is the amount with which a new one is compared: that of the year, else that of the nearest year before it, else of
// the nearest one behind it. The year is that of the amount found.
func before(p *fact.Profile, a *pack.Attribute, year int) (fen int64, at int, ok bool) {
	if p == nil {
		return 0, 0, false
	}
	best := -1
	for i := range p.Facts {
		f := &p.Facts[i]
		if f.Attr.ID != a.ID || f.Void {
			continue
		}
		if best < 0 || nearer(f.Year, p.Facts[best].Year, year) {
			best = i
		}
	}
	if best < 0 {
		return 0, 0, false
	}
	return int64(p.Facts[best].Value.Num), p.Facts[best].Year, true
}

// nearer reports whether year a stands nearer to a year than b does; of two as near, the earlier one.
func nearer(a, b, year int) bool {
	away := func(y int) int { return max(y-year, year-y) }
	return cmp.Or(away(a)-away(b), a-b) < 0
}

// question is what a form asks beside a field, and answers are its buttons.
type question struct {
	Says    string
	Answers []answer
}

// answer is a button of a question: it sends the form again with one more name and value.
type answer struct {
	Name, Value, Label string
	Link               string // it leads elsewhere instead
}

// sureName and readAs are the names under which answers are sent: what is right as it was typed, and in which unit a number
// was meant.
const sureName, readAs = "sure", "as"

// askAmount asks about an amount that is a hundredfold away from what was known; nil where there is nothing to ask.
func askAmount(w words.Writer, p *fact.Profile, a *pack.Attribute, year int, key, text string, sure map[string]bool) *question {
	fen, ok := words.ReadAmount(a, text)
	if a.Kind != pack.Money || !ok || sure[sureOf(key, text)] {
		return nil
	}
	old, at, known := before(p, a, year)
	if !known || !differs(fen, old) {
		return nil
	}
	q := &question{}
	high, low := max(fen, old), min(fen, old)
	if fen < 0 {
		high, low = -low, -high
	}
	times := figure.Num(high / low)
	if at == year {
		q.Says = w.Text("form.ask.amount", "old", amountOf(w, a, old), "new", amountOf(w, a, fen), "times", times)
	} else {
		q.Says = w.Text("form.ask.amount.year", "year", at, "old", amountOf(w, a, old), "new", amountOf(w, a, fen), "times", times)
	}
	if unit, meant, ok := meantUnit(a, text, old); ok {
		q.Answers = append(q.Answers, answer{Name: readAs, Value: key + "=" + unit, Label: w.Text("form.ask.meant", "value", amountOf(w, a, meant), "text", text+" "+unit)})
	}
	q.Answers = append(q.Answers, answer{Name: sureName, Value: sureOf(key, text), Label: w.Text("form.ask.sure", "value", amountOf(w, a, fen))})
	return q
}

// sureOf marks a value as confirmed: another one typed afterwards is asked about again.
func sureOf(key, text string) string { return key + "=" + strings.TrimSpace(text) }

// meantUnit is another unit in which a number without one comes near to what was known.
func meantUnit(a *pack.Attribute, text string, old int64) (unit string, fen int64, ok bool) {
	if cell.HasUnit([]byte(text)) {
		return "", 0, false
	}
	for _, scale := range []string{"", "万", "亿"} {
		unit = scale + words.Yuan(a)
		if unit == words.FormUnit(a) {
			continue
		}
		if fen, ok = words.ReadAmount(a, strings.TrimSpace(text)+unit); ok && !differs(fen, old) && fen > 0 == (old > 0) {
			return unit, fen, true
		}
	}
	return "", 0, false
}
