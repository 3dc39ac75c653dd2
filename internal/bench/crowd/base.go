package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"time"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/mandate"
	"eyas/internal/pack"
	"eyas/internal/people"
	"eyas/internal/registry"
	"eyas/internal/registry/fact"
	"eyas/internal/sharing"
	"eyas/internal/store"
	webpeople "eyas/internal/web/people"
	"eyas/packs"
)

// shares are how many people of a role there are among a hundred. Roles that are not here have one each.
var shares = map[string]int{"bureau": 6, "bureau_admin": 1, "district_officer": 34, "district_reviewer": 10, "district_admin": 4, "park": 12, "enterprise": 16, "carrier": 4, "bank": 2, "expert": 2, "commissioner": 1, "auditor": 2}

// none are roles that open no page with content yet.
var none = []string{"public"}

// saves are the roles that may enter values.
var saves = []string{"bureau", "district_officer", "park"}

// prepare makes the base of the options where there is none, and people in it. It returns the people.
func prepare(ctx context.Context, o options) ([]account, error) {
	if _, err := os.Stat(o.base + ".crowd"); errors.Is(err, os.ErrNotExist) {
		if err := os.MkdirAll(filepath.Dir(o.base), 0o750); err != nil {
			return nil, err
		}
		cmd := exec.CommandContext(ctx, o.eyas, "demo", "--db", o.base, "--rows", fmt.Sprint(o.rows), "--seed", "1")
		cmd.Stderr = os.Stderr
		if err := cmd.Run(); err != nil {
			return nil, fmt.Errorf("%s demo: %w", o.eyas, err)
		}
		if err := os.WriteFile(o.base+".crowd", nil, 0o600); err != nil { // last: a filling that was interrupted is taken up again
			return nil, err
		}
	}
	return settle(ctx, o.base, o.people)
}

// rig is a base in which people are made.
type rig struct {
	pack   *pack.Pack
	people *people.People
	reg    *registry.Registry
	given  *sharing.Shares
	codes  map[string][]fact.Ref // some subjects of a register
}

// settle makes n people of all roles in a base, and gives those who see single subjects some. Who is there already stays.
func settle(ctx context.Context, base string, n int) (list []account, err error) {
	r := rig{codes: map[string][]fact.Ref{}}
	if r.pack, err = packs.Default(); err != nil {
		return nil, err
	}
	db, err := store.Open(ctx, base)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	r.reg = registry.New(r.pack, db, time.Now)
	r.given = sharing.New(sharing.Config{Pack: r.pack, Storage: db, Clock: time.Now})
	entrusted := mandate.New(mandate.Config{Pack: r.pack, Storage: db, Clock: time.Now, Lie: r.reg.Lie, Now: r.reg.ValueNow, Since: r.reg.ValuesSince})
	if r.people, err = people.New(people.Config{Pack: r.pack, Storage: db, Clock: time.Now, Subjects: subjects{&r}, Shares: r.given.Seen, Mandates: entrusted.Given, Legal: entrusted.Says,
		Synthetic: func(context.Context) (bool, error) { return true, nil }}); err != nil {
		return nil, err
	}
	r.given = sharing.New(sharing.Config{Pack: r.pack, Storage: db, Clock: time.Now, Actors: givers{r.people}, Lie: r.reg.Lie, Assignable: r.people.Assignable, Receiver: r.receiver})
	ctx = auth.As(ctx, auth.Local)
	for i, role := range rolesOf(r.pack, n) {
		a := account{ID: fmt.Sprintf("crowd-%03d", i), Password: webpeople.DemoPassword, Saves: slices.Contains(saves, role.ID)}
		if err := r.seed(ctx, a, role, i); err != nil {
			return nil, fmt.Errorf("%s (%s): %w", a.ID, role.ID, err)
		}
		list = append(list, a)
	}
	return list, nil
}

// rolesOf are the roles of n people, those of one role apart from each other, so that the first few are of many roles.
func rolesOf(p *pack.Pack, n int) (list []*pack.Role) {
	have := map[string]int{}
	for len(list) < n {
		var next *pack.Role
		least := 0.0
		for _, r := range p.Roles {
			share := max(shares[r.ID], 1)
			if slices.Contains(none, r.ID) {
				continue
			}
			if full := float64(have[r.ID]+1) / float64(share); next == nil || full < least {
				next, least = r, full
			}
		}
		have[next.ID]++
		list = append(list, next)
	}
	return list
}

// seed makes a person of a role, in one of its organisations or for one of its subjects.
func (r *rig) seed(ctx context.Context, a account, role *pack.Role, i int) error {
	ask := people.GrantAsk{Role: auth.Role(role.ID)}
	if len(role.For) > 0 {
		refs, err := r.some(ctx, role.For[0])
		if err != nil || len(refs) == 0 {
			return errors.Join(err, fmt.Errorf("the base has no %s with a code", role.For[0]))
		}
		ask.Code = refs[i%len(refs)].Code
	} else {
		var orgs []string
		for _, o := range r.pack.Orgs {
			if slices.Contains(role.Orgs, o.Kind) {
				orgs = append(orgs, o.ID)
			}
		}
		ask.Org = orgs[i%len(orgs)]
	}
	switch _, err := r.people.Seed(ctx, people.Person{ID: a.ID, Name: a.ID}, ask, a.Password); {
	case fault.Of(err) == fault.Conflict:
		return nil
	case err != nil:
		return err
	}
	return r.give(ctx, a, role, ask.Code, i)
}

// givers are persons who may give all that the crowd is given, whoever they are.
type givers struct{ auth.Directory }

// Decide implements auth.Directory.
func (givers) Decide(context.Context, auth.Action, auth.Resource) error { return nil }

// give lets a person who sees single subjects see some.
func (r *rig) give(ctx context.Context, a account, role *pack.Role, code string, i int) error {
	if role.Rows != pack.RowsConsented && role.Rows != pack.RowsAssigned {
		return nil
	}
	refs, err := r.some(ctx, r.pack.Main().ID)
	if err != nil {
		return err
	}
	until := time.Now().AddDate(0, 6, 0).Format("2006-01-02")
	for k := range min(20, len(refs)) {
		subject := refs[(i*7+k)%len(refs)].Subject
		if role.Rows == pack.RowsConsented {
			own := auth.In(ctx, auth.Actor{ID: "crowd", Role: "enterprise", Subject: subject})
			_, err = r.given.Give(own, sharing.Consent, subject, sharing.Ask{Code: code, Purpose: "贷款审查", Until: until})
		} else {
			city := auth.In(ctx, auth.Actor{ID: "crowd", Role: "bureau", Org: r.pack.Orgs.City().ID})
			_, err = r.given.Give(city, sharing.Assignment, subject, sharing.Ask{Person: a.ID, Purpose: "走访", Until: until})
		}
		if err != nil && fault.Of(err) != fault.Conflict {
			return err
		}
	}
	return nil
}

// mostKept is how many subjects of a register are kept to choose from.
const mostKept = 200

var errEnough = errors.New("enough")

// some are some subjects of a register that have a code.
func (r *rig) some(ctx context.Context, register string) ([]fact.Ref, error) {
	if list, known := r.codes[register]; known {
		return list, nil
	}
	var list []fact.Ref
	err := r.reg.EachProfile(ctx, register, 0, func(p *fact.Profile) error {
		if p.Code != "" && !p.Gone {
			list = append(list, fact.Ref{Subject: p.Subject, Code: p.Code, Name: p.Name})
		}
		if len(list) == mostKept {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	r.codes[register] = list
	return list, err
}

func (r *rig) receiver(ctx context.Context, registers []string, code string) (int64, error) {
	x, err := subjects{r}.SubjectByCode(ctx, registers, code)
	if x == nil || err != nil {
		return 0, err
	}
	return x.ID, nil
}

// subjects finds for whom roles are granted.
type subjects struct{ *rig }

// SubjectByCode finds a subject among those that are kept.
func (s subjects) SubjectByCode(ctx context.Context, registers []string, code string) (*people.Subject, error) {
	ctx = auth.As(ctx, auth.Local)
	for _, id := range registers {
		refs, err := s.some(ctx, id)
		if err != nil {
			return nil, err
		}
		if i := slices.IndexFunc(refs, func(f fact.Ref) bool { return f.Code == code }); i >= 0 {
			return &people.Subject{ID: refs[i].Subject, Register: id, Code: code, Name: refs[i].Name}, nil
		}
	}
	return nil, nil
}

// SubjectByID finds nothing: nobody asks while people are made.
func (s subjects) SubjectByID(context.Context, int64) (*people.Subject, error) { return nil, nil }

// served is the server as a process of its own.
type served struct {
	cmd *exec.Cmd
	url string
}

var address = regexp.MustCompile(`http://[^\s/]+`)

// serve serves the base of the options.
func serve(o options) (*served, error) {
	at := o.addr
	if at == "" {
		at = "127.0.0.1:0"
	}
	cmd := exec.Command(o.eyas, "serve", "--db", o.base, "--addr", at)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	s := &served{cmd: cmd}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if s.url = address.FindString(lines.Text()); s.url != "" {
			return s, nil
		}
	}
	s.end()
	return nil, fmt.Errorf("%s serve did not start: %w", o.eyas, cmp.Or(lines.Err(), io.ErrUnexpectedEOF))
}

// end stops the server and waits for its end.
func (s *served) end() {
	s.cmd.Process.Signal(os.Interrupt)
	s.cmd.Wait()
}
