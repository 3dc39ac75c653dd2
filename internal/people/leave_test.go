package people_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"eyas/internal/audit"
	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/job"
	"eyas/internal/people"
	"eyas/internal/store/basetest"
)

// Whoever looks as another is himself in the log, may write nothing, and sees persons within his own organisation only.
func TestLookAs(t *testing.T) {
	c := sqlite(t).started(t)
	for _, id := range []string{"adm", "wang", "li"} {
		c.person(t, id)
	}
	c.give(t, "adm", "district_admin", "120110")
	mine, others := c.give(t, "wang", "district_officer", "120110"), c.give(t, "li", "district_officer", "120111")
	token := c.signIn(t, "adm")
	e, err := c.Enter(t.Context(), token, here)
	if err != nil {
		t.Fatal(err)
	}
	ctx := auth.In(t.Context(), e.Actor)
	_, err = c.SeeAs(ctx, token, mine, "")
	refused(t, "no reason", err, fault.Invalid)
	_, err = c.SeeAs(ctx, token, others, "帮助排查")
	refused(t, "a person of another district", err, fault.NotFound)
	if token, err = c.SeeAs(ctx, token, mine, "帮助排查"); err != nil {
		t.Fatal(err)
	}
	if e, err = c.Enter(t.Context(), token, here); err != nil || e.Actor.ID != "wang" || e.Actor.Viewer != "adm" || e.Actor.Role != "district_officer" {
		t.Fatalf("%+v, %v", e, err)
	}
	if err := c.Decide(auth.In(t.Context(), e.Actor), auth.Enter, auth.Resource{}); err == nil {
		t.Error("who looks as another may enter")
	}
	_, err = c.ChangePassword(t.Context(), token, good, better, here)
	refused(t, "a password while looking", err, fault.Forbidden)
	if token, err = c.StopLooking(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	if e, err = c.Enter(t.Context(), token, here); err != nil || e.Actor.ID != "adm" || e.Actor.Viewer != "" {
		t.Errorf("%+v, %v", e, err)
	}
	found := false
	err = c.db.Audit(t.Context(), func(x audit.Entry) error {
		if strings.Contains(x.Detail, "赵钱孙") || strings.Contains(x.Detail, "帮助") || strings.Contains(x.Detail, here.Address) {
			t.Errorf("in clear in the log: %s", x.Detail)
		}
		found = found || x.Action == "look-as" && x.Actor == "adm" && x.Subject == "person/wang" && x.Texts["reason"] == "帮助排查"
		return nil
	})
	if !found || err != nil {
		t.Error("the log does not say who looked as whom", err)
	}
}

func TestLeave(t *testing.T) {
	c := sqlite(t)
	var handed []string
	c.Hands = []people.Handover{{Of: "findings", Hand: func(_ context.Context, from, to string) (int, error) {
		handed = append(handed, from, to)
		return 3, nil
	}}}
	c.started(t)
	c.person(t, "wang")
	c.person(t, "li")
	c.give(t, "wang", "district_officer", "120110")
	token := c.signIn(t, "wang")
	key, err := c.Token(as(t, "wang", "", ""), "wang")
	if err != nil {
		t.Fatal(err)
	}
	if a, err := c.ByToken(t.Context(), "wang", key); err != nil || a.Role != "district_officer" {
		t.Errorf("%+v, %v", a, err)
	}
	_, err = c.ByToken(t.Context(), "li", key)
	refused(t, "the token of somebody else", err, fault.Unauthorised)
	n, err := c.Leave(sys(t), "wang", "li")
	if err != nil || n["findings"] != 3 || strings.Join(handed, " ") != "wang li" {
		t.Fatal(n, handed, err)
	}
	_, err = c.Enter(t.Context(), token, here)
	refused(t, "a session of who left", err, fault.Unauthorised)
	_, err = c.ByToken(t.Context(), "wang", key)
	refused(t, "a token of who left", err, fault.Unauthorised)
	s, err := c.Get(sec(t), "wang")
	if err != nil || s.State != people.Left || s.Successor != "li" || s.Grants[0].State != people.Taken {
		t.Errorf("%+v, %v", s, err)
	}
	_, err = c.Recover(sys(t), "wang")
	refused(t, "recovering who left", err, fault.Conflict)
}

// Demonstration accounts work on generated data only.
func TestDemo(t *testing.T) {
	c := sqlite(t)
	if _, err := c.Seed(auth.As(t.Context(), auth.Local), people.Person{ID: "demo-bureau", Name: "示例"}, people.GrantAsk{Role: "bureau", Org: "120000"}, good); err != nil {
		t.Fatal(err)
	}
	token := c.signIn(t, "demo-bureau")
	c.Synthetic = func(context.Context) (bool, error) { return false, nil }
	_, err := c.Enter(t.Context(), token, here)
	refused(t, "a session on real data", err, fault.Unauthorised)
	_, _, err = c.SignIn(t.Context(), "demo-bureau", good, here, "")
	refused(t, "signing in on real data", err, fault.Invalid)
	if list, err := c.Demos(t.Context()); len(list) != 0 || err != nil {
		t.Error(list, err)
	}
}

// The whole way once on PostgreSQL.
func TestPostgres(t *testing.T) {
	c := open(t, basetest.Server(t)).started(t)
	c.person(t, "wang")
	c.give(t, "wang", "district_officer", "120110")
	token := c.signIn(t, "wang")
	c.now = c.now.Add(2 * time.Minute)
	if e, err := c.Enter(t.Context(), token, here); err != nil || e.Actor.Role != "district_officer" {
		t.Errorf("%+v, %v", e, err)
	}
	for range 5 {
		if _, _, err := c.SignIn(t.Context(), "wang", "wrong", here, ""); err == nil {
			t.Fatal("wrong password")
		}
	}
	_, _, err := c.SignIn(t.Context(), "wang", good, here, "")
	refused(t, "locked", err, fault.Invalid)
	if list, n, err := c.List(sys(t), people.Wanted{Text: "WAN"}, 0, 10); err != nil || n != 1 || list[0].ID != "wang" {
		t.Errorf("%+v, %d, %v", list, n, err)
	}
	if _, err := c.SignOut(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	_, err = c.Enter(t.Context(), token, here)
	refused(t, "signed out", err, fault.Unauthorised)
	if v, err := c.db.Verify(t.Context(), nil, nil); err != nil || len(v.Problems) > 0 {
		t.Errorf("%+v, %v", v, err)
	}
}

// What somebody has open goes to his successor in one transaction with his leaving, on both databases.
func TestHandedOver(t *testing.T) {
	for name, dsn := range map[string]string{"SQLite": basetest.Path(t), "PostgreSQL": basetest.Server(t)} {
		c := open(t, dsn)
		c.Hands = []people.Handover{{Of: "findings", Hand: c.db.HandFindings}, {Of: "jobs", Hand: c.db.HandJobs}, {Of: "uploads", Hand: c.db.HandUploads}}
		c.started(t)
		c.person(t, "wang")
		c.person(t, "li")
		err := c.db.WriteJobs(t.Context(), time.Minute, func(w job.Writer) error {
			ended := job.Row{ID: "old", Kind: "export", Actor: "wang", Args: []byte("{}"), State: job.Done, RunAt: c.now, Added: c.now, Updated: c.now, Ended: c.now}
			open := job.Row{ID: "new", Kind: "export", Actor: "wang", Args: []byte("{}"), State: job.Waiting, RunAt: c.now, Added: c.now, Updated: c.now}
			return errors.Join(w.AddJob(t.Context(), &ended), w.AddJob(t.Context(), &open))
		})
		if err != nil {
			t.Fatal(name, err)
		}
		n, err := c.Leave(sys(t), "wang", "li")
		if err != nil || n["jobs"] != 1 || n["findings"] != 0 || n["uploads"] != 0 {
			t.Errorf("%s: handed %v, %v", name, n, err)
		}
		err = c.db.ReadJobs(t.Context(), func(r job.Reader) error {
			now, err := r.Job(t.Context(), "new")
			was, err2 := r.Job(t.Context(), "old")
			if err == nil && err2 == nil && (now.Actor != "li" || was.Actor != "wang") {
				t.Errorf("%s: the open job is %s's, the ended one %s's", name, now.Actor, was.Actor)
			}
			return errors.Join(err, err2)
		})
		if err != nil {
			t.Error(name, err)
		}
	}
}
