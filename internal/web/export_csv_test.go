package web

import (
	"encoding/csv"
	"net/http"
	"strings"
	"testing"
)

// An export of one sheet is a CSV where its address asks for one: the same table, its mark in the last column of every row.
func TestExportCSV(t *testing.T) {
	d := town(t)
	h := handler(t, d)
	const at = "/registers/person/export.xlsx?col=code&col=unit&c.person_kind=expert&sort=code"
	book := readExport(t, get(h, at), "")
	w := get(h, at+"&as=csv")
	if got := w.Header().Get("Content-Type") + " " + w.Header().Get("Content-Disposition"); !strings.HasPrefix(got, "text/csv; charset=utf-8 attachment; filename=\"download.csv\"") || !strings.HasSuffix(got, ".csv") {
		t.Errorf("headers %q", got)
	}
	text, marked := strings.CutPrefix(w.Body.String(), "\ufeff")
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || !marked || len(rows) != len(book.rows)+1 {
		t.Fatalf("%d rows, %v, marked as UTF-8: %v", len(rows), err, marked)
	}
	if got, want := strings.Join(rows[0], ","), strings.Join(book.head, ",")+",note"; got != want {
		t.Errorf("head %q, want %q", got, want)
	}
	for i, row := range rows[1:] {
		if got, want := strings.Join(row, ","), strings.Join(book.rows[i], ",")+",演示数据"; got != want {
			t.Fatalf("row %d is %q, want %q", i+1, got, want)
		}
	}
	for at, want := range map[string]int{"/registers/person/export.xlsx?as=pdf": http.StatusUnprocessableEntity, "/registers/person/export.xlsx?as=xlsx": http.StatusOK} {
		if w := get(h, at); w.Code != want {
			t.Errorf("%s: %d", at, w.Code)
		}
	}
}

// What has several sheets is no CSV, and says so.
func TestExportNoCSV(t *testing.T) {
	d, _ := rig(t, 20)
	if w := get(handler(t, d), "/ladder.xlsx?as=csv"); w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "XLSX") {
		t.Errorf("%d %.300s", w.Code, w.Body)
	}
}
