package web

import "eyas/internal/auth"

// needed says which right each route needs that changes something or shows a form for it, and each export. Where a thing lies is
// checked when it is read; the empty action leaves all to that. testdata/rights.txt shows what follows for each role.
var needed = map[string]auth.Action{
	"GET /registers/{id}/new": auth.Enter, "POST /registers/{id}/new": auth.Enter,
	"GET /s/{id}/edit": auth.Enter, "POST /s/{id}/edit": auth.Enter,
	"GET /s/{id}/correct": auth.Enter, "POST /s/{id}/correct": auth.Enter,
	"GET /s/{id}/relate": auth.Enter, "POST /s/{id}/relate": auth.Enter,
	"GET /registers/{id}/propose":        auth.Enter,
	"GET /registers/{id}/template.xlsx":  auth.See,
	"POST /s/{id}/entries/{import}/undo": auth.Undo,
	"GET /s/{id}/unmask":                 auth.Unmask, "POST /s/{id}/unmask": auth.Unmask, "POST /s/{id}/unmask/end": auth.Unmask,
	"GET /s/{id}/disclosed": auth.Trace, "GET /my-data": auth.Trace,
	"GET /s/{id}/shares": "", "POST /s/{id}/shares": "", "POST /s/{id}/shares/{share}/end": "", // by the kind: to consent or to assign
	"GET /s/{id}/mandates":  "", // whose the subject is, and who says who that is
	"POST /s/{id}/mandates": auth.Entrust, "POST /s/{id}/mandates/{mandate}/end": auth.Entrust,
	"POST /s/{id}/representative": auth.Represent, "POST /s/{id}/representative/{at}/end": auth.Represent,
	"POST /mandates/{mandate}/accept": "", "POST /mandates/{mandate}/end": "", // by whom something is entrusted to
	"GET /registers/{id}/contacts": auth.Contacts, "POST /registers/{id}/contacts": auth.Contacts,
	"POST /s/{id}/meant":     "", // shows one of several subjects of one name
	"POST /undo/{kind}/{id}": "", // each kind asks for its own

	"POST /import": auth.Import, "POST /import/preview/{upload}": auth.Import, "POST /start/demo": auth.Import,
	"GET /import/record/{id}/undo": auth.Undo, "POST /import/record/{id}/undo": auth.Undo,

	"GET /held/{id}": auth.Link, "POST /held/{id}": auth.Link, "POST /held/{id}/undo": auth.Link,
	"POST /links/{id}": auth.Link, "POST /links/{id}/undo": auth.Link, "POST /merges/{id}/undo": auth.Link, "POST /moves/{id}/undo": auth.Link,
	"GET /records/{id}/move": auth.Link, "POST /records/{id}/move": auth.Link, "POST /s/{id}/merge": auth.Link,

	"GET /connect/{name}/export.xlsx": auth.Export, "GET /connect/{name}/open": auth.Contacts, "POST /connect/{name}/open": auth.Contacts,

	"GET /s/{id}/erase": auth.AskErasure, "POST /s/{id}/erase": auth.AskErasure, "POST /retention/holds": auth.AskErasure, "POST /retention/holds/{hold}/end": auth.AskErasure,
	"POST /retention/count": "", "POST /retention/{id}": "", // who asks, and who approves
	"GET /retention/{id}/list.xlsx": auth.Export,

	"POST /cases/new": auth.File, "GET /cases.xlsx": auth.Export,
	"POST /cases/{id}/act": "", "POST /cases/{id}/form": "", "POST /cases/{id}/papers": "", "POST /cases/{id}/papers/drop": "", // by the seat in the case

	"POST /places": auth.Place, "POST /places/{id}/undo": auth.Place,
	"POST /quality": auth.Settle, "POST /quality/search": auth.Settle,
	"POST /jobs/{id}/cancel": "",                                                // one's own, or by the right to stop
	"POST /exports":          auth.Export, "POST /type": "", "POST /search": "", // answers as GET does

	// Whoever comes, and whoever has signed in, on his own account.
	"POST /sign-in": "", "POST /sign-in/second": "", "POST /sign-out": "", "POST /first-start/{token}": "", "POST /link/{token}": "", "POST /join": "",
	"POST /account/strength": "", "POST /account/name": "", "POST /account/password": "", "POST /account/second": "", "POST /account/role": "", "POST /account/sessions/{id}/end": "",
	"POST /look/end": "", "POST /account/tokens": "", "POST /account/tokens/{token}/end": "",
	"GET /people/{id}/tokens": auth.Account, "POST /people/{id}/tokens": auth.Account, "POST /people/{id}/tokens/{token}/end": auth.Account,
	"POST /account/hooks": "", "POST /account/hooks/{hook}/do": "", "GET /people/{id}/hooks": auth.Account, "POST /people/{id}/hooks": auth.Account, "GET /people/{id}/hooks/{hook}": auth.Account, "POST /people/{id}/hooks/{hook}/do": auth.Account,
	// Of people; package people decides whose.
	"GET /people/new": auth.Account, "POST /people/new": auth.Account, "POST /people/{id}/lock": auth.Account, "POST /people/{id}/unlock": auth.Account,
	"POST /people/{id}/recover": auth.Account, "POST /people/{id}/leave": auth.Account, "POST /people/{id}/confirm": "", "POST /people/{id}/grant": "", "POST /people/{id}/deputy": "",
	"POST /people/grants/{grant}/settle": "", "POST /people/grants/{grant}/take": "", "POST /people/grants/{grant}/look": auth.LookAs,
	"GET /people.xlsx": "", // who sees the list takes it along

	// Of the API; where things lie is checked by each call.
	"PUT /api/v1/subjects/{subject}/values/{key}": auth.Enter, "POST /api/v1/registers/{register}/imports": auth.Import,
	"POST /api/v1/imports/{import}/undo": auth.Undo, "PUT /api/v1/questions/{question}/answer": auth.Link,
	"GET /api/v1/registers/{register}/export": auth.Export, "POST /api/v1/cases": "", "POST /api/v1/cases/{case}/acts": "", // by the desk: for the subject, or for an organisation
	"POST /api/v1/webhooks": "", "PUT /api/v1/webhooks/{webhook}/state": "", "POST /api/v1/webhooks/{webhook}/secret": "", "POST /api/v1/webhooks/{webhook}/replay": "", // of oneself; a token: auth.Hook

	"GET /log": auth.Log, "GET /log.xlsx": auth.Log,

	"GET /lab": auth.Study, "GET /lab/what-if": auth.Study, "GET /lab/curve": auth.Study, "GET /lab/list": auth.Study, "GET /lab/list.xlsx": auth.Study,

	"GET /enterprises.xlsx": auth.Export, "GET /ladder.xlsx": auth.Export, "GET /registers/{id}/export.xlsx": auth.Export, "GET /s/{id}/history.xlsx": auth.Export,
	"GET /links.xlsx": auth.Export, "GET /merges.xlsx": auth.Export, "GET /quality.xlsx": auth.Export, "GET /quality/old.xlsx": auth.Export,
	"GET /import.xlsx": auth.Export, "GET /jobs.xlsx": auth.Export, "GET /import/preview/{upload}/issues.xlsx": auth.Export, "GET /import/record/{id}/refused.xlsx": auth.Export,
	"POST /import/record/{id}/refused.xlsx": auth.Export,
	"GET /import/record/{id}/original":      auth.Export, "POST /import/record/{id}/original": auth.Export, // with personal data: auth.Unmask, too
}
