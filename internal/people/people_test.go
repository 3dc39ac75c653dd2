package people_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/people"
	"eyas/internal/store"
	"eyas/internal/store/basetest"
	"eyas/internal/store/pgtest"
	"eyas/packs"
)

// city is a base with people and a clock that tests turn.
type city struct {
	*people.People
	db  *store.DB
	now time.Time
}

var morning = time.Date(2026, 11, 30, 1, 0, 0, 0, time.UTC) // 9 o'clock in Tianjin

const (
	good, better = "Rv7#qmLx92pt", "kB4!wzQn81ru"
	haitai       = "91120116MA05J2XK3Q"
)

// subjects knows one enterprise, which lies in a zone of Binhai.
type subjects struct{}

func (subjects) SubjectByCode(_ context.Context, registers []string, code string) (*people.Subject, error) {
	if code == haitai && slices.Contains(registers, "enterprise") {
		return subjects{}.SubjectByID(context.Background(), 7)
	}
	return nil, nil
}

func (subjects) SubjectByID(_ context.Context, id int64) (*people.Subject, error) {
	if id != 7 {
		return nil, nil
	}
	return &people.Subject{ID: 7, Register: "enterprise", Code: haitai, Name: "海泰示例有限公司", Orgs: []string{"120116", "teda"}}, nil
}

func open(t testing.TB, dsn string) *city {
	t.Helper()
	p, err := packs.Default()
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	c := &city{db: db, now: morning}
	c.People, err = people.New(people.Config{Pack: p, Storage: db, Clock: func() time.Time { return c.now }, Subjects: subjects{},
		Synthetic: func(context.Context) (bool, error) { return true, nil }})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestMain makes hashes cheap: every sign-in takes one.
func TestMain(m *testing.M) {
	defer people.Cheap()()
	pgtest.Main(m)
}

func sqlite(t testing.TB) *city { return open(t, basetest.Path(t)) }

// as is a context in which somebody acts in a role.
func as(t testing.TB, id string, role auth.Role, org string) context.Context {
	return auth.In(t.Context(), auth.Actor{ID: id, Role: role, Org: org})
}

func sys(t testing.TB) context.Context { return as(t, "sys", "system_admin", "120000") }
func sec(t testing.TB) context.Context { return as(t, "sec", "security_admin", "120000") }

// started is a city whose three administrators are sys, sec and aud.
func (c *city) started(t testing.TB) *city {
	t.Helper()
	link, err := c.NewStart(auth.As(t.Context(), auth.Self))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.StartWith(t.Context(), link, []people.Person{{ID: "sys", Name: "王一"}, {ID: "sec", Name: "李二"}, {ID: "aud", Name: "张三"}}); err != nil {
		t.Fatal(err)
	}
	return c
}

// person makes an account with a password.
func (c *city) person(t testing.TB, id string) {
	t.Helper()
	link, err := c.Make(sys(t), people.Person{ID: id, Name: "赵钱孙"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.UseLink(t.Context(), link, good); err != nil {
		t.Fatal(err)
	}
}

func (c *city) give(t testing.TB, id string, role auth.Role, org string) int64 {
	t.Helper()
	g, err := c.Give(sec(t), people.GrantAsk{Person: id, Role: role, Org: org})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

var here = people.Place{Address: "10.1.1.1", Browser: "Firefox"}

func (c *city) signIn(t testing.TB, id string) string {
	t.Helper()
	token, half, err := c.SignIn(t.Context(), id, good, here, "")
	if err != nil || half {
		t.Fatal(half, err)
	}
	return token
}

func refused(t testing.TB, what string, err error, code fault.Code) {
	t.Helper()
	if err == nil || fault.Of(err) != code {
		t.Errorf("%s: %v, want %s", what, err, code)
	}
}

// The id of an account says nothing that is to be hidden, and nobody is called as the program is.
func TestIDsOfAccounts(t *testing.T) {
	c := sqlite(t).started(t)
	for _, id := range []string{"", "w", "1wang", "wang wei", "王伟", "local", "eyas", "w110105199003070017", strings.Repeat("w", 33)} {
		_, err := c.Make(sys(t), people.Person{ID: id, Name: "王伟"})
		refused(t, "the id "+id, err, fault.Invalid)
	}
	for _, id := range []string{"wang", "wang.wei-2", "Li_3", "w110105199003070018"} { // the last is no number: its check digit differs
		if _, err := c.Make(sys(t), people.Person{ID: id, Name: "王伟"}); err != nil {
			t.Errorf("the id %s: %v", id, err)
		}
	}
}

func TestPasswordRules(t *testing.T) {
	c := sqlite(t)
	me := people.About{ID: "wangwei", Name: "王伟明", Phone: "13812345678", Orgs: []string{"海泰示例有限公司", haitai}}
	for _, x := range []struct {
		password string
		broken   string // rules, in order
	}{
		{good, ""}, {better, ""}, {"海河边-Walk3正好", ""},
		{"aB3$x", "length weak"}, {strings.Repeat("aB3$", 33), "length weak"},
		{"qmlxvprtkz", "kinds"}, {"QMLX84723vp", ""}, {"qmlx84723vp", "kinds"},
		{"Wangwei#9274x", "own"}, {"WangWeiMing#92", "own"}, {"Xq#13812345678", "own weak"}, {"Xq!王伟明2b7k", "own"}, {"W@ngwe1#9274x", "own"},
		{"Kz7!" + haitai, "org"}, {"海泰示例有限公司Az9", "org"}, {"haitaishiliyouxiangongsi#A9", "org weak"},
		{"Tianjin@2026", "field"}, {"Keji!20260101", "field"}, {"天津科技局#2026Aa", "field"}, {"ChuYing#88", "field weak"}, {"T1anj1n!9", "field weak"}, {"东丽区Aa1!2026", "field"},
		{"Password1!", "field weak"}, {"Qwer1234!", "weak"}, {"Aa1!Aa1!Aa1!", "weak"},
	} {
		got := strings.Join(c.Strength(x.password, me).Broken, " ")
		if got != x.broken {
			t.Errorf("%s breaks %q, want %q", x.password, got, x.broken)
		}
	}
}

// The three administrators come from a link that works once, and each chooses a password by a link of his own.
func TestFirstStart(t *testing.T) {
	c := sqlite(t)
	if any, err := c.Any(t.Context()); any || err != nil {
		t.Fatal(any, err)
	}
	if err := c.Decide(t.Context(), auth.Import, auth.Resource{}); err != nil {
		t.Error("the operator of a base without people may not import:", err)
	}
	link, err := c.NewStart(auth.As(t.Context(), auth.Self))
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.StartWith(t.Context(), link, []people.Person{{ID: "sys", Name: "王一"}, {ID: "sys", Name: "李二"}, {ID: "aud", Name: "张三"}})
	refused(t, "one person in two roles", err, fault.Invalid)
	three := []people.Person{{ID: "sys", Name: "王一"}, {ID: "sec", Name: "李二"}, {ID: "aud", Name: "张三"}}
	links, err := c.StartWith(t.Context(), link, three)
	if err != nil || len(links) != 3 {
		t.Fatal(links, err)
	}
	_, err = c.StartWith(t.Context(), link, three)
	refused(t, "the link a second time", err, fault.NotFound)
	_, err = c.NewStart(auth.As(t.Context(), auth.Self))
	refused(t, "a second start", err, fault.Conflict)
	if err := c.Decide(t.Context(), auth.Import, auth.Resource{}); err == nil {
		t.Error("nobody may import on a base with people")
	}
	if _, err := c.UseLink(t.Context(), links[0], good); err != nil {
		t.Fatal(err)
	}
	_, err = c.UseLink(t.Context(), links[0], better)
	refused(t, "an invitation a second time", err, fault.NotFound)
	c.now = c.now.Add(73 * time.Hour)
	_, err = c.UseLink(t.Context(), links[1], good)
	refused(t, "an invitation that has ended", err, fault.NotFound)
	token := c.signIn(t, "sys")
	e, err := c.Enter(t.Context(), token, here)
	if err != nil || e.Actor.Role != "system_admin" || e.Owes != people.OwesSecond {
		t.Errorf("%+v, %v", e, err)
	}
	if v, err := c.db.Verify(t.Context(), nil, nil); err != nil || len(v.Problems) > 0 {
		t.Errorf("%+v, %v", v, err)
	}
}

// Five wrong attempts lock an account, known or not, for a quarter of an hour, with one answer to all of them.
func TestLockOut(t *testing.T) {
	c := sqlite(t).started(t)
	c.person(t, "wang")
	for _, id := range []string{"wang", "nobody"} {
		var said string
		for i := range 5 {
			_, _, err := c.SignIn(t.Context(), id, "wrong", people.Place{Address: id}, "")
			var f *fault.Error
			if !errors.As(err, &f) || said != "" && f.ZH != said {
				t.Errorf("%s, attempt %d: %v", id, i, err)
				continue
			}
			said = f.ZH
		}
	}
	_, _, err := c.SignIn(t.Context(), "wang", good, here, "")
	refused(t, "the right password of a locked account", err, fault.Invalid)
	c.now = c.now.Add(14 * time.Minute)
	_, _, err = c.SignIn(t.Context(), "wang", good, here, "")
	refused(t, "14 minutes later", err, fault.Invalid)
	c.now = c.now.Add(2 * time.Minute)
	c.signIn(t, "wang")
	for range 4 { // what was right has the wrong ones forgotten
		if _, _, err := c.SignIn(t.Context(), "wang", "wrong", here, ""); err == nil {
			t.Fatal("wrong password")
		}
	}
	c.signIn(t, "wang")
	for i := range 60 { // many accounts from one address
		c.SignIn(t.Context(), "x"+strings.Repeat("y", i), "wrong", people.Place{Address: "9.9.9.9"}, "")
	}
	_, _, err = c.SignIn(t.Context(), "wang", good, people.Place{Address: "9.9.9.9"}, "")
	refused(t, "from an address that tried many accounts", err, fault.Invalid)
	if err := c.Unlock(sys(t), "wang"); err != nil {
		t.Fatal(err)
	}
	c.signIn(t, "wang")
}

// A session ends when it rests, when it is old, when it is revoked, and when its person's rights change; its token is new at
// every step that gives more.
func TestSessions(t *testing.T) {
	c := sqlite(t).started(t)
	c.person(t, "wang")
	enter := func(token string) error { _, err := c.Enter(t.Context(), token, here); return err }
	first := c.signIn(t, "wang")
	second, _, err := c.SignIn(t.Context(), "wang", good, here, first) // what a browser had before is worth nothing after
	if err != nil || second == first || enter(second) != nil {
		t.Fatal(err)
	}
	refused(t, "the token of before the sign-in", enter(first), fault.Unauthorised)
	refused(t, "a forged token", enter(strings.Repeat("A", 32)), fault.Unauthorised)
	refused(t, "the stored key as a token", enter(strings.Repeat("0", 64)), fault.Unauthorised)
	c.give(t, "wang", "district_officer", "120110")
	refused(t, "the token of before the grant", enter(second), fault.Unauthorised)
	other := c.give(t, "wang", "district_reviewer", "120111")
	third := c.signIn(t, "wang")
	fourth, err := c.Choose(t.Context(), third, other)
	if err != nil {
		t.Fatal(err)
	}
	refused(t, "the token of before the choice", enter(third), fault.Unauthorised)
	if e, err := c.Enter(t.Context(), fourth, here); err != nil || e.Actor.Session != e.Session.ID() || e.Actor.Session == "" || e.Actor.Role != "district_reviewer" || e.Actor.Org != "120111" || len(e.Grants) != 2 {
		t.Errorf("%+v, %v", e, err)
	}
	_, err = c.Choose(t.Context(), fourth, 1)
	refused(t, "the grant of somebody else", err, fault.Forbidden)
	for range 25 { // 12 hours, never resting
		c.now = c.now.Add(29 * time.Minute)
		err = enter(fourth)
	}
	refused(t, "after 12 hours", err, fault.Unauthorised)
	fifth := c.signIn(t, "wang")
	c.now = c.now.Add(31 * time.Minute)
	refused(t, "after half an hour of rest", enter(fifth), fault.Unauthorised)
	sixth := c.signIn(t, "wang")
	list, err := c.Sessions(t.Context(), "wang")
	if err != nil || len(list) != 1 {
		t.Fatalf("%+v, %v", list, err)
	}
	refused(t, "revoking as somebody else's", c.Revoke(as(t, "li", "", ""), "li", list[0].ID()), fault.NotFound)
	if err := c.Revoke(as(t, "wang", "", ""), "wang", list[0].ID()); err != nil {
		t.Fatal(err)
	}
	refused(t, "revoked", enter(sixth), fault.Unauthorised)
	seventh := c.signIn(t, "wang")
	if err := c.Lock(sys(t), "wang"); err != nil {
		t.Fatal(err)
	}
	refused(t, "locked", enter(seventh), fault.Unauthorised)
	_, _, err = c.SignIn(t.Context(), "wang", good, here, "")
	refused(t, "signing in while locked", err, fault.Invalid)
}

// A code is taken once, a recovery code too, and a half session is none.
func TestSecondFactor(t *testing.T) {
	c := sqlite(t).started(t)
	c.person(t, "wang")
	token := c.signIn(t, "wang")
	key, err := c.FreshFactor(t.Context(), "wang")
	if err != nil {
		t.Fatal(err)
	}
	if again, err := c.FreshFactor(t.Context(), "wang"); err != nil || again.Secret() != key.Secret() {
		t.Error("a second look shows another secret", err)
	}
	code := func() string { s, _ := totp.GenerateCode(key.Secret(), c.now); return s }
	_, _, err = c.ConfirmFactor(t.Context(), token, "000000")
	refused(t, "a wrong code", err, fault.Invalid)
	codes, fresh, err := c.ConfirmFactor(t.Context(), token, code())
	if err != nil || len(codes) != 8 || fresh == token {
		t.Fatal(codes, err)
	}
	half, isHalf, err := c.SignIn(t.Context(), "wang", good, here, "")
	if err != nil || !isHalf {
		t.Fatal(isHalf, err)
	}
	_, err = c.Enter(t.Context(), half, here)
	refused(t, "a half session", err, fault.Unauthorised)
	_, err = c.SecondFactor(t.Context(), half, code(), here)
	refused(t, "a code that was used", err, fault.Invalid)
	c.now = c.now.Add(30 * time.Second)
	whole, err := c.SecondFactor(t.Context(), half, code(), here)
	if err != nil || whole == half {
		t.Fatal(err)
	}
	_, err = c.SecondFactor(t.Context(), half, codes[0], here)
	refused(t, "a half session a second time", err, fault.Unauthorised)
	for i, want := range []bool{true, false} {
		half, _, err := c.SignIn(t.Context(), "wang", good, here, "")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.SecondFactor(t.Context(), half, strings.ToUpper(codes[1]), here); (err == nil) != want {
			t.Errorf("recovery code, time %d: %v", i+1, err)
		}
	}
}

func TestPasswords(t *testing.T) {
	c := sqlite(t).started(t)
	c.person(t, "wang")
	token := c.signIn(t, "wang")
	_, err := c.ChangePassword(t.Context(), token, "wrong", better, here)
	refused(t, "without the old one", err, fault.Invalid)
	_, err = c.ChangePassword(t.Context(), token, good, good, here)
	refused(t, "the same again", err, fault.Invalid)
	old := c.signIn(t, "wang")
	token, err = c.ChangePassword(t.Context(), token, good, better, here)
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Enter(t.Context(), old, here)
	refused(t, "another session after the change", err, fault.Unauthorised)
	_, err = c.ChangePassword(t.Context(), token, better, good, here)
	refused(t, "the last but one", err, fault.Invalid)
	c.now = c.now.Add(91 * 24 * time.Hour)
	token, _, err = c.SignIn(t.Context(), "wang", better, here, "")
	if err != nil {
		t.Fatal(err)
	}
	if e, err := c.Enter(t.Context(), token, here); err != nil || e.Owes != people.OwesPassword {
		t.Errorf("after 90 days: %+v, %v", e, err)
	}
	link, err := c.Recover(sys(t), "wang")
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Enter(t.Context(), token, here)
	refused(t, "a session after recovery", err, fault.Unauthorised)
	_, _, err = c.SignIn(t.Context(), "wang", better, here, "")
	refused(t, "the old password after recovery", err, fault.Invalid)
	if _, err := c.UseLink(t.Context(), link, "Zx9!mmRqLp22"); err != nil {
		t.Fatal(err)
	}
}

// Who may grant what to whom.
func TestGrants(t *testing.T) {
	c := sqlite(t).started(t)
	c.person(t, "wang")
	give := func(ctx context.Context, a people.GrantAsk) error { _, err := c.Give(ctx, a); return err }
	ask := people.GrantAsk{Person: "wang", Role: "district_officer", Org: "120110"}
	refused(t, "the system administrator grants", give(sys(t), ask), fault.Forbidden)
	refused(t, "a role for the wrong kind", give(sec(t), people.GrantAsk{Person: "wang", Role: "district_officer", Org: "120000"}), fault.Invalid)
	refused(t, "a role that there is not", give(sec(t), people.GrantAsk{Person: "wang", Role: "operator", Org: "120000"}), fault.Invalid)
	refused(t, "an enterprise that there is not", give(sec(t), people.GrantAsk{Person: "wang", Role: "enterprise", Code: "x"}), fault.NotFound)
	refused(t, "to himself", give(sec(t), people.GrantAsk{Person: "sec", Role: "audit_admin", Org: "120000"}), fault.Forbidden)
	refused(t, "two administrators' roles", give(as(t, "sec2", "security_admin", "120000"), people.GrantAsk{Person: "sys", Role: "security_admin", Org: "120000"}), fault.Conflict)
	refused(t, "to nobody", give(sec(t), people.GrantAsk{Person: "none", Role: "district_officer", Org: "120110"}), fault.NotFound)
	if err := give(sec(t), ask); err != nil {
		t.Error(err)
	}
	refused(t, "twice", give(sec(t), ask), fault.Conflict)
	dongli := as(t, "chen", "district_admin", "120110")
	propose := func(ctx context.Context, a people.GrantAsk) (int64, error) { return c.Propose(ctx, a) }
	_, err := propose(dongli, people.GrantAsk{Person: "wang", Role: "district_reviewer", Org: "120111"})
	refused(t, "a proposal for another district", err, fault.Forbidden)
	_, err = propose(dongli, people.GrantAsk{Person: "wang", Role: "system_admin", Org: "120000"})
	refused(t, "a proposal of an administrator", err, fault.Forbidden)
	id, err := propose(dongli, people.GrantAsk{Person: "wang", Role: "district_reviewer", Org: "120110"})
	if err != nil {
		t.Fatal(err)
	}
	refused(t, "who proposes approves", c.Settle(dongli, id, true, ""), fault.NotFound)
	refused(t, "no reason", c.Settle(sec(t), id, false, " "), fault.Invalid)
	if err := c.Settle(sec(t), id, true, ""); err != nil {
		t.Fatal(err)
	}
	refused(t, "twice", c.Settle(sec(t), id, false, "x"), fault.Conflict)
	if err := c.Take(sec(t), id, "调岗"); err != nil {
		t.Fatal(err)
	}
	// A deputy brings roles together as a grant does.
	c.person(t, "li")
	refused(t, "a deputy of the system administrator with a business role", c.StandIn(as(t, "sec2", "security_admin", "120000"), "sys", "wang", "2026-12-01", "2026-12-05"), fault.Conflict)
	if err := c.StandIn(sec(t), "wang", "li", "2026-12-01", "2026-12-05"); err != nil {
		t.Fatal(err)
	}
	refused(t, "an administrator's role for who stands in", give(sec(t), people.GrantAsk{Person: "li", Role: "system_admin", Org: "120000"}), fault.Conflict)
	if err := give(sec(t), people.GrantAsk{Person: "li", Role: "audit_admin", Org: "120000", From: "2026-12-06"}); err != nil {
		t.Error("after the deputy's days:", err)
	}
	c.now = morning.Add(24 * time.Hour)
	if e, err := c.Enter(t.Context(), c.signIn(t, "li"), here); err != nil || e.Actor.Role != "district_officer" || e.Actor.ID != "li" {
		t.Errorf("%+v, %v", e, err)
	}
}

// An enterprise's account is asked for by anybody and approved where the enterprise lies; the answer says nothing of it.
func TestJoin(t *testing.T) {
	c := sqlite(t).started(t)
	id, err := c.Join(t.Context(), haitai, "孙四", "13900000000", good, here)
	if err != nil {
		t.Fatal(err)
	}
	unknown, err := c.Join(t.Context(), "91120110XXXXXXXXXX", "周五", "", good, here)
	if err != nil || len(unknown) != len(id) {
		t.Fatal(unknown, err)
	}
	token := c.signIn(t, id)
	if e, err := c.Enter(t.Context(), token, here); err != nil || e.Actor.Role != "" {
		t.Errorf("before it is approved: %+v, %v", e, err)
	}
	of := func(org string, role auth.Role) []people.Grant {
		list, err := c.Proposals(as(t, "adm", role, org))
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	if n, m, all := len(of("120110", "district_admin")), len(of("120116", "district_admin")), len(of("120000", "bureau_admin")); n != 0 || m != 1 || all != 2 {
		t.Errorf("Dongli sees %d, Binhai %d, the city %d", n, m, all)
	}
	g := of("120116", "district_admin")[0]
	refused(t, "another district approves", c.Settle(as(t, "adm", "district_admin", "120110"), g.ID, true, ""), fault.NotFound)
	refused(t, "an officer approves", c.Settle(as(t, "adm", "district_officer", "120116"), g.ID, true, ""), fault.NotFound)
	if err := c.Settle(as(t, "adm", "district_admin", "120116"), g.ID, true, ""); err != nil {
		t.Fatal(err)
	}
	if e, err := c.Enter(t.Context(), c.signIn(t, id), here); err != nil || e.Actor.Role != "enterprise" || e.Actor.Subject != 7 {
		t.Errorf("%+v, %v", e, err)
	}
	for i := range 30 {
		if _, err = c.Join(t.Context(), haitai, "孙", "", good, here); err != nil && i < 10 {
			t.Fatal(err)
		}
	}
	refused(t, "many requests from one address", err, fault.Unavailable)
}
