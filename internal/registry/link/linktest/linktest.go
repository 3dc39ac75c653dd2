// Package linktest makes registers of enterprises and files of rows about them, of any size, to measure and test
// linkage. Names, codes and addresses are invented. Every item is computed from its number and the seed, so nothing is
// stored.
package linktest

import (
	"iter"
	"strings"

	"eyas/internal/registry/cell"
	"eyas/internal/registry/link"
)

// City is a register and a file. It is determined by its fields; a share of 0 means no such rows.
type City struct {
	Subjects int
	Rows     int
	Seed     uint64
	NoCode   float64 // share of rows without a code
	Dirty    float64 // share of rows whose name differs from the register
	Unknown  float64 // share of the rows without a code whose subject is not in the register
}

// Default returns a city like a bureau's yearly lists: three rows in ten have no code, and one in twenty has a mistyped
// name.
func Default(subjects, rows int) City {
	return City{Subjects: subjects, Rows: rows, Seed: 1, NoCode: 0.30, Dirty: 0.05, Unknown: 0.10}
}

// Item is a row with the true answer.
type Item struct {
	Row   link.Row
	Want  int64  // id of the subject; 0: none
	Dirty string // how the name was changed; "": not at all
}

var (
	areas = strings.Fields("120101和平区 120104南开区 120110东丽区 120111西青区 120112津南区 120113北辰区 120114武清区 120116滨海新区 370102历下区 370112历城区 370203市北区 " +
		"370304博山区 370306周村区 370481滕州市 370523广饶县 370681龙口市 370783寿光市 370785高密市 370829嘉祥县 370983肥城市 371302兰山区 371481乐陵市 371525冠县 371728东明县 " +
		"320106鼓楼区 320205锡山区 320282宜兴市 320411新北区 320583昆山市 320681启东市 330106西湖区 330281余姚市 330382乐清市 330481海宁市 330782义乌市 340104蜀山区 340203弋江区 " +
		"350203思明区 350582晋江市 350781邵武市 360102东湖区 360681贵溪市 410102中原区 410381偃师区 410781卫辉市 420102江岸区 420381丹江口市 430102芙蓉区 430281醴陵市 440303罗湖区 " +
		"440606顺德区 440781台山市 450102兴宁区 510104锦江区 510681广汉市 520102南明区 530102五华区 610102新城区 620102城关区 640104兴庆区 210102和平区 220102南关区 230102道里区 130102长安区 140105小店区")
	cities = map[string]string{"12": "天津市", "37": "山东", "32": "江苏省", "33": "浙江", "34": "安徽省", "35": "福建", "36": "江西省", "41": "河南", "42": "湖北省", "43": "湖南",
		"44": "广东", "45": "广西", "51": "四川", "52": "贵州", "53": "云南", "61": "陕西", "62": "甘肃省", "64": "宁夏", "21": "辽宁", "22": "吉林", "23": "黑龙江省", "13": "河北", "14": "山西"}
	// Characters of trade names, frequent ones first. Drawing prefers the first ones.
	syllables = []rune("鑫金华盛兴隆泰恒丰瑞源达顺宏祥永昌安海东方中联天润康佳诚信德利嘉鼎富伟博创新明辉亿凯腾龙飞正圣三五福万旺春江山河长城光大通宇星云汇聚锦荣耀卓越远航启程领先" +
		"益民惠众美好乐居尚品智慧蓝绿青红白玉石宝珠翠林森木水清泉湖洋洲岛峰岭岳松柏竹梅兰菊桂枫樱桃李杏柳杨梧桐鹤凤凰麒麟骏马鹰雁鸿鹏鲲鲸狮虎豹牛羊犬兔晨曦朝阳夕月夜朗晴雪霜雨露虹雷电风火炎灿烁煌焱" +
		"仁义礼孝忠勇和平友善真诗书画琴棋典雅韵律音声文武英雄豪杰俊才学士帝王侯爵坤乾艮震巽坎离兑甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥轩辕尧舜禹汤桓齐鲁燕赵韩魏秦楚吴越晋宋")
	lines = strings.Fields("科技 软件 信息技术 新材料 生物科技 环保科技 机械 机械制造 精密机械 电气设备 电子 自动化设备 化工 精细化工 塑料制品 橡胶制品 纺织 服装 家具 木业 纸业 包装材料 印刷 食品 粮油 饲料 农业科技 水产养殖 医疗器械 医药 " +
		"建材 建筑工程 装饰工程 市政工程 钢结构 金属制品 铝业 铸造 轴承 阀门 泵业 模具 汽车配件 汽车销售 物流 运输 商贸 贸易 国际贸易 工贸 餐饮管理 物业管理 文化传媒 广告 企业管理咨询 教育咨询 园林绿化 新能源 光伏科技 石油机械 矿山机械 玻璃")
	forms = strings.Fields("有限公司 有限公司 有限公司 有限公司 有限公司 有限责任公司 股份有限公司 厂 经营部 集团有限公司")
	roads = strings.Fields("人民路 建设路 解放路 中山路 工业园路 科技大道 新华街 和平街 胜利路 东环路 西环路 南环路 北环路 迎宾大道 创业路 振兴街")
)

// dice is a generator of numbers from a seed.
type dice uint64

func (d *dice) next() uint64 {
	*d += 0x9E3779B97F4A7C15
	z := uint64(*d)
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

func (d *dice) below(n int) int { return int(d.next() % uint64(n)) }

func (d *dice) share() float64 { return float64(d.next()>>11) / (1 << 53) }

// syllable draws a character of a trade name: the smaller of two draws, so that the first ones are frequent.
func (d *dice) syllable() rune {
	return syllables[min(d.below(len(syllables)), d.below(len(syllables)))]
}

// parts are the parts of a name.
type parts struct {
	province, place, trade, line, form, branch string
}

func (p parts) String() string { return p.province + p.place + p.trade + p.line + p.form + p.branch }

// subject makes subject i (from 1).
func (c City) subject(i int) (parts, link.Entry) {
	d := dice(c.Seed*0x9E3779B97F4A7C15 + uint64(i)*0xD1342543DE82EF95)
	area := areas[d.below(len(areas))]
	code, place := area[:6], area[6:]
	p := parts{place: place, line: lines[d.below(len(lines))], form: forms[d.below(len(forms))]}
	if d.below(3) == 0 {
		p.province = cities[code[:2]]
	}
	trade := []rune{d.syllable(), d.syllable()}
	if d.below(3) == 0 {
		trade = append(trade, d.syllable())
	}
	p.trade = string(trade)
	if d.below(40) == 0 && strings.HasSuffix(p.form, "公司") {
		p.branch = []string{"第一分公司", "第二分公司", "销售分公司"}[d.below(3)]
	}
	e := link.Entry{ID: int64(i), Code: creditCode(code, uint64(i)), Name: p.String()}
	e.Address = cities[code[:2]] + place + roads[d.below(len(roads))] + digits(1+d.below(300)) + "号"
	if d.below(10) == 0 {
		old := p
		old.trade = string([]rune{d.syllable(), d.syllable()})
		e.Former = []string{old.String()}
	}
	return p, e
}

// Register returns the subjects.
func (c City) Register() iter.Seq[link.Entry] {
	return func(yield func(link.Entry) bool) {
		for i := 1; i <= c.Subjects; i++ {
			if _, e := c.subject(i); !yield(e) {
				return
			}
		}
	}
}

// Incoming returns the rows.
func (c City) Incoming() iter.Seq[Item] {
	return func(yield func(Item) bool) {
		for i := range c.Rows {
			if !yield(c.item(i)) {
				return
			}
		}
	}
}

// Only returns the rows that no exact value decides: rows without a code whose name is changed or unknown.
func (c City) Only(rows int) iter.Seq[Item] {
	return func(yield func(Item) bool) {
		for i := 0; rows > 0; i++ {
			if it := c.item(i); it.Row.Code == "" && (it.Dirty != "" || it.Want == 0) {
				if rows--; !yield(it) {
					return
				}
			}
		}
	}
}

func (c City) item(i int) Item {
	d := dice(c.Seed*0xA24BAED4963EE407 + uint64(i)*0x9FB21C651E98DF25)
	n := 1 + d.below(c.Subjects)
	coded := d.share() >= c.NoCode
	if !coded && d.share() < c.Unknown {
		n = c.Subjects + 1 + i
	}
	p, e := c.subject(n)
	it := Item{Want: int64(n), Row: link.Row{Name: e.Name}}
	if n > c.Subjects {
		it.Want = 0
	}
	if coded {
		it.Row.Code = e.Code
	}
	if d.share() < c.Dirty {
		it.Row.Name, it.Dirty = dirty(p, &d)
	}
	return it
}

// Mistyped returns a name as it might be typed, and how it was changed. It depends only on the numbers of the subject
// and the attempt.
func (c City) Mistyped(subject, attempt int) (name, what string) {
	p, _ := c.subject(subject)
	d := dice(uint64(subject)*0x9FB21C651E98DF25 + uint64(attempt) + c.Seed)
	return dirty(p, &d)
}

func dirty(p parts, d *dice) (name, what string) {
	whole := p.String()
	r := []rune(whole)
	at := len([]rune(p.province + p.place))
	switch d.below(8) {
	case 0:
		i := at + d.below(len([]rune(p.trade)))
		for r[i] == []rune(whole)[i] {
			r[i] = d.syllable()
		}
		return string(r), "wrong character"
	case 1:
		return string([]rune(p.province+strings.TrimRight(p.place, "市县区"))) + p.trade + p.line + p.form + p.branch, "kind of place left out"
	case 2:
		return p.trade + p.line + p.form + p.branch, "place left out"
	case 3:
		return p.province + p.place + p.trade + p.line + p.branch, "form left out"
	case 4:
		i := at + d.below(len(r)-at)
		return string(r[:i]) + string(r[i+1:]), "character left out"
	case 5:
		i := at + d.below(max(1, len(r)-at-1))
		r[i], r[i+1] = r[i+1], r[i]
		return string(r), "characters swapped"
	case 6:
		return p.province + p.place + p.trade + lines[d.below(len(lines))] + p.form + p.branch, "another line of business"
	}
	l := []rune(p.line)
	return p.province + p.place + p.trade + string(l[:2]) + p.form + p.branch, "line of business shortened"
}

// creditCode returns a code with correct check characters that no one has, because no real organisation code begins
// with YY.
func creditCode(area string, n uint64) string {
	const alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
	b := []byte("91" + area + "YY000000")
	for i := len(b) - 1; i >= 10; i-- {
		b[i] = alphabet[n%31]
		n /= 31
	}
	sum := 0
	for i, w := range [8]int{3, 7, 9, 10, 5, 8, 4, 2} {
		v := int(b[8+i] - '0')
		if b[8+i] >= 'A' {
			v = int(b[8+i]-'A') + 10
		}
		sum += v * w
	}
	code := string(b) + string("0X987654321"[sum%11])
	return code + string(cell.CheckCharacter(code))
}

func digits(n int) string {
	s := ""
	for ; n > 0; n /= 10 {
		s = string(rune('0'+n%10)) + s
	}
	return s
}
