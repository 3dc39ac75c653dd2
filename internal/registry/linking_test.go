package registry_test

import (
	"slices"
	"testing"

	"eyas/internal/registry/layout"
	"eyas/internal/registry/link"
)

// Rows of a file find the subjects that they are about, and nothing is written.
func TestLinking(t *testing.T) {
	both(t, func(r *rig) {
		opt := layout.Options{Register: "enterprise"}
		r.take(r.file("企业.csv", "企业名称,统一社会信用代码,曾用名,注册号,注册地址",
			"天津市海奥软件有限公司,91120110YY00056A5R,天津海澳信息技术有限公司；海奥公司,120110000012345,天津市东丽区一经路 1 号",
			"天津津门精密仪器股份有限公司,91120116YY00056B3B,,,"), opt)
		r.take(r.file("名单.csv", "企业名称", "天津海奥软件有限责任公司", "厦门白鹭贸易有限公司"), opt)
		before := r.base()
		ctx := t.Context()

		x, err := r.LinkIndex(ctx, "enterprise", link.Options{})
		if err != nil || x.Len() != 4 {
			t.Fatalf("%d subjects, %v", x.Len(), err)
		}
		src := r.file("再来.csv", "企业名称,统一社会信用代码", "海奥公司,", ",,", "某公司,9112", ",9112", "精密,91120116YY00056B3B")
		rows, failed := r.Rows(ctx, src, opt)
		var got []string
		for row := range rows {
			m := x.Match(row.Row)
			got = append(got, row.Row.Code+" "+string(m.Decision)+" "+string(m.By))
			if (row.Refused != nil) != (row.Number == 5) {
				t.Errorf("row %d: refused %v", row.Number, row.Refused)
			}
		}
		if want := []string{" link former", "9112 leave nothing", "9112 leave nothing", "91120116YY00056B3B link code"}; !slices.Equal(got, want) || failed() != nil {
			t.Errorf("%q, %v; want %q", got, failed(), want)
		}
		for range rows {
			break
		}
		if failed() != nil {
			t.Errorf("reading that is broken off fails: %v", failed())
		}

		if r.base() != before {
			t.Error("the base has changed")
		}
		if _, err := r.LinkIndex(ctx, "nobody", link.Options{}); err == nil {
			t.Error("a register that is not there has an index")
		}
	})
}
