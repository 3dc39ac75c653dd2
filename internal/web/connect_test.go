package web

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"eyas/internal/auth"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/layout"
)

// officeFile is what an outside system gives back.
type officeFile struct {
	header []string
	rows   [][]string
}

// write writes the file as a CSV, in GB18030 where asked for, with a title row above the header.
func (o *officeFile) write(t *testing.T, name string, gb bool) string {
	t.Helper()
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	if err := w.WriteAll(append([][]string{o.header}, o.rows...)); err != nil {
		t.Fatal(err)
	}
	data := b.Bytes()
	if gb {
		var err error
		if data, err = simplifiedchinese.GB18030.NewEncoder().Bytes(data); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// row fills a row of the system's file by what its columns are.
func (o *officeFile) row(c *pack.Connector, code, name, state, day, key string) {
	cells := make([]string, len(o.header))
	for i, k := range c.In.Columns {
		switch k.Attr {
		case c.In.State:
			cells[i] = state
		case c.In.On:
			cells[i] = day
		case c.In.Key:
			cells[i] = key
		default:
			switch {
			case k.Attr.ID == "uscc":
				cells[i] = code
			case k.Attr.ID == "name":
				cells[i] = name
			case k.Attr.Kind == pack.Date:
				cells[i] = "2020-11-28"
			case k.Attr.Kind == pack.Money:
				cells[i] = "120.5"
			default:
				cells[i] = "GR202012000001"
			}
		}
	}
	o.rows = append(o.rows, cells)
}

// wordOf is the first word of a system for a state.
func wordOf(c *pack.Connector, means ...string) string {
	for _, m := range means {
		for _, s := range c.In.States {
			if s.Means == m {
				return s.Words[0]
			}
		}
	}
	return ""
}

// The table of each system is filled by an officer of a district, the system fills in states, and the file comes back: one row is known,
// one repeats it, one has an unknown state, one is about nobody and one about a subject of another district.
func TestConnectorsGoRound(t *testing.T) {
	v := newProvince(t)
	for i, c := range v.deps.Pack.Connectors {
		t.Run(c.ID, func(t *testing.T) { goRound(t, v, c, i) })
	}
	if n := len(v.deps.Pack.Connectors); n != 7 {
		t.Errorf("%d connectors", n)
	}
}

var rowNumber = regexp.MustCompile(`第 \d+ 行|"row":\d+`)

func goRound(t *testing.T, v *province, c *pack.Connector, i int) {
	page := v.ready(officer, "/connect/"+c.ID)
	if body := page.Body.String(); page.Code != http.StatusOK || !strings.Contains(body, c.Name.ZH) || !strings.Contains(body, "拟定") || strings.Contains(body, secret) || strings.Contains(body, phone) {
		t.Errorf("page of %s: %d, or without its name or mark, or with what nobody here may see", c.ID, page.Code)
	}
	filled := v.filledTable(t, c)
	o := &officeFile{}
	for _, k := range c.In.Columns {
		o.header = append(o.header, " "+k.Header+" ")
	}
	key := "2020"
	if c.In.Key != nil && !c.In.Key.YearText {
		key = fmt.Sprintf("HJ-%d-1", i)
	}
	granted, ok := wordOf(c, "granted", "done"), filled[0]
	o.row(c, ok[0], ok[1], granted, "2021-03-20", key)
	o.row(c, ok[0], ok[1], granted, "2021-03-20", key)                            // 3: the same again
	o.row(c, ok[0], ok[1], wordOf(c, "submitted", "accepted"), "2020-08-01", key) // 4: an earlier state, further down
	o.row(c, filled[1][0], filled[1][1], "天知道", "2021-03-21", key)                // 5: an unknown state
	nobody := uscc("99")
	o.row(c, nobody, "查无此人精密公司", granted, "2021-03-20", key)                     // 6: nobody has it
	o.row(c, v.code["there too"], secret+"精密公司", granted, "2021-03-20", key)     // 7: another district has it
	o.row(c, ok[0], ok[1], wordOf(c, "refused", "withdrawn"), "2021-03-20", key) // 8: contradicts the first
	name := c.Name.ZH + "回执.csv"
	src := layout.Source{Name: name, Path: o.write(t, name, i%2 == 1)}
	opt := layout.Options{Register: c.Register, Source: c.ID, Lang: "zh-CN"}
	in := auth.In(t.Context(), officer)
	p, err := v.reg.Preview(in, src, opt, nil)
	if err != nil {
		t.Fatal(err)
	}
	report, id, err := v.reg.Import(in, src, opt, nil)
	if err != nil {
		t.Fatal(err)
	}
	if p.Report.Refused != report.Refused || report.Refused != 2 || report.Rows != 7 || report.Effect.Brought != 2 {
		t.Errorf("refused %d, of the preview %d, of %d rows; new %d", report.Refused, p.Report.Refused, report.Rows, report.Effect.Brought)
	}
	saysWhere(t, c, report, name)
	v.landed(t, c, ok, filled[1])
	v.cameBack(t, id, "天知道")
	// The list of the city says nothing of the other district's subject before its owner has answered.
	if p, err := v.reg.Profile(auth.In(t.Context(), bureau), v.subject["there too"]); err != nil || p.Value(stateAttr(c)) != nil {
		t.Errorf("the subject of the other district has a state, %v", err)
	}
	if err := v.reg.Undo(in, id, nil); err != nil {
		t.Fatal(err)
	}
	if p, err := v.reg.Profile(in, v.subject["here"]); err != nil || p.Value(stateAttr(c)) != nil {
		t.Errorf("after undo the state is still there, %v", err)
	}
}

// filledTable downloads the table of a system and checks it. It gives code and name of its rows.
func (v *province) filledTable(t *testing.T, c *pack.Connector) (rows [][2]string) {
	t.Helper()
	w := v.ready(officer, "/connect/"+c.ID+"/export.xlsx")
	if w.Code != http.StatusOK {
		t.Fatalf("%d %.300s", w.Code, w.Body)
	}
	if text := unpacked(t, w.Header(), w.Body.Bytes()); strings.Contains(text, secret) || strings.Contains(text, phone) || !strings.Contains(text, "modelled") {
		t.Error("the file has what the officer may not see, or does not say that its columns are modelled")
	}
	book, err := excelize.OpenReader(bytes.NewReader(w.Body.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	cells, err := book.GetRows(c.Out.Sheet)
	if err != nil {
		t.Fatal(err)
	}
	if c.Out.Title != "" {
		if cells[0][0] != c.Out.Title {
			t.Errorf("title %q", cells[0])
		}
		cells = cells[1:]
	}
	at := map[string]int{}
	for i, k := range c.Out.Columns {
		if i >= len(cells[0]) || cells[0][i] != k.Header {
			t.Fatalf("head %q, want %q at %d", cells[0], k.Header, i)
		}
		if k.Attr != nil {
			at[k.Attr.ID] = i
		}
	}
	for _, r := range cells[1:] {
		rows = append(rows, [2]string{r[at["uscc"]], r[at["name"]]})
	}
	if len(rows) != 2 || !slices.ContainsFunc(rows, func(r [2]string) bool { return r[0] == v.code["here"] }) {
		t.Fatalf("rows %v", rows)
	}
	slices.SortFunc(rows, func(a, b [2]string) int { return strings.Compare(a[0], b[0]) })
	return rows
}

// saysWhere checks what is told of the rows of a file that were not taken as they are.
func saysWhere(t *testing.T, c *pack.Connector, report *intake.FileReport, name string) {
	t.Helper()
	header := ""
	for _, k := range c.In.Columns {
		if k.Attr == c.In.State {
			header = k.Header
		}
	}
	if len(report.Refusals) != 2 {
		t.Fatalf("%+v", report.Refusals)
	}
	if r := report.Refusals[0].Reason; !strings.HasPrefix(r, "“"+name+"”第 5 行“"+header+"”列：") || !strings.Contains(r, "“天知道”") || !strings.Contains(r, c.Name.ZH) {
		t.Errorf("of the unknown state it is said: %s", r)
	}
	if r := report.Refusals[1].Reason; !strings.Contains(r, "第 8 行") || !strings.Contains(r, "第 2 行") {
		t.Errorf("of the contradiction it is said: %s", r)
	}
	var repeated, strange []string
	for _, w := range report.Warnings {
		switch {
		case strings.Contains(w.Reason, "重复"):
			repeated = append(repeated, w.Reason)
		case strings.Contains(w.Reason, "没有对上"):
			strange = append(strange, fmt.Sprintf("%d %s", w.Row, rowNumber.ReplaceAllString(w.Reason, "")))
		case strings.Contains(w.Reason, secret):
			t.Errorf("a warning names the subject of the other district: %s", w.Reason)
		}
	}
	if len(repeated) != 1 || !strings.Contains(repeated[0], "第 2 行") {
		t.Errorf("of the row that repeats another one: %q", repeated)
	}
	if len(strange) != 2 || !strings.HasPrefix(strange[0], "6 ") || !strings.HasPrefix(strange[1], "7 ") || strange[0][2:] != strange[1][2:] {
		t.Errorf("of the rows that matched nobody: %q", strange)
	}
}

// stateAttr is the attribute that a system's state goes into.
func stateAttr(c *pack.Connector) string {
	for _, k := range c.In.Columns {
		if k.Attr == c.In.State {
			return k.Sets[0]
		}
	}
	return ""
}

// landed checks the profiles after the import: the latest state counts, wherever its row stands.
func (v *province) landed(t *testing.T, c *pack.Connector, ok, unknown [2]string) {
	t.Helper()
	in := auth.In(t.Context(), officer)
	p, err := v.reg.Profile(in, v.subject["here"])
	if err != nil {
		t.Fatal(err)
	}
	granted := c.In.Meaning[wordOf(c, "granted", "done")]
	for _, k := range c.In.Columns {
		for _, id := range k.Sets {
			got := p.Value(id)
			switch {
			case got == nil:
				t.Errorf("%s is not set", id)
			case k.Attr == c.In.State && got.Str != granted:
				t.Errorf("%s is %q, want %q", id, got.Str, granted)
			case k.Attr == c.In.On && got.Int != time.Date(2021, 3, 20, 0, 0, 0, 0, time.UTC).Unix()/86400:
				t.Errorf("%s is day %d", id, got.Int)
			case k.Attr.Kind == pack.Money && got.Num != map[bool]float64{true: 120_50, false: 1_205_000_00}[strings.Contains(k.Header, "（元）")]:
				t.Errorf("%s is %v fen", id, got.Num)
			}
		}
	}
	if p, err := v.reg.Profile(in, v.subject["here too"]); err != nil || p.Value(stateAttr(c)) != nil {
		t.Errorf("a row with an unknown state was read, %v", err)
	}
	// On a day before the state it was another one.
	if before, err := v.reg.ProfileAt(in, v.subject["here"], fact.Moment{HeldOn: time.Date(2021, 1, 1, 0, 0, 0, 0, time.UTC)}); err != nil || before.Value(stateAttr(c)) == nil || before.Value(stateAttr(c)).Str == granted {
		t.Errorf("on an earlier day the state is %v, %v", before.Value(stateAttr(c)), err)
	}
}

// cameBack checks that refused rows come back as the file had them.
func (v *province) cameBack(t *testing.T, importID int64, word string) {
	t.Helper()
	var b bytes.Buffer
	if err := v.reg.Refused(auth.In(t.Context(), officer), importID, &b); err != nil {
		t.Fatal(err)
	}
	book, err := excelize.OpenReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	rows, err := book.GetRows(book.GetSheetName(0))
	if err != nil || !slices.ContainsFunc(rows, func(r []string) bool { return slices.Contains(r, word) }) {
		t.Errorf("the refused row does not come back: %q, %v", rows, err)
	}
}

// A file that is none of a system's is refused as a whole; its state must be there.
func TestConnectorNeedsItsColumns(t *testing.T) {
	v := newProvince(t)
	path := (&officeFile{header: []string{"企业名称", "统一社会信用代码", "备注"}, rows: [][]string{{"甲区示例机械有限公司", v.code["here"], "好"}}}).write(t, "名单.csv", false)
	_, err := v.reg.Preview(auth.In(t.Context(), officer), layout.Source{Name: "名单.csv", Path: path}, layout.Options{Register: "enterprise", Source: "tsme_portal", Lang: "zh-CN"}, nil)
	if err == nil || !strings.Contains(err.Error(), "审核状态") || !strings.Contains(err.Error(), "名单.csv") {
		t.Errorf("%v", err)
	}
	// The day of the file stands for the day of a state.
	c := v.deps.Pack.Connector("assistance")
	o := &officeFile{header: []string{"帮扶对象", "信用代码", "帮扶单号", "帮扶状态"}, rows: [][]string{{"甲区示例机械有限公司", v.code["here"], "B-1", "已完成"}}}
	src := layout.Source{Name: "帮扶.csv", Path: o.write(t, "帮扶.csv", false)}
	if _, err := v.reg.Preview(auth.In(t.Context(), officer), src, layout.Options{Register: "enterprise", Source: c.ID, Lang: "zh-CN"}, nil); err == nil {
		t.Error("a file without days was read")
	}
	if _, _, err := v.reg.Import(auth.In(t.Context(), officer), src, layout.Options{Register: "enterprise", Source: c.ID, AsOf: "2021-03-05", Lang: "zh-CN"}, nil); err != nil {
		t.Fatal(err)
	}
	p, err := v.reg.Profile(auth.In(t.Context(), officer), v.subject["here"])
	if err != nil || p.Value("assist_state") == nil || p.Value("assist_state").Str != "done" || p.Value("assist_state_on").Int != time.Date(2021, 3, 5, 0, 0, 0, 0, time.UTC).Unix()/86400 {
		t.Errorf("%+v, %v", p.Value("assist_state_on"), err)
	}
	v.connectorPages(t)
}

// connectorPages checks who sees the pages, and personal data in tables.
func (v *province) connectorPages(t *testing.T) {
	t.Helper()
	own := auth.Actor{ID: "e", Role: "enterprise", Subject: v.subject["here"]}
	for at, want := range map[string]int{"/connect": http.StatusOK, "/connect/none": http.StatusNotFound, "/connect/hnte_portal?missing=hightech_field": http.StatusOK, "/connect/hnte_portal/open": http.StatusOK} {
		if w := v.ready(officer, at); w.Code != want {
			t.Errorf("%s: %d", at, w.Code)
		}
	}
	for _, at := range []string{"/connect", "/connect/hnte_portal", "/connect/hnte_portal/export.xlsx"} {
		if w := v.ready(own, at); w.Code != http.StatusForbidden {
			t.Errorf("an enterprise sees %s: %d", at, w.Code)
		}
	}
	form := map[string][]string{"purpose": {"case"}, "reason": {"高企申报推荐"}}
	w := v.send(officer, http.MethodPost, "/connect/hnte_portal/open", form)
	if text := unpacked(t, w.Header(), w.Body.Bytes()); w.Code != http.StatusOK || !strings.Contains(text, phone) || !strings.Contains(text, "含个人信息原文") {
		t.Errorf("unmasked: %d, without the phone or its mark", w.Code)
	}
	if w := v.send(officer, http.MethodPost, "/connect/hnte_portal/open", map[string][]string{"purpose": {"nonsense"}, "reason": {"高企申报推荐"}}); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("for no purpose: %d", w.Code)
	}
}
