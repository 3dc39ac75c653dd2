// Package connect fills the tables that other systems want, as the connectors of a pack describe them: from profiles, column by column,
// and it says which rows lack what. It reads no database and writes no file.
package connect

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/sheet"
)

// MostRows is how many subjects one table has at most. Systems take a few thousand rows at once, and each row reads a profile.
const MostRows = 20_000

// Why says what is wrong with a cell of the table.
type Why string

// What can be wrong.
const (
	Blank   Why = "blank"   // the system needs it, and it is not known
	Masked  Why = "masked"  // it is known and masked
	NoWord  Why = "noword"  // the system's word for it is not known
	TooLong Why = "toolong" // it has more characters than the system takes
)

// Problem is a cell of a row that is not as the system wants it.
type Problem struct {
	Column int // from 0
	Why    Why
}

// Filler fills the rows of one table.
type Filler struct {
	Pack      *pack.Pack
	Register  *pack.Register
	Connector *pack.Connector
	Day       time.Time       // of the export; yearly attributes are of the year before
	Open      map[string]bool // personal attributes whose values are written; nil: none are
	// Plain leaves out what a CSV cannot hold: colours and comments.
	Plain bool
	// Lang is the language of comments; the table itself is in that of the system.
	Lang  string
	names []map[string]pack.Text // of the codes of each column
}

// New returns a filler. The connector must have a table (Out).
func New(p *pack.Pack, c *pack.Connector, day time.Time) *Filler {
	f := &Filler{Pack: p, Register: p.Register(c.Register), Connector: c, Day: day, names: make([]map[string]pack.Text, len(c.Out.Columns))}
	for i, k := range c.Out.Columns {
		if k.Attr != nil && k.Attr.Kind == pack.Code && k.Attr.Codes != "" {
			f.names[i] = p.CodeNames(k.Attr)
		}
	}
	return f
}

// year is the year of a column's attribute; 0 for one that is not yearly.
func (f *Filler) year(k *pack.OutColumn) int {
	if k.Attr == nil || !k.Attr.Yearly {
		return 0
	}
	return f.Day.Year() - 1 - k.Back
}

// Head is the row of headers, exactly as the system has them.
func (f *Filler) Head() []any {
	head := make([]any, len(f.Connector.Out.Columns))
	for i, k := range f.Connector.Out.Columns {
		head[i] = k.Header
	}
	return head
}

// Row appends the cells of a subject, and says what is wrong with them. serial is the number of the row, from 1.
func (f *Filler) Row(p *fact.Profile, serial int, cells []any) ([]any, []Problem) {
	var problems []Problem
	for i, k := range f.Connector.Out.Columns {
		cell, why := f.cell(i, k, p, serial)
		if why != "" {
			problems = append(problems, Problem{i, why})
			cell = f.marked(cell, why)
		}
		cells = append(cells, cell)
	}
	return cells, problems
}

// marked is a cell that is not as the system wants it.
func (f *Filler) marked(cell any, why Why) any {
	if f.Plain {
		return cell
	}
	text, _ := cell.(string)
	return sheet.Doubt{Text: text, Note: why.Text().In(f.Lang)}
}

// Text says in a sentence what is wrong.
func (w Why) Text() pack.Text {
	switch w {
	case Masked:
		return pack.Text{ZH: "个人信息，已遮盖。需要时写明用途后导出原文。", EN: "Personal data, masked. Where they are needed, export them unmasked for a stated purpose."}
	case NoWord:
		return pack.Text{ZH: "对方系统没有这个值的写法，没有填。请按对方的选项填写。", EN: "The other system has no word for this value, and nothing was written. Fill it in by its own choices."}
	case TooLong:
		return pack.Text{ZH: "比对方系统允许的字数多，请缩短。", EN: "It is longer than the other system takes. Shorten it."}
	}
	return pack.Text{ZH: "必填，库里没有。请补上。", EN: "Required, and not known. Add it."}
}

// cell is the value of a column; why is empty where nothing is wrong.
func (f *Filler) cell(i int, k *pack.OutColumn, p *fact.Profile, serial int) (cell any, why Why) {
	switch {
	case k.Fill == pack.FillSerial:
		return sheet.Plain(serial), ""
	case k.Fill == pack.FillYear:
		return sheet.Plain(f.Day.Year()), ""
	case k.Fill == pack.FillBaseYear:
		return sheet.Plain(f.Day.Year() - 1), ""
	case k.Fill == pack.FillDay:
		return dated(f.Day, k.Form), ""
	case k.Text != "":
		return k.Text, ""
	case k.Attr == nil: // the system, or a person, fills it
		return nil, ""
	}
	v, known := f.value(k, p)
	switch {
	case !known && k.Required:
		return nil, Blank
	case !known:
		return nil, ""
	case k.Attr.Personal && !f.Open[k.Attr.ID]:
		return nil, Masked
	}
	return f.written(i, k, v)
}

// value finds the value of a column in a profile.
func (f *Filler) value(k *pack.OutColumn, p *fact.Profile) (v fact.Value, known bool) {
	switch k.Attr.ID {
	case f.Register.CodeAttr:
		return fact.Value{Str: p.Code}, p.Code != ""
	case f.Register.NameAttr:
		return fact.Value{Str: p.Name}, p.Name != ""
	}
	x := p.Fact(k.Attr.ID, f.year(k))
	if x == nil || x.Void {
		return v, false
	}
	switch k.Attr.Kind {
	case pack.Code, pack.String, pack.List:
		return x.Value, x.Value.Str != ""
	}
	return x.Value, true
}

// written writes a value as the system wants it.
func (f *Filler) written(i int, k *pack.OutColumn, v fact.Value) (any, Why) {
	switch k.Attr.Kind {
	case pack.Integer:
		return int64(math.Round(v.Num)), ""
	case pack.Decimal:
		return rounded(v.Num, 0, k.Decimals), ""
	case pack.Money:
		return rounded(v.Num, k.Unit.Digits(), k.Decimals), ""
	case pack.Date:
		return dated(fact.TimeOf(int32(v.Int)), k.Form), ""
	case pack.Boolean:
		return f.word(k, map[bool]string{true: "yes", false: "no"}[v.Int != 0], map[bool]string{true: "是", false: "否"}[v.Int != 0])
	case pack.Code:
		return f.code(i, k, v.Str)
	}
	if k.Max > 0 && utf8.RuneCountInString(v.Str) > k.Max {
		return v.Str, TooLong
	}
	return v.Str, ""
}

// word is the system's word for a value; usual where the column names no words.
func (f *Filler) word(k *pack.OutColumn, value, usual string) (any, Why) {
	if k.Words == nil {
		return usual, ""
	}
	if w := k.Words[value]; w != "" {
		return w, ""
	}
	return nil, NoWord
}

// code writes a code: by its name, as it is, or by the system's word.
func (f *Filler) code(i int, k *pack.OutColumn, code string) (any, Why) {
	name, listed := f.names[i][code]
	switch {
	case f.names[i] == nil: // a number, of no list
		if k.Max > 0 && utf8.RuneCountInString(code) > k.Max {
			return code, TooLong
		}
		return code, ""
	case k.Words != nil:
		return f.word(k, code, "")
	case k.AsCode && !listed:
		return nil, NoWord
	case k.AsCode || !listed:
		return code, ""
	}
	return name.ZH, ""
}

// rounded is a number that is held in 10^-digits of its unit, with so many decimals; −1: with all of them.
func rounded(v float64, digits, decimals int) any {
	if v != math.Trunc(v) || math.Abs(v) >= 1<<53 { // a number that is no whole count of its smallest part
		if decimals < 0 {
			return v / math.Pow10(digits)
		}
		return sheet.Decimal{N: int64(math.Round(v / math.Pow10(digits) * math.Pow10(decimals))), Digits: decimals, Shown: decimals}
	}
	n := int64(v)
	if decimals < 0 || decimals >= digits {
		return sheet.Decimal{N: n, Digits: digits, Shown: max(decimals, 0)}
	}
	scale := int64(1)
	for range digits - decimals {
		scale *= 10
	}
	half := scale / 2
	if n < 0 {
		half = -half
	}
	return sheet.Decimal{N: (n + half) / scale, Digits: decimals, Shown: decimals}
}

// dated writes a day in a form; as a date of the workbook where there is none.
func dated(t time.Time, form string) any {
	if form == "" {
		return sheet.Date(t)
	}
	y, m, d := t.Date()
	year := fmt.Sprintf("%04d", y)
	return strings.NewReplacer("yyyy", year, "mm", fmt.Sprintf("%02d", int(m)), "dd", fmt.Sprintf("%02d", d), "m", strconv.Itoa(int(m)), "d", strconv.Itoa(d)).Replace(form)
}

// Personal are the ids of the personal attributes that the table wants.
func (f *Filler) Personal() (ids []string) {
	for _, k := range f.Connector.Out.Columns {
		if k.Attr != nil && k.Attr.Personal {
			ids = append(ids, k.Attr.ID)
		}
	}
	return ids
}
