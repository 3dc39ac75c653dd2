package main

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"sync"

	"eyas/internal/auth"
	"eyas/internal/disclosure"
	"eyas/internal/fault"
	"eyas/internal/mandate"
	"eyas/internal/pack"
	"eyas/internal/people"
	"eyas/internal/registry"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/intake"
	"eyas/internal/sharing"
	"eyas/internal/store"
)

// owners are the commands that the owner of the machine runs on a base with people without saying who acts: maintenance, which
// approves and releases nothing; serve, whose pages let persons in; and those that ask themselves.
var owners = []string{"check", "backup", "restore", "renew", "verify", "files", "keys", "derive", "serve", "person", "demo"}

// people returns the people of the base.
func (a *app) people() (*people.People, error) {
	if a.persons != nil {
		return a.persons, nil
	}
	p, err := a.pack()
	if err != nil {
		return nil, err
	}
	db, err := a.database()
	if err != nil {
		return nil, err
	}
	if a.persons != nil { // database asked for them
		return a.persons, nil
	}
	svc := registry.New(p, db, a.clock) // for what people need to know, whoever acts
	generated := &synthetic{svc: svc}
	given := sharing.New(sharing.Config{Pack: p, Storage: db, Clock: a.clock})
	a.mandates = mandate.New(mandate.Config{Pack: p, Storage: db, Clock: a.clock, Lie: svc.Lie, Now: svc.ValueNow, Since: svc.ValuesSince})
	a.persons, err = people.New(people.Config{Pack: p, Storage: db, Clock: a.clock, Subjects: subjectsOf{svc}, Shares: given.Seen, Lies: svc.Lie, Mandates: a.mandates.Given, Legal: a.mandates.Says,
		Synthetic: generated.only,
		Hands:     []people.Handover{{Of: "findings", Hand: db.HandFindings}, {Of: "jobs", Hand: db.HandJobs}, {Of: "uploads", Hand: db.HandUploads}}})
	a.mandates.Actors = a.persons
	return a.persons, err
}

// synthetic remembers whether the base holds generated data only, until something changes in it. Then it looks at the imports that
// came since.
type synthetic struct {
	svc     *registry.Registry
	mu      sync.Mutex
	known   bool
	change  int64
	yes     bool
	last    int64 // the newest import at that time,
	imports int   // and how many there were
}

func (s *synthetic) only(ctx context.Context) (bool, error) {
	ctx = auth.As(ctx, auth.Local)
	change, err := s.svc.Change(ctx)
	if err != nil {
		return false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known && s.change == change {
		return s.yes, nil
	}
	list, total, err := s.svc.Imports(ctx, fact.Wanted{}, 0, newImports)
	if err != nil {
		return false, err
	}
	fresh := 0
	for fresh < len(list) && list[fresh].ID > s.last {
		fresh++
	}
	switch {
	case !s.known || !s.yes || fresh != total-s.imports: // one that began earlier may have come later
		if s.yes, err = onlySynthetic(ctx, s.svc, false); err != nil {
			s.known = false
			return false, err
		}
	case slices.ContainsFunc(list[:fresh], foreign):
		s.yes = false
	}
	s.known, s.change, s.imports = true, change, total
	if len(list) > 0 {
		s.last = max(s.last, list[0].ID)
	}
	return s.yes, nil
}

// newImports is how many imports are looked at after a change.
const newImports = 20

// foreign reports whether an import brought anything but generated data and what was entered on pages.
func foreign(x intake.Import) bool { return !x.Synthetic && x.Form == "" }

// errFound ends a walk.
var errFound = errors.New("found")

// anyCode is the code of the first subject of a register that has one; empty: there is none.
func anyCode(ctx context.Context, svc *registry.Registry, register string) (code string, err error) {
	err = svc.EachProfile(ctx, register, 0, func(p *fact.Profile) error {
		if p.Code == "" {
			return nil
		}
		code = p.Code
		return errFound
	})
	if errors.Is(err, errFound) {
		err = nil
	}
	return code, err
}

// onlySynthetic reports whether the base holds nothing but generated data and what was entered on its pages; with empty, also
// whether it holds nothing.
func onlySynthetic(ctx context.Context, svc *registry.Registry, empty bool) (bool, error) {
	ctx = auth.As(ctx, auth.Local)
	any := false
	for offset := 0; ; offset += 200 {
		list, total, err := svc.Imports(ctx, fact.Wanted{}, offset, 200)
		if err != nil {
			return false, err
		}
		for i := range list {
			if foreign(list[i]) {
				return false, nil
			}
			any = any || list[i].Synthetic
		}
		if offset+200 >= total {
			return any || empty && total == 0, nil
		}
	}
}

// actors decides who may do what: the roles of people; of the machine's owner in maintenance.
func (a *app) actors() (auth.Directory, error) {
	p, err := a.people()
	if err != nil {
		return nil, err
	}
	if slices.Contains(owners, a.command) && a.command != "serve" {
		return p.Owner(), nil
	}
	return p, nil
}

// enter finds out who acts in a command, when the base is opened. On a base with people he must be named, and have his token.
func (a *app) enter() error {
	p, err := a.people()
	if err != nil {
		return err
	}
	any, err := p.Any(a.ctx)
	if err != nil {
		return err
	}
	switch {
	case a.as != "" && !any:
		return fault.New(fault.Invalid, "这个底库没有人员，由一位操作员使用，不能用 --as。要分账号，请运行 eyas person start。",
			"This base has no people; one operator uses it, and --as has no meaning. To give people accounts, run eyas person start.")
	case a.as == "" && (!any || slices.Contains(owners, a.command)):
		return nil
	case a.as == "":
		return fault.New(fault.Unauthorised, "这个底库分账号使用：请用 --as 账号 写明由谁操作，并用 EYAS_TOKEN 或 --token-file 给出此人的令牌。",
			"This base has people: say by --as PERSON who acts, and give the person's token by EYAS_TOKEN or --token-file.")
	}
	token, err := a.token()
	if err != nil {
		return err
	}
	who, err := p.ByToken(a.ctx, a.as, token)
	if err != nil {
		return err
	}
	a.ctx = auth.In(a.ctx, who)
	return nil
}

// token is the token of who acts, from a file or the environment; never from the command line, which others can read.
func (a *app) token() (string, error) {
	if a.tokenFile == "" {
		return os.Getenv("EYAS_TOKEN"), nil
	}
	text, err := os.ReadFile(a.tokenFile)
	if err != nil {
		return "", fault.New(fault.Invalid, "读不了令牌文件 "+a.tokenFile+"。", "cannot read the token file "+a.tokenFile).Wrap(errors.Unwrap(err))
	}
	return strings.TrimSpace(string(text)), nil
}

// subjectsOf finds subjects of the registry for people. Whoever asks, the program reads.
type subjectsOf struct{ *registry.Registry }

func (s subjectsOf) SubjectByCode(ctx context.Context, registers []string, code string) (*people.Subject, error) {
	ctx = auth.As(ctx, auth.Local)
	for _, reg := range registers {
		refs, err := s.FindIn(ctx, reg, code)
		if err != nil && fault.Of(err) != fault.NotFound {
			return nil, err
		}
		for _, r := range refs {
			if r.Code != "" && r.Code == code {
				return s.SubjectByID(ctx, r.Subject)
			}
		}
	}
	return nil, nil
}

func (s subjectsOf) SubjectByID(ctx context.Context, id int64) (*people.Subject, error) {
	ctx = auth.As(ctx, auth.Local)
	reg, err := s.RegisterOf(ctx, id)
	if err != nil {
		return nil, notThere(err)
	}
	p, err := s.Profile(ctx, id)
	if err != nil {
		return nil, notThere(err)
	}
	x := &people.Subject{ID: id, Register: reg, Code: p.Code, Name: p.Name}
	for _, attr := range []string{"district", "zone"} {
		if v := p.Value(attr); v != nil && v.Str != "" {
			x.Orgs = append(x.Orgs, v.Str)
		}
	}
	return x, nil
}

// notThere turns the fault that there is no such subject into no error.
func notThere(err error) error {
	if fault.Of(err) == fault.NotFound {
		return nil
	}
	return err
}

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

// disclose writes that a person takes the original of an import along, or the rows of it that were refused, before he does; what may
// have personal data for a purpose only.
func (c importsCmd) disclose(a *app, svc *registry.Registry, imp *intake.Import, name string) error {
	kept, err := a.disclosures(svc)
	if err != nil || kept == nil {
		return err
	}
	holds := svc.Original
	if name != "original" {
		holds = svc.RefusedHolds
	}
	o, err := holds(a.ctx, imp.ID)
	if err != nil {
		return err
	}
	members := &disclosure.Members{}
	if name == "original" || imp.Report.RefusalCount > imp.Report.Refused { // a row that was refused counts for no subject, one with a refused cell does
		for _, id := range o.Subjects {
			members.Add(id)
		}
	}
	f := disclosure.File{Import: imp.ID, Name: name, Unknown: o.Unknown()}
	if !o.Personal() {
		return kept.Exported(a.ctx, disclosure.Export{What: f.What()}, members)
	}
	return kept.Original(a.ctx, f, disclosure.Ask{Register: o.Register, Fields: o.Fields, Purpose: c.Purpose, Reason: c.Reason}, members)
}
