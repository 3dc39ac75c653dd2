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
	importID int64
	change   int64 // stands in every profile that this import changes

	firstFresh int64 // subjects from this id on were made by this import
	updated    bits  // older subjects that it changed
	accepted   int
	unchanged  int
	altered    int // number of updated

	working  map[int64]*working // subjects of the batch at hand
	order    []*working         // in the order of their first row, fresh ones thus by id
	spare    []working
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
	dirty   bool
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
		w.Change = m.change
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
	m.links = append(m.links, LinkRow{Record: r.record, Subject: d.subject, How: d.how, Evidence: evidence})
	if d.fresh {
		m.accepted++
		m.hold(working{
			ProfileRow: ProfileRow{Subject: d.subject, Register: m.register, Code: r.code, Name: r.name, NameKey: r.key, Facts: r.facts},
			fresh:      true, dirty: true,
		})
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
	changed, err := m.let(w, r)
	if err != nil {
		return err
	}
	if !changed {
		m.unchanged++
		return nil
	}
	m.accepted++
	w.dirty = true
	if d.subject < m.firstFresh && !m.updated.has(d.subject) {
		m.updated.set(d.subject)
		m.altered++
	}
	return nil
}

// let lets a row into a profile and reports whether that changed it.
func (m *merger) let(w *working, r *row) (changed bool, err error) {
	if w.Gone {
		// Nothing of what was known is in force any more: the row begins anew.
		w.Gone, w.Code, w.Name, w.NameKey = false, r.code, r.name, r.key
		w.Facts, w.facts, w.decoded = r.facts, nil, false
		m.resolver.revive(w.Subject, r.key, r.code != "")
		return true, nil
	}
	if !w.decoded {
		if w.facts, err = m.codec.readFacts(nil, w.Facts); err != nil {
			return false, badProfile(w.Subject, err)
		}
		w.decoded = true
	}
	if m.scratch, err = m.codec.readFacts(m.scratch[:0], r.facts); err != nil {
		return false, badProfile(w.Subject, err)
	}
	w.facts, changed = m.codec.fold(w.facts, m.scratch)
	if r.code != w.Code && r.code != "" { // adopted: a row with another code is about another subject
		w.Code, changed = r.code, true
	}
	if r.key != w.NameKey && r.key != "" {
		m.resolver.rename(w.Subject, w.NameKey, r.key)
		w.Name, w.NameKey, changed = r.name, r.key, true
	}
	return changed, nil
}
