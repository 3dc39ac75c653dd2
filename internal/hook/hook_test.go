package hook_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/hook"
	"eyas/internal/registry/fact"
	"eyas/internal/store/basetest"
)

// brief writes messages as their types and ids.
func brief(list []got) string {
	var all []string
	for _, g := range list {
		text := g.Type
		switch {
		case g.Data.Subjects != nil:
			text += fmt.Sprint(g.Data.Subjects)
		case g.Data.Questions != nil:
			text += fmt.Sprint(g.Data.Questions)
		case g.Data.Import != 0:
			text += fmt.Sprintf("[%d]", g.Data.Import)
		}
		if g.Data.More {
			text += "+"
		}
		all = append(all, text)
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

// Each hook is told what its person sees of a change, and nothing of the rest; what was written while nobody was there is told later. On
// both databases.
func TestTold(t *testing.T) {
	for name, dsn := range map[string]func() string{"sqlite": func() string { return basetest.Path(t) }, "postgres": func() string { return basetest.Server(t) }} {
		t.Run(name, func(t *testing.T) {
			g := newRig(t, dsn())
			old := g.enter(here, "早先有限公司")
			type end struct {
				*receiver
				id     int64
				secret string
			}
			ends := map[string]*end{}
			for who, b := range map[string]auth.Bounds{"city": {}, "here": {}, "there": {}, "city one": {Subject: old}, "city person": {Register: "person"}} {
				e := &end{receiver: newReceiver(t)}
				person, _, _ := strings.Cut(who, " ")
				e.id, e.secret = g.hook(person, e.URL+"/in", b)
				ends[who] = e
			}
			want := func(what string, told map[string]string) {
				t.Helper()
				g.turn()
				for who, e := range ends {
					list := e.take()
					for i := range list {
						if !list[i].of(e.secret) {
							t.Errorf("%s: %s is told %s with another signature: %s", what, who, list[i].Type, list[i].signature)
						}
					}
					if got := brief(list); got != told[who] {
						t.Errorf("%s: %s is told %q, want %q", what, who, got, told[who])
					}
				}
			}
			want("what was there", nil)
			a, b := g.enter(here, "甲示例有限公司"), g.enter(there, "乙示例有限公司")
			want("entries", map[string]string{"city": fmt.Sprintf("subject.changed[%d %d]", a, b), "here": fmt.Sprintf("subject.changed[%d]", a), "there": fmt.Sprintf("subject.changed[%d]", b)})
			want("nothing", nil)
			file := g.load("here", "企业名称,所属区,2019年职工总数\n早先有限公司,东丽区,8\n")
			want("a file of a district", map[string]string{"city": fmt.Sprintf("import.done[%d] subject.changed[%d]", file, old), "here": fmt.Sprintf("import.done[%d] subject.changed[%d]", file, old), "city one": fmt.Sprintf("subject.changed[%d]", old)})
			if err := g.reg.Undo(g.as("here"), file, nil); err != nil {
				t.Fatal(err)
			}
			want("taken back", map[string]string{"city": fmt.Sprintf("import.undone[%d] subject.changed[%d]", file, old), "here": fmt.Sprintf("import.undone[%d] subject.changed[%d]", file, old), "city one": fmt.Sprintf("subject.changed[%d]", old)})

			// A question is asked of who sees both subjects.
			merge := func(x, y int64) int64 {
				t.Helper()
				id, err := g.reg.Merge(g.as("city"), x, y, "试")
				if err == nil {
					err = g.reg.Unmerge(g.as("city"), id)
				}
				if err != nil {
					t.Fatal(err)
				}
				list, err := g.reg.QuestionsOf(g.as("city"), x)
				if err != nil || len(list) == 0 {
					t.Fatal(list, err)
				}
				if err := g.reg.Answer(g.as("city"), list[len(list)-1].ID, fact.Open, ""); err != nil {
					t.Fatal(err)
				}
				return list[len(list)-1].ID
			}
			q := merge(a, old)
			both := fmt.Sprintf("question.asked[%d] subject.changed[%d]", q, a)
			want("a question", map[string]string{"city": both, "here": both})
			if err := g.reg.Answer(g.as("here"), q, fact.Different, "不是"); err != nil {
				t.Fatal(err)
			}
			answered := fmt.Sprintf("question.answered[%d]", q)
			want("an answer", map[string]string{"city": answered, "here": answered})
			q = merge(a, b)
			want("one across districts", map[string]string{"city": fmt.Sprintf("question.asked[%d] subject.changed[%d %d]", q, a, b), "here": fmt.Sprintf("subject.changed[%d]", a), "there": fmt.Sprintf("subject.changed[%d]", b)})

			// A whole list says something about all who are not in it.
			file = g.load("city", "企业名称,列入经营异常名录\n乙示例有限公司,是\n", "abnormal_list")
			want("a whole list", map[string]string{"city": fmt.Sprintf("import.done[%d] subject.changed[]+", file), "here": "subject.changed[]+", "there": "subject.changed[]+", "city one": "subject.changed[]+"})

			// While a hook is paused, and while its person's role is away, changes wait and are told together.
			if err := g.hooks.Set(g.as("city"), "city", ends["city"].id, hook.Paused); err != nil {
				t.Fatal(err)
			}
			was := g.persons.are["here"]
			delete(g.persons.are, "here")
			c := g.enter(here, "丙示例有限公司")
			want("paused", nil)
			d := g.enter(here, "丁示例有限公司")
			g.persons.are["here"] = was
			if err := g.hooks.Set(g.as("city"), "city", ends["city"].id, hook.On); err != nil {
				t.Fatal(err)
			}
			g.hooks = g.open() // after a new start
			told := fmt.Sprintf("subject.changed[%d %d]", c, d)
			want("later", map[string]string{"city": told, "here": told})

			// What may not be seen any more when it is sent is not sent, and leaves no trace in the log of messages.
			ends["here"].answer(500)
			e := g.enter(here, "戊示例有限公司")
			g.turn()
			ends["here"].take()
			ends["city"].take()
			before := len(g.log("here", ends["here"].id))
			g.persons.are["here"] = auth.Actor{ID: "here", Role: "district_officer", Org: there}
			g.pass(time.Minute)
			want("moved to another district", nil)
			if after := len(g.log("city", ends["city"].id)); after == 0 || e == 0 {
				t.Error("the city has no log")
			}
			g.persons.are["here"] = was
			if after := len(g.log("here", ends["here"].id)); after != before-1 {
				t.Errorf("%d messages of %d are left", after, before)
			}
			if v, err := g.db.Verify(t.Context(), nil, nil); err != nil || len(v.Problems) > 0 {
				t.Error(v, err)
			}
		})
	}
}

// A message that is not received is sent again by the schedule under the same id, over three days. Then the hook is off, which its person
// is told; it goes on by hand, and what failed is sent again.
func TestAgainAndOff(t *testing.T) {
	g := newSQLiteRig(t)
	r := newReceiver(t)
	r.status, r.text = 500, "no\x00\nroom"+strings.Repeat("长", 300)
	id, secret := g.hook("city", r.URL, auth.Bounds{})
	subject := g.enter(here, "甲示例有限公司")
	g.turn()
	first := r.take()
	if len(first) != 1 || !first[0].of(secret) {
		t.Fatal(first)
	}
	began := g.clock()
	for _, gap := range []time.Duration{5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour} {
		g.pass(gap - time.Second)
		g.turn()
		if early := r.take(); len(early) != 0 {
			t.Errorf("%v: %d messages too early", gap, len(early))
		}
		g.pass(time.Second + gap/10)
		g.turn()
		again := r.take()
		if len(again) != 1 || again[0].id != first[0].id || !again[0].of(secret) || again[0].Data.Subjects[0] != subject {
			t.Fatalf("%v: %+v", gap, again)
		}
	}
	x, counts, _, err := g.hooks.Get(g.as("city"), "city", id)
	if err != nil || x.State != hook.Off || x.SinceBy != auth.Self || counts[hook.Failed] != 1 {
		t.Errorf("after %v: %+v %v %v", g.clock().Sub(began), x, counts, err)
	}
	log := g.log("city", id)
	if len(log) != 1 || len(log[0].Attempts) != 10 || log[0].Attempts[0].Status != 500 || !strings.HasPrefix(log[0].Attempts[0].Answer, "no  room长") || len(log[0].Attempts[0].Answer) > 300 {
		t.Errorf("%+v", log)
	}
	if _, err := g.hooks.Replay(g.as("city"), "city", id, log[0].ID, time.Time{}); fault.Of(err) != fault.Conflict {
		t.Errorf("replay while it is off: %v", err)
	}
	more := g.enter(here, "乙示例有限公司")
	g.turn()
	r.answer(200)
	if err := g.hooks.Set(g.as("city"), "city", id, hook.On); err != nil {
		t.Fatal(err)
	}
	if n, err := g.hooks.Replay(g.as("city"), "city", id, 0, began.Add(time.Hour)); n != 0 || err != nil {
		t.Errorf("what failed later: %d %v", n, err)
	}
	if n, err := g.hooks.Replay(g.as("city"), "city", id, 0, began); n != 1 || err != nil {
		t.Errorf("%d %v", n, err)
	}
	g.turn()
	if list := r.take(); brief(list) != fmt.Sprintf("subject.changed[%d] subject.changed[%d]", subject, more) {
		t.Errorf("on again: %s", brief(list))
	}
	// One that was received is sent again when it is asked for, and a test.
	if n, err := g.hooks.Replay(g.as("city"), "city", id, log[0].ID, time.Time{}); n != 1 || err != nil {
		t.Errorf("%d %v", n, err)
	}
	if err := g.hooks.SendTest(g.as("city"), "city", id); err != nil {
		t.Fatal(err)
	}
	g.turn()
	if list := r.take(); brief(list) != fmt.Sprintf("hook.test subject.changed[%d]", subject) {
		t.Errorf("asked for: %s", brief(list))
	}
	// A receiver that says when is asked then; one that is gone is not asked again.
	r.header = map[string][]string{"Retry-After": {"120"}}
	r.answer(429)
	g.enter(here, "丙示例有限公司")
	g.turn()
	g.pass(time.Minute)
	g.turn()
	if list := r.take(); len(list) != 1 {
		t.Errorf("asked %d times within two minutes", len(list))
	}
	g.pass(61 * time.Second)
	r.answer(410)
	g.turn()
	if x, _, _, err := g.hooks.Get(g.as("city"), "city", id); err != nil || x.State != hook.Off {
		t.Errorf("gone: %+v %v", x, err)
	}
	// After a month nothing is left of what ended.
	g.pass(31 * 24 * time.Hour)
	g.turn()
	if list := g.log("city", id); len(list) != 0 {
		t.Errorf("%+v", list)
	}
}

// While a secret is changed, messages have a signature of both. Secrets are sealed in the base, and nobody but the person of a hook may do
// anything with it.
func TestSecrets(t *testing.T) {
	g := newSQLiteRig(t)
	r := newReceiver(t)
	id, first := g.hook("here", r.URL, auth.Bounds{})
	send := func() got {
		t.Helper()
		if err := g.hooks.SendTest(g.as("here"), "here", id); err != nil {
			t.Fatal(err)
		}
		g.turn()
		list := r.take()
		if len(list) != 1 {
			t.Fatal(list)
		}
		return list[0]
	}
	second, err := g.hooks.Rotate(g.as("here"), "here", id, false)
	if err != nil || second == first {
		t.Fatal(second, err)
	}
	if m := send(); !m.of(first) || !m.of(second) {
		t.Error("both secrets hold for a day")
	}
	g.pass(hook.Overlap)
	if m := send(); m.of(first) || !m.of(second) {
		t.Error("the new secret alone holds after a day")
	}
	third, err := g.hooks.Rotate(g.as("here"), "here", id, true)
	if err != nil {
		t.Fatal(err)
	}
	if m := send(); m.of(second) || !m.of(third) {
		t.Error("a secret that was ended at once")
	}
	other := g.as("there")
	for what, do := range map[string]func() error{
		"list":   func() error { _, err := g.hooks.OfPerson(other, "here"); return err },
		"log":    func() error { _, _, err := g.hooks.Deliveries(other, "here", id, nil, 0, 1); return err },
		"get":    func() error { _, _, _, err := g.hooks.Get(other, "here", id); return err },
		"pause":  func() error { return g.hooks.Set(other, "here", id, hook.Paused) },
		"rotate": func() error { _, err := g.hooks.Rotate(other, "here", id, true); return err },
		"replay": func() error { _, err := g.hooks.Replay(other, "here", id, 0, time.Time{}); return err },
		"test":   func() error { return g.hooks.SendTest(other, "here", id) },
		"make": func() error {
			_, _, err := g.hooks.New(other, hook.Ask{Person: "here", Name: "x", URL: r.URL, Events: hook.Events})
			return err
		},
	} {
		if err := do(); fault.Of(err) != fault.Forbidden {
			t.Errorf("%s by another: %v", what, err)
		}
	}
	if err := g.hooks.Set(other, "there", id, hook.Paused); fault.Of(err) != fault.NotFound {
		t.Errorf("as one's own: %v", err)
	}
}

// A process that is killed while it sends leaves its messages to another one. Two processes tell a change once.
func TestKilledAndTwo(t *testing.T) {
	g := newSQLiteRig(t)
	r := newReceiver(t)
	id, _ := g.hook("city", r.URL, auth.Bounds{})
	subject := g.enter(here, "甲示例有限公司")
	killed := g.hooks
	r.wait = make(chan struct{})
	if err := killed.Turn(t.Context()); err != nil {
		t.Fatal(err)
	}
	g.hooks = g.open()
	<-r.came // the first one holds the message
	g.turn()
	if n := len(r.peek()); n != 1 {
		t.Errorf("a second process sends what the first is sending: %d", n)
	}
	g.pass(3 * time.Minute) // nobody has heard of the first
	close(r.wait)
	r.mu.Lock()
	r.wait = nil
	r.mu.Unlock()
	g.turn()
	killed.Idle()
	list := r.take()
	if len(list) < 1 || len(list) > 2 {
		t.Errorf("%d messages", len(list))
	}
	for _, m := range list {
		if m.id != list[0].id || m.Data.Subjects[0] != subject {
			t.Errorf("%+v", m)
		}
	}
	if log := g.log("city", id); log[0].State != hook.Done {
		t.Errorf("%+v", log)
	}
	// Both look for what changed.
	g.enter(here, "乙示例有限公司")
	other := g.open()
	failed := make(chan error, 2)
	for _, h := range []*hook.Hooks{g.hooks, other} {
		go func() { failed <- h.Turn(t.Context()) }()
	}
	for range 2 {
		if err := <-failed; err != nil {
			t.Error(err)
		}
	}
	g.hooks.Idle()
	other.Idle()
	if list := r.take(); len(list) != 1 {
		t.Errorf("two processes tell it %d times", len(list))
	}
}
