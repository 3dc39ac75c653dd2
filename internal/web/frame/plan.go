package frame

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"eyas/internal/auth"
	"eyas/internal/web/address"
)

// Order is how the frame arranges what rooms say of themselves.
type Order struct {
	Rail []RailGroup // the left rail
	Bar  []string    // keys of the entries that a phone shows at its lower edge, besides “more”
	Tabs []string    // keys of the tabs of the room of data
}

// RailGroup is entries of the rail under one head.
type RailGroup struct {
	Key     string   // of its head, frame.group.KEY; empty: no head, and its entries stand at the foot of the rail
	Entries []string // keys of its entries
}

// Entry is an entry of the left rail.
type Entry struct {
	Key, Path string
	Waits     bool // the number of all that waits for a person stands beside it
	// Wait is the key of the Wait of which the number stands beside it; empty: none.
	Wait string
	// Needs is what a person must be allowed to do to be shown the entry; empty: to see subjects.
	Needs auth.Action
	// Shown reports whether who acts is shown the entry; nil: Needs says.
	Shown func(context.Context) bool
	// Lists says that the entry leads to many subjects: who stands for a single one is not shown it. Single says that it leads to that
	// single one: nobody else is shown it.
	Lists, Single bool
}

// Tab is a page of the room of data, one of the tabs above each of them. Count is the number beside its name; nil: that of what
// waits there under the same key.
type Tab struct {
	Key, Path string
	Count     Count
}

// Wait is one kind of thing that waits for a person: questions, doubted values, refused rows.
type Wait struct {
	Key   string // of its texts, todo.KEY and so on, and of the tab that it stands under
	Path  string // of the page where it is dealt with
	Count Count
	// First gives the first few that wait, and when the oldest came. It is asked only where Count gave some.
	First func(ctx context.Context, ask *address.Ask, most int) (Waiting, error)
	// Whole says that it is not known where these lie, so that no scope narrows them.
	Whole bool
}

// Waiting is what waits, as far as a page names it.
type Waiting struct {
	Oldest time.Time // zero: not known
	List   []WaitingItem
}

// WaitingItem is one thing that waits, with the address where it is dealt with.
type WaitingItem struct {
	Name, Note, URL string
	N               int // how many of those that wait it is; 0: one
}

// plan is what the rooms have said of themselves.
type plan struct {
	order    Order
	rail     []Entry // in order
	under    map[string]string
	timeless map[string]bool
	whole    map[string]bool
	coarse   map[string]bool
	guests   map[string]string
	kinds    map[string]Kind
	writes   map[string]Writes
	changed  []func(context.Context)
	tabs     []Tab
	waits    []Wait
}

// newPlan gathers what rooms say.
func newPlan(order Order, rooms []Room) (plan, error) {
	p := plan{order: order, under: map[string]string{}, timeless: map[string]bool{}, whole: map[string]bool{}, coarse: map[string]bool{}, guests: map[string]string{}, kinds: map[string]Kind{}, writes: map[string]Writes{}}
	for _, room := range rooms {
		p.rail = append(p.rail, room.Rail...)
		p.tabs = append(p.tabs, room.Tabs...)
		p.waits = append(p.waits, room.Waits...)
		for step, path := range room.Under {
			p.under[step] = path
		}
		for step, path := range room.Guests {
			p.guests[step] = path
		}
		for _, step := range room.Timeless {
			p.timeless[step] = true
		}
		for _, step := range room.Whole {
			p.whole[step] = true
		}
		for _, step := range room.Coarse {
			p.coarse[step] = true
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
	var keys []string
	for _, g := range order.Rail {
		keys = append(keys, g.Entries...)
	}
	for _, e := range p.rail {
		if !slices.Contains(keys, e.Key) {
			return plan{}, fmt.Errorf("web: the rail has no place for %q", e.Key)
		}
	}
	slices.SortStableFunc(p.rail, func(a, b Entry) int { return slices.Index(keys, a.Key) - slices.Index(keys, b.Key) })
	slices.SortStableFunc(p.tabs, func(a, b Tab) int { return slices.Index(order.Tabs, a.Key) - slices.Index(order.Tabs, b.Key) })
	return p, nil
}

// entry finds an entry of the rail by its key; false when there is none.
func (p *plan) entry(key string) (Entry, bool) {
	i := slices.IndexFunc(p.rail, func(e Entry) bool { return e.Key == key })
	if i < 0 {
		return Entry{}, false
	}
	return p.rail[i], true
}

// roomOf is the entry of the rail to which a page belongs unless it was entered from another one; empty: none.
func (p *plan) roomOf(path string) string {
	at := p.under[firstStep(path)]
	if guest, ok := p.guest(path); ok {
		at = guest
	}
	for _, e := range p.rail {
		if path == e.Path || e.Path == at {
			return e.Key
		}
	}
	for _, e := range p.rail {
		if e.Path != "/" && strings.HasPrefix(path, e.Path+"/") {
			return e.Key
		}
	}
	return ""
}

// ownEntry is the key of the entry that leads to the single subject for which somebody acts.
func (p *plan) ownEntry() string {
	for _, e := range p.rail {
		if e.Single {
			return e.Key
		}
	}
	return ""
}

// guest reports whether a page keeps the room that it was entered from, and the path of the entry to which it belongs else.
func (p *plan) guest(path string) (usual string, ok bool) {
	step := firstStep(path)
	if usual, ok = p.guests[step]; ok {
		return usual, true
	}
	usual, ok = p.guests[step+"/"]
	return usual, ok && len(path) > len(step)
}

// isTimeless reports whether a page shows what is, whatever day of knowledge its address names.
func (p *plan) isTimeless(path string) bool { return isAmong(p.timeless, path) }

// isWhole reports whether a page is about the whole city, whatever part of it its address names.
func (p *plan) isWhole(path string) bool { return isAmong(p.whole, path) }

func isAmong(steps map[string]bool, path string) bool {
	step := firstStep(path)
	return steps[step] || strings.Count(path, "/") > 2 && steps[step+"/{id}/"]
}

// tab is the tab of the room of data to which a page belongs; empty: it is no page of that room.
func (p *plan) tab(path string) string {
	for _, t := range p.tabs {
		if firstStep(path) == t.Path {
			return t.Key
		}
	}
	return ""
}

// firstStep is a path up to its second slash.
func firstStep(path string) string {
	if i := strings.IndexByte(strings.TrimPrefix(path, "/"), '/'); i >= 0 {
		return path[:i+1]
	}
	return path
}

// RailOf is the entries of the left rail that who acts sees, in order.
func (f *Frame) RailOf(ctx context.Context) (list []Entry) {
	for _, e := range f.plan.rail {
		if f.shows(ctx, &e) {
			list = append(list, e)
		}
	}
	return list
}

// Offers reports whether who acts finds a page on the rail, or among the tabs of an entry of it.
func (f *Frame) Offers(ctx context.Context, path string) bool {
	tabs := f.TabsOf(ctx)
	among := slices.ContainsFunc(tabs, func(t Tab) bool { return t.Path == path })
	if !among && slices.ContainsFunc(f.plan.tabs, func(t Tab) bool { return t.Path == path }) {
		return false
	}
	room := f.plan.roomOf(path)
	return slices.ContainsFunc(f.RailOf(ctx), func(e Entry) bool { return e.Path == path || among && e.Key == room })
}

// TabsOf are the tabs of the room of data that who acts may open, in order.
func (f *Frame) TabsOf(ctx context.Context) (tabs []Tab) {
	if !f.SeesAny(ctx) {
		return nil
	}
	counts := f.counts.all(ctx, "", f.plan.counted())
	for _, t := range f.plan.tabs {
		if !counts.denied[t.countName()] {
			tabs = append(tabs, t)
		}
	}
	return tabs
}

// countName is the name of the count beside a tab.
func (t *Tab) countName() string {
	if t.Count != nil {
		return tabCount + t.Key
	}
	return t.Key
}

// tabCount begins the name of a count that is a tab's own.
const tabCount = "tab "

// counted are all numbers that the frame shows.
func (p *plan) counted() (all []counted) {
	for _, w := range p.waits {
		all = append(all, counted{w.Key, w.Count})
	}
	for _, t := range p.tabs {
		if t.Count != nil {
			all = append(all, counted{t.countName(), t.Count})
		}
	}
	return all
}

// Waits are what waits for who acts, each with its number; -1 while it is not known. What somebody may not see does not wait for
// them.
func (f *Frame) Waits(ctx context.Context, scope string) (waits []Wait, n []int) {
	counts := f.counts.all(ctx, scope, f.plan.counted())
	for _, w := range f.plan.waits {
		if counts.denied[w.Key] {
			continue
		}
		k, known := counts.n[w.Key]
		if !known {
			k = -1
		}
		waits, n = append(waits, w), append(n, k)
	}
	return waits, n
}

// Recount says that who acts has written something, so that the numbers of his frame are counted again.
func (f *Frame) Recount(ctx context.Context) { f.counts.outdate(auth.Named(ctx).ID) }
