package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

// shots are the pages of make screenshots. A step, if any, leads from the path to what is shown.
var shots = []struct {
	name, path string
	expect     string // what the browser may say of it
	step       func(*tab)
}{
	{name: "ladder", path: "/"},
	{name: "enterprises", path: "/enterprises"},
	{name: "near", path: "/enterprises?v.tsme=near"},
	{name: "filters", path: "/enterprises?v.tsme=near&from.sales=500&unit=wan&col=district&col=o.tsme&col=sales&col=registered_on&col=status", step: func(p *tab) {
		ask[bool](p, `(() => { document.querySelector(".further").open = window.innerWidth < 700; document.querySelector('.list [name="from.sales"]').closest("details").open = true; return true })()`)
	}},
	{name: "filters-more", path: "/enterprises?in=120101&in=120116&missing=status", step: func(p *tab) { p.click(".further summary") }},
	{name: "columns", path: "/enterprises?col=district&col=v.tsme&col=o.tsme", step: func(p *tab) { p.click(".chooser summary") }},
	{name: "enterprise", path: "/enterprises?v.tsme=near", step: func(p *tab) { p.follow("table.list tbody tr:first-child th a") }},
	{name: "record", path: "/enterprises?v.tsme=near", step: func(p *tab) {
		p.follow("table.list tbody tr:first-child th a")
		p.unfold("details.recognition[open] details")
		p.follow("details.recognition[open] td.from a")
	}},
	{name: "directory", path: "/directory?q=科技"},
	{name: "search", path: "/search?q=科技"},
	{name: "lab", path: "/lab?rule=tsme&set=score.pass%3D55"},
	{name: "lab-list", path: "/lab/list?rule=tsme&who=entered&set=score.pass%3D55"},
	{name: "registers", path: "/registers"},
	{name: "register", path: "/registers/achievement"},
	{name: "subject", path: "/registers/institution?text=海河大学", step: func(p *tab) { p.follow("table.list tbody tr:first-child th a") }},
	{name: "carrier", path: "/registers/carrier?sort=-tenants", step: func(p *tab) { p.follow("table.list tbody tr:first-child th a") }},
	{name: "person", path: "/registers/person?text=SLRY-0002", step: func(p *tab) { p.follow("table.list tbody tr:first-child th a") }},
	{name: "achievement", path: "/registers/achievement", step: func(p *tab) { p.follow("table.list tbody tr:first-child th a") }},
	{name: "form", path: "/registers/person?text=SLRY-0002", step: func(p *tab) {
		p.follow("table.list tbody tr:first-child th a")
		p.follow(`.head .actions a[href*="/edit"]`)
	}},
	{name: "todo", path: "/todo"},
	{name: "scope", path: "/?scope=120110"},
	{name: "help", path: "/help/import"},
	{name: "mistake", path: "/enterprises?date=1900-01-01&v.tsme=x", expect: "422"},
	{name: "import", path: "/import"},
	{name: "places", path: "/places"},
	{name: "quality", path: "/quality"},
	{name: "links", path: "/links"},
	{name: "merges", path: "/merges"},
	{name: "history", path: "/s/1/history"},
	{name: "records", path: "/s/1/records"},
	{name: "correct", path: "/s/1/correct?key=sales%402020"},
	{name: "move", path: "/records/1/move?find=科技"},
	{name: "unmask", path: "/s/1/unmask"},
	{name: "disclosed", path: "/s/1/disclosed"},
	{name: "contacts", path: "/registers/enterprise/contacts"},
	{name: "log", path: "/log"},
	{name: "jobs", path: "/jobs"},
}

// TestScreenshots writes every page at 1440 and 390 px in both languages, and in the largest type, to the folder that
// EYAS_SCREENSHOTS names.
func TestScreenshots(t *testing.T) {
	dir := os.Getenv("EYAS_SCREENSHOTS")
	if dir == "" {
		t.Skip("EYAS_SCREENSHOTS names no folder; make screenshots does")
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	empty := fresh(t)
	for _, width := range []int64{1440, 390} {
		for _, look := range []struct{ name, lang, letters string }{{"zh-CN", "zh-CN", "usual"}, {"en", "en", "usual"}, {"largest", "zh-CN", "largest"}} {
			lang := look.lang
			at := func(name string, show func(*tab)) {
				t.Run(fmt.Sprintf("%s-%d-%s", name, width, look.name), func(t *testing.T) { // a tab has patience for a few pages only
					p := open(t)
					p.size(width, 900)
					p.visit("/?lang=" + lang) // the cookie keeps the language from here on
					ask[bool](p, `(() => { document.cookie = "type=`+look.letters+`;path=/"; return true })()`)
					show(p)
					picture, err := chromedp.Run(p.ctx, chromedp.FullScreenshot(100))
					if err != nil {
						t.Fatal(err)
					}
					if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s-%d-%s.png", name, width, look.name)), picture, 0o644); err != nil {
						t.Fatal(err)
					}
				})
			}
			for _, shot := range shots {
				at(shot.name, func(p *tab) {
					p.expect(shot.expect)
					p.visit(shot.path)
					if shot.step != nil {
						shot.step(p)
					}
				})
			}
			at("start", func(p *tab) { p.do("visit an empty base", chromedp.Navigate(empty+"/?lang="+lang)) })
		}
	}
}
