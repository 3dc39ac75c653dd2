package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/layout"
)

// belongingFile is a file about subjects that belong to a unit, with UNIT for its code, NAME for its name and NO for the number of a
// subject.
type belongingFile struct {
	register string
	pages    bool // they are compared, too
	text     string
}

var belongingFiles = []belongingFile{
	{"person", false, "人员编号,姓名,人员类别,工作单位信用代码,工作单位\nNO,钱八,评审专家,,NAME\nOWN,甲区赵六,评审专家,UNIT,NAME\n"},
	{"person", true, "人员编号,姓名,人员类别,工作单位信用代码,工作单位,所属区,离岗日期\nNO,钱八,评审专家,HERE,甲区示例机械有限公司,,\nNO,钱八,评审专家,UNIT,别的写法,,2019-05-01\nNO,钱八,评审专家,UNIT,NAME,,\n" +
		"NO-3,吴七,评审专家,UNIT,甲区示例机械有限公司,,\n,SUN,评审专家,UNIT,NAME,东丽区,\n,周十,评审专家,UNIT,NAME,西青区,\nOWN,甲区赵六,评审专家,UNIT,NAME,,\n"},
	{"achievement", false, "成果登记号,成果名称,权属单位信用代码,权属单位\nNO,示例成果,UNIT,NAME\n,SUN,,NAME\n"},
	{"instrument", false, "仪器编号,仪器名称,所属单位信用代码,所属单位\nNO,示例仪器,UNIT,NAME\n"},
	{"demand", false, "需求编号,需求名称,提出单位信用代码,提出单位\nNO,示例需求,UNIT,NAME\n"},
}

// unit is a subject that others belong to, which the base has or has not.
type unit struct{ code, name string }

// toldOfBelonging is all that is told to who brings a file about subjects of a unit, and what he finds afterwards; without numbers of
// things. meanwhile is done by others after he has brought it.
func (v *province) toldOfBelonging(t *testing.T, f belongingFile, no, sun string, u unit, meanwhile func() []int64) string {
	t.Helper()
	in, city := auth.In(t.Context(), officer), auth.In(t.Context(), bureau)
	text := strings.NewReplacer("NO", no, "UNIT", u.code, "NAME", u.name, "HERE", v.code["here"], "OWN", "OWN-"+no, "SUN", sun).Replace(f.text)
	reg := v.deps.Pack.Register(f.register)
	link := reg.Belongs()
	says := func(no, name, code, unit string) map[string]string {
		values := map[string]string{reg.CodeAttr: no, reg.NameAttr: name, link.CodeAttr: code, link.NameAttr: unit}
		if f.register == "person" {
			values["person_kind"] = "评审专家"
		}
		return values
	}
	own, seen, err := v.reg.Enter(city, intake.Entry{Register: f.register, Values: says("OWN-"+no, "看得见的", v.code["here"], "甲区示例机械有限公司"), Source: "form", New: true})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "名单.csv")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	src, opt := layout.Source{Name: "名单.csv", Path: path}, layout.Options{Register: f.register, Lang: "zh-CN"}
	var b strings.Builder
	say := func(x any) {
		text, err := json.Marshal(x)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%s\n", text)
	}
	show := func(at string) {
		w := v.ready(officer, at)
		fmt.Fprintf(&b, "%s %d %s\n", at, w.Code, unpacked(t, w.Header(), w.Body.Bytes()))
	}
	fails := func(err error) {
		if err == nil {
			fmt.Fprintln(&b, "ok")
			return
		}
		var e *fault.Error
		if !errors.As(err, &e) {
			t.Fatal(err)
		}
		fmt.Fprintln(&b, fault.Of(err), e.In("zh-CN"))
	}
	p, err := v.reg.Preview(in, src, opt, nil)
	if err != nil {
		t.Fatal(err)
	}
	say(p)
	var ids []int64
	bring := func() {
		report, id, err := v.reg.Import(in, src, opt, nil)
		if err != nil {
			t.Fatal(err)
		}
		say(report)
		if id != 0 {
			ids = append(ids, id)
			show(fmt.Sprintf("/import/record/%d", id))
		}
	}
	find := func(pages bool) {
		for _, text := range []string{no, no + "-3", sun, u.code, u.name} {
			for _, register := range []string{f.register, "enterprise"} {
				found, err := v.reg.FindIn(in, register, text)
				if err != nil {
					t.Fatal(err)
				}
				for i := range found {
					if register == f.register && pages {
						show(fmt.Sprintf("/s/%d", found[i].Subject))
						show(fmt.Sprintf("/s/%d/records", found[i].Subject))
						show(fmt.Sprintf("/s/%d/history", found[i].Subject))
						show(fmt.Sprintf("/s/%d/seen-by", found[i].Subject))
					}
					found[i].Subject = 0
				}
				say(found)
			}
			if pages && text != sun {
				show("/search?part=1&q=" + url.QueryEscape(text))
				show("/registers/" + f.register + "?q=" + url.QueryEscape(text))
			}
		}
		show("/registers/" + f.register)
		if !pages {
			return
		}
		show("/registers")
		show("/registers/" + f.register + "?scope=" + mineOrg)
		show("/registers/" + f.register + "/export.xlsx?as=csv")
		show("/quality")
		show("/links")
		show("/held")
		show("/todo")
	}
	bring()
	find(false)
	others := meanwhile()
	find(f.pages)
	bring() // finds what the first made
	id, subject, err := v.reg.Enter(in, intake.Entry{Register: f.register, Values: says(no+"-2", "手工录入的", u.code, u.name), Source: "form", New: true, Lang: "zh-CN"})
	fails(err)
	if err == nil {
		ids = append(ids, id)
		show(fmt.Sprintf("/s/%d", subject))
	}
	// A subject that he sees is given to the unit, and not.
	for _, e := range []intake.Entry{
		{Values: map[string]string{link.CodeAttr: u.code}},
		{Values: map[string]string{link.NameAttr: u.name}, Void: []string{link.CodeAttr}},
		{Values: map[string]string{link.CodeAttr: u.code, "district": "东丽区"}},
		{Void: []string{"district"}},
	} {
		e.Register, e.Subject, e.Source, e.Lang = f.register, seen, "form", "zh-CN"
		id, _, err := v.reg.Enter(in, e)
		fails(err)
		if err == nil {
			ids = append(ids, id)
		}
		show(fmt.Sprintf("/s/%d", e.Subject))
	}
	find(f.pages)
	for i := range ids { // some of which would leave a subject without its place
		fails(v.reg.Undo(in, ids[i], nil))
	}
	find(false)
	for i := range ids {
		if err := v.reg.Undo(city, ids[len(ids)-1-i], nil); err != nil {
			t.Fatal(err)
		}
	}
	for _, id := range append(others, own) {
		if err := v.reg.Undo(city, id, nil); err != nil {
			t.Fatal(err)
		}
	}
	return numbers.ReplaceAllString(strings.NewReplacer(no, "NO", strings.ToLower(no), "NO", u.code, "CODE", strings.ToLower(u.code), "CODE", url.QueryEscape(u.name), "NAME", u.name, "NAME").Replace(b.String()), "N")
}

// brings returns what the city does meanwhile: it imports an enterprise that lies in the second district.
func (v *province) brings(t *testing.T, u unit) func() []int64 {
	return func() []int64 {
		t.Helper()
		_, id := v.importFile(t, bureau, "市.csv", fmt.Sprintf("统一社会信用代码,企业名称,所属区\n%s,%s,西青区\n", u.code, u.name))
		return []int64{id}
	}
}

// What is told to who brings subjects that belong to a unit of another district is byte for byte what he is told of a unit that nobody
// has, and of one that somebody else brings afterwards.
func TestBroughtOfOthersUnitsIsAsOfNobodys(t *testing.T) {
	v := newProvince(t)
	hidden, other := unit{v.code["there too"], secret + "精密公司"}, unit{uscc("98"), "无关的公司"}
	for n, f := range belongingFiles {
		if n%3 == 2 {
			v.now = v.now.AddDate(0, 0, 1)
		}
		later, nobodys := unit{uscc(fmt.Sprint(100 + n)), "后来才有了的公司"}, unit{uscc(fmt.Sprint(200 + n)), "从来没有过的公司"}
		kinds := []struct {
			name  string
			u     unit
			since func() []int64
		}{
			{"of a unit elsewhere", hidden, v.brings(t, other)},
			{"of a unit that nobody has", nobodys, v.brings(t, other)},
			{"of a unit that comes later", later, v.brings(t, later)},
		}
		if n%2 == 1 { // the other order
			kinds[0], kinds[1] = kinds[1], kinds[0]
		}
		told := make([]string, len(kinds))
		for i, k := range kinds {
			told[i] = v.toldOfBelonging(t, f, fmt.Sprintf("XH-%d%d", n+10, i), "孙"+string(rune('一'+n)), k.u, k.since)
		}
		for i, k := range kinds[1:] {
			if told[0] == told[i+1] {
				continue
			}
			x, y := strings.Split(told[0], "\n"), strings.Split(told[i+1], "\n")
			shown := 0
			for i := range min(len(x), len(y)) {
				if x[i] != y[i] && shown < 4 {
					at := 0
					for at < min(len(x[i]), len(y[i])) && x[i][at] == y[i][at] {
						at++
					}
					t.Errorf("file %d, line %d\n%.80s\n%s: …%s\n%s: …%s", n, i, x[i], kinds[0].name, x[i][max(0, at-150):min(len(x[i]), at+150)], k.name, y[i][max(0, at-150):min(len(y[i]), at+150)])
					shown++
				}
			}
			t.Fatalf("%s: %d bytes are told; %s: %d", kinds[0].name, len(told[0]), k.name, len(told[i+1]))
		}
	}
}
