// Package roster is the lists of registers: their filters, columns and sheets, and the page of all registers.
package roster

import (
	"context"
	"embed"
	"slices"

	"eyas/internal/auth"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/intake"
	"eyas/internal/web/frame"
	"eyas/internal/web/grid"
)

//go:embed pages
var pages embed.FS

//go:embed texts
var texts embed.FS

// Services are what the lists ask of others.
type Services struct {
	Subjects Subjects // nil: what was imported last is not said
}

// Subjects says what was imported last into each register.
type Subjects interface {
	LastImports(ctx context.Context, m fact.Moment) (map[string]intake.Import, map[string]int, error)
}

type room struct {
	*frame.Frame
	Services
}

// seesOthers reports whether who acts sees a register besides the main one.
func (s *room) seesOthers(ctx context.Context) bool {
	return s.SeesAny(ctx) && slices.ContainsFunc(s.Pack.Registers, func(reg *pack.Register) bool {
		return reg != s.City.Register && s.MayOf(ctx, auth.See, reg.ID)
	})
}

// New makes the room.
func New(f *frame.Frame, services Services) frame.Room {
	s := &room{Frame: f, Services: services}
	return frame.Room{
		Rail:     []frame.Entry{{Key: "enterprises", Path: "/enterprises", Lists: true}, {Key: "registers", Path: "/registers", Lists: true, Shown: s.seesOthers}},
		Timeless: []string{"/registers"},
		Pages:    pages,
		Texts:    texts,
		Parts:    grid.Parts,
		Routes:   s.routes,
	}
}

func (s *room) routes(t *frame.Routes) {
	t.Page("GET /enterprises", s.mainList)
	t.Export("GET /enterprises.xlsx", s.mainExport)
	t.Page("GET /registers", s.registers)
	t.Page("GET /registers/{id}", s.registerList)
	t.Page("GET /registers/{id}/template.xlsx", s.registerTemplate)
	t.Export("GET /registers/{id}/export.xlsx", s.registerExport)
}
