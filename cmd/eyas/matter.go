package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"eyas/internal/answer"
	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/matter/condition"
	"eyas/internal/matter/desk"
	"eyas/internal/pack"
	"eyas/internal/registry"
	"eyas/internal/rule"
	"eyas/internal/rule/col"
)

// matterListCmd lists the matters of the pack.
type matterListCmd struct{ plainly }

func (matterListCmd) examples() []string { return []string{"eyas matter list --json"} }

func (c matterListCmd) Run(a *app) error {
	p, err := a.pack()
	if err != nil {
		return err
	}
	if a.json {
		return a.object(answer.NewMatterList(p))
	}
	var t grid
	for _, m := range p.Matters {
		t.row(m.ID, m.Name.In(a.lang), a.status(m.Status))
	}
	t.flush(a.out)
	return nil
}

// matterShowCmd shows a matter: its form and its stages.
type matterShowCmd struct {
	plainly
	ID string `arg:"" name:"matter" help:"事项的标识，见 eyas matter list | id of the matter, see eyas matter list"`
}

func (matterShowCmd) examples() []string {
	return []string{"eyas matter show hnte", "eyas matter show tsme --json"}
}

func (c matterShowCmd) Run(a *app) error {
	p, err := a.pack()
	if err != nil {
		return err
	}
	m, err := knownMatter(p, c.ID)
	if err != nil {
		return err
	}
	if a.json {
		return a.object(answer.NewMatter(m))
	}
	fmt.Fprintf(a.out, "%s  %s\n%s（%s）\n\n", m.ID, m.Name.In(a.lang), m.Basis.In(a.lang), a.status(m.Status))
	var t grid
	t.row(a.say("环节", "stage"), a.say("名称", "name"), a.say("由谁办", "who"), a.say("期限", "limit"), a.say("之后", "then"))
	for _, s := range m.Stages {
		var who, then []string
		for _, w := range s.Who {
			who = append(who, p.Role(w.Role).Name.In(a.lang))
		}
		for _, n := range s.Then {
			then = append(then, n.On+" → "+strings.Join(n.To, " + "))
		}
		t.row(s.ID, s.Name.In(a.lang), strings.Join(who, a.say("、", ", ")), a.limit(s.Limit), strings.Join(then, a.say("；", "; ")))
	}
	t.flush(a.out)
	return nil
}

// limit is a limit in words.
func (a *app) limit(l pack.Limit) string {
	switch {
	case l.WorkingDays > 0:
		return fmt.Sprintf(a.say("%d 个工作日", "%d working days"), l.WorkingDays)
	case l.Days > 0:
		return fmt.Sprintf(a.say("%d 天", "%d days"), l.Days)
	case l.Months > 0:
		return fmt.Sprintf(a.say("%d 个月", "%d months"), l.Months)
	}
	return "—"
}

func knownMatter(p *pack.Pack, id string) (*pack.MatterType, error) {
	m := p.Matter(id)
	if m == nil {
		return nil, fault.New(fault.NotFound, fmt.Sprintf("没有名为 %s 的事项，见 eyas matter list。", id), fmt.Sprintf("there is no matter %s, see eyas matter list", id))
	}
	return m, nil
}

// desk opens the cases of the base.
func (a *app) desk() (*desk.Desk, *registry.Registry, error) {
	p, err := a.pack()
	if err != nil {
		return nil, nil, err
	}
	svc, err := a.registry()
	if err != nil {
		return nil, nil, err
	}
	db, err := a.database()
	if err != nil {
		return nil, nil, err
	}
	set, err := a.rules()
	if err != nil {
		return nil, nil, err
	}
	terms, err := condition.Compile(p)
	if err != nil {
		if wrong, ok := err.(pack.Errors); ok {
			err = p.Annotate(wrong)
		}
		return nil, nil, err
	}
	actors, err := a.caseActors()
	if err != nil {
		return nil, nil, err
	}
	return desk.New(desk.Config{Pack: p, Conditions: terms, Storage: db, Clock: a.clock, Actors: actors, Lie: svc.Lie, Profile: svc.Profile, ByCode: desk.Coded(svc.Find), Attest: svc.Attest, Listed: svc.Listed, Seen: svc.Seen, Root: svc.Root, Connected: svc.Connected, Verdict: verdictOf(p, svc, set)}), svc, nil
}

// caseActors decides who may act in cases: the persons of the base; its one operator where there are none.
func (a *app) caseActors() (auth.Directory, error) {
	persons, err := a.people()
	if err != nil {
		return nil, err
	}
	return persons, nil
}

// verdictOf asks a rule about one subject, by what is known today.
func verdictOf(p *pack.Pack, svc *registry.Registry, set *rule.Set) func(ctx context.Context, subject int64, id string, day time.Time) (*desk.Verdict, error) {
	return func(ctx context.Context, subject int64, id string, day time.Time) (*desk.Verdict, error) {
		about, law, err := set.Law(id, day)
		if err != nil {
			return nil, err
		}
		profile, err := svc.Profile(auth.As(ctx, auth.Self), subject)
		if err != nil {
			return nil, err
		}
		b := col.NewBuilder(p.Register(about.Register))
		if err := b.Add(profile); err != nil {
			return nil, err
		}
		x, err := set.Explain(b.Table(0), 0, id, rule.Options{Date: day})
		if err != nil {
			return nil, err
		}
		return &desk.Verdict{Rule: id, Law: law.Number, Status: string(law.Status), Verdict: x.Verdict.String(), On: day.Format(time.DateOnly)}, nil
	}
}
