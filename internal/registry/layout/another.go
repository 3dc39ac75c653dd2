package layout

import (
	"fmt"
	"slices"
	"strings"

	"eyas/internal/pack"
)

// fewColumns is how many columns a table has at least before it is compared with other registers.
const fewColumns = 4

// ofAnother warns of a table of another register: of one that knows every column, while the register that it is imported into
// does not know half of them. Nothing is said where a person has said what a column means.
func (u *understanding) ofAnother() {
	if !slices.Contains(u.pack.Registers, u.reg) {
		return
	}
	var headers []string
	unknown := 0
	for _, c := range u.layout.Columns {
		switch {
		case c.How == byMap || c.How == byMemory:
			return
		case c.How == isAside || strings.TrimSpace(c.Header) == "":
			continue
		case c.Unmapped():
			unknown++
		}
		headers = append(headers, c.Header)
	}
	if len(headers) < fewColumns || 2*unknown < len(headers) {
		return
	}
	for _, reg := range u.pack.Registers {
		if reg == u.reg || !knowsAll(newVocabulary(&u.pack.Words, reg), reg, headers) {
			continue
		}
		u.warn("", fmt.Sprintf("这张表像是%s的名单：它的 %d 列%s都认得，而%s有 %d 列不认得。如果是，请不要导入%s，改选%s；已经导入的请撤销。",
			reg.Name.ZH, len(headers), reg.Name.ZH, u.reg.Name.ZH, unknown, u.reg.Name.ZH, reg.Name.ZH),
			fmt.Sprintf("The table looks like a list of the register “%s”, which knows all its %d columns; the register “%s” does not know %d of them. If so, choose “%s”, and undo the import if it was made.",
				reg.Name.EN, len(headers), u.reg.Name.EN, unknown, reg.Name.EN))
		return
	}
}

// knowsAll reports whether a register knows each of some headers, with the one that names its subjects among them.
func knowsAll(v *vocabulary, reg *pack.Register, headers []string) bool {
	named := false
	for _, text := range headers {
		h := v.read(text)
		if h.attr == nil {
			return false
		}
		named = named || h.attr == reg.Title()
	}
	return named
}
