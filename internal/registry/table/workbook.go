package table

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strconv"
	"strings"
)

// workbook is an open XLSX file.
type workbook struct {
	file  *os.File
	f     *File
	bytes int64
	parts map[string]*zip.File // by normalised name

	sheets   []sheetRef
	formats  []format // by cell style
	strings  texts
	loaded   bool // strings
	base1904 bool

	at       int
	consumed int64 // compressed bytes of the sheets that were read
	open     io.Closer
	done     bool
}

type sheetRef struct {
	name, part, state string
}

// XML of the small parts, as far as it is needed.
type (
	xmlWorkbook struct {
		Properties struct {
			Date1904 string `xml:"date1904,attr"`
		} `xml:"workbookPr"`
		Sheets []struct {
			Name  string     `xml:"name,attr"`
			State string     `xml:"state,attr"`
			Attrs []xml.Attr `xml:",any,attr"`
		} `xml:"sheets>sheet"`
	}
	xmlRelations struct {
		List []struct {
			ID     string `xml:"Id,attr"`
			Type   string `xml:"Type,attr"`
			Target string `xml:"Target,attr"`
		} `xml:"Relationship"`
	}
	xmlStyles struct {
		Formats []struct {
			ID   int    `xml:"numFmtId,attr"`
			Code string `xml:"formatCode,attr"`
		} `xml:"numFmts>numFmt"`
		Cells []struct {
			Format int `xml:"numFmtId,attr"`
		} `xml:"cellXfs>xf"`
	}
)

func openWorkbook(file *os.File, size int64, f *File) (source, error) {
	archive, err := zip.NewReader(file, size)
	if err != nil && archive == nil || errors.Is(err, zip.ErrFormat) {
		return nil, damaged(f.name, err)
	}
	w := &workbook{file: file, f: f, bytes: size, parts: map[string]*zip.File{}}
	for _, z := range archive.File {
		if z.Flags&1 != 0 {
			return nil, refuse(nil, fmt.Sprintf("“%s”是加密的压缩包。请先用密码解压，再选择其中的表格。", f.name),
				fmt.Sprintf("“%s” is an encrypted archive. Unpack it with its password and choose the table in it.", f.name))
		}
		w.parts[partName(z.Name)] = z
	}
	main := w.related("", "/officeDocument")
	if w.parts[main] == nil {
		main = "xl/workbook.xml"
	}
	if w.parts[main] == nil || !strings.HasSuffix(main, ".xml") || !strings.Contains(main, "workbook") {
		return nil, w.notWorkbook()
	}
	if err := w.readWorkbook(main); err != nil {
		return nil, err
	}
	if len(w.sheets) == 0 {
		return nil, refuse(nil, fmt.Sprintf("“%s”里没有工作表。请在 Excel 或 WPS 中打开检查，另存后再导入。", f.name),
			fmt.Sprintf("“%s” has no worksheet. Open it in a spreadsheet program, save it and import it again.", f.name))
	}
	return w, nil
}

// partName makes names of parts comparable: some programs write backslashes, a leading slash or capitals.
func partName(name string) string {
	return strings.ToLower(strings.TrimPrefix(path.Clean("/"+strings.ReplaceAll(name, `\`, "/")), "/"))
}

func damaged(name string, cause error) error {
	return refuse(cause, fmt.Sprintf("“%s”已损坏或没有传完。请在 Excel 或 WPS 中打开，确认内容完整后另存，再导入。", name),
		fmt.Sprintf("“%s” is damaged or was cut off on its way. Open it in a spreadsheet program, check that it is complete, save it and import it again.", name))
}

// notWorkbook says what a ZIP archive without a workbook is.
func (w *workbook) notWorkbook() error {
	has := func(part string) bool { return w.parts[part] != nil }
	zh, en := "压缩包，不是表格。请先解压，再选择其中的表格", "an archive, not a table. Unpack it and choose the table in it"
	switch {
	case has("xl/workbook.bin"):
		zh, en = "二进制工作簿（.xlsb）。请打开后另存为 .xlsx", "a binary workbook (.xlsb). Open it and save it as .xlsx"
	case has("word/document.xml"):
		zh, en = "Word 文档，不是表格。请把其中的表格复制到 Excel 后另存为 .xlsx", "a Word document, not a table. Copy its table into a spreadsheet and save that as .xlsx"
	case has("ppt/presentation.xml"):
		zh, en = "演示文稿，不是表格。请把其中的表格复制到 Excel 后另存为 .xlsx", "a presentation, not a table. Copy its table into a spreadsheet and save that as .xlsx"
	case has("content.xml") && has("mimetype"):
		zh, en = "OpenDocument 文件（.ods 等）。请打开后另存为 .xlsx 或 .csv", "an OpenDocument file (.ods or the like). Open it and save it as .xlsx or .csv"
	}
	return refuse(nil, fmt.Sprintf("“%s”是%s。", w.f.name, zh), fmt.Sprintf("“%s” is %s.", w.f.name, en))
}

// readXML parses a small part.
func (w *workbook) readXML(part string, into any) error {
	z := w.parts[part]
	if z == nil {
		return fmt.Errorf("table: %s has no part %s", w.f.name, part)
	}
	if z.UncompressedSize64 > maxSmall {
		return damaged(w.f.name, fmt.Errorf("table: part %s declares %d bytes", part, z.UncompressedSize64))
	}
	r, err := z.Open()
	if err != nil {
		return damaged(w.f.name, fmt.Errorf("table: opening part %s: %w", part, err))
	}
	defer r.Close()
	d := xml.NewDecoder(io.LimitReader(r, maxSmall))
	d.Strict = false
	if err := d.Decode(into); err != nil {
		return damaged(w.f.name, fmt.Errorf("table: reading part %s: %w", part, err))
	}
	return nil
}

// relations reads the relations of a part: id or type suffix to target part.
func (w *workbook) relations(part string) xmlRelations {
	dir, base := path.Split(part)
	var rels xmlRelations
	if w.readXML(dir+"_rels/"+base+".rels", &rels) != nil {
		return xmlRelations{}
	}
	for i, r := range rels.List {
		target := strings.ReplaceAll(r.Target, `\`, "/")
		if !strings.HasPrefix(target, "/") {
			target = dir + target
		}
		rels.List[i].Target = partName(target)
	}
	return rels
}

// related is the first related part of a type; empty when there is none.
func (w *workbook) related(part, typeSuffix string) string {
	for _, r := range w.relations(part).List {
		if strings.HasSuffix(r.Type, typeSuffix) {
			return r.Target
		}
	}
	return ""
}

func (w *workbook) readWorkbook(main string) error {
	var book xmlWorkbook
	if err := w.readXML(main, &book); err != nil {
		return err
	}
	w.base1904 = book.Properties.Date1904 == "1" || book.Properties.Date1904 == "true"
	dir, _ := path.Split(main)
	rels := w.relations(main)
	stringsPart, stylesPart := dir+"sharedstrings.xml", dir+"styles.xml"
	sheets := map[string]string{}
	for _, r := range rels.List {
		switch {
		case strings.HasSuffix(r.Type, "/sharedStrings"):
			stringsPart = r.Target
		case strings.HasSuffix(r.Type, "/styles"):
			stylesPart = r.Target
		case strings.HasSuffix(r.Type, "/worksheet"):
			sheets[r.ID] = r.Target
		}
	}
	for i, s := range book.Sheets {
		ref := sheetRef{name: s.Name, state: s.State}
		for _, a := range s.Attrs {
			if a.Name.Local == "id" && a.Name.Space != "" {
				ref.part = sheets[a.Value]
			}
		}
		if ref.part == "" && len(rels.List) == 0 {
			ref.part = fmt.Sprintf("%sworksheets/sheet%d.xml", dir, i+1)
		}
		if ref.part == "" { // a chart or a macro sheet
			continue
		}
		if w.parts[ref.part] == nil {
			return damaged(w.f.name, fmt.Errorf("table: sheet %q has no part %s", ref.name, ref.part))
		}
		w.sheets = append(w.sheets, ref)
	}
	w.strings.part = w.parts[stringsPart]
	if w.parts[stylesPart] != nil {
		return w.readStyles(stylesPart)
	}
	return nil
}

func (w *workbook) readStyles(part string) error {
	var styles xmlStyles
	if err := w.readXML(part, &styles); err != nil {
		return err
	}
	custom := map[int]format{}
	for _, f := range styles.Formats {
		custom[f.ID] = customFormat(f.Code)
	}
	for _, c := range styles.Cells {
		f, ok := custom[c.Format]
		if !ok {
			f = builtin(c.Format)
		}
		w.formats = append(w.formats, f)
	}
	return nil
}

// next opens the next sheet that is not hidden.
func (w *workbook) next() (*Sheet, error) {
	w.closeSheet()
	for w.at < len(w.sheets) {
		ref := w.sheets[w.at]
		w.at++
		if ref.state == "hidden" || ref.state == "veryHidden" {
			w.f.notices.add(Notice{Sheet: ref.name,
				ZH: "隐藏的工作表已跳过。如果需要其中的数据，请取消隐藏后另存，再导入。",
				EN: "This hidden sheet was skipped. If its data are needed, unhide it, save the file and import it again."})
			continue
		}
		if !w.loaded {
			if part := w.strings.part; part != nil {
				if err := w.bomb(part); err != nil {
					return nil, err
				}
				if err := w.strings.load(w.f.name); err != nil {
					return nil, err
				}
			}
			w.loaded = true
		}
		rows, err := w.openSheet(ref)
		if err != nil {
			return nil, err
		}
		return &Sheet{Name: ref.name, rows: rows}, nil
	}
	w.done = true
	return nil, io.EOF
}

// openSheet looks through the sheet once, which checks that it is whole before a row of it is delivered and finds
// the merged cells, which stand behind the rows; then it opens the sheet for reading.
func (w *workbook) openSheet(ref sheetRef) (rower, error) {
	z := w.parts[ref.part]
	if err := w.bomb(z); err != nil {
		return nil, err
	}
	merges, err := survey(z)
	if err != nil {
		return nil, damaged(w.f.name, fmt.Errorf("table: sheet %q: %w", ref.name, err))
	}
	if merges.cut {
		w.f.notices.add(Notice{Sheet: ref.name,
			ZH: fmt.Sprintf("合并单元格超过 %d 处，其余的没有展开。", maxMerges),
			EN: fmt.Sprintf("There are more than %d merged areas; the others were not spread over their rows.", maxMerges)})
	}
	raw, err := z.OpenRaw()
	if err != nil {
		return nil, damaged(w.f.name, fmt.Errorf("table: sheet %q: %w", ref.name, err))
	}
	body, closer, err := inflate(&counting{r: raw, n: &w.consumed}, z.Method)
	if err != nil {
		return nil, damaged(w.f.name, fmt.Errorf("table: sheet %q: %w", ref.name, err))
	}
	w.open = closer
	return &sheetRows{w: w, name: ref.name, xml: newElements(body, "sheetData", "row", maxRowBytes), merges: merges}, nil
}

func (w *workbook) closeSheet() {
	if w.open != nil {
		w.open.Close()
		w.open = nil
	}
}

// bomb refuses a part that would unpack to far more than real sheets do.
func (w *workbook) bomb(z *zip.File) error {
	size, packed := int64(z.UncompressedSize64), max(1, int64(z.CompressedSize64))
	if size < 0 || size > maxPart || size > bombFloor && size/packed > bombRatio {
		return refuse(fmt.Errorf("table: part %s unpacks from %d to %d bytes", z.Name, packed, size),
			fmt.Sprintf("“%s”解压后大得异常，为安全起见没有读取。请只保留需要的行和列，另存后再导入。", w.f.name),
			fmt.Sprintf("“%s” unpacks to an abnormal size and was not read, for safety. Keep only the rows and columns that are needed, save it and import it again.", w.f.name))
	}
	return nil
}

func (w *workbook) read() int64 {
	if w.done {
		return w.bytes
	}
	return w.consumed
}

func (w *workbook) size() int64 { return w.bytes }

func (w *workbook) close() error {
	w.closeSheet()
	return w.file.Close()
}

// texts are the shared strings of a workbook: one arena of text and where each ends.
type texts struct {
	part *zip.File
	text []byte
	ends []uint32
}

// get gives a string; ok is false when there is none of that number.
func (t *texts) get(i int) (text []byte, ok bool) {
	if i < 0 || i >= len(t.ends) {
		return nil, false
	}
	from := uint32(0)
	if i > 0 {
		from = t.ends[i-1]
	}
	return t.text[from:t.ends[i]:t.ends[i]], true
}

func (t *texts) load(name string) error {
	r, err := t.part.Open()
	if err != nil {
		return damaged(name, fmt.Errorf("table: shared strings: %w", err))
	}
	defer r.Close()
	// The part is longer than its texts. Memory that is not written to is not taken, copies while growing would be.
	t.text = make([]byte, 0, min(t.part.UncompressedSize64, maxStrings))
	items := newElements(r, "sst", "si", maxRowBytes)
	for {
		_, body, err := items.next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return damaged(name, fmt.Errorf("table: shared strings: %w", err))
		}
		t.text = appendRuns(t.text, body)
		if len(t.text) > maxStrings {
			return refuse(nil, fmt.Sprintf("“%s”里的文字超过 %d MB，无法一次读入。请拆成几个文件，或另存为 .csv 后再导入。", name, maxStrings>>20),
				fmt.Sprintf("“%s” has more than %d MB of text, too much to read at once. Split it into several files or save it as .csv.", name, maxStrings>>20))
		}
		t.ends = append(t.ends, uint32(len(t.text)))
	}
}

// parseRef reads a cell reference such as AB12 into column and row from 1; 0 where it has none.
func parseRef(ref []byte) (column, row int) {
	for len(ref) > 0 {
		c := ref[0] &^ 0x20
		if c < 'A' || c > 'Z' || column > maxColumns {
			break
		}
		column = column*26 + int(c-'A') + 1
		ref = ref[1:]
	}
	for _, c := range ref {
		if c < '0' || c > '9' || row > 10*maxRows {
			return column, 0
		}
		row = row*10 + int(c-'0')
	}
	return column, row
}

// atoi reads a small whole number; −1 when it is none.
func atoi(b []byte) int {
	n, err := strconv.Atoi(string(bytes.TrimSpace(b)))
	if err != nil {
		return -1
	}
	return n
}
