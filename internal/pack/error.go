package pack

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/text/width"
)

// Pos is a place in a pack file; line and column count from 1, the column in characters.
type Pos struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
}

func (p Pos) String() string { return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column) }

// Error is one fault of a pack file: where, and a plain sentence saying what and how to mend it.
type Error struct {
	Pos  Pos
	Text string
	ZH   string // the sentence in Chinese; empty where there is only the English one
	// Line is the source line and Caret the line below it that points at the column.
	Line, Caret string
}

func (e *Error) Error() string { return e.Pos.String() + ": " + e.Text }

// In gives the sentence in a language ("zh-CN", "en"), English where there is no Chinese.
func (e *Error) In(lang string) string {
	if strings.HasPrefix(lang, "en") || e.ZH == "" {
		return e.Text
	}
	return e.ZH
}

// Show gives the fault as a terminal shows it: place and sentence, and below them the line with a caret.
func (e *Error) Show(lang string) string {
	s := e.Pos.String() + ": " + e.In(lang)
	if e.Line != "" {
		s += "\n | " + e.Line + "\n | " + e.Caret
	}
	return s
}

// Errors are all faults of a pack, in the order of files and lines.
type Errors []*Error

func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, x := range e {
		lines[i] = x.Error()
	}
	return strings.Join(lines, "\n")
}

// Show gives all faults as a terminal shows them.
func (e Errors) Show(lang string) string {
	parts := make([]string, len(e))
	for i, x := range e {
		parts[i] = x.Show(lang)
	}
	return strings.Join(parts, "\n")
}

// Annotate fills in the source lines and carets of faults found after loading, such as those of expressions.
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

// caret points at a column of a line: full-width characters before it are stood for by full-width spaces, so
// that the caret holds under Chinese.
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
