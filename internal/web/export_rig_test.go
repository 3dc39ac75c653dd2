package web

import (
	"bytes"
	"net/http/httptest"
	"testing"

	"github.com/xuri/excelize/v2"

	"eyas/internal/sheet"
)

// exported is a sheet of an exported workbook.
type exported struct {
	above []string   // the rows over the head: title, notes, when it was made
	head  []string   // …
	rows  [][]string // as they are shown
}

// readExport reads a sheet of an answer as excelize does; an empty name is the first sheet.
func readExport(t *testing.T, w *httptest.ResponseRecorder, name string) (x exported) {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(w.Body.Bytes()))
	if err != nil {
		t.Fatalf("%d %.200s: %v", w.Code, w.Body, err)
	}
	defer f.Close()
	if name == "" {
		name = f.GetSheetName(0)
	}
	rows, err := f.GetRows(name)
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range rows {
		if len(row) == 0 {
			t.Fatalf("row %d over the table is empty", i+1)
		}
		x.above = append(x.above, row[0])
		if sheet.IsMade(row[0]) {
			if i+1 < len(rows) {
				x.head, x.rows = rows[i+1], rows[i+2:]
			}
			return x
		}
	}
	t.Fatalf("no row says when the sheet was made: %q", x.above)
	return x
}
