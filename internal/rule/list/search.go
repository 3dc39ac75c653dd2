package list

import (
	"slices"
	"strings"

	"golang.org/x/text/width"

	"eyas/internal/rule/col"
)

// query is a search text in the forms that are compared.
type query struct {
	names   []string // spellings to look for in names
	code    string   // in capitals; "" if the text cannot be part of a code
	letters string   // Latin letters and digits in lower case; "" if the text has other characters
}

// maxQuery is the longest search text, in bytes. No name is longer.
const maxQuery = 400

func newQuery(text string) query {
	text = strings.TrimSpace(text)
	if len(text) > maxQuery {
		text = strings.ToValidUTF8(text[:maxQuery], "")
	}
	if text == "" {
		return query{}
	}
	narrow := width.Narrow.String(text)
	// Names have brackets, letters and digits in full or half width, and letters in either case.
	names := []string{text, narrow, strings.ToUpper(narrow), strings.NewReplacer("(", "（", ")", "）").Replace(narrow)}
	q := query{}
	for _, s := range names {
		if !slices.Contains(q.names, s) {
			q.names = append(q.names, s)
		}
	}
	plain, digit := len(narrow) > 0, false
	for _, r := range narrow {
		digit = digit || r >= '0' && r <= '9'
		plain = plain && (r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z')
	}
	if digit { // registration numbers can have signs and words in them
		q.code = strings.ToUpper(narrow)
	}
	if plain {
		q.code, q.letters = strings.ToUpper(narrow), strings.ToLower(narrow)
	}
	return q
}

// Ranks of a hit, best first.
const (
	exactCode = iota
	exactName
	exactFormer
	exactNumber
	codeBegins
	nameBegins
	formerBegins
	nameHas
	formerHas
	codeHas
	numberBegins
	numberHas
	initialsBegin
	initialsHave
	readingHas
	places
)

var how = [places]string{exactCode: "code", exactName: "name", exactFormer: "former", exactNumber: "number", codeBegins: "code", nameBegins: "name",
	formerBegins: "former", nameHas: "name", formerHas: "former", codeHas: "code", numberBegins: "number", numberHas: "number",
	initialsBegin: "pinyin", initialsHave: "pinyin", readingHas: "pinyin"}

// Search finds the best rows for a text: a code or an old registration number, a name or a former name, the pinyin
// initials of a name, its pinyin, or a part of one of these. Exact matches come first, then beginnings, then other
// parts. Hits of the same rank are in the order of subject ids. limit is the most hits to return; with limit ≤ 0 or a
// blank text the result is nil.
func (x *Index) Search(text string, limit int) []Hit {
	q := newQuery(text)
	if len(q.names) == 0 || limit <= 0 {
		return nil
	}
	var found [places][]int
	t := x.texts
	note := func(whole, begins, has int, h *haystack, needle string) {
		first := func(row int) bool {
			switch {
			case whole >= 0 && int(h.Off[row+1]-h.Off[row]) == len(needle):
				found[whole] = append(found[whole], row)
			case len(found[begins]) < limit:
				found[begins] = append(found[begins], row)
			}
			// An exact match may still come, if there can be one.
			return whole >= 0 || len(found[begins]) < limit
		}
		enough := -1
		h.find([]byte(needle), func(row, at int) bool {
			if at == 0 {
				return first(row)
			}
			if len(found[has]) < limit {
				found[has] = append(found[has], row)
			}
			if len(found[has]) < limit {
				return true
			}
			enough = row // enough parts were found; the rows behind matter only if they begin with the needle
			return false
		})
		if enough >= 0 {
			h.begin(enough+1, []byte(needle), first)
		}
	}
	met := map[int]string{} // row → the former name or number that matched
	noteOther := func(place, row int, text []byte) {
		if len(found[place]) < limit {
			found[place] = append(found[place], row)
			if met[row] == "" {
				met[row] = string(text)
			}
		}
	}
	enough := func() bool {
		n := 0
		for _, rows := range found[:numberHas+1] {
			n += len(rows)
		}
		return n >= limit
	}
	for _, s := range q.names {
		note(exactName, nameBegins, nameHas, t.nameStack(), s)
	}
	for _, s := range q.names {
		t.eachFormer(s, func(row int, name []byte, begins, whole bool) bool {
			noteOther(placeOf(begins, whole, exactFormer, formerBegins, formerHas), row, name)
			return true
		})
	}
	if q.code != "" {
		note(exactCode, codeBegins, codeHas, t.codeStack(), q.code)
		t.numbered(q.code, manyNumbers, func(row int, number string, begins, whole bool) {
			noteOther(placeOf(begins, whole, exactNumber, numberBegins, numberHas), row, []byte(number))
		})
	}
	if q.letters != "" && !enough() {
		note(-1, initialsBegin, initialsHave, t.initials(), q.letters)
		if len(found[initialsBegin])+len(found[initialsHave]) < limit {
			x.spelt(q.letters, func(row int) bool {
				found[readingHas] = append(found[readingHas], row)
				return len(found[readingHas]) < limit
			})
		}
	}
	hits := make([]Hit, 0, limit)
	seen := map[int]bool{}
	for place, rows := range found {
		slices.Sort(rows)
		for _, row := range rows {
			if len(hits) < limit && !seen[row] {
				seen[row] = true
				h := Hit{Row: row, Code: string(t.codes.At(row)), Name: string(t.names.At(row)), How: how[place]}
				if h.How == "former" || h.How == "number" {
					h.Found = met[row]
				}
				hits = append(hits, h)
			}
		}
	}
	return hits
}

// manyNumbers is the most registration numbers that a search looks at. A text that is part of more of them says little.
const manyNumbers = 10_000

func placeOf(begins, whole bool, exact, begin, has int) int {
	switch {
	case whole:
		return exact
	case begins:
		return begin
	}
	return has
}

// textRows returns all rows that Search can find. Words separated by blanks must all match.
func (x *Index) textRows(text string) col.Bitmap {
	rows := col.All(x.table.N)
	for _, word := range strings.Fields(text) {
		q := newQuery(word)
		met := col.NewBitmap(x.table.N)
		set := func(row, _ int) bool { met.Set(row); return true }
		for _, s := range q.names {
			x.texts.nameStack().find([]byte(s), set)
			x.texts.eachFormer(s, func(row int, _ []byte, _, _ bool) bool { met.Set(row); return true })
		}
		if q.code != "" {
			x.texts.codeStack().find([]byte(q.code), set)
			x.texts.numbered(q.code, 0, func(row int, _ string, _, _ bool) { met.Set(row) })
			x.texts.initials().find([]byte(q.letters), set)
			x.spelt(q.letters, func(row int) bool { met.Set(row); return true })
		}
		rows.And(met)
	}
	return rows
}

// ways is the most ways to divide letters into syllables that a search tries.
const ways = 8

// spelt finds names by pinyin: at least two syllables, the last of which may be incomplete. It finds candidates by
// their initials.
func (x *Index) spelt(letters string, fn func(row int) bool) {
	if len(letters) < 3 || strings.ContainsAny(letters, "0123456789") {
		return
	}
	d := dictionary()
	stack := x.texts.initials()
	for _, syllables := range d.split(letters, ways) {
		if len(syllables) < 2 {
			continue
		}
		initials := make([]byte, len(syllables))
		for i, s := range syllables {
			initials[i] = d.syllables[s.lo][0]
		}
		goOn := true
		stack.find(initials, func(row, _ int) bool {
			if x.texts.sounds(d, row, syllables) {
				goOn = fn(row)
			}
			return goOn
		})
		if !goOn {
			return
		}
	}
}

// sounds reports whether consecutive characters of a name have the syllables.
func (x *texts) sounds(d *readings, row int, want []syllableRange) bool {
	var buf [64]uint16
	read := buf[:0]
	d.read(x.names.At(row), func(r rune, s sound) {
		if len(read) < cap(buf[:]) && d.initial(r, s) != 0 {
			read = append(read, s.syllable)
		}
	})
	for i := 0; i+len(want) <= len(read); i++ {
		all := true
		for k, w := range want {
			if s := read[i+k]; s < w.lo || s >= w.hi {
				all = false
				break
			}
		}
		if all {
			return true
		}
	}
	return false
}
