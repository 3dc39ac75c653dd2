package intake

import (
	"context"
	"errors"
	"io"
	"strconv"
	"strings"

	"eyas/internal/pack"
	"eyas/internal/registry/layout"
	"eyas/internal/web/spool"
)

// guessSheets and guessRows bound how much of a file is looked at for a header that nobody recognised;
// guessSamples is how many values are shown for each column of it.
const (
	guessSheets  = 5
	guessRows    = 30
	guessSamples = 3
)

// guessedSheet is a sheet whose header was not recognised, with the row that most looks like one.
type guessedSheet struct {
	Name    string
	Row     int // from 1
	Columns []guessedColumn
}

type guessedColumn struct {
	Field   int
	Header  string
	Samples []string
}

// guess is guessHeaders for an upload.
func (s *room) guess(ctx context.Context, u spool.Upload) []guessedSheet {
	source, err := s.source(ctx, u)
	if err != nil {
		return nil
	}
	return guessHeaders(source)
}

// guessHeaders offers the columns of a file whose header was not recognised, so that a person can say what they
// mean. A file that is no table, or has no row under anything like a header, gives none.
func guessHeaders(source layout.Source) []guessedSheet {
	f, err := source.Table()
	if err != nil {
		return nil
	}
	defer f.Close()
	var sheets []guessedSheet
	for len(sheets) < guessSheets {
		sheet, err := f.Next()
		if err != nil {
			if !errors.Is(err, io.EOF) {
				return nil
			}
			break
		}
		head, err := sheet.Head(guessRows)
		if err != nil {
			return nil
		}
		if g, ok := guessHeader(head); ok {
			g.Name = sheet.Name
			sheets = append(sheets, g)
		}
	}
	return sheets
}

// guessHeader takes the first row with the most different words, if there is a row below it.
func guessHeader(head [][]string) (guessedSheet, bool) {
	best, most := -1, 0
	for i, row := range head[:max(0, len(head)-1)] {
		words := map[string]bool{}
		for _, cell := range row {
			if isWord(cell) {
				words[strings.TrimSpace(cell)] = true
			}
		}
		if len(words) > most {
			best, most = i, len(words)
		}
	}
	if best < 0 {
		return guessedSheet{}, false
	}
	g := guessedSheet{Row: best + 1}
	for i, cell := range head[best] {
		header := strings.TrimSpace(cell)
		if header == "" {
			continue
		}
		c := guessedColumn{Header: header}
		for _, row := range head[best+1:] {
			if i < len(row) && strings.TrimSpace(row[i]) != "" && len(c.Samples) < guessSamples {
				c.Samples = append(c.Samples, row[i])
			}
		}
		g.Columns = append(g.Columns, c)
	}
	return g, true
}

// isWord reports whether a cell could be a header: not blank, and no number or date.
func isWord(cell string) bool {
	cell = strings.TrimSpace(cell)
	return cell != "" && strings.Trim(cell, "0123456789.,-/:%％+() ") != ""
}

// offerHeaders puts guessed columns and their fields into a preview's view.
func (v *previewView) offerHeaders(reg *pack.Register, sheets []guessedSheet, chosen map[string]string, lang string) {
	v.Guessed = sheets
	v.Attrs = attrChoices(reg, lang)
	field := map[string]int{}
	for i := range sheets {
		for j := range sheets[i].Columns {
			c := &sheets[i].Columns[j]
			at, seen := field[c.Header]
			if !seen {
				at = len(v.Headers)
				field[c.Header] = at
				means := ""
				if target := chosen[c.Header]; target != "" && target != "-" {
					attr, year, _ := strings.Cut(target, "@")
					y, _ := strconv.Atoi(year) // it was read by readMeaning; 0 means none
					means = meaning(reg, attr, y, lang)
				}
				v.Headers = append(v.Headers, previewHeader{Header: c.Header, Means: means, Was: means})
			}
			c.Field = at
		}
	}
}
