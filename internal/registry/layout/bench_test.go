package layout

import (
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"eyas/internal/registry/fact"
)

// wideHeader is a header of 40 columns as a bureau's yearly file has them.
var wideHeader = strings.Split("企业名称,统一社会信用代码,曾用名,登记状态,企业类型,成立日期,注册资本（万元）,所属区,注册地址,国民经济行业,是否独立法人,是否居民企业,"+
	"联系人,联系电话,经营异常名录,严重违法失信名单,职工总数,科技人员数,研发人员数,2018年销售收入（万元）,2019年销售收入（万元）,2020年销售收入（万元）,总收入,高新技术产品（服务）收入,"+
	"成本费用支出总额,2018年研发费用,2019年研发费用,2020年研发费用,境内研发费用,资产总额,净资产,利润总额,上缴税费,Ⅰ类知识产权,Ⅱ类知识产权,有效发明专利,实用新型专利,软件著作权,年均成果转化数,备注", ",")

// wideRow makes a row of wideHeader, clean but for what is usual.
func wideRow(r *rand.Rand, n int) [][]byte {
	districts := []string{"东丽区", "东丽", "120110", "天津市东丽区", " 东丽区"}
	row := []string{fmt.Sprintf("天津某某%d科技有限公司", n), "91120110600037341D", "", "存续", "有限责任公司", "2015-07-06",
		strconv.Itoa(100 + r.IntN(5000)), districts[r.IntN(5)], "天津市东丽区某某路100号", "6513", "是", "是", "张三", "13800000000", "否", "否"}
	for len(row) < 39 {
		switch {
		case r.IntN(5) == 0:
			row = append(row, "")
		case len(row) > 18 && len(row) < 33:
			row = append(row, strconv.FormatFloat(float64(r.IntN(1e7))/100, 'f', -1, 64))
		default:
			row = append(row, strconv.Itoa(r.IntN(300)))
		}
	}
	row = append(row, "")
	cells := make([][]byte, len(row))
	for i := range row {
		cells[i] = []byte(row[i])
	}
	return cells
}

// BenchmarkConvert converts rows of 40 columns. "×csv" is the time relative to parsing the same rows with
// encoding/csv in the same run.
func BenchmarkConvert(b *testing.B) {
	p, reg := city(b)
	l, err := Understand(p, reg, "2020年报.csv", "", [][]string{wideHeader}, nil, Options{}, nil)
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range l.Columns[:39] {
		if c.Attr == "" {
			b.Fatalf("%s is not understood", c.Header)
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	rows := make([][][]byte, 1000)
	var text strings.Builder
	for i := range rows {
		rows[i] = wideRow(r, i)
		for j, c := range rows[i] {
			if j > 0 {
				text.WriteByte(',')
			}
			text.Write(c)
		}
		text.WriteByte('\n')
	}
	var out Reading
	var own, std time.Duration
	b.ReportAllocs()
	for b.Loop() {
		start := time.Now()
		for i, row := range rows {
			if l.Convert(i+2, row, &out); out.Refuse != nil || len(out.Refusals) > 0 {
				b.Fatalf("row %d: %+v", i, out)
			}
		}
		own += time.Since(start)
		b.StopTimer()
		start = time.Now()
		cr := csv.NewReader(strings.NewReader(text.String()))
		cr.ReuseRecord = true
		for {
			if _, err := cr.Read(); err != nil {
				break
			}
		}
		std += time.Since(start)
		b.StartTimer()
	}
	b.ReportMetric(float64(own.Nanoseconds())/float64(b.N)/float64(len(rows)), "ns/row")
	b.ReportMetric(float64(own)/float64(std), "×csv")
}

func BenchmarkEncodeCells(b *testing.B) {
	row := wideRow(rand.New(rand.NewPCG(1, 2)), 1)
	var buf []byte
	for b.Loop() {
		buf = fact.AppendCells(buf[:0], row)
	}
}
