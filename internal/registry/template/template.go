// Package template makes the workbooks that people fill in to import a register: a header, an example row, lists to
// choose from, explanations. It also says what an importer must leave alone in such a workbook.
package template

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"eyas/internal/figure"
	"eyas/internal/pack"
	"eyas/internal/sheet"
)

// What an importer recognises of a template, in the two languages it is made in.
var (
	markHeader = pack.Text{ZH: "标记", EN: "mark"}
	exampleRow = pack.Text{ZH: "示例（导入时跳过）", EN: "example (not imported)"}
	notesHead  = pack.Text{ZH: "〔填写说明，不导入〕", EN: "[Explanations, not imported]"}
)

// IsMark reports the header of the column that marks the example row.
func IsMark(header string) bool {
	h := strings.TrimSpace(header)
	return h == markHeader.ZH || strings.EqualFold(h, markHeader.EN)
}

// IsExample reports a cell of that column which says that its row is an example.
func IsExample(cell []byte) bool {
	cell = bytes.TrimSpace(cell)
	return bytes.HasPrefix(cell, []byte("示例")) || len(cell) >= 7 && strings.EqualFold(string(cell[:7]), "example")
}

// IsNotes reports a sheet that explains, by the text of its first cell.
func IsNotes(first string) bool {
	if sheet.IsMarked(first) { // of generated data: the mark stands before
		return strings.Contains(first, notesHead.ZH) || strings.Contains(first, notesHead.EN)
	}
	return strings.HasPrefix(first, notesHead.ZH) || strings.HasPrefix(first, notesHead.EN)
}

// NotesHead is the text of the first cell of a sheet that explains, so that no import takes it for a table.
func NotesHead(lang string) string { return notesHead.In(lang) }

// rows is how far down the lists to choose from reach.
const rows = 10_000

// book is a template being made.
type book struct {
	*excelize.File
	pack  *pack.Pack
	reg   *pack.Register
	year  int
	lang  string
	lists map[string]string // code list → the cells that have its choices
	codes int               // columns of the sheet of codes in use
}

// Write makes the template of a register. Yearly columns are for one year. lang is the language of headers and
// explanations; an importer knows both.
func Write(w io.Writer, p *pack.Pack, reg *pack.Register, year int, lang string) error {
	b := &book{File: excelize.NewFile(), pack: p, reg: reg, year: year, lang: lang, lists: map[string]string{}}
	defer b.Close()
	if err := b.fill(); err != nil {
		return fmt.Errorf("template %s: %w", reg.ID, err)
	}
	_, err := b.WriteTo(w)
	return err
}

// Columns are the attributes that a template asks for: all but the scores that only experts give.
func Columns(reg *pack.Register) (list []*pack.Attribute) {
	for _, a := range reg.Attributes {
		if !a.Expert {
			list = append(list, a)
		}
	}
	return list
}

func (b *book) say(zh, en string) string { return pack.Text{ZH: zh, EN: en}.In(b.lang) }

func (b *book) fill() error {
	data, notes, codes := b.reg.Name.In(b.lang), b.say("填写说明", "Explanations"), b.say("代码表", "Codes")
	if err := b.SetSheetName("Sheet1", data); err != nil {
		return err
	}
	for _, name := range []string{notes, codes} {
		if _, err := b.NewSheet(name); err != nil {
			return err
		}
	}
	if err := b.SetCellValue(codes, "A1", notesHead.In(b.lang)); err != nil {
		return err
	}
	if err := b.data(data, codes); err != nil {
		return err
	}
	return b.notes(notes)
}

// data writes the sheet to fill in.
func (b *book) data(sheet, codes string) error {
	bold, err := b.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}, Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}})
	if err != nil {
		return err
	}
	grey, err := b.NewStyle(&excelize.Style{Font: &excelize.Font{Italic: true, Color: "666666"}})
	if err != nil {
		return err
	}
	if err := b.put(sheet, 1, markHeader.In(b.lang), exampleRow.In(b.lang)); err != nil {
		return err
	}
	columns := Columns(b.reg)
	for i, a := range columns {
		at := i + 2
		header := b.Header(a)
		if a.Required {
			header = "*" + header
		}
		if err := b.put(sheet, at, header, b.example(a)); err != nil {
			return err
		}
		if err := b.column(sheet, codes, at, a, grey); err != nil {
			return err
		}
	}
	last, err := excelize.ColumnNumberToName(len(columns) + 1)
	if err != nil {
		return err
	}
	if err := b.SetCellStyle(sheet, "A1", last+"1", bold); err != nil {
		return err
	}
	if err := b.SetCellStyle(sheet, "A2", "A2", grey); err != nil {
		return err
	}
	if err := b.SetColWidth(sheet, "A", last, 16); err != nil {
		return err
	}
	return b.SetPanes(sheet, &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"})
}

// put writes a header and the example below it.
func (b *book) put(sheet string, column int, header string, example any) error {
	for row, v := range []any{header, example} {
		cell, err := excelize.CoordinatesToCellName(column, row+1)
		if err != nil {
			return err
		}
		if err := b.SetCellValue(sheet, cell, v); err != nil {
			return err
		}
	}
	return nil
}

// Header is the header of an attribute's column, with the year of its figures and the unit of its amounts.
func (b *book) Header(a *pack.Attribute) string {
	h := a.Name.In(b.lang)
	if a.Yearly {
		h = b.say(fmt.Sprintf("%d年%s", b.year, h), fmt.Sprintf("%d %s", b.year, h))
	}
	if a.Kind == pack.Money && a.Unit == "yuan" {
		h += b.say("（万元）", " (万元)")
	}
	return h
}

// example is the example of an attribute as a cell holds it: dates and numbers as such, amounts of yuan in 万元.
func (b *book) example(a *pack.Attribute) any {
	switch a.Kind {
	case pack.Integer, pack.Decimal, pack.Money:
		f, err := figure.Parse(a.Example)
		switch {
		case err != nil || f.Unit == "percent":
			return a.Example
		case a.Kind == pack.Money && a.Unit == "yuan":
			return f.Value / 1e6
		case a.Kind == pack.Money:
			return f.Value / 100
		}
		return f.Value
	case pack.Date:
		if t, err := time.Parse(time.DateOnly, a.Example); err == nil {
			return t
		}
	}
	return a.Example
}

// column gives a column the form of its values and, where there are, a list to choose from.
func (b *book) column(sheet, codes string, at int, a *pack.Attribute, grey int) error {
	letter, err := excelize.ColumnNumberToName(at)
	if err != nil {
		return err
	}
	example := letter + "2"
	style := excelize.Style{NumFmt: 49} // text: long codes must not become numbers
	rule := excelize.NewDataValidation(true)
	rule.SetSqref(fmt.Sprintf("%s3:%s%d", letter, letter, rows))
	checked := true
	switch a.Kind {
	case pack.Date:
		form := "yyyy-mm-dd"
		style = excelize.Style{CustomNumFmt: &form}
		err = rule.SetRange(1, 109575, excelize.DataValidationTypeDate, excelize.DataValidationOperatorBetween) // 1900 to 2199
	case pack.Integer:
		style = excelize.Style{NumFmt: 1}
		err = rule.SetRange(-1e12, 1e12, excelize.DataValidationTypeWhole, excelize.DataValidationOperatorBetween)
	case pack.Decimal, pack.Money:
		style = excelize.Style{}
		err = rule.SetRange(-1e12, 1e12, excelize.DataValidationTypeDecimal, excelize.DataValidationOperatorBetween)
	case pack.Boolean:
		err = rule.SetDropList([]string{"是", "否"})
	case pack.Code:
		if checked = a.Codes != "" && a.ID != b.reg.CodeAttr; checked {
			var choices string
			if choices, err = b.choices(codes, a.Codes); err == nil {
				rule.SetSqrefDropList(choices)
			}
		}
	default:
		checked = false
	}
	if err != nil {
		return err
	}
	if checked {
		// What no list has is kept as it is when imported, so a person may insist on it.
		level := excelize.DataValidationErrorStyleStop
		if a.Kind == pack.Code {
			level = excelize.DataValidationErrorStyleWarning
		}
		rule.SetError(level, a.Name.In(b.lang), b.form(a))
		if err := b.AddDataValidation(sheet, rule); err != nil {
			return err
		}
	}
	id, err := b.NewStyle(&style)
	if err != nil {
		return err
	}
	if err := b.SetColStyle(sheet, letter, id); err != nil {
		return err
	}
	if a.Kind != pack.Date {
		id = grey
	}
	return b.SetCellStyle(sheet, example, example, id)
}
