package web

import (
	"context"
	"strings"
	"testing"
	"time"

	"eyas/internal/registry/dossier"
	"eyas/internal/registry/fact"
)

// asked keeps the moment that a page asked for.
type asked struct {
	*fakeRegistry
	moment fact.Moment
}

func (f *asked) DossierAt(ctx context.Context, subject int64, m fact.Moment) (*dossier.Dossier, error) {
	f.moment = m
	return f.fakeRegistry.DossierAt(ctx, subject, m)
}

// The day of knowledge is carried by every link, said in a band, and asked of the registry.
func TestKnownOn(t *testing.T) {
	d, base := rig(t, 30)
	f := &asked{fakeRegistry: base}
	d.Known = f
	h := handler(t, d)
	day := func(text string) time.Time {
		at, err := time.Parse(time.DateOnly, text)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	for query, want := range map[string]fact.Moment{
		"":                                  {},
		"?date=2021-03-31":                  {}, // today
		"?known=2021-03-31":                 {},
		"?known=2030-01-01":                 {},
		"?known=2020-11-30":                 {KnownOn: day("2020-11-30")},
		"?date=2020-06-30&known=2020-11-30": {HeldOn: day("2020-06-30"), KnownOn: day("2020-11-30")},
	} {
		doc := parse(t, get(h, "/enterprises/s-3"+query).Body.String())
		if f.moment != want {
			t.Errorf("%q asks for %+v, want %+v", query, f.moment, want)
		}
		bands := find(doc, ".band-known")
		if len(bands) == 1 == want.KnownOn.IsZero() {
			t.Errorf("%q: %d bands", query, len(bands))
		}
		if !want.KnownOn.IsZero() && !strings.Contains(attr(find(doc, "nav.rail a")[0], "href"), "known=2020-11-30") {
			t.Errorf("%q is not carried", query)
		}
		if corrects := len(find(doc, "table.from-where td.act a")) > 0; corrects != (want == fact.Moment{}) {
			t.Errorf("%q: corrections offered: %v", query, corrects)
		}
	}
	if w := get(h, "/enterprises/s-3?known=x"); w.Code != 422 {
		t.Errorf("nonsense answers %d", w.Code)
	}
	if got := text(one(t, parse(t, get(h, "/links?known=2020-11-30").Body.String()), ".band-known")); !strings.Contains(got, "总是现在的状况") {
		t.Errorf("a page of now says %q", got)
	}
}
