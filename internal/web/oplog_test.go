package web

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"eyas/internal/audit"
	"eyas/internal/auth"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/intake"
	"eyas/internal/web/told"
)

// The log says who did what for whom and from where, finds what belongs to a subject, shows what was changed from what to
// what, masks personal data, and gives proofs that hold without the base.
func TestLogPages(t *testing.T) {
	d := town(t)
	h := handler(t, d)
	ctx := auth.In(t.Context(), auth.Actor{ID: auth.Local, Role: auth.Operator, Org: "120110", From: "10.1.2.3"})
	var of *fact.Profile
	for id := int64(1); of == nil || of.Code == ""; id++ {
		of, _ = d.Known.Profile(t.Context(), id)
	}
	enter := func(staff, phone string) {
		t.Helper()
		if _, _, err := d.Entries.Enter(ctx, intake.Entry{Register: "enterprise", Subject: of.Subject, Values: map[string]string{"staff@2020": staff, "phone": phone}, Source: intake.Corrections, Form: "correct", Reason: "电话核实，找张三 13912345678"}); err != nil {
			t.Fatal(err)
		}
	}
	enter("4321", "13700001111")
	enter("4329", "13700002222")
	for _, lang := range []string{"zh-CN", "en"} {
		w := get(h, "/log?lang="+lang+"&text="+of.Code)
		doc := parse(t, w.Body.String())
		checkPage(t, "/log", lang, w.Body.String(), doc)
		rows := find(doc, "table.list tbody tr")
		if len(rows) < 3 || !strings.Contains(text(rows[0]), of.Name) || !strings.Contains(text(rows[0]), "10.1.2.3") {
			t.Fatalf("%d rows, first %q", len(rows), text(rows[0]))
		}
		at := attr(find(rows[0], "th a")[0], "href")
		page := get(h, at)
		doc = parse(t, page.Body.String())
		checkPage(t, at, lang, page.Body.String(), doc)
		if got := text(one(t, doc, ".log-changes")); !strings.Contains(got, "4,321 4,329") || !strings.Contains(got, "137****1111 137****2222") {
			t.Errorf("what was changed: %q", got)
		}
		for _, number := range []string{"13912345678", "13700001111", "13700002222"} {
			if strings.Contains(page.Body.String(), number) || strings.Contains(w.Body.String(), number) {
				t.Errorf("%s is not masked", number)
			}
		}
	}
	for at, want := range map[string]int{"/log?c.kind=import&c.action=import": 15, "/log?text=import/1": 1, "/log?text=3": 1, "/log?c.org=120110": 2, "/log?c.org=120116": 0, "/log?from.when=2021-04-01": 0,
		"/log?text=没有这家": 0, "/log?t.who=操作员&c.action=enter": 2} {
		at, query, _ := strings.Cut(at, "?")
		q, _ := url.ParseQuery(query)
		doc := parse(t, get(h, at+"?"+q.Encode()).Body.String())
		if got := len(find(doc, "table.list tbody th")); got != want {
			t.Errorf("%s has %d rows, want %d", query, got, want)
		}
	}
	for at, want := range map[string]int{"/log/0": 404, "/log/999": 404, "/log/x": 404, "/log/1/proof?head=999": 404, "/log/heads": 422, "/log/heads?from=999": 404} {
		if w := get(h, at); w.Code != want {
			t.Errorf("%s answers %d, want %d", at, w.Code, want)
		}
	}
	list, _, err := d.OpLog.Entries(t.Context(), audit.Wanted{}, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	newest := list[0].Seq
	head, err := d.OpLog.Head(t.Context())
	if err != nil || head.Size != newest {
		t.Fatal(head, err)
	}
	noted := head.Point()
	for seq := int64(1); seq <= newest; seq++ {
		for _, of := range []string{"", "?head=" + noted.String()} {
			x, err := audit.ReadEvidence(get(h, "/log/"+strconv.FormatInt(seq, 10)+"/proof"+of).Body.Bytes())
			if err != nil || x.Check(&noted) != nil || x.Entry.Seq != seq {
				t.Errorf("entry %d: %+v, %v", seq, x, err)
			}
		}
		x, err := audit.ReadEvidence(get(h, "/log/heads?from="+strconv.FormatInt(seq, 10)).Body.Bytes())
		if err != nil || x.Check(&noted) != nil {
			t.Errorf("heads from %d: %+v, %v", seq, x, err)
		}
	}
	book, err := excelize.OpenReader(get(h, "/log.xlsx").Body)
	if err != nil {
		t.Fatal(err)
	}
	lines, _ := book.GetRows(book.GetSheetName(0))
	whole := ""
	for _, l := range lines {
		whole += strings.Join(l, "\t") + "\n"
	}
	for _, want := range []string{noted.String(), "导出人：本机操作员", "东丽", "10.1.2.3"} {
		if !strings.Contains(whole, want) {
			t.Errorf("the file lacks %s", want)
		}
	}
	if n := len(lines); n < int(newest) || strings.Contains(whole, "13912345678") {
		t.Errorf("the file has %d lines for %d entries, or tells a number", n, newest)
	}
	if page := get(h, "/enterprises").Body.String(); !strings.Contains(page, noted.String()) {
		t.Error("a page on paper does not carry the head")
	}
}

// The pages of a list stay as they are while entries are added.
func TestLogPagesStay(t *testing.T) {
	d := town(t)
	h := handler(t, d)
	write := func(n int) {
		for i := range n {
			if err := d.Intake.Remember(t.Context(), "enterprise", map[string]string{"甲" + strconv.Itoa(i): "sales"}); err != nil {
				t.Fatal(err)
			}
		}
	}
	write(60)
	names := func(at string) (list []string, next string) {
		doc := parse(t, get(h, at).Body.String())
		for _, a := range find(doc, "table.list tbody th a") {
			list = append(list, strings.Split(attr(a, "href"), "?")[0])
		}
		for _, a := range find(doc, "a[rel=next]") {
			next = attr(a, "href")
		}
		return list, next
	}
	first, next := names("/log")
	second, _ := names(next)
	write(7)
	again, _ := names(next)
	if len(first) != 50 || len(second) < 20 || !slices.Equal(second, again) || slices.Contains(second, first[49]) {
		t.Errorf("%d, %d and %d entries", len(first), len(second), len(again))
	}
}

// Who may not read the log gets no page of it, no proof, no file, and no entry of the rail; an administrator of the log sees no
// names and no values of subjects.
func TestLogNeedsARight(t *testing.T) {
	d := town(t)
	rights, err := auth.New(d.Pack)
	if err != nil {
		t.Fatal(err)
	}
	var role auth.Role
	d.Actors = rights
	d.Who = func(*http.Request) (auth.Actor, error) {
		return auth.Actor{ID: "wang", Role: role, Org: "120000"}, nil
	}
	h := handler(t, d)
	of, err := d.Known.Profile(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := d.Entries.Enter(t.Context(), intake.Entry{Register: "enterprise", Subject: 1, Values: map[string]string{"staff@2020": "4321"}, Form: "correct"}); err != nil {
		t.Fatal(err)
	}
	for _, role = range rights.Roles() {
		may := rights.Decide(auth.In(t.Context(), auth.Actor{ID: "wang", Role: role, Org: "120000"}), auth.Log, auth.Resource{}) == nil
		for _, at := range []string{"/log", "/log.xlsx", "/log/1", "/log/1/proof", "/log/heads?from=1"} {
			if w := get(h, at); (w.Code == 200) != may || !may && w.Code != 403 {
				t.Errorf("%s: %s answers %d", role, at, w.Code)
			}
		}
		if shown := strings.Contains(get(h, "/help").Body.String(), `href="/log"`); shown != may {
			t.Errorf("%s: the rail shows the log: %v", role, shown)
		}
	}
	role = "audit_admin"
	pages := get(h, "/log").Body.String() + get(h, "/log?text="+of.Code).Body.String()
	list, _, err := d.OpLog.Entries(t.Context(), audit.Wanted{}, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	pages += get(h, "/log/"+strconv.FormatInt(list[0].Seq, 10)).Body.String()
	if strings.Contains(pages, of.Name) || strings.Contains(pages, "4,321") || strings.Contains(pages, ">4321") {
		t.Error("who sees no subjects is told of one")
	}
}

// Every action that code writes into the log has words, and so has every kind of thing.
func TestActionsHaveWords(t *testing.T) {
	found := map[string]string{}
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() && slices.Contains([]string{"node_modules", ".git", "testdata"}, e.Name()) {
			return fs.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.Contains(path, "storetest") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		for _, a := range actionsIn(file) {
			found[a] = path
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for action, path := range found {
		if !slices.Contains(told.Actions, action) {
			t.Errorf("%s writes the action %q, which has no words: add them to told.Actions and the texts", path, action)
		}
	}
	for _, action := range []string{"import", "enter", "merge", "finding.dismiss", "file", "backup", "state", "baseline"} {
		if found[action] == "" {
			t.Errorf("the test does not find who writes %q", action)
		}
	}
	all := messages(t)
	for lang, catalog := range all {
		for _, a := range told.Actions {
			if catalog.Keys()["log.action."+a] == "" {
				t.Errorf("%s: no words for %s", lang, a)
			}
		}
		for _, k := range told.Kinds {
			if catalog.Keys()["log.kind."+k] == "" {
				t.Errorf("%s: no words for %s", lang, k)
			}
		}
	}
}

// actionsIn are the actions that a file writes: of an audit.Entry, of calls that take an actor, an action and a thing, and of
// the board of doubted values, which puts a word before its own.
func actionsIn(file *ast.File) (list []string) {
	word := func(e ast.Expr) string {
		if x, ok := e.(*ast.BasicLit); ok && x.Kind == token.STRING {
			s, _ := strconv.Unquote(x.Value)
			return s
		}
		return ""
	}
	add := func(a string) {
		if a != "" {
			list = append(list, a)
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch x := n.(type) {
		case *ast.KeyValueExpr:
			if key, ok := x.Key.(*ast.Ident); ok && key.Name == "Action" {
				add(word(x.Value))
			}
		case *ast.CallExpr:
			switch f := x.Fun.(type) {
			case *ast.SelectorExpr:
				switch {
				case f.Sel.Name == "Log" && len(x.Args) == 5:
					add(word(x.Args[2]))
				case f.Sel.Name == "decide" && len(x.Args) > 1 && word(x.Args[1]) != "":
					add("finding." + word(x.Args[1]))
				}
			case *ast.Ident:
				if f.Name == "entry" && len(x.Args) > 1 {
					add(word(x.Args[1]))
				}
			}
		}
		return true
	})
	return list
}
