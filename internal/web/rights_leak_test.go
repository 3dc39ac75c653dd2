package web

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"eyas/internal/auth"
)

// looks are addresses of each route, by its pattern. {..} are filled in with what lies in the place of a word.
var looks = map[string][]string{
	"GET /verify": {"/verify", "/verify?number=x&code=y"}, "GET /verify/{token}": {"/verify/nosuch"}, "GET /verify/{token}/qr.svg": {"/verify/nosuch/qr.svg"},
	"GET /cases":                               {"/cases", "/cases?box=all", "/cases?box=all&text=" + url.QueryEscape(secret), "/cases?box=all&c.org=120111", "/cases?box=all&scope=120111", "/cases?box=done", "/cases?box=all&id={case}"},
	"GET /cases.xlsx":                          {"/cases.xlsx?box=all", "/cases.xlsx?box=all&as=csv"},
	"GET /cases/new":                           {"/cases/new?matter=tsme&subject={subject}", "/cases/new"},
	"GET /cases/{id}":                          {"/cases/{case}"},
	"GET /cases/{id}/form":                     {"/cases/{case}/form", "/cases/{case}/form?step=papers", "/cases/{case}/form?step=file"},
	"GET /cases/{id}/files/{hash}":             {"/cases/{case}/files/none"},
	"GET /s/{id}/cases":                        {"/s/{subject}/cases"},
	"GET /{$}":                                 {"/", "/?scope=120111", "/?known=2021-03-30", "/?by=district"},
	"GET /enterprises":                         {"/enterprises", "/enterprises?q=" + url.QueryEscape(secret), "/enterprises?scope=120111", "/enterprises?in=120111", "/enterprises?cols=contact,phone,name", "/enterprises?date=2020-12-31"},
	"GET /enterprises.xlsx":                    {"/enterprises.xlsx", "/enterprises.xlsx?as=csv", "/enterprises.xlsx?scope=120111"},
	"GET /enterprises/{key}":                   {"/enterprises/{code}", "/enterprises/s-{subject}", "/enterprises/{code}?tab=data", "/enterprises/{code}?tab=relations"},
	"GET /directory":                           {"/directory", "/directory?q=" + url.QueryEscape(secret)},
	"GET /search":                              {"/search?q=" + url.QueryEscape(secret), "/search?part=1&q={code}", "/search?q=jm", "/search?q=139777"},
	"GET /registers":                           {"/registers"},
	"GET /registers/{id}":                      {"/registers/person", "/registers/achievement", "/registers/person?q=" + url.QueryEscape(secret), "/registers/enterprise"},
	"GET /registers/{id}/export.xlsx":          {"/registers/person/export.xlsx", "/registers/achievement/export.xlsx?as=csv"},
	"GET /registers/{id}/new":                  {"/registers/enterprise/new", "/registers/person/new"},
	"GET /registers/{id}/propose":              {"/registers/person/propose?a=unit&q=" + url.QueryEscape(secret), "/registers/person/propose?attribute=unit&q=" + url.QueryEscape(secret)},
	"GET /registers/{id}/template.xlsx":        {"/registers/enterprise/template.xlsx"},
	"GET /s/{id}":                              {"/s/{subject}", "/s/{person}", "/s/{person}?tab=relations", "/s/{person}?tab=data"},
	"GET /s/{id}/correct":                      {"/s/{subject}/correct?a=sales@2020", "/s/{subject}/correct"},
	"GET /s/{id}/edit":                         {"/s/{subject}/edit"},
	"GET /s/{id}/history":                      {"/s/{subject}/history"},
	"GET /s/{id}/history.xlsx":                 {"/s/{subject}/history.xlsx"},
	"GET /s/{id}/records":                      {"/s/{subject}/records"},
	"GET /s/{id}/relate":                       {"/s/{person}/relate", "/s/{person}/relate?relation=works_at&q=" + url.QueryEscape(secret)},
	"GET /s/{id}/seen-by":                      {"/s/{subject}/seen-by"},
	"GET /s/{id}/unmask":                       {"/s/{subject}/unmask", "/s/{person}/unmask"},
	"GET /s/{id}/disclosed":                    {"/s/{subject}/disclosed", "/s/{subject}/disclosed?part=received", "/s/{subject}/disclosed?part=changed"},
	"GET /s/{id}/shares":                       {"/s/{subject}/shares"},
	"GET /s/{id}/mandates":                     {"/s/{subject}/mandates"},
	"GET /mandates":                            {"/mandates"},
	"GET /my-data":                             {"/my-data"},
	"GET /own":                                 {"/own"},
	"GET /registers/{id}/contacts":             {"/registers/enterprise/contacts", "/registers/person/contacts"},
	"GET /records/{id}":                        {"/records/{record}"},
	"GET /records/{id}/move":                   {"/records/{record}/move", "/records/{record}/move?q=" + url.QueryEscape(secret)},
	"GET /held":                                {"/held"},
	"GET /held/{id}":                           {"/held/{held}"},
	"GET /retention":                           {"/retention"},
	"GET /retention/{id}":                      {"/retention/{erasure}"},
	"GET /retention/{id}/list.xlsx":            {"/retention/{erasure}/list.xlsx"},
	"GET /s/{id}/erase":                        {"/s/{subject}/erase"},
	"GET /links":                               {"/links", "/links?register=enterprise&state=open", "/links?q=" + url.QueryEscape(secret)},
	"GET /links.xlsx":                          {"/links.xlsx"},
	"GET /merges":                              {"/merges", "/merges?state=undone"},
	"GET /merges.xlsx":                         {"/merges.xlsx"},
	"GET /places":                              {"/places"},
	"GET /quality":                             {"/quality", "/quality?register=person", "/quality?q=" + url.QueryEscape(secret)},
	"GET /quality.xlsx":                        {"/quality.xlsx"},
	"GET /quality/old":                         {"/quality/old?source=form", "/quality/old"},
	"GET /quality/old.xlsx":                    {"/quality/old.xlsx?source=form"},
	"GET /quality/{key}":                       {"/quality/{subject}.unit_slip.sales.2020"},
	"GET /quality/{key}/letter":                {"/quality/{subject}.unit_slip.sales.2020/letter"},
	"GET /import":                              {"/import"},
	"GET /import.xlsx":                         {"/import.xlsx"},
	"GET /import/preview/{upload}":             {"/import/preview/{upload}"},
	"GET /import/preview/{upload}/issues.xlsx": {"/import/preview/{upload}/issues.xlsx"},
	"GET /import/record/{id}":                  {"/import/record/{import}"},
	"GET /import/record/{id}/original":         {"/import/record/{import}/original"},
	"GET /import/record/{id}/refused.xlsx":     {"/import/record/{import}/refused.xlsx"},
	"GET /import/record/{id}/undo":             {"/import/record/{import}/undo"},
	"GET /jobs":                                {"/jobs"},
	"GET /jobs/{id}":                           {"/jobs/{job}"},
	"GET /jobs/{id}/status":                    {"/jobs/{job}/status"},
	"GET /exports/{id}":                        {"/exports/{export}"},
	"GET /lab":                                 {"/lab", "/lab?rule=tsme", "/lab?rule=tsme&scope=120111"},
	"GET /lab/curve":                           {"/lab/curve?rule=tsme&number=score.pass"},
	"GET /lab/list":                            {"/lab/list?rule=tsme&set=score.pass%3D0"},
	"GET /lab/list.xlsx":                       {"/lab/list.xlsx?rule=tsme&set=score.pass%3D0"},
	"GET /lab/what-if":                         {"/lab/what-if?rule=tsme&set=score.pass%3D40"},
	"GET /ladder.xlsx":                         {"/ladder.xlsx"},
	"GET /connect":                             {"/connect"},
	"GET /connect/{name}":                      {"/connect/hnte_portal", "/connect/bank_counter?text=" + url.QueryEscape(secret)},
	"GET /connect/{name}/export.xlsx":          {"/connect/tsme_portal/export.xlsx", "/connect/enquiries/export.xlsx?as=csv"},
	"GET /connect/{name}/open":                 {"/connect/hnte_portal/open"},
	"GET /todo":                                {"/todo"},
	"GET /help":                                {"/help"},
	"GET /help/{topic}":                        {"/help/ladder"},
	"GET /jobs.xlsx":                           {"/jobs.xlsx"},
	"GET /log":                                 {"/log", "/log?q=" + url.QueryEscape(secret)},
	"GET /log.xlsx":                            {"/log.xlsx"},
	"GET /log/heads":                           {"/log/heads?from=1"},
	"GET /log/{seq}":                           {"/log/1", "/log/5"},
	"GET /log/{seq}/proof":                     {"/log/1/proof"},
	"GET /healthz":                             {"/healthz"},
	"GET /api":                                 {"/api"},
	"GET /api/openapi.json":                    {"/api/openapi.json"},
	"GET /api/openapi-3.0.json":                {"/api/openapi-3.0.json"},
	"GET /api/v1/me":                           {"/api/v1/me"},
	"GET /api/v1/registers":                    {"/api/v1/registers"},
	"GET /api/v1/registers/{register}/subjects": {"/api/v1/registers/enterprise/subjects", "/api/v1/registers/enterprise/subjects?limit=2&col=sales&sort=-sales", "/api/v1/registers/enterprise/subjects?text=" + url.QueryEscape(secret), "/api/v1/registers/enterprise/subjects?scope=120111", "/api/v1/registers/enterprise/subjects?id={subject}",
		"/api/v1/registers/person/subjects", "/api/v1/registers/achievement/subjects", "/api/v1/registers/enterprise/subjects?date=2020-12-31", "/api/v1/registers/enterprise/subjects?known=2021-03-30"},
	"GET /api/v1/registers/{register}/find":              {"/api/v1/registers/enterprise/find?q=" + url.QueryEscape(secret), "/api/v1/registers/enterprise/find?q={code}", "/api/v1/registers/person/find?q=RY-there"},
	"GET /api/v1/registers/{register}/findings":          {"/api/v1/registers/enterprise/findings", "/api/v1/registers/enterprise/findings?subject={subject}", "/api/v1/registers/person/findings"},
	"GET /api/v1/subjects/{subject}/profile":             {"/api/v1/subjects/{subject}/profile", "/api/v1/subjects/{person}/profile", "/api/v1/subjects/{subject}/profile?known=2021-03-30"},
	"GET /api/v1/subjects/{subject}/explanations/{rule}": {"/api/v1/subjects/{subject}/explanations/tsme", "/api/v1/subjects/{subject}/explanations/tsme?date=2020-12-31"},
	"GET /api/v1/subjects/{subject}/values/{key}":        {"/api/v1/subjects/{subject}/values/sales@2020", "/api/v1/subjects/{subject}/values/phone", "/api/v1/subjects/{person}/values/unit"},
	"GET /api/v1/rules":                                  {"/api/v1/rules"},
	"GET /api/v1/rules/{rule}/screening":                 {"/api/v1/rules/tsme/screening", "/api/v1/rules/tsme/screening?in=120111"},
	"GET /api/v1/ladder":                                 {"/api/v1/ladder", "/api/v1/ladder?scope=120111", "/api/v1/ladder?known=2021-03-30"},
	"GET /api/v1/imports":                                {"/api/v1/imports", "/api/v1/imports?limit=1"},
	"GET /api/v1/imports/{import}":                       {"/api/v1/imports/{import}"},
	"GET /api/v1/registers/{register}/questions":         {"/api/v1/registers/enterprise/questions", "/api/v1/registers/enterprise/questions?limit=1&state=different"},
	"GET /api/v1/questions/{question}":                   {"/api/v1/questions/{question}"},
	"GET /api/v1/jobs":                                   {"/api/v1/jobs"},
	"GET /api/v1/jobs/{job}":                             {"/api/v1/jobs/{job}"},
	"GET /api/v1/registers/{register}/export":            {"/api/v1/registers/enterprise/export", "/api/v1/registers/enterprise/export?as=csv", "/api/v1/registers/enterprise/export?as=csv&text=" + url.QueryEscape(secret), "/api/v1/registers/person/export?as=csv"},
	"GET /api/v1/cases":                                  {"/api/v1/cases", "/api/v1/cases?mine=true"},
	"GET /api/v1/cases/{case}":                           {"/api/v1/cases/{case}"},
	"GET /api/v1/webhooks":                               {"/api/v1/webhooks"},
	"GET /api/v1/webhooks/{webhook}":                     {"/api/v1/webhooks/99999"},
	"GET /api/v1/webhooks/{webhook}/messages":            {"/api/v1/webhooks/99999/messages"},
	"/api/v1/":     {"/api/v1/nothing"},
	"GET /assets/": {"/assets/none.js"},
	"/":            {"/nothing"},
}

// filled is an address about what lies in the place of a word.
func (v *province) filled(at, word string) string {
	return strings.NewReplacer("{code}", v.code[word], "{subject}", fmt.Sprint(v.subject[word]), "{person}", fmt.Sprint(v.subject["person "+word]),
		"{record}", fmt.Sprint(v.record[word]), "{import}", fmt.Sprint(v.imports[map[bool]string{true: "undone", false: word}[word == "here"]]), "{question}", fmt.Sprint(map[bool]int64{true: v.ask, false: v.askOf}[word == "here"]),
		"{upload}", v.upload, "{job}", v.job, "{merge}", fmt.Sprint(v.merge), "{export}", "noexport", "{held}", fmt.Sprint(v.held), "{erasure}", fmt.Sprint(v.plan), "{case}", fmt.Sprint(v.cases[word])).Replace(at)
}

// ready is the answer to an address, once its columns are loaded.
func (v *province) ready(a auth.Actor, at string) *httptest.ResponseRecorder {
	for {
		w := v.send(a, http.MethodGet, at, nil)
		if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") != "2" {
			return w
		}
		runtime.Gosched()
	}
}

// unpacked is all that an answer says: its head, and its body, of a workbook the files in it.
func unpacked(t *testing.T, header http.Header, body []byte) string {
	var all strings.Builder
	for _, name := range slices.Sorted(maps.Keys(header)) {
		fmt.Fprintln(&all, name, header[name])
	}
	if bytes.HasPrefix(body, []byte("PK")) {
		book, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range book.File {
			r, err := f.Open()
			if err != nil {
				t.Fatal(err)
			}
			io.Copy(&all, r)
			r.Close()
		}
		return all.String()
	}
	all.Write(body)
	return all.String()
}

// Nobody of the first district, of its parks or its enterprises, and nobody without rows, is told anywhere of what lies in the
// second: no name, no code and no number of it.
func TestNothingOfAnotherDistrict(t *testing.T) {
	v := newProvince(t)
	p := v.deps.Pack
	var actors []auth.Actor
	for _, role := range p.Roles {
		switch string(role.Rows) {
		case "org":
			if role.Orgs[0] != "city" {
				actors = append(actors, v.in(role, mineOrg, ""))
				if role.ID == "park" || os.Getenv("EYAS_SOAK") != "" { // what another place changes is no matter of the role
					actors = append(actors, v.in(role, "teda", ""), v.in(role, "huayuan", ""))
				}
			}
		default:
			actors = append(actors, v.in(role, mineOrg, "here"))
		}
	}
	said := 0
	for _, a := range actors {
		for _, pattern := range v.handler.Routes() {
			for _, at := range looks[pattern] {
				for _, word := range []string{"there", "here"} {
					at := v.filled(at, word)
					w := v.ready(a, at)
					text := unpacked(t, w.Header(), w.Body.Bytes())
					asked := strings.NewReplacer(secret, "", url.QueryEscape(secret), "", v.code["there"], "") // what the address itself says comes back
					if q, err := url.QueryUnescape(at); err == nil && (strings.Contains(q, secret) || strings.Contains(q, v.code["there"])) {
						text = asked.Replace(text)
					}
					if word == "here" && a.Org == mineOrg { // what its own records say of others stays
						text = strings.ReplaceAll(text, secret+"精密有限公司", "")
					}
					for _, told := range []string{secret, v.code["there"], v.code["there too"]} {
						if strings.Contains(text, told) {
							i := strings.Index(text, told)
							t.Errorf("%s of %s%d is told %q by %s: …%s…", a.Role, a.Org, a.Subject, told, at, text[max(0, i-120):min(len(text), i+80)])
						}
					}
					if w.Code == 200 {
						said++
					}
					if w.Code >= 500 {
						t.Errorf("%s: %s answers %d", a.Role, at, w.Code)
					}
				}
			}
		}
	}
	if said < 500 {
		t.Errorf("only %d pages were shown", said)
	}
}
