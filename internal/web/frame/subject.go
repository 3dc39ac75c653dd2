package frame

import (
	"context"
	"fmt"
	"net/http"
	"strconv"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/web/address"
	"eyas/internal/web/words"
)

// Profiles gives what is known of subjects.
type Profiles interface {
	RegisterOf(ctx context.Context, subject int64) (string, error)
	ProfileAt(ctx context.Context, subject int64, m fact.Moment) (*fact.Profile, error)
}

// Crumbs name the subject that a page behind its own is about.
type Crumbs struct {
	Name, Code, URL string
	Register        pack.Text
	RegisterURL     string
}

// Crumbs names the subject of a page behind its own.
func (f *Frame) Crumbs(ask *address.Ask, p *fact.Profile, reg *pack.Register) Crumbs {
	return Crumbs{p.Name, p.Code, ask.Link(f.SubjectPath(reg.ID, p.Code, p.Subject)), reg.Name, ask.Link(f.RegisterPath(reg))}
}

// SubjectOf finds the subject that an address of its history or records names, with its register and a writer.
func (f *Frame) SubjectOf(r *http.Request, known Profiles) (p *fact.Profile, reg *pack.Register, w words.Writer, err error) {
	none := fault.New(fault.NotFound, "没有编号为“"+r.PathValue("id")+"”的主体。请从列表中打开。", "There is no subject “"+r.PathValue("id")+"”. Open one from a list.")
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || known == nil {
		return nil, nil, w, none
	}
	register, err := known.RegisterOf(r.Context(), id)
	if err != nil {
		return nil, nil, w, err
	}
	if reg = f.Pack.Register(register); reg == nil {
		return nil, nil, w, none
	}
	f.About(r, reg)
	if p, err = known.ProfileAt(r.Context(), id, fact.Moment{}); err == nil {
		f.Looked(r, id)
	}
	return p, reg, f.WriterOf(r, register), err
}

// RegisterPath is the address of a register's list.
func (f *Frame) RegisterPath(reg *pack.Register) string {
	if reg == f.City.Register {
		return "/enterprises"
	}
	return "/registers/" + reg.ID
}

// About says that a page whose address names no register is about a subject of one, so that the rail marks its room. An address that
// names a room has its way.
func (f *Frame) About(r *http.Request, reg *pack.Register) {
	if _, named := f.plan.entry(r.URL.Query().Get("room")); !named && reg != nil {
		f.Ask(r).Own = f.RegisterPath(reg)
	}
}

// SubjectPath is the address of a subject.
func (f *Frame) SubjectPath(register, code string, subject int64) string {
	if f.City.Register != nil && register == f.City.Register.ID {
		return address.EnterprisePath(code, subject)
	}
	return fmt.Sprintf("/s/%d", subject)
}
