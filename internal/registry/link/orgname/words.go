package orgname

import "strings"

// Form is a class of legal forms or kinds of organisation, by the end of a name. 0 means none.
type Form uint8

// formWords are the ends of names with their class. Forms of one class may belong to the same organisation: they are
// variants in writing, or the result of a change of legal form.
var formWords = func() (list []struct {
	text  string
	class Form
}) {
	classes := []string{
		"有限责任公司 股份有限公司 股份制公司 股份公司 有限公司 总公司 公司 有限责任 有限 公司有限",
		"总厂 厂",
		"专业合作社联合社 专业合作社 合作社联合社 合作社 合作联社 供销社 联社",
		"经营部 经销部 销售部 服务部 营业部 门市部 加工部 维修部 批发部 门市 部",
		"商店 超市 商行 商场 药店 酒店 饭店 店 行",
		"养殖场 种植场 加工场 采石场 农场 林场 牧场 砂场 沙场 煤场 场",
		"中心 站 所 院 室",
		"矿 坊 窑 库 馆 园 点 社 处 局 学校 校 医院 协会 联合会 基金会 集团",
	}
	for i, c := range classes {
		for _, w := range strings.Fields(c) {
			list = append(list, struct {
				text  string
				class Form
			}{w, Form(i + 1)})
		}
	}
	return list
}()

// branchEndings are endings that mark a branch of another organisation.
var branchEndings = strings.Fields("分公司 分厂 分店 分行 支行 分社 分部 分院 分所 分校 分场 分矿 分中心 子公司 经营部 经销部 销售部 营业部 营业厅 门市部 门市 服务部 " +
	"办事处 代表处 车间 项目部 加工点 加工部 加工厂 网点 仓库 一厂 二厂 三厂 四厂 五厂 六厂 七厂 八厂 分号 连锁店 专卖店 直营店 旗舰店 加油站 变电站 收购站 服务站")

// inner are the last characters of a parent's name, other than 公司, that a branch may follow.
var inner = []rune("厂店社矿院所行场部心站馆坊园点室处库")

// bracketForms are remarks in brackets that only state a legal form.
var bracketForms = words("普通合伙 有限合伙 特殊普通合伙 特殊的普通合伙 合伙 个体工商户 个体 个人独资 独资 有限公司 有限责任公司 有限责任 股份 股份有限公司 股份合作制 股份制 中外合资 合资 外资 中国 内资")

// commonWords are the first two characters of words for lines of business and goods. They help to find the end of a
// trade name in registers that are too small to learn from.
var commonWords = func() map[uint32]bool {
	m := map[uint32]bool{}
	for _, w := range strings.Fields("科技 技术 贸易 商贸 工贸 经贸 外贸 实业 产业 工业 企业 投资 控股 集团 发展 开发 管理 咨询 服务 文化 传媒 广告 教育 培训 " +
		"信息 网络 软件 数据 智能 电子 电器 电气 电力 电缆 电线 通信 通讯 光电 微电 半导 仪器 仪表 自动 机器 机械 机电 机床 机车 设备 装备 制造 加工 模具 五金 工具 量具 刀具 轴承 齿轮 阀门 水泵 泵业 管业 管道 " +
		"汽车 汽修 汽配 车辆 车业 配件 零部 物流 运输 货运 仓储 快递 建材 建筑 建设 工程 装饰 装潢 装修 安装 钢构 钢结 钢铁 钢材 金属 铝业 铝材 铜业 不锈 铸造 锻造 冶金 矿业 矿山 煤炭 石油 石化 石材 石料 石业 水泥 混凝 砼业 砖厂 耐火 陶瓷 玻璃 保温 防水 涂料 油漆 " +
		"化工 化学 化肥 肥业 肥料 农药 农业 农资 农产 农机 种业 种植 养殖 畜牧 畜禽 牧业 渔业 水产 饲料 粮油 粮食 面粉 食品 饮料 酒业 调味 果蔬 蔬菜 水果 肉类 冷藏 餐饮 " +
		"纺织 针织 服装 服饰 制衣 家纺 棉业 棉纺 印染 皮革 鞋业 家具 家居 木业 木制 木材 板材 板厂 人造 门业 门窗 包装 印刷 纸业 纸箱 纸制 造纸 塑料 塑胶 塑业 橡胶 橡塑 薄膜 泡沫 玩具 工艺 礼品 日用 文具 体育 " +
		"医药 药业 制药 医疗 生物 保健 环保 环境 节能 能源 新能 太阳 光伏 热力 供热 燃气 供水 水务 污水 再生 新型 新材 材料 复合 物业 房地 置业 酒店 旅游 园林 绿化 苗木 劳务 保安 检测 认证 设计 勘察 测绘 会计 律师 拍卖 租赁 销售 购销 经营 批发 零售") {
		r := []rune(w)
		m[Pair(r[0], r[1])] = true
	}
	return m
}()

// Pair packs two characters into one number.
func Pair(a, b rune) uint32 { return uint32(uint16(a))<<16 | uint32(uint16(b)) }

// leftovers are button labels of a web page at the end of copied lists of former names.
var leftovers = []string{"查看更多", "展开更多", "更多", "收起"}
