package answer

import (
	"fmt"
	"strconv"

	"eyas/internal/figure"
	"eyas/internal/rule"
)

// GapText says how far a comparison is from being met, and which change of one figure would meet it. It is in English
// if lang is "en", else in Chinese.
func GapText(g rule.Gap, lang string) string {
	say := func(zh, en string) string {
		if lang == "en" {
			return en
		}
		return zh
	}
	name := ""
	if g.Attr != nil {
		name = g.Attr.Name.In(lang)
	}
	switch {
	case g.Unit == "boolean" && g.Need == 1:
		return fmt.Sprintf(say("%s 现为“否”，需为“是”", "%s is no, yes is needed"), name)
	case g.Unit == "boolean":
		return fmt.Sprintf(say("%s 现为“是”，需为“否”", "%s is yes, no is needed"), name)
	case g.Unit == "certificate":
		return fmt.Sprintf(say("没有在这一天有效的证书（%s）", "no certificate is in force on the day (%s)"), name)
	case g.Attr != nil && g.Have == 0 && g.Need == 0 && !g.Attr.Kind.Numeric():
		return fmt.Sprintf(say("%s 不在规定之内", "%s is not among those allowed"), name)
	}
	sign := "≥"
	if g.Need < g.Have {
		sign = "≤"
	}
	if g.Exclusive {
		sign = map[string]string{"≥": ">", "≤": "<"}[sign]
	}
	have := figure.In(lang, g.Have, g.Unit)
	if g.NoValue {
		have = say("无值（分母为零或负）", "no value (the denominator is zero or less)")
	}
	s := fmt.Sprintf(say("现 %s，需 %s %s", "now %s, needed %s %s"), have, sign, figure.In(lang, g.Need, g.Unit))
	if g.Year != 0 {
		name += " " + strconv.Itoa(g.Year)
	}
	if g.Attr != nil && g.Unit != "percent" {
		s = name + " " + s
	}
	if g.Attr != nil && g.Change != 0 {
		s += say("：", ": ") + name + " " + figure.Change(lang, g.Change, g.Attr.Unit)
	}
	return s
}
