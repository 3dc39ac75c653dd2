package pack

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// baseYear is how a column names the year of a yearly attribute: sales@B, sales@B-1.
var baseYear = regexp.MustCompile(`^([a-z][a-z0-9_]*)(?:@B(?:-([1-9]))?)?$`)

// readOutward reads the table that the system wants.
func (l *loader) readOutward(x *node, reg *Register) *Outward {
	out := &Outward{Status: Status(x.get("status").str()), Seen: text(x.get("seen")), Sheet: x.get("sheet").str(), Title: x.get("title").str()}
	headers := map[string]bool{}
	for _, y := range x.get("columns").list() {
		k := l.readOutColumn(y, reg)
		if k.Header == "" {
			continue
		}
		if headers[k.Header] {
			l.add(y.get("header").pos, "列 %q 写了两次", "column %q is given twice", k.Header)
		}
		headers[k.Header] = true
		out.Columns = append(out.Columns, k)
	}
	return out
}

func (l *loader) readOutColumn(y *node, reg *Register) *OutColumn {
	k := &OutColumn{Header: y.get("header").str(), Fill: Fill(y.get("fill").str()), Text: y.get("text").str(), Required: y.get("required").str() == "true", Decimals: -1,
		Unit: Amount(y.get("unit").str()), Form: y.get("form").str(), AsCode: y.get("as").str() == "code", Pos: y.get("header").place(y)}
	if d := y.get("decimals"); d != nil {
		k.Decimals, _ = strconv.Atoi(d.str())
	}
	k.Max, _ = strconv.Atoi(y.get("max").str())
	given := 0
	for _, key := range []string{"attribute", "fill", "text"} {
		if y.get(key) != nil {
			given++
		}
	}
	if given > 1 {
		l.add(k.Pos, "attribute、fill、text 只写一个；都不写就留给对方系统填", "give one of attribute, fill and text; without one the other system fills the column")
	}
	if a := y.get("attribute"); a != nil {
		l.readOutAttribute(a, k, reg)
	}
	l.checkOutForm(y, k)
	return k
}

// readOutAttribute reads the attribute that fills a column; a yearly one with its year.
func (l *loader) readOutAttribute(n *node, k *OutColumn, reg *Register) {
	m := baseYear.FindStringSubmatch(n.str())
	if m == nil {
		l.add(n.pos, "%q 读不懂；写成 sales@B（基准年）或 sales@B-1（上一年）", "%q cannot be read: write sales@B (the base year) or sales@B-1 (the year before)", n.str())
		return
	}
	a := reg.Attribute(m[1])
	switch {
	case a == nil:
		l.add(n.pos, "库里没有数据项 %q", "the register has no attribute %q", m[1])
	case a.Yearly != strings.Contains(n.str(), "@"):
		l.add(n.pos, "年度数据写明年份，如 %s@B；不分年度的不写", "a yearly attribute has its year, such as %s@B; another one has none", m[1])
	default:
		k.Attr = a
		k.Back, _ = strconv.Atoi(m[2])
	}
}

// checkOutForm checks that what says how values are written suits their kind.
func (l *loader) checkOutForm(y *node, k *OutColumn) {
	var kind Kind
	if k.Attr != nil {
		kind = k.Attr.Kind
	}
	wrong := func(key string, suits bool) {
		if n := y.get(key); n != nil && !suits {
			l.add(n.pos, "%s 不适用于这一列", "%s does not suit this column", key)
		}
	}
	wrong("unit", kind == Money && k.Attr.Unit == "yuan")
	wrong("decimals", kind == Money || kind == Decimal)
	wrong("form", kind == Date || k.Fill == FillDay)
	wrong("as", kind == Code && k.Attr.Codes != "")
	wrong("words", kind == Boolean || kind == Code && k.Attr.Codes != "")
	wrong("max", kind == String || kind == List || kind == Code)
	if kind == Money && k.Unit == "" && k.Attr.Unit == "yuan" {
		l.add(k.Pos, "金额要写明单位 unit：元、万元或亿元", "an amount needs its unit: 元, 万元 or 亿元")
	}
	if k.Form != "" && DateForms[k.Form] == "" {
		l.add(y.get("form").pos, "没有 %q 这种日期写法", "there is no form of dates %q", k.Form)
	}
	for _, e := range y.get("words").entries() {
		if k.Words == nil {
			k.Words = map[string]string{}
		}
		k.Words[e.key] = e.value.str()
		if kind == Boolean && e.key != "yes" && e.key != "no" {
			l.add(e.pos, "是否项写 yes 和 no 两个词，没有 %q", "a yes/no attribute has words for yes and no, not for %q", e.key)
		}
		if list := l.codesOf(k.Attr); kind == Code && list != nil && !slices.ContainsFunc(list.Items, func(i CodeItem) bool { return i.Code == e.key }) {
			l.add(e.pos, "代码表 %q 没有 %q", "the code list %q has no %q", list.ID, e.key)
		}
	}
}

// codesOf returns the code list of an attribute; nil for none.
func (l *loader) codesOf(a *Attribute) *CodeList {
	if a == nil {
		return nil
	}
	return l.pack.CodeList(a.Codes)
}
