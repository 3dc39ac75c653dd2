package main

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"eyas/internal/answer"
	"eyas/internal/calendar"
	"eyas/internal/fault"
	"eyas/internal/pack"
)

// workdayCmd counts working days.
type workdayCmd struct {
	plainly
	Day string `arg:"" name:"day" help:"从哪一天起，如 2021-02-10；这一天不算 | from this day, such as 2021-02-10; it is not counted itself"`
	To  string `arg:"" name:"to" help:"+10：之后第十个工作日（-- -10：之前）；2021-03-01：到这一天（含）有几个工作日 | +10: the tenth working day after it (-- -10: before it); 2021-03-01: how many working days until that day, which is counted"`
}

func (workdayCmd) detail() pack.Text {
	return pack.Text{
		ZH: "按城市包 calendar/ 里国务院办公厅的放假通知推算工作日：周一至周五，减节假日，加调休上班的周末。没有通知的年份只按周末推算，并会说明（known 为 false）。",
		EN: "Counts working days by the State Council's notices of holidays in the pack (calendar/): Monday to Friday, less holidays, with the weekends that are worked for them. " +
			"In years without a notice only weekends count, and it says so (known is false).",
	}
}

func (workdayCmd) examples() []string {
	return []string{"eyas workday 2021-02-10 +10", "eyas workday 2021-02-10 2021-03-01 --json", "eyas workday 2021-02-10 -- -10"}
}

var dayCount = regexp.MustCompile(`^[+-][0-9]{1,6}$`)

func (c workdayCmd) Run(a *app) error {
	from, err := c.day(c.Day)
	if err != nil {
		return err
	}
	p, err := a.pack()
	if err != nil {
		return err
	}
	cal := calendar.New(p.Calendar)
	if dayCount.MatchString(c.To) {
		n, _ := strconv.Atoi(c.To) // the pattern says that it is a number
		d, err := cal.Add(from, n)
		if err != nil {
			return err
		}
		if a.json {
			return a.object(answer.NewWorkday(d))
		}
		fmt.Fprintf(a.out, a.say("%s（星期%s）%s\n", "%s (%s)%s\n"), d.Date.Format(time.DateOnly), a.weekday(d.Date), a.doubt(d.Unknown))
		return nil
	}
	to, err := c.day(c.To)
	if err != nil {
		return err
	}
	n, err := cal.Between(from, to)
	if err != nil {
		return err
	}
	if a.json {
		return a.object(answer.NewWorkdays(n))
	}
	fmt.Fprintf(a.out, a.say("%d 个工作日%s\n", "%d working days%s\n"), n.Days, a.doubt(n.Unknown))
	return nil
}

// day reads a day of the arguments.
func (workdayCmd) day(s string) (time.Time, error) {
	d, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return d, fault.New(fault.Invalid, fmt.Sprintf("%q 不是日期。日期写成 2021-02-10，工作日数写成 +10。", s), fmt.Sprintf("%q is no date: write days like 2021-02-10, and numbers of working days like +10", s))
	}
	return d, nil
}

// weekday names the day of the week.
func (a *app) weekday(d time.Time) string {
	return a.say([]string{"日", "一", "二", "三", "四", "五", "六"}[d.Weekday()], d.Weekday().String())
}

// doubt says for which years no notice is kept.
func (a *app) doubt(years []int) string {
	if len(years) == 0 {
		return ""
	}
	list := make([]string, len(years))
	for i, y := range years {
		list[i] = strconv.Itoa(y)
	}
	return fmt.Sprintf(a.say("；没有 %s 年的放假通知，这一年只按周末推算", "; there is no notice of holidays for %s: only weekends were counted there"), strings.Join(list, a.say("、", ", ")))
}
