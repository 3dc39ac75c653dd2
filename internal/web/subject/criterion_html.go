package subject

import (
	"strconv"

	"eyas/internal/web/markup"
	"eyas/internal/web/origin"
)

// criteria are the bodies of the table of a recognition's criteria: one each, a row for each attribute that it reads.
func criteria(p *markup.Pieces, rows []criterionRow) {
	for i := range rows {
		c := &rows[i]
		p.Raw(`<tbody class="criterion">`)
		span := ` rowspan="` + strconv.Itoa(max(1, len(c.Inputs))) + `"`
		for n := range max(1, len(c.Inputs)) {
			p.Raw(`<tr>`)
			if n == 0 {
				criterionHead(p, c, span)
			}
			if len(c.Inputs) == 0 {
				p.Raw(`<td class="blank">—</td><td></td>`)
			} else {
				input(p, &c.Inputs[n])
			}
			if n == 0 {
				criterionTail(p, c, span)
			}
			p.Raw("</tr>\n")
		}
		p.Raw("</tbody>\n")
	}
}

func criterionHead(p *markup.Pieces, c *criterionRow, span string) {
	p.Raw(`<th scope="rowgroup"`, span, `>`)
	p.Text(c.Name.In(p.Catalog.Lang))
	for _, n := range c.Numbers {
		p.Raw(` <span class="figure">`)
		p.Text(n)
		p.Raw(`</span>`)
	}
	p.Raw(` `)
	p.Status(c.Status)
	if note := c.Note.In(p.Catalog.Lang); note != "" {
		p.Raw(`<span class="note remark">`)
		p.Text(note)
		p.Raw(`</span>`)
	}
	p.Raw(`</th><td class="article"`, span, `>`)
	p.Text(c.Article)
	p.Raw(`</td>`)
}

func criterionTail(p *markup.Pieces, c *criterionRow, span string) {
	p.Raw(`<td`, span, `>`)
	p.Verdict(string(c.State), "verdict."+string(c.State))
	for _, r := range c.Rates {
		p.Raw(`<span class="note num rate">`)
		p.Text(r)
		p.Raw(`</span>`)
	}
	p.Raw(`</td><td`, span, ` class="gap">`)
	for _, g := range c.Gaps {
		p.Raw(`<span class="gap-one">`)
		if g.Change != "" {
			p.Raw(`<strong>`)
			p.Text(g.Change)
			p.Raw(`</strong> `)
		}
		p.Raw(`<span class="note">`)
		p.Text(g.Detail)
		p.Raw(`</span></span>`)
	}
	if len(c.Missing) > 0 {
		p.Raw(`<span class="note">`)
		p.Say("enterprise.lacks")
		p.Raw(` `)
		for i, m := range c.Missing {
			if i > 0 {
				p.Say("frame.and")
			}
			p.Text(m)
		}
		p.Raw(`</span>`)
	}
	p.Raw(`</td>`)
}

// input is what a criterion reads of one attribute, and where that came from.
func input(p *markup.Pieces, in *inputGroup) {
	p.Raw(`<td>`)
	p.Text(in.Name)
	p.Raw(` `)
	if in.Unit != "" {
		p.Raw(`<span class="unit">`)
		p.Text(in.Unit)
		p.Raw(`</span> `)
	}
	for i := range in.Values {
		v := &in.Values[i]
		p.Raw(`<span class="value">`)
		if v.Known {
			p.Raw(`<strong class="num">`)
			p.Text(v.Value)
			p.Raw(`</strong>`)
		} else {
			p.Verdict("unknown", "enterprise.blank")
		}
		if v.Year != "" {
			p.Raw(` <span class="note">`)
			p.Text(v.Year)
			p.Raw(`</span>`)
		}
		if v.Assumed {
			p.Raw(` <span class="assumed">`)
			p.Say("enterprise.assumedNo")
			p.Raw(`</span>`)
		}
		p.Raw(`</span> `)
	}
	p.Raw(`</td><td class="from">`)
	for i := range in.Values {
		v := &in.Values[i]
		switch s := &v.Source; {
		case s.URL == "":
		case v.Same:
			p.Raw(` `)
			p.Link(s.URL)
			p.Raw(` title="`)
			for _, part := range []string{s.File, " ", s.When, " ", s.Who} {
				p.Text(part)
			}
			p.Raw(`">`)
			p.Text(s.Cell)
			p.Raw(`</a>`)
		default:
			origin.Put(p, *s)
		}
	}
	p.Raw(`</td>`)
}
