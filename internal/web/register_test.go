package web

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"eyas/internal/auth"
	"eyas/internal/demo"
	"eyas/internal/pack"
	"eyas/internal/registry"
	"eyas/internal/registry/fact"
	"eyas/internal/rule"
	"eyas/internal/rule/list"
	"eyas/internal/store"
	"eyas/internal/store/basetest"
	"eyas/packs"
)

// town is a small demonstration city in a real base, with all its registers in memory.
func town(t *testing.T) Deps {
	t.Helper()
	p, err := packs.Default()
	if err != nil {
		t.Fatal(err)
	}
	whole, err := filledTown()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "base.db")
	for end, file := range whole {
		if err := os.WriteFile(path+end, file, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return townIn(t, p, path)
}

// filledTown is a town's base, which is filled once in a process: the file of the base and that of its keys, by what is added to
// the name of the base.
var filledTown = sync.OnceValues(func() (map[string][]byte, error) {
	p, err := packs.Default()
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "eyas-town-*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "base.db")
	db, err := store.Open(context.Background(), path)
	if err != nil {
		return nil, err
	}
	err = fillTown(registry.New(p, db, townClock))
	if err := errors.Join(err, db.Close()); err != nil {
		return nil, err
	}
	whole := map[string][]byte{}
	for _, end := range []string{"", ".keys"} {
		if whole[end], err = os.ReadFile(path + end); err != nil {
			return nil, err
		}
	}
	return whole, nil
})

func townClock() time.Time { return time.Date(2021, 3, 31, 9, 0, 0, 0, time.UTC) }

// fillTown imports the files of a small city, all of which must be read without a loss.
func fillTown(reg *registry.Registry) error {
	ctx := auth.As(context.Background(), auth.Local)
	reports, err := demo.Fill(ctx, reg, demo.Options{Rows: 90, Seed: 1, Until: 2020}, nil)
	if err != nil {
		return err
	}
	for _, r := range reports[3:] {
		if r.Refused+r.RefusalCount > 0 || len(r.Unmapped) > 0 && !strings.Contains(r.File, "走访") { // what officers noted has columns of its own
			return fmt.Errorf("%s: %+v", r.File, r)
		}
	}
	return nil
}

// townOf is town under another pack.
func townOf(t *testing.T, p *pack.Pack) Deps {
	t.Helper()
	return townIn(t, p, basetest.Path(t))
}

// townIn is townOf in a database: a file of SQLite, or the address of a PostgreSQL database.
func townIn(t *testing.T, p *pack.Pack, dsn string) Deps {
	t.Helper()
	db, err := store.Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	clock := townClock
	reg := registry.New(p, db, clock)
	if _, n, err := reg.Imports(t.Context(), fact.Wanted{}, 0, 1); err != nil {
		t.Fatal(err)
	} else if n == 0 {
		if err := fillTown(reg); err != nil {
			t.Fatal(err)
		}
	}
	set, err := rule.Compile(p)
	if err != nil {
		t.Fatal(err)
	}
	all := list.NewRegisters(t.Context(), list.Config{Pack: p, Source: reg, Rules: set, Small: 1000}, nil, reg, 1<<30)
	all.Refresh(t.Context(), nil)
	d := Deps{OpLog: db, Hosts: []string{"example.com"}, Pack: p, Rules: set, Version: "test", Clock: clock}.WithRegistry(reg)
	d.Registers = func(ctx context.Context, id string, m fact.Moment) (Base, error) { return all.Get(ctx, id, m) }
	return d
}

// Every link of the registers' pages leads to a page that keeps the rules of all pages, in both languages.
func TestRegisterPages(t *testing.T) {
	h := handler(t, town(t))
	for _, lang := range []string{"zh-CN", "en"} {
		seen := map[string]bool{}
		queue := []string{"/registers?lang=" + lang, "/registers/enterprise?lang=" + lang}
		for _, r := range []string{"carrier", "platform", "institution", "person", "achievement", "demand", "finance_product", "instrument"} {
			queue = append(queue, "/registers/"+r+"?lang="+lang, "/registers/"+r+"/template.xlsx?lang="+lang, "/registers/"+r+"/export.xlsx?lang="+lang)
		}
		kinds := map[string]int{}
		for len(queue) > 0 {
			at := queue[0]
			queue = queue[1:]
			path, _, _ := strings.Cut(at, "?")
			kind := path
			if strings.HasPrefix(path, "/s/") {
				kind = "/s/"
			}
			if seen[at] || kinds[kind] == 15 || !strings.HasPrefix(path, "/registers") && kind != "/s/" {
				continue
			}
			seen[at] = true
			kinds[kind]++
			w := get(h, at)
			if w.Code == 303 {
				continue
			}
			if w.Code != 200 {
				t.Fatalf("%s answers %d: %s", at, w.Code, w.Body)
			}
			if strings.HasSuffix(path, ".xlsx") && strings.Contains(at, "as=csv") {
				if _, err := csv.NewReader(w.Body).ReadAll(); err != nil || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/csv") {
					t.Errorf("%s is %s: %v", at, w.Header().Get("Content-Type"), err)
				}
				continue
			}
			if strings.HasSuffix(path, ".xlsx") {
				if _, err := excelize.OpenReader(bytes.NewReader(w.Body.Bytes())); err != nil {
					t.Errorf("%s: %v", at, err)
				}
				continue
			}
			doc := parse(t, w.Body.String())
			checkPage(t, at, lang, w.Body.String(), doc)
			for _, href := range links(doc) {
				at, _, _ := strings.Cut(href, "#")
				queue = append(queue, at)
			}
		}
		if kinds["/s/"] < 15 || kinds["/registers/person"] < 10 {
			t.Errorf("%s: pages reached: %v", lang, kinds)
		}
	}
}

func TestRegisterListAnswersItsAddress(t *testing.T) {
	d := town(t)
	h := handler(t, d)
	for _, c := range []struct{ url, want string }{
		{"/registers/carrier", "载体库：30 家"}, {"/registers/carrier?c.carrier_kind=makerspace", "载体库：10 家"},
		{"/registers/carrier?text=SLZT-003", "载体库：1 家"}, {"/registers/carrier?in=120101", "载体库：2 家"}, {"/registers/carrier?missing=zone&in=120101", "载体库：2 家"},
		{"/registers/person?c.field=40", "人员库：30 名"}, {"/registers/finance_product?b.on_sale=yes&b.collateral_free=no", "金融产品库："},
	} {
		w := get(h, c.url)
		if got := text(one(t, parse(t, w.Body.String()), "h1")); w.Code != 200 || !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: %d %q, want %q", c.url, w.Code, got, c.want)
		}
	}
	for url, want := range map[string]int{
		"/registers/nobody": 404, "/registers/nobody/template.xlsx": 404, "/registers/carrier?c.nothing=1": 422, "/registers/carrier?b.area=yes": 422, "/registers/carrier?sort=nothing": 422,
		"/s/0": 404, "/s/x": 404, "/registers/enterprise": 303,
	} {
		if w := get(h, url); w.Code != want {
			t.Errorf("%s answers %d, not %d", url, w.Code, want)
		}
	}
}

// The export has what the list has: texts that are not in memory too, and no personal data, whatever the address asks.
func TestRegisterExport(t *testing.T) {
	d := town(t)
	w := get(handler(t, d), "/registers/person/export.xlsx?col=code&col=unit&col=skills&col=phone&c.person_kind=expert&sort=code")
	x := readExport(t, w, "人员库")
	if len(x.rows) != 60 || x.above[0] != "演示数据：人员库" {
		t.Fatalf("%d rows below %q", len(x.rows), x.above)
	}
	if head := strings.Join(x.head, ","); head != "姓名,人员编号,工作单位,专长" {
		t.Errorf("head %q", head)
	}
	if first := x.rows[0]; first[1] != "SLRY-0005" && first[1] != "SLRY-0009" || first[2] == "" || first[3] == "" {
		t.Errorf("first row %q", first)
	}
	all := w.Body.String() + strings.Join(x.rows[10], "")
	if strings.Contains(all, "1380000") {
		t.Error("a telephone number is in the export")
	}
}
