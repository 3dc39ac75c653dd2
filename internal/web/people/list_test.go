package people

import (
	"bytes"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"eyas/internal/auth"
	"eyas/internal/people"
)

// The list of people and its file are for who manages them, and show those of whom he may know, in the order and with the filters
// of the address. The file says who took it along.
func TestListAndItsFileByRole(t *testing.T) {
	l := newLodge(t)
	for _, x := range []struct {
		id   string
		role auth.Role
		org  string
	}{{"d-sys", "system_admin", "120000"}, {"d-sec", "security_admin", "120000"}, {"d-aud", "audit_admin", "120000"}, {"d-chief", "district_admin", "120110"}, {"d-officer", "district_officer", "120110"},
		{"d-other", "district_officer", "120111"}, {"d-bureau", "bureau", "120000"}} {
		if _, err := l.Seed(auth.As(t.Context(), auth.Local), people.Person{ID: x.id, Name: "示例"}, people.GrantAsk{Role: x.role, Org: x.org}, DemoPassword); err != nil {
			t.Fatal(err)
		}
	}
	demos := []string{"d-aud", "d-bureau", "d-chief", "d-officer", "d-other", "d-sec", "d-sys"}
	for _, x := range []struct {
		who, query string
		want       []string // nil: refused
	}{
		{"d-sys", "?text=d-", demos},
		{"d-sec", "?text=d-&sort=-id", []string{"d-sys", "d-sec", "d-other", "d-officer", "d-chief", "d-bureau", "d-aud"}},
		{"d-sys", "?c.roles=district_officer", []string{"d-officer", "d-other"}},
		{"d-sys", "?c.org=120111", []string{"d-other"}},
		{"d-sys", "?c.second=off&c.state=active", demos},
		{"d-sys", "?c.state=invited", []string{"aud", "sec", "sys"}},
		{"d-chief", "", []string{"d-chief", "d-officer"}},
		{"d-chief", "?c.org=120111", []string{}},
		{"d-aud", "", nil}, {"d-officer", "", nil}, {"d-bureau", "", nil},
	} {
		t.Run(x.who+x.query, func(t *testing.T) {
			b := l.browser(t)
			b.enter(x.who, DemoPassword)
			page, file := b.ask(http.MethodGet, "/people"+x.query), b.ask(http.MethodGet, "/people.xlsx"+x.query)
			if x.want == nil {
				if page.Code != http.StatusForbidden || file.Code != http.StatusForbidden {
					t.Errorf("the page is answered by %d, the file by %d", page.Code, file.Code)
				}
				return
			}
			if page.Code != http.StatusOK || file.Code != http.StatusOK {
				t.Fatalf("the page is answered by %d, the file by %d\n%s", page.Code, file.Code, page.Body)
			}
			ids, text := idsOf(t, file.Body.Bytes())
			if !slices.Equal(ids, x.want) {
				t.Errorf("the file has %q, want %q", ids, x.want)
			}
			if !strings.Contains(text, x.who) {
				t.Errorf("the file does not say who took it along:\n%s", text)
			}
			for _, id := range append(slices.Clone(demos), "aud", "sec", "sys") {
				if got := strings.Contains(page.Body.String(), `href="/people/`+id+`"`); got != slices.Contains(x.want, id) {
					t.Errorf("the page shows %s: %v", id, got)
				}
			}
			if csv := b.ask(http.MethodGet, "/people.xlsx"+strings.Replace("?as=csv&"+strings.TrimPrefix(x.query, "?"), "&&", "&", 1)); csv.Code != http.StatusOK || strings.Count(csv.Body.String(), "\n") != len(x.want)+1 {
				t.Errorf("as CSV: %d\n%s", csv.Code, csv.Body)
			}
		})
	}
}

// idsOf are the first cells of the rows below the head of a workbook, and all its text above them.
func idsOf(t *testing.T, book []byte) (ids []string, above string) {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(book))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := f.GetRows(f.GetSheetName(0))
	if err != nil {
		t.Fatal(err)
	}
	ids = []string{}
	head := false
	for _, r := range rows {
		switch {
		case head && len(r) > 0:
			ids = append(ids, r[0])
		case len(r) > 0 && r[0] == "账号":
			head = true
		default:
			above += strings.Join(r, " ") + "\n"
		}
	}
	return ids, above
}
