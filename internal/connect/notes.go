package connect

import (
	"fmt"
	"strconv"
	"time"

	"eyas/internal/pack"
	"eyas/internal/registry/fact"
)

// Standing says how far the columns of a direction were checked; text of a system's own is named.
func Standing(status pack.Status, seen pack.Text) pack.Text {
	switch status {
	case pack.Verified:
		return pack.Text{ZH: "列名已与系统的原表核对：" + seen.ZH, EN: "The columns were checked against the system's own table: " + seen.EN}
	case pack.Quoted:
		return pack.Text{ZH: "列名引自一份公开文本：" + seen.ZH, EN: "The columns are quoted from one public text: " + seen.EN}
	}
	return pack.Text{ZH: "列名和用语由本项目拟定（modelled），未见该系统的原表。使用前请与系统的模板核对。", EN: "The columns and words are modelled by this project; no table of the system was seen. Compare them with the system's template before use."}
}

// Notes are the rows of the sheet of explanations behind the table.
func (f *Filler) Notes(lang string) []string {
	c := f.Connector
	list := []string{
		pack.Text{ZH: "对接系统：" + c.Name.ZH + "（" + c.Operator.ZH + "）", EN: "System: " + c.Name.EN + " (" + c.Operator.EN + ")"}.In(lang),
		Standing(c.Out.Status, c.Out.Seen).In(lang),
		pack.Text{ZH: fmt.Sprintf("数据按 %s 计；年度数据以 %d 年为基准年。标红的单元格缺值或不合要求，批注写明原因。没有内容的列由对方系统或经办人填。", f.Day.Format(time.DateOnly), f.Day.Year()-1),
			EN: fmt.Sprintf("As of %s; yearly figures are those of the base year %d. Red cells lack a value or are not as wanted; the comment says why. Columns without content are filled by the other system or by a person.", f.Day.Format(time.DateOnly), f.Day.Year()-1)}.In(lang),
	}
	return list
}

// Lacks collects what rows lack, for the sheet behind the table.
type Lacks struct {
	List  []LackRow
	Count int // of all of them
	Rows  int // rows that lack something needed, or have a value that is not as wanted
}

// LackRow is one cell that is not as the system wants it.
type LackRow struct {
	Serial             int
	Name, Code, Column string
	Why                Why
}

// mostListed is how many lacks are listed.
const mostListed = 50_000

// Add takes in what is wrong with a row.
func (l *Lacks) Add(f *Filler, p *fact.Profile, serial int, problems []Problem) {
	bad := false
	for _, x := range problems {
		k := f.Connector.Out.Columns[x.Column]
		bad = bad || k.Required || x.Why != Masked
		if l.Count++; len(l.List) < mostListed {
			l.List = append(l.List, LackRow{serial, p.Name, p.Code, k.Header, x.Why})
		}
	}
	if bad {
		l.Rows++
	}
}

// LackHead is the header of the list of lacks.
func LackHead(lang string) []any {
	var head []any
	for _, t := range []pack.Text{{ZH: "行", EN: "row"}, {ZH: "名称", EN: "name"}, {ZH: "代码", EN: "code"}, {ZH: "列", EN: "column"}, {ZH: "缺什么", EN: "what is wrong"}} {
		head = append(head, t.In(lang))
	}
	return head
}

// Cells are the cells of one lack.
func (r LackRow) Cells(lang string) []any {
	return []any{strconv.Itoa(r.Serial), r.Name, r.Code, r.Column, r.Why.Text().In(lang)}
}

// From says in a few words what fills a column.
func From(k *pack.OutColumn) pack.Text {
	switch k.Fill {
	case pack.FillSerial:
		return pack.Text{ZH: "行号", EN: "number of the row"}
	case pack.FillDay:
		return pack.Text{ZH: "导出当日", EN: "day of the export"}
	case pack.FillYear:
		return pack.Text{ZH: "当年", EN: "year of the day"}
	case pack.FillBaseYear:
		return pack.Text{ZH: "基准年", EN: "base year"}
	}
	switch {
	case k.Text != "":
		return pack.Text{ZH: "“" + k.Text + "”", EN: "“" + k.Text + "”"}
	case k.Attr == nil:
		return pack.Text{ZH: "由对方系统或经办人填", EN: "filled by the system or a person"}
	}
	t := k.Attr.Name
	if k.Attr.Yearly {
		zh, en := "基准年", "base year"
		if k.Back > 0 {
			zh, en = fmt.Sprintf("基准年前 %d 年", k.Back), fmt.Sprintf("%d before the base year", k.Back)
		}
		t = pack.Text{ZH: t.ZH + "（" + zh + "）", EN: t.EN + " (" + en + ")"}
	}
	if k.Unit != "" {
		t = pack.Text{ZH: t.ZH + "，" + string(k.Unit), EN: t.EN + ", " + string(k.Unit)}
	}
	if k.Attr.Personal {
		t = pack.Text{ZH: t.ZH + "，个人信息", EN: t.EN + ", personal"}
	}
	return t
}
