package calendar

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/packs"
)

func tianjin(t testing.TB) *Calendar {
	t.Helper()
	p, err := packs.Default()
	if err != nil {
		t.Fatal(err)
	}
	return New(p.Calendar)
}

func date(t testing.TB, s string) time.Time {
	t.Helper()
	d, err := time.Parse(time.DateOnly, s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// The days on which an office that only knows weekends would be wrong, as the notices have them.
func TestWorking(t *testing.T) {
	c := tianjin(t)
	for _, x := range []struct {
		day    string
		worked bool
	}{
		{"2018-12-29", true}, {"2018-12-31", false}, // of the notice for 2019
		{"2019-05-01", false}, {"2019-05-02", false}, {"2019-05-03", false}, {"2019-04-28", true}, {"2019-05-05", true}, // Labour Day was made longer
		{"2020-01-19", true}, {"2020-01-31", false}, {"2020-02-01", false}, {"2020-02-02", false}, {"2020-02-03", true}, // Spring Festival was made longer
		{"2020-06-28", true}, {"2020-10-08", false}, {"2020-10-10", true},
		{"2021-02-07", true}, {"2021-02-10", true}, {"2021-02-11", false}, {"2021-02-17", false}, {"2021-02-20", true}, {"2021-09-18", true}, {"2021-09-20", false},
		{"2022-01-30", true}, {"2022-04-02", true}, {"2022-10-08", true}, {"2022-10-09", true},
		{"2022-12-31", false}, {"2023-01-02", false}, {"2023-06-25", true}, {"2023-09-29", false},
		{"2024-02-09", true}, {"2024-02-18", true}, {"2024-05-11", true}, {"2024-09-17", false},
		{"2025-01-28", false}, {"2025-04-27", true}, {"2025-10-08", false}, {"2025-10-11", true},
		{"2026-01-04", true}, {"2026-02-23", false}, {"2026-02-28", true}, {"2026-09-20", true}, {"2026-10-10", true}, {"2026-12-31", true},
	} {
		if worked, known := c.Working(date(t, x.day)); worked != x.worked || !known {
			t.Errorf("%s: worked %v, known %v; want %v, true", x.day, worked, known, x.worked)
		}
	}
	for day, worked := range map[string]bool{"2018-12-28": true, "2018-12-30": false, "2027-01-01": true, "2027-01-02": false, "1999-12-31": true} {
		got, known := c.Working(date(t, day))
		if got != worked || known != (day == "2018-12-30") {
			t.Errorf("%s: worked %v, known %v", day, got, known)
		}
	}
	// How many days were worked in each year, counted from the notices: 365 or 366 days less weekends and holidays.
	for year, days := range map[int]int{2019: 250, 2020: 249, 2021: 250, 2022: 249, 2023: 249, 2024: 251, 2025: 248, 2026: 248} {
		n, err := c.Between(time.Date(year-1, 12, 31, 0, 0, 0, 0, time.UTC), time.Date(year, 12, 31, 0, 0, 0, 0, time.UTC))
		if err != nil || n.Days != days || !n.Known() {
			t.Errorf("%d has %d working days (%v, %v), want %d", year, n.Days, n.Unknown, err, days)
		}
	}
}

func TestCounts(t *testing.T) {
	c := tianjin(t)
	for _, x := range []struct {
		from    string
		n       int
		to      string
		unknown []int
	}{
		{"2021-02-10", 10, "2021-03-02", nil}, {"2021-02-10", 9, "2021-03-01", nil},
		{"2020-01-23", 1, "2020-02-03", nil}, // over the longer Spring Festival
		{"2021-09-30", 1, "2021-10-08", nil},
		{"2021-10-08", -1, "2021-09-30", nil},
		{"2021-10-03", 0, "2021-10-03", nil}, // no days: not moved, though nobody works
		{"2021-10-03", 1, "2021-10-08", nil},
		{"2021-10-03", -1, "2021-09-30", nil},
		{"2026-12-31", 1, "2027-01-01", []int{2027}}, // a holiday by law; but no notice was out
		{"2027-01-04", -1, "2027-01-01", []int{2027}},
		{"2026-12-30", 1, "2026-12-31", nil},
		{"2018-12-28", 1, "2018-12-29", nil}, // the only days counted are named by the notice for 2019
		{"2018-12-27", 1, "2018-12-28", []int{2018}},
	} {
		d, err := c.Add(date(t, x.from), x.n)
		if err != nil || d.Date.Format(time.DateOnly) != x.to || !slices.Equal(d.Unknown, x.unknown) {
			t.Errorf("%s %+d is %v, unknown %v (%v); want %s, %v", x.from, x.n, d.Date, d.Unknown, err, x.to, x.unknown)
		}
	}
	for _, x := range []struct {
		from, to string
		n        int
		known    bool
	}{
		{"2021-02-10", "2021-03-01", 9, true}, {"2021-03-01", "2021-02-10", -9, true}, {"2021-02-10", "2021-02-10", 0, true}, {"2026-12-31", "2028-01-02", 261, false},
	} {
		n, err := c.Between(date(t, x.from), date(t, x.to))
		if err != nil || n.Days != x.n || n.Known() != x.known {
			t.Errorf("%s to %s: %+v (%v), want %d", x.from, x.to, n, err, x.n)
		}
	}
	n, _ := c.Between(date(t, "2025-06-01"), date(t, "2028-06-01"))
	if !slices.Equal(n.Unknown, []int{2027, 2028}) {
		t.Errorf("unknown %v", n.Unknown)
	}
}

// A day or a result outside of the days that are counted is refused with a sentence.
func TestOutside(t *testing.T) {
	c := tianjin(t)
	old, late := date(t, "1999-12-31"), date(t, "2100-01-01")
	_, e1 := c.Add(old, 1)
	_, e2 := c.Add(date(t, "2099-12-31"), 1)
	_, e3 := c.Add(date(t, "2000-01-03"), -1)
	_, e4 := c.Between(old, date(t, "2021-01-01"))
	_, e5 := c.Between(date(t, "2021-01-01"), late)
	_, e6 := c.Add(date(t, "2021-01-01"), 1<<40)
	for i, err := range []error{e1, e2, e3, e4, e5, e6} {
		if f, ok := err.(*fault.Error); !ok || f.Code != fault.Invalid {
			t.Errorf("case %d: %v", i+1, err)
		}
	}
	if d, err := c.Add(date(t, "2099-12-30"), 1); err != nil || d.Date != Last {
		t.Error(d, err)
	}
	if d, err := c.Add(date(t, "2000-01-04"), -1); err != nil || d.Date != date(t, "2000-01-03") {
		t.Error(d, err)
	}
}

// An oracle that knows no sums: it goes from day to day, and looks each one up in the pack's lists.
type oracle map[time.Time]bool

func oracleOf(t testing.TB) oracle {
	p, err := packs.Default()
	if err != nil {
		t.Fatal(err)
	}
	o := oracle{}
	for _, y := range p.Calendar {
		for _, h := range y.Off {
			for d := h.From; !d.After(h.Until); d = d.Add(24 * time.Hour) {
				o[d] = false
			}
		}
		for _, d := range y.Work {
			o[d] = true
		}
	}
	return o
}

func (o oracle) works(d time.Time) bool {
	if w, named := o[d]; named {
		return w
	}
	return d.Weekday() >= time.Monday && d.Weekday() <= time.Friday
}

func (o oracle) add(d time.Time, n int) time.Time {
	step := 24 * time.Hour
	if n < 0 {
		n, step = -n, -step
	}
	for n > 0 {
		if d = d.Add(step); o.works(d) {
			n--
		}
	}
	return d
}

func (o oracle) between(from, to time.Time) (n int) {
	for d := from.Add(24 * time.Hour); !d.After(to); d = d.Add(24 * time.Hour) {
		if o.works(d) {
			n++
		}
	}
	return n
}

// Every day of 2019 to 2026, for the deadlines that matters use.
func TestOracle(t *testing.T) {
	c, o := tianjin(t), oracleOf(t)
	for d := date(t, "2019-01-01"); d.Year() <= 2026; d = d.AddDate(0, 0, 1) {
		if got, _ := c.Working(d); got != o.works(d) {
			t.Errorf("%s: worked %v", d.Format(time.DateOnly), got)
		}
		for _, n := range []int{-30, -5, -1, 0, 1, 2, 5, 10, 20, 60} {
			got, err := c.Add(d, n)
			if want := o.add(d, n); err != nil || got.Date != want {
				t.Fatalf("%s %+d: %s (%v), want %s", d.Format(time.DateOnly), n, got.Date.Format(time.DateOnly), err, want.Format(time.DateOnly))
			}
			if n >= 0 && d.Year() < 2026 && !got.Known() {
				t.Fatalf("%s %+d: unknown %v", d.Format(time.DateOnly), n, got.Unknown)
			}
		}
		to := d.AddDate(0, 0, 75)
		got, err := c.Between(d, to)
		if want := o.between(d, to); err != nil || got.Days != want {
			t.Fatalf("%s and 75 days: %d (%v), want %d", d.Format(time.DateOnly), got.Days, err, want)
		}
	}
}

// Whatever days are off: adding and counting are each other's inverse, and counts add up.
func TestProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		day := rapid.Custom(func(t *rapid.T) time.Time {
			return date2021().AddDate(0, 0, rapid.IntRange(-400, 400).Draw(t, "day"))
		})
		y := &pack.Year{Year: 2021}
		for range rapid.IntRange(0, 12).Draw(t, "holidays") {
			from := day.Draw(t, "from")
			y.Off = append(y.Off, pack.Holiday{From: from, Until: from.AddDate(0, 0, rapid.IntRange(0, 9).Draw(t, "length"))})
		}
		y.Work = rapid.SliceOfN(day, 0, 12).Draw(t, "work")
		c := New([]*pack.Year{y})
		d, n := day.Draw(t, "d"), rapid.IntRange(1, 300).Draw(t, "n")
		later, err := c.Add(d, n)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := c.Between(d, later.Date); err != nil || got.Days != n {
			t.Fatalf("%d days after %v is %v, and %d days lie between", n, d, later.Date, got.Days)
		}
		if works, _ := c.Working(later.Date); !works {
			t.Fatalf("%v is not worked", later.Date)
		}
		if works, _ := c.Working(d); works {
			if back, err := c.Add(later.Date, -n); err != nil || back.Date != d {
				t.Fatalf("back from %v is %v, not %v", later.Date, back.Date, d)
			}
		}
		mid := day.Draw(t, "mid")
		a, _ := c.Between(d, mid)
		b, _ := c.Between(mid, later.Date)
		if a.Days+b.Days != n {
			t.Fatalf("%d and %d are not %d", a.Days, b.Days, n)
		}
	})
}

func date2021() time.Time { return time.Date(2021, 7, 1, 0, 0, 0, 0, time.UTC) }

// A time of day, and a zone, do not move a day.
func TestCivilDay(t *testing.T) {
	c := tianjin(t)
	zone := time.FixedZone("CST", 8*60*60)
	got, err := c.Add(time.Date(2021, 2, 10, 0, 30, 0, 0, zone), 10)
	if err != nil || got.Date != date(t, "2021-03-02") {
		t.Error(got, err)
	}
}
