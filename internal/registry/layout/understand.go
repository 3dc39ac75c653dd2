package layout

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/cell"
	"eyas/internal/registry/table"
	"eyas/internal/sheet"
)

// saidMeaning is what a person said a header means.
type saidMeaning struct {
	attr *pack.Attribute // nil: keep the column unused
	year int
	unit string // of its amounts; empty: not said
}

// apply puts a person's word over what a header says; its unit stays, and its year unless another was given.
func (t saidMeaning) apply(h heading, how string) heading {
	h.meaning = meaning{t.attr, how}
	if t.year != 0 {
		h.year, h.many, h.part = t.year, false, false
	}
	if t.unit != "" {
		h.unit = t.unit
	}
	h.other = false
	return h
}

// understanding is the work of Understand.
type understanding struct {
	pack         *pack.Pack
	reg          *pack.Register
	file         string
	words        *vocabulary
	mapped       map[string]saidMeaning
	remembered   map[string]saidMeaning
	units        map[string]string // what somebody said amounts of a column are counted in, by the key of its header; "" stands for the table
	time         period            // of the table
	merged       []table.Area      // of the sheet's first rows
	dividing     bool              // a row below a header is known to divide its columns and to be no data
	severalUnits bool              // the texts beside the table give several units of amounts
	layout       *Layout
}

// Understand finds the header of a sheet and what its columns mean. head holds the sheet's first rows, row i+1 at
// index i, and merged its merged areas; sheet is empty for CSV. remembered maps headers to "attribute" or "attribute@year" as people chose before.
// A sheet whose header is not recognised, or a mapping to what does not exist, is a fault.
//
// The year of a yearly column is its header's, else that of the row's year column, else the title's, the sheet's or
// the file's, else opt.Year.
func Understand(p *pack.Pack, reg *pack.Register, file, sheet string, head [][]string, merged []table.Area, opt Options, remembered map[string]string) (*Layout, error) {
	return understandTable(p, reg, file, sheet, head, merged, opt, remembered)
}

// understandBlocks reads tables that stand side by side, each as a table of its own.
func understandBlocks(u *understanding, h *foundHeader, blocks []columnSpan, sheet string, head [][]string, opt Options, remembered map[string]string) (*Layout, error) {
	var first *Layout
	for i, b := range blocks {
		own := append(titlesOf(head[:h.first], blocks, b), within(head[h.first:], b)...)
		l, err := understandTable(u.pack, u.reg, u.file, sheet, own, u.merged, opt, remembered)
		if err != nil {
			return nil, err
		}
		l.block = b
		if i == 0 {
			first = l
			continue
		}
		l.Warnings = nil // they were said of the first
		first.beside = append(first.beside, l)
	}
	return first, nil
}

func understandTable(p *pack.Pack, reg *pack.Register, file, sheet string, head [][]string, merged []table.Area, opt Options, remembered map[string]string) (*Layout, error) {
	u := &understanding{pack: p, reg: reg, file: file, merged: merged, words: newVocabulary(&p.Words, reg), layout: &Layout{Sheet: sheet, Complete: opt.Complete}}
	if err := u.said(opt, remembered); err != nil {
		return nil, err
	}
	f, err := u.form(head)
	if err != nil {
		return nil, err
	}
	if f != nil {
		return understandForm(u, f, sheet, opt, remembered)
	}
	h, err := u.findHeader(head)
	if err != nil {
		return nil, err
	}
	if blocks := u.blocks(h, head); len(blocks) > 1 {
		return understandBlocks(u, h, blocks, sheet, head, opt, remembered)
	}
	l := u.layout
	l.HeaderRow, l.HeaderRows, l.first = h.last+1, 1, h.first
	if len(h.texts) > 0 {
		l.HeaderRows = len(h.texts[0])
	}
	u.above(head[:h.first], sheet, opt)
	u.below(head[h.last+1:])
	u.columns(h, head)
	u.setAside(head[h.last+1:])
	u.unfound(opt)
	u.ofAnother()
	u.settleYears(h)
	u.settleUnits(head[h.last+1:])
	u.settleDuplicates(h)
	u.completeColumns()
	l.Bind(p, reg)
	l.sample(head)
	l.bound.width = l.width()
	if sheet == "" {
		l.fields = len(h.texts)
	}
	return l, nil
}

// said reads the mappings and the list of complete attributes.
func (u *understanding) said(opt Options, remembered map[string]string) error {
	u.mapped, u.remembered = map[string]saidMeaning{}, map[string]saidMeaning{}
	for header, to := range opt.Map {
		t, ok := u.target(to)
		if !ok {
			return fault.New(fault.Invalid,
				fmt.Sprintf("“%s”指定为“%s”：没有“%s”这个数据项。请写数据项的标识，如 sales 或 sales@2020；“-”表示不采用这一列。", header, to, to),
				fmt.Sprintf("“%s” was mapped to “%s”: there is no attribute “%s”. Write an attribute's id, such as sales or sales@2020; - leaves the column unused.", header, to, to))
		}
		u.mapped[headerKey(header)] = t
	}
	u.units = map[string]string{}
	for header, word := range opt.Units {
		unit, ok := cell.ParseUnit(word)
		if !ok || !unit.Scaled {
			return fault.New(fault.Invalid,
				fmt.Sprintf("“%s”不是金额的单位。请写 元、千元、万元、亿元 等。", word),
				fmt.Sprintf("“%s” is no unit of amounts. Write 元, 千元, 万元, 亿元 or the like.", word))
		}
		u.units[headerKey(header)] = unit.Label
	}
	for header, to := range remembered {
		if t, ok := u.target(to); ok {
			u.remembered[headerKey(header)] = t
		}
	}
	for _, id := range opt.Complete {
		a := u.reg.Attribute(id)
		if a == nil || a.Kind != pack.Boolean {
			return fault.New(fault.Invalid,
				fmt.Sprintf("“%s”不是“是/否”类的数据项，不能声明为完整。请写 abnormal_list 这样的标识。", id),
				fmt.Sprintf("“%s” is no yes/no attribute and cannot be declared complete. Write ids such as abnormal_list.", id))
		}
	}
	return nil
}

// target reads "attribute", "attribute@year", either with "/unit" behind it, or "-". Names of attributes are understood like
// headers.
func (u *understanding) target(s string) (saidMeaning, bool) {
	s = strings.TrimSpace(s)
	if s == "-" {
		return saidMeaning{}, true
	}
	var t saidMeaning
	if at := strings.LastIndexByte(s, '/'); at > 0 {
		if unit, ok := cell.ParseUnit(s[at+1:]); ok && unit.Scaled {
			s, t.unit = s[:at], unit.Label
		}
	}
	id, year, dated := strings.Cut(s, "@")
	t.attr = u.reg.Attribute(strings.TrimSpace(id))
	if t.attr == nil {
		t.attr = u.words.words[headerKey(id)].attr
	}
	if dated {
		y, err := strconv.Atoi(strings.TrimSpace(year))
		if err != nil || y < 1900 || y >= 3000 {
			return saidMeaning{}, false
		}
		t.year = y
	}
	return t, t.attr != nil
}

// above reads the rows above the header: titles, with the unit and the year of the table. What they don't say the name of the
// sheet may say, then that of the file, then whoever imports.
func (u *understanding) above(rows [][]string, name string, opt Options) {
	l := u.layout
	var titles []string
	for _, row := range rows {
		seen := map[string]bool{}
		for _, c := range row {
			c = oneLine(c)
			if c == "" || seen[c] {
				continue
			}
			seen[c] = true
			if id, _, ok := sheet.IsRefused(c); ok {
				l.Refused = id
				continue
			}
			titles = append(titles, c)
			if len(l.Title) < 20 {
				l.Title = append(l.Title, Cut(c, 200))
			}
		}
		if l.Unit == "" && len(seen) > 1 { // 单位： in one cell, 万元 in the next
			u.takeUnit(strings.Join(row, ""))
		}
	}
	file := u.file
	if dot := strings.LastIndexByte(file, '.'); dot > 0 {
		file = file[:dot]
	}
	beside := [][]string{titles, {name}, {file}}
	if u.cameBack(titles) {
		l.Unit, beside = "", nil
	}
	for _, texts := range beside {
		u.when(texts)
		for _, text := range texts {
			u.takeUnit(text)
		}
	}
	if l.Year = u.time.year; l.Year == 0 {
		l.Year = opt.Year
	}
	if l.Unit == "" && !u.severalUnits {
		l.Unit = u.units[""]
	}
}

// takeUnit takes the unit of the table from a text, unless it is known.
func (u *understanding) takeUnit(text string) {
	if u.layout.Unit != "" || u.severalUnits {
		return
	}
	u.layout.Unit, u.severalUnits = tableUnit(text)
}

// when takes the time of the table from texts of one kind, unless it is known. Titles that name several years name none.
func (u *understanding) when(texts []string) {
	if u.time.year != 0 || u.time.part {
		return
	}
	years := map[int]bool{}
	for _, text := range texts {
		p := u.words.periodOf(text)
		if p.part {
			u.time.part, u.time.partOf = true, max(u.time.partOf, p.partOf)
		}
		if p.applying != 0 {
			u.time.applying = p.applying
		}
		if p.year != 0 {
			years[p.year] = true
		}
	}
	if u.time.part {
		return
	}
	delete(years, u.time.applying)
	if len(years) == 1 {
		for y := range years {
			u.time.year = y
		}
	}
}

// below takes the unit of the table from a note that stands below it within the rows that were looked at.
func (u *understanding) below(rows [][]string) {
	for _, row := range rows {
		if filled(row) != 1 {
			continue
		}
		for _, c := range row {
			if c = oneLine(c); c != "" && noteOfUnit(c) {
				u.takeUnit(c)
			}
		}
	}
}

// columns writes down what each column's header says.
func (u *understanding) columns(h *foundHeader, head [][]string) {
	l := u.layout
	var tabled []int // columns whose unit is the table's
	width := len(h.texts)
	for _, row := range head[h.last+1:] {
		width = max(width, len(row))
	}
	for i := range width {
		c := Column{Sheet: l.Sheet, Index: i + 1, Header: h.text(i), How: isUnknown}
		if c.Header == "" {
			if !anyBelow(head[h.last+1:], i) {
				continue
			}
			c.Header = unnamed(i + 1)
		}
		var x heading
		if i < len(h.headings) {
			x = h.headings[i]
		} else {
			x = u.heading(c.Header, heading{})
		}
		switch {
		case x.attr != nil && !counts(x.attr, x.unit):
			c.How = isOfGroup // a share of it, or a count
		case x.attr != nil:
			c.Attr, c.How, c.Unit = x.attr.ID, x.how, x.unit
			if x.attr.Yearly && !x.many {
				c.Year = x.year
			}
			if x.attr.Kind == pack.Money {
				if said := u.units[headerKey(c.Header)]; said != "" {
					c.Unit = said
				} else if c.Unit == "" && l.Unit != "" {
					c.Unit = l.Unit
					tabled = append(tabled, len(l.Columns))
				}
			}
			u.checkCurrency(&c, x.attr)
		case x.other:
			c.How = isOfGroup
		case x.how != "": // a person said to leave it
			c.How = x.how
		case l.UnitColumn == 0 && unitHeaders[headerKey(c.Header)] && allUnits(head[h.last+1:], i):
			c.How = byUnit
			l.UnitColumn = i + 1
		case l.CurrencyColumn == 0 && currencyHeaders[headerKey(c.Header)]:
			c.How = byCurrency
			l.CurrencyColumn = i + 1
		case l.YearColumn == 0 && yearHeaders[headerKey(c.Header)]:
			c.How = byYear
			l.YearColumn = i + 1
		}
		l.Columns = append(l.Columns, c)
	}
	if l.UnitColumn != 0 { // what a row says comes before what the table says
		for _, i := range tabled {
			l.Columns[i].Unit = ""
		}
	}
}

// counts reports that what an attribute measures may be counted in a unit of a header: no amount in people, no people in per cent.
func counts(a *pack.Attribute, unit string) bool {
	money := false
	if u, ok := cell.ParseUnit(unit); ok {
		money = u.Scaled && unit != ""
		if u.Currency == "" && unit != "" {
			return true // 万: of anything
		}
	}
	switch a.Kind {
	case pack.Money:
		return unit == "" || money || unit == "年" || counterUnits[unit] == ""
	case pack.Integer:
		return unit != "%" && !money
	}
	return true
}

// unfound warns of mappings whose header the sheet does not have.
func (u *understanding) unfound(opt Options) {
	has := map[string]bool{}
	for _, c := range u.layout.Columns {
		has[headerKey(c.Header)] = true
	}
	for _, header := range slices.Sorted(maps.Keys(opt.Map)) {
		if !has[headerKey(header)] {
			u.warn(header, fmt.Sprintf("指定了“%s”的对应关系，但这张表没有这个表头。请检查写法。", header),
				fmt.Sprintf("“%s” was mapped, but this table has no such header. Check its spelling.", header))
		}
	}
}

func anyBelow(rows [][]string, column int) bool {
	for _, row := range rows {
		if column < len(row) && strings.TrimSpace(row[column]) != "" {
			return true
		}
	}
	return false
}

func (u *understanding) warn(column, zh, en string) {
	u.layout.Warnings = append(u.layout.Warnings, Issue{Scope: "cell", Sheet: u.layout.Sheet, Row: u.layout.HeaderRow, Column: column,
		Value: column, Reason: zh, Text: pack.Text{ZH: zh, EN: en}})
}

// checkCurrency warns of a column of amounts in another currency than its attribute's: no cell of it will be read,
// unless it names its own.
func (u *understanding) checkCurrency(c *Column, a *pack.Attribute) {
	if a.Kind != pack.Money {
		return
	}
	if unit, ok := cell.ParseUnit(c.Unit); ok && unit.Currency != "" && unit.Currency != currencyOf(a) {
		u.warn(c.Header, fmt.Sprintf("这一列的单位是%s，而“%s”的币种不同，没有汇率不能换算。请换算后再导入。", c.Unit, a.Name.ZH),
			fmt.Sprintf("This column is in %s, another currency than %s has; without a rate it cannot be converted. Convert it before importing.", c.Unit, a.Name.EN))
	}
}

// settleYears gives every yearly column without a year in its header the table's, or leaves it unused.
func (u *understanding) settleYears(h *foundHeader) {
	l := u.layout
	for i := range l.Columns {
		c := &l.Columns[i]
		a := u.reg.Attribute(c.Attr)
		if a == nil || !a.Yearly {
			continue
		}
		var own heading
		if c.Index <= len(h.headings) {
			own = h.headings[c.Index-1]
		}
		said := c.How == byMap || c.How == byMemory
		switch {
		case own.part, u.time.part && !(said && c.Year != 0) && (c.Year == 0 || c.Year == u.time.partOf):
			c.Attr, c.Year, c.How = "", 0, isPart
			u.warn(c.Header, fmt.Sprintf("“%s”要的是全年数，这里是一年中一段时间的数（如上半年、三季度、1-9月），这一列没有采用，原样保留。请在年报出来后导入全年数。", a.Name.ZH),
				fmt.Sprintf("%s is a figure of a whole year, and this is one of a part of a year (such as 上半年, 三季度, 1-9月); the column is kept and not used. Import the figures of the whole year when they are out.", a.Name.EN))
		case c.Year != 0 || l.YearColumn != 0:
		case l.Year != 0 && !own.many:
			c.Year = l.Year
		case u.time.applying != 0 && !own.many:
			c.Attr, c.How = "", isWithoutAge
			for _, year := range []int{u.time.applying - 1, u.time.applying} {
				c.Offers = append(c.Offers, Offer{meant(a, year), fmt.Sprint(year)})
			}
			u.ask(c.Header, fmt.Sprint(u.time.applying), readingsOf(c.Offers),
				fmt.Sprintf("“%s”是年度数据；标题里的 %d 年是申报、推荐或认定的年份，没有说数据是哪一年的（%d 年还是 %d 年？），这一列先不采用。请说明是哪一年，或写在表头上（如 %s%d）。",
					a.Name.ZH, u.time.applying, u.time.applying-1, u.time.applying, a.Name.ZH, u.time.applying-1),
				fmt.Sprintf("%s has a value for every year. The year %d of the title is the one of applying or of recognition and does not say of which year the figures are (%d or %d?); the column is not used for now. Say the year, or write it into the header (such as %s@%d).",
					a.Name.EN, u.time.applying, u.time.applying-1, u.time.applying, a.ID, u.time.applying-1))
		default:
			c.Attr, c.How = "", isWithoutAge
			u.warn(c.Header, fmt.Sprintf("“%s”是年度数据，但表头、标题、工作表名和文件名都没有说是哪一年，这一列没有采用。请填写年份，或在表头写上（如 %s2020）。", a.Name.ZH, a.Name.ZH),
				fmt.Sprintf("%s has a value for every year, but neither header, title, sheet nor file name says which; the column is not used. Give the year, or write it into the header (such as %s@2020).", a.Name.EN, a.ID))
		}
	}
}

// settleDuplicates leaves one column for each attribute and year: the one a person mapped, else the exact name
// before an alias, else the one whose header has a year of its own (the latest, for what is not yearly), else the first.
func (u *understanding) settleDuplicates(h *foundHeader) {
	l := u.layout
	own := func(c Column) int {
		if c.Index <= len(h.headings) {
			return h.headings[c.Index-1].year
		}
		return 0
	}
	order := make([]int, len(l.Columns))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		x, y := l.Columns[a], l.Columns[b]
		return cmp.Or(cmp.Compare(ranks[x.How], ranks[y.How]), -cmp.Compare(own(x), own(y)))
	})
	taken := map[string]int{}
	for _, i := range order {
		c := &l.Columns[i]
		if c.Attr == "" {
			continue
		}
		key := fmt.Sprintf("%s@%d", c.Attr, c.Year)
		winner, found := taken[key]
		if !found {
			taken[key] = i
			continue
		}
		a := u.reg.Attribute(c.Attr)
		c.Spare = c.Attr == u.reg.NameAttr
		c.Attr, c.Year, c.How, c.Offers = "", 0, isDuplicate, nil
		by := l.Columns[winner].Header
		if c.Spare {
			u.warn(c.Header, fmt.Sprintf("这一列和“%s”都是%s，采用了后者；后者为空的行用这一列。如果应当相反，请指定对应关系。", by, a.Name.ZH),
				fmt.Sprintf("This column and “%s” both name the %s; that one was used, and this one where it is blank. Map the columns if it should be the other way round.", by, u.reg.Kind().EN))
			continue
		}
		u.warn(c.Header, fmt.Sprintf("这一列和“%s”说的是同一项（%s），采用了后者，这一列只留在原始记录里。如果应当用这一列，请指定对应关系。", by, a.Name.ZH),
			fmt.Sprintf("This column and “%s” mean the same (%s); that one was used and this one is kept in the record only. Map the columns if it should be the other way round.", by, a.Name.EN))
	}
}

// completeColumns warns when a yearly attribute was declared complete and no year is known.
func (u *understanding) completeColumns() {
	l := u.layout
	for _, id := range l.Complete {
		if a := u.reg.Attribute(id); a.Yearly && l.Year == 0 && l.YearColumn == 0 {
			u.warn(a.Name.ZH, fmt.Sprintf("“%s”声明为完整，但不知道是哪一年，没有写入“否”。请填写年份。", a.Name.ZH),
				fmt.Sprintf("%s was declared complete, but of which year is unknown; no “no” was written. Give the year.", a.Name.EN))
		}
	}
}
