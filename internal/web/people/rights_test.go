package people

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"eyas/internal/auth"
	"eyas/internal/people"
)

var updateRights = flag.Bool("rights.update", false, "write testdata/rights.txt anew; review what changed")

// asked is how each route of people is asked for in the table. {person} is an officer of the first district, {grant} his role,
// {proposed} a proposal about an enterprise that lies there. What is sent changes nothing where the rights allow it.
var asked = map[string]struct {
	at   string
	form url.Values
}{
	"GET /sign-in":                         {"/sign-in", nil},
	"POST /sign-in/second":                 {"/sign-in/second", url.Values{"code": {"000000"}}},
	"GET /sign-in/provider":                {"/sign-in/provider", nil},
	"GET /sign-in/provider/done":           {"/sign-in/provider/done?state=x&code=y", nil},
	"GET /sign-in/provider/end":            {"/sign-in/provider/end", nil},
	"GET /first-start/{token}":             {"/first-start/nonsense", nil},
	"POST /first-start/{token}":            {"/first-start/nonsense", nil},
	"GET /link/{token}":                    {"/link/nonsense", nil},
	"POST /link/{token}":                   {"/link/nonsense", url.Values{"password": {"x"}, "again": {"x"}}},
	"GET /join":                            {"/join", nil},
	"POST /join":                           {"/join", nil},
	"POST /account/strength":               {"/account/strength", url.Values{"password": {"x"}}},
	"GET /account":                         {"/account", nil},
	"POST /account/name":                   {"/account/name", nil},
	"GET /account/password":                {"/account/password", nil},
	"POST /account/password":               {"/account/password", nil},
	"GET /account/second":                  {"/account/second", nil},
	"POST /account/second":                 {"/account/second", url.Values{"code": {"nonsense"}}},
	"POST /account/role":                   {"/account/role", url.Values{"grant": {"99999"}}},
	"POST /account/sessions/{id}/end":      {"/account/sessions/nonsense/end", nil},
	"GET /account/tokens":                  {"/account/tokens", nil},
	"POST /account/tokens":                 {"/account/tokens", nil},
	"POST /account/tokens/{token}/end":     {"/account/tokens/99999/end", nil},
	"GET /people/{id}/tokens":              {"/people/{person}/tokens", nil},
	"POST /people/{id}/tokens":             {"/people/{person}/tokens", nil},
	"POST /people/{id}/tokens/{token}/end": {"/people/{person}/tokens/99999/end", nil},
	"GET /account/hooks":                   {"/account/hooks", nil},
	"POST /account/hooks":                  {"/account/hooks", nil},
	"GET /account/hooks/{hook}":            {"/account/hooks/99999", nil},
	"POST /account/hooks/{hook}/do":        {"/account/hooks/99999/do", url.Values{"do": {"pause"}}},
	"GET /people/{id}/hooks":               {"/people/{person}/hooks", nil},
	"POST /people/{id}/hooks":              {"/people/{person}/hooks", url.Values{"name": {"x"}, "url": {"https://example.com"}, "event": {"subject.changed"}}},
	"GET /people/{id}/hooks/{hook}":        {"/people/{person}/hooks/99999", nil},
	"POST /people/{id}/hooks/{hook}/do":    {"/people/{person}/hooks/99999/do", url.Values{"do": {"pause"}}},
	"GET /people":                          {"/people", nil},
	"GET /people.xlsx":                     {"/people.xlsx", nil},
	"GET /people/new":                      {"/people/new", nil},
	"POST /people/new":                     {"/people/new", url.Values{"id": {"!"}}},
	"GET /people/{id}":                     {"/people/{person}", nil},
	"POST /people/{id}/confirm":            {"/people/nobody/confirm", nil},
	"POST /people/{id}/lock":               {"/people/nobody/lock", nil},
	"POST /people/{id}/unlock":             {"/people/nobody/unlock", nil},
	"POST /people/{id}/recover":            {"/people/nobody/recover", nil},
	"POST /people/{id}/leave":              {"/people/nobody/leave", nil},
	"POST /people/{id}/grant":              {"/people/{person}/grant", url.Values{"role": {"nonsense"}}},
	"POST /people/{id}/deputy":             {"/people/{person}/deputy", url.Values{"deputy": {"nobody"}}},
	"POST /people/grants/{grant}/settle":   {"/people/grants/{proposed}/settle", url.Values{"do": {"refuse"}}},
	"POST /people/grants/{grant}/take":     {"/people/grants/99999/take", nil},
	"POST /people/grants/{grant}/look":     {"/people/grants/{grant}/look", nil},
	"POST /look/end":                       {"/look/end", nil},
}

// apartRoutes begin and end a session: what they do is tested by itself.
var apartRoutes = []string{"POST /sign-in", "POST /sign-out"}

// firms finds one enterprise, which lies in the first district.
type firms struct{}

const firmCode = "91120110MA0000001D"

func (firms) SubjectByCode(_ context.Context, registers []string, code string) (*people.Subject, error) {
	return &people.Subject{ID: 7, Register: registers[0], Code: code, Name: "甲区示例机械有限公司", Orgs: []string{"120110"}}, nil
}

func (firms) SubjectByID(context.Context, int64) (*people.Subject, error) {
	return &people.Subject{ID: 7, Register: "enterprise", Code: firmCode, Name: "甲区示例机械有限公司", Orgs: []string{"120110"}}, nil
}

// Each route of people for each role, signed in: in the district in which the person lies who is looked at, in the one beside it, for
// the city, in a zone and a park. The table is read and reviewed by people; a route without a row fails.
func TestPeopleTable(t *testing.T) {
	l := newLodge(t)
	l.Subjects = firms{}
	const password = "Kestrel-4821-Hover"
	local := auth.As(t.Context(), auth.Local)
	orgs := map[string][]string{"city": {"120000"}, "district": {"120110", "120111"}, "zone": {"teda"}, "park": {"huayuan"}}
	var list []string
	var browsers []*browser
	seed := func(role, org string) {
		t.Helper()
		id := fmt.Sprintf("p%d", len(list))
		a := people.GrantAsk{Role: auth.Role(role), Org: org}
		if org == "" {
			a.Code = firmCode
		}
		if _, err := l.Seed(local, people.Person{ID: id, Name: "示例"}, a, password); err != nil {
			t.Fatal(role, org, err)
		}
		list = append(list, strings.TrimSpace(role+" "+org))
		b := l.browser(t)
		b.enter(id, password)
		browsers = append(browsers, b)
	}
	for _, r := range l.Pack.Roles {
		if len(r.For) > 0 {
			seed(r.ID, "")
			continue
		}
		for _, kind := range r.Orgs {
			for _, o := range orgs[kind] {
				seed(r.ID, o)
			}
		}
	}
	if _, err := l.Seed(local, people.Person{ID: "target", Name: "示例"}, people.GrantAsk{Role: "district_officer", Org: "120110"}, password); err != nil {
		t.Fatal(err)
	}
	own, err := l.Get(l.as(t, "sys", "system_admin"), "target")
	if err != nil {
		t.Fatal(err)
	}
	proposed, err := l.Propose(auth.In(t.Context(), auth.Actor{ID: "someone", Role: "district_admin", Org: "120110"}), people.GrantAsk{Person: "target", Role: "enterprise", Code: firmCode})
	if err != nil {
		t.Fatal(err)
	}
	fill := strings.NewReplacer("{person}", "target", "{grant}", fmt.Sprint(own.Grants[0].ID), "{proposed}", fmt.Sprint(proposed))
	letters := map[int]string{200: "K", 303: "S", 307: "S", 400: "B", 401: "A", 403: "F", 404: "N", 409: "C", 410: "G", 422: "I", 429: "T", 502: "P", 503: "W", 500: "!"}
	var b strings.Builder
	b.WriteString("Each route of people for who has signed in, as TestPeopleTable finds it: go test ./internal/web/people -run TestPeopleTable -rights.update writes it anew.\n" +
		"K shown or done, S goes on, F refused, N not there, I invalid, C conflict, A to sign in, B bad, G gone, P no provider. What is sent changes nothing where it is allowed.\n" +
		"The person who is looked at is an officer of 120110, and the enterprise of the proposal lies there.\n\n")
	for i, who := range list {
		fmt.Fprintf(&b, "%2d %s\n", i+1, who)
	}
	for _, pattern := range l.routes {
		x, ok := asked[pattern]
		if !ok {
			if own := strings.Contains(pattern, "/people") || strings.Contains(pattern, "/account") || strings.Contains(pattern, "/sign-") || strings.Contains(pattern, "/link") || strings.Contains(pattern, "/join") ||
				strings.Contains(pattern, "/first-start") || strings.Contains(pattern, "/look"); own && !slices.Contains(apartRoutes, pattern) {
				t.Errorf("the route %s has no row: say in asked how it is asked for", pattern)
			}
			continue
		}
		method, _, _ := strings.Cut(pattern, " ")
		at := fill.Replace(x.at)
		fmt.Fprintf(&b, "\n%-38s", pattern)
		for i, who := range browsers {
			r := httptest.NewRequest(method, at, strings.NewReader(x.form.Encode()))
			if method == http.MethodPost {
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			}
			letter := letters[who.send(r).Code]
			if letter == "" || letter == "!" {
				t.Errorf("%s as %s is answered out of the table", pattern, list[i])
			}
			b.WriteString(letter)
		}
	}
	b.WriteByte('\n')
	const kept = "testdata/rights.txt"
	if *updateRights {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(kept, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(kept)
	if err != nil {
		t.Fatal(err)
	}
	got, old := strings.Split(b.String(), "\n"), strings.Split(string(want), "\n")
	for i := range max(len(got), len(old)) {
		g, o := "", ""
		if i < len(got) {
			g = got[i]
		}
		if i < len(old) {
			o = old[i]
		}
		if g != o {
			t.Errorf("line %d is\n%s\nthe table has\n%s", i+1, g, o)
		}
	}
}
