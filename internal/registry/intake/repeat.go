package intake

import (
	"fmt"
	"hash/maphash"
	"strconv"

	"eyas/internal/pack"
	"eyas/internal/registry/layout"
)

// repeats finds rows of a connector's file that are about one matter of one subject on one day: the same state twice is said, another
// state refuses the second row.
type repeats struct {
	seed maphash.Seed
	seen map[uint64]stateRow // by the hash of what is known of subject, matter and day
}

// stateRow is where a state was read.
type stateRow struct {
	sheet, row int32
	state      uint64
}

// mostRepeats limits the rows that are remembered; a file of a connector has a few thousand.
const mostRepeats = 1 << 20

// check looks at a row. who is what it says about its subject; layouts are those of the file.
func (r *repeats) check(who string, layouts []*layout.Layout, sheet int, row int, reading *layout.Reading) {
	l := layouts[sheet]
	state, day, key, ok := l.Reported(reading)
	if !ok {
		return
	}
	if r.seen == nil {
		r.seed, r.seen = maphash.MakeSeed(), map[uint64]stateRow{}
	}
	at := maphash.String(r.seed, who+"\x00"+key+"\x00"+strconv.FormatInt(day, 10))
	now := maphash.String(r.seed, state)
	before, known := r.seen[at]
	if !known {
		if len(r.seen) < mostRepeats {
			r.seen[at] = stateRow{int32(sheet), int32(row), now}
		}
		return
	}
	place, placeEN := fmt.Sprintf("第 %d 行", before.row), fmt.Sprintf("row %d", before.row)
	if int(before.sheet) != sheet && int(before.sheet) < len(layouts) {
		name := layouts[before.sheet].Sheet
		place, placeEN = "工作表“"+name+"”"+place, "sheet “"+name+"”, "+placeEN
	}
	if before.state != now {
		l.RefuseAs(row, l.StateHeader(), "", "和"+place+"说的是同一家的同一件事、同一天，状态却不同。"+place+"已采用，这一行没有采用。请核对，改正后再导入。",
			"it is about the same matter of the same subject on the same day as "+placeEN+", with another state. "+placeEN+" was taken and this row was not. Check which is right, correct it and import it again.", reading)
		return
	}
	i := layout.Issue{Scope: "row", Sheet: l.Sheet, Row: row, Column: l.StateHeader()}
	i.Text.ZH, i.Text.EN = "这一行和"+place+"重复，只算一次。", "This row repeats "+placeEN+"; it counts once."
	i.Reason = i.Text.ZH
	reading.Warnings = append(reading.Warnings, i)
}

// mostUnmatched limits the rows without a match that are listed.
const mostUnmatched = layout.Listed / 10

// matchless are the rows of a connector's file that matched no subject, and made one.
type matchless struct {
	system pack.Text // its name
	rows   []stateRow
	count  int // of them all
}

// note notes a row; nothing on nil, which stands for other files.
func (m *matchless) note(sheet, row int) {
	if m == nil {
		return
	}
	if m.count++; len(m.rows) < mostUnmatched {
		m.rows = append(m.rows, stateRow{sheet: int32(sheet), row: int32(row)})
	}
}

// tell says of which rows nobody knows yet whom they are about. It says the same of a subject that the base does not have and of one
// that who imports does not see.
func (m *matchless) tell(lang string, layouts []*layout.Layout, to *layout.Issues) {
	if m == nil {
		return
	}
	for _, at := range m.rows {
		i := layout.Issue{Scope: "row", Row: int(at.row)}
		if int(at.sheet) < len(layouts) {
			i.Sheet = layouts[at.sheet].Sheet
		}
		i.Text = pack.Text{
			ZH: fmt.Sprintf("没有对上库里的主体：%s的这一行按代码和名称都没有找到，会另立一个。写错的请改正后再导入；名称相近的会列入“待确认”，由人决定是不是同一家。", m.system.ZH),
			EN: fmt.Sprintf("It matched no subject: this row of the %s was found neither by code nor by name, and makes a new one. Correct it if it is misspelt; where names are alike a person is asked under “Pairs” whether they are the same.", m.system.EN),
		}
		i.Reason = i.Text.In(lang)
		to.Add(lang, i)
	}
	to.Count += m.count - len(m.rows)
	m.rows, m.count = nil, 0
}

// matchlessOf notes rows of files of a connector; nil for other files.
func matchlessOf(c *pack.Connector) *matchless {
	if c == nil {
		return nil
	}
	return &matchless{system: c.Name}
}
