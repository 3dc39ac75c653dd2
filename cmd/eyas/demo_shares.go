package main

import (
	"context"
	"time"

	"eyas/internal/auth"
	"eyas/internal/mandate"
	"eyas/internal/people"
	"eyas/internal/registry"
	"eyas/internal/sharing"
)

// demoAssigned is how many enterprises each demonstration expert and commissioner is given.
const demoAssigned = 6

// seedShares lets the demonstration bank, expert and commissioner see something: the demonstration enterprise consents, and the
// bureau assigns the first few enterprises.
func (a *app) seedShares(svc *registry.Registry, persons *people.People) error {
	p, err := a.pack()
	if err != nil {
		return err
	}
	db, err := a.database()
	if err != nil {
		return err
	}
	var first []int64
	all := auth.As(a.ctx, auth.Local)
	enterprises, err := demoEnterprises(all, svc, demoAssigned)
	if err != nil || len(enterprises) == 0 {
		return err
	}
	for _, x := range enterprises {
		first = append(first, x.Subject)
	}
	bank, err := anyCode(all, svc, "institution")
	if err != nil {
		return err
	}
	shares := a.shares(p, db, persons)
	until := a.clock().In(p.Zone).AddDate(0, 6, 0).Format(time.DateOnly)
	give := func(ctx context.Context, kind sharing.Kind, subject int64, ask sharing.Ask) error {
		ask.Until = until
		_, err := shares.Give(ctx, kind, subject, ask)
		return err
	}
	if bank != "" { // the enterprise of the demonstration account is the first one
		consents, err := actingAs(a.ctx, persons, "demo-enterprise")
		if err != nil {
			return err
		}
		if err := give(consents, sharing.Consent, first[0], sharing.Ask{Code: bank, Purpose: "示例：申请知识产权质押贷款"}); err != nil {
			return err
		}
	}
	bureau := auth.In(a.ctx, auth.Actor{ID: "demo-bureau", Role: "bureau", Org: p.Orgs.City().ID})
	for _, person := range []string{"demo-expert", "demo-commissioner"} {
		for _, subject := range first {
			if err := give(bureau, sharing.Assignment, subject, sharing.Ask{Person: person, Purpose: "示例：走访和评审"}); err != nil {
				return err
			}
		}
	}
	return nil
}

// actingAs is a context in which a person acts under his one grant.
func actingAs(ctx context.Context, persons *people.People, id string) (context.Context, error) {
	seen, err := persons.Get(auth.In(ctx, auth.Actor{ID: auth.Local, Role: people.Administrators[0]}), id)
	if err != nil {
		return nil, err
	}
	for _, g := range seen.Grants {
		if g.State == people.Given {
			return auth.In(ctx, auth.Actor{ID: id, Role: g.Role, Org: g.Org, Subject: g.Subject, Grant: g.ID}), nil
		}
	}
	return auth.In(ctx, auth.Actor{ID: id}), nil
}

// seedMandates has the demonstration enterprise's representative entrust its agent: one matter is accepted, another one waits for him.
func (a *app) seedMandates(persons *people.People) error {
	legal, err := actingAs(a.ctx, persons, "demo-enterprise")
	if err != nil {
		return notThere(err) // the pack has no such role, or the base no enterprise
	}
	agent, err := actingAs(a.ctx, persons, demoAgent)
	if err != nil {
		return notThere(err)
	}
	role := persons.Role(auth.Named(legal).Role)
	if role == nil || role.Mandate == nil || auth.Named(agent).Grant == 0 {
		return nil
	}
	until := a.clock().In(persons.Pack.Zone).AddDate(0, 6, 0).Format(time.DateOnly)
	for i, t := range role.Mandate.Matters {
		x, err := a.mandates.Entrust(legal, auth.Named(legal).Subject, mandate.Ask{Grant: auth.Named(agent).Grant, Matters: []string{t.ID}, Until: until})
		if err != nil {
			return err
		}
		if i == 1 {
			return nil
		}
		if err := a.mandates.Accept(agent, x.ID); err != nil {
			return err
		}
	}
	return nil
}

// demoCode is the code of the subject for which a demonstration person acts; empty: the register has none.
func demoCode(ctx context.Context, svc *registry.Registry, register string) (string, error) {
	if register != "enterprise" {
		return anyCode(ctx, svc, register)
	}
	first, err := demoEnterprises(ctx, svc, 1)
	if err != nil || len(first) == 0 {
		return "", err
	}
	return first[0].Code, nil
}
