package template

import (
	"fmt"

	"github.com/xuri/excelize/v2"

	"eyas/internal/pack"
)

// choices writes what a code list offers into a column of the sheet of codes and gives the cells, as a formula.
func (b *book) choices(sheet, list string) (string, error) {
	if cells, ok := b.lists[list]; ok {
		return cells, nil
	}
	b.codes++
	letter, err := excelize.ColumnNumberToName(b.codes)
	if err != nil {
		return "", err
	}
	name, words := Choices(b.pack, list, b.lang)
	for i, word := range append([]string{name}, words...) {
		if err := b.SetCellStr(sheet, fmt.Sprintf("%s%d", letter, i+2), word); err != nil {
			return "", err
		}
	}
	if err := b.SetColWidth(sheet, letter, letter, 30); err != nil {
		return "", err
	}
	cells := fmt.Sprintf("'%s'!$%s$3:$%s$%d", sheet, letter, letter, 2+max(1, len(words)))
	b.lists[list] = cells
	return cells, nil
}

// Choices gives the name of a code list and the words that people choose from: names, with the code before those
// that several codes have. "org" and "zone" are the districts, and the zones and parks.
func Choices(p *pack.Pack, list, lang string) (name string, words []string) {
	if list == "org" || list == "zone" {
		for _, o := range p.Orgs {
			if o.Kind != "city" && (o.Kind == "district") == (list == "org") {
				words = append(words, o.Name.In(lang))
			}
		}
		return pack.Text{ZH: map[string]string{"org": "区", "zone": "功能区和园区"}[list], EN: map[string]string{"org": "districts", "zone": "zones and parks"}[list]}.In(lang), words
	}
	for _, l := range p.Codes {
		if l.ID != list {
			continue
		}
		times := map[string]int{}
		for _, c := range l.Items {
			times[c.Name.In(lang)]++
		}
		for _, c := range l.Items {
			word := c.Name.In(lang)
			if times[word] > 1 {
				word = c.Code + " " + word
			}
			words = append(words, word)
		}
		return l.Name.In(lang), words
	}
	return list, nil
}

// form says how a value is written.
func (b *book) form(a *pack.Attribute) string {
	switch a.Kind {
	case pack.Integer:
		return b.say("整数", "a whole number")
	case pack.Decimal:
		return b.say("数", "a number")
	case pack.Money:
		if a.Unit == "usd" {
			return b.say("金额，美元", "an amount in US dollars")
		}
		return b.say("金额，万元", "an amount in 万元 (10,000 yuan)")
	case pack.Date:
		return b.say("日期，如 2021-03-31", "a date such as 2021-03-31")
	case pack.Boolean:
		return b.say("是 或 否", "是 (yes) or 否 (no)")
	case pack.List:
		return b.say("几项之间用“；”分开", "several, separated by ；")
	case pack.Code:
		if a.Codes != "" {
			name, _ := Choices(b.pack, a.Codes, b.lang)
			return b.say("从列表选择："+name, "chosen from a list: "+name)
		}
		return b.say("代码", "a code")
	}
	return b.say("文字", "text")
}

// notes writes the sheet of explanations.
func (b *book) notes(sheet string) error {
	lines := [][]any{
		{notesHead.In(b.lang)},
		{b.say("在第一张表里填写，从示例行之下开始；示例行可以保留，导入时跳过。带 * 的列必须填写。空白表示不知道，不表示没有。",
			"Fill in the first sheet, below the example row, which may stay: it is not imported. Columns with * must be filled. A blank means unknown, not none.")},
		{b.identity()},
	}
	if n := b.reg.Note.In(b.lang); n != "" {
		lines = append(lines, []any{n})
	}
	lines = append(lines, nil, []any{b.say("列", "column"), b.say("怎样写", "how to write it"), b.say("必填", "required"), b.say("个人信息", "personal"), b.say("说明", "explanation")})
	yes := func(is bool) string {
		if is {
			return b.say("是", "yes")
		}
		return ""
	}
	for _, a := range Columns(b.reg) {
		lines = append(lines, []any{b.Header(a), b.form(a), yes(a.Required), yes(a.Personal), a.Note.In(b.lang)})
	}
	for i, line := range lines {
		if err := b.SetSheetRow(sheet, fmt.Sprintf("A%d", i+1), &line); err != nil {
			return err
		}
	}
	for letter, width := range map[string]float64{"A": 28, "B": 30, "C": 8, "D": 10, "E": 60} {
		if err := b.SetColWidth(sheet, letter, letter, width); err != nil {
			return err
		}
	}
	return nil
}

// identity says by what a row is known.
func (b *book) identity() string {
	title := b.reg.Title().Name.In(b.lang)
	for _, id := range b.reg.ApartAttrs {
		title += b.say("、", ", ") + b.reg.Attribute(id).Name.In(b.lang)
	}
	if c := b.reg.Code(); c != nil {
		return b.say(fmt.Sprintf("每行按“%s”识别；没有时按%s识别。再次导入同一行不会重复。", c.Name.ZH, title),
			fmt.Sprintf("A row is known by its %s; without one by its %s. Importing a row again makes no second one.", c.Name.EN, title))
	}
	return b.say(fmt.Sprintf("每行按%s识别。再次导入同一行不会重复。", title), fmt.Sprintf("A row is known by its %s. Importing a row again makes no second one.", title))
}
