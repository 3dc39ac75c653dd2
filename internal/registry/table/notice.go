package table

import "fmt"

// Notice is a remark about a file in both languages: what is wrong, and what to do.
type Notice struct {
	Sheet  string
	Row    int    // from 1; 0: the whole sheet
	Column int    // from 1; 0: the whole row
	Value  string // the text of the cell, shortened
	ZH, EN string
}

type notices struct {
	list  []Notice
	count int
}

func (n *notices) add(x Notice) {
	n.count++
	if len(n.list) < maxNotices {
		x.Value = clip(x.Value, 80)
		n.list = append(n.list, x)
	}
}

// addSeen adds the notices about a worksheet's hidden parts and about formulas without a result. empty is the number of
// these formulas.
func (n *notices) addSeen(sheet string, h *hidden, empty int) {
	if rows, columns := h.count(); rows+columns > 0 {
		n.add(Notice{Sheet: sheet,
			ZH: fmt.Sprintf("有 %d 行、%d 列是隐藏的（或被筛选掉的），也照样读取了。如果不该导入，请删除后另存，再导入。", rows, columns),
			EN: fmt.Sprintf("%d rows and %d columns are hidden or filtered out. They were read like the others. If they should not be imported, delete them, save the file and import it again.", rows, columns)})
	}
	if h.cells > 0 {
		n.add(Notice{Sheet: sheet,
			ZH: fmt.Sprintf("有 %d 个单元格是隐藏的，也照样读取了。如果不该导入，请删除后另存，再导入。", h.cells),
			EN: fmt.Sprintf("%d cells are hidden. They were read like the others. If they should not be imported, delete them, save the file and import it again.", h.cells)})
	}
	if h.parts > 0 {
		n.add(Notice{Sheet: sheet,
			ZH: fmt.Sprintf("有 %d 个单元格里有隐藏的文字，没有读取；只读取了看得见的部分。请核对。", h.parts),
			EN: fmt.Sprintf("%d cells have some hidden text. It was left out, and the visible text was read. Check these cells.", h.parts)})
	}
	if empty > 0 {
		n.add(Notice{Sheet: sheet,
			ZH: fmt.Sprintf("有 %d 个公式没有保存计算结果，按空白处理。请在 Excel 或 WPS 中打开，保存后再导入。", empty),
			EN: fmt.Sprintf("%d formulas have no saved result and count as blank. Open the file in a spreadsheet program, save it and import it again.", empty)})
	}
}

func hiddenSheet(name string) Notice {
	return Notice{Sheet: name,
		ZH: "隐藏的工作表已跳过。如果需要其中的数据，请取消隐藏后另存，再导入。",
		EN: "This hidden sheet was skipped. If its data are needed, unhide it, save the file and import it again."}
}

// lostDigits returns the notice for a number with more digits than a spreadsheet keeps.
func lostDigits(sheet string, row, column int, raw []byte) Notice {
	return Notice{Sheet: sheet, Row: row, Column: column, Value: string(raw),
		ZH: "这个数字超过 15 位，电子表格只保存前 15 位，后面的数位可能已经丢失。如果是代码，请把这一列设为文本格式后重新填写。",
		EN: "This number has more than 15 digits. A spreadsheet keeps only 15, so the others may be lost. If it is a code, format the column as text and enter it again."}
}
