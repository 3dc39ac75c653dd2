package main

import (
	"fmt"
	"strings"

	"eyas/internal/fault"
	"eyas/internal/pack"
)

// largest is the largest value that a number may be given: whole fen are exact in a double up to there.
const largest = 9e15

// parseFigure reads a value for a number of a rule in the number's base unit: 2.5亿元, 5000万元 or plain yuan
// for money, 25% or 0.25 for shares, else as it is counted.
func parseFigure(n *pack.Number, text string) (float64, error) {
	refuse := fault.New(fault.Invalid,
		fmt.Sprintf("%s 的值 %q 读不懂，请写成 %s 这样。", n.Name, text, n.Text),
		fmt.Sprintf("the value %q of %s cannot be read; write it like %s", text, n.Name, n.Text))
	s := strings.NewReplacer(",", "", "，", "", "％", "%", " ", "").Replace(text)
	f, err := pack.ParseFigure(s)
	if err == nil && f.Unit == "" && isMoney(n.Unit) {
		f, err = pack.ParseFigure(s + "元")
	}
	switch {
	case err != nil, f.Unit != "" && f.Unit != n.Unit, f.Value > largest, f.Value < -largest:
		return 0, refuse
	case f.Unit == "" && n.Unit == "percent" && (f.Value > max(1, n.Max) || f.Value < -1):
		return 0, refuse // 25 for 25 % would be taken as 2500 %; a growth of 2 is 200 %
	}
	return f.Value, nil
}
