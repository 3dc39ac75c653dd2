package main

import (
	"context"
	"errors"
	"time"

	"eyas/internal/auth"
	"eyas/internal/people"
	"eyas/internal/registry"
	"eyas/internal/registry/fact"
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
	err = svc.EachProfile(all, "enterprise", 0, func(x *fact.Profile) error {
		if x.Code != "" {
			first = append(first, x.Subject)
		}
		if len(first) == demoAssigned {
			return errFound
		}
		return nil
	})
	if err != nil && !errors.Is(err, errFound) || len(first) == 0 {
		return err
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
	if bank != "" { // the enterprise of the demonstration account is the first one: anyCode finds it in the same order
		consents := auth.In(a.ctx, auth.Actor{ID: "demo-enterprise", Role: "enterprise", Subject: first[0]})
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
