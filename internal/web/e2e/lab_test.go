package e2e

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"testing"
)

// whole reads a number as pages write it.
func whole(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(strings.NewReplacer(",", "", "−", "-", "+", "").Replace(text))
	if err != nil {
		t.Fatalf("%q is not a number", text)
	}
	return n
}

// drag moves a slider as a hand does: many values one after the other, then lets go.
func (p *tab) drag(id string, values ...string) {
	p.Helper()
	for _, v := range values {
		ask[bool](p, fmt.Sprintf(`(() => {
			const s = document.getElementById(%q).closest("[data-number]").querySelector("input[type=range]");
			s.value = %q;
			return s.dispatchEvent(new Event("input", {bubbles: true}));
		})()`, id, v))
	}
	ask[bool](p, fmt.Sprintf(`document.getElementById(%q).closest("[data-number]").querySelector("input[type=range]").dispatchEvent(new Event("change", {bubbles: true}))`, id))
}

// settled waits until the page shows the answer to the last value.
const settled = `!document.querySelector("[data-lab]").hasAttribute("aria-busy") && document.querySelector("[data-lab]").dataset.answers > 0`

// While a slider is dragged the counts, tables and the map follow; the address can be copied; the lists open.
func TestLabDrag(t *testing.T) {
	p := open(t)
	p.visit("/lab?rule=tsme&lang=zh-CN")
	p.until(`document.querySelectorAll(".lab-curve svg").length >= 3`)
	p.accessible()
	before := whole(t, p.text("[data-key='before.met']"))
	if p.text("[data-key='entered']") != "0" {
		t.Error("something entered before anything was moved")
	}
	p.drag("n-score-pass", "58", "55", "50", "45", "40")
	p.until(settled + ` && document.querySelector("[data-key=entered]").textContent !== "0"`)
	after, entered, left := whole(t, p.text("[data-key='after.met']")), whole(t, p.text("[data-key='entered']")), whole(t, p.text("[data-key='left']"))
	if entered == 0 || before+entered-left != after {
		t.Errorf("%d → %d with %d in and %d out", before, after, entered, left)
	}
	sum := ask[int](p, `[...document.querySelectorAll("[data-by=district] [data-field=entered]")].reduce((s, e) => s + Number(e.textContent.replace(/,/g, "")), 0)`)
	if sum != entered {
		t.Errorf("the districts add up to %d, %d entered", sum, entered)
	}
	if p.count("path.area[class*='in-']") == 0 {
		t.Error("the map does not show where they enter")
	}
	if ask[float64](p, `Number(document.querySelector("[data-lab]").dataset.paintMs)`) <= 0 {
		t.Error("the time to paint is not measured")
	}
	t.Logf("server %s ms, from input to paint %s ms", ask[string](p, `document.querySelector("[data-lab]").dataset.serverMs`), ask[string](p, `document.querySelector("[data-lab]").dataset.paintMs`))

	// The copied address shows a colleague the same page.
	address := p.where()
	if u, err := url.Parse(address); err != nil || u.Query().Get("set") != "score.pass=40" {
		t.Errorf("the address is %s", address)
	}
	if got := ask[string](p, `new URL(document.querySelector("a.tongue").href).searchParams.get("set")`); got != "score.pass=40" {
		t.Errorf("the other language would show %q", got)
	}
	p.visit(address)
	if got := whole(t, p.text("[data-key='entered']")); got != entered {
		t.Errorf("the address gives %d entered, the drag gave %d", got, entered)
	}
	p.accessible()

	// Several numbers at once, typed this time; then all back.
	p.assign("#n-staff-max", "100")
	p.until(settled + ` && document.querySelector("[data-key=left]").textContent !== "0"`)
	if p.count(".lab-number.moved") != 2 {
		t.Error("two numbers are moved, and not marked so")
	}
	p.click("[data-reset]")
	p.until(settled + ` && document.querySelector("[data-key=entered]").textContent === "0" && document.querySelector("[data-key=left]").textContent === "0"`)
	if strings.Contains(p.where(), "set=") {
		t.Errorf("after the reset the address is %s", p.where())
	}

	// The list behind a number has as many rows as the number says, and leads to an enterprise.
	p.visit(address)
	p.follow("h1 [data-who=entered]")
	if lead := p.text("h1"); !strings.Contains(lead, strconv.Itoa(entered)) {
		t.Errorf("the list says %q, %d entered", lead, entered)
	}
	p.accessible()
	name := p.text("tbody tr:first-child th a")
	p.follow("tbody tr:first-child th a")
	if got := p.text("h1"); got != name {
		t.Errorf("the list leads to %q, not %q", got, name)
	}
}

// Every recognition has its lab; one without law on the day says from when, and the others stay a click away.
func TestLabOfEachRecognition(t *testing.T) {
	p := open(t)
	p.visit("/lab?lang=en")
	urls := ask[[]string](p, `[...document.querySelectorAll(".lab-tabs a")].map(a => a.getAttribute("href"))`)
	if len(urls) < 6 {
		t.Fatalf("%d recognitions", len(urls))
	}
	p.expect("422")
	for _, u := range urls {
		p.visit(u)
		if p.count(".lab-answer") == 0 && p.count(".errors") == 0 {
			t.Errorf("%s shows neither an answer nor why there is none", u)
		}
	}
	p.accessible()
	p.visit("/lab?rule=tsme&date=2010-01-01&lang=zh-CN")
	if got := p.text(".errors"); !strings.Contains(got, "2017") {
		t.Errorf("on a day without law: %q", got)
	}
	p.accessible()
}

// On a phone the lab is one column, nothing wider than the screen.
func TestLabOnPhone(t *testing.T) {
	p := open(t)
	p.size(390, 844)
	p.visit("/lab?rule=tsme&lang=zh-CN&set=score.pass%3D50")
	p.until(`document.querySelectorAll(".lab-curve svg").length >= 1`)
	if wide := ask[int](p, `document.documentElement.scrollWidth`); wide > 390 {
		t.Errorf("the page is %d px wide", wide)
	}
	p.accessible()
}

// A list of the lab is filtered, sorted and given columns in both languages, and keeps the numbers of the trial; on a phone it is cards.
func TestLabList(t *testing.T) {
	p := open(t)
	for _, lang := range []string{"zh-CN", "en"} {
		p.size(1440, 900)
		p.visit("/lab/list?rule=tsme&who=entered&set=score.pass%3D40&col=-&lang=" + lang)
		all := whole(t, strings.Fields(p.text("h1 .num"))[0])
		if all == 0 {
			t.Fatal("nobody enters")
		}
		p.accessible()
		p.follow(`table.list thead th:nth-child(7) a`)
		if p.count(`table.list th[aria-sort="ascending"]`) != 1 {
			t.Errorf("%s: the list is not sorted: %s", lang, p.where())
		}
		p.set(`input[name="text"][form="filters"]`, "科技")
		if some := whole(t, strings.Fields(p.text("h1 .num"))[0]); some > all {
			t.Errorf("%s: %d of %d", lang, some, all)
		}
		u, err := url.Parse(p.where())
		if err != nil {
			t.Fatal(err)
		}
		if q := u.Query(); q.Get("set") != "score.pass=40" || q.Get("who") != "entered" || q.Get("rule") != "tsme" || q.Get("sort") == "" {
			t.Errorf("%s: the filter forgets the trial: %s", lang, u)
		}
		p.click(".chooser summary")
		p.click(`.chooser input[name="col"][value="v.tsme"]`)
		p.follow(".chooser form button.primary")
		if heads, mark := p.text("table.list thead"), map[string]string{"zh-CN": "（现行）", "en": "(in force)"}[lang]; !strings.Contains(heads, mark) {
			t.Errorf("%s: the column of the verdict in force is not there: %s", lang, heads)
		}
		if got := ask[string](p, `new URL(document.querySelector(".actions a.button[href*='/lab/list.xlsx']").href).searchParams.getAll("col").join()`); !strings.Contains(got, "v.tsme") {
			t.Errorf("%s: the file would have the columns %s", lang, got)
		}
		p.size(390, 844)
		p.visit("/lab/list?rule=tsme&who=entered&set=score.pass%3D40&lang=" + lang)
		if p.count(fmt.Sprintf("table.list td[data-label*=%q]", map[string]string{"zh-CN": "（现行）", "en": "(in force)"}[lang])) == 0 {
			t.Errorf("%s: the chosen columns are not remembered", lang)
		}
		if wide := ask[int](p, `document.documentElement.scrollWidth`); wide > 390 {
			t.Errorf("%s: the page is %d px wide", lang, wide)
		}
		p.accessible()
	}
}

// The curve of a number as a page of its own, with its table.
func TestLabCurve(t *testing.T) {
	p := open(t)
	p.visit("/lab/curve?rule=tsme&number=score.pass&lang=zh-CN")
	if rows := p.count(".curve-table tbody tr"); rows < 40 {
		t.Errorf("%d values", rows)
	}
	p.accessible()
}
