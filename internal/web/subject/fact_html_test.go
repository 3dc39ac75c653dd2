package subject

import (
	"html/template"
	"strings"
	"testing"

	"eyas/internal/web/locale"
	"eyas/internal/web/markup"
	"eyas/internal/web/origin"
	"eyas/internal/web/standing"
)

// The rows of a subject's tables are escaped wherever text stands, and what is not known leaves no link behind.
func TestFactRowsEscape(t *testing.T) {
	catalogs, err := locale.Load(texts, standing.Parts)
	if err != nil {
		t.Fatal(err)
	}
	const evil = `"><script>alert('x')</script>`
	src := origin.Source{URL: "/records/1?x=" + evil, File: evil, Cell: evil, When: evil, Who: evil, Name: evil, AsOf: evil, Reason: evil}
	d := &standing.Doubt{URL: "/quality/" + evil, Offer: evil, Why: evil}
	for name, c := range map[string]struct {
		write func(*markup.Pieces)
		texts int
	}{
		"facts": {func(p *markup.Pieces) {
			putFacts(p, []factRow{{evil, evil, evil, src, 2, d, "/s/1/correct?key=" + evil}})
		}, 15},
		"yearly": {func(p *markup.Pieces) {
			putYearly(p, []yearlyRow{{evil, evil, []yearlyCell{{evil, evil, src, 1, d, "/s/1/correct?key=" + evil}, {}, {Value: evil}}}})
		}, 13},
		"origins": {func(p *markup.Pieces) {
			putOrigins(p, []originRow{{evil, evil, evil, evil, src, []losingRow{{evil, src, evil}}, "/s/1/correct?key=" + evil, d}})
		}, 29},
	} {
		html, err := markup.Write(catalogs["zh-CN"], c.write)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if strings.Contains(string(html), "<script") || strings.Contains(string(html), `="">`) || strings.Contains(string(html), `href=""`) {
			t.Errorf("%s: %s", name, html)
		}
		if n := strings.Count(string(html), template.HTMLEscapeString(evil)); n != c.texts {
			t.Errorf("%s: the text stands in %d places, not %d: %s", name, n, c.texts, html)
		}
	}
}
