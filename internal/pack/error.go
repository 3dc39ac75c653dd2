package pack

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/text/width"
)

// Pos is a position in a pack file. Line and column count from 1; a column is a character.
type Pos struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
}

func (p Pos) String() string { return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column) }

// Error is a fault in a pack file: its position, and a sentence about what is wrong and how to correct it.
type Error struct {
	Pos  Pos
	Text string
	ZH   string // the sentence in Chinese; "" if there is only an English one
	// Line is the line of the file. Caret is a line below it that points at the column.
	Line, Caret string
}

func (e *Error) Error() string { return e.Pos.String() + ": " + e.Text }

// In returns the sentence in a language ("zh-CN", "en"). It is English if there is no Chinese.
func (e *Error) In(lang string) string {
	if strings.HasPrefix(lang, "en") || e.ZH == "" {
		return e.Text
	}
	return e.ZH
}

// Show returns the fault as text for a terminal: position, sentence, and the line with a caret.
func (e *Error) Show(lang string) string {
	s := e.Pos.String() + ": " + e.In(lang)
	if e.Line != "" {
		s += "\n | " + e.Line + "\n | " + e.Caret
	}
	return s
}

// Errors are all faults of a pack, sorted by file and position.
type Errors []*Error

func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, x := range e {
		lines[i] = x.Error()
	}
	return strings.Join(lines, "\n")
}

// Show returns all faults as text for a terminal.
func (e Errors) Show(lang string) string {
	parts := make([]string, len(e))
	for i, x := range e {
		parts[i] = x.Show(lang)
	}
	return strings.Join(parts, "\n")
}

// Annotate sorts faults that were found after loading, such as those of expressions, and adds their lines and carets.
func (p *Pack) Annotate(errs Errors) Errors { return annotate(errs, p.sources) }

func annotate(errs Errors, sources map[string]string) Errors {
	lines := map[string][]string{}
	for _, e := range errs {
		if lines[e.Pos.File] == nil {
			lines[e.Pos.File] = strings.Split(sources[e.Pos.File], "\n")
		}
		if n := e.Pos.Line; n >= 1 && n <= len(lines[e.Pos.File]) {
			if line := lines[e.Pos.File][n-1]; line != "" {
				e.Line, e.Caret = line, caret(line, e.Pos.Column)
			}
		}
	}
	slices.SortStableFunc(errs, func(a, b *Error) int {
		if c := strings.Compare(a.Pos.File, b.Pos.File); c != 0 {
			return c
		}
		if a.Pos.Line != b.Pos.Line {
			return a.Pos.Line - b.Pos.Line
		}
		return a.Pos.Column - b.Pos.Column
	})
	return errs
}

// caret returns a line that points at a column. It has a full-width space below a full-width character, so that the
// position is right in Chinese text.
func caret(line string, column int) string {
	var b strings.Builder
	n := 1
	for _, r := range line {
		if n >= column {
			break
		}
		switch {
		case r == '\t':
			b.WriteRune(r)
		case wide(r):
			b.WriteRune('　')
		default:
			b.WriteByte(' ')
		}
		n++
	}
	return b.String() + "^"
}

func wide(r rune) bool {
	k := width.LookupRune(r).Kind()
	return k == width.EastAsianWide || k == width.EastAsianFullwidth
}
