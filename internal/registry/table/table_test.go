package table

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"eyas/internal/fault"
)

// write writes content to a temporary file.
func write(t testing.TB, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// line is a row in the form that tests compare.
type line struct {
	sheet string
	row   int
	cells []string
}

func (l line) String() string {
	return fmt.Sprintf("%s %d %s", l.sheet, l.row, strings.Join(l.cells, "|"))
}

// readAll reads every sheet of a file.
func readAll(t testing.TB, path string) ([]line, []Notice) {
	t.Helper()
	f, err := Open(path, filepath.Base(path))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines, err := rest(f)
	if err != nil {
		t.Fatal(err)
	}
	return lines, f.Notices()
}

func rest(f *File) ([]line, error) {
	var lines []line
	for {
		s, err := f.Next()
		if err == io.EOF {
			return lines, nil
		}
		if err != nil {
			return lines, err
		}
		for {
			r, err := s.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				return lines, err
			}
			l := line{sheet: s.Name, row: r.Number}
			for _, c := range r.Cells {
				l.cells = append(l.cells, string(c))
			}
			lines = append(lines, l)
		}
	}
}

func text(lines []line) string {
	var b strings.Builder
	for _, l := range lines {
		fmt.Fprintln(&b, strings.ReplaceAll(strings.TrimSpace(l.String()), "\n", "⏎"))
	}
	return b.String()
}

// wantFault checks that an error is a fault whose messages contain the words.
func wantFault(t *testing.T, err error, zh, en string) {
	t.Helper()
	var f *fault.Error
	if !errors.As(err, &f) {
		t.Fatalf("got %v, want a fault", err)
	}
	if !strings.Contains(f.ZH, zh) || !strings.Contains(f.EN, en) {
		t.Errorf("got %q / %q, want %q / %q", f.ZH, f.EN, zh, en)
	}
}

func TestHeadIsDeliveredAgain(t *testing.T) {
	path := write(t, "a.csv", []byte("title\n\na,b\n1,2\n3,4\n"))
	f, err := Open(path, "a.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s, err := f.Next()
	if err != nil {
		t.Fatal(err)
	}
	head, err := s.Head(4)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(head); got != "[[title] [] [a b] [1 2]]" {
		t.Errorf("head %s", got)
	}
	var rows []int
	for {
		r, err := s.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, r.Number)
	}
	if fmt.Sprint(rows) != "[1 3 4 5]" {
		t.Errorf("rows %v", rows)
	}
	if _, err := f.Next(); err != io.EOF {
		t.Errorf("second sheet: %v", err)
	}
	if f.Read() != f.Size() {
		t.Errorf("read %d of %d", f.Read(), f.Size())
	}
	if _, err := s.Next(); err == nil || err == io.EOF {
		t.Errorf("a sheet that was left gave %v", err)
	}
}

func TestWrongFiles(t *testing.T) {
	ole := func(stream string) string {
		b := []byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1" + strings.Repeat("\x00", 500))
		for _, c := range stream {
			b = append(b, byte(c), 0)
		}
		return string(b)
	}
	for _, c := range []struct{ name, content, zh, en string }{
		{"empty.csv", "", "空文件", "is empty"},
		{"spaces.csv", "\xEF\xBB\xBF \r\n\n", "空文件", "is empty"},
		{"locked.xlsx", ole("EncryptedPackage"), "打开密码", "password"},
		{"cut.xls", ole("Workbook"), "损坏", "damaged"},
		{"old.doc", ole("WordDocument"), "Word", "Word"},
		{"page.xls", "\xEF\xBB\xBF\n<HTML><body>请先登录", "网页", "web page"},
		{"sheet2003.xls", "<?xml version=\"1.0\"?><Workbook>", "XML", "XML"},
		{"cut.xlsx", "PK\x03\x04 and then nothing", "损坏", "damaged"},
		{"nul.csv", "a,b\n1,2\n3\x00\x00,4\n", "空字节", "NUL"},
		{"scan.pdf", "%PDF-1.7\n", "PDF", "PDF"},
		{"a.rar", "Rar!\x1A\x07", "RAR", "RAR"},
		{"a.png", "\x89PNG\r\n", "图片", "picture"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := Open(write(t, c.name, []byte(c.content)), c.name)
			if err == nil {
				defer f.Close()
				_, err = rest(f)
			}
			wantFault(t, err, c.zh, c.en)
		})
	}
	_, err := Open(t.TempDir(), "folder")
	wantFault(t, err, "文件夹", "folder")
	_, err = Open(filepath.Join(t.TempDir(), "none.csv"), "none.csv")
	wantFault(t, err, "找不到", "no file")
	if fault.Of(err) != fault.NotFound {
		t.Errorf("code %s", fault.Of(err))
	}
}
