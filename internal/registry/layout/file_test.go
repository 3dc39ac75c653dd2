package layout

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"eyas/internal/registry/table"
	"eyas/packs"
)

// FuzzFile: whatever a file holds, understanding it and reading its rows ends, and a row that is read again from its cells under
// its layout says the same.
func FuzzFile(f *testing.F) {
	p, err := packs.Default()
	if err != nil {
		f.Fatal(err)
	}
	reg := p.Registers[0]
	for _, s := range []struct{ name, text string }{
		{"2020年取消高新技术企业资格名单.csv", "序号,企业名称,证书编号,发证日期,有效期\n1,甲例有限公司,GR201912000101,2019-11-28,自2019年11月28日至2022年11月27日\n"},
		{"经营异常名录.csv", "统一社会信用代码,企业名称,列入日期,移出日期,是否移出\n91120110MA0000001D,甲例有限公司,2019-07-01,/,是\n"},
		{"a.csv", "企业情况（单位：万元）\n企业名称,币种,注册资本,销售收入2020,单位\n甲例有限公司,美元,300,2600 [万元],元\n注：金额单位为千元\n"},
		{"2020年度.csv", "企业名称,统一社会信用代码,销售收入,职工总数\n—,—,（万元）,（人）\n甲例有限公司,91120110MA0000001D,2600,60\n"},
		{"2020年1-9月.csv", "企业名称,销售收入（1-11月）,资产总额（截至2020年9月30日）\n甲例有限公司,1,2\n"},
		{"2021年申报汇总表.csv", "企业名称,申报数,,核定数,\n,销售收入,研发费用,销售收入,研发费用\n甲例有限公司,1,2,3,4\n"},
		{"a.csv", "2019年名单,,,2020年名单,\n序号,企业名称,职工总数,序号,企业名称,职工总数\n1,甲例有限公司,1,2,乙例有限公司,2\n"},
		{"a.csv", "企业名称,甲例有限公司\n统一社会信用代码,91120110MA0000001D\n项目,2018年,2019年\n职工总数,1,2\n联系人,某某\n"},
		{"a.csv", "企业名称,统一社会信用代码\n甲例有限公司,91120110MA0000001D\n职工总数2020,研发费用2020（万元）\n3,4\n"},
		{"a.csv", "企业名称,职工总数2020\n甲例有限公司,3\n\n基本情况,,财务情况\n序号,企业名称,2019年,\n,,职工总数,销售收入（元）\n1,乙例有限公司,3,4\n"},
		{"a.csv", "序号,企业名称,职工总数2020\n一、东丽区（2家）,,\n1,1、甲例有限公司（盖章）,约60\n,合　计,60\n未完待续,,\n"},
		{"a.csv", "企业名称,成立日期,曾用名\n\u200e甲例有限公司（原乙例）,2016-03-17T16:00:00Z,NULL\n\"=\"\"乙例\"\"\",二〇一六年三月,同上\n"},
		{"a.csv", "企业名称 职工总数2020\n甲例有限公司 60\n乙例有限公司 70\n"},
		{"a.xls", "<table><tr><td rowspan=2>企业名称<td colspan=2>2020年<tr><td>职工总数<td>销售收入（万元）<tr hidden><td>甲例有限公司<td>1<td><i hidden>0</i>2</table>"},
	} {
		f.Add(s.name, s.text)
	}
	at := time.Date(2021, 3, 31, 0, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, name, text string) {
		path := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		in, err := Open(p, reg, Source{Name: name, Path: path}, Options{Register: reg.ID, Source: []string{"", "certificate", "abnormal", "ip"}[len(text)%4]}, nil, nil, at)
		if err != nil {
			return
		}
		defer in.Close()
		var reading, again Reading
		_ = in.Sheets(func(index int, l *Layout, s *table.Sheet) error {
			return in.Each(index, l, s, func(_ int, l *Layout, r table.Row) error {
				cells, holds := in.Convert(l, r, &reading)
				if !holds || reading.Refuse != nil {
					return nil
				}
				l.Convert(r.Number, cells, &again)
				if again.Name != reading.Name || again.Code != reading.Code || len(again.Facts) != len(reading.Facts) && len(r.Merged) == 0 {
					t.Errorf("row %d is %q %q with %d facts, and read again %q %q with %d", r.Number, reading.Code, reading.Name, len(reading.Facts), again.Code, again.Name, len(again.Facts))
				}
				return nil
			})
		})
	})
}
