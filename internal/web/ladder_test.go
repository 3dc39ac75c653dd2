package web

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"eyas/internal/figure"
	"eyas/internal/rule"
	"eyas/internal/rule/col"
	"eyas/internal/rule/list"
	"eyas/internal/web/city"

	"github.com/xuri/excelize/v2"
)

var rigDay = time.Date(2021, 3, 31, 0, 0, 0, 0, time.UTC)

// The numbers of the funnel are those of the outcome, and each leads to a list of as many.
func TestLadderNumbersLeadToTheirRows(t *testing.T) {
	d, _ := rig(t, 500)
	h := handler(t, d)
	outcomes, _, err := mainBase(d).Outcomes(context.Background(), rigDay, nil)
	if err != nil {
		t.Fatal(err)
	}
	doc := parse(t, get(h, "/?lang=en").Body.String())
	rows := find(doc, "table.funnel tbody tr")
	if len(rows) != len(outcomes) {
		t.Fatalf("%d rows for %d recognitions", len(rows), len(outcomes))
	}
	for i, o := range outcomes {
		cells := find(rows[i], "td.n a")
		c := o.Counts()
		for k, want := range []int{c.Met, c.Near, c.Unknown, c.Pending, c.Unmet} {
			if got := text(cells[k]); got != figure.Num(want) {
				t.Errorf("%s %s: %s, want %d", o.Rule.ID, city.Verdicts[k], got, want)
			}
			behind := parse(t, get(h, attr(cells[k], "href")).Body.String())
			if got := text(one(t, behind, "h1")); !strings.HasPrefix(got, figure.Num(want)+" ") {
				t.Errorf("%s %s: the list says %q, want %d", o.Rule.ID, city.Verdicts[k], got, want)
			}
		}
		if got := len(find(rows[i], "svg.stack rect")); got == 0 || got > 5 {
			t.Errorf("%s: a bar of %d parts", o.Rule.ID, got)
		}
		sum := 0
		for _, c := range o.Criteria {
			sum += c.Only.Count()
		}
		shown := 0
		for _, a := range find(rows[i], ".reason a") {
			var n int
			label := text(a)
			fmt.Sscan(strings.ReplaceAll(label[strings.LastIndexByte(label, ' ')+1:], ",", ""), &n)
			shown += n
			behind := parse(t, get(h, attr(a, "href")).Body.String())
			if got := text(one(t, behind, "h1")); !strings.HasPrefix(got, figure.Num(n)+" ") {
				t.Errorf("%s %q: the list says %q", o.Rule.ID, label, got)
			}
		}
		if shown != sum || sum != c.Near {
			t.Errorf("%s: reasons add up to %d, near is %d", o.Rule.ID, shown, c.Near)
		}
	}
	lead := text(one(t, doc, "h1"))
	if c := outcomes[0].Counts(); !strings.Contains(lead, figure.Num(c.Met)) || !strings.Contains(lead, figure.Num(c.Near)) {
		t.Errorf("the headline %q lacks the numbers", lead)
	}
}

// The districts of the table, with those elsewhere, add up to the whole; a group is the sum of its districts.
func TestLadderDistrictsAddUp(t *testing.T) {
	d, _ := rig(t, 500)
	h := handler(t, d)
	outcomes, table, err := mainBase(d).Outcomes(context.Background(), rigDay, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, show := range city.Verdicts {
		doc := parse(t, get(h, "/?lang=en&show="+string(show)).Body.String())
		sums := make([]int, len(outcomes)+1)
		for _, body := range find(doc, "table.districts tbody") {
			group := make([]int, len(sums))
			var summary []int
			for _, row := range find(body, "tr") {
				var values []int
				for _, cell := range find(row, "td.n") {
					var n int
					fmt.Sscan(strings.ReplaceAll(text(cell), ",", ""), &n)
					values = append(values, n)
				}
				if slices.Contains(strings.Fields(attr(row, "class")), "sum") {
					summary = values
					continue
				}
				for i, n := range values {
					group[i] += n
					sums[i] += n
				}
			}
			if summary != nil && !slices.Equal(summary, group) {
				t.Errorf("%s: a group says %v, its districts %v", show, summary, group)
			}
		}
		want := []int{table.N}
		for _, o := range outcomes {
			want = append(want, inState(o, show).Count())
		}
		if !slices.Equal(sums, want) {
			t.Errorf("%s: districts add up to %v, want %v", show, sums, want)
		}
	}
}

func TestLadderOfADistrict(t *testing.T) {
	d, _ := rig(t, 500)
	h := handler(t, d)
	doc := parse(t, get(h, "/?in=120116&lang=en").Body.String())
	total := text(find(doc, "h1 a")[0])
	if !strings.HasPrefix(text(one(t, doc, "h1")), "Binhai") || total == "500" || total == "0" {
		t.Errorf("headline of a district: %q", text(one(t, doc, "h1")))
	}
	behind := parse(t, get(h, attr(find(doc, "h1 a")[0], "href")).Body.String())
	if got := text(one(t, behind, "h1")); !strings.HasPrefix(got, total+" ") {
		t.Errorf("the list says %q, want %s", got, total)
	}
	for _, bad := range []string{"/?in=999999", "/?in=group:none"} {
		if w := get(h, bad); w.Code != 404 {
			t.Errorf("%s answers %d", bad, w.Code)
		}
	}
}

// An assumption is off at first, stands in the address, and is named beside the counts.
func TestLadderAssumptions(t *testing.T) {
	d, _ := rig(t, 300)
	h := handler(t, d)
	plain := parse(t, get(h, "/?lang=en").Body.String())
	if len(find(plain, ".assumed")) != 0 || len(find(plain, "input[name=assume]")) == 0 {
		t.Fatal("assumptions are not offered, or are on at first")
	}
	for _, tick := range find(plain, "input[name=assume]") {
		if has(tick, "checked") {
			t.Errorf("%s is ticked at first", attr(tick, "value"))
		}
		if a := d.Pack.Registers[0].Attribute(attr(tick, "value")); a == nil || a.Manual {
			t.Errorf("%s may not be assumed", attr(tick, "value"))
		}
	}
	assumed := parse(t, get(h, "/?lang=en&assume=abnormal_list").Body.String())
	if got := len(find(assumed, "caption .assumed")); got != 2 {
		t.Errorf("%d of 2 tables say that they are under an assumption", got)
	}
	if got := text(find(assumed, ".assumed")[0]); !strings.Contains(got, "list of abnormal operation") {
		t.Errorf("the assumption is not named: %q", got)
	}
	if text(find(plain, "table.funnel td.n")[2]) == text(find(assumed, "table.funnel td.n")[2]) {
		t.Error("the assumption changes nothing: the test sees no blank")
	}
	link := attr(find(assumed, "table.funnel td.n a")[0], "href")
	if !strings.Contains(link, "assume=abnormal_list") {
		t.Errorf("the list %s forgets the assumption", link)
	}
	if w := get(h, "/?assume=conduct_ok"); w.Code != 422 {
		t.Errorf("a finding that a person makes was assumed: %d", w.Code)
	}
}

func TestLadderOnOtherDays(t *testing.T) {
	d, _ := rig(t, 100)
	h := handler(t, d)
	now := parse(t, get(h, "/?lang=en").Body.String())
	if len(find(now, ".band")) != 0 {
		t.Error("a band on a page that speaks of today")
	}
	later := parse(t, get(h, "/?lang=en&date=2022-03-31").Body.String())
	if got := texts(find(later, ".band")); len(got) != 1 || !strings.Contains(got[0], "2022-03-31") {
		t.Errorf("no band on another day: %q", got)
	}
	if body := get(h, "/?lang=en&date=2022-03-31").Body.String(); !strings.Contains(body, "Eaglet: no law is in force") {
		t.Error("a recognition without a law in force is not named")
	}
	if w := get(h, "/?date=31.3.2021"); w.Code != 422 || !strings.Contains(w.Body.String(), "31.3.2021") {
		t.Errorf("a date that cannot be read: %d", w.Code)
	}
}

func TestLadderExport(t *testing.T) {
	d, _ := rig(t, 200)
	h := handler(t, d)
	outcomes, _, _ := mainBase(d).Outcomes(context.Background(), rigDay, nil)
	w := get(h, "/ladder.xlsx?lang=en&assume=abnormal_list")
	book, err := excelize.OpenReader(bytes.NewReader(w.Body.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if got := book.GetSheetList(); len(got) != 3 {
		t.Fatalf("sheets %v", got)
	}
	for _, name := range book.GetSheetList() {
		if x := readExport(t, w, name); x.above[0] != name || !strings.Contains(x.above[1], "2021-03-31") || !strings.Contains(x.above[2], "abnormal") || len(x.head) < 3 {
			t.Errorf("the notes lack day or assumption: %v", x)
		}
	}
	if x := readExport(t, w, "Ladder"); len(x.rows) != len(outcomes) || x.rows[0][0] != "Technology-based SME" {
		t.Errorf("rows: %v", x.rows)
	}
}

func TestEmptyBaseGuides(t *testing.T) {
	d, _ := rig(t, 0)
	h := handler(t, d)
	for _, url := range []string{"/?lang=en", "/enterprises?lang=en"} {
		doc := parse(t, get(h, url).Body.String())
		if len(find(doc, "a[href=/import?lang=en]")) < 2 || len(find(doc, "form[action=/start/demo] button")) != 1 {
			t.Errorf("%s does not guide to import or demonstration", url)
		}
	}
}

// inState are an outcome's rows in one state.
func inState(o *rule.Outcome, state list.Verdict) col.Bitmap {
	return map[list.Verdict]col.Bitmap{list.Met: o.Met, list.Near: o.Near, list.Unknown: o.Unknown, list.Pending: o.Pending, list.Unmet: o.Unmet}[state]
}
