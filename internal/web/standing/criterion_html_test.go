package standing

import (
	"html/template"
	"strings"
	"testing"

	"eyas/internal/pack"
	"eyas/internal/web/locale"
	"eyas/internal/web/markup"
	"eyas/internal/web/origin"
)

// What pieces write is escaped wherever it stands, and no link leads away.
func TestPiecesEscape(t *testing.T) {
	catalogs, err := locale.Load(Parts)
	if err != nil {
		t.Fatal(err)
	}
	const evil = `"><script>alert('x')</script>`
	d := &Doubt{URL: "/quality/" + evil, Offer: evil, Why: evil}
	in := inputGroup{Name: evil, Values: []inputValue{
		{Value: evil, Unit: evil, Year: evil, Known: true, Doubt: d, Source: origin.Source{URL: "/records/1?x=" + evil, File: evil, Cell: evil, When: evil, Who: evil}},
		{Assumed: true, Same: true, Source: origin.Source{URL: "/records/2", File: evil, Cell: evil}},
	}}
	rows := []Criterion{
		{Name: pack.Text{ZH: evil}, Article: evil, Status: pack.Modelled, Numbers: []figureOf{{evil, evil}}, Others: []figureOf{{evil, evil}}, Note: pack.Text{ZH: evil}, State: "unmet",
			Inputs: []inputGroup{in, in}, Missing: []string{evil, evil}, Gaps: []gapView{{evil, evil}}, Choices: [][]wayView{{{{evil, evil}}, {{evil, evil}}}}, Rates: []string{evil}},
		{Name: pack.Text{ZH: "甲"}, State: "met"},
	}
	html, err := markup.Write(catalogs["zh-CN"], func(p *markup.Pieces) { PutCriteria(p, rows) })
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(html), "<script") || strings.Contains(string(html), `="">`) {
		t.Errorf("not escaped: %s", html)
	}
	want := strings.Count(string(html), template.HTMLEscapeString(evil)) // 16 of the criterion, and 14 of each of its two inputs
	if want != 44 {
		t.Errorf("the text stands in %d places", want)
	}
	if n := strings.Count(string(html), "<tr>"); n != 3 {
		t.Errorf("%d rows", n)
	}
	if _, err := markup.Write(catalogs["zh-CN"], func(p *markup.Pieces) { origin.Put(p, origin.Source{URL: "javascript:alert(1)"}) }); err == nil {
		t.Error("a link to a script was written")
	}
}
