package web

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"eyas/internal/auth"
	"eyas/internal/disclosure"
	"eyas/internal/file"
	"eyas/internal/job"
	"eyas/internal/mandate"
	"eyas/internal/matter"
	"eyas/internal/matter/condition"
	"eyas/internal/matter/desk"
	"eyas/internal/pack"
	"eyas/internal/quality"
	"eyas/internal/registry"
	"eyas/internal/registry/cell"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/layout"
	"eyas/internal/repeat"
	"eyas/internal/retention"
	"eyas/internal/rule"
	"eyas/internal/rule/list"
	"eyas/internal/sharing"
	"eyas/internal/store"
	"eyas/internal/store/basetest"
	"eyas/internal/vault"
	"eyas/internal/web/frame"
	"eyas/internal/web/spool"
	"eyas/packs"
)

// Two districts: what lies in the first is looked for by everybody, and what lies in the second has a name that nobody of the
// first may find anywhere.
const (
	mineOrg, otherOrg = "120110", "120111"
	secret            = "绝密乙区"
	phone             = "13977770001"
)

// province is a base with two districts, a zone, a park, subjects in each, one without a district, and an enterprise that has an
// account. Who asks is in the request's header.
type province struct {
	deps    Deps
	handler *Handler
	reg     *registry.Registry
	rights  *auth.Rights
	subject map[string]int64  // by a word: here, there, zone, park, nowhere, person here, …
	code    map[string]string // of enterprises
	record  map[string]int64
	imports map[string]int64
	ask     int64            // a question about two subjects that lie here
	askOf   int64            // one about two that lie there
	cases   map[string]int64 // by the word of the enterprise that began them
	held    int64            // brought by the second district about the one that lies here
	upload  string
	job     string // of the city
	merge   int64  // taken back, of subjects that lie here
	db      *store.DB
	ledger  *disclosure.Ledger
	shares  *sharing.Shares
	share   int64 // a consent of the enterprise that lies here
	keeper  *retention.Keeper
	plan    int64 // an erasure that is asked for, of the enterprise that lies here
	now     time.Time
	jobs    *job.Runner
	asked   map[string]int // how often it was asked where subjects of a register lie that do not say so themselves
}

// jurisdiction counts what columns ask about where subjects lie.
type jurisdiction struct {
	*registry.Registry
	v *province
}

func (a jurisdiction) Within(ctx context.Context, register string, subjects []int64, s auth.Scope) ([]int64, error) {
	a.v.asked[register]++
	return a.Registry.Within(ctx, register, subjects, s)
}

// uscc makes a valid code.
func uscc(n string) string {
	code := "91120110MA" + strings.Repeat("0", 7-len(n)) + n
	return code + string(cell.CheckCharacter(code))
}

func newProvince(t testing.TB) *province {
	t.Helper()
	p, err := packs.Default()
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), basetest.Path(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	v := &province{asked: map[string]int{}, subject: map[string]int64{}, code: map[string]string{}, record: map[string]int64{}, imports: map[string]int64{}, db: db, now: time.Date(2021, 3, 31, 9, 0, 0, 0, time.UTC)}
	clock := func() time.Time { return v.now }
	rights, err := auth.New(p)
	if err != nil {
		t.Fatal(err)
	}
	set, err := rule.Compile(p)
	if err != nil {
		t.Fatal(err)
	}
	v.rights = rights
	v.reg = registry.New(p, db, clock).WithActors(rights)
	all := list.NewRegisters(t.Context(), list.Config{Pack: p, Source: v.reg, Rules: set, Small: 1000, Actors: rights, Jurisdiction: jurisdiction{v.reg, v}}, nil, v.reg, 1<<30)
	v.reg.See(all)
	db.AfterWrite(all.Refresh)
	board := quality.NewBoard(p, db.Findings(), v.reg, clock).WithActors(rights)
	files, err := file.Open(file.Config{Vault: vault.At(filepath.Join(t.TempDir(), "keys"), ""), Storage: file.NewMemory(), Copies: t.TempDir(), Clock: clock, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	uploads := spool.Open(files, file.Upload, spool.Limits{File: 1 << 20, Total: 1 << 24, Files: 50}, clock)
	exports := spool.Open(files, spool.Export, spool.Limits{File: 1 << 20, Total: 1 << 24, Files: 50}, clock)
	uploads.Actors, exports.Actors = rights, rights
	v.jobs = job.Open(job.Config{Storage: job.NewMemory(), Clock: clock, Actors: rights, Log: slog.New(slog.DiscardHandler)})
	t.Cleanup(func() { v.jobs.Close(context.Background()) })
	city := auth.In(t.Context(), auth.Actor{ID: "chen", Role: "bureau", Org: "120000"})
	enter := func(ctx context.Context, word, register string, values map[string]string) {
		t.Helper()
		id, subject, err := v.reg.Enter(ctx, intake.Entry{Register: register, Values: values, Source: "form", Form: "录入", New: true})
		if err != nil {
			t.Fatal(word, err)
		}
		v.subject[word], v.imports[word] = subject, id
		records, err := v.reg.LinkedRecords(city, subject)
		if err != nil || len(records) == 0 {
			t.Fatal(word, err)
		}
		v.record[word] = records[0].Record
	}
	for i, x := range []struct{ word, name, district, zone string }{
		{"here", "甲区示例机械有限公司", mineOrg, ""}, {"there", secret + "精密有限公司", otherOrg, ""}, {"zone", "开发区示例化工有限公司", "120116", "teda"},
		{"park", "华苑示例软件有限公司", "120104", "huayuan"}, {"nowhere", "无区示例贸易有限公司", "", ""}, {"here too", "甲区示例机械公司", mineOrg, ""}, {"undone", "甲区撤回公司", mineOrg, ""}, {"there too", secret + "精密公司", otherOrg, ""},
	} {
		v.code[x.word] = uscc(string(rune('1' + i)))
		values := map[string]string{"uscc": v.code[x.word], "name": x.name, "phone": phone, "contact": "张三", "sales@2020": "820万元", "staff@2020": "50"}
		if x.district != "" {
			values["district"] = x.district
		}
		if x.zone != "" {
			values["zone"] = x.zone
		}
		enter(city, x.word, "enterprise", values)
	}
	for i, x := range []string{"here", "there"} {
		v.code["bank "+x] = uscc([]string{"b", "c"}[i])
		enter(city, "bank "+x, "institution", map[string]string{"uscc": v.code["bank "+x], "name": "示例" + x + "银行", "institution_kind": "银行"})
	}
	for _, x := range []string{"here", "there"} {
		name := map[string]string{"here": "甲区", "there": secret}[x]
		owner := map[string]string{"uscc": v.code[x]}["uscc"]
		enter(city, "person "+x, "person", map[string]string{"person_no": "RY-" + x, "name": name + "赵六", "person_kind": "评审专家", "unit": name + "单位", "unit_code": owner, "phone": phone})
		enter(city, "achievement "+x, "achievement", map[string]string{"achievement_no": "CG-" + x, "name": name + "成果", "owner": name + "单位", "owner_code": owner, "partners": secret + "精密有限公司"})
	}
	who := func(r *http.Request) (auth.Actor, error) {
		a := auth.ParseActor(r.Header.Get("X-Actor"))
		a.Session = r.Header.Get("X-Session")
		return a, nil
	}
	v.shares = sharing.New(sharing.Config{Pack: p, Storage: db, Clock: clock, Actors: rights, Lie: v.reg.Lie, Receiver: func(ctx context.Context, registers []string, code string) (int64, error) {
		found, err := v.reg.FindIn(auth.As(ctx, auth.Self), registers[0], code)
		if err != nil || len(found) != 1 {
			return 0, nil
		}
		return found[0].Subject, nil
	}})
	rights.WithShares(v.shares.Seen).WithLies(v.reg.Lie).WithMandates(func(_ context.Context, a auth.Actor) (list []auth.Action, _ error) {
		if strings.HasPrefix(a.ID, "agent") { // nothing is entrusted to him
			return nil, nil
		}
		for _, id := range p.Role(string(a.Role)).May {
			list = append(list, auth.Action(id))
		}
		return list, nil
	})
	entrusted := mandate.New(mandate.Config{Pack: p, Storage: db, Clock: clock, Actors: rights, Lie: v.reg.Lie, Now: v.reg.ValueNow, Since: v.reg.ValuesSince})
	for _, word := range []string{"here", "there"} {
		own := auth.In(t.Context(), auth.Actor{ID: "e-" + word, Role: "enterprise", Subject: v.subject[word]})
		x, err := v.shares.Give(own, sharing.Consent, v.subject[word], sharing.Ask{Code: v.code["bank "+word], Purpose: "贷款审查", Until: "2021-06-30"})
		if err != nil {
			t.Fatal(err)
		}
		if word == "here" {
			v.share = x.ID
		}
	}
	for _, role := range []string{"expert", "commissioner"} {
		if _, err := v.shares.Give(city, sharing.Assignment, v.subject["here"], sharing.Ask{Person: "p-" + role + "-" + mineOrg, Purpose: "评审", Until: "2021-06-30"}); err != nil {
			t.Fatal(err)
		}
	}
	v.keeper = retention.New(retention.Config{Pack: p, Storage: db, Registry: v.reg, Files: files, Clock: clock, Actors: rights})
	plan, err := v.keeper.AskFor(auth.In(t.Context(), auth.Actor{ID: "asker", Role: "district_officer", Org: mineOrg}), v.subject["here"], []string{"phone"}, "本人要求删除")
	if err != nil {
		t.Fatal(err)
	}
	v.plan = plan.ID
	v.ledger = disclosure.New(disclosure.Config{Pack: p, Storage: db, Clock: clock, Actors: rights, Lie: v.reg.Lie})
	t.Cleanup(func() {
		if err := v.ledger.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	v.deps = Deps{Pack: p, Rules: set, Version: "test", Clock: clock, Actors: rights, Who: who, Jobs: v.jobs, Files: files, Uploads: uploads, Exports: exports, Disclosures: v.ledger, Repeats: repeat.New(db, clock), Shares: v.shares, Mandates: entrusted, Retention: v.keeper, OpLog: db,
		Quality: board, Correct: func(ctx context.Context, c quality.Correction) (int64, error) { return 0, nil }, Log: slog.New(slog.DiscardHandler), Hosts: []string{"example.com"}}.WithRegistry(v.reg)
	v.deps.Limits = frame.Limits{Counting: time.Second}
	v.deps.Registers = func(ctx context.Context, id string, m fact.Moment) (Base, error) { return all.Get(ctx, id, m) }
	terms, err := condition.Compile(p)
	if err != nil {
		t.Fatal(err)
	}
	d := desk.New(desk.Config{Pack: p, Conditions: terms, Storage: db, Clock: clock, Actors: rights, Lie: v.reg.Lie, Profile: v.reg.Profile, Verdict: func(_ context.Context, _ int64, id string, _ time.Time) (*desk.Verdict, error) {
		return &desk.Verdict{Rule: id, Verdict: "unmet", On: "2021-03-31"}, nil
	}})
	v.deps.Cases, v.deps.Desk, v.cases = d, d, map[string]int64{}
	for _, word := range []string{"here", "there"} {
		own := auth.In(t.Context(), auth.Actor{ID: "e-" + word, Role: "enterprise", Subject: v.subject[word]})
		done, err := d.Begin(own, "tsme", v.subject[word], &matter.Form{Values: map[string]string{"main_product": v.code[word] + "轴承"}}, "")
		if err != nil {
			t.Fatal(err)
		}
		v.cases[word] = done.Case.ID
	}
	if v.handler, err = New(v.deps); err != nil {
		t.Fatal(err)
	}
	all.Refresh(t.Context(), nil)
	if err := v.reg.Undo(city, v.imports["undone"], nil); err != nil {
		t.Fatal(err)
	}
	for register, two := range map[string][2]string{"here": {"here", "here too"}, "there": {"there", "there too"}} {
		id, err := v.reg.Merge(city, v.subject[two[0]], v.subject[two[1]], "试")
		if err != nil {
			t.Fatal(err)
		}
		if err := v.reg.Unmerge(city, id); err != nil {
			t.Fatal(err)
		}
		asked, err := v.reg.QuestionsOf(city, v.subject[two[0]])
		if err != nil || len(asked) != 1 {
			t.Fatal(asked, err)
		}
		if err := v.reg.Answer(city, asked[0].ID, fact.Open, ""); err != nil {
			t.Fatal(err)
		}
		if register == "here" {
			v.merge = id
		}
		if v.ask = asked[0].ID; register == "there" {
			v.askOf = v.ask
		}
	}
	brought := auth.In(t.Context(), auth.Actor{ID: "ou", Role: "district_officer", Org: otherOrg})
	if _, v.held, err = v.reg.Enter(brought, intake.Entry{Register: "enterprise", Values: map[string]string{"uscc": v.code["here"], "name": "邻区报来的公司", "staff@2019": "44"}, Source: "form", Form: "录入"}); err != nil {
		t.Fatal(err)
	}
	asked, err := v.reg.QuestionsOf(city, v.subject["here"])
	if err != nil {
		t.Fatal(err)
	}
	v.ask = asked[0].ID
	if _, err := board.Refresh(city, nil); err != nil {
		t.Fatal(err)
	}
	u, err := uploads.Put(city, secret+".csv", strings.NewReader("企业名称\n"+secret+"公司\n"), layout.Options{Register: "enterprise"})
	if err != nil {
		t.Fatal(err)
	}
	j, _, err := v.jobs.Start(city, job.Spec{Kind: "quality", Title: secret, Back: "/quality"})
	if err != nil {
		t.Fatal(err)
	}
	v.upload, v.job = u.ID, j.ID
	v.jobs.Wait(city, j.ID)
	return v
}

// importFile imports a file of enterprises for somebody.
func (v *province) importFile(t testing.TB, a auth.Actor, name, content string) (*intake.FileReport, int64) {
	t.Helper()
	return v.importTo(t, a, "enterprise", name, content)
}

// importTo imports a file for somebody.
func (v *province) importTo(t testing.TB, a auth.Actor, register, name, content string) (*intake.FileReport, int64) {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	report, id, err := v.reg.Import(auth.In(t.Context(), a), layout.Source{Name: name, Path: path}, layout.Options{Register: register, Lang: "zh-CN"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return report, id
}

// ask sends a request for somebody.
func (v *province) send(a auth.Actor, method, at string, form url.Values, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, at, strings.NewReader(form.Encode()))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	r.Header.Set("X-Actor", a.Text())
	r.Header.Set("X-Session", a.Session)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	v.handler.ServeHTTP(w, r)
	return w
}

// in is the actor of a role in an organisation; with an enterprise's word for a role that is granted for a subject.
func (v *province) in(role *pack.Role, org, subject string) auth.Actor {
	a := auth.Actor{ID: "p-" + role.ID, Role: auth.Role(role.ID), Org: org}
	switch role.Rows {
	case pack.RowsOwn:
		a.Org, a.Subject = "", v.subject[subject]
	case pack.RowsConsented:
		a.Org, a.Subject = "", v.subject["bank "+subject]
	case pack.RowsAssigned:
		a.ID += "-" + org
	}
	return a
}

// agent stands for an enterprise, and nothing is entrusted to him.
func (v *province) agent(subject string) auth.Actor {
	return auth.Actor{ID: "agent", Role: "enterprise", Subject: v.subject[subject]}
}
