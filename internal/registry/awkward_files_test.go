package registry_test

// awkwardFiles are files of the kinds that docs/real-input.md lists.
var awkwardFiles = []awkward{
	// Lists that turn verdicts.
	{name: "a list of certificates taken away", file: "2020年取消高新技术企业资格名单.csv", source: "certificate",
		rows: []string{"序号,企业名称,统一社会信用代码,证书编号,发证日期,取消日期", "1,海津甲例材料有限公司,§1,GR201912000101,2019-11-28,2020-09-01"},
		want: []string{"1 cert_hnte_from@0=", "1 cert_hnte_no@0="}, says: "证书"},
	{name: "a notice before recognition", file: "公示.csv", source: "certificate",
		rows: []string{"天津市2020年第二批拟认定高新技术企业公示名单,,,", "序号,企业名称,统一社会信用代码,发证日期,证书编号", "1,海津甲例材料有限公司,§1,2020-10-28,"},
		want: []string{"1 cert_hnte_from@0="}},
	{name: "a list of little giants", file: "名单.xlsx", source: "certificate",
		rows: []string{"2020年天津市“专精特新”中小企业名单（高新技术企业除外）", "序号|企业名称|统一社会信用代码|证书编号|发证日期|有效期至", "1|海津甲例材料有限公司|§1|ZJTX2020001|2020-10-28|2023-10-27"}, merged: []string{"A1:F1"},
		want: []string{"1 cert_hnte_from@0=", "1 cert_hnte_until@0="}},
	{name: "off the abnormal list by a yes", file: "经营异常名录.csv", source: "abnormal",
		rows: []string{"统一社会信用代码,企业名称,列入日期,是否移出", "§1,海津甲例材料有限公司,2019-07-01,是", "§2,海津乙例材料有限公司,2019-07-01,否", "§3,海津丙例材料有限公司,2019-07-01,已移出", "§4,海津丁例材料有限公司,2019-07-01,"},
		want: []string{"1 abnormal_list@0=", "2 abnormal_list@0=1", "3 abnormal_list@0=", "4 abnormal_list@0=1"}, says: "移出"},
	{name: "off the abnormal list by a reason", file: "经营异常名录.csv", source: "abnormal",
		rows: []string{"统一社会信用代码,企业名称,列入日期,列入原因,移出日期,移出原因", "§1,海津甲例材料有限公司,2019-07-01,未年报,/,", "§2,海津乙例材料有限公司,2019-07-01,未年报,,已补报年报", "§3,海津丙例材料有限公司,2019-07-01,未年报,2020年3月5日,已补报", "§4,海津丁例材料有限公司,2019-07-01,未年报,未移出,"},
		want: []string{"1 abnormal_list@0=1", "2 abnormal_list@0=", "3 abnormal_list@0=0", "4 abnormal_list@0=1"}, says: "移出"},
	{name: "rights that ended or never began", file: "专利.csv", source: "ip",
		rows: []string{"专利权人,专利号,专利类型,授权日期,法律状态",
			"海津甲例材料有限公司,ZL201910000001.1,发明专利,2020-01-03,授权", "海津甲例材料有限公司,201910000001.1,发明授权,2020-01-03,有权", "海津甲例材料有限公司,ZL201910000002.6,发明专利,2020-01-03,未缴年费终止失效",
			"海津甲例材料有限公司,ZL201910000003.0,发明公开,2020-01-03,审中-实审", "海津甲例材料有限公司,ZL201910000004.5,发明申请,2020-01-03,实质审查的生效", "海津甲例材料有限公司；海津乙例材料有限公司,ZL201920000005.X,实用新型,2020-02-03,授权"},
		want: []string{"海津甲例材料有限公司 ip_class1@0=1", "海津甲例材料有限公司 ip_class2@0=", "海津乙例材料有限公司 ip_class2@0="}, says: "两个名称"},
	{name: "validity in words", file: "高新技术企业证书.csv", source: "certificate",
		rows: []string{"企业名称,统一社会信用代码,证书编号,有效期", "海津甲例材料有限公司,§1,GR201912000101,2019.11.28—2022.11.27", "海津乙例材料有限公司,§2,GR201912000102,自2019年11月28日至2022年11月27日", "海津丙例材料有限公司,§3,GR201912000103,2019年11月28日起三年", "海津丁例材料有限公司,§4,GR201912000104,20191128-20221127", "海津戊例材料有限公司,§5,GR201912000105,2019/11/28~2022/11/27"},
		want: []string{"1 cert_hnte_until@0=2022-11-27", "2 cert_hnte_until@0=2022-11-27", "4 cert_hnte_until@0=2022-11-27", "5 cert_hnte_until@0=2022-11-27", "5 cert_hnte_from@0=2019-11-28", "3 cert_hnte_until@0="}},

	// Number formats.
	{name: "formats that scale", file: "2020年度.xlsx",
		rows:    []string{"企业名称|统一社会信用代码|销售收入（万元）|研发费用（元）|资产总额|利润总额（万元）|职工总数", "海津甲例材料有限公司|§1|26000000|1900000|31000000|-2500000|60", "海津乙例材料有限公司|§2|26000000|1900000|310000000|2500000|60"},
		formats: map[string]string{"C2": `0.00,"千"`, "D2": `¥#,##0.00;[Red]-¥#,##0.00`, "E2": `0!.0000"万元"`, "F2": `#,##0.0000;(#,##0.0000)`, "G2": `0"人"`, "C3": `0!.0,"万"`, "D3": `[DBNum2][$-804]General"元"`, "E3": `[>=100000000]0.00,,"百万元";0"元"`, "F3": `0.00,,`, "G3": `0_ `},
		want:    []string{"1 rd_expense@2020=1900000", "1 assets@2020=31000000", "1 profit@2020=-25000000000", "1 staff@2020=60", "2 rd_expense@2020=1900000", "2 assets@2020=310000000", "2 profit@2020=25000", "2 staff@2020=60", "1 sales@2020=26000000", "2 sales@2020=26000000"}},
	{name: "currencies in formats and words", file: "2020年度.xlsx",
		rows:    []string{"企业名称|统一社会信用代码|注册资本|实缴资本", "海津甲例材料有限公司|§1|5000000|USD 3,000,000", "海津乙例材料有限公司|§2|5000000|300万港币", "海津丙例材料有限公司|§3|5000000|叁佰万元整", "海津丁例材料有限公司|§4|500|300 万 元 人 民 币"},
		formats: map[string]string{"C2": `"HK$"#,##0`, "C3": `[$EUR] #,##0.00`, "C4": `[$￥-804]#,##0`, "C5": `0"万"`},
		want:    []string{"1 registered_capital@0=", "1 paid_in_capital@0=", "2 registered_capital@0=", "2 paid_in_capital@0=", "3 registered_capital@0=5000000", "4 registered_capital@0=5000000", "4 paid_in_capital@0="}},
	{name: "a column of units below a title's", file: "2020年度统计.xlsx",
		rows: []string{"企业情况（单位：万元）", "企业名称|统一社会信用代码|销售收入|研发费用|计量单位", "海津甲例材料有限公司|§1|2600|190|万元", "海津乙例材料有限公司|§2|26000000|1900000|元", "海津丙例材料有限公司|§3|2600|190|"}, merged: []string{"A1:E1"},
		want: []string{"1 sales@2020=26000000", "1 rd_expense@2020=1900000", "2 sales@2020=26000000", "2 rd_expense@2020=1900000", "3 sales@2020=26000000"}},

	// The unit of the table.
	{name: "a row of units below the header", file: "2020年度.csv",
		rows: []string{"企业名称,统一社会信用代码,销售收入,研发费用,职工总数", ",,万元,千元,人", "海津甲例材料有限公司,§1,2600,1900,60"},
		want: []string{"1 sales@2020=26000000", "1 rd_expense@2020=1900000", "1 staff@2020=60"}, count: 1},
	{name: "dashes in the row of units", file: "2020年度.csv",
		rows: []string{"序号,企业名称,统一社会信用代码,销售收入,研发费用,职工总数", "—,—,—,（万元）,（万元）,（人）", "1,海津甲例材料有限公司,§1,2600,190,60"},
		want: []string{"1 sales@2020=26000000", "1 rd_expense@2020=1900000", "1 staff@2020=60", "— exists="}, count: 1},
	{name: "a unit above the right end", file: "2020年度.xlsx",
		rows: []string{"天津海津区科技企业主要指标表", "填报单位：海津区科技局||||货币单位：人民币千元", "企业名称|统一社会信用代码|销售收入|研发费用|资产总额", "海津甲例材料有限公司|§1|26000|1900|31000"}, merged: []string{"A1:E1", "A2:D2"},
		want: []string{"1 sales@2020=26000000", "1 rd_expense@2020=1900000", "1 assets@2020=31000000"}},
	{name: "a unit in a note with other things", file: "2020年度.csv",
		rows: []string{"企业名称,统一社会信用代码,销售收入,研发费用", "海津甲例材料有限公司,§1,2600,190", "海津乙例材料有限公司,§2,3600,290", "注：1.数据来源为企业年报；2.本表中金额类指标的单位为万元；3.人数为年末数。,,,"},
		want: []string{"1 sales@2020=26000000", "2 rd_expense@2020=2900000"}, count: 2},
	{name: "amounts that look like ten thousands", file: "2020年度.csv",
		rows: []string{"企业名称,统一社会信用代码,注册资本,销售收入", "海津甲例材料有限公司,§1,9895.93,2600", "海津乙例材料有限公司,§2,500,3600.5", "海津丙例材料有限公司,§3,1000,860"},
		want: []string{"1 registered_capital@0=", "1 sales@2020="}, says: "没有说单位"},

	// Parts of a year, and whose year.
	{name: "a part of a year in a header", file: "企业表.csv",
		rows: []string{"企业名称,统一社会信用代码,2020年1-11月销售收入（万元）,研发费用（2020年1—3季度）（万元）,2020年度职工总数,资产总额（截至2020年9月30日）（万元）", "海津甲例材料有限公司,§1,2600,190,60,3100"},
		want: []string{"1 sales@2020=", "1 rd_expense@2020=", "1 staff@2020=60", "1 assets@2020="}},
	{name: "the middle of a year", file: "2020年中期企业快报.csv", rows: []string{"企业名称,统一社会信用代码,销售收入（万元）", "海津甲例材料有限公司,§1,2600"}, want: []string{"1 sales@2020="}},
	{name: "the first ten months", file: "a.csv", rows: []string{"2020年前10个月主要经济指标,,", "企业名称,统一社会信用代码,销售收入（万元）", "海津甲例材料有限公司,§1,2600"}, want: []string{"1 sales@2020="}},
	{name: "one to three quarters in words", file: "a.csv", rows: []string{"2020年一至三季度主要经济指标,,", "企业名称,统一社会信用代码,销售收入（万元）", "海津甲例材料有限公司,§1,2600"}, want: []string{"1 sales@2020="}},
	{name: "up to the end of a month", file: "a.csv", rows: []string{"数据截止日期：2020年6月30日,,", "企业名称,统一社会信用代码,销售收入（万元）", "海津甲例材料有限公司,§1,2600"}, want: []string{"1 sales@2020="}},
	{name: "a quarter by its letter", file: "企业表_2020Q3.csv", rows: []string{"企业名称,统一社会信用代码,销售收入（万元）", "海津甲例材料有限公司,§1,2600"}, want: []string{"1 sales@2020="}},
	{name: "whose year of an evaluation", file: "a.csv", rows: []string{"2021年度科技型中小企业评价信息汇总表,,", "企业名称,统一社会信用代码,销售收入（万元）", "海津甲例材料有限公司,§1,2600"}, want: []string{"1 sales@2021="}, says: "2020"},
	{name: "a year of a fund", file: "a.csv", rows: []string{"2021年科技专项资金拟支持企业情况,,", "企业名称,统一社会信用代码,销售收入（万元）", "海津甲例材料有限公司,§1,2600"}, want: []string{"1 sales@2021="}},
	{name: "the year before and this", file: "2020年度.csv", rows: []string{"企业名称,统一社会信用代码,上年销售收入（万元）,本年销售收入（万元）,去年职工总数,职工总数", "海津甲例材料有限公司,§1,2300,2600,55,60"}, want: []string{"1 sales@2020=26000000", "1 staff@2020=60"}},
	{name: "a plan", file: "2020年度.csv", rows: []string{"企业名称,统一社会信用代码,销售收入（万元）,2021年预计销售收入（万元）,2021年目标研发费用（万元）", "海津甲例材料有限公司,§1,2600,3000,300"}, want: []string{"1 sales@2020=26000000", "1 sales@2021=", "1 rd_expense@2021="}},

	// Groups of headers.
	{name: "declared and checked", file: "2020年度.xlsx",
		rows: []string{"企业名称|统一社会信用代码|申报数||核定数|", "||销售收入（万元）|研发费用（万元）|销售收入（万元）|研发费用（万元）", "海津甲例材料有限公司|§1|2600|190|2500|150"}, merged: []string{"A1:A2", "B1:B2", "C1:D1", "E1:F1"},
		want: []string{"1 sales@2020=", "1 rd_expense@2020="}},
	{name: "a budget beside what was done", file: "2020年度.xlsx",
		rows: []string{"企业名称|统一社会信用代码|销售收入（万元）||完成率（%）", "||预算数|实际数|", "海津甲例材料有限公司|§1|3000|2600|87"}, merged: []string{"A1:A2", "B1:B2", "C1:D1", "E1:E2"},
		want: []string{"1 sales@2020=26000000"}},
	{name: "three years and their sum", file: "近三年.xlsx",
		rows: []string{"企业名称|统一社会信用代码|销售收入（万元）||||职工总数", "||2018年|2019年|2020年|三年合计|2020年", "海津甲例材料有限公司|§1|2000|2300|2600|6900|60"}, merged: []string{"A1:A2", "B1:B2", "C1:F1"},
		want: []string{"1 sales@2018=20000000", "1 sales@2019=23000000", "1 sales@2020=26000000", "1 staff@2020=60"}},
	{name: "of the group and of the parent", file: "2020年度.csv",
		rows: []string{"企业名称,统一社会信用代码,合并报表,,母公司报表,", ",,销售收入（万元）,资产总额（万元）,销售收入（万元）,资产总额（万元）", "海津甲例材料有限公司,§1,9600,19000,2600,3100"},
		want: []string{"1 sales@2020=", "1 assets@2020="}},
	{name: "growth beside figures", file: "2020年度.csv",
		rows: []string{"企业名称,统一社会信用代码,销售收入（万元）,销售收入同比增长（%）,研发费用占销售收入比例（%）,职工总数增减", "海津甲例材料有限公司,§1,2600,13.2,7.3,5"},
		want: []string{"1 sales@2020=26000000", "1 rd_expense@2020=", "1 staff@2020="}},

	// Rows that are no enterprise.
	{name: "sums and notes among rows", file: "2020年度.csv",
		rows: []string{"序号,企业名称,统一社会信用代码,职工总数", "1,海津甲例材料有限公司,§1,60", ",合　计,,60", ",本页小计,,60", "总 计,,,60", ",平均每家,,60", ",全区企业合计（1户）,,60", ",占全市比重(%),,6", ",较上年增长,,6", ",其中：高企,,60", ",　其中:规上,,60", ",*注：以上数据截至年末,,", "共 1 户,,,60", "制表人：张三　审核人：李四,,,", ",——以下空白——,,", ",第1页 共3页,,", ",其余企业,,10", ",报送单位（公章）：,,", ",数据来源：统计局,,", ",Σ,,60", ",2020年12月31日,,"},
		want: []string{"1 staff@2020=60"}, count: 1},
	{name: "sections in the first column", file: "2020年度.xlsx",
		rows: []string{"序号|企业名称|统一社会信用代码|职工总数", "一、海津区（2家）|||", "1|海津甲例材料有限公司|§1|60", "2|海津乙例材料有限公司|§2|70", "（二）高新技术企业|||", "3|海津丙例材料有限公司|§3|80", "Ⅲ．其他|||", "4|海津丁例材料有限公司|§4|90", "合计：4家|||300"}, merged: []string{"A2:D2", "A5:D5", "A7:D7"},
		want: []string{"1 staff@2020=60", "3 staff@2020=80", "4 staff@2020=90"}, count: 4},

	// Words for nothing, and figures that are none.
	{name: "figures in words", file: "2020年度.csv",
		rows: []string{"企业名称,统一社会信用代码,职工总数,销售收入（万元）,研发费用（万元）", "海津甲例材料有限公司,§1,约60人,2600左右,≥190", "海津乙例材料有限公司,§2,50-60,500+,近200", "海津丙例材料有限公司,§3,60余人,2600余,见附件", "海津丁例材料有限公司,§4,６０,2 600,1.9e2", "海津戊例材料有限公司,§5,6O,26OO,l90", "海津己例材料有限公司,§6,六十,2600（未审计）,超过190"},
		want: []string{"1 staff@2020=", "1 sales@2020=", "1 rd_expense@2020=", "2 staff@2020=", "2 sales@2020=", "2 rd_expense@2020=", "3 staff@2020=", "3 sales@2020=", "3 rd_expense@2020=", "4 staff@2020=60", "4 sales@2020=26000000", "4 rd_expense@2020=1900000", "5 staff@2020=", "5 sales@2020=", "5 rd_expense@2020=", "6 sales@2020=", "6 rd_expense@2020="}},
	{name: "words for nothing as texts", file: "企业.csv",
		rows: []string{"企业名称,统一社会信用代码,联系人,股票代码,高企证书编号,曾用名,注册地址", "海津甲例材料有限公司,§1,暂空,未上市,未取得,尚无,见营业执照", "海津乙例材料有限公司,§2,（无）,N/A,—,无曾用名,空缺", "海津丙例材料有限公司,§3,／,无代码,办理中,从未更名,"},
		want: []string{"1 contact@0=", "1 stock_code@0=", "1 cert_hnte_no@0=", "1 former_names@0=", "1 address@0=", "2 contact@0=", "2 stock_code@0=", "2 cert_hnte_no@0=", "2 former_names@0=", "2 address@0=", "3 contact@0=", "3 stock_code@0=", "3 cert_hnte_no@0=", "3 former_names@0="}},

	// Identity.
	{name: "names with something around them", file: "2020年度.csv",
		rows: []string{"企业名称,职工总数", "“海津甲例材料有限公司”,1", "海津乙例材料有限公司*,2", "海津丙例材料有限公司（已注销）,3", "企业名称：海津丁例材料有限公司,4", "\"海津戊例\n材料有限公司\",5", "海 津 己 例 材 料 有 限 公 司,6", "海津庚例材料有限公司①,7", "海津辛例材料有限公司（存续）,8", "★海津壬例材料有限公司,9", "海津癸例材料有限公司。,10", "海津子例（集团）有限公司,11", "海津丑例材料有限公司(迁出),12", "《海津寅例材料有限公司》,13"},
		want: []string{"海津甲例材料有限公司 staff@2020=1", "海津乙例材料有限公司 staff@2020=2", "海津丙例材料有限公司 staff@2020=3", "海津丁例材料有限公司 staff@2020=4", "海津戊例材料有限公司 staff@2020=5", "海津己例材料有限公司 staff@2020=6", "海津庚例材料有限公司 staff@2020=7", "海津辛例材料有限公司 staff@2020=8", "海津壬例材料有限公司 staff@2020=9", "海津癸例材料有限公司 staff@2020=10", "海津子例（集团）有限公司 staff@2020=11", "海津丑例材料有限公司 staff@2020=12", "海津寅例材料有限公司 staff@2020=13"}},
	{name: "two codes in a cell", file: "2020年度.csv",
		rows: []string{"企业名称,统一社会信用代码,职工总数", "海津甲例材料有限公司,§1/§2,60", "海津乙例材料有限公司,代码：§3,70", "海津丙例材料有限公司,§4（新）,80", "海津丁例材料有限公司,\"9112 0110\nMA00 0000 5X\",90"},
		want: []string{"1 exists@0=", "2 exists@0=", "海津甲例材料有限公司 staff@2020=60", "3 staff@2020=70", "4 staff@2020=80"}},

	// Dates.
	{name: "dates as programs and people write them", file: "企业.csv",
		rows: []string{"企业名称,统一社会信用代码,成立日期", "海津甲例材料有限公司,§1,2016年3月18号", "海津乙例材料有限公司,§2,\"Fri Mar 18 2016 00:00:00 GMT+0800 (中国标准时间)\"", "海津丙例材料有限公司,§3,2016/03/18 00:00:00 +0800 CST", "海津丁例材料有限公司,§4,2016-03-18 24:00:00", "海津戊例材料有限公司,§5,1458230400000", "海津己例材料有限公司,§6,03/04/2016", "海津庚例材料有限公司,§7,2016-02-30", "海津辛例材料有限公司,§8,2016年3月18日星期五", "海津壬例材料有限公司,§9,2016、3、18", "海津癸例材料有限公司,§10,2016.03.18.", "海津子例材料有限公司,§11,民国105年3月18日", "海津丑例材料有限公司,§12,\"Mar 18, 2016\"", "海津寅例材料有限公司,§13,/Date(1458230400000)/"},
		want: []string{"1 registered_on@0=2016-03-18", "2 registered_on@0=", "3 registered_on@0=2016-03-18", "6 registered_on@0=", "7 registered_on@0=", "8 registered_on@0=2016-03-18", "9 registered_on@0=2016-03-18", "10 registered_on@0=2016-03-18", "11 registered_on@0=", "4 registered_on@0=2016-03-18"}},

	// What must be said.
	{name: "a hidden column", file: "2020年度.xlsx", hide: "C", rows: []string{"企业名称|统一社会信用代码|职工总数", "海津甲例材料有限公司|§1|60"}, want: []string{"1 staff@2020=60"}, says: "1 列是隐藏"},
	{name: "one amount over several columns", file: "年度.xlsx", rows: []string{"企业名称|统一社会信用代码|2019年销售收入（万元）|2020年销售收入（万元）", "海津甲例材料有限公司|§1|4900|"}, merged: []string{"C2:D2"}, want: []string{"1 sales@2019=", "1 sales@2020="}, says: "合并"},
	{name: "rows against one another across years", file: "2020年度.csv", rows: []string{"企业名称,统一社会信用代码,年度,职工总数", "海津甲例材料有限公司,§1,2019,60", "海津甲例材料有限公司,§1,2020,65", "海津甲例材料有限公司,§1,2020,75"}, says: "不一致"},
}
