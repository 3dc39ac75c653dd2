package grid

import (
	"html/template"

	"eyas/internal/web/markup"
)

// Body writes the rows of a list. A page has several hundred cells, and a template calls functions and looks up fields by
// reflection for each.
type Body struct{ view *View }

// Body is what the template "grid" puts between the head of the table and its foot.
func (v *View) Body() Body { return Body{v} }

// Put writes the rows, or the sentence that there is none.
func (b Body) Put(p *markup.Pieces) {
	for i := range b.view.Rows {
		b.row(p, &b.view.Rows[i])
	}
	if len(b.view.Rows) == 0 {
		p.Raw(`<tr class="none"><td colspan="99">`)
		p.Text(b.view.None)
		p.Raw("</td></tr>\n")
	}
}

func (b Body) row(p *markup.Pieces, row *LineOf) {
	switch {
	case row.Muted:
		p.Raw(`<tr class="undone">`)
	case row.Here:
		p.Raw(`<tr class="at">`)
	default:
		p.Raw(`<tr>`)
	}
	if form := b.view.Form; form != nil {
		p.Raw(`<td class="pick">`)
		putField(p, form.ID, "checkbox", form.Name, row.Pick.Value)
		p.Raw(` aria-label="`)
		p.Say("grid.pickRow", "name", row.Pick.Label)
		p.Raw(`">`)
		for _, f := range row.Pick.Aside {
			putField(p, form.ID, "hidden", f.Name, f.Value)
			p.Raw(`>`)
		}
		p.Raw(`</td>`)
	}
	p.Raw(`<th scope="row">`)
	if row.URL != "" {
		p.Link(row.URL)
		if row.Here {
			p.Raw(` aria-current="true"`)
		}
		p.Raw(`>`)
	}
	putWords(p, row.HTML, row.Name)
	if row.URL != "" {
		p.Raw(`</a>`)
	}
	p.Raw("</th>\n")
	for i := range row.Cells {
		putCell(p, &row.Cells[i])
	}
	p.Raw(`<td class="act">`)
	if row.URL != "" {
		p.Raw(`<a class="button" href="`)
		p.Text(row.URL)
		p.Raw(`">`)
		p.Say("grid.open")
		p.Raw(`</a>`)
	}
	p.Raw("</td>\n</tr>\n")
}

// putField begins an input that belongs to a form.
func putField(p *markup.Pieces, form, kind, name, value string) {
	p.Raw(`<input form="`)
	p.Text(form)
	p.Raw(`" type="`, kind, `" name="`)
	p.Text(name)
	p.Raw(`" value="`)
	p.Text(value)
	p.Raw(`"`)
}

// putWords writes what a room has written as a page already, or a text.
func putWords(p *markup.Pieces, html template.HTML, text string) {
	if html != "" {
		p.Raw(string(html))
		return
	}
	p.Text(text)
}

func putCell(p *markup.Pieces, c *Shown) {
	switch {
	case c.Number && c.Fact:
		p.Raw(`<td class="n fact"`)
	case c.Number:
		p.Raw(`<td class="n"`)
	case c.Fact:
		p.Raw(`<td class="fact"`)
	default:
		p.Raw(`<td`)
	}
	p.Raw(` data-label="`)
	p.Text(c.Head)
	p.Raw(`">`)
	switch {
	case c.State != "":
		p.Verdict(c.State, "verdict."+c.State)
	case c.Cell.Blank():
		p.Raw(`<span class="blank" title="`)
		p.Say("grid.blank.title")
		p.Raw(`">—</span>`)
	case c.URL != "" && c.HTML == "":
		p.Link(c.URL)
		p.Raw(`>`)
		p.Text(c.Text)
		p.Raw(`</a>`)
	default:
		putWords(p, c.HTML, c.Text)
	}
	p.Raw("</td>\n")
}
