package pack

import (
	"fmt"
	"strings"

	"eyas/internal/fault"
	"eyas/internal/figure"
)

// largest is the largest value that a number may be given: whole fen are exact in a double up to there.
const largest = 9e15

// Read reads a value that somebody gives to a number of a rule, in the number's base unit: 2.5亿元, 5000万元 or plain yuan
// for money (fen), 25% or 0.25 for shares, else as it is counted. A bare share above both 1 and the number's own upper
// bound is refused: 25 is meant as 25 %, and would be taken as 2,500 %; where growth may reach 200 %, 1.5 is 150 %.
// An amount in another currency than the number's is refused.
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

// otherCurrency reports a text in dollars for a number in yuan, or the other way round: both are held as money.
func (n *Number) otherCurrency(text string) bool {
	const dollars = "美元"
	return n.Unit == "money" && strings.HasSuffix(text, "元") && strings.HasSuffix(text, dollars) != strings.HasSuffix(n.Text, dollars)
}

// Number finds a number of a rule by name; nil when it has none of that name.
func (r *Rule) Number(name string) *Number {
	for _, n := range r.Numbers {
		if n.Name == name {
			return n
		}
	}
	return nil
}
