package sheet

import (
	"fmt"
	"strings"
	"time"
)

const (
	header     = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	mainSpace  = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
	relSpace   = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	relsSpace  = "http://schemas.openxmlformats.org/package/2006/relationships"
	typeBase   = "application/vnd.openxmlformats-officedocument.spreadsheetml."
	typesSpace = "http://schemas.openxmlformats.org/package/2006/content-types"
	coreType   = "application/vnd.openxmlformats-package.core-properties+xml"
	coreRel    = "http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties"
	coreSpace  = "http://schemas.openxmlformats.org/package/2006/metadata/core-properties"
	customType = "application/vnd.openxmlformats-officedocument.custom-properties+xml"
	propSpace  = "http://schemas.openxmlformats.org/officeDocument/2006/custom-properties"
	typesOfOle = "http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes"
)

// ContentType is the media type of a workbook.
const ContentType = typeBase + "sheet"

// part is a file of the workbook besides its sheets.
type part struct{ name, text string }

// parts are what names the sheets; they follow them, for only then their number is known.
func (b *Book) parts() []part {
	var sheets, rels, types, names strings.Builder
	var drawings string
	for i, name := range b.names {
		n := i + 1
		fmt.Fprintf(&sheets, `<sheet name="%s" sheetId="%d" r:id="rId%d"/>`, attribute(name), n, n)
		fmt.Fprintf(&rels, `<Relationship Id="rId%d" Type="%s/worksheet" Target="worksheets/sheet%d.xml"/>`, n, relSpace, n)
		fmt.Fprintf(&types, `<Override PartName="/xl/worksheets/sheet%d.xml" ContentType="%sworksheet+xml"/>`, n, typeBase)
		if h := b.heads[i]; h.row > 0 {
			fmt.Fprintf(&names, `<definedName name="_xlnm.Print_Titles" localSheetId="%d">%s!$%d:$%d</definedName>`, i, attribute("'"+name+"'"), h.row, h.row)
		}
	}
	// Names must be in the order of the names; a filter has one of its own, hidden.
	var filters strings.Builder
	for i, name := range b.names {
		if h := b.heads[i]; h.row > 0 && h.last >= h.row {
			fmt.Fprintf(&filters, `<definedName name="_xlnm._FilterDatabase" localSheetId="%d" hidden="1">%s!$A$%d:$%s$%d</definedName>`,
				i, attribute("'"+name+"'"), h.row, appendColumn(nil, h.columns), h.last)
		}
	}
	for _, n := range b.noted {
		fmt.Fprintf(&types, `<Override PartName="/xl/comments%d.xml" ContentType="%scomments+xml"/>`, n, typeBase)
	}
	if len(b.noted) > 0 {
		drawings = `<Default Extension="vml" ContentType="` + typeBase + `vmlDrawing"/>`
	}
	defined := filters.String() + names.String()
	if defined != "" {
		defined = `<definedNames>` + defined + `</definedNames>`
	}
	style := len(b.names) + 1
	list := []part{
		{"xl/styles.xml", styles()},
		{"xl/workbook.xml", header + `<workbook xmlns="` + mainSpace + `" xmlns:r="` + relSpace + `"><sheets>` + sheets.String() + `</sheets>` + defined + `</workbook>`},
		{"xl/_rels/workbook.xml.rels", header + `<Relationships xmlns="` + relsSpace + `">` + rels.String() +
			fmt.Sprintf(`<Relationship Id="rId%d" Type="%s/styles" Target="styles.xml"/></Relationships>`, style, relSpace)},
		{"docProps/core.xml", b.core()},
	}
	root := `<Relationship Id="rId1" Type="` + relSpace + `/officeDocument" Target="xl/workbook.xml"/>` +
		`<Relationship Id="rId2" Type="` + coreRel + `" Target="docProps/core.xml"/>`
	custom := ""
	if b.mark.Label != "" {
		list = append(list, part{"docProps/custom.xml", b.custom()})
		root += `<Relationship Id="rId3" Type="` + relSpace + `/custom-properties" Target="docProps/custom.xml"/>`
		custom = `<Override PartName="/docProps/custom.xml" ContentType="` + customType + `"/>`
	}
	return append(list,
		part{"_rels/.rels", header + `<Relationships xmlns="` + relsSpace + `">` + root + `</Relationships>`},
		part{"[Content_Types].xml", header + `<Types xmlns="` + typesSpace + `">` +
			`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>` + drawings +
			`<Override PartName="/xl/workbook.xml" ContentType="` + typeBase + `sheet.main+xml"/>` + types.String() +
			`<Override PartName="/xl/styles.xml" ContentType="` + typeBase + `styles+xml"/>` +
			`<Override PartName="/docProps/core.xml" ContentType="` + coreType + `"/>` + custom + `</Types>`})
}

// core gives the properties that every document has: its title, who made it and when, its language.
func (b *Book) core() string {
	var x strings.Builder
	x.WriteString(header + `<cp:coreProperties xmlns:cp="` + coreSpace + `" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/"` +
		` xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">`)
	x.WriteString(`<dc:title>` + string(appendEscaped(nil, b.title)) + `</dc:title><dc:creator>` + b.say("雏鹰", "Eyas") + `</dc:creator>`)
	if b.mark.Label != "" {
		x.WriteString(`<cp:keywords>` + string(appendEscaped(nil, b.mark.Label)) + `</cp:keywords>`)
	}
	if !b.made.IsZero() {
		x.WriteString(`<dcterms:created xsi:type="dcterms:W3CDTF">` + b.made.UTC().Format(time.RFC3339) + `</dcterms:created>`)
	}
	x.WriteString(`<dc:language>` + attribute(b.lang) + `</dc:language></cp:coreProperties>`)
	return x.String()
}

// custom gives the property by which a program, too, can tell a book of generated data: Synthetic is true.
func (b *Book) custom() string {
	return header + `<Properties xmlns="` + propSpace + `" xmlns:vt="` + typesOfOle + `">` +
		`<property fmtid="{D5CDD505-2E9C-101B-9397-08002B2CF9AE}" pid="2" name="Synthetic"><vt:bool>true</vt:bool></property>` +
		`<property fmtid="{D5CDD505-2E9C-101B-9397-08002B2CF9AE}" pid="3" name="Mark"><vt:lpwstr>` + string(appendEscaped(nil, b.mark.Label)) + `</vt:lpwstr></property></Properties>`
}

// attribute escapes a text for an attribute of XML.
func attribute(s string) string {
	return strings.NewReplacer(`&`, "&amp;", `<`, "&lt;", `>`, "&gt;", `"`, "&quot;").Replace(s)
}
