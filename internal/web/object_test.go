package web

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"eyas/internal/quality/judge"
	"eyas/internal/registry/fact"
	"eyas/internal/rule/col"
)

// The page of a subject of any register has the same head, and its tabs are addresses: without script the server shows the one
// that is asked for.
func TestObjectTabs(t *testing.T) {
	d := town(t)
	h := handler(t, d)
	seen := 0
	for id := int64(1); id < 400; id += 7 {
		register, err := d.Subjects.RegisterOf(context.Background(), id)
		if err != nil {
			continue
		}
		path := fmt.Sprintf("/s/%d", id)
		if register == d.Pack.Main().ID {
			if w := get(h, path+"?lang=en&tab=data"); w.Code != http.StatusSeeOther || !strings.Contains(w.Header().Get("Location"), "tab=data") {
				t.Errorf("%s answers %d to %s", path, w.Code, w.Header().Get("Location"))
			}
			path = fmt.Sprintf("/enterprises/s-%d", id)
		}
		seen++
		for _, tab := range []string{"", "data", "relations", "conclusion", "nonsense"} {
			doc := parse(t, get(h, path+"?lang=en&tab="+tab).Body.String())
			want := tab
			if tab == "" || tab == "nonsense" {
				want = "conclusion"
			}
			var open []string
			for _, panel := range find(doc, "section.object-panel") {
				if !has(panel, "hidden") {
					open = append(open, attr(panel, "data-panel"))
				}
			}
			if len(open) != 1 || open[0] != want {
				t.Errorf("%s: tab %q shows %q", path, tab, open)
			}
			tabs := find(doc, "nav.object-tabs a")
			if len(tabs) != 4 || len(find(doc, "nav.object-tabs a[aria-current]")) != 1 || !strings.HasPrefix(text(find(doc, "nav.object-tabs a[aria-current]")[0]), strings.ToUpper(want[:1])+want[1:]) {
				t.Errorf("%s: tabs %q", path, texts(tabs))
			}
			if said := find(doc, "p.stands"); len(said) != 1 || len(text(said[0])) < 10 {
				t.Errorf("%s does not say how it stands: %q", path, texts(said))
			}
		}
		history := parse(t, get(h, fmt.Sprintf("/s/%d/history?lang=en", id)).Body.String())
		if text(one(t, history, "nav.object-tabs a[aria-current]")) != "History" || len(find(history, "p.stands")) != 1 {
			t.Errorf("the history of %s has another head", path)
		}
	}
	if seen < 20 {
		t.Errorf("%d subjects seen", seen)
	}
}

// The sentence of an enterprise names what is met and what the nearest recognition needs; criteria that are not met come first,
// and met ones are folded.
func TestObjectSaysWhatIsNext(t *testing.T) {
	d, f := rig(t, 400)
	h := handler(t, d)
	base := mainBase(d)
	outcomes, _, err := base.Outcomes(context.Background(), time.Date(2021, 3, 31, 0, 0, 0, 0, time.UTC), nil)
	if err != nil {
		t.Fatal(err)
	}
	near, met := 0, 0
	for row := range f.t.N {
		if near > 5 && met > 5 {
			break
		}
		doc := parse(t, get(h, "/enterprises/"+string(f.t.Codes.At(row))+"?lang=en").Body.String())
		said := text(one(t, doc, "p.stands"))
		switch {
		case outcomes[0].Near.Get(row):
			near++
			if !strings.Contains(said, "Technology-based SME") {
				t.Errorf("row %d is near, and the page says %q", row, said)
			}
			details := one(t, doc, "#rule-tsme")
			if !has(details, "open") {
				t.Errorf("row %d: the nearest recognition is not open", row)
			}
			bodies := find(details, "tbody.criterion")
			if first := text(bodies[0]); !strings.Contains(first, "Not met") {
				t.Errorf("row %d begins with %q", row, first)
			}
			if folded := find(details, "details.fine tbody.criterion"); len(folded) != 4 {
				t.Errorf("row %d: %d met criteria are folded", row, len(folded))
			}
		case outcomes[0].Met.Get(row) && outcomes[1].Met.Get(row):
			met++
			if want := "Meets Technology-based SME ("; !strings.HasPrefix(said, want) || !strings.Contains(said, "Eaglet.") || strings.Contains(said, "needs") {
				t.Errorf("row %d meets both, and the page says %q", row, said)
			}
		}
	}
	if near == 0 || met == 0 {
		t.Errorf("%d near, %d met", near, met)
	}
}

// A doubted value is marked wherever it is used, with what it may be and the way to the decision; nothing is planned with it.
// A finding about another value than the one that counts marks nothing.
func TestObjectMarksDoubts(t *testing.T) {
	d, q := qualityRig(t)
	f := d.Known.(*fakeRegistry)
	row := -1
	for i := range f.t.N {
		sales := f.t.Nums[col.Key{Attr: "sales", Year: 2020}]
		if sales != nil && sales.Valid.Get(i) {
			row = i
			break
		}
	}
	if row < 0 {
		t.Fatal("no enterprise has sales")
	}
	fen := &f.t.Nums[col.Key{Attr: "sales", Year: 2020}].Val[row]
	*fen = 9e10 // above the limit of the recognition
	q.row.Subject, q.row.Value = f.t.Subjects[row], "900000000"
	q.row.Offer.Value = "900000"
	if got := judge.Text(d.Pack.Registers[0].Attribute("sales"), fact.Value{Num: *fen}); got != q.row.Value {
		t.Fatalf("sales read %s", got)
	}
	h := handler(t, d)
	url := "/enterprises/s-" + strconv.FormatInt(f.t.Subjects[row], 10) + "?lang=en&rule=tsme"
	doc := parse(t, get(h, url).Body.String())
	marks := 0
	for _, a := range find(doc, "a.doubt") {
		marks++
		if !strings.HasPrefix(attr(a, "href"), "/quality/"+q.row.Key.String()) || !strings.Contains(attr(a, "title"), "Amount in another unit") || !strings.Contains(text(a), "perhaps 900000") {
			t.Errorf("mark %q to %s: %s", text(a), attr(a, "href"), attr(a, "title"))
		}
	}
	if marks < 4 { // beside the name, in the criterion, in the data, where it is from
		t.Errorf("%d marks", marks)
	}
	for place, selector := range map[string]string{"the list of doubts": "details.doubts a.doubt", "a criterion": "#rule-tsme tbody.criterion a.doubt", "the plan": "#rule-tsme .plan a.doubt",
		"a card": "ul.standing .doubt-sign", "the data": `section[data-panel=data] a.doubt`} {
		if len(find(doc, selector)) == 0 {
			t.Errorf("%s is not marked", place)
		}
	}
	if plan := text(one(t, doc, "#rule-tsme .plan")); !strings.Contains(plan, "Check them first") || strings.Contains(plan, "→") {
		t.Errorf("plan %q", plan)
	}
	if said := text(one(t, doc, "p.stands")); !strings.Contains(said, "doubted") {
		t.Errorf("the page says %q", said)
	}
	q.row.Value = "800000000"
	if n := len(find(parse(t, get(h, url).Body.String()), "a.doubt")); n != 0 {
		t.Errorf("%d marks for a value that counts no more", n)
	}
}

// A criterion shows the figure of its rule with its unit, and the name that commands use only to who points at it.
func TestObjectFigures(t *testing.T) {
	d, f := rig(t, 20)
	doc := parse(t, get(handler(t, d), "/enterprises/"+string(f.t.Codes.At(3))+"?lang=en&rule=tsme").Body.String())
	found := false
	for _, span := range find(doc, "#rule-tsme .figure") {
		if text(span) == "Most staff 500 persons" {
			found = attr(span, "title") == "staff.max"
		}
	}
	if !found || strings.Contains(text(one(t, doc, "#rule-tsme")), "staff.max") {
		t.Errorf("figures %q", texts(find(doc, "#rule-tsme .figure")))
	}
}
