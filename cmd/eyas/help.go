package main

import (
	"fmt"
	"strings"

	"github.com/alecthomas/kong"

	"eyas/internal/pack"
)

// described is the part of a command's help beyond its first line.
type described interface {
	// detail is a paragraph, or nothing.
	detail() pack.Text
	// examples are command lines that work as they stand.
	examples() []string
	// refuses reports whether exit code 3 can happen.
	refuses() bool
}

// plainly is embedded by commands whose help has no paragraph and that never end with exit code 3.
type plainly struct{}

func (plainly) detail() pack.Text { return pack.Text{} }
func (plainly) refuses() bool     { return false }

// help prints the help of the program or of one command in the user's language.
func (a *app) help(_ kong.HelpOptions, ctx *kong.Context) error {
	node := ctx.Model.Node
	if s := ctx.Selected(); s != nil {
		node = s
	}
	w := ctx.Stdout
	root := node.Parent == nil
	if root {
		fmt.Fprintf(w, "%s\n\n%s eyas <%s> [%s]\n", a.pick(node.Help), a.say("用法：", "Usage:"), a.say("命令", "command"), a.say("选项", "flags"))
	} else {
		fmt.Fprintf(w, "%s\n\n%s eyas %s\n", a.pick(node.Help), a.say("用法：", "Usage:"), usage(node, a.say("选项", "flags")))
	}
	d, _ := node.Target.Addr().Interface().(described)
	if d != nil {
		if t := d.detail().In(a.lang); t != "" {
			fmt.Fprintf(w, "\n%s\n", t)
		}
	}

	var t grid
	if leaves := node.Leaves(true); len(leaves) > 0 {
		fmt.Fprintf(w, "\n%s\n", a.say("命令：", "Commands:"))
		for _, l := range leaves {
			t.row("  "+strings.TrimPrefix(l.Path(), "eyas "), a.pick(l.Help))
		}
		t.flush(w)
	}
	if len(node.Positional) > 0 {
		fmt.Fprintf(w, "\n%s\n", a.say("参数：", "Arguments:"))
		for _, p := range node.Positional {
			t.row("  "+p.Summary(), a.pick(p.Help))
		}
		t.flush(w)
	}
	fmt.Fprintf(w, "\n%s\n", a.say("选项（写在参数前后都可以）：", "Flags (before or after the arguments):"))
	for i := len(node.AllFlags(true)) - 1; i >= 0; i-- { // the command's own first
		for _, f := range node.AllFlags(true)[i] {
			if f.Name == "help" {
				t.row("  -h, --help", a.say("显示这段说明", "print this"))
				continue
			}
			name := "  --" + f.Name
			if !f.IsBool() {
				name += " " + f.FormatPlaceHolder()
			}
			text := a.pick(f.Help)
			if len(f.Envs) > 0 {
				text += fmt.Sprintf(a.say("（或环境变量 %s）", " (or %s)"), f.Envs[0])
			}
			t.row(name, text)
		}
	}
	t.flush(w)
	if d != nil {
		fmt.Fprintf(w, "\n%s\n", a.say("例：", "Examples:"))
		for _, e := range d.examples() {
			fmt.Fprintf(w, "  %s\n", e)
		}
	}
	fmt.Fprintf(w, "\n%s\n", a.say("退出码：", "Exit codes:"))
	t.row("  0", a.say("完成", "done"))
	if root || d != nil && d.refuses() {
		t.row("  3", a.say("完成，但有行或单元格被拒", "done, but some rows or cells were refused"))
	}
	t.row("  2", a.say("命令写法有误", "wrong use"))
	t.row("  1", a.say("失败，没有做一半的事", "failed, with nothing half-done"))
	t.flush(w)
	return nil
}

func usage(node *kong.Node, flags string) string {
	s := strings.TrimPrefix(node.Path(), "eyas ")
	for _, f := range node.Flags {
		if f.Required {
			s += " --" + f.Name + " " + f.FormatPlaceHolder()
		}
	}
	for _, p := range node.Positional {
		s += " " + p.Summary()
	}
	return s + " [" + flags + "]"
}

// pick returns the part of a bilingual help text that is in the user's language.
func (a *app) pick(both string) string {
	zh, en, ok := strings.Cut(both, " | ")
	if ok && a.lang == "en" {
		return en
	}
	return zh
}
