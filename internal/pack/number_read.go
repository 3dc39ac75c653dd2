package pack

import (
	"fmt"
	"strings"

	"eyas/internal/fault"
	"eyas/internal/figure"
)

// largest is the largest value of a number, in base units. Up to it, a double holds whole fen exactly.
const largest = 9e15

// Read reads a value that a person gives to the number, and returns it in the base unit: 2.5亿元, 5000万元 or plain yuan
// for money (fen), 25% or 0.25 for shares, and the number as it is for counts. A share without % that is above both 1
// and the number's Max is refused, because 25 means 25 %, not 2,500 %; with a Max of 200 %, 1.5 is 150 %. Another
// currency is refused too. The error is fault.Invalid.
func (n *Number) Read(text string) (float64, error) {
	s := strings.NewReplacer(",", "", "，", "", "％", "%", " ", "").Replace(strings.TrimSpace(text))
	f, err := figure.Parse(s)
	if err == nil && f.Unit == "" && n.Unit == "money" {
		f, err = figure.Parse(s + "元")
	}
	switch {
	case err != nil, f.Unit != "" && f.Unit != n.Unit, n.otherCurrency(s), f.Value > largest, f.Value < -largest,
		f.Unit == "" && n.Unit == "percent" && (f.Value > max(1, n.Max) || f.Value < -1):
		label := n.Label
		if label.ZH == "" {
			label = Text{ZH: n.Name, EN: n.Name}
		}
		return 0, fault.New(fault.Invalid,
			fmt.Sprintf("“%s”（%s）的数值“%s”读不出。请写成 %s 这样。", label.ZH, n.Name, text, n.Text),
			fmt.Sprintf("The value “%s” of %s (%s) cannot be read. Write it like %s.", text, label.In("en"), n.Name, n.Text))
	}
	return f.Value, nil
}

// otherCurrency reports whether a text is in dollars for a number in yuan, or the opposite. Both have the unit money.
func (n *Number) otherCurrency(text string) bool {
	const dollars = "美元"
	return n.Unit == "money" && strings.HasSuffix(text, "元") && strings.HasSuffix(text, dollars) != strings.HasSuffix(n.Text, dollars)
}

// Number returns a number of the rule by name; nil if there is none.
func (r *Rule) Number(name string) *Number {
	for _, n := range r.Numbers {
		if n.Name == name {
			return n
		}
	}
	return nil
}
