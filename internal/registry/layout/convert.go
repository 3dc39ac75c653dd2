package layout

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"eyas/internal/pack"
	"eyas/internal/registry/cell"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/template"
	"eyas/internal/vault"
)

// span is where the text of a fact lies in Reading.text.
type span struct {
	fact     int
	from, to int
}

func (r *Reading) reset() {
	*r = Reading{Facts: r.Facts[:0], Refusals: r.Refusals[:0], Warnings: r.Warnings[:0], text: r.text[:0], spans: r.spans[:0]}
}

// Convert reads one row. row is its number as a spreadsheet shows it; cells are its raw cells, which are not kept.
//
// A row is refused only when it has neither a usable code nor a name. A cell that cannot be read counts as blank and
// is listed in out.Refusals. What is odd but may be true (a code whose check character fails, a text that no code
// list has, figures of years before registration, a place outside the city, a score outside its range) is used and
// listed in out.Warnings. For attributes declared complete a blank, or a column that the sheet does not have, is a
// "no"; a cell that cannot be read is not.
//
// The texts of a row share one string, so a row costs one allocation, or two when its name is not its own key.
func (l *Layout) Convert(row int, cells [][]byte, out *Reading) {
	out.reset()
	b := &l.bound
	if b.mark >= 0 && b.mark < len(cells) && template.IsExample(cells[b.mark]) {
		out.Skip = true
		l.rowWarning(row, out, l.Header(b.mark+1), "这一行标着示例，没有导入。如果是真实数据，请清除标记后再导入。",
			"This row is marked as an example and was not imported. If it is real, clear the mark and import it again.")
		return
	}
	var code, name []byte
	if b.code >= 0 && b.code < len(cells) {
		code = given(cells[b.code])
	}
	if b.name >= 0 && b.name < len(cells) {
		name = l.nameOf(&b.naming, row, cells, out)
	}
	var spare *columnReader
	for i := 0; len(name) == 0 && i < len(b.spares); i++ {
		if s := &b.spares[i]; s.column < len(cells) {
			name, spare = l.nameOf(s, row, cells, out), s
		}
	}
	state := cell.NoCode
	var usable []byte
	if len(code) > 0 {
		if usable, state = b.identity(code); state == cell.NoCode {
			usable = nil
		}
	}
	if example(name) {
		out.Skip = true
		l.rowWarning(row, out, b.nameText, "这一行标着示例，没有导入。如果是真实数据，请清除标记后再导入。",
			"This row is marked as an example and was not imported. If it is real, clear the mark and import it again.")
		return
	}
	if len(name) == 0 && usable == nil && len(out.Refusals) == 0 {
		l.nameless(row, cells, out)
	}
	if usable == nil && !l.Entered {
		if len(out.Refusals) == 0 && l.aside(code, l.asWritten(name, cells), cells) {
			out.Skip = true
			return
		}
		if len(name) == 0 {
			l.refuse(row, code, cells, out)
			return
		}
	}
	if l.UnitColumn != 0 || l.CurrencyColumn != 0 {
		l.row = l.moneyOf(cells)
	}
	year := l.Year
	if b.year >= 0 {
		year = l.rowYear(row, cells, out)
	}
	yearless := false
	for i := range l.readers {
		r := &l.readers[i]
		y := r.year
		if r.byRow {
			if y = year; y == 0 {
				yearless = yearless || r.column >= 0 && r.column < len(cells) && len(given(cells[r.column])) > 0
				continue
			}
		}
		if spare != nil && r.column == b.name {
			r = spare
		}
		var c []byte
		if r.column >= 0 && r.column < len(cells) {
			c = cells[r.column]
		}
		if r.void {
			out.Facts = append(out.Facts, fact.Fact{Attr: r.attr, Year: y, Cell: r.column + 1, Void: true})
			continue
		}
		if len(c) == 0 {
			if r.present { // the cell that names the subject says it
				l.present(r, row, cells, out)
			} else if r.given != "" {
				out.addText(fact.Fact{Attr: r.attr, Cell: max(b.code, b.name) + 1}, []byte(r.given))
			} else if r.complete {
				out.Facts = append(out.Facts, fact.Fact{Attr: r.attr, Year: y, Cell: r.column + 1})
			}
			continue
		}
		if r.kind == readIdentity {
			l.identity(r, row, code, usable, state, out)
			continue
		}
		if r.attr == b.naming.attr {
			if len(name) > 0 { // else nameOf has said what is wrong with it
				out.addText(fact.Fact{Attr: r.attr, Cell: r.column + 1}, name)
			}
			continue
		}
		l.fact(r, y, row, c, out)
	}
	if yearless {
		l.rowWarning(row, out, b.yearHeader, "这一行没有年份，它的年度数据没有采用。请补上年份后重新导入。",
			"This row has no year, so its yearly figures are not used. Add the year and import it again.")
	}
	if len(cells) > b.width && !l.quiet {
		l.surplus(row, cells, out)
	}
	if b.mixed {
		out.sortFacts(l)
	}
	out.settle(usable, name)
	if !l.quiet {
		out.NameKey = cell.NameKey(out.Name)
		l.apart(cells, out)
		for i := range out.Warnings {
			if out.Warnings[i].Code != "" {
				out.Warnings[i].Named = out.NameKey
			}
		}
		l.findings(row, usable, out)
	}
	if b.infer != nil {
		out.Facts = b.infer.add(out.Facts)
	}
	if b.reported != nil {
		b.reported.day(l, out)
		if !l.quiet {
			b.reported.check(l, row, cells, out)
		}
	}
}

// apart adds to the name's key what tells subjects of one name apart in this register: a person's unit.
func (l *Layout) apart(cells [][]byte, out *Reading) {
	if out.NameKey == "" || len(l.bound.apart) == 0 {
		return
	}
	keys, said := make([]string, 1, 1+len(l.bound.apart)), false
	keys[0] = out.NameKey
	for _, column := range l.bound.apart {
		key := ""
		if column >= 0 && column < len(cells) {
			key = cell.NameKey(string(given(cells[column])))
		}
		keys, said = append(keys, key), said || key != ""
	}
	if said {
		out.NameKey = strings.Join(keys, pack.KeySeparator)
	}
}

// settle makes the texts of the row one string.
func (r *Reading) settle(code, name []byte) {
	codeAt := len(r.text)
	r.text = append(r.text, code...)
	nameAt := len(r.text)
	r.text = append(r.text, name...)
	all := string(r.text)
	for _, s := range r.spans {
		r.Facts[s.fact].Value.Str = all[s.from:s.to]
	}
	r.Code, r.Name = all[codeAt:nameAt], all[nameAt:]
}

// sortFacts restores the order of facts when some columns have the row's year and others one of their own; of two
// facts for one year the one whose header named it stays.
func (r *Reading) sortFacts(l *Layout) {
	for i := range r.spans { // texts are not yearly, but move with the sorting
		s := &r.spans[i]
		r.Facts[s.fact].Value.Str = string(r.text[s.from:s.to])
	}
	r.spans = r.spans[:0]
	own := func(f fact.Fact) int {
		for i := range l.readers {
			if l.readers[i].column == f.Cell-1 && l.readers[i].byRow {
				return 1
			}
		}
		return 0
	}
	slices.SortStableFunc(r.Facts, func(a, b fact.Fact) int {
		return cmp.Or(cmp.Compare(a.Attr.Index, b.Attr.Index), cmp.Compare(a.Year, b.Year), cmp.Compare(own(a), own(b)))
	})
	r.Facts = slices.CompactFunc(r.Facts, func(a, b fact.Fact) bool { return a.Attr == b.Attr && a.Year == b.Year })
}

// fact reads a filled cell.
func (l *Layout) fact(r *columnReader, year, row int, c []byte, out *Reading) {
	f := fact.Fact{Attr: r.attr, Year: year, Cell: r.column + 1}
	var bad *cell.Bad
	var n int64
	switch r.kind {
	case readInteger:
		n, bad = cell.Integer(c, r.unit)
		f.Value.Num = float64(n)
	case readMoney:
		n, bad = l.money(r, c)
		f.Value.Num = float64(n)
	case readDecimal:
		f.Value.Num, bad = cell.Decimal(c, r.unit)
	case readDate:
		if f.Value.Int, bad = r.day(c); bad != nil && r.attr.Span != "" {
			if from, until, ok := spanOf(c); ok {
				f.Value.Int, bad = from, nil
				if r.attr.Span == pack.SpanEnd {
					f.Value.Int = until
				}
				if r.begin != nil {
					out.Facts = append(out.Facts, fact.Fact{Attr: r.begin, Value: fact.Value{Int: from}, Cell: r.column + 1})
				}
			}
		}
	case readBool:
		var yes bool
		if yes, bad = cell.Bool(c, r.strict); yes {
			f.Value.Int = 1
		}
	case readCode, readText, readList:
		if bad = l.text(r, f, row, c, out); bad == nil {
			return
		}
	}
	if bad == nil && f.Value.Num < 0 && r.positive {
		bad = cell.Negative()
	}
	if bad != nil {
		if cell.Blank(c) {
			if r.complete {
				out.Facts = append(out.Facts, fact.Fact{Attr: r.attr, Year: year, Cell: r.column + 1})
			}
			return
		}
		if r.kind == readDate && l.saysNothing(cell.Clean(c)) {
			return
		}
		if bad = r.lacking(c, bad); bad != nil && !l.quiet {
			out.Refusals = append(out.Refusals, l.issue(row, r.header, c, bad))
		}
		return
	}
	if r.kind == readDate && !l.quiet && cell.Default(f.Value.Int) {
		out.Warnings = append(out.Warnings, l.issue(row, r.header, c, cell.DefaultDay()))
	}
	if r.attr.Range != nil && !l.quiet && (f.Value.Num < r.attr.Range[0] || f.Value.Num > r.attr.Range[1]) {
		lo, hi := r.attr.Range[0], r.attr.Range[1]
		out.Warnings = append(out.Warnings, l.issue(row, r.header, c, &cell.Bad{
			ZH: fmt.Sprintf("得分应在 %g 到 %g 之间。已照原样记录，请核对。", lo, hi),
			EN: fmt.Sprintf("The score should be from %g to %g. It was kept as it is; check it.", lo, hi)}))
	}
	out.Facts = append(out.Facts, f)
}

func (r *Reading) addText(f fact.Fact, c []byte) {
	from := len(r.text)
	r.text = append(r.text, c...)
	r.spans = append(r.spans, span{len(r.Facts), from, len(r.text)})
	r.Facts = append(r.Facts, f)
}

// identity reads a subject's code as the register's codes are read.
func (b *binding) identity(code []byte) ([]byte, cell.State) {
	read, state := cell.PlainCode, cell.NoCode
	if !b.plain {
		read = func(code []byte) ([]byte, cell.State) { return cell.USCC(code, nil) }
	}
	// Codes stand in indexes and addresses. An identity number never does, nor a code that has one in it, whatever the column is called.
	if code, state = read(code); state != cell.GoodCode || b.plain {
		if vault.Holds(code) {
			state = cell.NoCode
		}
	}
	return code, state
}

// unusable says why a code is no identity.
func (b *binding) unusable(code []byte) *cell.Bad {
	mended, _ := b.identity(code)
	if vault.Holds(mended) {
		return cell.UnusableNumber()
	}
	if b.plain {
		return cell.UnusablePlain(mended)
	}
	return cell.Unusable(mended)
}

// identity is the fact of the subject's code, with what is to be said about it.
func (l *Layout) identity(r *columnReader, row int, code, usable []byte, state cell.State, out *Reading) {
	if len(code) == 0 {
		return
	}
	switch {
	case l.quiet:
		if state == cell.NoCode {
			return
		}
	case state == cell.NoCode:
		i := l.issue(row, r.header, code, cell.Reject(l.bound.unusable(code), l.bound.plain))
		i.Code = i.Value
		out.Warnings = append(out.Warnings, i)
		return
	case state == cell.BadCheck:
		i := l.issue(row, r.header, code, cell.Warn(string(usable)))
		i.Code = string(usable)
		out.Warnings = append(out.Warnings, i)
	}
	out.addText(fact.Fact{Attr: r.attr, Cell: r.column + 1}, usable)
}

// refuse says why a row cannot be used.
func (l *Layout) refuse(row int, code []byte, cells [][]byte, out *Reading) {
	b := &l.bound
	i := Issue{Scope: "row", Sheet: l.Sheet, Row: row, Column: b.codeHeader}
	if b.code < 0 {
		i.Column = b.nameText
	}
	which, title := l.register.Which(), l.register.Title().Name
	if n := len(out.Refusals); n > 0 { // of the name
		i = out.Refusals[n-1]
		i.Scope = "row"
		out.Refusals = out.Refusals[:0]
	} else if len(code) > 0 {
		why := b.unusable(code)
		i.Value = Cut(string(code), 60)
		i.Text = pack.Text{
			ZH: fmt.Sprintf("%s又没有%s，不知道是%s。请更正代码或补上名称，再导入这一行。", why.ZH, title.ZH, which.ZH),
			EN: fmt.Sprintf("%s There is no name either, so nobody can tell %s it is. Correct the code or add the name and import the row again.", why.EN, which.EN),
		}
	} else {
		for _, c := range cells {
			if c = given(c); len(c) > 0 {
				i.Value = Cut(string(c), 60)
				break
			}
		}
		i.Text = pack.Text{
			ZH: fmt.Sprintf("没有%s，不知道是%s。请补上后再导入这一行。", title.ZH, which.ZH),
			EN: fmt.Sprintf("There is no %s, so nobody can tell %s it is. Add it and import the row again.", title.EN, which.EN),
		}
		if c := l.register.Code(); c != nil {
			i.Text = pack.Text{
				ZH: fmt.Sprintf("既没有%s，也没有%s，不知道是%s。请补上其中一项，再导入这一行。", c.Name.ZH, title.ZH, which.ZH),
				EN: fmt.Sprintf("There is neither a %s nor a %s, so nobody can tell %s it is. Add one of them and import the row again.", c.Name.EN, title.EN, which.EN),
			}
		}
	}
	i.Reason = i.Text.ZH
	out.Refuse = &i
}

func (l *Layout) issue(row int, column string, value []byte, bad *cell.Bad) Issue {
	return Issue{Scope: "cell", Sheet: l.Sheet, Row: row, Column: column, Value: Cut(string(cell.Trim(value)), 60), Reason: bad.ZH,
		Text: pack.Text{ZH: bad.ZH, EN: bad.EN}}
}

func (l *Layout) rowWarning(row int, out *Reading, column, zh, en string) {
	out.Warnings = append(out.Warnings, Issue{Scope: "row", Sheet: l.Sheet, Row: row, Column: column, Reason: zh, Text: pack.Text{ZH: zh, EN: en}})
}

// rowYear reads the row's year: a blank one is the table's, an unreadable one nobody's.
func (l *Layout) rowYear(row int, cells [][]byte, out *Reading) int {
	b := &l.bound
	if b.year >= len(cells) {
		return l.Year
	}
	c := given(cells[b.year])
	if c == nil {
		return l.Year
	}
	if y := yearCell(c); y != 0 {
		return y
	}
	out.Refusals = append(out.Refusals, l.issue(row, b.yearHeader, c, &cell.Bad{
		ZH: "不是年份。请写成 2020 这样的四位年份。", EN: "This is not a year. Write four digits, such as 2020."}))
	return 0
}

// unlisted flags a text that its code list does not have.
func (l *Layout) unlisted(r *columnReader, row int, c []byte, out *Reading) {
	if l.quiet {
		return
	}
	out.Warnings = append(out.Warnings, l.issue(row, r.header, c, &cell.Bad{
		ZH: fmt.Sprintf("不在“%s”之列，已照原文保留。请核对，或改用列出的名称或代码。", r.codes.list.ZH),
		EN: fmt.Sprintf("Not among %s; kept as it is. Check it, or use a name or code of the list.", r.codes.list.EN)}))
}

// surplus warns of filled cells beyond the columns that the header names: the row may have come apart.
func (l *Layout) surplus(row int, cells [][]byte, out *Reading) {
	for i, c := range cells[l.bound.width:] {
		if len(given(c)) > 0 {
			l.rowWarning(row, out, unnamed(l.bound.width+i+1),
				fmt.Sprintf("这一行有 %d 列，表头只有 %d 列：可能有一格里的分隔符没有加引号，后面的值错了位。请核对这一行。", len(cells), l.bound.width),
				fmt.Sprintf("This row has %d columns and the header %d: a delimiter inside a cell may lack its quotes, and the values behind it have moved. Check this row.", len(cells), l.bound.width))
			return
		}
	}
}

// findings looks at values together: figures of years before registration, and a code of another area than the
// district.
func (l *Layout) findings(row int, code []byte, out *Reading) {
	born := 0
	if l.bound.registered >= 0 {
		for i := range out.Facts {
			if f := &out.Facts[i]; f.Attr.Index == l.bound.registered {
				born = time.Unix(f.Value.Int*86400, 0).UTC().Year()
				break
			}
		}
	}
	for i := range out.Facts {
		f := &out.Facts[i]
		if f.Year != 0 && f.Year < born && f.Cell > 0 {
			out.Warnings = append(out.Warnings, l.issue(row, l.Header(f.Cell), []byte(strconv.Itoa(f.Year)), &cell.Bad{
				ZH: fmt.Sprintf("%d 年的数据早于成立的 %d 年。已照原样记录，请核对成立日期和年份。", f.Year, born),
				EN: fmt.Sprintf("A figure of %d is from before the registration in %d. It was kept as it is; check the date and the year.", f.Year, born)}))
		}
		if f.Attr.Codes == "org" && !l.bound.plain && len(code) == 18 && f.Attr.Kind == pack.Code {
			l.area(row, code[2:8], f, out)
		}
	}
}

// area compares the area of a credit code with the district. A code from the city's own registrar has the city's.
func (l *Layout) area(row int, area []byte, f *fact.Fact, out *Reading) {
	if d := f.Value.Str; len(d) != 6 || strings.Trim(d, "0123456789") != "" || string(area) == d || string(area) == l.bound.city {
		return
	}
	out.Warnings = append(out.Warnings, l.issue(row, l.Header(f.Cell), []byte(f.Value.Str), &cell.Bad{
		ZH: fmt.Sprintf("信用代码里的登记地区是 %s，与所属区 %s 不同。已照原样记录，请核对是否迁移过。", area, f.Value.Str),
		EN: fmt.Sprintf("The credit code's area is %s, the district %s. Both were kept; check whether the %s has moved.", area, f.Value.Str, l.register.Kind().EN)}))
}
