package layout

import (
	"fmt"
	"unicode/utf8"

	"eyas/internal/pack"
	"eyas/internal/registry/cell"
)

// How many characters a text has at most where the pack does not say it: what names a subject and what stands for a code
// are short, other texts may be a whole scope of business.
const (
	longestName = 500
	longestCode = 500
	longestText = 10_000
)

// longest is how many characters a text of an attribute has at most.
func longest(a *pack.Attribute, reg *pack.Register) int {
	switch {
	case a.Max > 0:
		return a.Max
	case a.ID == reg.NameAttr:
		return longestName
	case a.Kind == pack.Code || a.ID == reg.CodeAttr:
		return longestCode
	}
	return longestText
}

// overlong says that a text has more characters than its attribute takes; nil when it has not.
func overlong(text []byte, most int) *cell.Bad {
	if len(text) <= most {
		return nil
	}
	n := utf8.RuneCount(text)
	if n <= most {
		return nil
	}
	return &cell.Bad{
		ZH: fmt.Sprintf("这一格至少有 %d 个字符，最多可有 %d 个，没有采用。请缩短后再导入这一行。", n, most),
		EN: fmt.Sprintf("This cell has %d characters or more, and at most %d are taken; it is not used. Shorten it and import the row again.", n, most),
	}
}
