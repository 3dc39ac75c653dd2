package layout

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"eyas/internal/figure"
	"eyas/internal/pack"
	"eyas/internal/registry/cell"
	"eyas/internal/registry/template"
)

// columnReader turns the cells of one column into facts.
type columnReader struct {
	attr     *pack.Attribute
	kind     readerKind
	column   int // from 0; −1 for an attribute declared complete that has no column
	year     int // 0: not yearly, or the row's
	byRow    bool
	complete bool
	present  bool   // being in the file is a yes
	given    string // what the attribute is in every row; empty: nothing
	void     bool   // what a cell holds is declared wrong
	strict   bool   // a yes/no attribute whose name begins with 无 or 非
	unit     cell.Unit
	currency string
	nearest  bool // the column of currencies stands beside it
	codes    *codeIndex
	longest  int             // characters of a text
	positive bool            // there is no value below zero
	until    bool            // the last day of a period
	begin    *pack.Attribute // what a period in a cell gives of its first day; nil where another column does
	header   string
}

type readerKind int8

const (
	readText readerKind = iota
	readInteger
	readDecimal
	readMoney
	readDate
	readBool
	readCode
	readList
	readIdentity // the subject's code
)

// binding is what Convert looks up for every row.
type binding struct {
	code, name           int            // columns from 0; −1 for none
	plain                bool           // codes are plain numbers, not credit codes
	apart                []int          // columns that tell subjects of one name apart, in the register's order; −1 for none
	mark                 int            // column in which a template marks its example row; −1 for none
	spares               []columnReader // other columns of names, for rows in which name is blank
	naming               columnReader   // the column at name
	codeHeader, nameText string
	codeKey, nameKey     string // keys of those headers: rows that repeat them are headers
	year                 int    // column from 0; −1 for none
	yearHeader           string
	width                int             // columns that the header names
	registered           int             // index of the attribute with the day of registration; −1 for none
	city                 string          // its area code in credit codes
	places               map[string]bool // names of the city, its districts and zones, and of sections and divisions of industry: no row is about one
	words                *pack.Words     // of the field
	serial               []bool          // columns that only number the rows
	infer                *inference
	reported             *reported // what a connector's file says of its rows; nil for others
	unit                 cell.Unit // of the table, for rows whose own column of units is blank
	unscaled             bool      // amounts are read as yuan, for nothing says their unit
	mixed                bool      // fixed years beside the row's: facts need sorting
}

// serialHeaders are headers of columns that number the rows.
var serialHeaders = map[string]bool{"序号": true, "编号": true, "序": true, "行号": true, "no": true, "no.": true, "#": true, "行次": true, "项次": true}

// Bind makes a layout ready for Convert under a pack. Columns whose attribute the pack no longer has are left unused.
func (l *Layout) Bind(p *pack.Pack, reg *pack.Register) {
	l.register = reg
	l.readers = l.readers[:0]
	b := binding{code: -1, name: -1, year: l.YearColumn - 1, registered: -1, mark: -1, width: l.width(),
		plain: reg.Scheme() == pack.Plain}
	b.unit, _ = cell.ParseUnit(l.Unit)
	b.words = &p.Words
	for range reg.ApartAttrs {
		b.apart = append(b.apart, -1)
	}
	complete := map[string]bool{}
	for _, id := range l.Complete {
		complete[id] = true
	}
	indexes := map[string]*codeIndex{}
	present := map[string]bool{}
	fixedYears, rowYears := false, false
	for _, c := range l.Columns {
		if c.Index-1 == b.year {
			b.yearHeader = c.Header
		}
		if c.Attr == "" && template.IsMark(c.Header) {
			b.mark = c.Index - 1
		}
		if serialHeaders[headerKey(c.Header)] {
			for len(b.serial) < c.Index {
				b.serial = append(b.serial, false)
			}
			b.serial[c.Index-1] = true
		}
		if name := reg.Attribute(reg.NameAttr); c.Spare && name != nil {
			b.spares = append(b.spares, columnReader{attr: name, kind: kindOf(name, reg), column: c.Index - 1, header: c.Header, longest: longest(name, reg)})
		}
		a := reg.Attribute(c.Attr)
		if a == nil {
			continue
		}
		r := columnReader{attr: a, kind: kindOf(a, reg), column: c.Index - 1, year: c.Year, header: c.Header, complete: complete[a.ID], void: c.Void, longest: longest(a, reg),
			strict: strings.HasPrefix(a.Name.ZH, "无") || strings.HasPrefix(a.Name.ZH, "非"), currency: currencyOf(a)}
		if u, ok := cell.ParseUnit(c.Unit); ok && a.Kind == pack.Money {
			r.unit = u
		} else if c.Unit == "万人" {
			r.unit = cell.Unit{Exp: 4, Scaled: true}
		}
		b.unscaled = b.unscaled || a.Kind == pack.Money && r.currency == "CNY" && !r.unit.Scaled && l.UnitColumn == 0
		r.positive, r.until = unsigned(a), lastDay(a)
		r.byRow = a.Yearly && c.Year == 0
		fixedYears = fixedYears || a.Yearly && c.Year != 0
		rowYears = rowYears || r.byRow
		if a.Strict && reg.Connector != nil {
			r.codes = stateIndex(reg.Connector, p)
		} else if a.Kind == pack.Code && a.Codes != "" {
			if indexes[a.Codes] == nil {
				indexes[a.Codes] = newCodeIndex(p, a.Codes)
			}
			r.codes = indexes[a.Codes]
		}
		switch a.ID {
		case reg.CodeAttr:
			b.code, b.codeHeader, b.codeKey = r.column, c.Header, headerKey(c.Header)
		case reg.NameAttr:
			b.name, b.nameText, b.nameKey, b.naming = r.column, c.Header, headerKey(c.Header), r
		case reg.BeginsAttr:
			b.registered = a.Index
		}
		if at := slices.Index(reg.ApartAttrs, a.ID); at >= 0 {
			b.apart[at] = r.column
		}
		present[a.ID] = true
		l.readers = append(l.readers, r)
	}
	for _, id := range l.Complete {
		if a := reg.Attribute(id); a != nil && a.Kind == pack.Boolean && !present[id] && (!a.Yearly || l.Year != 0 || l.YearColumn != 0) {
			r := columnReader{attr: a, kind: readBool, column: -1, complete: true, byRow: a.Yearly && l.YearColumn != 0}
			if a.Yearly && !r.byRow {
				r.year = l.Year
			}
			l.readers = append(l.readers, r)
		}
	}
	for _, id := range l.Present {
		a := reg.Attribute(id)
		switch i := slices.IndexFunc(l.readers, func(r columnReader) bool { return r.attr.ID == id }); {
		case a == nil || a.Kind != pack.Boolean || a.Yearly:
		case i >= 0:
			l.readers[i].present = true
		default:
			l.readers = append(l.readers, columnReader{attr: a, kind: readBool, column: -1, present: true})
		}
	}
	for id, text := range l.Given {
		if a := reg.Attribute(id); a != nil && a.Kind == pack.String && !present[id] {
			l.readers = append(l.readers, columnReader{attr: a, kind: readText, column: -1, given: text, longest: longest(a, reg)})
		}
	}
	slices.SortStableFunc(l.readers, func(a, b columnReader) int {
		return cmp.Or(cmp.Compare(a.attr.Index, b.attr.Index), cmp.Compare(a.year, b.year))
	})
	nearestMoney(l.readers, l.CurrencyColumn)
	b.mixed = fixedYears && rowYears
	if reg.Connector != nil {
		b.reported = newReported(l, reg.Connector)
	}
	for i := range l.readers {
		if r := &l.readers[i]; r.attr.Span == pack.SpanEnd {
			at := slices.IndexFunc(reg.Attributes, func(a *pack.Attribute) bool { return a.Span == pack.SpanStart })
			if at >= 0 && !present[reg.Attributes[at].ID] {
				r.begin, b.mixed = reg.Attributes[at], true
			}
		}
	}
	if len(p.Orgs) > 0 {
		b.city = p.Orgs[0].ID
	}
	if reg.Scheme() != pack.Plain {
		b.places = make(map[string]bool, 4*len(p.Orgs))
		for _, o := range p.Orgs {
			for _, word := range []string{o.Name.ZH, o.Short.ZH} {
				if key := cell.NameKey(word); key != "" {
					b.places[key] = true
				}
			}
		}
		if list := p.CodeList(p.Industries); list != nil {
			for _, item := range list.Items {
				if len(item.Code) <= 2 {
					b.places[cell.NameKey(item.Name.ZH)] = true
				}
			}
		}
	}
	l.bound = b
}

func kindOf(a *pack.Attribute, reg *pack.Register) readerKind {
	switch a.Kind {
	case pack.Integer:
		return readInteger
	case pack.Decimal:
		return readDecimal
	case pack.Money:
		return readMoney
	case pack.Date:
		return readDate
	case pack.Boolean:
		return readBool
	case pack.Code:
		if a.ID == reg.CodeAttr {
			return readIdentity
		}
		return readCode
	case pack.List:
		return readList
	}
	return readText
}

func currencyOf(a *pack.Attribute) string {
	if a.Unit == "usd" {
		return "USD"
	}
	return "CNY"
}

// codeIndex finds codes by what people write for them.
type codeIndex struct {
	codes map[string]string // key of a code or name → code; "" where it means several
	seen  map[string]string // cells met before, as they came → code; "" for none
	names map[string]string // code → name
	own   map[string]bool   // code and the key of one of its names
	list  pack.Text
	// strict finds only what stands in codes as it is: no word before brackets, no code before a name.
	strict bool
}

// maxSeen bounds the cells that a codeIndex remembers.
const maxSeen = 4096

// newCodeIndex reads a code list, or the org tree: "org" for districts, "zone" for zones and parks.
func newCodeIndex(p *pack.Pack, id string) *codeIndex {
	x := &codeIndex{codes: map[string]string{}, seen: map[string]string{}, names: map[string]string{}, own: map[string]bool{}, list: pack.Text{ZH: "代码表", EN: "the code list"}}
	switch id {
	case "org", "zone":
		x.list = pack.Text{ZH: "本市各区", EN: "the city's districts"}
		if id == "zone" {
			x.list = pack.Text{ZH: "本市的功能区和园区", EN: "the city's zones and parks"}
		}
		for _, o := range p.Orgs {
			if o.Kind == "city" || (o.Kind == "district") != (id == "org") {
				continue
			}
			x.names[o.ID] = o.Name.ZH
			for _, word := range orgWords(p, o) {
				x.add(word, o.ID)
			}
		}
	default:
		for _, list := range p.Codes {
			if list.ID != id {
				continue
			}
			x.list = list.Name
			parents := make(map[string]string, len(list.Items))
			for _, item := range list.Items {
				parents[item.Code] = item.Parent
				x.names[item.Code] = item.Name.ZH
			}
			for _, item := range list.Items {
				x.add(item.Code, item.Code)
			}
			for _, item := range list.Items {
				for _, word := range []string{item.Name.ZH, item.Name.EN} {
					x.addUnder(word, item.Code, parents)
					x.own[item.Code+" "+cell.NameKey(word)] = true
				}
			}
		}
	}
	return x
}

// orgWords are the spellings of an org: its own, and with its parent's before it (天津市东丽区, 天津东丽).
func orgWords(p *pack.Pack, o *pack.Org) []string {
	own := append([]string{o.Name.ZH, o.Short.ZH, o.Name.EN, o.Short.EN}, o.Aliases...)
	words := append([]string{o.ID}, own...)
	for _, parent := range p.Orgs {
		if parent.ID != o.Parent {
			continue
		}
		for _, before := range []string{parent.Name.ZH, parent.Short.ZH} {
			for _, w := range own[:2] {
				if before != "" && w != "" {
					words = append(words, before+w)
				}
			}
		}
	}
	return words
}

func (x *codeIndex) add(word, code string) {
	key := cell.NameKey(word)
	if key == "" {
		return
	}
	if _, taken := x.codes[key]; !taken {
		x.codes[key] = code
	}
}

// addUnder adds a name of a tree of codes. Where a group and its only member share a name, it means the member; a
// name of two branches means neither.
func (x *codeIndex) addUnder(word, code string, parents map[string]string) {
	key := cell.NameKey(word)
	if key == "" {
		return
	}
	old, taken := x.codes[key]
	if !taken {
		x.codes[key] = code
		return
	}
	if old == code || old == "" || parents[old] == "" && parents[code] == "" && cell.NameKey(old) == key {
		return
	}
	for up := parents[code]; up != ""; up = parents[up] {
		if up == old {
			x.codes[key] = code
			return
		}
	}
	for up := parents[old]; up != ""; up = parents[up] {
		if up == code {
			return
		}
	}
	x.codes[key] = ""
}

// find gives the code that a cell means; empty when it is none of the list.
func (x *codeIndex) find(b []byte) string {
	if code, ok := x.seen[string(b)]; ok {
		return code
	}
	text := string(b)
	code := x.resolve(text)
	if len(x.seen) < maxSeen {
		x.seen[text] = code
	}
	return code
}

func (x *codeIndex) resolve(text string) string {
	key := cell.NameKey(text)
	if code := x.codes[key]; code != "" || x.strict {
		return code
	}
	// 存续（在营、开业、在册）: the word before the brackets.
	if short := CutBrackets(key); short != key && short != "" {
		if code := x.codes[short]; code != "" {
			return code
		}
	}
	// 6513 软件开发, 3963-无人机, C39: a code with its name or its section before it.
	digits := strings.TrimLeft(key, "abcdefghijklmnopqrst")
	end := 0
	for end < len(digits) && isDigit(digits[end]) {
		end++
	}
	if end == 0 || len(key)-len(digits) > 1 {
		return ""
	}
	code := x.codes[digits[:end]]
	rest := strings.Trim(digits[end:], "-_.:()/、,")
	if named, known := x.codes[rest]; code == "" || rest != "" && known && named != code && !x.own[code+" "+rest] {
		return ""
	}
	return code
}

// show is a cell as a column understands it, for the preview; empty when it is not used or cannot be read.
func (l *Layout) show(column int, raw string) string {
	if column-1 == l.bound.year {
		if y := yearCell([]byte(raw)); y != 0 {
			return strconv.Itoa(y)
		}
		return ""
	}
	for i := range l.readers {
		r := &l.readers[i]
		if r.column != column-1 {
			continue
		}
		b := cell.Unwrap([]byte(raw))
		if lack := cell.LackOf(b); lack == cell.Empty || lack != cell.Given && r.kind != readBool || l.bound.words.Nothing[cell.NameKey(string(b))] {
			return ""
		}
		var bad *cell.Bad
		var n int64
		switch r.kind {
		case readInteger:
			n, bad = cell.Integer(b, r.unit)
			raw = strconv.FormatInt(n, 10)
		case readDecimal:
			var f float64
			f, bad = cell.Decimal(b, r.unit)
			raw = strconv.FormatFloat(f, 'f', -1, 64)
		case readMoney:
			n, bad = cell.Money(b, r.currency, r.unit)
			raw = figure.Amount(n) + map[string]string{"CNY": " 元", "USD": " 美元"}[r.currency]
		case readDate:
			n, bad = r.day(b)
			raw = time.Unix(n*86400, 0).UTC().Format("2006-01-02")
		case readBool:
			var yes bool
			yes, bad = cell.Bool(b, r.strict)
			raw = map[bool]string{true: "是", false: "否"}[yes]
		case readIdentity:
			code, state := l.bound.identity(b)
			if state == cell.NoCode {
				return ""
			}
			raw = string(code)
		case readCode:
			raw = string(cell.Clean(b))
			if r.attr.Strict && r.codes.find(b) == "" {
				return ""
			}
			if r.codes != nil {
				if code := r.codes.find(b); code != "" {
					raw = code
					if name := r.codes.names[code]; name != "" && name != code {
						raw += " " + name
					}
				}
			}
		case readList:
			raw = cell.List(string(b))
		default:
			raw = string(cell.Clean(b))
			if r.attr.YearText {
				b, bad = yearText(cell.Clean(b))
				raw = string(b)
			}
			if r.attr == l.bound.naming.attr && !l.bound.plain {
				b, bad = cell.Title(cell.Clean(b), l.bound.words.States)
				raw = string(b)
			}
		}
		if bad != nil || r.positive && strings.HasPrefix(raw, "-") {
			return ""
		}
		return Cut(raw, 60)
	}
	return ""
}

// Restrict leaves of a layout what says something of some attributes.
func (l *Layout) Restrict(attributes []string) {
	wanted := func(a *pack.Attribute) bool { return a != nil && slices.Contains(attributes, a.ID) }
	infer := l.bound.infer
	if infer != nil && !wanted(infer.district) && !wanted(infer.zone) {
		infer = nil
	}
	l.bound.infer = infer
	l.readers = slices.DeleteFunc(l.readers, func(r columnReader) bool { return !wanted(r.attr) && (infer == nil || r.attr != infer.from) })
}
