// Package people is the pages on which persons come in and are made: to sign in, the first start, one's own account, the list of
// people and what each was granted, proposals, and the request of an enterprise for an account.
package people

import (
	"context"
	"embed"
	"net/http"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/hook"
	"eyas/internal/people"
	"eyas/internal/web/frame"
	"eyas/internal/web/grid"
)

//go:embed pages
var pages embed.FS

//go:embed texts
var texts embed.FS

type room struct {
	*frame.Frame
	*Door
	Hooks *hook.Hooks // nil: there are none
}

// New makes the room; the door is the frame's. A base without people shows none of its pages. hooks may be nil.
func New(f *frame.Frame, door *Door, hooks *hook.Hooks) frame.Room {
	s := &room{f, door, hooks}
	return frame.Room{
		Rail: []frame.Entry{{Key: "people", Path: "/people", Shown: func(ctx context.Context) bool {
			return s.Door.Peopled(ctx) && s.may(ctx, auth.Account, auth.Grant, auth.Propose)
		}}},
		Timeless: []string{"/people", "/account", "/sign-in", "/join", "/first-start", "/link"},
		Whole:    []string{"/people", "/account"},
		Pages:    pages,
		Texts:    texts,
		Parts:    grid.Parts,
		Waits:    s.hookWaits(),
		Writes:   []frame.Writes{{Kind: hookKind, Look: s.lookHook, Take: s.takeHook}},
		Routes:   s.routes,
	}
}

func (s *room) routes(t *frame.Routes) {
	t.Open("GET /sign-in", s.showSignIn)
	t.Open("POST /sign-in", s.signIn)
	t.Open("POST /sign-in/second", s.signInSecond)
	t.Open("POST /sign-out", s.signOut)
	t.Open("GET /sign-in/provider", s.goToProvider)
	t.Open("GET /sign-in/provider/done", s.answered)
	t.Open("GET /sign-in/provider/end", s.comeFromProvider)
	t.Open("GET /first-start/{token}", s.showStart)
	t.Open("POST /first-start/{token}", s.start)
	t.Open("GET /link/{token}", s.showLink)
	t.Open("POST /link/{token}", s.useLink)
	t.Open("GET /join", s.showJoin)
	t.Open("POST /join", s.join)
	t.Open("POST /account/strength", s.strength)
	t.Page("GET /account", s.showAccount)
	t.Page("POST /account/name", s.setName)
	t.Page("GET /account/password", s.showPassword)
	t.Page("POST /account/password", s.changePassword)
	t.Page("GET /account/second", s.showSecond)
	t.Page("POST /account/second", s.confirmSecond)
	t.Page("POST /account/role", s.choose)
	t.Page("POST /account/sessions/{id}/end", s.revoke)
	t.Page("GET /account/tokens", s.showTokens)
	t.Page("POST /account/tokens", s.makeToken)
	t.Page("POST /account/tokens/{token}/end", s.endToken)
	t.Page("GET /people/{id}/tokens", s.showTokens)
	t.Page("POST /people/{id}/tokens", s.makeToken)
	t.Page("POST /people/{id}/tokens/{token}/end", s.endToken)
	for _, at := range []string{"/account/hooks", "/people/{id}/hooks"} {
		t.Page("GET "+at, s.showHooks)
		t.Page("POST "+at, s.makeHook)
		t.Page("GET "+at+"/{hook}", s.showHook)
		t.Page("POST "+at+"/{hook}/do", s.changeHook)
	}
	t.Page("GET /people", s.showPeople)
	t.Export("GET /people.xlsx", s.exportPeople)
	t.Page("GET /people/new", s.showNew)
	t.Page("POST /people/new", s.make)
	t.Page("GET /people/{id}", s.showPerson)
	t.Page("POST /people/{id}/confirm", s.onPerson(s.confirm))
	t.Page("POST /people/{id}/lock", s.onPerson(s.lock))
	t.Page("POST /people/{id}/unlock", s.onPerson(s.unlock))
	t.Page("POST /people/{id}/recover", s.onPerson(s.recover))
	t.Page("POST /people/{id}/leave", s.onPerson(s.leave))
	t.Page("POST /people/{id}/grant", s.onPerson(s.grant))
	t.Page("POST /people/{id}/deputy", s.onPerson(s.deputy))
	t.Page("POST /people/grants/{grant}/settle", s.settle)
	t.Page("POST /people/grants/{grant}/take", s.take)
	t.Page("POST /people/grants/{grant}/look", s.look)
	t.Page("POST "+frame.StopLooking, s.stopLooking)
}

// peopled refuses a page of people on a base that has none.
func (s *room) peopled(r *http.Request) error {
	if s.Door.Peopled(r.Context()) {
		return nil
	}
	return fault.New(fault.NotFound, "这个底库还没有人员，由一位操作员使用。要分账号，请在机器上运行 eyas person start，打开它给出的链接。",
		"This base has no people yet; one operator uses it. To give people accounts, run eyas person start on the machine and open the link that it prints.")
}

// rules are the rules of passwords, as pages list them.
type rules struct{ List []string }

func (s *room) rules(r *http.Request) rules {
	_, texts := people.RuleTexts(s.LangOf(r))
	return rules{texts}
}
