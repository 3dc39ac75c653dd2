package retention_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"eyas/internal/pack"
	"eyas/internal/retention"
)

// cell is a cell with a personal value, as a plain model keeps it.
type cell struct {
	register, name, attr string
	imported             int64
	day, undone          time.Time // undone: zero for an import in force
}

// model is a base as a plain list of cells.
type model struct {
	cells  []cell
	served map[string]time.Time // person → the last day of service that its latest file says
	told   map[string]time.Time // person → the day of that file
	holds  map[string]string    // subject's name, register, or number of an import → last day
}

// over is when a term is over, counted month by month and day by day.
func over(from time.Time, t pack.Period) time.Time {
	y, m, d := from.Date()
	for range 12*t.Years + t.Months {
		if m++; m > 12 {
			y, m = y+1, 1
		}
	}
	for d > 28 && time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Month() != m {
		d--
	}
	at := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	for range t.Days {
		at = at.Add(24 * time.Hour)
	}
	return at
}

// due is what the rules say of a day, cell by cell.
func (m *model) due(p *pack.Pack, day time.Time) (list []string) {
	lasts := func(what string) bool { return m.holds[what] >= day.Format(time.DateOnly) }
	for _, c := range m.cells {
		if lasts(c.name) || lasts(c.register) || lasts(fmt.Sprint(c.imported)) {
			continue
		}
		reg := p.Register(c.register)
		a := reg.Attribute(c.attr)
		for _, r := range p.Retention {
			covers := slices.Contains(r.Registers, c.register) && (slices.Contains(r.Classes, a.Class) || slices.Contains(r.Attributes, c.attr))
			var from time.Time
			switch r.From {
			case pack.FromFile:
				from = c.day
			case pack.FromUndone:
				from = c.undone
			case pack.FromSubject:
				from = m.served[c.name]
			}
			if covers && !from.IsZero() && !day.Before(over(from, r.Term)) {
				list = append(list, fmt.Sprintf("%d %s %s by %s", c.imported, c.name, c.attr, r.ID))
				break
			}
		}
	}
	slices.Sort(list)
	return list
}

// What is due by the rules, on any day and under any holds, is what a walk over all cells finds.
func TestDueAsWalked(t *testing.T) {
	bothBases(t, func(t *testing.T, dsn string) {
		b := open(t, dsn, t.TempDir()+"/keys", day(2018, 1, 1))
		defer b.db.Close()
		m := &model{served: map[string]time.Time{}, told: map[string]time.Time{}, holds: map[string]string{}}
		subjects := map[string]int64{}
		var imports []int64
		n, runs := 0, 0
		rapid.Check(t, func(rt *rapid.T) {
			if runs++; runs > 12 { // the base keeps what each run brings
				return
			}
			b.now = b.now.AddDate(0, rapid.IntRange(1, 9).Draw(rt, "months"), rapid.IntRange(0, 20).Draw(rt, "days"))
			today := day(b.now.Date())
			held := today.AddDate(0, 0, -rapid.IntRange(0, 900).Draw(rt, "age"))
			n++
			var text strings.Builder
			var cells []cell
			name := "e.csv"
			if rapid.Bool().Draw(rt, "people") {
				name = "p.csv"
				text.WriteString("人员编号,姓名,人员类别,工作单位,手机,电子邮箱,派驻结束\n")
				for i := range rapid.IntRange(1, 3).Draw(rt, "rows") {
					who := fmt.Sprintf("张%02d", rapid.IntRange(0, 5).Draw(rt, "who")*10+i)
					until := time.Time{}
					row := []string{"RY-" + who[3:], who, "科技特派员", fmt.Sprintf("单位%d", n), "", "", ""}
					if rapid.Bool().Draw(rt, "phone") {
						row[4] = fmt.Sprintf("138%08d", n)
						cells = append(cells, cell{register: "person", name: who, attr: "phone"})
					}
					if rapid.Bool().Draw(rt, "mail") {
						row[5] = fmt.Sprintf("a%d@example.com", n)
						cells = append(cells, cell{register: "person", name: who, attr: "email"})
					}
					if rapid.Bool().Draw(rt, "served") {
						until = held.AddDate(0, -rapid.IntRange(0, 20).Draw(rt, "since"), 0)
						row[6] = until.Format(time.DateOnly)
						if !held.Before(m.told[who]) {
							m.served[who], m.told[who] = until, held
						}
					}
					text.WriteString(strings.Join(row, ",") + "\n")
				}
			} else {
				fmt.Fprintf(&text, "企业名称,联系电话,%d年销售收入（元）\n", held.Year())
				for i := range rapid.IntRange(1, 3).Draw(rt, "rows") {
					who := fmt.Sprintf("天津第%02d号科技有限公司", rapid.IntRange(0, 5).Draw(rt, "who")*10+i)
					phone := ""
					if rapid.Bool().Draw(rt, "phone") {
						phone = fmt.Sprintf("139%08d", n)
						cells = append(cells, cell{register: "enterprise", name: who, attr: "phone"})
					}
					fmt.Fprintf(&text, "%s,%s,%d\n", who, phone, n)
				}
			}
			id := b.brings(chen, fmt.Sprintf("%s%d.csv", name[:1], n), text.String(), held)
			imports = append(imports, id)
			for _, c := range cells {
				c.imported, c.day = id, held
				m.cells = append(m.cells, c)
				if subjects[c.name] == 0 {
					subjects[c.name] = b.finds(c.register, c.name)
				}
			}
			if rapid.IntRange(0, 3).Draw(rt, "undo") == 0 {
				x := imports[rapid.IntRange(0, len(imports)-1).Draw(rt, "which")]
				of := func(c cell) bool { return c.imported == x }
				if i := slices.IndexFunc(m.cells, of); i >= 0 && m.cells[i].register == "enterprise" && m.cells[i].undone.IsZero() { // what undoing changes of services is not in the model
					if err := b.reg.Undo(chen, x, nil); err != nil {
						rt.Fatal(err)
					}
					for i := range m.cells {
						if of(m.cells[i]) {
							m.cells[i].undone = today
						}
					}
				}
			}
			if names := slices.Sorted(maps.Keys(subjects)); len(names) > 0 && rapid.IntRange(0, 2).Draw(rt, "hold") == 0 {
				h := retention.Hold{Reason: "诉讼保全", Until: today.AddDate(0, rapid.IntRange(0, 30).Draw(rt, "held"), 0).Format(time.DateOnly)}
				what := rapid.SampledFrom(names).Draw(rt, "whom")
				h.Kind, h.Ref = retention.OfSubject, subjects[what]
				if rapid.Bool().Draw(rt, "import") {
					h.Kind, h.Ref = retention.OfImport, rapid.SampledFrom(imports).Draw(rt, "held import")
					what = fmt.Sprint(h.Ref)
				}
				if _, err := b.keeper.AddHold(chen, h); err != nil {
					rt.Fatal(err)
				}
				m.holds[what] = max(m.holds[what], h.Until)
			}
			for _, later := range []int{0, rapid.IntRange(1, 4000).Draw(rt, "later")} {
				now := b.now
				b.now = now.AddDate(0, 0, later)
				parts, err := b.keeper.Due(chen, retention.Wanted{}, nil)
				if err != nil {
					rt.Fatal(err)
				}
				var got []string
				if err := b.keeper.EachCell(parts, func(p *retention.Part, record int64) error {
					v, err := b.reg.Record(chen, record)
					if err != nil {
						return err
					}
					at := slices.IndexFunc(v.Headers, func(h string) bool { return h == "姓名" || h == "企业名称" })
					got = append(got, fmt.Sprintf("%d %s %s by %s", p.Import, v.Cells[at], p.Attribute, p.Rule))
					return nil
				}); err != nil {
					rt.Fatal(err)
				}
				slices.Sort(got)
				if want := m.due(b.pack, day(b.now.Date())); !slices.Equal(got, want) {
					rt.Fatalf("on %s\n%s\nwalked:\n%s", b.now.Format(time.DateOnly), strings.Join(got, "\n"), strings.Join(want, "\n"))
				}
				b.now = now
			}
		})
	})
}
