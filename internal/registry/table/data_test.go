package table

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// data returns a folder of the data for development.
func data(t testing.TB, folder string) string {
	t.Helper()
	dir := filepath.Join("..", "..", "..", "..", "shared", "data", folder)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("no %s here", dir)
	}
	return dir
}

// TestCSVCollections reads two public collections of difficult CSV files. Each has its content in JSON.
func TestCSVCollections(t *testing.T) {
	dir := data(t, "spreadsheets")
	for _, set := range []struct{ csv, json string }{{"csv-spectrum/csvs", "csv-spectrum/json"}, {"csv-test-data/csv", "csv-test-data/json"}} {
		files, err := filepath.Glob(filepath.Join(dir, set.csv, "*.csv"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no files in %s: %v", set.csv, err)
		}
		for _, path := range files {
			name := strings.TrimSuffix(filepath.Base(path), ".csv")
			t.Run(name, func(t *testing.T) {
				raw, err := os.ReadFile(filepath.Join(dir, set.json, name+".json"))
				if os.IsNotExist(err) {
					t.Skip("no expectation")
				}
				if err != nil {
					t.Fatal(err)
				}
				want := expectation(t, raw, path)
				if len(want) == 0 {
					return // rows with only empty cells do not count
				}
				lines, _ := readAll(t, path)
				if len(lines) != len(want) {
					t.Fatalf("%d rows, want %d:\n%s", len(lines), len(want), text(lines))
				}
				for i, l := range lines {
					if strings.Join(l.cells, "|") != strings.Join(want[i], "|") {
						t.Errorf("row %d: %q, want %q", i, l.cells, want[i])
					}
				}
			})
		}
	}
}

// expectation returns the rows with values in a JSON file, which has arrays, or objects by the CSV's header.
func expectation(t *testing.T, raw []byte, csvPath string) [][]string {
	t.Helper()
	var arrays [][]string
	if json.Unmarshal(raw, &arrays) != nil {
		var objects []map[string]string
		if err := json.Unmarshal(raw, &objects); err != nil {
			t.Fatal(err)
		}
		file, err := os.ReadFile(csvPath)
		if err != nil {
			t.Fatal(err)
		}
		first, _, _ := strings.Cut(string(file), "\n")
		header := strings.Split(strings.TrimSpace(first), ",")
		arrays = append(arrays, header)
		for _, o := range objects {
			row := make([]string, len(header))
			for i, h := range header {
				row[i] = strings.ReplaceAll(o[h], "\r\n", "\n")
			}
			arrays = append(arrays, row)
		}
	}
	filled := arrays[:0]
	for _, row := range arrays {
		if strings.Join(row, "") != "" {
			filled = append(filled, row)
		}
	}
	return filled
}

func TestExcelizeFiles(t *testing.T) {
	dir := filepath.Join(data(t, "spreadsheets"), "excelize")
	for name, words := range map[string][2]string{
		"encryptAES.xlsx": {"打开密码", "password"}, "encryptSHA1.xlsx": {"打开密码", "password"},
		"encryptSHA512.xlsx": {"打开密码", "password"}, "BadWorkbook.xlsx": {"没有工作表", "no worksheet"},
	} {
		_, err := Open(filepath.Join(dir, name), name)
		wantFault(t, err, words[0], words[1])
	}
	for name, want := range map[string]string{
		"OverflowNumericCell.xlsx": "1 8595602512225\n",
	} {
		lines, _ := readAll(t, filepath.Join(dir, name))
		if got := text(lines); !strings.HasSuffix(got, want) {
			t.Errorf("%s: %s", name, got)
		}
	}
	for _, name := range []string{"MergeCell.xlsx", "SharedStrings.xlsx", "Book1.xlsx", "CalcChain.xlsx"} {
		lines, notices := readAll(t, filepath.Join(dir, name))
		t.Logf("%s\n%s%+v", name, text(lines), notices)
	}
}
