package people

import (
	"context"
	"strings"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/pack"
)

var _ auth.Directory = (*People)(nil)

// directory is what decides now: the roles of the pack on a base with people, the operator's on one without.
func (p *People) directory(ctx context.Context) *auth.Rights {
	any, err := p.Any(ctx)
	if any || err != nil { // what cannot be read gives no rights away
		return p.rights
	}
	return p.alone
}

// Acting implements auth.Directory.
func (p *People) Acting(ctx context.Context) auth.Actor { return p.directory(ctx).Acting(ctx) }

// Decide implements auth.Directory.
func (p *People) Decide(ctx context.Context, action auth.Action, on auth.Resource) error {
	return p.directory(ctx).Decide(ctx, action, on)
}

// Scope implements auth.Directory.
func (p *People) Scope(ctx context.Context, register string) (auth.Scope, error) {
	return p.directory(ctx).Scope(ctx, register)
}

// Sees implements auth.Directory.
func (p *People) Sees(ctx context.Context, owner string) bool {
	return p.directory(ctx).Sees(ctx, owner)
}

// Classes implements auth.Directory.
func (p *People) Classes(ctx context.Context) []pack.Class { return p.directory(ctx).Classes(ctx) }

// Why explains a refusal; see auth.Rights.
func (p *People) Why(x *auth.Refused) auth.Why { return p.rights.Why(x) }

// Seers are the roles that see a subject; see auth.Rights.
func (p *People) Seers(orgs pack.Orgs, register string, l auth.Lie, of []string) []auth.Seer {
	return p.rights.Seers(orgs, register, l, of)
}

// Shows reports whether the actor of a context may see fields of a class; see auth.Rights.
func (p *People) Shows(ctx context.Context, class pack.Class) bool {
	return p.directory(ctx).Shows(ctx, class)
}

// Owner is the directory of the machine's owner, who runs maintenance on a base with people by commands: he may check, back up
// and derive, whatever the base says.
func (p *People) Owner() auth.Directory { return p.alone }

// ByToken tells who acts in a command, by a person and the token of his commands. The person may name the role, and the
// organisation, in which he acts: wang@district_officer, wang@district_officer:120110.
func (p *People) ByToken(ctx context.Context, as, token string) (a auth.Actor, err error) {
	defer fault.At(&err, "people.ByToken")
	as, role, named := strings.Cut(strings.TrimSpace(as), "@")
	role, org, _ := strings.Cut(role, ":")
	wrong := fault.New(fault.Unauthorised, "账号或令牌不对，或账号不能使用。令牌用 EYAS_TOKEN 或 --token-file 给出。",
		"The person or the token is wrong, or the account cannot be used. Give the token by EYAS_TOKEN or --token-file.")
	var fits []Grant
	err = p.Storage.ReadPeople(ctx, func(r Reader) error {
		t, err := r.Token(ctx, keyOf(strings.TrimSpace(token)))
		if err != nil {
			return err
		}
		if t == nil || !t.Ended.IsZero() || t.Person != as {
			return wrong
		}
		who, err := r.Person(ctx, as)
		if err != nil {
			return err
		}
		if who == nil || who.State != Active && who.State != Invited || who.Demo && !p.isSynthetic(ctx) {
			return wrong
		}
		list, err := p.rolesOf(ctx, r, as)
		for _, g := range list {
			if (!named || string(g.Role) == role) && (org == "" || g.Org == org) {
				fits = append(fits, g)
			}
		}
		return err
	})
	if err != nil {
		return auth.Actor{}, err
	}
	switch {
	case len(fits) == 1:
		return acting(as, &fits[0], ""), nil
	case len(fits) > 1:
		return auth.Actor{}, fault.New(fault.Invalid, "此人今天有几个角色，请写明用哪一个，如 --as "+as+"@"+string(fits[0].Role)+":"+fits[0].Org+"。",
			"This person has several roles today. Say which one, such as --as "+as+"@"+string(fits[0].Role)+":"+fits[0].Org+".")
	}
	return auth.Actor{ID: as}, nil // and may do nothing
}
