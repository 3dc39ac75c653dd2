package standing

import (
	"strconv"

	"eyas/internal/web/markup"
	"eyas/internal/web/origin"
)

// PutCriteria writes the bodies of the table of a recognition's criteria: one each, a row for each attribute that it reads.
func PutCriteria(p *markup.Pieces, rows []Criterion) {
	for i := range rows {
		c := &rows[i]
		p.Raw(`<tbody class="criterion">`)
		rows := max(1, len(c.Inputs))
		if len(c.Inputs) > mostInputs {
			rows = 1
		}
		span := ` rowspan="` + strconv.Itoa(rows) + `"`
		for n := range rows {
			p.Raw(`<tr>`)
			if n == 0 {
				criterionHead(p, c, span)
			}
			switch {
			case len(c.Inputs) == 0:
				p.Raw(`<td class="blank">—</td><td></td>`)
			case len(c.Inputs) > mostInputs:
				manyInputs(p, c.Inputs)
			default:
				input(p, &c.Inputs[n])
			}
			if n == 0 {
				p.Raw(`<td class="article"`, span, `>`)
				p.Text(c.Article)
				p.Raw(`</td>`)
			}
			p.Raw("</tr>\n")
		}
		p.Raw("</tbody>\n")
	}
}

// mostInputs is how many attributes of a criterion are shown at once; more are folded.
const mostInputs = 4

// manyInputs writes what a criterion reads of many attributes, as of a score, folded: what is doubted stays in sight.
func manyInputs(p *markup.Pieces, list []inputGroup) {
	blank := 0
	for i := range list {
		for n := range list[i].Values {
			if !list[i].Values[n].Known {
				blank++
			}
		}
	}
	p.Raw(`<td class="inputs" colspan="2"><details class="fold"><summary>`)
	p.Say("enterprise.manyInputs", "n", len(list), "blank", blank)
	p.Raw(`</summary><ul class="many">`)
	for i := range list {
		p.Raw(`<li>`)
		values(p, &list[i])
		p.Raw(` `)
		from(p, &list[i])
		p.Raw(`</li>`)
	}
	p.Raw(`</ul></details>`)
	for i := range list {
		for n := range list[i].Values {
			if v := &list[i].Values[n]; v.Doubt != nil {
				p.Raw(`<span class="value">`)
				p.Text(v.Doubt.Name)
				PutDoubt(p, v.Doubt, false)
				p.Raw(`</span>`)
			}
		}
	}
	p.Raw(`</td>`)
}

// figures writes figures of a rule; their internal names are there for who points at them or has them read out.
func figures(p *markup.Pieces, list []figureOf) {
	for _, n := range list {
		p.Raw(` <span class="figure" title="`)
		p.Text(n.Name)
		p.Raw(`">`)
		p.Text(n.Text)
		p.Raw(`</span>`)
	}
}

// criterionHead writes what a criterion is, its verdict, and what is short.
func criterionHead(p *markup.Pieces, c *Criterion, span string) {
	p.Raw(`<th scope="rowgroup"`, span, `>`)
	p.Text(c.Name.In(p.Catalog.Lang))
	figures(p, c.Numbers)
	p.Raw(` `)
	p.Status(c.Status)
	if note := c.Note.In(p.Catalog.Lang); note != "" || c.Others != nil {
		p.Raw(`<details class="remark"><summary>`)
		p.Say("enterprise.note")
		p.Raw(`</summary><span class="note">`)
		p.Text(note)
		figures(p, c.Others)
		p.Raw(`</span></details>`)
	}
	p.Raw(`</th><td`, span, `>`)
	p.Verdict(string(c.State), "verdict."+string(c.State))
	for _, r := range c.Rates {
		p.Raw(`<span class="note num rate">`)
		p.Text(r)
		p.Raw(`</span>`)
	}
	p.Raw(`</td><td`, span, ` class="gap">`)
	for i := range c.Gaps {
		p.Raw(`<span class="gap-one">`)
		gap(p, &c.Gaps[i])
		p.Raw(`</span>`)
	}
	for _, ways := range c.Choices {
		p.Raw(`<span class="gap-one">`)
		p.Say("enterprise.anyOf")
		p.Raw(`</span><ol class="ways">`)
		for n, way := range ways {
			p.Raw(`<li><span class="way" aria-hidden="true">`, Circled(n+1), `</span> `)
			for i := range way {
				if i > 0 {
					p.Raw(` `)
					p.Say("enterprise.andAlso")
					p.Raw(` `)
				}
				gap(p, &way[i])
			}
			p.Raw(`</li>`)
		}
		p.Raw(`</ol>`)
	}
	if len(c.Missing) > 0 {
		p.Raw(`<span class="note">`)
		if c.AnyOf {
			p.Say("enterprise.lacksAny")
		} else {
			p.Say("enterprise.lacks")
		}
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

// Circled is the sign of an alternative: ①.
func Circled(n int) string {
	if n <= 20 {
		return string(rune('①' + n - 1))
	}
	return strconv.Itoa(n) + "."
}

func gap(p *markup.Pieces, g *gapView) {
	if g.Change != "" {
		p.Raw(`<strong>`)
		p.Text(g.Change)
		p.Raw(`</strong>`)
	}
	if g.Change != "" && g.Detail != "" {
		p.Raw(` `)
	}
	if g.Detail != "" {
		p.Raw(`<span class="note">`)
		p.Text(g.Detail)
		p.Raw(`</span>`)
	}
}

// input is what a criterion reads of one attribute, and where that came from: each value with its year before it and its unit
// behind it.
func input(p *markup.Pieces, in *inputGroup) {
	p.Raw(`<td class="inputs">`)
	values(p, in)
	p.Raw(`</td><td class="from">`)
	from(p, in)
	p.Raw(`</td>`)
}

// values writes the values of one attribute.
func values(p *markup.Pieces, in *inputGroup) {
	p.Raw(`<span class="of">`)
	p.Text(in.Name)
	p.Raw(`</span> `)
	for i := range in.Values {
		v := &in.Values[i]
		p.Raw(`<span class="value">`)
		if v.Year != "" {
			p.Raw(`<span class="note year">`)
			p.Text(v.Year)
			p.Raw(`</span> `)
		}
		if v.Known {
			p.Raw(`<strong class="num">`)
			p.Text(v.Value)
			p.Raw(`</strong>`)
			if v.Unit != "" {
				p.Raw(` <span class="unit">`)
				p.Text(v.Unit)
				p.Raw(`</span>`)
			}
		} else {
			p.Verdict("unknown", "enterprise.blank")
		}
		if v.Assumed {
			p.Raw(` <span class="assumed">`)
			p.Say("enterprise.assumedNo")
			p.Raw(`</span>`)
		}
		PutDoubt(p, v.Doubt, false)
		p.Raw(`</span> `)
	}
}

// from writes where the values of one attribute came from.
func from(p *markup.Pieces, in *inputGroup) {
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
}

// PutScore writes the rows of the table of a score.
func PutScore(p *markup.Pieces, rows []Item) {
	for i := range rows {
		r := &rows[i]
		p.Raw(`<tr><th scope="row" class="depth-`, strconv.Itoa(r.Depth), `">`)
		p.Text(r.Name.In(p.Catalog.Lang))
		p.Raw(`</th><td class="n">`)
		if r.Value != "" {
			p.Text(r.Value)
		} else {
			p.Raw(`<span class="blank">—</span>`)
		}
		p.Raw(`</td><td class="n"><strong>`)
		p.Text(r.Points)
		p.Raw(`</strong></td><td>`)
		p.Text(r.Next)
		if r.Expert {
			p.Raw(` `)
			p.Verdict("pending", "enterprise.expert")
		}
		if r.Finding != "" {
			p.Raw(` <span class="verdict verdict-near">`)
			p.Text(r.Finding)
			p.Raw(`</span>`)
		}
		p.Raw(`</td><td class="article">`)
		p.Text(r.Article)
		p.Raw("</td></tr>\n")
	}
}
