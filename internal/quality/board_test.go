package quality_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/quality"
	"eyas/internal/registry"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/layout"
	"eyas/internal/store"
	"eyas/internal/store/basetest"
	"eyas/internal/store/pgtest"
	"eyas/packs"
)

var day = time.Date(2022, 6, 30, 0, 0, 0, 0, time.UTC)

func tianjin(t testing.TB) *pack.Pack {
	t.Helper()
	p, err := packs.Default()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestMain(m *testing.M) { pgtest.Main(m) }

func TestBoardSQLite(t *testing.T) { board(t, basetest.Path(t)) }

func TestBoardPostgres(t *testing.T) { board(t, basetest.Server(t)) }

// board follows a finding: found, decided, mended, found again.
func board(t *testing.T, dsn string) {
	ctx := context.Background()
	p := tianjin(t)
	db, err := store.Open(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	now := day
	clock := func() time.Time { now = now.Add(time.Second); return now }
	g := registry.New(p, db, clock)
	take := func(name, text string) int64 {
		t.Helper()
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, id, err := g.Import(ctx, layout.Source{Name: name, Path: path}, layout.Options{Register: "enterprise"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	b := quality.NewBoard(p, db.Findings(), g, clock)
	refresh := func(what string, want quality.Refreshed) {
		t.Helper()
		got, err := b.Refresh(ctx, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("%s: %+v, want %+v", what, got, want)
		}
	}
	list := func(f quality.Filter) []quality.Row {
		t.Helper()
		f.Register = "enterprise"
		rows, total, err := b.Listed(ctx, f, 0, 10)
		if err != nil || total != len(rows) {
			t.Fatalf("%d of %d, %v", len(rows), total, err)
		}
		return rows
	}

	take("年报.csv", "企业名称,2019年销售收入（元）,2020年销售收入（元）,2021年销售收入（元）,2021年职工总数,2021年科技人员\n"+
		"天津甲科技有限公司,52000000,5460,57000000,80,90\n天津乙科技有限公司,,,3000000,12,3\n")
	refresh("at first", quality.Refreshed{Subjects: 2, Found: 2, Whole: true})
	refresh("nothing new", quality.Refreshed{})
	rows := list(quality.Filter{})
	if len(rows) != 2 || rows[1].Rule != "st_staff_above_staff" || rows[0].Rule != "unit_slip" || rows[0].Offer.Value != "54600000" || rows[0].Cell != "C2" {
		t.Fatalf("finds %+v", rows)
	}
	slip, staff := rows[0].Key, rows[1].Key
	// Subjects are found by part of their names in any spelling, and by whole codes, in every order.
	for text, want := range map[string]int{"甲科技": 2, "天津": 2, "乙科技": 0, "甲%": 0, "91120110YY00087E20": 0} {
		for _, sort := range []string{"", "name", "found", "rule"} {
			if got := list(quality.Filter{Text: text, Sort: sort}); len(got) != want {
				t.Errorf("called %q, by %q: %d findings, want %d", text, sort, len(got), want)
			}
		}
	}
	if got := list(quality.Filter{Text: "甲科技", Rules: []string{staff.Rule}}); len(got) != 1 || got[0].Key != staff {
		t.Errorf("of a rule and a name: %+v", got)
	}
	if got := list(quality.Filter{Rules: []string{}}); len(got) != 0 {
		t.Errorf("of no rule: %+v", got)
	}
	for offset, want := range []quality.Key{slip, staff} {
		if got, total, err := b.Listed(ctx, quality.Filter{Register: "enterprise"}, offset, 1); err != nil || total != 2 || len(got) != 1 || got[0].Key != want {
			t.Errorf("page %d: %+v of %d, %v", offset, got, total, err)
		}
	}

	// Asked for by the subject: what is doubted, the gravest first, and not what was found to be right.
	doubts := func(want ...quality.Key) {
		t.Helper()
		got, err := b.Doubts(ctx, slip.Subject)
		if err != nil || len(got) != len(want) {
			t.Fatalf("%d doubts of the subject, want %d: %v", len(got), len(want), err)
		}
		for i, k := range want {
			if got[i].Key != k {
				t.Errorf("doubt %d is %s, want %s", i, got[i].Key, k)
			}
		}
	}
	doubts(slip, staff)
	if got, err := b.Doubts(ctx, slip.Subject+1000); err != nil || len(got) != 0 {
		t.Errorf("doubts of nobody: %+v, %v", got, err)
	}

	// Decisions, and who may take them.
	if err := b.Assign(auth.As(ctx, "somebody"), slip, "东丽区科技局", ""); fault.Of(err) != fault.Forbidden {
		t.Errorf("a stranger assigns: %v", err)
	}
	for _, err := range []error{b.Assign(ctx, slip, " ", ""), b.Ask(ctx, slip, ""), b.Dismiss(ctx, slip, " "),
		b.Dismiss(ctx, slip, strings.Repeat("长", 501))} {
		if fault.Of(err) != fault.Invalid {
			t.Errorf("nothing said is taken: %v", err)
		}
	}
	if err := b.Assign(ctx, slip, "东丽区科技局", "核对年报"); err != nil {
		t.Fatal(err)
	}
	if got := list(quality.Filter{States: []quality.State{quality.Assigned}, Assignees: []string{"东丽区科技局"}}); len(got) != 1 || got[0].Reason != "核对年报" || got[0].ChangedBy != auth.Local {
		t.Errorf("assigned: %+v", got)
	}
	if err := b.Ask(ctx, slip, "2020年销售收入是否为5460万元？"); err != nil {
		t.Fatal(err)
	}
	if err := b.Dismiss(ctx, staff, "科技人员含外聘"); err != nil {
		t.Fatal(err)
	}
	if got := list(quality.Filter{}); len(got) != 1 || got[0].State != quality.Asked {
		t.Errorf("asked and dismissed: %+v", got)
	}
	doubts(slip)

	// Another value of the same subject changes. Decisions stay.
	other := take("地址.csv", "企业名称,注册地址,2021年职工总数\n天津甲科技有限公司,天津市东丽区一号路,81\n")
	refresh("another value", quality.Refreshed{Subjects: 1})
	if got := list(quality.Filter{}); len(got) != 1 || got[0].State != quality.Asked {
		t.Errorf("a decision is forgotten: %+v", got)
	}
	// The dismissed value changes and is wrong again. The finding comes back.
	take("人员.csv", "企业名称,2021年科技人员\n天津甲科技有限公司,95\n")
	refresh("a dismissed value changes", quality.Refreshed{Subjects: 1, Found: 1})
	if got := list(quality.Filter{Rules: []string{"st_staff_above_staff"}}); len(got) != 1 || got[0].Value != "95" || got[0].State != quality.Open || got[0].Reason != "" {
		t.Errorf("the changed value: %+v", got)
	}
	if err := b.Dismiss(ctx, staff, "含外聘"); err != nil {
		t.Fatal(err)
	}
	if err := b.Reopen(ctx, staff); err != nil {
		t.Fatal(err)
	}

	// The offer is accepted: the value is right and the finding is mended. After undoing it, the value is found again.
	var entered quality.Correction
	enter := func(ctx context.Context, c quality.Correction) (int64, error) {
		entered = c
		id, _, err := g.Enter(ctx, intake.Entry{Register: c.Register, Subject: c.Subject, Source: quality.Corrections, Reason: c.Reason,
			Values: map[string]string{c.Place: c.Text}})
		return id, err
	}
	if _, err := b.Mend(ctx, slip, "1", "", enter); fault.Of(err) != fault.Invalid {
		t.Errorf("mended without a reason: %v", err)
	}
	if _, err := b.Accept(auth.As(ctx, "somebody"), slip, "zh-CN", enter); fault.Of(err) != fault.Forbidden {
		t.Errorf("a stranger mends: %v", err)
	}
	// If a decision is refused, its value is not entered either.
	change := must(g.Change(ctx))
	if _, err := b.Mend(ctx, slip, "54600000元", strings.Repeat("长", 501), enter); fault.Of(err) != fault.Invalid || entered.Place != "sales@2020" {
		t.Errorf("mended with too long a reason: %v, entered %+v", err, entered)
	}
	if now := must(g.Change(ctx)); now != change {
		t.Error("a correction stays whose finding was not decided")
	}
	importID, err := b.Accept(ctx, slip, "zh-CN", enter)
	if err != nil {
		t.Fatal(err)
	}
	if want := (quality.Correction{Register: "enterprise", Subject: slip.Subject, Place: "sales@2020", Text: "54600000元", Reason: "金额单位写错：采用建议"}); entered != want {
		t.Errorf("enters %+v, want %+v", entered, want)
	}
	refresh("after mending", quality.Refreshed{Subjects: 1})
	if got := list(quality.Filter{Rules: []string{"unit_slip"}}); len(got) != 0 {
		t.Errorf("still found: %+v", got)
	}
	if _, err := b.Accept(ctx, slip, "zh-CN", enter); fault.Of(err) != fault.NotFound {
		t.Errorf("mended twice: %v", err)
	}
	if err := g.Undo(ctx, importID, func(derive.Progress) {}); err != nil {
		t.Fatal(err)
	}
	refresh("the correction taken back", quality.Refreshed{Subjects: 1, Found: 1})

	// A subject that no import names any more is not doubted.
	if err := g.Undo(ctx, other, func(derive.Progress) {}); err != nil {
		t.Fatal(err)
	}
	// A stopped search leaves the rest to the next one.
	stopped, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := b.Refresh(stopped, nil); err == nil {
		t.Error("a stopped search says that it is done")
	}
	now = now.AddDate(0, 0, 1)
	refresh("the next day", quality.Refreshed{Subjects: 2, Whole: true})
	if _, err := db.VerifyAudit(ctx); err != nil {
		t.Error(err)
	}
	tallies, at, err := b.Tallies(ctx, "enterprise")
	if err != nil || len(tallies) != 2 || at.IsZero() {
		t.Errorf("tallies %+v at %s, %v", tallies, at, err)
	}
}

func TestKey(t *testing.T) {
	k := quality.Key{Subject: 12, Rule: "unit_slip", Attribute: "sales", Year: 2020}
	if got, ok := quality.ParseKey(k.String()); !ok || got != k {
		t.Errorf("%s reads as %+v, %v", k, got, ok)
	}
	for _, text := range []string{"", "1.2.3", "x.unit_slip.sales.2020", "1..sales.2020", "1.unit_slip.sales.", "1.unit_slip.sales.2020.1", "01.unit_slip.sales.2020"} {
		if k, ok := quality.ParseKey(text); ok {
			t.Errorf("%q reads as %+v", text, k)
		}
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
