package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// tokenSaid is the token that a command told last.
func tokenSaid(said string) string {
	return said[strings.LastIndexByte(strings.TrimSpace(said), '\n')+1 : len(said)-1]
}

// An enterprise begins, fills in and files a case by its program, and the district's program checks it. Trials change nothing, a request that
// is sent twice is carried out once, and who has not seen the last event does nothing. Programs that are held to a matter or a subject see its
// cases and nothing else; they manage no webhooks beyond that, and the list is taken along as a file.
func TestAPICases(t *testing.T) {
	db := filepath.Join(t.TempDir(), "base.db")
	const code = "91120110YY9PWM46X4"
	command(t, 0, "demo", "--db", db, "--rows", "20", "--seed", "5", "--year", "2025")
	command(t, 0, "person", "add", "firm", "--db", db, "--role", "enterprise", "--subject", code)
	command(t, 0, "person", "add", "li", "--db", db, "--role", "district_officer", "--org", "120110")
	command(t, 0, "person", "add", "robot", "--db", db, "--role", "bureau", "--org", "120000")
	made := func(args ...string) string {
		return tokenSaid(command(t, 0, append([]string{"person", "api-token"}, append(args, "--db", db)...)...))
	}
	command(t, 2, "person", "api-token", "li", "--db", db, "--may", "see,enter", "--matter", "tsme")
	command(t, 2, "person", "api-token", "li", "--db", db, "--matter", "nosuch")
	firmToken, liToken, bounded, other, robotToken := made("firm", "--may", "file", "--matter", "tsme"), made("li", "--may", "handle"), made("li", "--may", "handle", "--matter", "tsme"), made("li", "--may", "handle", "--matter", "hnte"),
		made("robot", "--may", "see,export,hook", "--register", "enterprise")
	s := serve(t, db, "--addr", "127.0.0.1:0", "--hook-allow", "127.0.0.1")
	firm, li, held, none, robot := newClient(t, s.url, firmToken), newClient(t, s.url, liToken), newClient(t, s.url, bounded), newClient(t, s.url, other), newClient(t, s.url, robotToken)
	want := func(r *reply, status int, path ...any) any {
		t.Helper()
		if r.status != status {
			t.Fatalf("%d, want %d: %s", r.status, status, r.raw)
		}
		return r.get(path...)
	}
	args := func(more ...string) map[string]string {
		all := map[string]string{}
		for i := 0; i < len(more); i += 2 {
			all[more[i]] = more[i+1]
		}
		return all
	}
	seen := func(c *client, id string) string {
		t.Helper()
		r := c.call("getCase", args("case", id), nil)
		want(r, 200)
		return r.header.Get("ETag")
	}
	subject := want(li.call("findSubjects", args("register", "enterprise", "q", code), nil), 200, "subjects", 0, "subject")
	form := map[string]any{"contact": "张三", "phone": "13800000000", "main_product": "轴承", "staff@B": 60, "st_staff@B": 20, "sales@B": "3000万元", "assets@B": "1200万元",
		"costs@B": "2000万元", "rd_expense@B": "300万元", "letter": []string{"信息表.pdf"}, "rights_proof": []string{"证.pdf"}}
	begin := map[string]any{"matter": "tsme", "subject": subject, "form": form}
	if got := want(firm.call("beginCase", args("dry_run", "true"), begin), 200, "dry_run"); got != true {
		t.Errorf("a trial: %v", got)
	}
	if got := want(firm.call("listCases", nil, nil), 200, "items"); len(got.([]any)) != 0 {
		t.Errorf("the trial left %v", got)
	}
	first := firm.call("beginCase", args("Idempotency-Key", "a"), begin)
	id := fmt.Sprint(want(first, 200, "case"))
	if again := firm.call("beginCase", args("Idempotency-Key", "a"), begin); again.raw != first.raw || again.header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("sent twice: %s", again.raw)
	}
	want(firm.call("beginCase", args("Idempotency-Key", "a"), map[string]any{"matter": "tsme", "subject": subject}), 422)
	want(firm.call("beginCase", nil, map[string]any{"matter": "hnte", "subject": subject}), 403)
	want(li.call("beginCase", nil, begin), 403)

	// The act needs the last event.
	pass := map[string]any{"do": "pass"}
	want(firm.call("actInCase", args("case", id), pass), 428)
	mark := seen(firm, id)
	want(firm.call("actInCase", args("case", id, "If-Match", `"99"`), pass), 412)
	if got := want(firm.call("actInCase", args("case", id, "If-Match", mark, "dry_run", "true"), pass), 200, "stage"); got != "check" {
		t.Errorf("a trial would reach %v", got)
	}
	if seen(firm, id) != mark {
		t.Error("a trial changed the case")
	}
	done := firm.call("actInCase", args("case", id, "If-Match", mark, "Idempotency-Key", "b"), pass)
	if got := want(done, 200, "stage"); got != "check" {
		t.Errorf("%v %s", got, done.raw)
	}
	if again := firm.call("actInCase", args("case", id, "If-Match", mark, "Idempotency-Key", "b"), pass); again.raw != done.raw {
		t.Errorf("sent twice: %s", again.raw)
	}
	want(firm.call("actInCase", args("case", id, "If-Match", mark), pass), 412)
	want(firm.call("actInCase", args("case", id, "If-Match", seen(firm, id)), map[string]any{"do": "pass", "seen": 1}), 422)

	// Who is held to another matter sees nothing of it, nor of the register; who is held to this one sees the case and no register.
	want(none.call("getCase", args("case", id), nil), 404)
	want(none.call("actInCase", args("case", id, "If-Match", mark), pass), 404)
	for name, c := range map[string]*client{"another matter": none, "the matter": held} {
		if r := c.call("listSubjects", args("register", "enterprise"), nil); r.status != 403 && r.status != 404 {
			t.Errorf("%s: the register: %d", name, r.status)
		}
		if r := c.call("getProfile", args("subject", fmt.Sprint(subject)), nil); r.status != 403 && r.status != 404 {
			t.Errorf("%s: a profile: %d", name, r.status)
		}
		n := map[*client]int{none: 0, held: 1}[c]
		for _, mine := range []string{"false", "true"} {
			if got := want(c.call("listCases", args("mine", mine), nil), 200, "items"); len(got.([]any)) != n {
				t.Errorf("%s: mine=%s: %v", name, mine, got)
			}
		}
	}
	if got := want(held.call("listCases", args("matter", "tsme", "stage", "check", "limit", "1"), nil), 200, "items", 0, "code"); got != code {
		t.Errorf("listed: %v", got)
	}
	if r := held.call("listCases", args("matter", "hnte"), nil); r.status != 403 {
		t.Errorf("another matter: %d", r.status)
	}
	back := map[string]any{"do": "return", "to": "applicant", "note": "缺说明"}
	want(held.call("actInCase", args("case", id, "If-Match", seen(held, id)), back), 200)
	if got := want(firm.call("listCases", args("mine", "true"), nil), 200, "items", 0, "stages", 0); got != "apply" {
		t.Errorf("%v", got)
	}
	want(robot.call("actInCase", args("case", id, "If-Match", seen(robot, id)), back), 403)

	// What is done in a case is told to who is held to its matter, and to nobody of another one.
	told := make(chan string, 20)
	listens := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		told <- r.URL.Path + " " + string(body)
	}))
	defer listens.Close()
	hear := made("li", "--may", "handle,hook", "--matter", "tsme")
	deaf := made("li", "--may", "handle,hook", "--matter", "hnte")
	for path, token := range map[string]string{"/hear": hear, "/deaf": deaf} {
		want(newClient(t, s.url, token).call("makeWebhook", nil, map[string]any{"name": "办件", "url": listens.URL + path, "events": []string{"case.changed", "subject.changed"}}), 200)
	}
	want(firm.call("actInCase", args("case", id, "If-Match", seen(firm, id)), pass), 200)
	select {
	case got := <-told:
		if !strings.HasPrefix(got, "/hear ") || !strings.Contains(got, `"matter":"tsme","cases":[`+id+`]`) {
			t.Errorf("told %s", got)
		}
	case <-time.After(patienceInTests):
		t.Errorf("nothing is told: %s", s.errs)
	}

	// Webhooks by a program lie within what it is held to.
	received := make(chan string, 10)
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { received <- r.Header.Get("webhook-signature") }))
	defer receiver.Close()
	want(li.call("makeWebhook", nil, map[string]any{"name": "x", "url": receiver.URL, "events": []string{"subject.changed"}}), 403)
	want(robot.call("makeWebhook", nil, map[string]any{"name": "x", "url": receiver.URL, "register": "person", "events": []string{"subject.changed"}}), 403)
	ask := map[string]any{"name": "来自程序", "url": receiver.URL, "events": []string{"subject.changed", "import.done"}}
	if got := want(robot.call("makeWebhook", args("dry_run", "true"), ask), 200, "secret"); got != nil {
		t.Errorf("a trial tells %v", got)
	}
	if got := want(robot.call("listWebhooks", nil, nil), 200, "webhooks"); len(got.([]any)) != 0 {
		t.Errorf("a trial left %v", got)
	}
	hook := robot.call("makeWebhook", args("Idempotency-Key", "h"), ask)
	secret := fmt.Sprint(want(hook, 200, "secret"))
	number := fmt.Sprint(hook.get("webhook"))
	if again := robot.call("makeWebhook", args("Idempotency-Key", "h"), ask); !strings.HasPrefix(secret, "whsec_") || again.get("secret") != nil || fmt.Sprint(again.get("webhook")) != number {
		t.Errorf("sent twice: %s", again.raw)
	}
	if got := want(robot.call("getWebhook", args("webhook", number), nil), 200, "register"); got != "enterprise" {
		t.Errorf("held to %v", got)
	}
	if fresh := want(robot.call("changeWebhookSecret", args("webhook", number), map[string]any{"at_once": false}), 200, "secret"); fresh == secret || fresh == nil {
		t.Errorf("the secret stays %v", fresh)
	}
	want(robot.call("setWebhook", args("webhook", number, "If-Match", `"paused"`), map[string]any{"state": "ended"}), 412)
	want(robot.call("setWebhook", args("webhook", number, "If-Match", `"on"`), map[string]any{"state": "paused"}), 200)
	want(robot.call("replayWebhook", args("webhook", number), map[string]any{"since": "2020-01-01T00:00:00Z"}), 409)
	want(robot.call("setWebhook", args("webhook", number, "If-Match", `"paused"`), map[string]any{"state": "on"}), 200)
	if got := want(robot.call("replayWebhook", args("webhook", number), map[string]any{"since": "2020-01-01T00:00:00Z"}), 200, "count"); got != json.Number("0") {
		t.Errorf("sent again: %v", got)
	}
	want(robot.call("listWebhookMessages", args("webhook", number), nil), 200)
	want(robot.call("setWebhook", args("webhook", number, "If-Match", `"on"`), map[string]any{"state": "ended"}), 200)
	want(robot.call("getWebhook", args("webhook", number), nil), 404)

	// The list as a file has all rows, and says a misspelt filter.
	csv := robot.call("exportSubjects", args("register", "enterprise", "as", "csv"), nil)
	total := want(robot.call("listSubjects", args("register", "enterprise"), nil), 200, "total")
	if want(csv, 200); fmt.Sprint(strings.Count(csv.raw, "\n")-1) != fmt.Sprint(total) {
		t.Errorf("the file has %d lines, the list %v", strings.Count(csv.raw, "\n"), total)
	}
	if xlsx := robot.call("exportSubjects", args("register", "enterprise", "filters", "v.tsme=met"), nil); xlsx.status != 200 || !strings.HasPrefix(xlsx.raw, "PK") {
		t.Errorf("%d", xlsx.status)
	}
	want(robot.call("exportSubjects", args("register", "enterprise", "filters", "v.tsmee=met"), nil), 422)
	want(robot.call("exportSubjects", args("register", "person"), nil), 404)
	want(li.call("exportSubjects", args("register", "enterprise"), nil), 403)
}
