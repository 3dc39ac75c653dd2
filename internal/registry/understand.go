package registry

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
)

// Layout is how one sheet is read: its header, its columns and what they mean. It is stored with the import
// (JSON), so that a source record, kept as its raw cells, can be read again in the same way at any time.
// A layout that came from JSON must be bound before Convert. Converting keeps small caches: one goroutine at a time.
type Layout struct {
	Sheet      string   `json:"sheet"`
	HeaderRow  int      `json:"header_row"`  // last row of the header, from 1
	HeaderRows int      `json:"header_rows"` // 1 or 2
	Title      []string `json:"title,omitempty"`
	Unit       string   `json:"unit,omitempty"`        // from title rows: 万元 …
	Year       int      `json:"year,omitempty"`        // from title, sheet or file name, else Options.Year
	YearColumn int      `json:"year_column,omitempty"` // column from 1 that gives the year row by row; 0: none
	Columns    []Column `json:"columns"`
	Complete   []string `json:"complete,omitempty"`
	Present    []string `json:"present,omitempty"` // yes/no attributes for which a row, having no cell for them, is a "yes"
	Entered    bool     `json:"entered,omitempty"` // by hand, on a page that says whom it is about: no row is refused
	Warnings   []Issue  `json:"-"`

	register *pack.Register
	// compiled readers per column, in the order of their facts, are kept here by Bind
	readers []columnReader
	bound   binding
	quiet   bool // Convert says nothing of what is odd: who reads a record again has been told. NameKey stays empty
}

// Reading is one row as understood. It is reused from row to row.
type Reading struct {
	Skip     bool   // an empty row, or a note below the table
	Refuse   *Issue // neither a usable code nor a name
	Code     string // usable identity code (18 characters, mended), else empty
	Name     string
	NameKey  string  // normalised name by which rows without a code are known
	Facts    []Fact  // Record is 0; Cell is the column; sorted by attribute index and year
	Refusals []Issue // cells that could not be read: counted as blank
	Warnings []Issue

	text  []byte // of the row's texts, which become one string
	spans []span
}

// target is what a person said a header means.
type target struct {
	attr *pack.Attribute // nil: keep the column unused
	year int
}

// apply puts a person's word over what a header says; its unit stays, and its year unless another was given.
func (t target) apply(h heading, how string) heading {
	h.meaning = meaning{t.attr, how}
	if t.year != 0 {
		h.year, h.many = t.year, false
	}
	return h
}

// understanding is the work of Understand.
type understanding struct {
	pack       *pack.Pack
	reg        *pack.Register
	file       string
	words      *vocabulary
	mapped     map[string]target
	remembered map[string]target
	layout     *Layout
}

// Understand finds the header of a sheet and what its columns mean. head holds the sheet's first rows, row i+1 at
// index i; sheet is empty for CSV. remembered maps headers to "attribute" or "attribute@year" as people chose before.
// A sheet whose header is not recognised, or a mapping to what does not exist, is a fault.
//
// The year of a yearly column is its header's, else that of the row's year column, else the title's, the sheet's or
// the file's, else opt.Year.
func Understand(p *pack.Pack, reg *pack.Register, file, sheet string, head [][]string, opt Options, remembered map[string]string) (*Layout, error) {
	u := &understanding{pack: p, reg: reg, file: file, words: newVocabulary(reg), layout: &Layout{Sheet: sheet, Complete: opt.Complete}}
	if err := u.said(opt, remembered); err != nil {
		return nil, err
	}
	h, err := u.findHeader(head)
	if err != nil {
		return nil, err
	}
	l := u.layout
	l.HeaderRow, l.HeaderRows = h.last+1, 1
	if h.lower != nil {
		l.HeaderRows = 2
	}
	u.above(head[:h.first], sheet, opt)
	u.columns(h, head)
	u.unfound(opt)
	u.settleYears(h)
	u.settleDuplicates(h)
	u.complete()
	l.Bind(p, reg)
	l.sample(head)
	l.bound.width = l.width()
	return l, nil
}

// said reads the mappings and the list of complete attributes.
func (u *understanding) said(opt Options, remembered map[string]string) error {
	u.mapped, u.remembered = map[string]target{}, map[string]target{}
	for header, to := range opt.Map {
		t, ok := u.target(to)
		if !ok {
			return fault.New(fault.Invalid,
				fmt.Sprintf("--map '%s=%s'：没有“%s”这个数据项。请写数据项的标识，如 sales 或 sales@2020；“-”表示不采用这一列。", header, to, to),
				fmt.Sprintf("--map '%s=%s': there is no attribute “%s”. Write an attribute's id, such as sales or sales@2020; - leaves the column unused.", header, to, to))
		}
		u.mapped[headerKey(header)] = t
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

// target reads "attribute", "attribute@year" or "-". Names of attributes are understood like headers.
func (u *understanding) target(s string) (target, bool) {
	s = strings.TrimSpace(s)
	if s == "-" {
		return target{}, true
	}
	id, year, dated := strings.Cut(s, "@")
	t := target{attr: u.reg.Attribute(strings.TrimSpace(id))}
	if t.attr == nil {
		t.attr = u.words.words[headerKey(id)].attr
	}
	if dated {
		y, err := strconv.Atoi(strings.TrimSpace(year))
		if err != nil || y < 1900 || y >= 3000 {
			return target{}, false
		}
		t.year = y
	}
	return t, t.attr != nil
}

// above reads the rows above the header: titles, with the unit and the year of the table.
func (u *understanding) above(rows [][]string, sheet string, opt Options) {
	l := u.layout
	years := map[int]bool{}
	for _, row := range rows {
		seen := map[string]bool{}
		for _, c := range row {
			c = oneLine(c)
			if c == "" || seen[c] {
				continue
			}
			seen[c] = true
			if len(l.Title) < 20 {
				l.Title = append(l.Title, cut(c, 200))
			}
			if l.Unit == "" {
				l.Unit = titleUnit(c)
			}
			if y := yearOf(c); y != 0 {
				years[y] = true
			}
		}
	}
	if len(years) == 1 { // titles that name several say none
		for y := range years {
			l.Year = y
		}
	}
	if l.Year == 0 {
		l.Year = yearOf(sheet)
	}
	if l.Year == 0 {
		name := u.file
		if dot := strings.LastIndexByte(name, '.'); dot > 0 {
			name = name[:dot]
		}
		l.Year = yearOf(name)
	}
	if l.Year == 0 {
		l.Year = opt.Year
	}
}

// columns writes down what each column's header says.
func (u *understanding) columns(h *header, head [][]string) {
	l := u.layout
	width := len(h.upper)
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
		case x.attr != nil:
			c.Attr, c.How, c.Unit = x.attr.ID, x.how, x.unit
			if x.attr.Yearly && !x.many {
				c.Year = x.year
			}
			if x.attr.Kind == pack.Money && c.Unit == "" {
				c.Unit = l.Unit
			}
			u.checkCurrency(&c, x.attr)
		case x.how != "": // a person said to leave it
			c.How = x.how
		case l.YearColumn == 0 && yearHeaders[headerKey(c.Header)]:
			c.How = byYear
			l.YearColumn = i + 1
		}
		l.Columns = append(l.Columns, c)
	}
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

// unnamed stands for the header of a column that has none.
func unnamed(column int) string { return "（" + letters(column) + "）" }

// letters names a column as spreadsheets do.
func letters(column int) string {
	s := ""
	for ; column > 0; column = (column - 1) / 26 {
		s = string(rune('A'+(column-1)%26)) + s
	}
	return s
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
func (u *understanding) settleYears(h *header) {
	l := u.layout
	for i := range l.Columns {
		c := &l.Columns[i]
		a := u.reg.Attribute(c.Attr)
		if a == nil || !a.Yearly || c.Year != 0 || l.YearColumn != 0 {
			continue
		}
		if l.Year != 0 && !(c.Index <= len(h.headings) && h.headings[c.Index-1].many) {
			c.Year = l.Year
			continue
		}
		c.Attr, c.How = "", isWithoutAge
		u.warn(c.Header, fmt.Sprintf("“%s”是年度数据，但表头、标题、工作表名和文件名都没有说是哪一年，这一列没有采用。请在表头写上年份（如 %s2020），或用 --year 指定。", a.Name.ZH, a.Name.ZH),
			fmt.Sprintf("%s has a value for every year, but neither header, title, sheet nor file name says which; the column is not used. Write the year into the header (such as %s@2020) or give it with --year.", a.Name.EN, a.ID))
	}
}

// settleDuplicates leaves one column for each attribute and year: the one a person mapped, else the exact name
// before an alias, else the one whose header has a year of its own (the latest, for what is not yearly), else the first.
func (u *understanding) settleDuplicates(h *header) {
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
		c.Attr, c.Year, c.How = "", 0, isDuplicate
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

// complete warns when a yearly attribute was declared complete and no year is known.
func (u *understanding) complete() {
	l := u.layout
	for _, id := range l.Complete {
		if a := u.reg.Attribute(id); a.Yearly && l.Year == 0 && l.YearColumn == 0 {
			u.warn(a.Name.ZH, fmt.Sprintf("“%s”声明为完整，但不知道是哪一年，没有写入“否”。请用 --year 指定。", a.Name.ZH),
				fmt.Sprintf("%s was declared complete, but of which year is unknown; no “no” was written. Give the year with --year.", a.Name.EN))
		}
	}
}

// width is how many columns a row should have: those with a header, and those without one that are filled again and
// again.
func (l *Layout) width() int {
	n := 0
	for _, c := range l.Columns {
		if c.Header != unnamed(c.Index) || len(c.Samples) == samples {
			n = max(n, c.Index)
		}
	}
	return n
}

// samples is how many cells of a column a preview shows.
const samples = 3

// sample shows of each column the first cells, as they came and as they are understood.
func (l *Layout) sample(head [][]string) {
	for i := range l.Columns {
		c := &l.Columns[i]
		for _, row := range head[min(len(head), l.HeaderRow):] {
			if len(c.Samples) == samples {
				break
			}
			if c.Index > len(row) || strings.TrimSpace(row[c.Index-1]) == "" {
				continue
			}
			raw := row[c.Index-1]
			c.Samples = append(c.Samples, cut(raw, 60))
			c.Read = append(c.Read, l.show(c.Index, raw))
		}
	}
}
