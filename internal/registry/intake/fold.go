package intake

import (
	"context"
	"slices"

	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/identity"
)

// folder takes the rows of one import into the base, batch by batch: it links each row to a subject, folds its values
// into the subject's profile and writes the changed profiles.
type folder struct {
	to        targetWriter
	register  string
	rules     *derive.Rules
	resolver  *identity.Resolver
	things    bool // the rows are of things that subjects have: the subjects are derived when all rows are stored
	importID  int64
	unmatched *matchless // of a connector's file; nil for others

	confidential bool  // the register can hold the highest class of personal data
	change       int64 // the change number of every profile that this import changes

	firstFresh int64         // subjects from this id on were made by this import
	updated    identity.Bits // earlier subjects that this import changed
	accepted   int
	unchanged  int
	brought    int     // number of subjects that this import made
	altered    int     // number of updated
	revived    int     // number of those that were brought and had been inactive
	again      []int64 // subjects that are derived when all rows are stored

	working  map[int64]*working // subjects of the batch at hand
	order    []*working         // in the order of their first row, so that new ones are ordered by id
	spare    []*working         // their memory is reused
	digester fact.Digester
	scratch  []fact.Fact
	clashes  clashes
	bytes    []byte
	arena    arena // the encoded profiles of the current batch
	records  []fact.RecordRow
	links    []fact.LinkRow
	added    []fact.ProfileRow
	replaced []fact.ProfileRow
}

// working is a profile while a batch is folded into it.
type working struct {
	fact.ProfileRow
	facts   []fact.Fact
	decoded bool // facts is the decoded form of Facts
	fresh   bool // not stored yet
	dirty   bool // anything changed, even if only a source
	changed bool // a value changed
	again   bool // in folder.again
}

// mostFacts limits the number of facts whose memory is kept for the next profile.
const mostFacts = 512

// forget releases a profile and keeps the memory of its facts.
func (w *working) forget() {
	clear(w.facts)
	if cap(w.facts) > mostFacts {
		w.facts = nil
	}
	*w = working{facts: w.facts[:0]}
}

// take stores one batch.
func (m *folder) take(ctx context.Context, b *batch) error {
	if err := m.load(ctx, b.rows); err != nil {
		return err
	}
	m.records, m.links = m.records[:0], m.links[:0]
	for i := range b.rows {
		r := &b.rows[i]
		m.clashes.at(r)
		m.records = append(m.records, fact.RecordRow{ID: r.record, Import: m.importID, Sheet: r.sheet, Row: r.number, Cells: r.cells, Reason: r.reason, Confidential: m.confidential})
		if r.reason != "" {
			continue
		}
		if err := m.fold(ctx, r); err != nil {
			return err
		}
	}
	m.added, m.replaced = m.added[:0], m.replaced[:0]
	for _, w := range m.order {
		if !w.dirty {
			continue
		}
		if w.decoded {
			m.bytes = m.rules.Append(m.bytes[:0], w.facts)
			w.Facts = m.arena.keep(m.bytes)
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
	if b.block.BlockRow != nil { // a preview has no digests
		if err := m.to.AddBlock(ctx, b.linked(&m.digester, m.links)); err != nil {
			return err
		}
	}
	if err := m.to.AddProfiles(ctx, m.added); err != nil {
		return err
	}
	return m.to.SetProfiles(ctx, m.replaced)
}

// load reads the profiles of the subjects that the rows are probably about.
func (m *folder) load(ctx context.Context, rows []readyRow) error {
	if m.working == nil {
		m.working = make(map[int64]*working, len(rows))
	}
	clear(m.working)
	for _, w := range m.order {
		w.forget()
	}
	m.spare, m.order = append(m.spare, m.order...), m.order[:0]
	m.arena.reset()
	if cap(m.bytes) > mostScratch {
		m.bytes = nil
	}
	if err := m.resolver.Prepare(ctx, namings(rows)); err != nil {
		return err
	}
	var ids []int64
	for i := range rows {
		if rows[i].reason == "" {
			if s := m.resolver.Likely(rows[i].code, rows[i].key); s != 0 {
				ids = append(ids, s)
			}
		}
	}
	slices.Sort(ids)
	return m.fetch(ctx, slices.Compact(ids))
}

func (m *folder) fetch(ctx context.Context, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	stored, err := m.to.Profiles(ctx, ids)
	for _, p := range stored {
		m.hold(working{ProfileRow: p})
	}
	return err
}

func (m *folder) hold(w working) *working {
	p := &working{}
	if n := len(m.spare) - 1; n >= 0 {
		p, m.spare = m.spare[n], m.spare[:n]
	}
	w.facts = p.facts
	*p = w
	m.working[w.Subject] = p
	m.order = append(m.order, p)
	return p
}

// fold links one row to its subject and folds its values into the profile.
func (m *folder) fold(ctx context.Context, r *readyRow) error {
	d := m.resolver.Decide(r.code, r.key)
	evidence := r.key
	if d.How == fact.ByCode {
		evidence = r.code
	}
	m.links = append(m.links, fact.LinkRow{Record: r.record, Subject: d.Subject, RowSubject: d.RowSubject, How: d.How, Evidence: evidence})
	if d.Fresh {
		m.unmatched.note(r.sheet, r.number)
		m.accepted++
		m.brought++
		m.hold(working{
			ProfileRow: fact.ProfileRow{Subject: d.Subject, Register: m.register, Code: r.code, Name: r.name, NameKey: r.key, Facts: r.facts, Held: d.Held},
			fresh:      true, dirty: true, changed: true,
		})
		if m.things {
			m.again = append(m.again, d.Subject)
		}
		return nil
	}
	w := m.working[d.Subject]
	if w == nil {
		if err := m.fetch(ctx, []int64{d.Subject}); err != nil {
			return err
		}
		if w = m.working[d.Subject]; w == nil {
			return derive.MissingProfile(d.Subject)
		}
	}
	gone := w.Gone
	if gone {
		m.unmatched.note(r.sheet, r.number)
	}
	changed, touched, err := m.let(w, r, d.RowSubject != 0)
	if err != nil {
		return err
	}
	if (m.things || m.hasThings(w)) && !w.again {
		w.again = true
		m.again = append(m.again, d.Subject)
	}
	w.dirty = w.dirty || touched
	if !changed && !m.things {
		m.unchanged++
		return nil
	}
	m.accepted++
	w.changed = w.changed || changed
	if d.Subject < m.firstFresh && !m.updated.Has(d.Subject) {
		m.updated.Set(d.Subject)
		if gone && m.resolver.Narrow() { // whether it was once in the base is not told
			m.brought++
			m.revived++
		} else {
			m.altered++
		}
	}
	return nil
}

// hasThings reports whether values of a profile follow from things of the subject. Such values must be derived from all
// records; they cannot be folded into the stored profile.
func (m *folder) hasThings(w *working) bool {
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

// let folds a row into a profile. changed reports whether a value changed; touched whether anything changed. borrowed
// means that the row names another subject, which was merged into this one.
func (m *folder) let(w *working, r *readyRow, borrowed bool) (changed, touched bool, err error) {
	if w.Gone && !borrowed {
		// The subject was inactive: nothing known about it is in force, so the row starts a new profile.
		w.Gone, w.Code, w.Name, w.NameKey = false, r.code, r.name, r.key
		w.Facts, w.facts, w.decoded = r.facts, w.facts[:0], false
		m.resolver.Revive(w.Subject, r.key, r.code != "")
		return true, true, nil
	}
	if w.Gone {
		w.facts, w.decoded = w.facts[:0], true
	}
	if !w.decoded {
		if w.facts, err = m.rules.Read(w.facts[:0], w.Facts); err != nil {
			return false, false, derive.BadProfile(w.Subject, err)
		}
		w.decoded = true
	}
	if m.scratch, err = m.rules.Read(m.scratch[:0], r.facts); err != nil {
		return false, false, derive.BadProfile(w.Subject, err)
	}
	w.facts, changed, touched = m.rules.FoldTelling(w.facts, m.rules.Own(m.scratch, false, borrowed), m.contradicts(w, r))
	if r.code != w.Code && r.code != "" && !borrowed { // adopted: the subject had no code before, because a row with another code is about another subject
		w.Code, changed = r.code, true
	}
	name, key := m.named(w)
	switch {
	case w.Gone:
		w.Gone, w.Name, w.NameKey, changed = false, name, key, true
		m.resolver.Revive(w.Subject, key, w.Code != "")
	case key != w.NameKey:
		m.resolver.Rename(w.Subject, w.NameKey, key)
		w.Name, w.NameKey, changed = name, key, true
	}
	return changed, touched || changed, nil
}

// named returns the winning name and its key. For most profiles the name is unchanged.
func (m *folder) named(w *working) (name, key string) {
	if reg := m.rules.Register; len(reg.ApartAttrs) == 0 {
		for i := range w.facts {
			if f := &w.facts[i]; f.Attr.ID == reg.NameAttr && !f.Void && f.Value.Str == w.Name && w.Name != "" {
				return w.Name, w.NameKey
			}
		}
	}
	return m.rules.Name(w.facts)
}

// takeAll stores a batch and the mentions of its rows.
func (m *folder) takeAll(ctx context.Context, b *batch) error {
	if err := m.take(ctx, b); err != nil {
		return err
	}
	return m.to.AddMentions(ctx, m.register, b.names)
}

// followed returns the subjects, ascending, that have values that follow from their things.
func (m *folder) followed() []int64 {
	slices.Sort(m.again)
	return slices.Compact(m.again)
}

// settleItems derives the subjects of an import that have values that follow from their things.
func (g *Intake) settleItems(ctx context.Context, m *folder) error {
	subjects := m.followed()
	if len(subjects) == 0 {
		return nil
	}
	reg, err := g.base.RegisterOf(m.register)
	if err != nil {
		return err
	}
	_, err = g.base.Settle(ctx, reg, subjects, derive.Progress{Stage: "deriving"}, nil)
	return err
}
