package desk_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/matter"
	"eyas/internal/matter/desk"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/layout"
)

const listHead = "企业名称,统一社会信用代码,审核状态,状态日期\n"

// list is an outcome of tsme with a file.
func (r *rig) list(content string) desk.Outcome {
	r.t.Helper()
	path := filepath.Join(r.t.TempDir(), "list.csv")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		r.t.Fatal(err)
	}
	return desk.Outcome{Matter: "tsme", Source: layout.Source{Name: "list.csv", Path: path}, Year: 2021, Lang: "zh-CN"}
}

// waits begins a case of a firm that waits for the other system.
func (r *rig) waits(firm int64) *matter.Case {
	r.t.Helper()
	return r.act(r.begin("tsme", firm), pass(), pass())
}

// A list that is called complete and of which nothing can be read is no list: it would say of every case that it is not on it.
func TestCompleteListSaysSomething(t *testing.T) {
	both(t, func(r *rig) {
		r.waits(r.firm("91120110MA0000001D", "甲区示例机械有限公司"))
		for name, content := range map[string]string{"empty": listHead, "unread": listHead + "某某公司,91120110MA0000001X,审核中,2021-13-40\n某某公司,,没有这种状态,2021-03-01\n"} {
			o := r.list(content)
			o.Whole = true
			if done, err := r.Compare(r.t.Context(), o); fault.Of(err) != fault.Invalid {
				r.t.Errorf("%s: %+v, %v", name, done, err)
			}
			o.Whole = false
			if done, err := r.Compare(r.t.Context(), o); err != nil || done.NotOnList != 0 {
				r.t.Errorf("%s, not complete: %+v, %v", name, done, err)
			}
		}
		o := r.list(listHead + ",91120110MA0000001D,审核中,2021-03-01\n")
		o.Whole, o.Org = true, "nowhere"
		if done, err := r.Compare(r.t.Context(), o); fault.Of(err) != fault.Invalid {
			r.t.Errorf("complete for a district that is none: %+v, %v", done, err)
		}
	})
}

// A case of which two rows say different things is on the list.
func TestContradictionIsOnTheList(t *testing.T) {
	both(t, func(r *rig) {
		r.waits(r.firm("91120110MA0000001D", "甲区示例机械有限公司"))
		o := r.list(listHead + ",91120110MA0000001D,审核中,2021-03-01\n,91120110MA0000001D,已推荐,2021-03-01\n,91120110MA0000001D,已推荐,2021-03-01\n")
		o.Whole = true
		done, err := r.Compare(r.t.Context(), o)
		if err != nil || done.NotOnList != 0 || done.Asked != 1 || done.Moved != 0 || len(done.Questions) != 1 {
			r.t.Errorf("%+v, %v", done, err)
		}
	})
}

// A district is asked what its own list says of its subjects, and answers it; two do not answer one question.
func TestQuestionsOfADistrict(t *testing.T) {
	both(t, func(r *rig) {
		r.firm("91120110MA0000001D", "甲区示例机械有限公司") // filed nothing here
		d, as := r.as()
		li, zhao := as(auth.Actor{ID: "li", Role: "district_officer", Org: "120110"}), as(auth.Actor{ID: "zhao", Role: "district_officer", Org: "120111"})
		d.Config.Listed = func(_ context.Context, src layout.Source, opt layout.Options) ([]intake.ListedRow, error) {
			return r.svc.Listed(r.t.Context(), src, opt)
		}
		d.Config.Seen = func(context.Context, string) (func(int64) bool, error) { return func(int64) bool { return true }, nil }
		done, err := d.Compare(li, r.list(listHead+",91120110MA0000001D,审核中,2021-03-01\n"))
		if err != nil || done.NotFiledHere != 1 {
			r.t.Fatalf("%+v, %v", done, err)
		}
		if list, err := d.Questions(zhao, "tsme", true, 0, 10); err != nil || len(list) != 0 {
			r.t.Errorf("another district sees %v, %v", list, err)
		}
		list, err := d.Questions(li, "tsme", true, 0, 10)
		if err != nil || len(list) != 1 || !strings.Contains(list[0].Said.EN, "not filed here") {
			r.t.Fatalf("the district sees %v, %v", list, err)
		}
		if _, _, err := d.Answer(li, list[0].ID, 0, "电话问过"); err != nil {
			r.t.Error(err)
		}
		if _, _, err := d.Answer(li, list[0].ID, 0, "又答一次"); fault.Of(err) != fault.Conflict {
			r.t.Errorf("answered twice: %v", err)
		}
	})
}
