package main

import (
	"context"

	"eyas/internal/auth"
	"eyas/internal/disclosure"
	"eyas/internal/pack"
	"eyas/internal/registry"
	"eyas/internal/registry/intake"
	"eyas/internal/store"
)

// ledger keeps to whom data of subjects are disclosed, until the program ends.
func (a *app) ledger(p *pack.Pack, db *store.DB, actors auth.Directory, svc *registry.Registry, failed func(error)) *disclosure.Ledger {
	kept := disclosure.New(disclosure.Config{Pack: p, Storage: db, Clock: a.clock, Actors: actors, Lie: svc.Lie, Failed: failed})
	a.closers = append(a.closers, func() error {
		end, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		return kept.Close(end)
	})
	return kept
}

// disclosures is the ledger of a command that a person runs; nil: the machine's owner runs it, on a base without people.
func (a *app) disclosures(svc *registry.Registry) (*disclosure.Ledger, error) {
	if a.as == "" {
		return nil, nil
	}
	p, err := a.pack()
	if err != nil {
		return nil, err
	}
	db, err := a.database()
	if err != nil {
		return nil, err
	}
	actors, err := a.actors()
	if err != nil {
		return nil, err
	}
	return a.ledger(p, db, actors, svc, nil), nil
}

// looked writes that the person who runs a command sees a subject, before he does.
func (a *app) looked(svc *registry.Registry, subject int64) error {
	kept, err := a.disclosures(svc)
	if err != nil || kept == nil {
		return err
	}
	kept.Looked(a.ctx, subject)
	return kept.Flush(a.ctx)
}

// disclose writes that a person takes the original of an import along, before he does; one with personal data for a purpose only.
func (c importsCmd) disclose(a *app, svc *registry.Registry, imp *intake.Import) error {
	kept, err := a.disclosures(svc)
	if err != nil || kept == nil {
		return err
	}
	o, err := svc.Original(a.ctx, imp.ID)
	if err != nil {
		return err
	}
	members := &disclosure.Members{}
	for _, id := range o.Subjects {
		members.Add(id)
	}
	if !o.Personal() {
		return kept.Exported(a.ctx, disclosure.Export{What: "/import/record/original"}, members)
	}
	return kept.Original(a.ctx, imp.ID, disclosure.Ask{Register: o.Register, Fields: o.Fields, Purpose: c.Purpose, Reason: c.Reason}, members)
}
