package without

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"io"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// plain are the parts of a workbook that have no copies of cells but for sheets and shared strings. A workbook with any other part (notes,
// drawings, pivot tables, links to other files) is not written anew.
var plain = regexp.MustCompile(`^(\[Content_Types\]\.xml|_rels/\.rels|docProps/(core|app)\.xml|xl/(workbook|styles|sharedStrings)\.xml|xl/_rels/workbook\.xml\.rels|xl/theme/theme\d+\.xml|xl/worksheets/sheet\d+\.xml)$`)

// marks are what a sheet may not have: formulas keep values of other cells, links and rules may repeat them.
var marks = [][]byte{[]byte("<f>"), []byte("<f "), []byte("<f/>"), []byte("<hyperlink"), []byte("<conditionalFormatting"), []byte("<extLst"), []byte("<!--"), []byte("<![CDATA[")}

// workbook takes cells out of a workbook; nil: that cannot be done exactly.
func workbook(text []byte, cells Cells) []byte {
	z, err := zip.NewReader(bytes.NewReader(text), int64(len(text)))
	if err != nil {
		return nil
	}
	parts := map[string][]byte{}
	var total int
	for _, f := range z.File {
		if !plain.MatchString(f.Name) || parts[f.Name] != nil {
			return nil
		}
		r, err := f.Open()
		if err != nil {
			return nil
		}
		body, err := io.ReadAll(io.LimitReader(r, largest+1))
		r.Close()
		if total += len(body); err != nil || total > largest {
			return nil
		}
		parts[f.Name] = body
	}
	names := sheetParts(parts)
	if names == nil || parts["xl/workbook.xml"] == nil {
		return nil
	}
	strs := newShared(parts["xl/sharedStrings.xml"])
	if strs == nil {
		return nil
	}
	for name, part := range names {
		body, ok := strs.sheet(parts[part], cells[name])
		if !ok {
			return nil
		}
		parts[part] = body
	}
	if len(parts["xl/sharedStrings.xml"]) > 0 {
		parts["xl/sharedStrings.xml"] = strs.without()
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range z.File {
		to, err := w.CreateHeader(&zip.FileHeader{Name: f.Name, Method: zip.Deflate, Modified: f.Modified})
		if err != nil {
			return nil
		}
		if _, err := to.Write(parts[f.Name]); err != nil {
			return nil
		}
	}
	if w.Close() != nil {
		return nil
	}
	return out.Bytes()
}

// sheetParts are the parts of sheets by the names of these; nil: they cannot be told.
func sheetParts(parts map[string][]byte) map[string]string {
	var book struct {
		Sheets []struct {
			Name string `xml:"name,attr"`
			ID   string `xml:"http://schemas.openxmlformats.org/officeDocument/2006/relationships id,attr"`
		} `xml:"sheets>sheet"`
	}
	var rels struct {
		All []struct {
			ID     string `xml:"Id,attr"`
			Target string `xml:"Target,attr"`
		} `xml:"Relationship"`
	}
	if xml.Unmarshal(parts["xl/workbook.xml"], &book) != nil || xml.Unmarshal(parts["xl/_rels/workbook.xml.rels"], &rels) != nil {
		return nil
	}
	names, sheets := map[string]string{}, 0
	for _, s := range book.Sheets {
		for _, r := range rels.All {
			if r.ID != s.ID {
				continue
			}
			part := strings.TrimPrefix(r.Target, "/")
			if !strings.HasPrefix(r.Target, "/") {
				part = path.Join("xl", r.Target)
			}
			if parts[part] == nil || names[s.Name] != "" {
				return nil
			}
			names[s.Name] = part
		}
	}
	for name := range parts {
		if strings.HasPrefix(name, "xl/worksheets/") {
			sheets++
		}
	}
	if len(names) != sheets || sheets == 0 {
		return nil
	}
	return names
}

// shared are the shared strings of a workbook, and which of them are used.
type shared struct {
	body  []byte
	items [][2]int // where each is, within its own tags
	used  map[int]bool
	taken map[int]bool // that a cell had that was taken out
}

func newShared(body []byte) *shared {
	s := &shared{body: body, used: map[int]bool{}, taken: map[int]bool{}}
	for at := 0; ; {
		n := bytes.Index(body[at:], []byte("<si"))
		if n < 0 {
			return s
		}
		from := at + n + len("<si")
		if from >= len(body) {
			return nil
		}
		if bytes.HasPrefix(body[from:], []byte("/>")) {
			s.items = append(s.items, [2]int{from, from})
			at = from
			continue
		}
		open := bytes.IndexByte(body[from:], '>')
		end := bytes.Index(body[from:], []byte("</si>"))
		if open < 0 || end < open {
			return nil
		}
		s.items = append(s.items, [2]int{from + open + 1, from + end})
		at = from + end
	}
}

var (
	cellTag = regexp.MustCompile(`^<c\b([^>]*?)(/?)>`)
	refOf   = regexp.MustCompile(`\br="([A-Z]{1,3})(\d+)"`)
	kindOf  = regexp.MustCompile(`\st="(\w+)"`)
	valueOf = regexp.MustCompile(`<v>(\d+)</v>`)
)

// sheet takes cells out of a sheet: their value goes and their format stays. It notes which shared strings the others use.
func (s *shared) sheet(body []byte, holes map[int][]int) ([]byte, bool) {
	for _, m := range marks {
		if bytes.Contains(body, m) {
			return nil, false
		}
	}
	if !bytes.Contains(body, []byte("<sheetData")) { // other prefixes
		return nil, false
	}
	var out []byte
	at := 0
	for {
		n := bytes.Index(body[at:], []byte("<c"))
		if n < 0 {
			return append(out, body[at:]...), true
		}
		out = append(out, body[at:at+n]...)
		at += n
		tag := cellTag.FindSubmatch(body[at:])
		if tag == nil { // another element, such as cols
			out = append(out, body[at])
			at++
			continue
		}
		size := len(tag[0])
		if len(tag[2]) == 0 {
			end := bytes.Index(body[at:], []byte("</c>"))
			if end < 0 {
				return nil, false
			}
			size = end + len("</c>")
		}
		cell := body[at : at+size]
		at += size
		ref := refOf.FindSubmatch(tag[1])
		if ref == nil {
			return nil, false
		}
		row, err := strconv.Atoi(string(ref[2]))
		if err != nil {
			return nil, false
		}
		index := -1
		if kind := kindOf.FindSubmatch(tag[1]); kind != nil && string(kind[1]) == "s" {
			if v := valueOf.FindSubmatch(cell); v != nil {
				index, _ = strconv.Atoi(string(v[1]))
			}
			if index < 0 || index >= len(s.items) {
				return nil, false
			}
		}
		if !slices.Contains(holes[row], letters(ref[1])) {
			if index >= 0 {
				s.used[index] = true
			}
			out = append(out, cell...)
			continue
		}
		if index >= 0 {
			s.taken[index] = true
		}
		attrs := kindOf.ReplaceAll(tag[1], nil)
		out = append(append(append(out, "<c"...), bytes.TrimRight(attrs, " ")...), "/>"...)
	}
}

// letters is a column as spreadsheets name it, counted from 0.
func letters(name []byte) (n int) {
	for _, c := range name {
		n = 26*n + int(c-'A') + 1
	}
	return n - 1
}

// without are the shared strings without those that only cells had that were taken out.
func (s *shared) without() (out []byte) {
	at := 0
	for i, span := range s.items {
		if !s.taken[i] || s.used[i] {
			continue
		}
		out = append(out, s.body[at:span[0]]...)
		if span[1] > span[0] {
			out = append(out, "<t></t>"...)
		}
		at = span[1]
	}
	return append(out, s.body[at:]...)
}
