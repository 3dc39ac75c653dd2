package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"eyas/internal/figure"
	"eyas/internal/registry/derive"
)

// progress returns a function that shows the progress of a file on one line, which it overwrites. It returns nil when
// standard error is no terminal.
func (a *app) progress() func(file string, p derive.Progress) {
	f, ok := a.err.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return nil
	}
	last := 0
	a.wipe = func() {
		if last > 0 {
			fmt.Fprint(a.err, "\r"+strings.Repeat(" ", last)+"\r")
			last = 0
		}
	}
	return func(file string, p derive.Progress) {
		s := a.progressLine(file, p)
		n := places(s)
		fmt.Fprint(a.err, "\r"+s+strings.Repeat(" ", max(0, last-n)))
		last = n
	}
}

// progressLine returns the stage, the completed part, the rate and the remaining time at that rate.
func (a *app) progressLine(file string, p derive.Progress) string {
	stage := map[string]string{
		"reading": a.say("读取", "reading"), "writing": a.say("写入", "writing"), "undoing": a.say("撤销", "undoing"), "linking": a.say("关联", "linking"), "deriving": a.say("推导", "deriving"), "verifying": a.say("核对", "verifying"),
		"waiting": a.say("等待另一项导入或撤销完成", "waiting for another import or undoing to end"),
	}[p.Stage]
	if stage == "" {
		stage = p.Stage
	}
	s := fmt.Sprintf("%s %s", file, stage)
	if p.TotalBytes > 0 {
		s += fmt.Sprintf(" %3d%%", min(100, p.Bytes*100/p.TotalBytes))
	}
	s += " " + figure.Grouped(p.Rows) + a.say(" 行", " rows")
	if sec := p.Elapsed.Seconds(); sec >= 0.5 {
		s += " " + figure.Grouped(int(float64(p.Rows)/sec)) + a.say(" 行/秒", " rows/s")
		if p.Bytes > 0 && p.TotalBytes > p.Bytes {
			left := time.Duration(float64(p.Elapsed) * float64(p.TotalBytes-p.Bytes) / float64(p.Bytes))
			s += a.say("，还需 ", ", left ") + left.Round(time.Second).String()
		}
	}
	return s
}
