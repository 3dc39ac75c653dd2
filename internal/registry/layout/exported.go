package layout

import (
	"strings"

	"eyas/internal/sheet"
)

// A list that was exported comes back as a file. What it says of itself (its title, the filters, when it was made) speaks of the
// list and not of its columns; what follows from other values is not taken in; and that its data were generated stays with it.

// cameBack reports that the rows above a header were written with the table by an export, and takes the mark of generated data
// from them.
func (u *understanding) cameBack(titles []string) bool {
	made := false
	for _, text := range titles {
		made = made || sheet.IsMade(text)
		u.takeMark(text)
	}
	u.layout.returned = made
	return made
}

// takeMark takes the mark of generated data from a text, and says so once.
func (u *understanding) takeMark(text string) {
	if u.layout.Synthetic || !sheet.IsMarked(text) {
		return
	}
	u.layout.Synthetic = true
	u.warn("", "这张表注明是演示数据。导入后它按演示数据标记，各页面会有提示；真实的底库请不要导入。",
		"The table says that it is demonstration data. The import will be marked so, and every page will say it; do not import it into a base of real data.")
}

// setAside leaves the columns alone that an export added: those whose header says so, and the one in which every row of a CSV
// has the mark of generated data. What a person said of a header goes before.
func (u *understanding) setAside(rows [][]string) {
	for i := range u.layout.Columns {
		c := &u.layout.Columns[i]
		if c.How == byMap || c.How == byMemory {
			continue
		}
		mark := ""
		if strings.EqualFold(strings.TrimSpace(c.Header), sheet.MarkHead) {
			mark = markOfEach(rows, c.Index-1)
		}
		if mark == "" && !sheet.IsAside(c.Header) {
			continue
		}
		u.takeMark(mark)
		c.Attr, c.Year, c.Unit, c.How = "", 0, "", isAside
	}
}

// markOfEach gives the mark of generated data that a column has in every row that has cells; empty when it is missing in one.
func markOfEach(rows [][]string, column int) (mark string) {
	for _, row := range rows {
		if filled(row) == 0 {
			continue
		}
		if column >= len(row) || !sheet.IsMarked(row[column]) {
			return ""
		}
		mark = row[column]
	}
	return mark
}
