package demo

import (
	"encoding/csv"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"time"
)

// others are the files of the registers besides that of enterprises, small whatever the size of the city. They name
// one another and its enterprises; the last says which of these are tenants of which carrier.
func others() []file {
	list := []file{
		{register: "institution", name: "示例-机构名册.csv", write: roll((*rolls).institutions)},
		{register: "carrier", name: "示例-载体名册.csv", write: roll((*rolls).carriers)},
		{register: "platform", name: "示例-平台名册.csv", write: roll((*rolls).platforms)},
		{register: "person", name: "示例-专家人才名册.csv", write: roll((*rolls).people)},
		{register: "achievement", name: "示例-成果名册.csv", write: roll((*rolls).achievements)},
		{register: "demand", name: "示例-需求名册.csv", write: roll((*rolls).demands)},
		{register: "finance_product", name: "示例-金融产品名册.csv", write: roll((*rolls).products)},
		{register: "instrument", name: "示例-仪器名册.csv", write: roll((*rolls).instruments)},
		{name: "示例-在孵企业名册.csv", write: roll((*rolls).tenants)},
		{name: "示例-税务加计扣除数据.csv", write: roll((*rolls).extract), source: "tax"},
		{name: "示例-知识产权明细.csv", write: roll((*rolls).rights), source: "ip"},
		{name: "示例-科技局走访名单.csv", write: roll((*rolls).list), source: "bureau"},
	}
	return list
}

// How many of each a city has.
const (
	institutions = 40
	carriers     = 30
	platforms    = 60
	people       = 240
	achievements = 160
	demands      = 120
	products     = 24
	instruments  = 120
	mostTenants  = 300
)

// rolls writes the files of one city.
type rolls struct {
	*city
	rows int
	r    *rand.Rand
	w    *csv.Writer
}

func roll(write func(*rolls)) func(io.Writer, Options) error {
	return func(w io.Writer, o Options) error {
		l := &rolls{city: newCity(o.Seed, o.Until), rows: o.Rows, r: rand.New(rand.NewPCG(o.Seed, 77)), w: csv.NewWriter(w)}
		write(l)
		l.w.Flush()
		return l.w.Error()
	}
}

// row writes one row; errors are kept by the writer.
func (l *rolls) row(cells ...string) { _ = l.w.Write(cells) }

// pick chooses one of some words.
func (l *rolls) pick(words ...string) string { return words[l.r.IntN(len(words))] }

// some enterprise of the city; the same i gives the same one.
func (l *rolls) some(i int) *enterprise { return l.at(i * 7919 % l.rows) }

func (l *rolls) day(from, years int) string {
	return time.Date(from, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, l.r.IntN(365*years)).Format(time.DateOnly)
}

func whole(n int) string { return strconv.Itoa(n) }

// wan writes an amount in 万元.
func wan(n int) string { return strconv.Itoa(n) + "万元" }

var (
	waters   = []string{"海河", "子牙", "永定", "潮白", "蓟运", "大清", "津河", "月牙", "卫津", "复兴"}
	studies  = []string{"先进陶瓷", "生物制药", "智能网联", "工业软件", "水处理", "储能材料", "精密仪器", "海洋装备", "种业", "集成电路"}
	fields   = []string{"新材料", "生物与新医药", "电子信息", "先进制造与自动化", "资源与环境", "新能源与节能", "航空航天", "高技术服务"}
	clans    = []string{"赵", "钱", "孙", "李", "周", "吴", "郑", "王", "冯", "陈", "褚", "卫"}
	ordinals = []string{"一", "二", "三", "四", "五", "六", "七", "八", "九", "十"}
)

// institution names institution i: universities first, then research institutes, service organisations and banks.
func institution(i int) (name, kind string) {
	water := waters[i%len(waters)]
	switch i / len(waters) {
	case 0:
		return water + "大学（示例）", "高等院校"
	case 1:
		return water + "研究院（示例）", "科研院所"
	case 2:
		return water + "技术转移中心（示例）", "技术转移机构"
	}
	return water + "银行天津分行（示例）", "银行"
}

func institutionCode(i int) string { return bodyCode("12", "120000", uint64(i)*97) }

func carrier(i int) string {
	return fmt.Sprintf("%s%s%s（示例）", waters[i%len(waters)], []string{"", "新", "东"}[i/len(waters)], []string{"科技企业孵化器", "众创空间", "加速器"}[i%3])
}

func platform(i int) string {
	return fmt.Sprintf("天津市%s%s（示例）", studies[i%len(studies)], []string{"重点实验室", "技术创新中心", "工程技术研究中心", "产业技术研究院", "企业技术中心", "中试基地"}[i/len(studies)])
}

// person names person i; the names do not repeat.
func person(i int) string {
	return clans[i%len(clans)] + ordinals[i/len(clans)%len(ordinals)] + ordinals[(i/len(clans)/len(ordinals)+3*i)%len(ordinals)]
}

// unit is where person i works: an institution, or an enterprise.
func (l *rolls) unit(i int) (name, code string) {
	if i%3 == 0 {
		e := l.some(i)
		return e.name, e.code
	}
	at := (i*7 + i/3) % (institutions * 3 / 4)
	name, _ = institution(at)
	return name, institutionCode(at)
}

func (l *rolls) institutions() {
	l.row("统一社会信用代码", "机构名称", "机构类别", "所属区", "成立日期", "服务内容", "联系人", "联系电话",
		fmt.Sprintf("%d年职工总数", l.until), fmt.Sprintf("%d年技术合同数", l.until), fmt.Sprintf("%d年技术合同成交额", l.until))
	for i := range institutions {
		name, kind := institution(i)
		l.row(institutionCode(i), name, kind, l.pick("南开区", "津南区", "西青区", "和平区"), l.day(1960, 40), l.pick("技术转移", "检验检测；技术咨询", "科技贷款", "知识产权"),
			person(i), "022-0000"+fmt.Sprintf("%04d", i), whole(100+l.r.IntN(3000)), whole(l.r.IntN(300)), wan(200+l.r.IntN(90000)))
	}
}

func (l *rolls) carriers() {
	l.row("载体编号", "载体名称", "载体类别", "级别", "所属区", "成立日期", "运营单位", "运营单位信用代码", "场地面积（平方米）", "负责人", "联系电话",
		fmt.Sprintf("%d年在孵企业数", l.until), fmt.Sprintf("%d年毕业企业数", l.until), fmt.Sprintf("%d年载体总收入", l.until))
	for i := range carriers {
		e := l.some(i/2*3 + 1) // some run two
		l.row(fmt.Sprintf("SLZT-%03d", i+1), carrier(i), []string{"科技企业孵化器", "众创空间", "科技企业加速器"}[i%3], l.pick("国家级", "市级", "市级", "区级"),
			districts[i%len(districts)].name, l.day(2010, 8), e.name, e.code, whole(2000+l.r.IntN(30000)), person(i+40), "022-0001"+fmt.Sprintf("%04d", i),
			whole(10+l.r.IntN(90)), whole(l.r.IntN(12)), wan(50+l.r.IntN(2000)))
	}
}

func (l *rolls) platforms() {
	l.row("平台编号", "平台名称", "平台类别", "级别", "所属区", "技术领域", "批准日期", "依托单位", "依托单位信用代码", "负责人",
		fmt.Sprintf("%d年研发人员数", l.until), fmt.Sprintf("%d年科研经费", l.until))
	for i := range platforms {
		host, code := l.unit(i)
		l.row(fmt.Sprintf("SLPT-%03d", i+1), platform(i), []string{"重点实验室", "技术创新中心", "工程技术研究中心", "产业技术研究院", "企业技术中心", "中试基地"}[i/len(studies)],
			l.pick("国家级", "市级", "市级"), l.pick("南开区", "津南区", "滨海新区", "西青区"), fields[i%len(fields)], l.day(2008, 12), host, code, person(i+80),
			whole(8+l.r.IntN(90)), wan(100+l.r.IntN(6000)))
	}
}

func (l *rolls) people() {
	l.row("人员编号", "姓名", "人员类别", "学历学位", "职称级别", "工作单位", "工作单位信用代码", "到岗日期", "专业领域", "专长", "手机", "服务企业", "派驻开始")
	for i := range people {
		unit, code := l.unit(i)
		number, served, since := fmt.Sprintf("SLRY-%04d", i+1), "", ""
		kind := []string{"评审专家", "科技人才", "科技特派员", "技术经纪人"}[i%4]
		if kind == "科技特派员" {
			served, since = l.some(i+5).name, l.day(l.until-1, 1)
		}
		if i%5 == 0 { // known by name and unit
			number = ""
		}
		l.row(number, person(i), kind, l.pick("博士", "硕士", "本科"), l.pick("正高级", "副高级", "中级"), unit, code, l.day(2005, 14), fields[i%len(fields)],
			studies[i%len(studies)], "1380000"+fmt.Sprintf("%04d", i), served, since)
	}
}

func (l *rolls) achievements() {
	l.row("成果登记号", "成果名称", "成果类别", "技术领域", "成果阶段", "权属单位", "权属单位信用代码", "主要完成人", "登记日期", "转化方式", "意向价格", "对外发布", "承接单位", "转化日期")
	for i := range achievements {
		owner, code := l.unit(i)
		taken, on := "", ""
		if i%4 == 0 {
			taken, on = l.some(i+11).name, l.day(l.until, 1)
		}
		l.row(fmt.Sprintf("SLCG-%d-%04d", l.until, i+1), fmt.Sprintf("%s%s（示例 %d）", studies[i%len(studies)], l.pick("关键技术", "成套工艺", "核心部件", "检测方法"), i+1),
			l.pick("应用技术成果", "应用技术成果", "基础理论成果"), fields[i%len(fields)], l.pick("实验室阶段", "中试阶段", "小批量生产", "产业化"), owner, code,
			person(i)+"；"+person(i+1), l.day(l.until-2, 3), l.pick("技术转让", "技术许可", "作价入股", "合作开发"), wan(20+l.r.IntN(900)), l.pick("是", "是", "否"), taken, on)
	}
}

func (l *rolls) demands() {
	l.row("需求编号", "需求名称", "需求类别", "技术领域", "提出单位", "提出单位信用代码", "所属区", "意向投入", "提出日期", "需求截止日期", "需求状态", "解决单位", "联系人", "联系电话")
	for i := range demands {
		e := l.some(i + 3)
		state, solved := l.pick("待对接", "对接中", "已解决"), ""
		if state == "已解决" {
			solved, _ = institution(i % institutions)
		}
		l.row(fmt.Sprintf("SLXQ-%d-%04d", l.until, i+1), fmt.Sprintf("%s%s（示例 %d）", studies[i%len(studies)], l.pick("工艺改进", "设备国产化", "检测能力", "软件开发"), i+1),
			l.pick("技术需求", "技术需求", "人才需求", "融资需求"), fields[i%len(fields)], e.name, e.code, e.place.name, wan(5+l.r.IntN(300)), l.day(l.until, 1),
			l.day(l.until+1, 1), state, solved, e.contact, e.phone)
	}
}

func (l *rolls) products() {
	l.row("产品编号", "产品名称", "产品类别", "提供机构", "提供机构信用代码", "最低额度", "最高额度", "年利率下限", "最长期限（月）", "免抵押", "在售", "推出日期", "联系电话")
	for i := range products {
		bank := institutions*3/4 + i%(institutions/4)
		name, _ := institution(bank)
		l.row(fmt.Sprintf("SLJR-%03d", i+1), fmt.Sprintf("%s%s（示例）", waters[i%len(waters)], []string{"科创贷", "知产贷", "高企贷"}[i/len(waters)]),
			[]string{"信用贷款", "知识产权质押贷款", "担保贷款"}[i/len(waters)], name, institutionCode(bank), wan(10+l.r.IntN(50)), wan(200+l.r.IntN(2800)),
			fmt.Sprintf("%.2f%%", 3.5+l.r.Float64()*2), whole(12*(1+l.r.IntN(5))), l.pick("是", "否"), l.pick("是", "是", "否"), l.day(l.until-2, 2), "022-0002"+fmt.Sprintf("%04d", i))
	}
}

func (l *rolls) instruments() {
	l.row("仪器编号", "仪器名称", "仪器类别", "规格型号", "原值", "启用日期", "所属单位", "所属单位信用代码", "所在平台", "所属区", "开放共享", "机组联系人", "联系电话",
		fmt.Sprintf("%d年使用机时", l.until), fmt.Sprintf("%d年共享机时", l.until))
	for i := range instruments {
		owner, code := l.unit(i % platforms) // that of the platform it stands in
		hours := 200 + l.r.IntN(1600)
		l.row(fmt.Sprintf("SLYQ-%04d", i+1), fmt.Sprintf("%s（示例 %d）", l.pick("扫描电子显微镜", "质谱仪", "X射线衍射仪", "三坐标测量机", "基因测序仪", "示波器"), i+1),
			l.pick("分析仪器", "物理性能测试仪器", "计量仪器", "电子测量仪器"), fmt.Sprintf("SL-%d", 100+i), wan(50+l.r.IntN(900)), l.day(2012, 8), owner, code, platform(i%platforms),
			l.pick("南开区", "津南区", "滨海新区", "西青区"), l.pick("是", "是", "否"), person(i+120), "022-0003"+fmt.Sprintf("%04d", i), whole(hours), whole(hours/(2+l.r.IntN(5))))
	}
}

func (l *rolls) tenants() {
	l.row("企业名称", "统一社会信用代码", "入驻载体", "入驻载体编号", "入驻日期", "迁出日期")
	seen := map[int]bool{}
	for i := range min(mostTenants, max(1, l.rows/3)) {
		e := l.some(i*13 + 2)
		if seen[e.index] {
			continue
		}
		seen[e.index] = true
		c, left := l.r.IntN(carriers), ""
		from := l.day(l.until-4, 3)
		if i%6 == 0 {
			left = l.day(l.until, 1)
		}
		l.row(e.name, e.code, carrier(c), fmt.Sprintf("SLZT-%03d", c+1), from, left)
	}
}
