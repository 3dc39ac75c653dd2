package people_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"eyas/internal/audit"
	"eyas/internal/auth"
	"eyas/internal/people"
	"eyas/internal/store/basetest"
)

// tale is what an entry says.
type tale struct {
	by, account, from string
	n                 int
}

// both are a base of each kind.
func both(t *testing.T) map[string]string {
	return map[string]string{"SQLite": basetest.Path(t), "PostgreSQL": basetest.Server(t)}
}

// told are the entries of the log about failed sign-ins, the oldest first: account, address and count.
func (c *city) told(t testing.TB) (list []tale) {
	t.Helper()
	entries, _, err := c.db.Entries(t.Context(), audit.Wanted{Actions: []string{"sign-in-failed"}}, 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range slices.Backward(entries) {
		var said struct {
			Count  int
			Factor string
		}
		if err := json.Unmarshal([]byte(e.Detail), &said); err != nil {
			t.Fatal(e.Detail, err)
		}
		list = append(list, tale{said.Factor, e.Texts["account"], e.As().From, said.Count})
	}
	return list
}

// Failed sign-ins are in the log: one entry at the first, and one after each window with those since; alike for an account that
// there is and one that there is not. What can be no account's id is not kept: it may be a password.
func TestFailuresAreTold(t *testing.T) {
	for name, dsn := range both(t) {
		t.Run(name, func(t *testing.T) {
			c := open(t, dsn).started(t)
			c.person(t, "wang")
			wrong := func(id string, times int) {
				t.Helper()
				for range times {
					if _, _, err := c.SignIn(t.Context(), id, "wrong", here, ""); err == nil {
						t.Fatal("signed in")
					}
				}
			}
			wrong("wang", 4)
			wrong("nobody", 4)
			wrong("Not an id!", 2)
			const at = "10.1.1.1"
			want := []tale{{"password", "wang", at, 1}, {"password", "nobody", at, 1}, {"password", "", at, 1}}
			if got := c.told(t); !slices.Equal(got, want) {
				t.Errorf("at first %v, want %v", got, want)
			}
			c.now = c.now.Add(14 * time.Minute)
			if err := c.TellFailures(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := c.told(t); !slices.Equal(got, want) {
				t.Errorf("within the window %v, want %v", got, want)
			}
			c.now = c.now.Add(time.Minute)
			for range 2 { // the second time has nothing to tell
				if err := c.TellFailures(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			want = append(want, tale{"password", "", at, 1}, tale{"password", "nobody", at, 3}, tale{"password", "wang", at, 3})
			if got := c.told(t); !slices.Equal(got, want) {
				t.Errorf("after the window %v, want %v", got, want)
			}
			if head, err := c.db.VerifyAudit(t.Context()); err != nil || head.Size == 0 {
				t.Error(head, err)
			}
		})
	}
}

// However many accounts are tried from however many addresses, a window has a bounded number of entries, and their counts are
// all attempts in the end.
func TestGuessingDoesNotFillTheLog(t *testing.T) {
	const tried, most = 20, 6
	defer people.Tales(most)()
	c := sqlite(t).started(t)
	for i := range tried {
		from := people.Place{Address: fmt.Sprintf("10.9.1.%d", i)}
		if _, _, err := c.SignIn(t.Context(), fmt.Sprintf("guess%d", i), "wrong", from, ""); err == nil {
			t.Fatal("signed in")
		}
	}
	if n := len(c.told(t)); n != most+1 {
		t.Errorf("%d entries of %d attempts", n, tried)
	}
	c.now = c.now.Add(time.Hour)
	if err := c.TellFailures(t.Context()); err != nil {
		t.Fatal(err)
	}
	sum := 0
	for _, x := range c.told(t) {
		sum += x.n
	}
	if n := len(c.told(t)); n > most+2 || sum != tried {
		t.Errorf("%d entries tell of %d attempts, want all %d in at most %d", n, sum, tried, most+2)
	}
}

// The pack says for which roles a second factor is needed.
func TestRolesThatNeedASecondFactor(t *testing.T) {
	c := sqlite(t).started(t)
	need := map[auth.Role]bool{"system_admin": true, "security_admin": true, "audit_admin": true, "district_reviewer": true, "district_officer": false, "bureau": false}
	for i, role := range slices.Sorted(maps.Keys(need)) {
		id, org := fmt.Sprintf("p%d", i), "120000"
		if c.Role(role).Orgs[0] == "district" {
			org = "120110"
		}
		c.person(t, id)
		c.give(t, id, role, org)
		e, err := c.Enter(t.Context(), c.signIn(t, id), here)
		if err != nil {
			t.Fatal(err)
		}
		if got := e.Owes == people.OwesSecond; got != need[role] {
			t.Errorf("%s owes a second factor: %v, want %v", role, got, need[role])
		}
	}
}
