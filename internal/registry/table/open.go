package table

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"eyas/internal/fault"
	"eyas/internal/registry/table/charset"
	"eyas/internal/vault"
)

// Open opens the table file at path. It recognises the kind of file by its content: text (CSV), XLSX, XLS of Excel
// 97–2003, or a web page with tables. name is the file's name in messages. Any other file (a folder, an encrypted
// workbook, an archive, a page without tables) is a fault whose message says what to do.
func Open(path, name string) (*File, error) { return OpenSealed(path, name, (*vault.Ring)(nil)) }

// OpenSealed is Open for a file that may be sealed. keys opens it.
func OpenSealed(path, name string, keys vault.Opener) (*File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, unopened(name, err)
	}
	if info.IsDir() {
		return nil, refuse(nil, fmt.Sprintf("“%s”是一个文件夹。请选择其中的表格文件（.xlsx 或 .csv）。", name),
			fmt.Sprintf("“%s” is a folder. Choose the table files in it (.xlsx or .csv).", name))
	}
	if !info.Mode().IsRegular() {
		return nil, refuse(nil, fmt.Sprintf("“%s”不是普通文件。请先把它存成 .xlsx 或 .csv 文件。", name),
			fmt.Sprintf("“%s” is not a regular file. Save it as an .xlsx or .csv file first.", name))
	}
	file, err := keys.OpenFile(path)
	if errors.Is(err, vault.ErrNoKey) {
		return nil, err
	}
	if err != nil {
		return nil, unopened(name, err)
	}
	f := &File{name: name, path: path, keys: keys}
	f.src, err = recognise(file, file.Size(), f)
	if err != nil {
		file.Close()
		return nil, err
	}
	return f, nil
}

func unopened(name string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fault.New(fault.NotFound, fmt.Sprintf("找不到文件“%s”。请检查路径和文件名。", name),
			fmt.Sprintf("There is no file “%s”. Check the path and the name.", name)).Wrap(err)
	}
	if errors.Is(err, fs.ErrPermission) {
		return fault.New(fault.Forbidden, fmt.Sprintf("没有读取“%s”的权限。请检查文件的权限。", name),
			fmt.Sprintf("There is no permission to read “%s”. Check the file's permissions.", name)).Wrap(err)
	}
	return refuse(err, fmt.Sprintf("无法打开“%s”。", name), fmt.Sprintf("“%s” cannot be opened.", name))
}

func refuse(cause error, zh, en string) error {
	return fault.New(fault.Invalid, zh, en).Wrap(cause)
}

// magics are the first bytes of files that people often use in place of tables.
var magics = []struct {
	prefix string
	zh, en string
}{
	{"%PDF", "PDF 文件，不是表格。请提供原始的 .xlsx 或 .csv 文件", "a PDF, not a table. Ask for the original .xlsx or .csv file"},
	{"Rar!", "RAR 压缩包。请先解压，再选择其中的表格", "a RAR archive. Unpack it and choose the table in it"},
	{"7z\xBC\xAF", "7z 压缩包。请先解压，再选择其中的表格", "a 7z archive. Unpack it and choose the table in it"},
	{"\x1F\x8B", "gzip 压缩包。请先解压，再选择其中的表格", "a gzip archive. Unpack it and choose the table in it"},
	{"\x89PNG", "图片，不是表格。请提供原始的 .xlsx 或 .csv 文件", "a picture, not a table. Ask for the original .xlsx or .csv file"},
	{"\xFF\xD8\xFF", "图片，不是表格。请提供原始的 .xlsx 或 .csv 文件", "a picture, not a table. Ask for the original .xlsx or .csv file"},
	{"{\\rtf", "RTF 文档，不是表格。请在 Word 或 WPS 中打开，把表格复制到 Excel 后另存为 .xlsx", "an RTF document, not a table. Open it, copy the table into a spreadsheet and save that as .xlsx"},
}

// headSize is the number of bytes that are used to recognise a file.
const headSize = 64 << 10

func recognise(file vault.File, size int64, f *File) (source, error) {
	name := f.name
	head := make([]byte, min(size, headSize))
	n, err := io.ReadFull(file, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, refuse(err, fmt.Sprintf("读取“%s”时出错。请检查磁盘或网络盘后重试。", name),
			fmt.Sprintf("“%s” could not be read. Check the disk or network drive and try again.", name))
	}
	head = head[:n]
	if size == 0 || int64(n) == size && len(bytes.TrimSpace(bytes.TrimPrefix(head, charset.BOM))) == 0 {
		return nil, refuse(nil, fmt.Sprintf("“%s”是空文件。请确认导出是否完成，再重新选择。", name),
			fmt.Sprintf("“%s” is empty. Check that its export was finished and choose it again.", name))
	}
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")) || bytes.HasPrefix(head, []byte("PK\x05\x06")):
		return openWorkbook(file, size, f)
	case bytes.HasPrefix(head, []byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")):
		return openOldWorkbook(file, size, f)
	}
	for _, m := range magics {
		if bytes.HasPrefix(head, []byte(m.prefix)) {
			return nil, refuse(nil, fmt.Sprintf("“%s”是%s。", name, m.zh), fmt.Sprintf("“%s” is %s.", name, m.en))
		}
	}
	if markup(head) {
		return openPage(file, size, head, f)
	}
	return openCSV(file, size, head, f)
}

// markup reports whether a file begins like HTML or XML. Many systems export a web page under the name .xls.
func markup(head []byte) bool {
	h := bytes.TrimPrefix(head, charset.BOM)
	if e := charset.UTF16Order(h); e != nil {
		h = e.Sample(h)
	}
	h = bytes.TrimLeft(h, " \t\r\n")
	h = bytes.ToLower(h[:min(len(h), 256)])
	for _, p := range []string{"<html", "<!doctype", "<?xml", "<table", "<head", "<meta", "<style", "<!--", "mime-version:"} {
		if bytes.HasPrefix(h, []byte(p)) {
			return true
		}
	}
	return false
}
