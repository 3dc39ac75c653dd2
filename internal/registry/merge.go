package registry

import (
	"context"
	"slices"
)

// merger lets the rows of one import into the base: it links each row to a subject, lets its values into the
// subject's profile and writes what came of it, batch by batch.
type merger struct {
	to       Writer
	register string
	codec    *codec
	resolver *resolver
	things   bool // rows are of things that subjects have: what follows is derived when all are in
	importID int64
	change   int64 // stands in every profile that this import changes

	firstFresh int64 // subjects from this id on were made by this import
	updated    bits  // older subjects that it changed
	accepted   int
	unchanged  int
	altered    int     // number of updated
	again      []int64 // subjects to be derived when all rows are in

	working  map[int64]*working // subjects of the batch at hand
	order    []*working         // in the order of their first row, fresh ones thus by id
	spare    []working
	digester Digester
	scratch  []Fact
	records  []RecordRow
	links    []LinkRow
	added    []ProfileRow
	replaced []ProfileRow
}

// working is a profile while a batch passes over it.
type working struct {
	ProfileRow
	facts   []Fact
	decoded bool // facts stands for Facts
	fresh   bool // not stored yet
	dirty   bool // something changed, were it only a source
	changed bool // a value changed
	again   bool // in merger.again
}

// take stores one batch.
func (m *merger) take(ctx context.Context, b *batch) error {
	if err := m.load(ctx, b.rows); err != nil {
		return err
	}
	m.records, m.links = m.records[:0], m.links[:0]
	for i := range b.rows {
		r := &b.rows[i]
		m.records = append(m.records, RecordRow{ID: r.record, Import: m.importID, Sheet: r.sheet, Row: r.number, Cells: r.cells, Reason: r.reason})
		if r.reason != "" {
			continue
		}
		if err := m.merge(ctx, r); err != nil {
			return err
		}
	}
	m.added, m.replaced = m.added[:0], m.replaced[:0]
	for _, w := range m.order {
		if !w.dirty {
			continue
		}
		if w.decoded {
			w.Facts = m.codec.appendFacts(nil, w.facts)
		}
		if w.changed {
			w.Change = m.change
		}
		if w.fresh {
			m.added = append(m.added, w.ProfileRow)
		} else {
			m.replaced = append(m.replaced, w.ProfileRow)
		}
	}
	if err := m.to.AddRecords(ctx, m.records); err != nil {
		return err
	}
	if err := m.to.AddLinks(ctx, m.links); err != nil {
		return err
	}
	if b.block.BlockRow != nil { // a preview proves nothing
		if err := m.to.AddBlock(ctx, m.digester.linked(b, m.links)); err != nil {
			return err
		}
	}
	if err := m.to.AddProfiles(ctx, m.added); err != nil {
		return err
	}
	return m.to.SetProfiles(ctx, m.replaced)
}

// load makes ready what is stored about the subjects that the rows are probably about.
func (m *merger) load(ctx context.Context, rows []row) error {
	if m.working == nil {
		m.working = make(map[int64]*working, len(rows))
	}
	clear(m.working)
	m.order, m.spare = m.order[:0], slices.Grow(m.spare[:0], len(rows))
	if err := m.resolver.prepare(ctx, rows); err != nil {
		return err
	}
	var ids []int64
	for i := range rows {
		if rows[i].reason == "" {
			if s := m.resolver.likely(rows[i].code, rows[i].key); s != 0 {
				ids = append(ids, s)
			}
		}
	}
	slices.Sort(ids)
	return m.fetch(ctx, slices.Compact(ids))
}

func (m *merger) fetch(ctx context.Context, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	stored, err := m.to.Profiles(ctx, ids)
	for _, p := range stored {
		m.hold(working{ProfileRow: p})
	}
	return err
}

func (m *merger) hold(w working) *working {
	if len(m.spare) == cap(m.spare) { // only when subjects turn up that were not expected: pointers must stay
		m.spare = make([]working, 0, batchRows)
	}
	m.spare = append(m.spare, w)
	p := &m.spare[len(m.spare)-1]
	m.working[w.Subject] = p
	m.order = append(m.order, p)
	return p
}

// merge links one row and lets its values in.
func (m *merger) merge(ctx context.Context, r *row) error {
	d := m.resolver.decide(r.code, r.key)
	evidence := r.key
	if d.how == ByCode {
		evidence = r.code
	}
	m.links = append(m.links, LinkRow{Record: r.record, Subject: d.subject, Origin: d.origin, How: d.how, Evidence: evidence})
	if d.fresh {
		m.accepted++
		m.hold(working{
			ProfileRow: ProfileRow{Subject: d.subject, Register: m.register, Code: r.code, Name: r.name, NameKey: r.key, Facts: r.facts},
			fresh:      true, dirty: true, changed: true,
		})
		if m.things {
			m.again = append(m.again, d.subject)
		}
		return nil
	}
	w := m.working[d.subject]
	if w == nil {
		if err := m.fetch(ctx, []int64{d.subject}); err != nil {
			return err
		}
		if w = m.working[d.subject]; w == nil {
			return missingProfile(d.subject)
		}
	}
	changed, touched, err := m.let(w, r, d.origin != 0)
	if err != nil {
		return err
	}
	if (m.things || m.hasThings(w)) && !w.again {
		w.again = true
		m.again = append(m.again, d.subject)
	}
	w.dirty = w.dirty || touched
	if !changed && !m.things {
		m.unchanged++
		return nil
	}
	m.accepted++
	w.changed = w.changed || changed
	if d.subject < m.firstFresh && !m.updated.has(d.subject) {
		m.updated.set(d.subject)
		m.altered++
	}
	return nil
}

// hasThings reports whether values of a profile follow from things that the subject has: they follow from all records
// of them, and not from the profile as it is.
func (m *merger) hasThings(w *working) bool {
	if !w.decoded {
		return false
	}
	for i := range w.facts {
		if s := w.facts[i].Origin.Source; s != nil && s.Items != nil {
			return true
		}
	}
	return false
}

// let lets a row into a profile. It reports whether that changed a value, and whether it changed anything. borrowed
// says that the row names another subject, which was merged into this one.
func (m *merger) let(w *working, r *row, borrowed bool) (changed, touched bool, err error) {
	if w.Gone && !borrowed {
		// Nothing of what was known is in force any more: the row begins anew.
		w.Gone, w.Code, w.Name, w.NameKey = false, r.code, r.name, r.key
		w.Facts, w.facts, w.decoded = r.facts, nil, false
		m.resolver.revive(w.Subject, r.key, r.code != "")
		return true, true, nil
	}
	if w.Gone {
		w.facts, w.decoded = nil, true
	}
	if !w.decoded {
		if w.facts, err = m.codec.readFacts(nil, w.Facts); err != nil {
			return false, false, badProfile(w.Subject, err)
		}
		w.decoded = true
	}
	if m.scratch, err = m.codec.readFacts(m.scratch[:0], r.facts); err != nil {
		return false, false, badProfile(w.Subject, err)
	}
	w.facts, changed, touched = m.codec.fold(w.facts, m.codec.own(m.scratch, false, borrowed))
	if r.code != w.Code && r.code != "" && !borrowed { // adopted: a row with another code is about another subject
		w.Code, changed = r.code, true
	}
	name, key := m.codec.named(w.facts)
	switch {
	case w.Gone:
		w.Gone, w.Name, w.NameKey, changed = false, name, key, true
		m.resolver.revive(w.Subject, key, w.Code != "")
	case key != w.NameKey:
		m.resolver.rename(w.Subject, w.NameKey, key)
		w.Name, w.NameKey, changed = name, key, true
	}
	return changed, touched || changed, nil
}

// takeAll stores a batch and whom its rows name.
func (m *merger) takeAll(ctx context.Context, b *batch) error {
	if err := m.take(ctx, b); err != nil {
		return err
	}
	return m.to.AddMentions(ctx, m.register, b.names)
}

// followed gives the subjects, ascending, whose values follow from things that they have.
func (m *merger) followed() []int64 {
	slices.Sort(m.again)
	return slices.Compact(m.again)
}

// settleItems derives the subjects of an import whose values follow from things that they have.
func (g *Registry) settleItems(ctx context.Context, w Writer, m *merger) error {
	subjects := m.followed()
	if len(subjects) == 0 {
		return nil
	}
	reg, err := g.register(m.register)
	if err != nil {
		return err
	}
	_, err = g.settle(ctx, w, reg, subjects, Progress{Stage: "deriving"}, nil)
	return err
}
