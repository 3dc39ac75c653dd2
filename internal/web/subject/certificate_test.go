package subject

import (
	"testing"
	"time"

	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/web/city"
	"eyas/internal/web/words"
)

// A certificate without an end holds three years less a day; the last year of any is warned about.
func TestCertificates(t *testing.T) {
	from, until := &pack.Attribute{ID: "cert_hnte_from", Kind: pack.Date}, &pack.Attribute{ID: "cert_hnte_until", Kind: pack.Date}
	wr := words.Writer{City: city.New(&pack.Pack{Registers: []*pack.Register{{ID: "enterprise", Attributes: []*pack.Attribute{from, until},
		Certificates: []*pack.Certificate{{ID: "hnte", From: from.ID, Until: until.ID, Terms: []pack.Term{{Years: 3}}}}}}}), Lang: "en"}
	days := func(text string) fact.Value {
		at, err := time.Parse(time.DateOnly, text)
		if err != nil {
			t.Fatal(err)
		}
		return fact.Value{Int: at.Unix() / 86400}
	}
	for _, tt := range []struct {
		from, until, on string
		end             string
		days            int
		soon, past      bool
	}{
		{"2018-10-28", "", "2021-03-31", "2021-10-27", 210, true, false},
		{"2018-10-28", "", "2021-10-27", "2021-10-27", 0, true, false},
		{"2018-10-28", "", "2021-10-28", "2021-10-27", -1, false, true},
		{"2018-10-28", "2024-10-27", "2021-03-31", "2024-10-27", 1306, false, false},
		{"2020-02-29", "", "2020-03-01", "2023-02-28", 1094, false, false},
	} {
		p := &fact.Profile{Facts: []fact.Fact{{Attr: from, Value: days(tt.from)}}}
		if tt.until != "" {
			p.Facts = append(p.Facts, fact.Fact{Attr: until, Value: days(tt.until)})
		}
		on, _ := time.Parse(time.DateOnly, tt.on)
		got := certificates(wr, p, on)
		if len(got) != 1 || got[0].Until != tt.end || got[0].Days != tt.days || got[0].Soon != tt.soon || got[0].Past != tt.past {
			t.Errorf("%+v: got %+v", tt, got)
		}
	}
}
