package web

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"

	"eyas/internal/auth"
	"eyas/internal/pack"
	"eyas/internal/rule"
	"eyas/internal/rule/expr"
	"eyas/internal/web/assets"
	"eyas/internal/web/frame"
)

// classes answers each request with the pages of the classes of fields that its actor may see. A field of another class is not
// in the pack that these pages are made from: no column, filter, order, chooser, template, slider or search has it, and whoever
// names it is answered as if he had named a field that there is not. There are as many sets of pages as there are sets of
// classes among the roles; each is made when it is first asked for.
type classes struct {
	deps  Deps
	whole shown

	mu sync.Mutex
	of map[string]shown
}

// shown is a set of pages.
type shown struct {
	frame   *frame.Frame
	handler http.Handler
}

// ServeHTTP finds out who asks and answers with his pages. Who cannot be told is answered by the pages of all classes, which
// ask again and refuse.
func (c *classes) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, assets.Prefix) || r.URL.Path == "/healthz" {
		c.whole.handler.ServeHTTP(w, r)
		return
	}
	ctx, err := c.whole.frame.Asked(r)
	if err != nil || auth.Of(ctx) == "" {
		c.whole.handler.ServeHTTP(w, r)
		return
	}
	own, err := c.pages(ctx)
	if err != nil {
		c.whole.frame.Fail(w, r.WithContext(ctx), err)
		return
	}
	own.handler.ServeHTTP(w, r.WithContext(ctx))
}

// pages are those of the classes that the actor of a context may see.
func (c *classes) pages(ctx context.Context) (shown, error) {
	if c.deps.Actors == nil {
		return c.whole, nil
	}
	see := c.deps.Actors.Classes(ctx)
	p := c.deps.Pack.Showing(see)
	if p == c.deps.Pack {
		return c.whole, nil
	}
	var key strings.Builder
	for _, x := range see {
		key.WriteString(string(x) + " ")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if own, ok := c.of[key.String()]; ok {
		return own, nil
	}
	d := c.deps
	d.Pack = telling(c.deps.Pack, p)
	d.second = true
	f, h, err := open(d)
	if err != nil {
		return shown{}, err
	}
	f.Beside(c.whole.frame)
	c.of[key.String()] = shown{f, h}
	return c.of[key.String()], nil
}

// telling is a pack without the rules that read what it does not show.
func telling(whole, p *pack.Pack) *pack.Pack {
	own := *p
	own.Rules = slices.DeleteFunc(slices.Clone(p.Rules), func(r *pack.Rule) bool {
		all, some := whole.Register(r.Register), p.Register(r.Register)
		return all != nil && some != nil && slices.ContainsFunc(rule.Reads(all, r), func(x expr.Read) bool { return some.Attribute(x.Attr.ID) == nil })
	})
	return &own
}
