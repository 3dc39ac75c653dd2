package table

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"path"
	"strconv"
	"strings"

	"eyas/internal/fault"
	"eyas/internal/registry/table/shown"
	"eyas/internal/registry/table/tags"
	"eyas/internal/vault"
)

// workbook is an open XLSX file.
type workbook struct {
	file  vault.File
	f     *File
	bytes int64
	parts map[string]*zip.File // by normalised name

	sheets   []sheetRef
	formats  []shown.Format // by the number of the cell style
	strings  texts
	loaded   bool // strings are loaded
	base1904 bool

	at       int
	consumed int64 // compressed bytes of the sheets that were read
	open     io.Closer
	done     bool
}

type sheetRef struct {
	name, part, state string
}

// relation is a relation from one part to another.
type relation struct{ id, kind, target string }

func openWorkbook(file vault.File, size int64, f *File) (source, error) {
	directory := &bounded{r: file, left: maxIndex}
	archive, err := zip.NewReader(directory, size)
	if directory.left < 0 {
		return nil, refuse(err, fmt.Sprintf("“%s”里装了太多文件，不像电子表格，没有读取。请在 Excel 或 WPS 中打开，只保留表格，另存后再导入。", f.name),
			fmt.Sprintf("“%s” contains too many files for a spreadsheet and was not read. Open it in a spreadsheet program, keep only the tables, save it and import it again.", f.name))
	}
	if err != nil && archive == nil || errors.Is(err, zip.ErrFormat) {
		return nil, damaged(f.name, err)
	}
	directory.left = math.MaxInt64 // the directory was read; parts have their own limits
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

// partName normalises the name of a part. Some programs write backslashes, a leading slash or capitals.
func partName(name string) string {
	return strings.ToLower(strings.TrimPrefix(path.Clean("/"+strings.ReplaceAll(name, `\`, "/")), "/"))
}

func damaged(name string, cause error) error {
	return refuse(cause, fmt.Sprintf("“%s”已损坏或没有传完。请在 Excel 或 WPS 中打开，确认内容完整后另存，再导入。", name),
		fmt.Sprintf("“%s” is damaged or incomplete. Open it in a spreadsheet program, check that it is complete, save it and import it again.", name))
}

// notWorkbook returns the fault for a ZIP archive without a workbook.
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

// scan calls fn for every tag of a small part. It reads the part as a stream and keeps one tag in memory.
func (w *workbook) scan(part string, fn func(name, attrs []byte, closing bool) error) error {
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
	err = tags.NewElements(io.LimitReader(r, maxSmall), "", "", maxTag).Tags(fn)
	var f *fault.Error
	if err != nil && !errors.As(err, &f) {
		return damaged(w.f.name, fmt.Errorf("table: reading part %s: %w", part, err))
	}
	return err
}

// relations returns the relations of a part; nil if it has none.
func (w *workbook) relations(part string) (list []relation) {
	dir, base := path.Split(part)
	err := w.scan(dir+"_rels/"+base+".rels", func(name, attrs []byte, closing bool) error {
		if string(name) != "Relationship" || closing {
			return nil
		}
		if len(list) == maxRelations {
			return tags.ErrTooLong
		}
		target := strings.ReplaceAll(tags.AttributeText(attrs, "Target"), `\`, "/")
		if !strings.HasPrefix(target, "/") {
			target = dir + target
		}
		list = append(list, relation{tags.AttributeText(attrs, "Id"), tags.AttributeText(attrs, "Type"), partName(target)})
		return nil
	})
	if err != nil {
		return nil
	}
	return list
}

// maxRelations is the most relations of a part that are read.
const maxRelations = 4 * maxSheets

// related returns the first related part of a type; "" if there is none.
func (w *workbook) related(part, typeSuffix string) string {
	for _, r := range w.relations(part) {
		if strings.HasSuffix(r.kind, typeSuffix) {
			return r.target
		}
	}
	return ""
}

func (w *workbook) readWorkbook(main string) error {
	dir, _ := path.Split(main)
	rels := w.relations(main)
	stringsPart, stylesPart := dir+"sharedstrings.xml", dir+"styles.xml"
	sheets := map[string]string{}
	for _, r := range rels {
		switch {
		case strings.HasSuffix(r.kind, "/sharedStrings"):
			stringsPart = r.target
		case strings.HasSuffix(r.kind, "/styles"):
			stylesPart = r.target
		case strings.HasSuffix(r.kind, "/worksheet"):
			sheets[r.id] = r.target
		}
	}
	listed, inside, taken := 0, false, map[string]bool{}
	err := w.scan(main, func(name, attrs []byte, closing bool) error {
		switch string(name) {
		case "workbookPr":
			if v := tags.AttributeText(attrs, "date1904"); !closing {
				w.base1904 = v == "1" || v == "true"
			}
		case "sheets":
			inside = !closing
		case "sheet":
			if !inside || closing {
				return nil
			}
			if listed++; listed > maxSheets {
				return refuse(nil, fmt.Sprintf("“%s”有 %d 张以上的工作表，没有读取。请只保留需要的工作表，或分成几个文件，再导入。", w.f.name, maxSheets),
					fmt.Sprintf("“%s” has more than %d worksheets and was not read. Keep only those that are needed, or split the file, and import it again.", w.f.name, maxSheets))
			}
			ref := sheetRef{name: clip(tags.AttributeText(attrs, "name"), maxName), state: tags.AttributeText(attrs, "state"), part: sheets[tags.RelationID(attrs)]}
			if ref.part == "" && len(rels) == 0 {
				ref.part = fmt.Sprintf("%sworksheets/sheet%d.xml", dir, listed)
			}
			if ref.part == "" { // a chart or a macro sheet
				return nil
			}
			if w.parts[ref.part] == nil || taken[ref.part] {
				return fmt.Errorf("table: sheet %q has no part of its own: %s", ref.name, ref.part)
			}
			taken[ref.part] = true
			w.sheets = append(w.sheets, ref)
		}
		return nil
	})
	if err != nil {
		return err
	}
	w.strings.part = w.parts[stringsPart]
	if w.parts[stylesPart] != nil {
		return w.readStyles(stylesPart)
	}
	return nil
}

func (w *workbook) readStyles(part string) error {
	custom := map[int]shown.Format{}
	var cells []int // number formats
	var inFormats, inCells bool
	err := w.scan(part, func(name, attrs []byte, closing bool) error {
		switch string(name) {
		case "numFmts":
			inFormats = !closing
		case "cellXfs":
			inCells = !closing
		case "numFmt":
			if id := atoi(tags.Attribute(attrs, "numFmtId")); inFormats && !closing && id >= 0 {
				custom[id] = shown.Custom(clip(tags.AttributeText(attrs, "formatCode"), maxFormat))
			}
		case "xf":
			if inCells && !closing {
				cells = append(cells, max(0, atoi(tags.Attribute(attrs, "numFmtId"))))
			}
		}
		if len(cells) > maxStyles || len(custom) > maxStyles {
			return refuse(nil, fmt.Sprintf("“%s”有 %d 种以上的单元格格式，远超电子表格所能有的，没有读取。请把表格复制到新的工作簿，另存后再导入。", w.f.name, maxStyles),
				fmt.Sprintf("“%s” has more than %d cell styles, far more than a spreadsheet can have, and was not read. Copy the table into a new workbook, save it and import it again.", w.f.name, maxStyles))
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, id := range cells {
		f, ok := custom[id]
		if !ok {
			f = shown.Builtin(id)
		}
		w.formats = append(w.formats, f)
	}
	return nil
}

// maxFormat is the most bytes of a number format that are read; a spreadsheet allows 255 characters.
const maxFormat = 1 << 10

// next opens the next visible sheet.
func (w *workbook) next() (*Sheet, error) {
	w.closeSheet()
	for w.at < len(w.sheets) {
		ref := w.sheets[w.at]
		w.at++
		if ref.state == "hidden" || ref.state == "veryHidden" {
			w.f.notices.add(hiddenSheet(ref.name))
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

// openSheet reads the sheet once to verify that it is complete, and to find the merged cells, which come after the
// rows. Then it opens the sheet for reading.
func (w *workbook) openSheet(ref sheetRef) (rower, error) {
	z := w.parts[ref.part]
	if err := w.bomb(z); err != nil {
		return nil, err
	}
	merges, hidden, err := survey(z)
	if err != nil {
		return nil, damaged(w.f.name, fmt.Errorf("table: sheet %q: %w", ref.name, err))
	}
	if merges.cut {
		w.f.notices.add(Notice{Sheet: ref.name,
			ZH: fmt.Sprintf("合并单元格超过 %d 处，其余的没有展开。", maxMerges),
			EN: fmt.Sprintf("There are more than %d merged areas. The text of the others was not copied to all of their rows.", maxMerges)})
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
	return &sheetRows{w: w, name: ref.name, xml: tags.NewElements(body, "sheetData", "row", maxRowBytes), merges: merges, hidden: hidden}, nil
}

func (w *workbook) closeSheet() {
	if w.open != nil {
		w.open.Close()
		w.open = nil
	}
}

// bomb returns a fault for a part that unpacks to far more than real sheets do.
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
	return errors.Join(w.strings.close(), w.file.Close())
}

// bounded reads a limited number of bytes.
type bounded struct {
	r    io.ReaderAt
	left int64 // below 0: more was asked for
}

func (b *bounded) ReadAt(p []byte, at int64) (int, error) {
	if b.left -= int64(len(p)); b.left < 0 {
		return 0, tags.ErrTooLong
	}
	return b.r.ReadAt(p, at)
}

// parseRef reads a cell reference such as AB12. column and row count from 1; 0 if missing.
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

// atoi reads a small non-negative integer; −1 for another text.
func atoi(b []byte) int {
	n, err := strconv.Atoi(string(bytes.TrimSpace(b)))
	if err != nil {
		return -1
	}
	return n
}
