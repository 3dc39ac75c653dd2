package sheet

import (
	"fmt"
	"strconv"
	"strings"
)

// mostNotes is how many cells of a sheet have a comment at most. Spreadsheets become slow with more; the cells after them are
// coloured only.
const mostNotes = 5000

// note is a comment on a cell of the open sheet.
type note struct {
	row, col int // from 1
	text     string
}

// doubt appends a coloured cell and keeps its comment.
func (b *Book) doubt(d Doubt) error {
	if d.Note != "" && len(b.notes) < mostNotes {
		b.notes = append(b.notes, note{b.at, b.col, cut(d.Note, maxText)})
	}
	if d.Text == "" {
		b.row = append(b.row, `<c r="`...)
		b.row = appendColumn(b.row, b.col)
		b.row = strconv.AppendInt(b.row, int64(b.at), 10)
		b.row = append(b.row, `" s="`...)
		b.row = strconv.AppendInt(b.row, styleDoubt, 10)
		b.row = append(b.row, `"/>`...)
		return nil
	}
	return b.text(d.Text, styleDoubt)
}

// endNotes writes the comments of the sheet that has just ended: their texts, the boxes that they are shown in, and what ties
// both to the sheet.
func (b *Book) endNotes() error {
	if len(b.notes) == 0 {
		return nil
	}
	n := len(b.names)
	b.noted = append(b.noted, n)
	notes := b.notes
	b.notes = nil
	const rels = header + `<Relationships xmlns="` + relsSpace + `">` +
		`<Relationship Id="rId1" Type="` + relSpace + `/vmlDrawing" Target="../drawings/vmlDrawing%d.vml"/>` +
		`<Relationship Id="rId2" Type="` + relSpace + `/comments" Target="../comments%d.xml"/></Relationships>`
	for _, p := range []part{
		{fmt.Sprintf("xl/worksheets/_rels/sheet%d.xml.rels", n), fmt.Sprintf(rels, n, n)},
		{fmt.Sprintf("xl/comments%d.xml", n), b.comments(notes)},
		{fmt.Sprintf("xl/drawings/vmlDrawing%d.vml", n), b.boxes(notes)},
	} {
		w, err := b.create(p.name)
		if err != nil {
			return err
		}
		if _, err := w.Write([]byte(p.text)); err != nil {
			return err
		}
	}
	return nil
}

// comments gives the texts of comments.
func (b *Book) comments(notes []note) string {
	x := []byte(header + `<comments xmlns="` + mainSpace + `"><authors><author>` + b.say("雏鹰", "Eyas") + `</author></authors><commentList>`)
	for _, c := range notes {
		x = append(x, `<comment ref="`...)
		x = appendColumn(x, c.col)
		x = strconv.AppendInt(x, int64(c.row), 10)
		x = append(x, `" authorId="0"><text><r><rPr><sz val="10"/></rPr><t xml:space="preserve">`...)
		x = appendEscaped(x, c.text)
		x = append(x, `</t></r></text></comment>`...)
	}
	return string(append(x, `</commentList></comments>`...))
}

// boxesOf is how many boxes one block of numbers has.
const boxesOf = 1024

// boxes gives the boxes that comments are shown in, hidden until somebody points at their cell. Their numbers are unique in the
// book.
func (b *Book) boxes(notes []note) string {
	first := b.shapes + 1
	blocks := 1 + len(notes)/boxesOf
	b.shapes += blocks
	var ids []string
	for i := range blocks {
		ids = append(ids, strconv.Itoa(first+i))
	}
	var x strings.Builder
	x.WriteString(`<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:x="urn:schemas-microsoft-com:office:excel">` +
		`<o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="` + strings.Join(ids, ",") + `"/></o:shapelayout>` +
		`<v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe"><v:stroke joinstyle="miter"/>` +
		`<v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>`)
	for i, c := range notes {
		lines := 2 + shownWidth(c.text)/36
		fmt.Fprintf(&x, `<v:shape id="_x0000_s%d" type="#_x0000_t202" style="position:absolute;width:260pt;height:%dpt;z-index:%d;visibility:hidden" fillcolor="#ffffe1" o:insetmode="auto">`+
			`<v:fill color2="#ffffe1"/><v:shadow on="t" color="black" obscured="t"/><v:path o:connecttype="none"/>`+
			`<v:textbox style="mso-direction-alt:auto"><div style="text-align:left"></div></v:textbox>`+
			`<x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/><x:Anchor>%d, 15, %d, 2, %d, 15, %d, 4</x:Anchor><x:AutoFill>False</x:AutoFill>`+
			`<x:Row>%d</x:Row><x:Column>%d</x:Column></x:ClientData></v:shape>`,
			first*boxesOf+i+1, 14*lines, i+1, c.col, max(c.row-2, 0), c.col+4, max(c.row-2, 0)+lines, c.row-1, c.col-1)
	}
	x.WriteString(`</xml>`)
	return x.String()
}
