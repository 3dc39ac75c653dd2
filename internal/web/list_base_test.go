package web

import (
	"cmp"
	"context"
	"eyas/internal/store/basetest"
	"flag"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"eyas/internal/registry/fact"
	"eyas/internal/registry/identity"
	"eyas/internal/store/pgtest"
	"eyas/packs"
)

func TestMain(m *testing.M) {
	if os.Getenv("EYAS_SOAK") == "" { // a check of a property asks for several pages
		if err := flag.Set("rapid.checks", "20"); err != nil {
			panic(err)
		}
	}
	pgtest.Main(m)
}

// Lists of imports and of pairs have the rows that their filters say, in their order, on both databases: the oracle filters and
// sorts the file of all rows.
func TestListsOfTheBase(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) { listsOfBase(t, basetest.Path(t)) })
	t.Run("Postgres", func(t *testing.T) { listsOfBase(t, basetest.Server(t)) })
}

func listsOfBase(t *testing.T, dsn string) {
	p, err := packs.Default()
	if err != nil {
		t.Fatal(err)
	}
	d := townIn(t, p, dsn)
	rig := newImportRig(t)
	d.Jobs, d.Uploads = rig.deps.Jobs, rig.deps.Uploads
	ids := askPairs(t, d)
	if err := d.Intake.Undo(t.Context(), 2, nil); err != nil {
		t.Fatal(err)
	}
	h := handler(t, d)
	all := map[string]exported{}
	for _, path := range []string{"/import.xlsx", "/links.xlsx"} {
		if all[path] = readExport(t, get(h, path+"?lang=en"), ""); len(all[path].rows) < 5 {
			t.Fatalf("%s: %d rows", path, len(all[path].rows))
		}
	}
	cell := func(path string, row []string, head string) string {
		i := slices.Index(all[path].head, head)
		if i < 0 {
			t.Fatalf("%s has no %q among %q", path, head, all[path].head)
		}
		if i >= len(row) {
			return ""
		}
		return row[i]
	}
	number := func(path string, row []string, head string) float64 {
		v, err := strconv.ParseFloat(strings.NewReplacer(",", "", "−", "-").Replace(cell(path, row, head)), 64)
		if err != nil {
			t.Fatalf("%s: %s of %q: %v", path, head, row, err)
		}
		return v
	}
	const past, pairs = "/import.xlsx", "/links.xlsx"
	carriers := p.Register("carrier").Name.In("en")
	part := string([]rune(all[past].rows[3][0])[:3])
	for _, c := range []struct {
		path, asked string
		fits        func(row []string) bool
		order       func(a, b []string) int // nil: as they are in the file of all rows
	}{
		{past, "c.register=carrier", func(r []string) bool { return cell(past, r, "Register") == carriers }, nil},
		{past, "c.register=carrier&c.register=enterprise&c.state=inforce", func(r []string) bool {
			reg := cell(past, r, "Register")
			return (reg == carriers || reg == p.Register("enterprise").Name.In("en")) && cell(past, r, "State") == "in force"
		}, nil},
		{past, "c.state=undone", func(r []string) bool { return cell(past, r, "State") == "undone" }, nil},
		{past, "c.synthetic=yes", func([]string) bool { return true }, nil},
		{past, "c.synthetic=no", func([]string) bool { return false }, nil},
		{past, "missing=source", func(r []string) bool { return cell(past, r, "Source") == "" }, nil},
		{past, "text=" + url.QueryEscape(part), func(r []string) bool { return strings.Contains(r[0], part) }, nil},
		{past, "from.when=2021-03-31&to.when=2021-03-31", func([]string) bool { return true }, nil},
		{past, "from.when=2021-04-01", func([]string) bool { return false }, nil},
		{past, "t.who=nobody", func([]string) bool { return false }, nil},
		{past, "sort=-rows", func([]string) bool { return true }, func(a, b []string) int { return cmp.Compare(number(past, b, "Rows"), number(past, a, "Rows")) }},
		{past, "sort=refused&c.state=inforce", func(r []string) bool { return cell(past, r, "State") == "in force" }, func(a, b []string) int { return cmp.Compare(number(past, a, "Refused"), number(past, b, "Refused")) }},
		{pairs, "from.weight=0.3&to.weight=2.5", func(r []string) bool { w := number(pairs, r, "Weight (bits)"); return w >= 0.3 && w <= 2.5 }, nil},
		{pairs, "to.weight=-0.1", func(r []string) bool { return number(pairs, r, "Weight (bits)") <= -0.1 }, nil},
		{pairs, "sort=weight", func([]string) bool { return true }, func(a, b []string) int {
			return cmp.Compare(number(pairs, a, "Weight (bits)"), number(pairs, b, "Weight (bits)"))
		}},
		{pairs, "text=" + url.QueryEscape(all[pairs].rows[2][2]), func(r []string) bool { return r[0] == all[pairs].rows[2][2] || r[2] == all[pairs].rows[2][2] }, nil},
		{pairs, fmt.Sprintf("id=%d&id=%d", ids[0], ids[2]), func(r []string) bool { w := number(pairs, r, "Weight (bits)"); return w == 0.3 || w == -0.1 }, nil},
	} {
		var want []string
		rows := slices.Clone(all[c.path].rows)
		rows = slices.DeleteFunc(rows, func(r []string) bool { return !c.fits(r) })
		got := readExport(t, get(h, c.path+"?lang=en&"+c.asked), "").rows
		var lines []string
		for _, r := range got {
			lines = append(lines, strings.Join(r, "|"))
		}
		for _, r := range rows {
			want = append(want, strings.Join(r, "|"))
		}
		if c.order != nil {
			if !slices.IsSortedFunc(got, c.order) {
				t.Errorf("%s?%s is not in its order: %q", c.path, c.asked, lines)
			}
			slices.Sort(lines)
			slices.Sort(want)
		}
		if !slices.Equal(lines, want) {
			t.Errorf("%s?%s has\n%s\nwant\n%s", c.path, c.asked, strings.Join(lines, "\n"), strings.Join(want, "\n"))
		}
		page := strings.TrimSuffix(c.path, ".xlsx") + "?lang=en&" + c.asked
		doc := parse(t, get(h, page).Body.String())
		if n := len(find(doc, "table.list tbody tr")) - len(find(doc, "table.list tbody tr.none")); n != min(len(want), 20) {
			t.Errorf("%s shows %d rows of %d", page, n, len(want))
		}
	}
}

// askPairs asks about six more pairs of enterprises of the base, of weights from −1.3 to 6.5 bits, and gives their numbers.
func askPairs(t *testing.T, d Deps) (ids []int64) {
	t.Helper()
	found, err := d.Known.Find(t.Context(), "公司")
	if err != nil || len(found) < 7 {
		t.Fatal(len(found), err)
	}
	err = townBase(t, d).Identities().Write(t.Context(), func(w identity.Writer) error {
		var rows []fact.QuestionRow
		for i, weight := range []int64{300, 2500, -100, 6500, -1300, 299} {
			id, err := w.Advance(context.WithoutCancel(t.Context()), fact.LastAsked, 1)
			if err != nil {
				return err
			}
			ids = append(ids, id)
			rows = append(rows, fact.QuestionRow{ID: id, Register: "enterprise", Subject: found[i].Subject, Candidate: found[i+1].Subject, Weight: weight, Evidence: "[]", RaisedAt: d.Clock(), State: fact.Open})
		}
		return w.AddQuestions(t.Context(), rows)
	})
	if err != nil {
		t.Fatal(err)
	}
	return ids
}
