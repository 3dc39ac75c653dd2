package e2e

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"eyas/internal/pack"
	"eyas/internal/registry"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/identity"
	"eyas/internal/registry/layout"
	"eyas/internal/store"
	"eyas/packs"
)

const registered = `统一社会信用代码,企业名称,注册号,注册地址,成立日期,2020年销售收入
91120111MA05QX1B2K,天津东平科技有限公司,120111000012345,天津市西青区海泰西路1号,2016-03-18,5000
,天津市东平科技有限公司,120111000012345,天津市西青区海泰西路 1 号,2016-03-18,
91120104MA05QX2C7T,天津顺康信息技术有限公司,,天津市南开区白堤路17号,2012-05-01,300万元
,天津顺康信息科技有限公司,,天津市南开区,2014-05-01,
91120116MA05QX3D4R,天津滨海新区华联商贸有限公司,,天津市滨海新区洞庭路,2001-01-01,40
,天津华联商贸有限公司,,,,
`

// askedBase is a base with enterprises of which three pairs wait to be confirmed.
func askedBase(t *testing.T) string {
	t.Helper()
	if house.skip != "" {
		t.Skip(house.skip)
	}
	ctx, dir := context.Background(), t.TempDir()
	p, err := packs.Default()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "asked.db")
	db, err := store.Open(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	csv := filepath.Join(dir, "登记.csv")
	if err := os.WriteFile(csv, []byte(registered), 0o600); err != nil {
		t.Fatal(err)
	}
	at := time.Date(2021, 3, 31, 8, 0, 0, 0, time.UTC)
	reg := registry.New(p, db, func() time.Time { return at })
	if _, _, err := reg.Import(ctx, layout.Source{Name: "市场主体登记.csv", Path: csv}, layout.Options{Register: "enterprise", Source: "market", AsOf: "2021-03-01"}, nil); err != nil {
		t.Fatal(err)
	}
	weigh := func(list ...identity.Evidence) (text string) {
		raw, err := json.Marshal(list)
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	likely := weigh(identity.Evidence{Field: "registration", Left: "120111000012345", Right: "120111000012345", Text: pack.Text{ZH: "注册号相同", EN: "same registration number"}},
		identity.Evidence{Field: "place", Left: "天津市", Right: "天津", Weight: 1.5, Text: pack.Text{ZH: "地名相同", EN: "same place"}},
		identity.Evidence{Field: "trade", Left: "东平", Right: "东平", Weight: 11.2, Text: pack.Text{ZH: "字号相同", EN: "same trade name"}},
		identity.Evidence{Field: "business", Left: "科技", Right: "科技", Weight: 2.1, Text: pack.Text{ZH: "行业用语相同", EN: "same line of business"}},
		identity.Evidence{Field: "prior", Weight: -8.3, Text: pack.Text{ZH: "起点：随便一家就是它的可能性，以及两边都没说的", EN: "start: how likely any subject is the one, and what neither side says"}})
	unlike := weigh(identity.Evidence{Field: "trade", Left: "顺康", Right: "顺康", Weight: 9, Text: pack.Text{ZH: "字号相同", EN: "same trade name"}},
		identity.Evidence{Field: "business", Left: "信息技术", Right: "信息科技", Weight: -0.8, Text: pack.Text{ZH: "行业用语部分相同", EN: "lines of business agree in part"}},
		identity.Evidence{Field: "prior", Weight: -9.5, Text: pack.Text{ZH: "起点：随便一家就是它的可能性，以及两边都没说的", EN: "start: how likely any subject is the one, and what neither side says"}})
	err = db.Identities().Write(ctx, func(w identity.Writer) error {
		var rows []fact.QuestionRow
		for i, x := range []struct {
			weight   int64
			evidence string
		}{{6500, likely}, {-1300, unlike}, {200, unlike}} {
			id, err := w.Advance(ctx, fact.LastAsked, 1)
			if err != nil {
				return err
			}
			rows = append(rows, fact.QuestionRow{ID: id, Register: "enterprise", Subject: int64(2*i + 2), Candidate: int64(2*i + 1), Weight: x.weight, Evidence: x.evidence, RaisedAt: at, State: fact.Open})
		}
		return w.AddQuestions(ctx, rows)
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	url, stop, err := startServer(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	return url
}

// Pairs are told apart or joined by keys alone, and the last answer is taken back by one.
func TestLinksAreAnsweredByKeys(t *testing.T) {
	p := openAt(t, askedBase(t))
	p.visit("/links?lang=zh-CN")
	p.accessible()
	if lead := p.text("h1"); !strings.Contains(lead, "有 3 对") {
		t.Errorf("headline %q", lead)
	}
	if marks := p.text(".sides thead mark"); marks != "市" {
		t.Errorf("marked in the name: %q", marks)
	}
	p.press("x") // the pair at hand is picked
	p.arrive(`!document.querySelector("[data-picked]").hidden && document.querySelector("[data-count]").textContent === "1"`)
	p.press("x")
	p.visit("/links?lang=zh-CN&col=right&col=likelihood&col=weight") // the figure is a column to choose
	p.sieve("from.weight")
	p.enter(`.list [name="from.weight"]`, "0")
	p.accessible()
	p.send()
	if n, chips := p.count("table.list tbody tr:not(.none)"), p.text(".chips"); n != 2 || !strings.Contains(chips, "分量（比特）") {
		t.Errorf("%d pairs weigh 0 bits and more; chips %q", n, chips)
	}
	p.follow(".chips a")
	first := p.text("table.list tbody tr.at th")
	p.press("j")
	p.arrive(`new URLSearchParams(location.search).has("q")`)
	if second := p.text("table.list tbody tr.at th"); second == first || second == "" {
		t.Errorf("the next pair is %q", second)
	}
	p.press("k")
	p.arrive(`document.querySelector("[data-key=k]") === null && document.querySelector("table.list tr.at") !== null`)
	p.press("s")
	p.arrive(`new URLSearchParams(location.search).get("done") === "1"`)
	if got := p.text(".done"); !strings.Contains(got, "已合为一家") {
		t.Errorf("confirmed by %q", got)
	}
	p.accessible()
	p.press("u")
	p.arrive(`document.querySelector(".done") === null && document.querySelectorAll("table.list tbody tr:not(.none)").length === 3`)
	p.press("d")
	p.arrive(`new URLSearchParams(location.search).get("done") === "1"`)
	p.press("l")
	p.arrive(`document.querySelectorAll("table.list tbody tr:not(.none)").length === 1`)
	if got := strings.Join(strings.Fields(p.text(".states")), " "); got != "待确认 1 以后再说 1 是同一家 0 不是 1 不用再问 0" {
		t.Errorf("states %q", got)
	}
	p.size(390, 800)
	p.accessible()
	if wide := ask[bool](p, `document.documentElement.scrollWidth > 390`); wide {
		t.Error("the page is wider than a phone")
	}
	p.press("s")
	p.arrive(`document.querySelector("section.pair") === null`)
	p.visit("/merges")
	p.accessible()
	p.click("table.list form.inline button")
	p.arrive(`document.querySelector("table.list form.inline button") === null`) // the first was undone by its key, this is the other
	p.accessible()
	if wide := ask[bool](p, `document.documentElement.scrollWidth > 390`); wide {
		t.Error("the page is wider than a phone")
	}
}
