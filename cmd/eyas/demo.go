package main

import (
	"fmt"

	"eyas/internal/answer"
	"eyas/internal/demo"
	"eyas/internal/fault"
	"eyas/internal/figure"
	"eyas/internal/pack"
	"eyas/internal/quality"
	"eyas/internal/registry"
)

// demoCmd fills the base with a demonstration city.
type demoCmd struct {
	Rows   int    `name:"rows" default:"20000" placeholder:"N" help:"多少家企业，默认 20000 | how many enterprises, 20000 by default"`
	Seed   uint64 `name:"seed" default:"1" placeholder:"S" help:"随机种子；种子相同，数据相同 | the seed: the same seed gives the same city"`
	Year   int    `name:"year" placeholder:"YEAR" help:"数据到哪一年为止，默认上一年（筛查时的基准年） | the last year with figures, by default last year (today's base year)"`
	Keep   string `name:"keep" type:"path" placeholder:"DIR" help:"把生成的导入文件留在这个文件夹 | keep the generated files in this folder"`
	People bool   `name:"people" help:"每个角色建一个示例账号，口令显示在登录页上 | make a demonstration account for each role; their password is shown on the page to sign in"`
}

func (demoCmd) detail() pack.Text {
	return pack.Text{
		ZH: "生成三份像局里常用的表（市场主体登记、企业年度统计、科技资质与知识产权），经正常的导入写入底库。企业都是编造的：名称以（示例）结尾，" +
			"信用代码落在不会发放的号段，页面上始终标明是合成数据。表里照实际情况混有缺项、错单位、错代码等，所以有些行或单元格会被拒。",
		EN: "Makes three files like those of the bureaus (market register, annual statement, rights and certificates) and imports them in the usual way. " +
			"The enterprises do not exist: their names end in （示例）, their codes lie in a range that is never issued, and every page says that the data is synthetic. " +
			"The files have blanks, wrong units and wrong codes as real ones do, so some rows or cells are refused; that is not a failure.",
	}
}

// A demonstration city contains bad cells on purpose, so refusals are expected and the command ends with 0.
func (demoCmd) refuses() bool { return false }

func (demoCmd) examples() []string {
	return []string{"eyas demo --db demo.db", "eyas demo --db demo.db --rows 1000000 --seed 7 --year 2020"}
}

func (c demoCmd) Run(a *app) error {
	o := demo.Options{Rows: c.Rows, Seed: c.Seed, Until: c.Year, Dir: c.Keep, Lang: a.lang}
	if o.Until == 0 {
		o.Until = a.clock().Year() - 1
	}
	if o.Rows < 1 || o.Rows > demo.MaxRows { // before a base is made
		return fault.New(fault.Invalid,
			fmt.Sprintf("--rows 应在 1 到 %d 之间，给出的是 %d。", demo.MaxRows, o.Rows),
			fmt.Sprintf("--rows lies between 1 and %d, not at %d", demo.MaxRows, o.Rows))
	}
	if c.People || a.as == "" {
		if err := a.demoAllowed(); err != nil {
			return err
		}
	}
	svc, err := a.registry()
	if err != nil {
		return err
	}
	reports, err := demo.Fill(a.ctx, svc, o, a.progress())
	a.clear()
	if err != nil {
		return err
	}
	if c.People {
		if err := a.seedCases(svc); err != nil {
			return err
		}
		if err := a.seedPeople(svc); err != nil {
			return err
		}
	}
	if err := a.demoDoubts(svc); err != nil {
		return err
	}
	if a.json {
		out := answer.Demo{Rows: o.Rows, Seed: o.Seed, Year: o.Until}
		for _, r := range reports {
			out.Files = append(out.Files, answer.DemoFile{File: r.File, Rows: r.Rows, Accepted: r.Accepted, Unchanged: r.Unchanged, Refused: r.Refused})
		}
		return a.object(out)
	}
	t := grid{right: map[int]bool{1: true, 2: true, 3: true, 4: true}}
	t.row(a.say("文件", "file"), a.say("行", "rows"), a.say("写入", "accepted"), a.say("无变化", "unchanged"), a.say("拒绝", "refused"))
	for _, r := range reports {
		t.row(r.File, figure.Grouped(r.Rows), figure.Grouped(r.Accepted), figure.Grouped(r.Unchanged), figure.Grouped(r.Refused))
	}
	t.flush(a.out)
	fmt.Fprintf(a.out, a.say("示例城市已就绪：%s 家合成企业，数据到 %d 年。\n", "the demonstration city is ready: %s synthetic enterprises, figures up to %d\n"), figure.Grouped(o.Rows), o.Until)
	return nil
}

// demoDoubts searches the demonstration city for doubted values, so that its first visitor finds them marked.
func (a *app) demoDoubts(svc *registry.Registry) error {
	p, err := a.pack()
	if err != nil {
		return err
	}
	db, err := a.database()
	if err != nil {
		return err
	}
	_, err = quality.NewBoard(p, db.Findings(), svc, a.clock).Refresh(a.ctx, nil) // all subjects, whoever fills the city
	return err
}

// demoAllowed refuses to fill a base with people, by the machine's owner, when it holds real data.
func (a *app) demoAllowed() error {
	p, err := a.people()
	if err != nil {
		return err
	}
	if any, err := p.Any(a.ctx); err != nil || !any {
		return err
	}
	return a.ownerMakes()
}
