package web

import (
	"net/url"
	"strings"
	"testing"
)

const abnormal = "企业名称,统一社会信用代码\n天津一家公司,91120111MA05QX1B2K\n"

// The source of a file is proposed from its name and said by a person, with its day and whether it is the whole list;
// the record of the import says them.
func TestSourceOfAFile(t *testing.T) {
	d := town(t)
	rig := newImportRig(t)
	d.Jobs, d.Uploads = rig.deps.Jobs, rig.deps.Uploads
	rig.Handler = handler(t, d)
	at := rig.to(rig.upload("经营异常名录.csv", abnormal, url.Values{"register": {"enterprise"}, "source": {"?"}, "asof": {"2021-03-15"}}))
	rig.settle()
	preview := func(url string) (source, day, whole string, proposed bool) {
		doc := parse(t, get(rig, url).Body.String())
		for _, o := range find(one(t, doc, "fieldset.file-origin"), "option[selected]") {
			source = attr(o, "value")
		}
		for _, r := range find(doc, "fieldset.whole input[checked]") {
			whole = attr(r, "value")
		}
		return source, attr(one(t, doc, "#day"), "value"), whole, len(find(doc, ".proposed")) == 1
	}
	if source, day, whole, proposed := preview(at); source != "abnormal" || day != "2021-03-15" || whole != "whole" || !proposed {
		t.Errorf("proposed %q of %q, %q, %v", source, day, whole, proposed)
	}
	fields := url.Values{"action": {"import"}, "source": {"abnormal"}, "asof": {"2021-03-31"}, "whole": {"part"}}
	at = rig.to(rig.post(at, fields))
	if !strings.Contains(at, "changed=1") {
		t.Errorf("what was changed is not shown first: %s", at)
	}
	rig.settle()
	if _, day, whole, _ := preview(at); day != "2021-03-31" || whole != "part" {
		t.Errorf("changed to %q, %q", day, whole)
	}
	for _, wrong := range []url.Values{{"source": {"none"}}, {"asof": {"x"}}, {"asof": {"2031-01-01"}}} {
		wrong.Set("action", "preview")
		if w := rig.post(at, wrong); w.Code != 422 {
			t.Errorf("%v answers %d", wrong, w.Code)
		}
	}
	fields.Set("whole", "whole")
	at = rig.to(rig.post(at, fields))
	rig.settle()
	rig.wait(rig.to(rig.post(at, fields)))
	list := parse(t, get(rig, "/import").Body.String())
	first := find(list, "table.list tbody tr")[0]
	if got := text(first); !strings.Contains(got, "经营异常名录 · 截至 2021-03-31") {
		t.Errorf("the list says %q", got)
	}
	record := get(rig, attr(find(first, "th a")[0], "href")).Body.String()
	if !strings.Contains(record, "来源： 经营异常名录 · 截至 2021-03-31") || !strings.Contains(record, "不在其中的记为“否”") {
		t.Errorf("the record does not say its source:\n%s", record)
	}
	// Who is not in the whole list has a "no" that says so.
	refs, err := d.Known.Find(t.Context(), "公司")
	if err != nil || len(refs) == 0 {
		t.Fatal(err)
	}
	for _, ref := range refs {
		page := get(rig, "/enterprises/"+ref.Code).Body.String()
		if ref.Code != "91120111MA05QX1B2K" && strings.Contains(page, "经营异常名录.csv · 不在名单中（截至 2021-03-31）") {
			return
		}
	}
	t.Error("nobody is said not to be in the list")
}
