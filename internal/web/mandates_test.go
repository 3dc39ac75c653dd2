package web

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"eyas/internal/auth"
	"eyas/internal/mandate"
	"eyas/internal/people"
	"eyas/internal/registry"
	"eyas/internal/registry/intake"
	"eyas/internal/store"
	"eyas/packs"
)

// firm is a base with people in which one enterprise has a representative and agents, and the pages over it.
type firm struct {
	t        *testing.T
	reg      *registry.Registry
	people   *people.People
	mandates *mandate.Mandates
	pages    http.Handler
	db       *store.DB
	now      time.Time
	subject  int64
	cookies  map[string]string
	grants   map[string]int64
}

const firmPassword = "Kestrel-4821-Hover"

// SubjectByCode and SubjectByID make firm the subjects of its people.
func (f *firm) SubjectByCode(ctx context.Context, _ []string, code string) (*people.Subject, error) {
	refs, err := f.reg.FindIn(auth.As(ctx, auth.Self), "enterprise", code)
	if err != nil || len(refs) != 1 {
		return nil, err
	}
	return f.SubjectByID(ctx, refs[0].Subject)
}

func (f *firm) SubjectByID(_ context.Context, id int64) (*people.Subject, error) {
	return &people.Subject{ID: id, Register: "enterprise", Code: uscc("1"), Name: "甲区示例机械有限公司", Orgs: []string{mineOrg}}, nil
}

func newFirm(t *testing.T) *firm {
	t.Helper()
	p, err := packs.Default()
	if err != nil {
		t.Fatal(err)
	}
	f := &firm{t: t, now: time.Date(2026, 12, 1, 1, 0, 0, 0, time.UTC), cookies: map[string]string{}, grants: map[string]int64{}}
	clock := func() time.Time { f.now = f.now.Add(time.Second); return f.now }
	if f.db, err = store.Open(t.Context(), filepath.Join(t.TempDir(), "firm.db")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.db.Close() })
	f.reg = registry.New(p, f.db, clock)
	f.mandates = mandate.New(mandate.Config{Pack: p, Storage: f.db, Clock: clock, Lie: f.reg.Lie, Now: f.reg.ValueNow, Since: f.reg.ValuesSince})
	if f.people, err = people.New(people.Config{Pack: p, Storage: f.db, Clock: clock, Subjects: f, Mandates: f.mandates.Given, Legal: f.mandates.Says,
		Synthetic: func(context.Context) (bool, error) { return true, nil }}); err != nil {
		t.Fatal(err)
	}
	f.mandates.Actors = f.people
	f.enter(map[string]string{"uscc": uscc("1"), "name": "甲区示例机械有限公司", "district": mineOrg, "representative": "张三"})
	seen := registry.New(p, f.db, clock).WithActors(f.people)
	if f.pages, err = New(Deps{Pack: p, Version: "test", Clock: clock, Actors: f.people, People: f.people, Mandates: f.mandates, OpLog: f.db, Log: slog.New(slog.DiscardHandler), Hosts: []string{"example.com"}}.WithRegistry(seen)); err != nil {
		t.Fatal(err)
	}
	local := auth.As(t.Context(), auth.Local)
	for _, x := range []struct{ id, name, role, org string }{{"zhang", "张三", "enterprise", ""}, {"wang", "王五", "enterprise", ""}, {"admin", "区局", "district_admin", mineOrg}, {"other", "邻区", "district_admin", otherOrg}} {
		ask := people.GrantAsk{Role: auth.Role(x.role), Org: x.org, Agent: true}
		if x.org == "" {
			ask.Code = uscc("1")
		}
		if _, err := f.people.Seed(local, people.Person{ID: x.id, Name: x.name}, ask, firmPassword); err != nil {
			t.Fatal(err)
		}
		w := f.do("", http.MethodPost, "/sign-in", url.Values{"person": {x.id}, "password": {firmPassword}})
		if w.Code != http.StatusSeeOther {
			t.Fatal(x.id, w.Code)
		}
		for _, c := range w.Result().Cookies() {
			f.cookies[x.id] = c.Name + "=" + c.Value
		}
		if err := f.db.ReadPeople(t.Context(), func(r people.Reader) error {
			list, err := r.Grants(t.Context(), x.id)
			f.grants[x.id] = list[0].ID
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

// enter enters values of the enterprise, by hand.
func (f *firm) enter(values map[string]string) (id int64) {
	f.t.Helper()
	e := intake.Entry{Register: "enterprise", Values: values, Source: "form", Form: "录入", New: f.subject == 0, Subject: f.subject}
	if f.subject != 0 {
		e.Source, e.Reason = "correction", "核对"
	}
	id, subject, err := f.reg.Enter(auth.As(f.t.Context(), auth.Local), e)
	if err != nil {
		f.t.Fatal(err)
	}
	if f.subject == 0 {
		f.subject = subject
	}
	return id
}

// do sends a request of somebody who has signed in.
func (f *firm) do(who, method, at string, form url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, at, strings.NewReader(form.Encode()))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if c := f.cookies[who]; c != "" {
		r.Header.Set("Cookie", c)
	}
	w := httptest.NewRecorder()
	f.pages.ServeHTTP(w, r)
	return w
}

// shows fails unless a page is answered and has a text.
func (f *firm) shows(who, at string, code int, text string) {
	f.t.Helper()
	w := f.do(who, http.MethodGet, at, nil)
	if body := unpacked(f.t, w.Header(), w.Body.Bytes()); w.Code != code || !strings.Contains(body, text) {
		f.t.Errorf("%s is answered %d by %s, without %q: %s %.0s", who, w.Code, at, text, w.Header().Get("Location"), body)
	}
}

// sends fails unless a form is answered with a code.
func (f *firm) sends(who, at string, form url.Values, code int) {
	f.t.Helper()
	if w := f.do(who, http.MethodPost, at, form); w.Code != code {
		f.t.Errorf("%s sends %s: %d instead of %d\n%s", who, at, w.Code, code, unpacked(f.t, w.Header(), w.Body.Bytes()))
	}
}

// From an agent who may do nothing to one who does what was entrusted, and back, by the pages; what lapses says so.
func TestMandatesByPages(t *testing.T) {
	f := newFirm(t)
	own, page := fmt.Sprintf("/s/%d", f.subject), fmt.Sprintf("/s/%d/mandates", f.subject)
	if w := f.do("wang", http.MethodGet, "/", nil); w.Header().Get("Location") != "/mandates" {
		t.Error("an agent begins at", w.Code, w.Header().Get("Location"))
	}
	f.shows("wang", "/mandates", 200, "还没有委托给您的事项")
	f.shows("wang", own, 403, "没有把这件事")
	f.shows("wang", page, 403, "")
	f.shows("zhang", page, 403, "") // not confirmed yet
	f.shows("other", page, 404, "")
	f.shows("admin", page, 200, "姓名与登记的法定代表人一致")
	f.shows("admin", page, 200, "还没有确认法定代表人")
	represent := fmt.Sprintf("/s/%d/representative", f.subject)
	is := func(who string) url.Values { return url.Values{"grant": {fmt.Sprint(f.grants[who])}} }
	f.sends("admin", represent, is("wang"), 422)
	f.sends("other", represent, is("zhang"), 404)
	f.sends("zhang", represent, is("zhang"), 403)
	f.sends("admin", represent, is("zhang"), 303)
	f.sends("admin", represent, is("zhang"), 303) // the second click
	f.shows("zhang", page, 200, "法定代表人是张三，委托了 0 人办事")
	if w := f.do("zhang", http.MethodGet, "/mandates", nil); !strings.HasPrefix(w.Header().Get("Location"), page) {
		t.Error("the representative is led to", w.Code, w.Header().Get("Location"))
	}
	ask := url.Values{"grant": {fmt.Sprint(f.grants["wang"])}, "matter": {"data"}, "until": {"2027-01-31"}}
	f.sends("wang", page, ask, 403)
	f.sends("admin", page, ask, 403)
	f.sends("zhang", page, url.Values{"grant": ask["grant"], "until": ask["until"]}, 422)
	w := f.do("zhang", http.MethodPost, page, url.Values{"grant": ask["grant"], "matter": {"consents"}, "until": {"2030-01-01"}})
	if body := unpacked(t, w.Header(), w.Body.Bytes()); w.Code != 422 || !strings.Contains(body, `value="2030-01-01"`) || !strings.Contains(body, `value="consents" checked`) || !strings.Contains(body, "最晚 2027-12-02") {
		t.Error("a refused form does not come back as it was written:", w.Code)
	}
	f.sends("zhang", page, ask, 303)
	f.sends("zhang", page, ask, 303)
	f.shows("wang", "/todo", 200, "等您接受的委托")
	f.shows("wang", "/todo?lang=en", 200, "Mandates that wait for you")
	f.shows("wang", own, 403, "")
	f.sends("zhang", "/mandates/1/accept", nil, 404)
	f.sends("admin", "/mandates/1/accept", nil, 404)
	f.sends("wang", "/mandates/2/accept", nil, 404) // the second click made no second one
	f.sends("wang", "/mandates/1/accept", nil, 303)
	f.sends("wang", "/mandates/1/accept", nil, 303)
	f.shows("wang", "/mandates", 200, "您可以办理")
	f.shows("wang", own, 303, "")
	f.shows("wang", page, 403, "")
	f.sends("other", "/mandates/1/end", nil, 404)
	// The representative changes by a correction, and the correction is taken back: nothing comes back with it.
	wrong := f.enter(map[string]string{"representative": "赵六"})
	f.shows("wang", own, 403, "")
	f.shows("zhang", page, 403, "")
	if err := f.reg.Undo(auth.As(t.Context(), auth.Local), wrong, nil); err != nil {
		t.Fatal(err)
	}
	f.shows("wang", own, 403, "")
	f.shows("wang", "/mandates", 200, "法定代表人已变更")
	f.shows("admin", page, 200, "登记改回原来的姓名也不会恢复")
	f.shows("admin", page+"?lang=en", 200, "all mandates have lapsed")
	f.sends("admin", represent, url.Values{"grant": is("zhang")["grant"], "document": {"营业执照副本"}}, 303)
	f.shows("zhang", page, 200, "核对文件")
	f.shows("wang", own, 403, "")
	// Entrusted anew, declined, entrusted again and ended by the representative.
	f.sends("zhang", page, ask, 303)
	f.sends("wang", "/mandates/2/end", nil, 303)
	f.sends("wang", "/mandates/2/accept", nil, 422)
	f.shows("zhang", page, 200, "未接受")
	f.sends("zhang", page, ask, 303)
	f.sends("wang", "/mandates/3/accept", nil, 303)
	f.shows("wang", own, 303, "")
	f.sends("zhang", page+"/3/end", nil, 303)
	f.sends("zhang", page+"/3/end", nil, 303)
	f.shows("wang", own, 403, "")
	// A session that has ended is asked to sign in, and nothing is done.
	f.sends("zhang", page, ask, 303)
	f.now = f.now.Add(time.Hour)
	if w := f.do("wang", http.MethodPost, "/mandates/4/accept", nil); w.Code == 200 || w.Header().Get("Location") != "/sign-in" {
		t.Error("who has signed out accepts:", w.Code, w.Header().Get("Location"))
	}
	if v, err := f.db.Verify(t.Context(), nil, nil); err != nil || len(v.Problems) != 0 {
		t.Error(v, err)
	}
}

// An administrator of the district approves an account and says with it that its person is the representative; what cannot be done
// whole is not done.
func TestApprovedAsLegal(t *testing.T) {
	f := newFirm(t)
	const password = "Osprey-5193-Glide"
	join := func(name string) int64 {
		t.Helper()
		id, err := f.people.Join(t.Context(), uscc("1"), name, "", password, people.Place{Address: "10.0.0.1"})
		if err != nil {
			t.Fatal(err)
		}
		var grant int64
		if err := f.db.ReadPeople(t.Context(), func(r people.Reader) error {
			list, err := r.Grants(t.Context(), id)
			grant = list[0].ID
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return grant
	}
	he, another := join("张三"), join("孙七")
	f.shows("admin", "/people", 200, "是法定代表人")
	settle := func(id int64) string { return fmt.Sprintf("/people/grants/%d/settle", id) }
	f.sends("admin", settle(another), url.Values{"do": {"approve"}, "legal": {"1"}}, 422)
	f.sends("admin", settle(he), url.Values{"do": {"approve"}, "legal": {"1"}}, 303)
	f.shows("admin", fmt.Sprintf("/s/%d/mandates", f.subject), 200, "法定代表人是张三")
	f.sends("admin", settle(another), url.Values{"do": {"approve"}}, 303) // it was not approved half
	f.shows("admin", fmt.Sprintf("/s/%d/mandates", f.subject), 200, "孙七")
	if v, err := f.db.Verify(t.Context(), nil, nil); err != nil || len(v.Problems) != 0 {
		t.Error(v, err)
	}
}

// What has lapsed stays so when the value of the representative in between is erased from the base, and the program is started anew.
func TestLapseOutlivesErasure(t *testing.T) {
	f := newFirm(t)
	local := auth.As(t.Context(), auth.Local)
	f.sends("admin", fmt.Sprintf("/s/%d/representative", f.subject), url.Values{"grant": {fmt.Sprint(f.grants["zhang"])}}, 303)
	legal := func() bool {
		t.Helper()
		anew := mandate.New(f.mandates.Config)
		yes, err := anew.Legal(local, auth.Actor{ID: "zhang", Role: "enterprise", Subject: f.subject, Grant: f.grants["zhang"]})
		if err != nil {
			t.Fatal(err)
		}
		return yes
	}
	if n, err := f.mandates.Lapse(local); err != nil || n != 0 || !legal() {
		t.Fatal("what stands has lapsed:", n, err)
	}
	wrong := f.enter(map[string]string{"representative": "赵六"})
	if err := f.reg.Undo(local, wrong, nil); err != nil {
		t.Fatal(err)
	}
	for want := range 2 {
		if n, err := f.mandates.Lapse(local); err != nil || n != 1-want {
			t.Error("written down:", n, err)
		}
	}
	kept, err := f.reg.KeptOf(local, wrong)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.reg.Erase(local, kept.First, kept.Columns[0].Header, "本人要求"); err != nil {
		t.Fatal(err)
	}
	if legal() {
		t.Error("who has lapsed may act again")
	}
	if v, err := f.db.Verify(t.Context(), nil, nil); err != nil || len(v.Problems) != 0 {
		t.Error(v, err)
	}
}

// Who is the representative of the enterprise for which he acts still finds what others entrust to him.
func TestRepresentativeAcceptsToo(t *testing.T) {
	f := newFirm(t)
	f.sends("admin", fmt.Sprintf("/s/%d/representative", f.subject), url.Values{"grant": {fmt.Sprint(f.grants["zhang"])}}, 303)
	if w := f.do("zhang", http.MethodGet, "/mandates", nil); w.Code != http.StatusSeeOther {
		t.Error("nothing is entrusted to him:", w.Code)
	}
	if err := f.db.WriteMandates(t.Context(), func(w mandate.Writer) error {
		return w.AddMandate(t.Context(), &mandate.Mandate{Subject: f.subject, Position: 1, Person: "zhang", Grant: f.grants["zhang"], Matters: []string{"data"}, From: "2026-12-01", Until: "2027-01-31", Made: f.now, MadeBy: "zhang"})
	}); err != nil {
		t.Fatal(err)
	}
	f.shows("zhang", "/todo", 200, "等您接受的委托")
	f.shows("zhang", "/mandates", 200, "/mandates/1/accept")
	f.shows("zhang", "/mandates", 200, fmt.Sprintf("/s/%d/mandates", f.subject))
}
