package main

import (
	"bytes"
	"fmt"
	"os"

	"eyas/internal/answer"
	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/template"
)

// templateCmd makes the workbook that people fill in to import a register.
type templateCmd struct {
	plainly
	Register string `name:"register" default:"enterprise" placeholder:"ID" help:"哪个库，默认 enterprise（企业库） | which register, by default enterprise"`
	Year     int    `name:"year" placeholder:"YEAR" help:"年度数据是哪一年的，默认上一年 | the year of yearly columns, by default last year"`
	Out      string `name:"out" required:"" type:"path" placeholder:"FILE.xlsx" help:"写到这个文件 | the file to write"`
}

func (templateCmd) detail() pack.Text {
	return pack.Text{
		ZH: "模板里有表头、一行示例、供选择的列表和填写说明。示例行可以保留，导入时跳过。",
		EN: "The template has the header, an example row, lists to choose from and explanations. The example row may stay: it is not imported.",
	}
}

func (templateCmd) examples() []string {
	return []string{"eyas template --register carrier --out 载体库.xlsx", "eyas template --register person --year 2020 --out people.xlsx --lang en"}
}

func (c templateCmd) Run(a *app) error {
	if err := a.outside(c.Out); err != nil {
		return err
	}
	p, err := a.pack()
	if err != nil {
		return err
	}
	reg, err := registerOf(p, c.Register)
	if err != nil {
		return err
	}
	year := c.Year
	if year == 0 {
		year = a.clock().Year() - 1
	}
	if year < 1949 || year > 2100 {
		return fault.New(fault.Invalid, fmt.Sprintf("--year 应是四位年份，如 2020，给出的是 %d。", year), fmt.Sprintf("--year is a year such as 2020, not %d", year))
	}
	var book bytes.Buffer
	if err := template.Write(&book, p, reg, year, a.lang); err != nil {
		return err
	}
	if err := os.WriteFile(c.Out, book.Bytes(), 0o644); err != nil {
		return failed{fault.New(fault.Invalid, fmt.Sprintf("写不了 %s。请检查文件夹和权限。", c.Out), fmt.Sprintf("%s cannot be written: check its folder and permissions", c.Out)).Wrap(err)}
	}
	columns := len(template.Columns(reg))
	if a.json {
		return a.object(answer.Template{File: c.Out, Register: reg.ID, Year: year, Columns: columns})
	}
	fmt.Fprintf(a.out, a.say("%s的模板有 %d 列，已写到 %s\n", "the template of %s has %d columns: %s\n"), reg.Name.In(a.lang), columns, c.Out)
	return nil
}
