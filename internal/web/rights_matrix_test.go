package web

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/layout"
	"eyas/internal/registry/sight"
	"eyas/internal/web/frame"
	"eyas/packs"
)

var updateRights = flag.Bool("rights.update", false, "write testdata/rights.txt anew; review what changed")

// forms are what is sent to routes that change something. They change nothing: each is refused after the rights were asked, or
// does again what was done.
var forms = map[string]struct {
	at   string
	form url.Values
}{
	"POST /cases/new":                       {"/cases/new", url.Values{"matter": {"nothing"}, "subject": {"{subject}"}}},
	"POST /cases/{id}/act":                  {"/cases/{case}/act", url.Values{"do": {"nonsense"}}},
	"POST /cases/{id}/form":                 {"/cases/{case}/form", url.Values{"do": {"save"}, "v.main_product": {"{code}轴承"}, "key": {"again"}}},
	"POST /cases/{id}/papers":               {"/cases/{case}/papers", nil},
	"POST /cases/{id}/papers/drop":          {"/cases/{case}/papers/drop", nil},
	"POST /import":                          {"/import", nil},
	"POST /import/preview/{upload}":         {"/import/preview/{upload}", url.Values{"do": {"nonsense"}}},
	"POST /import/record/{id}/undo":         {"/import/record/{import}/undo", nil},
	"POST /jobs/{id}/cancel":                {"/jobs/{job}/cancel", nil},
	"POST /held/{id}":                       {"/held/{held}", url.Values{"answer": {"nonsense"}}},
	"POST /held/{id}/undo":                  {"/held/99999/undo", nil},
	"POST /retention/count":                 {"/retention/count", nil},
	"POST /retention/holds":                 {"/retention/holds", url.Values{"kind": {"nonsense"}}},
	"POST /retention/holds/{hold}/end":      {"/retention/holds/99999/end", nil},
	"POST /retention/{id}":                  {"/retention/{erasure}", url.Values{"answer": {"nonsense"}}},
	"POST /s/{id}/erase":                    {"/s/{subject}/erase", nil},
	"POST /links/{id}":                      {"/links/{question}", url.Values{"answer": {"nonsense"}, "seen": {"question:{question}=open"}}},
	"POST /links/{id}/undo":                 {"/links/{question}/undo", nil},
	"POST /merges/{id}/undo":                {"/merges/{merge}/undo", nil},
	"POST /moves/{id}/undo":                 {"/moves/99999/undo", nil},
	"POST /places":                          {"/places", url.Values{"phrase": {"某地"}, "org": {"nowhere"}, "seen": {"place:某地="}}},
	"POST /places/{id}/undo":                {"/places/99999/undo", nil},
	"POST /quality":                         {"/quality", url.Values{"do": {"dismiss"}, "key": {"{subject}.none.sales.2020"}, "note": {"对"}, "seen": {"finding:{subject}.none.sales.2020=x"}}},
	"POST /quality/search":                  {"/quality/search", nil},
	"POST /records/{id}/move":               {"/records/{record}/move", url.Values{"to": {"{subject}"}, "reason": {"试"}, "seen": {"record:{record}={subject}"}}},
	"POST /registers/{id}/new":              {"/registers/enterprise/new", url.Values{"v.sales@2020": {"不是数"}, "v.name": {"某公司"}}},
	"POST /s/{id}/correct":                  {"/s/{subject}/correct", url.Values{"a": {"sales@2020"}, "value": {"不是数"}, "reason": {"试"}}},
	"POST /s/{id}/edit":                     {"/s/{subject}/edit", url.Values{"v.sales@2020": {"不是数"}}},
	"POST /s/{id}/entries/{import}/undo":    {"/s/{subject}/entries/99999/undo", nil},
	"POST /s/{id}/meant":                    {"/s/{subject}/meant", nil},
	"POST /s/{id}/merge":                    {"/s/{subject}/merge", url.Values{"into": {"{subject}"}, "reason": {"试"}}},
	"POST /s/{id}/relate":                   {"/s/{person}/relate", nil},
	"POST /s/{id}/unmask":                   {"/s/{subject}/unmask", url.Values{"field": {"phone"}, "purpose": {"nonsense"}, "reason": {"试一试权限"}}},
	"POST /s/{id}/unmask/end":               {"/s/{subject}/unmask/end", nil},
	"POST /registers/{id}/contacts":         {"/registers/enterprise/contacts", url.Values{"field": {"phone"}, "purpose": {"nonsense"}, "reason": {"试一试权限"}}},
	"POST /s/{id}/shares":                   {"/s/{subject}/shares", url.Values{"kind": {"consent"}, "whom": {"nonsense"}, "purpose": {"试试"}, "until": {"2021-04-30"}}},
	"POST /s/{id}/shares/{share}/end":       {"/s/{subject}/shares/99999/end", nil},
	"POST /s/{id}/mandates":                 {"/s/{subject}/mandates", url.Values{"grant": {"99999"}, "until": {"2021-04-30"}}},
	"POST /s/{id}/mandates/{mandate}/end":   {"/s/{subject}/mandates/99999/end", nil},
	"POST /s/{id}/representative":           {"/s/{subject}/representative", url.Values{"grant": {"99999"}}},
	"POST /s/{id}/representative/{at}/end":  {"/s/{subject}/representative/99999/end", nil},
	"POST /mandates/{mandate}/accept":       {"/mandates/99999/accept", nil},
	"POST /mandates/{mandate}/end":          {"/mandates/99999/end", nil},
	"POST /start/demo":                      {"/start/demo", nil},
	"POST /undo/{kind}/{id}":                {"/undo/entry/99999", nil},
	"POST /exports":                         {"/exports", url.Values{"from": {"/nothing.xlsx"}}},
	"POST /import/record/{id}/original":     {"/import/record/{import}/original", nil},
	"POST /import/record/{id}/refused.xlsx": {"/import/record/{import}/refused.xlsx", nil},
	"POST /connect/{name}/open":             {"/connect/hnte_portal/open", url.Values{"purpose": {"nonsense"}, "reason": {"试一试权限"}}},
	"POST /search":                          {"/search", url.Values{"q": {"甲"}}},
	"POST /type":                            {"/type", url.Values{"size": {"nonsense"}}},

	// Of the API: no JSON, and a file without a name.
	"PUT /api/v1/subjects/{subject}/values/{key}": {"/api/v1/subjects/{subject}/values/sales@2020", nil},
	"POST /api/v1/registers/{register}/imports":   {"/api/v1/registers/enterprise/imports", nil},
	"POST /api/v1/imports/{import}/undo":          {"/api/v1/imports/{import}/undo?dry_run=true", nil},
	"PUT /api/v1/questions/{question}/answer":     {"/api/v1/questions/{question}/answer", nil},
	"POST /api/v1/cases":                          {"/api/v1/cases", nil},
	"POST /api/v1/cases/{case}/acts":              {"/api/v1/cases/{case}/acts", nil},
	"POST /api/v1/webhooks":                       {"/api/v1/webhooks", nil},
	"PUT /api/v1/webhooks/{webhook}/state":        {"/api/v1/webhooks/99999/state", nil},
	"POST /api/v1/webhooks/{webhook}/secret":      {"/api/v1/webhooks/99999/secret", nil},
	"POST /api/v1/webhooks/{webhook}/replay":      {"/api/v1/webhooks/99999/replay", nil},
}

// act is something that commands and jobs do through the registry, with no effect where it is allowed.
type act struct {
	name string
	do   func(ctx context.Context, v *province) error
}

func acts(path string) []act {
	upon := func(v *province, thing string) sight.Seen { return sight.Seen{thing: "x"} }
	src := layout.Source{Name: "名单.csv", Path: path}
	return []act{
		{"profile", func(ctx context.Context, v *province) error {
			_, err := v.reg.Profile(ctx, v.subject["here"])
			return err
		}},
		{"dossier", func(ctx context.Context, v *province) error {
			_, err := v.reg.DossierAt(ctx, v.subject["here"], fact.Moment{})
			return err
		}},
		{"history", func(ctx context.Context, v *province) error {
			_, err := v.reg.History(ctx, v.subject["here"])
			return err
		}},
		{"record", func(ctx context.Context, v *province) error {
			_, err := v.reg.Record(ctx, v.record["here"])
			return err
		}},
		{"question", func(ctx context.Context, v *province) error { _, err := v.reg.QuestionByID(ctx, v.ask); return err }},
		{"import by its number", func(ctx context.Context, v *province) error {
			_, err := v.reg.ImportByID(ctx, v.imports["undone"])
			return err
		}},
		{"refused rows", func(ctx context.Context, v *province) error {
			return v.reg.Refused(ctx, v.imports["undone"], io.Discard)
		}},
		{"whole register", func(ctx context.Context, v *province) error {
			return v.reg.EachProfile(ctx, "enterprise", 0, func(*fact.Profile) error { return nil })
		}},
		{"preview", func(ctx context.Context, v *province) error {
			_, err := v.reg.Preview(ctx, src, layout.Options{Register: "nothing"}, nil)
			return err
		}},
		{"import", func(ctx context.Context, v *province) error {
			_, _, err := v.reg.Import(ctx, src, layout.Options{Register: "nothing"}, nil)
			return err
		}},
		{"undo", func(ctx context.Context, v *province) error { return v.reg.Undo(ctx, 99999, nil) }},
		{"remember", func(ctx context.Context, v *province) error {
			return v.reg.Remember(ctx, "nothing", map[string]string{"a": "b"})
		}},
		{"enter", func(ctx context.Context, v *province) error {
			_, _, err := v.reg.Enter(ctx, intake.Entry{Register: "enterprise", Subject: v.subject["here"]})
			return err
		}},
		{"merge", func(ctx context.Context, v *province) error {
			_, err := v.reg.Merge(ctx, v.subject["here"], v.subject["here"], "")
			return err
		}},
		{"move", func(ctx context.Context, v *province) error {
			_, err := v.reg.Relink(ctx, v.record["here"], v.subject["here"], "")
			return err
		}},
		{"answer", func(ctx context.Context, v *province) error { return v.reg.Answer(ctx, v.ask, "nonsense", "") }},
		{"link", func(ctx context.Context, v *province) error { _, err := v.reg.Link(ctx, "nothing", nil); return err }},
		{"place", func(ctx context.Context, v *province) error {
			_, err := v.reg.AnswerPlace(ctx, "某地", "nothing", upon(v, "place:某地"))
			return err
		}},
		{"derive", func(ctx context.Context, v *province) error {
			return v.rights.Decide(ctx, auth.Derive, auth.Resource{})
		}},
		{"stop a job of another", func(ctx context.Context, v *province) error {
			ok, err := v.jobs.Cancel(ctx, v.job)
			if err == nil && !ok {
				err = fault.New(fault.NotFound, "没有。", "There is none.")
			}
			return err
		}},
		{"upon a subject", func(ctx context.Context, v *province) error {
			return v.reg.Unchanged(ctx, upon(v, fmt.Sprintf("subject:%d", v.subject["here"])))
		}},
		{"finding", func(ctx context.Context, v *province) error {
			_, _, err := v.deps.Quality.Tallies(ctx, "enterprise")
			return err
		}},
	}
}

// letters are the outcomes in the table.
var letters = map[int]string{200: "K", 303: "S", 307: "S", 308: "S", 400: "B", 403: "F", 404: "N", 409: "C", 412: "P", 413: "L", 415: "U", 422: "I", 428: "P", 503: "W", 500: "!", 405: "M"}

func outcomeOf(err error) string {
	if err == nil {
		return "K"
	}
	return letters[frame.StatusOf(err)]
}

// Each route, each thing that commands and jobs do, and each kind of job, for each role: in the organisation in which the thing
// lies, in another one beside it, and in the city. The table is read and reviewed by people; a route without a row fails.
func TestRightsTable(t *testing.T) {
	v := newProvince(t)
	roles := v.deps.Pack.Roles
	file := t.TempDir() + "/a.csv"
	if err := os.WriteFile(file, []byte("企业名称\n某公司\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString("Who may do what, as TestRightsTable finds it: go test ./internal/web -run TestRightsTable -rights.update writes it anew.\n" +
		"Each cell is the outcome for a thing that lies in a district: in that district, in the one beside it, and for the whole city.\n" +
		"For roles of single subjects: the subject itself, another one, none. K shown or done, S goes on, F refused, N not there, I invalid,\n" +
		"C conflict, U not of a kind that is taken. A write is sent with something in it that is refused where the rights allow it, so nothing changes.\n\n")
	for i, r := range roles {
		fmt.Fprintf(&b, "%2d %s\n", i+1, r.ID)
	}
	fmt.Fprintf(&b, "%2d an agent of an enterprise to whom nothing is entrusted\n", len(roles)+1)
	line := func(what string, outcome func(a auth.Actor) string) {
		fmt.Fprintf(&b, "\n%-39s ", what)
		for _, r := range roles {
			for _, x := range [][2]string{{mineOrg, "here"}, {otherOrg, "there"}, {"120000", ""}} {
				b.WriteString(outcome(v.in(r, x[0], x[1])))
			}
			b.WriteByte(' ')
		}
		for _, word := range []string{"here", "there", ""} {
			b.WriteString(outcome(v.agent(word)))
		}
		b.WriteByte(' ')
	}
	b.WriteString("\n# Routes\n" + fmt.Sprintf("\n%-40s", ""))
	for i := range len(roles) + 1 {
		fmt.Fprintf(&b, "%-4d", i+1)
	}
	for _, pattern := range v.handler.Routes() {
		at, form, method := "", url.Values(nil), http.MethodGet
		if x, ok := forms[pattern]; ok {
			at, form = x.at, url.Values{}
			method, _, _ = strings.Cut(pattern, " ")
			for name, values := range x.form {
				for _, value := range values {
					form.Add(name, v.filled(value, "here"))
				}
			}
		} else if list := looks[pattern]; list != nil {
			at = list[0]
		} else {
			t.Errorf("the route %s has no row: say in looks or forms how it is asked for", pattern)
			continue
		}
		line(pattern, func(a auth.Actor) string {
			if method == http.MethodGet {
				return letters[v.ready(a, v.filled(at, "here")).Code]
			}
			return letters[v.send(a, method, v.filled(at, "here"), form).Code]
		})
	}
	b.WriteString("\n\n# What commands and jobs do\n")
	for _, x := range acts(file) {
		line(x.name, func(a auth.Actor) string { return outcomeOf(x.do(auth.In(t.Context(), a), v)) })
	}
	b.WriteString("\n\n# Kinds of jobs: who sees and may stop one of another person\n")
	for _, kind := range v.jobs.Kinds() {
		line(kind, func(a auth.Actor) string {
			if _, ok := v.jobs.Get(auth.In(t.Context(), a), v.job); ok {
				return "K"
			}
			return "N"
		})
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
		if i >= len(got) || i >= len(old) || got[i] != old[i] {
			g, o := "", ""
			if i < len(got) {
				g = got[i]
			}
			if i < len(old) {
				o = old[i]
			}
			t.Errorf("line %d is\n%s\nthe table has\n%s", i+1, g, o)
		}
	}
}

// Roles without rows see nothing of subjects, and no role writes into another district: read from the table's own cells.
func TestRightsTableIsSane(t *testing.T) {
	text, err := os.ReadFile("testdata/rights.txt")
	if err != nil {
		t.Fatal(err)
	}
	city, err := packs.Default()
	if err != nil {
		t.Fatal(err)
	}
	p := city.Roles
	open := []string{"GET /api/openapi", "GET /api/v1/me", "/help", "/healthz", "/assets/", "/jobs", "/todo", "template.xlsx", "GET /verify"}
	for line := range strings.Lines(string(text)) {
		if len(line) < 41 || !strings.HasPrefix(line, "GET ") {
			continue
		}
		words := strings.Fields(line)
		what, cells := strings.Join(words[:2], " "), words[2:]
		if what == "GET /api" || slices.ContainsFunc(open, func(x string) bool { return strings.Contains(what, x) }) || len(cells) != len(p)+1 {
			continue
		}
		if strings.ContainsAny(cells[len(p)], "KS") && what != "GET /mandates" && what != "GET /{$}" { // which leads to the other
			t.Errorf("an agent to whom nothing is entrusted is shown %s: %s", what, cells[len(p)])
		}
		for i, r := range p {
			if strings.HasPrefix(what, "GET /log") && slices.Contains(r.May, string(auth.Log)) {
				continue // who reads the log sees no subject in it
			}
			if (r.Rows == pack.RowsNone || r.Rows == pack.RowsPublished) && strings.ContainsAny(cells[i], "KS") {
				t.Errorf("%s, who sees no subject, is shown %s: %s", r.ID, what, cells[i])
			}
			if strings.Contains(what, "{id}") && strings.HasPrefix(what, "GET /s/") && cells[i][1] != 'N' && cells[i] != "FFF" && r.Rows == pack.RowsOrg && r.Orgs[0] != "city" {
				t.Errorf("%s of another district is answered %c by %s", r.ID, cells[i][1], what)
			}
		}
	}
}
