package registry_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"eyas/internal/registry/fact"
)

// Disputed are subjects of which two sources speak of the same attribute, and what they say comes with them.
func TestDisputed(t *testing.T) {
	both(t, func(r *rig) {
		ctx := context.Background()
		attributes := []string{"sales", "district", "cert_hnte_no"}
		names := func(after int64) (list []string) {
			t.Helper()
			ids, err := r.Disputed(ctx, "enterprise", attributes, after)
			if err != nil {
				t.Fatal(err)
			}
			err = r.EachSaidOf(ctx, "enterprise", ids, attributes, func(p *fact.Profile, said []fact.Fact) error {
				text := p.Name
				for _, f := range said {
					if !slices.Contains(attributes, f.Attr.ID) {
						continue
					}
					source := "?"
					if f.Origin.Source != nil {
						source = f.Origin.Source.ID
					}
					text += fmt.Sprintf(" %s:%s=%g%s", source, f.Attr.ID, f.Value.Num/100, f.Value.Str)
				}
				list = append(list, text)
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			return list
		}
		want := func(what string, after int64, want ...string) {
			t.Helper()
			if got := names(after); !slices.Equal(got, want) {
				t.Errorf("%s: %q, want %q", what, got, want)
			}
		}
		r.take(r.file("登记.csv", "统一社会信用代码,企业名称,注册资本", code(1)+",甲公司,10", code(2)+",乙公司,20", code(3)+",丙公司,30"), from("market", ""))
		r.take(r.file("年报.csv", "统一社会信用代码,企业名称,2020年销售收入（元）", code(1)+",甲公司,100", code(2)+",乙公司,200", code(3)+",丙公司,300"), from("annual", ""))
		want("sources of different things", 0)
		r.take(r.file("名单.csv", "统一社会信用代码,企业名称,2020年销售收入（元）", code(3)+",丙公司,303"), from("annual", ""))
		want("one source speaks twice", 0)
		before, err := r.Change(ctx)
		if err != nil {
			t.Fatal(err)
		}
		_, tax := r.take(r.file("税.csv", "统一社会信用代码,企业名称,2020年销售收入（元）", code(2)+",乙公司,210"), from("tax", ""))
		want("two sources", 0, "乙公司 annual:sales=200 tax:sales=210")
		want("of what changed", before, "乙公司 annual:sales=200 tax:sales=210")
		_, plain := r.take(r.file("不明.csv", "统一社会信用代码,企业名称,2020年销售收入（元）", code(1)+",甲公司,1"), from("", ""))
		want("without a source", 0, "乙公司 annual:sales=200 tax:sales=210")
		r.undo(plain)
		r.undo(tax)
		want("taken back", 0)

		// A district may follow from an address, and a certificate from a list of things.
		r.take(r.file("地址.csv", "统一社会信用代码,企业名称,注册地址", code(1)+",甲公司,天津市东丽区一号"), from("market", ""))
		r.take(r.file("区.csv", "统一社会信用代码,企业名称,所属区", code(1)+",甲公司,西青区"), from("bureau", ""))
		r.take(r.file("证书.csv", "统一社会信用代码,企业名称,证书种类,证书编号,发证日期", code(3)+",丙公司,高企,GR1,2019-01-01"), from("certificate", ""))
		r.take(r.file("证号.csv", "统一社会信用代码,企业名称,高企证书编号", code(3)+",丙公司,GR2"), from("bureau", ""))
		want("what follows", 0, "甲公司 annual:sales=100 market:district=0120110 bureau:district=0120111", "丙公司 annual:sales=300 annual:sales=303 bureau:cert_hnte_no=0GR2 certificate:cert_hnte_no=0GR1")
	})
}
