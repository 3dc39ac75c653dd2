package frame

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// plan is what the rooms have said of themselves.
type plan struct {
	rail     []Entry // in order
	under    map[string]string
	timeless map[string]bool
	kinds    map[string]Kind
	writes   map[string]Writes
	changed  []func(context.Context)
}

// newPlan gathers what rooms say; order has the keys of all entries of the rail.
func newPlan(order []string, rooms []Room) (plan, error) {
	p := plan{under: map[string]string{}, timeless: map[string]bool{}, kinds: map[string]Kind{}, writes: map[string]Writes{}}
	for _, room := range rooms {
		p.rail = append(p.rail, room.Rail...)
		for step, path := range room.Under {
			p.under[step] = path
		}
		for _, step := range room.Timeless {
			p.timeless[step] = true
		}
		for _, k := range room.Kinds {
			p.kinds[k.Name] = k
		}
		for _, x := range room.Writes {
			p.writes[x.Kind] = x
		}
		if room.Changed != nil {
			p.changed = append(p.changed, room.Changed)
		}
	}
	for _, e := range p.rail {
		if !slices.Contains(order, e.Key) {
			return plan{}, fmt.Errorf("web: the rail has no place for %q", e.Key)
		}
	}
	slices.SortStableFunc(p.rail, func(a, b Entry) int { return slices.Index(order, a.Key) - slices.Index(order, b.Key) })
	return p, nil
}

// here reports whether a page belongs to an entry of the rail.
func (p *plan) here(e Entry, path string) bool {
	return path == e.Path || e.Path != "/" && strings.HasPrefix(path, e.Path+"/") || p.under[firstStep(path)] == e.Path
}

// isTimeless reports whether a page shows what is, whatever day of knowledge its address names.
func (p *plan) isTimeless(path string) bool {
	step := firstStep(path)
	return p.timeless[step] || strings.Count(path, "/") > 2 && p.timeless[step+"/{id}/"]
}

// firstStep is a path up to its second slash.
func firstStep(path string) string {
	if i := strings.IndexByte(strings.TrimPrefix(path, "/"), '/'); i >= 0 {
		return path[:i+1]
	}
	return path
}

// Rail is the entries of the left rail, in order.
func (f *Frame) Rail() []Entry { return f.plan.rail }
