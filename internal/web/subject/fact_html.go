package subject

import (
	"eyas/internal/web/markup"
	"eyas/internal/web/origin"
	"eyas/internal/web/standing"
)

// putFacts writes the rows of a table of values that do not change by year.
func putFacts(p *markup.Pieces, rows []factRow) {
	for i := range rows {
		r := &rows[i]
		p.Raw(`<tr><th scope="row">`)
		p.Text(r.Name)
		p.Raw(`</th><td>`)
		putValue(p, r.Value, r.Unit)
		if r.Losers > 0 {
			p.Raw(` <a class="differs" href="#conflicts">`)
			p.Say("enterprise.differs", "n", r.Losers)
			p.Raw(`</a>`)
		}
		standing.PutDoubt(p, r.Doubt, false)
		if r.Correct != "" {
			p.Raw(` `)
			p.Link(r.Correct)
			p.Raw(` class="mend">`)
			p.Say("identity.correct")
			p.Raw(`<span class="visually-hidden"> `)
			p.Text(r.Name)
			p.Raw(`</span></a>`)
		}
		p.Raw(`</td><td>`)
		origin.Put(p, r.Source)
		p.Raw(`</td>`)
		putWhenWho(p, &r.Source)
		p.Raw("</tr>\n")
	}
}

// putValue writes a value with its unit.
func putValue(p *markup.Pieces, value, unit string) {
	p.Text(value)
	if unit != "" {
		p.Raw(` <span class="unit">`)
		p.Text(unit)
		p.Raw(`</span>`)
	}
}

// putWhenWho writes the cell that says when a value came and by whom.
func putWhenWho(p *markup.Pieces, s *origin.Source) {
	p.Raw(`<td class="note">`)
	p.Text(s.When)
	p.Raw(` `)
	p.Text(s.Who)
	p.Raw(`</td>`)
}

// putYearly writes the rows of the table of values by year.
func putYearly(p *markup.Pieces, rows []yearlyRow) {
	for i := range rows {
		r := &rows[i]
		p.Raw(`<tr><th scope="row">`)
		p.Text(r.Name)
		p.Raw(`</th><td class="unit">`)
		p.Text(r.Unit)
		p.Raw(`</td>`)
		for n := range r.Cells {
			putYearlyCell(p, &r.Cells[n])
		}
		p.Raw("</tr>\n")
	}
}

func putYearlyCell(p *markup.Pieces, c *yearlyCell) {
	p.Raw(`<td class="n">`)
	switch {
	case c.Value == "":
		p.Raw(`<span class="blank">—</span>`)
	case c.Source.URL == "":
		p.Text(c.Value)
	default:
		p.Link(c.Source.URL)
		p.Raw(` title="`)
		p.Text(c.Source.File)
		p.Raw(` · `)
		p.Text(c.Source.Cell)
		p.Raw(` `)
		p.Text(c.Source.When)
		p.Raw(`">`)
		p.Text(c.Value)
		p.Raw(`</a>`)
	}
	if c.Value != "" && c.Losers > 0 {
		p.Raw(`<a class="differs" href="#conflicts" title="`)
		p.Say("enterprise.differs", "n", c.Losers)
		p.Raw(`">≠</a>`)
	}
	standing.PutDoubt(p, c.Doubt, true)
	if c.Correct != "" {
		p.Link(c.Correct)
		p.Raw(` class="mend" title="`)
		p.Say("identity.correct")
		p.Raw(`"><span aria-hidden="true">✎</span><span class="visually-hidden">`)
		p.Say("identity.correct")
		p.Raw(` `)
		p.Text(c.Name)
		p.Raw(`</span></a>`)
	}
	p.Raw(`</td>`)
}

// putOrigins writes the rows of the table that says where every value is from.
func putOrigins(p *markup.Pieces, rows []originRow) {
	for i := range rows {
		r := &rows[i]
		p.Raw(`<tr id="`)
		p.Text(r.ID)
		p.Raw(`"><th scope="row">`)
		p.Text(r.Name)
		p.Raw(`</th><td>`)
		putValue(p, r.Value, r.Unit)
		standing.PutDoubt(p, r.Doubt, false)
		if len(r.Losers) > 0 {
			putLosers(p, r.Losers)
		}
		p.Raw(`</td><td>`)
		putOrigin(p, &r.Source)
		p.Raw(`</td>`)
		putWhenWho(p, &r.Source)
		p.Raw(`<td class="act">`)
		if r.Correct != "" {
			p.Link(r.Correct)
			p.Raw(`>`)
			p.Say("identity.correct")
			p.Raw(`<span class="visually-hidden"> `)
			p.Text(r.Name)
			p.Raw(`</span></a>`)
		}
		p.Raw("</td></tr>\n")
	}
}

// putLosers writes the values that another one won against.
func putLosers(p *markup.Pieces, list []losingRow) {
	p.Raw("\n" + `<details class="losers"><summary>`)
	p.Say("identity.losers", "n", len(list))
	p.Raw(`</summary><ul>`)
	for i := range list {
		l := &list[i]
		p.Raw(`<li><span class="lost">`)
		p.Text(l.Value)
		p.Raw(`</span> `)
		putOrigin(p, &l.Source)
		p.Raw(` <span class="note">`)
		p.Text(l.Why)
		p.Raw(`</span></li>`)
	}
	p.Raw(`</ul></details>`)
}

// putOrigin writes a source in full.
func putOrigin(p *markup.Pieces, s *origin.Source) {
	origin.Put(p, *s)
	if s.Name == "" && s.AsOf == "" && s.Reason == "" {
		return
	}
	p.Raw(`<span class="note origin">`)
	p.Text(s.Name)
	if s.AsOf != "" {
		if s.Name != "" {
			p.Raw(` · `)
		}
		p.Say("identity.asOfDay", "date", s.AsOf)
	}
	if s.Reason != "" {
		p.Raw(` `)
		p.Say("identity.because", "reason", s.Reason)
	}
	p.Raw(`</span>`)
}
