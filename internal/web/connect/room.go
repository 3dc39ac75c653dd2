// Package connect is the pages of other systems that files are exchanged with: their exports are read, the tables that they want are
// filled.
package connect

import (
	"context"
	"embed"
	"net/http"
	"strings"

	"eyas/internal/auth"
	"eyas/internal/connect"
	"eyas/internal/disclosure"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/web/frame"
	"eyas/internal/web/grid"
)

//go:embed pages
var pages embed.FS

//go:embed texts
var texts embed.FS

// Known gives what is known of subjects.
type Known interface {
	ProfileAt(ctx context.Context, subject int64, m fact.Moment) (*fact.Profile, error)
}

// Ledger keeps to whom unmasked personal data are disclosed; disclosure.Ledger does.
type Ledger interface {
	Contacts(ctx context.Context, a disclosure.Ask, list string, rows int) (*disclosure.Ask, error)
}

// Services are what the pages ask of others.
type Services struct {
	Known  Known  // nil: no table is filled
	Ledger Ledger // nil: nothing is unmasked
}

const rootPath = "/connect"

type room struct {
	*frame.Frame
	Services
}

// New makes the room.
func New(f *frame.Frame, services Services) frame.Room {
	s := &room{f, services}
	own := frame.Room{
		Under: map[string]string{rootPath: "/import"},
		Pages: pages,
		Texts: texts,
		Parts: grid.Parts,
		Routes: func(t *frame.Routes) {
			t.Page("GET /connect", s.list)
			t.Page("GET /connect/{name}", s.show)
			t.Export("GET /connect/{name}/export.xlsx", s.export)
			t.Page("GET /connect/{name}/open", s.askOpen)
			t.Page("POST /connect/{name}/open", s.giveOpen)
		},
	}
	if len(f.Pack.Connectors) > 0 {
		own.Tabs = []frame.Tab{{Key: "connect", Path: rootPath, Count: s.count}}
	}
	return own
}

// count is no number; it says who is shown the tab.
func (s *room) count(ctx context.Context, _ string) (int, error) { return 0, s.admits(ctx) }

// admits refuses who exchanges no files with other systems.
func (s *room) admits(ctx context.Context) error { return connect.Admits(ctx, s.Actors) }

// listView is all systems.
type listView struct{ Systems []system }

// system is one of them.
type system struct {
	Name, Operator, Note, URL string
	In, Out                   pack.Status // empty: no such direction
}

func (s *room) list(w http.ResponseWriter, r *http.Request) error {
	if err := s.admits(r.Context()); err != nil {
		return err
	}
	ask := s.Ask(r)
	v := &listView{}
	_, query, _ := strings.Cut(ask.With("page", ""), "?")
	for _, c := range s.Pack.Connectors {
		x := system{Name: c.Name.In(ask.Lang), Operator: c.Operator.In(ask.Lang), Note: c.Note.In(ask.Lang), URL: connectorPath(c)}
		if query != "" { // the filters of a list
			x.URL += "?" + query
		}
		if c.In != nil {
			x.In = c.In.Status
		}
		if c.Out != nil {
			x.Out = c.Out.Status
		}
		v.Systems = append(v.Systems, x)
	}
	return s.Render(w, r, "connect", v)
}

func connectorPath(c *pack.Connector) string { return rootPath + "/" + c.ID }

// connector is the system that an address names, for who may see its page.
func (s *room) connector(r *http.Request) (*pack.Connector, error) {
	if err := s.admits(r.Context()); err != nil {
		return nil, err
	}
	c := s.Pack.Connector(r.PathValue("name"))
	if c == nil {
		return nil, frame.ErrNoPage()
	}
	return c, nil
}

// inView is what is read of a system's files.
type inView struct {
	Status   pack.Status
	Standing string
	Upload   string // where a file is sent; empty: who looks takes none in
	Register string
	Source   string
	Columns  []line
	States   []stateLine
}

// line is a column with what becomes of it, or with what fills it.
type line struct {
	Header, Text string
	Required     bool
}

// stateLine is what words of the system mean.
type stateLine struct{ Means, Words string }

func (s *room) inView(ctx context.Context, c *pack.Connector, lang string) *inView {
	if c.In == nil {
		return nil
	}
	text, reg := s.Words(lang), s.Pack.Register(c.Register)
	v := &inView{Status: c.In.Status, Standing: connect.Standing(c.In.Status, c.In.Seen).In(lang), Register: c.Register, Source: c.ID}
	if s.TakesIn && s.MayOf(ctx, auth.Import, c.Register) {
		v.Upload = "/import"
	}
	comma := text("connect.and")
	for _, k := range c.In.Columns {
		to := text("connect.finds")
		if !k.Identity {
			var names []string
			for _, id := range k.Sets {
				if a := reg.Attribute(id); a != nil {
					names = append(names, a.Name.In(lang))
				}
			}
			if to = strings.Join(names, comma); to == "" {
				to = text("connect.aside")
			}
			if k.Attr == c.In.Key {
				to = text("connect.key") + map[bool]string{true: "", false: comma + strings.Join(names, comma)}[len(names) == 0]
			}
		}
		v.Columns = append(v.Columns, line{Header: k.Header, Text: to})
	}
	codes := s.Pack.CodeNames(c.In.State)
	for _, x := range c.In.States {
		v.States = append(v.States, stateLine{codes[x.Means].In(lang), strings.Join(x.Words, comma)})
	}
	return v
}
