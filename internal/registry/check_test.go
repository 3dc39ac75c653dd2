package registry_test

import (
	"context"
	"testing"

	"eyas/internal/audit"
)

// TestCheckKnowsHowCellsWereRead: profiles that an older program derived may rightly come out otherwise.
func TestCheckKnowsHowCellsWereRead(t *testing.T) {
	r := sqlite(t)
	r.take(r.file("a.csv", "统一社会信用代码,企业名称", code(1)+",津门示例泵业有限公司"), enterprise)
	check := func(packs map[string]bool) bool {
		_, sure, err := r.Check(context.Background(), packs, nil, func(audit.Problem) {})
		if err != nil {
			t.Fatal(err)
		}
		return sure
	}
	v, err := r.db.Verify(context.Background(), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !check(v.Packs) {
		t.Errorf("of what it derived itself it is not sure: %v", v.Packs)
	}
	if check(map[string]bool{r.pack.Fingerprint[:16]: true}) {
		t.Error("it is sure of what a program without numbered readings derived")
	}
}

// TestMovedRowsStayAsTheyWereRead: of a CSV row that came apart the record keeps what was taken, and deriving it again
// changes nothing.
func TestMovedRowsStayAsTheyWereRead(t *testing.T) {
	r := sqlite(t)
	report, _ := r.take(r.file("2020.csv", "企业名称,统一社会信用代码,注册地址,2020年职工总数",
		"津门示例一有限公司,"+code(1)+",津门路1号,60",
		"津门示例二有限公司,"+code(2)+",津门路1,2号,60",
		"津门示例三有限公司,"+code(3)+",津门路1号,60",
		"津门示例四有限公司,"+code(4)+",60"), enterprise)
	if report.Rows != 4 || report.Accepted != 4 || report.WarningCount != 2 {
		t.Errorf("%+v", report)
	}
	for n, want := range map[int]bool{1: true, 2: false, 3: true, 4: false} {
		if f := r.one(code(n)).Fact("staff", 2020); (f != nil) != want {
			t.Errorf("staff of %d: %+v", n, f)
		}
		if f := r.one(code(n)).Fact("address", 0); (f != nil) != want {
			t.Errorf("address of %d: %+v", n, f)
		}
	}
	r.sound()
}
