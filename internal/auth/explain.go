package auth

import (
	"errors"
	"fmt"
	"slices"

	"eyas/internal/pack"
)

// Refused is the cause of a refusal: what the actor's role does not let him do. It says nothing of the thing.
type Refused struct {
	Role    Role
	Action  Action
	Mandate bool // the role may, but it is not entrusted to the actor
	on      string
}

// Error says what was refused, for the log.
func (x *Refused) Error() string {
	return fmt.Sprintf("auth: role %q may not %s %s", x.Role, x.Action, x.on)
}

// RefusedIn is the cause of a refusal in an error; nil when it is none.
func RefusedIn(err error) *Refused {
	var x *Refused
	if errors.As(err, &x) {
		return x
	}
	return nil
}

// Words are an action in words.
func Words(a Action) pack.Text { return pack.Text{ZH: words[a], EN: string(a)} }

// Why explains a refusal: the roles of the city that may do what was refused, and those whose holders give roles. It is the
// same whatever the thing is, and whether there is one.
type Why struct {
	Action  pack.Text
	Own     *pack.Role   // in which the actor acts; nil: none, or none of the pack
	May     []*pack.Role // in the order of the pack
	Granted []*pack.Role // whose holders give roles
}

// Why explains a refusal.
func (r *Rights) Why(x *Refused) Why {
	w := Why{Action: Words(x.Action)}
	for _, own := range r.inOrder() {
		if own.may[x.Action] {
			w.May = append(w.May, &own.Role)
		}
		if own.may[Grant] {
			w.Granted = append(w.Granted, &own.Role)
		}
		if Role(own.ID) == x.Role {
			w.Own = &own.Role
		}
	}
	return w
}

// Seer is who sees a thing: the holders of a role, in some organisations.
type Seer struct {
	Role  *pack.Role
	Given bool     // only those to whom the subject was given: by its consent, or by assignment
	Orgs  []string // ids of the organisations for which the role is held; nil: of the subject itself
}

// Seers are who sees a thing of a register that lies somewhere, by role in the order of the pack. They are found by the same
// scopes that decide. of are the registers of the subjects that it belongs to, with its own.
func (r *Rights) Seers(orgs pack.Orgs, register string, l Lie, of []string) (list []Seer) {
	for _, own := range r.inOrder() {
		if !own.may[See] || !own.about(register) {
			continue
		}
		switch own.Rows {
		case pack.RowsAll:
			list = append(list, Seer{Role: &own.Role, Orgs: []string{r.city}})
		case pack.RowsOrg:
			seer := Seer{Role: &own.Role}
			for _, o := range orgs {
				if slices.Contains(own.Orgs, o.Kind) && r.lying(Actor{Role: Role(own.ID), Org: o.ID}, own).Holds(Lie{Orgs: l.Orgs}) {
					seer.Orgs = append(seer.Orgs, o.ID)
				}
			}
			if seer.Orgs != nil {
				list = append(list, seer)
			}
		case pack.RowsConsented, pack.RowsAssigned:
			list = append(list, Seer{Role: &own.Role, Given: true})
		case pack.RowsOwn:
			if slices.ContainsFunc(own.For, func(id string) bool { return slices.Contains(of, id) }) {
				list = append(list, Seer{Role: &own.Role})
			}
		}
	}
	return list
}

// inOrder are the roles of the pack, in its order.
func (r *Rights) inOrder() (list []*role) {
	for _, id := range r.order {
		list = append(list, r.roles[id])
	}
	return list
}
