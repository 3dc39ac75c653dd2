package sheet

import (
	"fmt"
	"strings"
)

// markColour is the colour of the tab of a marked sheet.
const markColour = "FFC0392B"

// frozenMost is how many rows over a table stay in place while it is scrolled. More would leave no room for the table on a
// small screen.
const frozenMost = 12

// measure ends the measuring of a sheet: what stands before its rows is written, and the rows that were held.
func (b *Book) measure() error {
	b.measuring, b.sizing = false, false
	if err := b.write(b.before()); err != nil {
		return err
	}
	rest := b.held
	if b.heldHead >= 0 {
		row := fmt.Sprintf(`<row r="%d"`, b.heads[len(b.heads)-1].row)
		if err := b.write(rest[:b.heldHead]); err != nil {
			return err
		}
		if err := b.write([]byte(row + fmt.Sprintf(` ht="%g" customHeight="1"`, b.headHeight()))); err != nil {
			return err
		}
		rest = rest[b.heldHead+len(row):]
	}
	err := b.write(rest)
	b.held = b.held[:0]
	return err
}

// before is the XML before the rows: how the sheet is shown, and the widths of its columns.
func (b *Book) before() []byte {
	x := []byte(header + `<worksheet xmlns="` + mainSpace + `" xmlns:r="` + relSpace + `"><sheetPr>`)
	if b.mark.Label != "" {
		x = append(x, `<tabColor rgb="`+markColour+`"/>`...)
	}
	x = append(x, `<pageSetUpPr fitToPage="1"/></sheetPr><sheetViews><sheetView workbookViewId="0"`...)
	if len(b.names) == 1 {
		x = append(x, ` tabSelected="1"`...)
	}
	if top := b.heads[len(b.heads)-1].row; top == 0 || top > frozenMost {
		x = append(x, `/></sheetViews>`...)
	} else {
		x = fmt.Appendf(x, `><pane ySplit="%d" topLeftCell="A%d" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>`, top, top+1)
	}
	x = append(x, `<cols>`...)
	for i := range min(len(b.widths), maxColumns) {
		x = fmt.Appendf(x, `<col min="%d" max="%d" width="%g" customWidth="1"/>`, i+1, i+1, b.columnWidth(i))
	}
	return append(x, `</cols><sheetData>`...)
}

// after is the XML behind the rows: the filter of the head, the page on paper, and that codes as text are meant so.
func (b *Book) after() []byte {
	x := []byte(`</sheetData>`)
	h := b.heads[len(b.heads)-1]
	if h.row > 0 {
		x = fmt.Appendf(x, `<autoFilter ref="A%d:%s%d"/>`, h.row, appendColumn(nil, h.columns), max(h.last, h.row))
	}
	x = append(x, `<pageMargins left="0.4" right="0.4" top="0.5" bottom="0.6" header="0.25" footer="0.3"/>`+
		`<pageSetup paperSize="9" orientation="landscape" fitToWidth="1" fitToHeight="0"/>`...)
	x = append(x, `<headerFooter>`...)
	over := ""
	if b.taker != "" {
		over = `&L` + footerText(cut(b.taker, longestTaken))
	}
	if b.mark.Label != "" {
		over += `&R` + footerText(b.mark.Label)
	}
	if over != "" {
		x = append(x, `<oddHeader>`+attribute(over)+`</oddHeader>`...)
	}
	left := b.open.Title
	if left == "" {
		left = b.open.Name
	}
	x = append(x, `<oddFooter>`+attribute(`&L`+footerText(cut(left, 100))+`&R`+b.say("第 &P 页，共 &N 页", "Page &P of &N"))+`</oddFooter></headerFooter>`...)
	if h.last > h.row {
		x = fmt.Appendf(x, `<ignoredErrors><ignoredError sqref="A%d:%s%d" numberStoredAsText="1"/></ignoredErrors>`, h.row+1, appendColumn(nil, max(len(b.widths), 1)), h.last)
	}
	if len(b.notes) > 0 {
		x = append(x, `<legacyDrawing r:id="rId1"/>`...)
	}
	return append(x, `</worksheet>`...)
}

// longestTaken is how long the text over each page is at most, in units of UTF-16; a spreadsheet takes 255 for the whole line.
const longestTaken = 160

// footerText writes a text as the head or foot of a printed page.
func footerText(s string) string {
	return strings.ReplaceAll(strings.Map(func(r rune) rune {
		if r < ' ' || !legal(r) {
			return ' '
		}
		return r
	}, s), "&", "&&")
}
