package layout

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"eyas/internal/fault"
	"eyas/internal/figure"
	"eyas/internal/pack"
	"eyas/internal/registry/cell"
	"eyas/internal/registry/table"
)

// Asked is the scope of an issue that asks.
const Asked = "question"

// ask adds a question about a column: it may mean one thing or another, and its cells are kept and not used until somebody
// says which.
func (u *understanding) ask(column, value string, readings []string, zh, en string) {
	u.layout.Warnings = append(u.layout.Warnings, Issue{Scope: Asked, Sheet: u.layout.Sheet, Row: u.layout.HeaderRow, Column: column,
		Value: Cut(value, 60), Readings: readings, Reason: zh, Text: pack.Text{ZH: zh, EN: en}})
}

// leastAmount is the median, in yuan, below which amounts without any unit look as if they were counted in 万元 or 千元.
const leastAmount = 50_000

// fewAmounts is up to how many small whole amounts are too few to ask about; they are read as yuan, with a warning.
const fewAmounts = 2

// settleUnits asks about columns of amounts whose unit nothing says and whose cells don't look like yuan.
func (u *understanding) settleUnits(rows [][]string) {
	l := u.layout
	for i := range l.Columns {
		c := &l.Columns[i]
		a := u.reg.Attribute(c.Attr)
		if a == nil || a.Kind != pack.Money || c.Unit != "" || l.UnitColumn != 0 || currencyOf(a) != "CNY" {
			continue
		}
		if u.severalUnits {
			c.Attr, c.Year, c.How = "", 0, isUnscaled
			u.ask(c.Header, strings.Join(l.Title, " "), nil,
				fmt.Sprintf("标题里写了几种金额单位，不知道“%s”用的是哪一种，这一列先不采用。请说明单位，或写在表头上。", a.Name.ZH),
				fmt.Sprintf("The titles give several units of amounts, and which one %s is in is unknown; the column is not used for now. Say which, or write the unit into the header.", a.Name.EN))
			continue
		}
		s := amountsOf(rows, c.Index-1)
		if !s.small && !s.long {
			continue
		}
		few := !s.long && !s.fractions && s.count <= fewAmounts // read as yuan, unless somebody says otherwise
		means := a.ID                                           // the year that the table gives, or the next one of its layout
		if few || c.How == byMap || c.How == byMemory {
			means = meant(a, c.Year)
		}
		words := []string{"万元", "千元", "元"}
		if few {
			words = []string{"元", "万元"}
		}
		for _, word := range words {
			unit, _ := cell.ParseUnit(word)
			if fen, bad := cell.Money([]byte(s.first), "CNY", unit); bad == nil {
				c.Offers = append(c.Offers, Offer{means + "/" + word, figure.Amount(fen) + " 元"})
			}
		}
		if few {
			u.warn(c.Header, fmt.Sprintf("“%s”没有说单位，按元读入；这些数（如 %s）以元计显得很小。如果是万元，请在这一列选“万元”，或在表头写上单位。", a.Name.ZH, s.first),
				fmt.Sprintf("Nothing gives the unit of %s; it was read as yuan, for which amounts such as %s are very small. If they are 万元, choose that for the column, or write the unit into the header.", a.Name.EN, s.first))
			continue
		}
		c.Attr, c.Year, c.How = "", 0, isUnscaled
		u.ask(c.Header, s.first, readingsOf(c.Offers),
			fmt.Sprintf("“%s”没有说单位：表头、标题、工作表名、文件名和表下的说明都没有，而这些数不像以元计的（可能是万元）。这一列先不采用。请说明单位，或写在表头上。", a.Name.ZH),
			fmt.Sprintf("Nothing gives the unit of %s: neither header, title, sheet, file name nor a note below, and the amounts do not look like yuan (万元 perhaps). The column is not used for now. Say the unit, or write it into the header.", a.Name.EN))
	}
}

// meant is an attribute, of a year where it has one, as Options.Map has it.
func meant(a *pack.Attribute, year int) string {
	if !a.Yearly || year == 0 {
		return a.ID
	}
	return fmt.Sprint(a.ID, "@", year)
}

func readingsOf(offers []Offer) (list []string) {
	for _, o := range offers {
		list = append(list, o.Read)
	}
	return list
}

// amounts is what the cells of a column without a unit look like.
type amounts struct {
	first     string // the first one
	count     int
	small     bool // most are below leastAmount
	fractions bool // some have a fraction
	long      bool // most have more decimals than fen
}

// amountsOf looks at the amounts of a column that have no unit of their own; zeros tell nothing.
func amountsOf(rows [][]string, column int) (s amounts) {
	var all []int64
	long := 0
	for _, row := range rows {
		if column >= len(row) || cell.Blank([]byte(row[column])) {
			continue
		}
		text := bytes.TrimSpace([]byte(row[column]))
		if strings.ContainsFunc(string(text), func(r rune) bool { return !strings.ContainsRune("0123456789.,，-+() ", r) }) {
			continue // with a unit, or no amount
		}
		fen, bad := cell.Money(text, "CNY", cell.Unit{})
		if bad != nil || fen == 0 {
			continue
		}
		if s.first == "" {
			s.first = string(text)
		}
		all = append(all, max(fen, -fen))
		_, decimals, _ := strings.Cut(string(text), ".")
		decimals = strings.TrimRight(decimals, "0")
		s.fractions = s.fractions || decimals != ""
		if len(decimals) > 2 {
			long++
		}
	}
	if s.count = len(all); s.count == 0 {
		return s
	}
	slices.Sort(all)
	s.small, s.long = all[len(all)/2] < leastAmount*100, 2*long > len(all)
	return s
}

// lateUnit refuses a file of which a note, far below the rows that were looked at, says what amounts are counted in: the rows
// above it were read as yuan.
func (l *Layout) lateUnit(file string, r table.Row) error {
	for _, c := range r.Cells {
		text := string(cell.Trim(c))
		if len(text) == 0 || len(text) > 300 || !noteOfUnit(text) {
			continue
		}
		unit, _ := tableUnit(text)
		if unit == "" || unit == "元" {
			continue
		}
		return fault.New(fault.Invalid,
			fmt.Sprintf("“%s”第 %d 行写着“%s”，而表头和标题没有写单位，上面的金额会按元读入，所以没有导入。请把单位写到表头上方，再导入。", file, r.Number, Cut(text, 60)),
			fmt.Sprintf("Row %d of “%s” says “%s”, and neither header nor title gives a unit: the amounts above it would be read as yuan, so nothing was imported. Write the unit above the header, and import the file again.", r.Number, file, Cut(text, 60)))
	}
	return nil
}

// noteOfUnit reports a note that says what amounts are counted in.
func noteOfUnit(text string) bool {
	key := cell.NameKey(text)
	if !strings.Contains(key, "单位") && !strings.Contains(key, "金额") && !strings.Contains(key, "元计") && !strings.Contains(key, "元为") {
		return false
	}
	unit, several := tableUnit(text)
	return unit != "" || several
}
