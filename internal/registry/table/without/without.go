// Package without writes a CSV or XLSX file without some of its cells, and leaves everything else as it is. What it wrote is read again
// and compared with the file, cell by cell. It does nothing where that cannot be done exactly, and says so.
package without

import (
	"bytes"
	"fmt"
	"io"
	"slices"

	"eyas/internal/fault"
	"eyas/internal/registry/table"
	"eyas/internal/vault"
)

// Cells are cells of a file: by the name of the sheet (empty: of a CSV), the row as a spreadsheet numbers it, and columns counted from 0.
type Cells map[string]map[int][]int

// largest is the most bytes of a file, and of a part of a workbook, that is written anew: it is held in memory.
const largest = 64 << 20

// Write writes the file at a path without some cells. ok is false, and nothing is written, where the format or the file does not allow
// it exactly.
func Write(path, name string, keys vault.Opener, cells Cells, to io.Writer) (ok bool, err error) {
	defer fault.At(&err, "without.Write(%s)", name)
	f, err := keys.OpenFile(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	if f.Size() > largest {
		return false, nil
	}
	text, err := io.ReadAll(f)
	if err != nil {
		return false, fmt.Errorf("without: read %s: %w", name, err)
	}
	var made []byte
	if bytes.HasPrefix(text, []byte("PK\x03\x04")) {
		made = workbook(text, cells)
	} else {
		made = delimited(text, cells)
	}
	if made == nil || !same(path, name, text, made, cells) {
		return false, nil
	}
	_, err = to.Write(made)
	return err == nil, err
}

// memory is a file in memory, and its own opener.
type memory struct {
	*bytes.Reader
	size int64
}

func (m memory) Close() error { return nil }
func (m memory) Size() int64  { return m.size }

type opener []byte

func (o opener) OpenFile(string) (vault.File, error) {
	return memory{bytes.NewReader(o), int64(len(o))}, nil
}

// same reports whether a file reads as another one does without some cells.
func same(path, name string, before, after []byte, cells Cells) bool {
	want, ok := rows(path, name, before)
	if !ok {
		return false
	}
	got, ok := rows(path, name, after)
	if !ok {
		return false
	}
	for sheet, list := range cells {
		for row, columns := range list {
			for _, c := range columns {
				if line := want[sheet][row]; c < len(line) {
					line[c] = ""
				}
			}
		}
	}
	for _, all := range []map[string]map[int][]string{want, got} {
		for sheet, list := range all {
			for row, line := range list {
				for len(line) > 0 && line[len(line)-1] == "" {
					line = line[:len(line)-1]
				}
				if list[row] = line; len(line) == 0 {
					delete(list, row)
				}
			}
			if len(list) == 0 {
				delete(all, sheet)
			}
		}
	}
	if len(want) != len(got) {
		return false
	}
	for sheet, list := range want {
		if len(list) != len(got[sheet]) {
			return false
		}
		for row, line := range list {
			if !slices.Equal(line, got[sheet][row]) {
				return false
			}
		}
	}
	return true
}

// rows are the cells of a file as an import reads them. A file that reads as nothing has none.
func rows(path, name string, text []byte) (map[string]map[int][]string, bool) {
	all := map[string]map[int][]string{}
	f, err := table.OpenSealed(path, name, opener(text))
	if err != nil {
		return nil, false
	}
	defer f.Close()
	for {
		s, err := f.Next()
		if err == io.EOF {
			return all, true
		}
		if err != nil {
			return nil, false
		}
		list := map[int][]string{}
		if _, twice := all[s.Name]; twice {
			return nil, false
		}
		all[s.Name] = list
		for {
			r, err := s.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				return nil, false
			}
			line := make([]string, len(r.Cells))
			for i, c := range r.Cells {
				line[i] = string(c)
			}
			list[r.Number] = line
		}
	}
}

// delimited cuts cells out of delimited text, by the delimiter and the line break that its first lines have. Which ones a file has is
// only guessed here: what comes of a wrong guess is not the same file. nil: it is no such text.
func delimited(text []byte, cells Cells) []byte {
	if bytes.HasPrefix(text, []byte("\xff\xfe")) || bytes.HasPrefix(text, []byte("\xfe\xff")) || bytes.IndexByte(text, 0) >= 0 {
		return nil
	}
	head := text[:min(len(text), 64<<10)]
	delim, most := byte(','), 0
	for _, d := range []byte(",\t;|") {
		if n := bytes.Count(head, []byte{d}); n > most {
			delim, most = d, n
		}
	}
	newline := byte('\n')
	if bytes.IndexByte(head, '\n') < 0 {
		newline = '\r'
	}
	holes := cells[""]
	var out []byte
	at := 0
	if bytes.HasPrefix(text, []byte("\ufeff")) {
		at = len("\ufeff")
	}
	out = append(out, text[:at]...)
	for row := 1; at < len(text); row++ {
		for column := 0; ; column++ {
			end := field(text, at, delim, newline)
			body := end
			if newline == '\n' && body > at && body < len(text) && text[body] == '\n' && text[body-1] == '\r' {
				body--
			}
			if !slices.Contains(holes[row], column) {
				out = append(out, text[at:body]...)
			}
			out = append(out, text[body:end]...)
			at = end
			if at >= len(text) {
				break
			}
			out = append(out, text[at])
			if at++; text[at-1] == newline {
				break
			}
		}
	}
	return out
}

// field is where a field ends that begins somewhere.
func field(text []byte, at int, delim, newline byte) int {
	if at < len(text) && text[at] == '"' {
		for i := at + 1; i < len(text); i++ {
			if text[i] != '"' {
				continue
			}
			if i+1 < len(text) && text[i+1] == '"' {
				i++
				continue
			}
			at = i + 1
			break
		}
	}
	for at < len(text) && text[at] != delim && text[at] != newline {
		at++
	}
	return at
}
