package layout

import (
	"strings"

	"eyas/internal/pack"
)

// Issue is a refused row or cell, or a warning. Sheet is empty for CSV; Row counts from 1 as a spreadsheet does; Column is the header.
type Issue struct {
	Scope  string `json:"scope"` // row, cell or question: what may mean one thing or another, and is kept and not used until somebody says which
	Sheet  string `json:"sheet"`
	Row    int    `json:"row"`
	Column string `json:"column"`
	Value  string `json:"value"`
	Reason string `json:"reason"` // Text in the language asked for
	// Readings are the values that what is asked about could be, the likeliest first.
	Readings []string  `json:"readings,omitempty"`
	Text     pack.Text `json:"-"` // what is wrong and what to do
	// Code is the identity code that the issue is about, as it was read, and Named the key of the name in its row; empty for
	// other issues. By the name a likely code may be found.
	Code  string `json:"-"`
	Named string `json:"-"`
}

// Listed is how many refusals and how many warnings a report keeps; the true numbers are counted.
const Listed = 10_000

// Issues is a list that is cut, with its true length.
type Issues struct {
	List  []Issue
	Count int
	texts map[string]string // headers and names of sheets, each once
}

// once gives a text that is kept once, however many issues name it, and not whole when it is very long.
func (l *Issues) once(text string) string {
	if kept, ok := l.texts[text]; ok {
		return kept
	}
	if l.texts == nil {
		l.texts = map[string]string{}
	}
	kept := strings.Clone(Cut(text, longHeader))
	l.texts[strings.Clone(text)] = kept
	return kept
}

// longHeader is how many characters of a header an issue has.
const longHeader = 200

// Add counts issues, and keeps them while there is room. in is the language of their reasons.
func (l *Issues) Add(in string, more ...Issue) {
	for _, i := range more {
		if l.Count++; len(l.List) < Listed {
			// Cut out of the row's memory, which is used again.
			i.Value, i.Column, i.Sheet = strings.Clone(i.Value), l.once(i.Column), l.once(i.Sheet)
			i.Code, i.Named = strings.Clone(i.Code), strings.Clone(i.Named)
			i.Reason = i.Text.In(in)
			l.List = append(l.List, i)
		}
	}
}
