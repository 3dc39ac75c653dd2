package demo

import (
	"bufio"
	"io"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/transform"
)

// line builds one CSV row in a buffer that is used again for the next.
type line struct {
	w   *bufio.Writer
	buf []byte
	r   *rand.Rand // what the people who kept the file got wrong
	n   int
}

func (l *line) sep() {
	if l.n > 0 {
		l.buf = append(l.buf, ',')
	}
	l.n++
}

func (l *line) text(s string) {
	l.sep()
	if !strings.ContainsAny(s, ",\"\r\n") {
		l.buf = append(l.buf, s...)
		return
	}
	l.buf = append(l.buf, '"')
	l.buf = append(l.buf, strings.ReplaceAll(s, `"`, `""`)...)
	l.buf = append(l.buf, '"')
}

// blank leaves a cell empty with probability p and reports whether it did.
func (l *line) blank(p float64) bool {
	if l.r.Float64() >= p {
		return false
	}
	l.sep()
	return true
}

// number writes a count; now and then with its unit, as people do.
func (l *line) number(n int, missing float64) {
	if l.blank(missing) {
		return
	}
	switch x := l.r.Float64(); {
	case x < 0.002:
		l.text(strconv.Itoa(n) + "人")
	case x < 0.003:
		l.text(wide(strconv.Itoa(n)))
	case x < 0.0038:
		l.text("约" + strconv.Itoa(n))
	default:
		l.sep()
		l.buf = strconv.AppendInt(l.buf, int64(n), 10)
	}
}

// count writes a count that is never misspelt.
func (l *line) count(n int, missing float64) {
	if l.blank(missing) {
		return
	}
	l.sep()
	l.buf = strconv.AppendInt(l.buf, int64(n), 10)
}

// money writes yuan in units of 万元, with the slips that such columns have: yuan under a head that says
// 万元, thousands separators, full-width digits, words.
func (l *line) money(yuan, missing float64) {
	if l.blank(missing) {
		return
	}
	switch x := l.r.Float64(); {
	case x < 0.0006:
		l.text(strconv.FormatFloat(yuan, 'f', -1, 64))
	case x < 0.004:
		l.text(thousands(strconv.FormatFloat(yuan/1e4, 'f', 2, 64)))
	case x < 0.005:
		l.text(wide(strconv.FormatFloat(yuan/1e4, 'f', -1, 64)))
	case x < 0.0055:
		l.text("待审计")
	default:
		l.sep()
		l.buf = strconv.AppendFloat(l.buf, yuan/1e4, 'f', -1, 64)
	}
}

// date writes a day in the notation of whoever typed it.
func (l *line) date(d time.Time, missing float64) {
	if d.IsZero() {
		l.sep()
		return
	}
	if l.blank(missing) {
		return
	}
	layout := "2006-01-02"
	switch x := l.r.Float64(); {
	case x < 0.02:
		layout = "2006/1/2"
	case x < 0.03:
		layout = "2006年1月2日"
	case x < 0.035:
		layout = "20060102"
	case x < 0.04:
		layout = "2006.1.2"
	case x < 0.0405:
		layout = "2006年"
	}
	l.sep()
	l.buf = d.AppendFormat(l.buf, layout)
}

func (l *line) answer(a answer, missing float64) {
	if a == silent || l.blank(missing) {
		if a == silent {
			l.sep()
		}
		return
	}
	if a == yes {
		l.text("是")
	} else {
		l.text("否")
	}
}

// who writes the two columns by which a row is known: the name as it stands, the code as it was typed.
func (l *line) who(e *enterprise) {
	name, code := e.name, e.code
	switch x := l.r.Float64(); {
	case x < 0.008:
		code = ""
	case x < 0.013:
		code = strings.ToLower(code)
	case x < 0.016:
		code = code[:8] + " " + code[8:]
	case x < 0.0175: // one wrong character, which the check character shows
		i := 10 + l.r.IntN(6)
		code = code[:i] + string(alphabet[(strings.IndexByte(alphabet, code[i])+1)%31]) + code[i+1:]
	case x < 0.0185: // a character lost
		code = code[:17]
	case x < 0.0187: // a row with neither: it cannot be used
		name, code = "", ""
	}
	l.text(name)
	l.text(code)
}

func (l *line) end() error {
	l.buf = append(l.buf, '\r', '\n')
	_, err := l.w.Write(l.buf)
	l.buf, l.n = l.buf[:0], 0
	return err
}

func (l *line) header(names ...string) error {
	for _, n := range names {
		l.text(n)
	}
	return l.end()
}

func wide(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r - '0' + '０'
		}
		return r
	}, s)
}

func thousands(s string) string {
	whole, frac, _ := strings.Cut(s, ".")
	sign := ""
	if strings.HasPrefix(whole, "-") {
		sign, whole = "-", whole[1:]
	}
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	return sign + whole + "." + frac
}

// The columns of the market register's file.
var registerHeader = []string{"企业名称", "统一社会信用代码", "曾用名", "登记状态", "企业类型", "成立日期", "注册资本（万元）",
	"所属区", "所属功能区", "注册地址", "登记机关", "法定代表人", "国民经济行业", "经营范围", "是否独立法人", "是否居民企业",
	"联系人", "联系电话", "列入经营异常名录", "列入严重违法失信名单"}

// WriteRegister writes the market register of a city: one row per enterprise, GB18030 as such systems
// export it. Its two lists of misconduct are complete: a blank there means no.
func WriteRegister(w io.Writer, o Options) error {
	t := transform.NewWriter(w, simplifiedchinese.GB18030.NewEncoder())
	c := newCity(o.Seed, o.Until)
	l := &line{w: bufio.NewWriterSize(t, 1<<16)}
	if err := l.header(registerHeader...); err != nil {
		return err
	}
	for i := range o.Rows {
		e := c.at(i)
		l.r = c.stream(1, i)
		l.text(e.name)
		l.text(e.code)
		l.text(e.former)
		l.text(e.status)
		l.text(legalForm(e))
		l.date(e.registered, 0.01)
		l.money(e.capital, 0.02)
		if !l.blank(0.015) {
			l.text(e.place.name)
		}
		l.text(e.zone)
		l.text(e.address)
		l.text(registrar(e))
		l.text(e.legal())
		if !l.blank(0.03) {
			l.text(e.trade.industry)
		}
		l.text(e.trade.scope)
		l.answer(yes, 0.02)
		l.answer(yes, 0.02)
		if !l.blank(0.1) {
			l.text(e.contact)
		}
		if !l.blank(0.1) {
			l.text(e.phone)
		}
		l.listed(e.abnormal)
		l.listed(e.breach)
		if err := l.end(); err != nil {
			return err
		}
	}
	if err := l.w.Flush(); err != nil {
		return err
	}
	return t.Close()
}

// listed writes a cell of a complete list: yes, or nothing.
func (l *line) listed(on bool) {
	if on {
		l.text("是")
	} else {
		l.sep()
	}
}

func legalForm(e *enterprise) string {
	if strings.Contains(e.name, "股份") {
		return "股份有限公司(非上市、自然人投资或控股)"
	}
	return "有限责任公司(自然人投资或控股)"
}

func registrar(e *enterprise) string {
	if e.place.code[:2] != "12" {
		return e.place.name + "市场监督管理局"
	}
	return "天津市" + e.place.name + "市场监督管理局"
}

// figure is one yearly column group of the statement.
type figure struct {
	name    string
	missing float64
	write   func(l *line, y *year, missing float64)
}

var figures = []figure{
	{"职工总数", 0.02, func(l *line, y *year, m float64) { l.number(y.staff, m) }},
	{"科技人员数", 0.05, func(l *line, y *year, m float64) { l.number(y.scientists, m) }},
	{"研发人员数", 0.12, func(l *line, y *year, m float64) { l.number(y.researchers, m) }},
	{"销售收入（万元）", 0.02, func(l *line, y *year, m float64) { l.money(y.sales, m) }},
	{"总收入（万元）", 0.05, func(l *line, y *year, m float64) { l.money(y.income, m) }},
	{"高新技术产品（服务）收入（万元）", 0.07, func(l *line, y *year, m float64) { l.money(y.hightech, m) }},
	{"成本费用支出总额（万元）", 0.06, func(l *line, y *year, m float64) { l.money(y.costs, m) }},
	{"研发费用（万元）", 0.05, func(l *line, y *year, m float64) { l.money(y.research, m) }},
	{"境内研发费用（万元）", 0.05, func(l *line, y *year, m float64) { l.money(y.researchHome, m) }},
	{"研发费用加计扣除额（万元）", 0.18, func(l *line, y *year, m float64) { l.money(y.deducted, m) }},
	{"资产总额（万元）", 0.03, func(l *line, y *year, m float64) { l.money(y.assets, m) }},
	{"净资产（万元）", 0.05, func(l *line, y *year, m float64) { l.money(y.netAssets, m) }},
	{"利润总额（万元）", 0.05, func(l *line, y *year, m float64) { l.money(y.profit, m) }},
	{"上缴税费（万元）", 0.08, func(l *line, y *year, m float64) { l.money(y.taxes, m) }},
	{"出口额（万元）", 0.20, func(l *line, y *year, m float64) { l.money(y.exports, m) }},
	{"获得银行贷款", 0.15, func(l *line, y *year, m float64) {
		a := no
		if y.loan {
			a = yes
		}
		l.answer(a, m)
	}},
}

// WriteStatement writes the annual statement: four years side by side, for those enterprises that handed
// one in.
func WriteStatement(w io.Writer, o Options) error {
	c := newCity(o.Seed, o.Until)
	l := &line{w: bufio.NewWriterSize(w, 1<<16)}
	l.buf = append(l.buf, "\ufeff"...)
	head := []string{"企业名称", "统一社会信用代码"}
	for _, f := range figures {
		for i := range span {
			head = append(head, strconv.Itoa(o.Until-(span-1)+i)+"年"+f.name)
		}
	}
	if err := l.header(head...); err != nil {
		return err
	}
	for i := range o.Rows {
		e := c.at(i)
		l.r = c.stream(2, i)
		if l.r.Float64() < 0.09 {
			continue
		}
		l.who(e)
		for _, f := range figures {
			for k := range e.years {
				// A figure for a year before the enterprise existed is another firm's, or a mistake.
				if e.years[k].before && l.r.Float64() >= 0.002 {
					l.sep()
					continue
				}
				f.write(l, &e.years[k], f.missing)
			}
		}
		if err := l.end(); err != nil {
			return err
		}
	}
	return l.w.Flush()
}

// WriteStanding writes what science offices keep: rights, certificates, awards, investment, and the
// findings and scores that people have made.
func WriteStanding(w io.Writer, o Options) error {
	c := newCity(o.Seed, o.Until)
	l := &line{w: bufio.NewWriterSize(w, 1<<16)}
	l.buf = append(l.buf, "\ufeff"...)
	if err := l.header("企业名称", "统一社会信用代码", "高新技术领域", "Ⅰ类知识产权", "Ⅱ类知识产权", "有效发明专利", "实用新型专利",
		"外观设计专利", "软件著作权", "自主研发知识产权", "核心知识产权", "科技成果转化数", "主导制定标准", "参与制定标准", "国家科技奖前三",
		"省部级科技奖励", "省部级以上研发机构", "双软证书", "国家级大赛优秀奖以上", "省级大赛三等奖以上", "非禁止限制淘汰类",
		"无重大事故及严重失信", "获得股权投资", "累计股权融资额（万元）", "最新估值（美元）", "已上市", "高企证书发证日期",
		"高企证书有效期至", "高企证书编号", "技术先进程度得分", "核心支持作用得分", "知识产权获得方式得分", "成果转化能力得分", "研发组织管理水平得分"); err != nil {
		return err
	}
	for i := range o.Rows {
		e := c.at(i)
		l.r = c.stream(3, i)
		if e.kind == plain && l.r.Float64() < 0.3 {
			continue
		}
		l.who(e)
		if e.trade.field == "" || l.r.Float64() < 0.10 {
			l.sep()
		} else {
			l.text(e.trade.field)
		}
		l.count(e.class1, 0.04)
		l.count(e.class2, 0.05)
		l.count(e.invention, 0.06)
		l.count(e.utility, 0.08)
		l.count(e.design, 0.10)
		l.count(e.software, 0.08)
		l.answer(e.ownResearch, 0)
		l.answer(e.core, 0)
		if !l.blank(0.14) {
			l.sep()
			l.buf = strconv.AppendFloat(l.buf, e.conversions, 'f', -1, 64)
		}
		for _, a := range []answer{e.standardsLed, e.standardsJoined, e.award, e.provinceAward, e.institution, e.certificates,
			e.nationalCompetition, e.competition, e.goods, e.conduct, e.capitalReceived} {
			l.answer(a, 0)
		}
		if e.valuation == 0 {
			l.sep()
			l.sep()
		} else {
			l.money(e.financing, 0.1)
			l.text(strconv.FormatFloat(e.valuation, 'f', -1, 64))
		}
		l.answer(e.listed, 0)
		l.date(e.certFrom, 0)
		l.date(e.certUntil, 0.3)
		l.text(e.certNo)
		for _, s := range []int{e.advancement, e.coreRole, e.obtained, e.converts, e.manages} {
			if s < 0 {
				l.sep()
			} else {
				l.count(s, 0)
			}
		}
		if err := l.end(); err != nil {
			return err
		}
	}
	return l.w.Flush()
}
