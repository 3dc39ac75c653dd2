package main

import (
	"fmt"

	"eyas/internal/answer"
	"eyas/internal/figure"
	"eyas/internal/pack"
	"eyas/internal/registry"
	"eyas/internal/registry/derive"
)

// deriveCmd derives every profile again.
type deriveCmd struct{ plainly }

func (deriveCmd) detail() pack.Text {
	return pack.Text{
		ZH: "档案由来源记录和关联得出，随时可以重新推导，结果相同。来源的优先次序（城市包 sources.yaml）改动后，程序下一次打开底库时会自动这样做。",
		EN: "Profiles are derived from source records and links. Deriving them again always gives the same result. After a change of the pack's ranking of sources (sources.yaml), it happens automatically when the base is opened next.",
	}
}

func (deriveCmd) examples() []string { return []string{"eyas derive --db eyas.db"} }

func (deriveCmd) Run(a *app) error {
	p, err := a.pack()
	if err != nil {
		return err
	}
	db, err := a.database()
	if err != nil {
		return err
	}
	var progress func(derive.Progress)
	if show := a.progress(); show != nil {
		progress = func(p derive.Progress) { show("", p) }
	}
	start := a.clock()
	changed, err := registry.New(p, db, a.clock).Rederive(a.ctx, progress)
	if err != nil {
		return err
	}
	a.clear()
	seconds := a.clock().Sub(start).Seconds()
	if a.json {
		return a.object(answer.Rederived{Changed: changed, Seconds: seconds})
	}
	fmt.Fprintf(a.out, a.say("推导完成，%s 份档案有变化，用时 %.1f 秒\n", "derived; %s profiles changed, in %.1f s\n"), figure.Grouped(changed), seconds)
	return nil
}
