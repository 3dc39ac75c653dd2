package e2e

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// walk is one journey by one reader: what is clicked is counted. A file that is chosen counts as a click, and so does a date
// that is set or a slider that is moved; typing does not.
type walk struct {
	*tab
	lang   string
	phone  bool
	clicks int
}

// start begins at the start page.
func (w *walk) start() {
	w.Helper()
	w.clicks = 0
	w.visit("/?lang=" + w.lang)
}

// to follows a link or a button to the next page.
func (w *walk) to(selector string) {
	w.Helper()
	w.clicks++
	w.follow(selector)
}

// tap clicks something that stays on the page, or that a script answers.
func (w *walk) tap(selector string) {
	w.Helper()
	w.clicks++
	w.click(selector)
}

// door opens a room: from the rail, on a phone from the bar, where the rarer rooms stand behind “more”.
func (w *walk) door(path string) {
	w.Helper()
	if !w.phone {
		w.to(`nav.rail a[href^="` + path + `"]`)
		return
	}
	bar := `.phone-bar > ul > li > a[href^="` + path + `"]`
	if w.count(bar) > 0 {
		w.to(bar)
		return
	}
	w.tap(".phone-more summary")
	w.to(`.more-box a[href^="` + path + `"]`)
}

// send chooses a file on the import page and sends it.
func (w *walk) send(path string) {
	w.Helper()
	w.clicks += 2
	w.sendFile(path)
	w.arrive(`document.querySelector("[data-confirm]") !== null`)
}

// journeys are the ten that docs/pages.md counts, by the names that it gives them.
var journeys = []struct {
	name string
	at   func(*bases) string
	goes func(*walk)
}{
	{"import a list and undo it", (*bases).empty, func(w *walk) {
		w.door("/import")
		w.send(file(w.T, "名单.csv", "企业名称,2020年职工总数\n天津旅程示例有限公司,12\n"))
		w.tap("[data-confirm]")
		w.arrive(`location.pathname.startsWith("/import/record/")`)
		w.accessible()
		w.to(`.head .actions a[href*="/undo"]`)
		w.tap("form button.primary")
		w.arrive(`/^\/import\/record\/\d+$/.test(location.pathname) && document.querySelector(".band") !== null`)
	}},
	{"mend a refused row", (*bases).refused, func(w *walk) {
		w.door("/todo")
		w.to(`main a[href*="/import/record/"]`)
		w.accessible()
		w.clicks++ // the file is fetched by its link
		link := ask[string](w.tab, `document.querySelector("a[href*='refused.xlsx']").getAttribute("href")`)
		path := w.mended(link)
		w.door("/import")
		w.send(path)
		w.tap("[data-confirm]")
		w.arrive(`location.pathname.startsWith("/import/record/") && document.querySelector(".band-refused") === null`)
	}},
	{"answer a question of linkage", (*bases).asked, func(w *walk) {
		w.door("/todo")
		w.accessible()
		w.to(`main a[href*="/links?"][href*="q="]`)
		w.to(`section.pair button[value="distinct"], section.pair [data-key=d]`)
		w.arrive(`document.querySelector(".done") !== null`)
		w.press("u") // leaves the base as it was
		w.arrive(`document.querySelector(".done") === null`)
	}},
	{"why no high-tech enterprise", (*bases).demo, func(w *walk) {
		w.to(`table.funnel a[href*="only.hnte="]`)
		w.to("table.list tbody tr:first-child th a")
		w.accessible()
		w.tap(`a[data-opens="rule-hnte"]`)
		w.until(`document.querySelector("#rule-hnte").open`)
	}},
	{"what is missing", (*bases).demo, func(w *walk) {
		w.to(`table.funnel a[href*="v.tsme=unknown"]`)
		w.to("table.list tbody tr:first-child th a")
		if w.count("p.stands") != 1 {
			w.Error("the page does not say how the enterprise stands")
		}
	}},
	{"correct a value", (*bases).asked, func(w *walk) {
		w.door("/enterprises")
		w.to(`table.list tbody th a[href*="91120104MA05QX2C7T"]`)
		w.tap("a[data-tab=data]")
		w.to(`section.object-panel:not([hidden]) a.mend[href*="sales%402020"]`)
		w.until(`document.activeElement.id === "value"`)
		w.accessible()
		w.assign("#value", "350")
		w.assign("#reason", "看过年报原件")
		w.to("form.correct button.primary")
		if w.count("main .done button") != 1 {
			w.Errorf("nothing offers to take it back: %q", w.text("main"))
		}
		clicks := w.clicks
		w.to("main .done button") // leaves the base as it was
		w.clicks = clicks
	}},
	{"move a threshold", (*bases).demo, func(w *walk) {
		w.door("/lab")
		w.accessible()
		w.clicks++
		w.drag("n-score-pass", "55")
		w.until(settled)
	}},
	{"a past day", (*bases).demo, func(w *walk) {
		w.clicks++
		w.set("#asof", "2021-03-31")
		if !strings.Contains(w.where(), "date=2021-03-31") {
			w.Error("the address forgets the day")
		}
		w.accessible()
	}},
	{"a carrier with tenants", (*bases).city, func(w *walk) {
		w.door("/registers")
		w.to(`table.registers a[href*="/registers/carrier"]`)
		w.to("table.list tbody tr:first-child th a")
		w.to(`.ways a[href*="enterprise.tenant_of"]`)
		w.enter("#lines", w.tenant())
		w.until(`document.querySelectorAll("table.understood tbody tr").length === 1`)
		w.accessible()
		w.to("form.relate button.primary")
		clicks := w.clicks
		w.to("main .done button")
		w.clicks = clicks
	}},
	{"export and print a list", (*bases).demo, func(w *walk) {
		w.door("/enterprises")
		w.accessible()
		w.clicks++
		link := ask[string](w.tab, `document.querySelector("a[href*='/enterprises.xlsx']").getAttribute("href")`)
		if path := w.fetch(link); path == "" {
			w.Error("no file")
		}
		w.clicks++ // the browser's own command
		if w.sheets() < 1 {
			w.Error("nothing is printed")
		}
	}},
}

// fetch reads a file of the server into the test's folder.
func (w *walk) fetch(link string) string {
	w.Helper()
	answer, err := http.Get(w.base + link)
	if err != nil {
		w.Fatal(err)
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		w.Fatalf("%s: %s %v", link, answer.Status, err)
	}
	path := filepath.Join(w.TempDir(), "file.xlsx")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		w.Fatal(err)
	}
	return path
}

// mended fetches refused rows and mends them as a person does in a spreadsheet.
func (w *walk) mended(link string) string {
	w.Helper()
	path := w.fetch(link)
	book, err := excelize.OpenFile(path)
	if err != nil {
		w.Fatal(err)
	}
	sheet := book.GetSheetList()[0]
	comments, err := book.GetComments(sheet)
	if err != nil || len(comments) == 0 {
		w.Fatalf("%d cells are marked, %v", len(comments), err)
	}
	for _, c := range comments {
		text := "12"
		if strings.HasPrefix(c.Cell, "A") {
			text = "天津旅程三号示例有限公司"
		}
		if err := book.SetCellValue(sheet, c.Cell, text); err != nil {
			w.Fatal(err)
		}
	}
	if err := book.SaveAs(path); err != nil {
		w.Fatal(err)
	}
	return path
}

// tenant is the code of an enterprise of the base.
func (w *walk) tenant() string {
	w.Helper()
	answer, err := http.Get(w.base + "/enterprises.xlsx?as=csv&col=code&sort=code&lang=zh-CN")
	if err != nil {
		w.Fatal(err)
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	if err != nil {
		w.Fatal(err)
	}
	return string(regexp.MustCompile(`\b9[0-9A-Z]{17}\b`).Find(data))
}

// bases are the servers that journeys run over, each started when it is first needed.
type bases struct {
	all     *testing.T // of all walks
	one     *testing.T // of the walk at hand
	started map[string]string
}

func (b *bases) of(name string, start func(*testing.T) string) string {
	if b.started[name] == "" {
		b.started[name] = start(b.all)
	}
	return b.started[name]
}

func (b *bases) demo() string  { return house.city }
func (b *bases) empty() string { return b.of("empty", fresh) }
func (b *bases) asked() string { return b.of("asked", askedBase) }
func (b *bases) city() string  { return b.of("city", ownCity) }

// refused is a base of its own for each walk: one import of it has a cell that cannot be read.
func (b *bases) refused() string {
	url := fresh(b.one)
	p := openAt(b.one, url)
	p.visit("/import?lang=zh-CN")
	p.sendFile(file(b.one, "名单.csv", "企业名称,2020年职工总数\n天津旅程示例有限公司,12\n天津旅程二号示例有限公司,十来个\n,7\n"))
	p.arrive(`document.querySelector("[data-confirm]") !== null`)
	p.click("[data-confirm]")
	p.arrive(`location.pathname.startsWith("/import/record/")`)
	return url
}

// The ten journeys take as many clicks from the start page as docs/pages.md says, at a desk and on a phone, in both languages,
// and every page of them is accessible and no wider than its screen.
func TestJourneys(t *testing.T) {
	if house.skip != "" {
		t.Skip(house.skip)
	}
	said := countedClicks(t)
	started := map[string]string{}
	for i, j := range journeys {
		for _, lang := range []string{"zh-CN", "en"} {
			for _, phone := range []bool{false, true} {
				if soak := os.Getenv("EYAS_SOAK") != ""; !soak && ((lang == "en") != phone || phone != (i%2 == 1)) {
					continue // the short form walks one half in Chinese at a desk, the other in English on a phone
				}
				width := map[bool]int64{false: 1440, true: 390}[phone]
				t.Run(fmt.Sprintf("%s/%s/%d", strings.ReplaceAll(j.name, " ", "-"), lang, width), func(inner *testing.T) {
					w := &walk{lang: lang, phone: phone}
					w.tab = openAt(inner, j.at(&bases{t, inner, started}))
					w.size(width, map[bool]int64{false: 900, true: 844}[phone])
					w.start()
					j.goes(w)
					if wide := ask[int64](w.tab, `document.documentElement.scrollWidth`); wide > width {
						inner.Errorf("%s is %d px wide", w.where(), wide)
					}
					w.accessible()
					want, ok := said[j.name][phone]
					if !ok || w.clicks != want {
						inner.Errorf("%d clicks; docs/pages.md says %d", w.clicks, want)
					}
				})
			}
		}
	}
}

// countedClicks reads the table of docs/pages.md: clicks at a desk and on a phone, by journey.
func countedClicks(t *testing.T) map[string]map[bool]int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "pages.md"))
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]map[bool]int{}
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(line, "|")
		if len(cells) < 5 {
			continue
		}
		desk, err1 := strconv.Atoi(strings.TrimSpace(cells[2]))
		phone, err2 := strconv.Atoi(strings.TrimSpace(cells[3]))
		if err1 == nil && err2 == nil {
			said[strings.TrimSpace(cells[1])] = map[bool]int{false: desk, true: phone}
		}
	}
	if len(said) != len(journeys) {
		t.Fatalf("docs/pages.md counts %d journeys, not %d", len(said), len(journeys))
	}
	return said
}
