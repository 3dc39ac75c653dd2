package sheet

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// What a reader recognises of a file that this package wrote, in the two languages it is written in.
var (
	refused  = [2]string{"雏鹰导入", "Eyas import"}
	aside    = [2]string{"〔不导入〕", " [not imported]"}
	exported = [2]string{"由雏鹰导出", "exported from Eyas"}
	marked   = [2]string{"演示数据", "demonstration data"}
)

// text is the head in a language.
func (c Column) text(lang string) string {
	if !c.Aside {
		return c.Head
	}
	return c.Head + say(lang, aside[0], aside[1])
}

// IsAside reports the head of a column that follows from others, so that an import leaves it alone.
func IsAside(head string) bool {
	head = strings.TrimSpace(head)
	return strings.HasSuffix(head, aside[0]) || strings.HasSuffix(strings.ToLower(head), strings.TrimSpace(aside[1]))
}

// Made is the row over a table that says when it was made and from which base. By it a reader knows that the rows over the
// table speak of the table as a whole: they say nothing of the years or the units of its columns.
func Made(lang string, at time.Time, base string) string {
	text := at.Format("2006-01-02 15:04") + " " + say(lang, exported[0], exported[1])
	if base != "" {
		text += say(lang, "，底库：", "; base: ") + base
	}
	return text
}

// IsMade reports such a row.
func IsMade(row string) bool {
	return strings.Contains(row, exported[0]) || strings.Contains(row, exported[1])
}

// digestPart is how much of a file's digest the rows that come back of it name.
const digestPart = 8

// Refused is the row over rows that were refused and come back to be mended: which import they are of, by its number and the
// digest (SHA-256, hexadecimal) of its file.
func Refused(lang string, importID int64, digest string) string {
	of := fmt.Sprintf(" %d-%s", importID, digest[:min(len(digest), digestPart)])
	return say(lang, "被拒的行和单元格，出自"+refused[0]+of+"。改好标红的单元格，把这份表再导入即可；最后一列不会导入。",
		"Refused rows and cells of "+refused[1]+of+". Mend the red cells and import this workbook; the last column is not imported.")
}

// IsRefused reports such a row, and gives the number of the import and the beginning of its file's digest.
func IsRefused(row string) (importID int64, digest string, ok bool) {
	for _, words := range refused {
		_, rest, found := strings.Cut(row, words+" ")
		if !found {
			continue
		}
		number, rest, found := strings.Cut(rest, "-")
		id, err := strconv.ParseInt(number, 10, 64)
		if !found || err != nil || id < 1 {
			continue
		}
		end := strings.IndexFunc(rest, func(r rune) bool { return !strings.ContainsRune("0123456789abcdef", r) })
		if end < 0 {
			end = len(rest)
		}
		return id, rest[:end], true
	}
	return 0, "", false
}

// MarkOf is the mark of generated data, as a sentence of what it is about.
func MarkOf(lang, text string) Mark {
	label := say(lang, marked[0], marked[1])
	if strings.HasPrefix(lang, "en") {
		label = strings.ToUpper(label[:1]) + label[1:]
	}
	return Mark{Label: label, Text: text}
}

// IsMarked reports a text that begins with the mark of generated data: a row over a table, or a cell of the last column of a CSV.
func IsMarked(text string) bool {
	text = strings.TrimSpace(text)
	return strings.HasPrefix(text, marked[0]) || len(text) >= len(marked[1]) && strings.EqualFold(text[:len(marked[1])], marked[1])
}
