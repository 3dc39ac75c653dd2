package sheet

import (
	"strconv"
	"strings"
)

// Numbers of the styles in styles.xml. Numbers with so many digits after the point follow styleNumber, shares stylePercent.
const (
	styleNone = iota
	styleHead
	styleDate
	styleMinute
	styleTitle
	styleNote
	styleText
	styleDoubt
	styleNumber
	stylePercent = styleNumber + mostDecimals + 1
	styleCount   = stylePercent + mostDecimals + 1
)

// mostDecimals is how many digits after the point a number is shown with: an amount in 亿元 to the fen has ten.
const mostDecimals = 10

// Formats of numbers that workbooks do not know by number.
const (
	formatDate   = 164
	formatMinute = 165
	formatNumber = 166 // with so many digits, from 0 on
	formatShare  = formatNumber + mostDecimals + 1
)

// decimals is the part of a number's format behind its whole digits.
func decimals(n int) string {
	if n == 0 {
		return ""
	}
	return "." + strings.Repeat("0", n)
}

// styles gives styles.xml.
func styles() string {
	var formats, cells strings.Builder
	count := 0
	format := func(id int, code string) {
		count++
		formats.WriteString(`<numFmt numFmtId="` + strconv.Itoa(id) + `" formatCode="` + code + `"/>`)
	}
	cell := func(format, font, fill, border int, alignment string) {
		cells.WriteString(`<xf numFmtId="` + strconv.Itoa(format) + `" fontId="` + strconv.Itoa(font) + `" fillId="` + strconv.Itoa(fill) +
			`" borderId="` + strconv.Itoa(border) + `" xfId="0" applyNumberFormat="1" applyFont="1" applyFill="1" applyBorder="1"`)
		if alignment == "" {
			cells.WriteString(`/>`)
			return
		}
		cells.WriteString(` applyAlignment="1"><alignment ` + alignment + `/></xf>`)
	}
	format(formatDate, `yyyy\-mm\-dd`)
	format(formatMinute, `yyyy\-mm\-dd\ hh:mm`)
	cell(0, 0, 0, 0, "")                                                 // styleNone
	cell(0, 1, 2, 1, `horizontal="left" vertical="center" wrapText="1"`) // styleHead
	cell(formatDate, 0, 0, 0, `horizontal="left"`)                       // styleDate
	cell(formatMinute, 0, 0, 0, `horizontal="left"`)                     // styleMinute
	cell(0, 2, 0, 0, "")                                                 // styleTitle
	cell(0, 3, 0, 0, "")                                                 // styleNote
	cell(49, 0, 0, 0, "")                                                // styleText: a code that is edited stays text
	cell(49, 0, 3, 2, "")                                                // styleDoubt
	for n := range mostDecimals + 1 {
		format(formatNumber+n, `#,##0`+decimals(n))
		cell(formatNumber+n, 0, 0, 0, "")
	}
	for n := range mostDecimals + 1 {
		format(formatShare+n, `0`+decimals(n)+`%`)
		cell(formatShare+n, 0, 0, 0, "")
	}
	const font = `<name val="等线"/><family val="2"/>`
	return header + `<styleSheet xmlns="` + mainSpace + `">` +
		`<numFmts count="` + strconv.Itoa(count) + `">` + formats.String() + `</numFmts>` +
		`<fonts count="4"><font><sz val="11"/>` + font + `</font><font><b/><sz val="11"/>` + font + `</font>` +
		`<font><b/><sz val="14"/>` + font + `</font><font><sz val="10"/><color rgb="FF595959"/>` + font + `</font></fonts>` +
		`<fills count="4"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>` +
		`<fill><patternFill patternType="solid"><fgColor rgb="FFEDEFF2"/><bgColor indexed="64"/></patternFill></fill>` +
		`<fill><patternFill patternType="solid"><fgColor rgb="FFFFD9D2"/><bgColor indexed="64"/></patternFill></fill></fills>` +
		`<borders count="3"><border><left/><right/><top/><bottom/><diagonal/></border>` +
		`<border><left/><right/><top/><bottom style="thin"><color rgb="FF8C8C8C"/></bottom><diagonal/></border>` +
		`<border><left style="thin"><color rgb="FFB3261E"/></left><right style="thin"><color rgb="FFB3261E"/></right>` +
		`<top style="thin"><color rgb="FFB3261E"/></top><bottom style="thin"><color rgb="FFB3261E"/></bottom><diagonal/></border></borders>` +
		`<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>` +
		`<cellXfs count="` + strconv.Itoa(styleCount) + `">` + cells.String() + `</cellXfs>` +
		`<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>`
}
