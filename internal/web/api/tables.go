package api

import (
	"net/http"

	"eyas/internal/auth"
	"eyas/internal/pack"
	"eyas/internal/web/frame"
	"eyas/internal/web/register"
)

// tablesRoom gives lists as files.
type tablesRoom struct{ *room }

// tableCall is the call that gives a list as a file; it takes what the list takes.
func (s tablesRoom) tableCall(list *call) *call {
	c := &call{id: "exportSubjects", method: http.MethodGet, path: "/registers/{register}/export", action: auth.Export, name: pack.Text{ZH: "把一个库的列表导出为文件", EN: "Export the list of a register as a file"},
		says: pack.Text{ZH: "与页面的导出相同的文件：XLSX，或 as=csv 的 CSV，含全部行，注明底库、时间和谁导出。筛选、排序和列与列表相同。记入“谁看过我的数据”。",
			EN: "The file that the pages export: XLSX, or CSV with as=csv, with all rows, saying from which base, when and by whom. Filters, order and columns are those of the list. It counts as a disclosure."},
		params: []param{optional("as", "string", "xlsx（默认）或 csv", "xlsx (by default) or csv")}, filters: true, table: s.planTable}
	for _, p := range list.params {
		if p.name != withLimit.name && p.name != withCursor.name {
			c.params = append(c.params, p)
		}
	}
	return c
}

// tableNames are the names that an export takes besides those of its columns.
var tableNames = []string{"as", "lang", "date", "known", "scope", "assume"}

// planTable plans the file of a register's list.
func (s tablesRoom) planTable(_ http.ResponseWriter, r *http.Request) (*frame.Workbook, error) {
	reg, err := s.registerOf(r.Context(), r.PathValue("register"))
	if err != nil {
		return nil, err
	}
	if err := s.Actors.Decide(r.Context(), auth.Export, auth.Resource{Register: reg.ID}); err != nil {
		return nil, err
	}
	if err := noNumber(r); err != nil {
		return nil, err
	}
	x, q, err := opened(s.Frame, r, reg.ID, tableNames)
	if err != nil {
		return nil, err
	}
	return x.Workbook(q, register.File{Title: reg.Name.In(x.Ask.Lang)})
}

// giveTable answers with a file, written as it goes however long it is.
func (s tablesRoom) giveTable(c *call) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		if err := s.checkNames(c, r.URL.Query()); err != nil {
			return err
		}
		w.Header().Set("Cache-Control", "no-store")
		return s.GiveWhole(w, r, c.table)
	}
}
