package web

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"eyas/internal/audit"
	"eyas/internal/auth"
	"eyas/internal/file"
	"eyas/internal/sheet"
)

// The original file of an import has personal data as they came: it is given for a purpose only, to who may unmask, after it was
// written down, and each subject in it is told. A file without such data is given at once, and told as well.
func TestOriginalIsDisclosed(t *testing.T) {
	v := newProvince(t)
	bureau := auth.Actor{ID: "chen", Role: "bureau", Org: "120000", Session: "s"}
	kept := func(name, content string) int64 {
		t.Helper()
		_, id := v.importFile(t, bureau, name, content)
		if _, err := v.deps.Files.Put(auth.In(t.Context(), bureau), strings.NewReader(content), file.Link{Scope: file.Scope{Kind: file.Import, ID: fmt.Sprint(id)}, Name: name}); err != nil {
			t.Fatal(err)
		}
		return id
	}
	content := "企业名称,统一社会信用代码,2020年销售收入（元）,联系电话,备注甲\n甲区示例机械有限公司," + v.code["here"] + ",1000,13911112222,手写\n"
	at := fmt.Sprintf("/import/record/%d/original", kept("联系.csv", content))
	plain := "企业名称,统一社会信用代码,2020年销售收入（元）\n甲区示例机械有限公司," + v.code["here"] + ",1001\n"
	open := fmt.Sprintf("/import/record/%d/original", kept("收入.csv", plain))
	why := url.Values{"purpose": {"verify"}, "reason": {"核对联系电话"}}

	form := v.ready(bureau, at)
	if body := form.Body.String(); form.Code != http.StatusOK || strings.Contains(body, "13911112222") || !strings.Contains(body, "联系电话") || !strings.Contains(body, "备注甲") || !strings.Contains(body, `value="verify"`) {
		t.Fatalf("the form: %d %s", form.Code, form.Body)
	}
	for _, bad := range []url.Values{nil, {"purpose": {"verify"}}, {"reason": {"核对联系电话"}}, {"purpose": {"nonsense"}, "reason": {"核对联系电话"}}} {
		if w := v.send(bureau, http.MethodPost, at, bad); w.Code != http.StatusUnprocessableEntity || strings.Contains(w.Body.String(), "13911112222") {
			t.Errorf("%v is answered %d", bad, w.Code)
		}
	}
	entries := func() []audit.Entry {
		t.Helper()
		list, _, err := v.db.Entries(t.Context(), audit.Wanted{Actions: []string{"export"}}, 0, 10)
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	if list := entries(); len(list) != 0 {
		t.Errorf("what was refused is in the log as taken along: %v", list)
	}
	for name, who := range map[string]auth.Actor{
		"who exports and may not unmask": {ID: "q", Role: "bureau_admin", Org: "120000", Session: "s"}, "who looks as another": {ID: "chen", Role: "bureau", Org: "120000", Session: "s", Viewer: "sun"},
		"another district": {ID: "wu", Role: "district_officer", Org: otherOrg, Session: "s"},
	} {
		if w := v.send(who, http.MethodPost, at, why); w.Code != http.StatusForbidden && w.Code != http.StatusNotFound || strings.Contains(w.Body.String(), "13911112222") {
			t.Errorf("%s is answered %d", name, w.Code)
		}
	}
	if w := v.send(bureau, http.MethodPost, at, why); w.Code != http.StatusOK || w.Body.String() != content {
		t.Fatalf("it is not given: %d %s", w.Code, w.Body)
	}
	list := entries()
	if len(list) != 1 || list[0].Actor != "chen" || list[0].Texts["reason"] != "核对联系电话" || !strings.Contains(list[0].Detail, `"fields":["phone"]`) || !strings.Contains(list[0].Detail, `"purpose":"verify"`) || strings.Contains(list[0].Detail, "核对") {
		t.Fatalf("%+v", list)
	}
	if w := v.ready(bureau, open); w.Code != http.StatusOK || w.Body.String() != plain {
		t.Errorf("a file without personal data: %d %s", w.Code, w.Body)
	}
	auditor := auth.Actor{ID: "aud", Role: "auditor", Org: "120000"}
	page := v.ready(auditor, fmt.Sprintf("/s/%d/disclosed?part=received", v.subject["here"])).Body.String()
	if strings.Count(page, "导入的原文件") != 2 || !strings.Contains(page, "核实身份") {
		t.Errorf("the subject is not told: %s", page)
	}
	if page := v.ready(auditor, fmt.Sprintf("/s/%d/disclosed?part=received", v.subject["here too"])).Body.String(); strings.Contains(page, "导入的原文件") {
		t.Error("a subject that is not in the file is told")
	}
}

// Rows that were refused come back as they came, so they are given as the original is. An original is not known to be without personal
// data while a sheet or a column of it was not read, or a number stands in a column that is not personal.
func TestRefusedRowsAreDisclosed(t *testing.T) {
	v := newProvince(t)
	bureau := auth.Actor{ID: "chen", Role: "bureau", Org: "120000", Session: "s"}
	at := func(name, content string) string {
		t.Helper()
		_, id := v.importFile(t, bureau, name, content)
		return fmt.Sprintf("/import/record/%d/refused.xlsx", id)
	}
	head, row := "企业名称,统一社会信用代码,2020年销售收入（元）", "\n甲区示例机械有限公司,"+v.code["here"]+",很多"
	personal := at("联系.csv", head+",联系电话"+row+",13911112222\n,,1,13911113333\n")
	open := at("收入.csv", head+row+"\n")
	number := at("经营.csv", head+",主营产品"+row+",泵 11010519491231002X\n")
	unread := at("备注.csv", head+",备注甲"+row+",手写\n")
	why := url.Values{"purpose": {"verify"}, "reason": {"改正被拒的行"}}
	for _, at := range []string{personal, number, unread} {
		w := v.ready(bureau, at)
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `value="verify"`) || strings.Contains(w.Body.String(), "13911112222") || strings.Contains(w.Body.String(), "11010519491231002X") {
			t.Fatalf("%s is given without a purpose: %d %.200q", at, w.Code, w.Body)
		}
		if w := v.send(bureau, http.MethodPost, at, url.Values{"purpose": {"verify"}}); w.Code != http.StatusUnprocessableEntity {
			t.Errorf("without a reason: %d", w.Code)
		}
		for name, who := range map[string]auth.Actor{
			"who exports and may not unmask": {ID: "q", Role: "bureau_admin", Org: "120000", Session: "s"}, "who looks as another": {ID: "chen", Role: "bureau", Org: "120000", Session: "s", Viewer: "sun"},
			"another district": {ID: "wu", Role: "district_officer", Org: otherOrg, Session: "s"},
		} {
			for _, method := range []string{http.MethodGet, http.MethodPost} {
				if w := v.send(who, method, at, why); w.Code != http.StatusForbidden && w.Code != http.StatusNotFound {
					t.Errorf("%s is answered %d", name, w.Code)
				}
			}
			if err := v.deps.Imports.Refused(auth.In(t.Context(), who), idOf(t, at), io.Discard); err == nil {
				t.Errorf("%s is given the rows by the registry", name)
			}
		}
		if w := v.send(bureau, http.MethodPost, at, why); w.Code != http.StatusOK || w.Header().Get("Content-Type") != sheet.ContentType {
			t.Fatalf("it is not given: %d %s", w.Code, w.Body)
		}
	}
	list, _, err := v.db.Entries(t.Context(), audit.Wanted{Actions: []string{"export"}}, 0, 10)
	if err != nil || len(list) != 3 || list[2].Texts["reason"] != "改正被拒的行" || !strings.Contains(list[2].Detail, `"file":"`+personal+`"`) || !strings.Contains(list[2].Detail, `"fields":["phone"]`) {
		t.Fatalf("%+v %v", list, err)
	}
	if w := v.ready(bureau, open); w.Code != http.StatusOK || w.Header().Get("Content-Type") != sheet.ContentType {
		t.Errorf("rows without personal data: %d", w.Code)
	}
	if part := v.ready(auth.Actor{ID: "rev", Role: "district_reviewer", Org: mineOrg, Session: "s"}, unread); part.Code == http.StatusOK {
		t.Error("who does not see every class gets what was not read")
	}
}

func idOf(t *testing.T, at string) (id int64) {
	t.Helper()
	if _, err := fmt.Sscanf(at, "/import/record/%d/", &id); err != nil {
		t.Fatal(err)
	}
	return id
}
