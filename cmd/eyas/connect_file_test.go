package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"eyas/internal/registry/table/biff"
	"eyas/internal/registry/table/biff/bifftest"
)

// What a system exported comes in by its connector as CSV, and as a workbook of Excel 97–2003 alike: the same workbook again changes
// nothing. The rows are many: 100,000 of them in the long form.
func TestConnectorsTakeOldAndLongFiles(t *testing.T) {
	rows := 2000
	if soak {
		rows = 100_000
	}
	dir := t.TempDir()
	db := filepath.Join(dir, "base.db")
	head := []string{"企业名称", "统一社会信用代码", "评价年度", "审核状态", "状态日期", "入库登记编号", "入库日期"}
	line := func(i int) []string {
		return []string{marketName(i), killedCode(i), "2021", []string{"已入库", "待审核", "退回修改"}[i%3], "2021-03-20", map[bool]string{true: fmt.Sprintf("2021120110%07d", i)}[i%3 == 0], map[bool]string{true: "2021-03-20"}[i%3 == 0]}
	}
	var market, list strings.Builder
	market.WriteString("统一社会信用代码,企业名称\n")
	list.WriteString(strings.Join(head, ",") + "\n")
	for i := range rows {
		fmt.Fprintf(&market, "%s,%s\n", killedCode(i), marketName(i))
		list.WriteString(strings.Join(line(i), ",") + "\n")
	}
	write := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	old := map[int][]biff.Cell{}
	for n := range min(rows, 10_000) + 1 {
		cells := head
		if n > 0 {
			cells = line(n - 1)
		}
		for c, text := range cells {
			if text != "" {
				old[n+1] = append(old[n+1], biff.Cell{Column: c + 1, Kind: biff.Text, Text: []byte(text)})
			}
		}
	}
	book := bifftest.Book{Sheets: []bifftest.Sheet{{Name: "审核情况", Rows: old}}}
	csv, xls := write("国科小.csv", []byte(list.String())), write("国科小.xls", book.Bytes())
	command(t, 0, "import", "--db", db, write("market.csv", []byte(market.String())))

	type report struct {
		File struct{ Rows, Accepted, Unchanged, Refused int }
		New  int
	}
	take := func(path string) (r report) {
		t.Helper()
		said := command(t, 0, "connect", "tsme_portal", "import", path, "--db", db, "--as-of", "2021-03-21", "--json")
		if err := json.Unmarshal([]byte(said), &r); err != nil {
			t.Fatalf("%v %s", err, said)
		}
		return r
	}
	n := len(old) - 1
	if r := take(xls); r.File.Accepted != n || r.File.Refused != 0 || r.File.Unchanged != 0 || r.New != 0 {
		t.Errorf("the old workbook: %+v", r)
	}
	if r := take(csv); r.File.Accepted != rows || r.File.Refused != 0 || r.New != 0 {
		t.Errorf("the same as CSV: %+v", r)
	}
	if r := take(xls); r.File.Unchanged != n {
		t.Errorf("the old workbook again: %+v", r)
	}
	shown := command(t, 0, "profile", killedCode(0), "--db", db, "--json")
	if !strings.Contains(shown, "20211201100000000") {
		t.Errorf("%s", shown)
	}
}
