package identity

import (
	"context"
	"encoding/json"
	"math"
	"slices"
	"time"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/cell"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/link"
)

// Linkage is the result of one pass of linkage over a register.
type Linkage struct {
	Register string  `json:"register"`
	Known    int     `json:"known"`   // subjects with a code, which rows can be linked to
	Looked   int     `json:"looked"`  // subjects that were compared: known by name only, or by a code whose check character is wrong
	Linked   int     `json:"linked"`  // merged into another subject
	Asked    int     `json:"asked"`   // open questions after the pass
	Left     int     `json:"left"`    // subjects without a candidate
	Settled  int     `json:"settled"` // questions that became moot
	Seconds  float64 `json:"seconds"`
}

// Link compares every subject of a register that is known by name only, or by a code with a wrong check character, with
// the subjects that have a valid code. It merges the certain pairs and asks a question about the uncertain ones, in the
// last transaction of a batch. Answers of people hold: two subjects that a person separated stay separate. Every merge
// can be undone. Subjects that other writers change meanwhile are left to the next pass.
func (g *Identities) Link(ctx context.Context, register string, progress func(derive.Progress)) (_ *Linkage, err error) {
	defer fault.At(&err, "identity.Link(register %s)", register)
	actor, err := g.base.May(ctx, auth.Link, auth.Resource{Register: register})
	if err != nil {
		return nil, err
	}
	reg, err := g.base.RegisterOf(register)
	if err != nil {
		return nil, err
	}
	if len(reg.ApartAttrs) > 0 { // in such a register a name does not identify a subject
		return &Linkage{Register: register}, nil
	}
	start := g.base.Clock()
	p := &linkPass{g: g, reg: reg, actor: actor, now: start.UTC()}
	if b := derive.BulkOf(ctx); b != nil {
		err = p.inBulk(ctx, b, progress)
	} else {
		err = g.base.InBulk(ctx, "link", progress, func(ctx context.Context, b *derive.Bulk) error { return p.inBulk(ctx, b, progress) })
	}
	if err != nil {
		return nil, err
	}
	done := p.done // a copy: a pointer into the pass would keep all its memory
	done.Seconds = g.base.Clock().Sub(start).Seconds()
	return &done, nil
}

// inBulk compares the subjects and derives the profiles that result, while other writers write. The merges themselves are
// written in the last transaction of the bulk.
func (p *linkPass) inBulk(ctx context.Context, b *derive.Bulk, progress func(derive.Progress)) error {
	p.done, p.left = Linkage{Register: p.reg.ID}, fact.Landed{}
	if _, err := p.g.base.Ready(ctx, p.reg); err != nil {
		return err
	}
	if err := derive.ReadIn(ctx, b, p.g.rooms.Identities(), func(r Reader) error { return p.read(ctx, r) }); err != nil {
		return err
	}
	if err := p.match(ctx, progress); err != nil {
		return err
	}
	p.moot()
	foreseen := p.joins()
	b.View = foreseen.view()
	_, err := b.Settle(ctx, p.reg, foreseen.concerned(), derive.Progress{Stage: "deriving"}, progress)
	b.View = nil
	if err != nil {
		return err
	}
	if err := p.land(ctx, b, foreseen.rows()); err != nil {
		return err
	}
	if err := p.mark(ctx, b, foreseen); err != nil {
		return err
	}
	b.AtLast(func(ctx context.Context) error {
		return p.g.rooms.Identities().Within(ctx, func(ctx context.Context, w Writer) error {
			if err := p.leave(ctx, w, b.Others); err != nil {
				return err
			}
			return p.g.rooms.Joining().Write(ctx, func(j JoiningWriter) error { return p.write(ctx, w, j, foreseen) })
		})
	})
	b.Afterwards(p.refresh)
	return nil
}

// land lands the merges, the joins that follow from them, and the new questions, in as many chunks as needed.
func (p *linkPass) land(ctx context.Context, b *derive.Bulk, joins []fact.JoinRow) error {
	merges, err := p.reserve(ctx, b, fact.LastMerge, len(p.merges))
	if err != nil {
		return err
	}
	for i := range p.merges {
		p.merges[i].ID = merges + int64(i)
	}
	questions, err := p.reserve(ctx, b, fact.LastAsked, len(p.fresh))
	if err != nil {
		return err
	}
	for i := range p.fresh {
		p.fresh[i].ID = questions + int64(i)
	}
	if err := landRows(ctx, p, b, p.merges, JoiningWriter.LandMerges); err != nil {
		return err
	}
	if err := landRows(ctx, p, b, joins, JoiningWriter.Join); err != nil {
		return err
	}
	return landRows(ctx, p, b, p.fresh, JoiningWriter.LandQuestions)
}

// reserve reserves n ids of a counter for the batch, which uses all of them. It returns the first.
func (p *linkPass) reserve(ctx context.Context, b *derive.Bulk, c fact.Counter, n int) (first int64, err error) {
	if n == 0 {
		return 0, nil
	}
	err = p.chunk(ctx, b, func(w JoiningWriter) error {
		first, _, err = w.Reserve(ctx, c, int64(n), 0)
		return err
	})
	if err == nil {
		b.Used(c, first+int64(n)-1)
	}
	return first, err
}

// chunk runs fn in a chunk of the batch.
func (p *linkPass) chunk(ctx context.Context, b *derive.Bulk, fn func(w JoiningWriter) error) error {
	return b.Chunk(ctx, func(ctx context.Context, _ derive.BatchWriter) error { return p.g.rooms.Joining().Write(ctx, fn) })
}

// landRows lands rows of one kind in as many chunks as needed.
func landRows[R any](ctx context.Context, p *linkPass, b *derive.Bulk, rows []R, put func(JoiningWriter, context.Context, []R) error) error {
	for len(rows) > 0 {
		if err := p.chunk(ctx, b, func(w JoiningWriter) error {
			for len(rows) > 0 {
				n := min(fact.BatchRows, len(rows))
				if err := put(w, ctx, rows[:n]); err != nil {
					return err
				}
				if rows = rows[n:]; w.Enough() {
					return nil
				}
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// leave removes from the pass everything about subjects that other writers changed since the pass read them, and
// questions that were answered since. The next pass handles them.
func (p *linkPass) leave(ctx context.Context, w Writer, others map[int64]bool) error {
	before := make(map[int64]fact.QuestionState, len(p.asked))
	for i := range p.asked {
		before[p.asked[i].ID] = p.asked[i].State
	}
	answered := map[int64]bool{}
	pairs := map[pair]bool{}
	if err := w.QuestionStates(ctx, p.reg.ID, func(now fact.QuestionRow) {
		if before[now.ID] != now.State {
			answered[now.ID] = true
			pairs[pair{now.Subject, now.Candidate}] = true
		}
	}); err != nil {
		return err
	}
	if len(others)+len(pairs) == 0 {
		return nil
	}
	p.merges = slices.DeleteFunc(p.merges, func(m fact.MergeRow) bool {
		left := others[m.From] || others[m.Into] || pairs[pair{m.From, m.Into}]
		if left {
			p.done.Linked--
			p.done.Left++
			p.left.Merges = append(p.left.Merges, m.ID)
		}
		return left
	})
	p.fresh = slices.DeleteFunc(p.fresh, func(q fact.QuestionRow) bool {
		left := others[q.Subject] || others[q.Candidate] || pairs[pair{q.Subject, q.Candidate}]
		if left {
			p.done.Asked--
			p.done.Left++
			p.left.Questions = append(p.left.Questions, q.ID)
		}
		return left
	})
	stale := func(q *fact.QuestionRow) bool { return others[q.Subject] || others[q.Candidate] || answered[q.ID] }
	p.changed, p.weighed = slices.DeleteFunc(p.changed, stale), slices.DeleteFunc(p.weighed, stale)
	return nil
}

// linkPass is the state of one pass of linkage.
type linkPass struct {
	g         *Identities
	reg       *pack.Register
	actor     string
	now       time.Time
	index     *link.Index
	pending   []pendingSubject   // ascending
	asked     []fact.QuestionRow // as they were read
	told      []link.Answer      // pairs that people said are different
	questions map[pair]*fact.QuestionRow
	below     map[int64][]int64 // subject → the subjects whose records count for it
	kept      map[pair]bool     // candidate pairs that this pass would ask about
	merges    []fact.MergeRow
	fresh     []fact.QuestionRow
	left      fact.Landed         // merges and questions that are left to the next pass
	changed   []*fact.QuestionRow // questions that are asked again, or became moot
	weighed   []*fact.QuestionRow // questions that stay open, with new evidence
	marked    map[int64]bool      // subjects that readers of the register were already told to read again
	done      Linkage
}

type pair struct{ subject, candidate int64 }

// pendingSubject is a subject that linkage looks for a match of.
type pendingSubject struct {
	id  int64
	row link.Row
}

// read builds the index of the subjects with valid codes and lists the others.
func (p *linkPass) read(ctx context.Context, r Reader) error {
	var failed error
	p.pending = p.pending[:0]
	p.index = link.Build(func(yield func(link.Entry) bool) {
		pass, err := p.g.base.Reader(ctx, r, p.reg, func(x *fact.Profile) error {
			switch {
			case x.Gone, x.Held != "": // whose owner is asked is compared with none
			case x.Code != "" && !p.slipped(x.Code):
				if !yield(entryOf(x)) {
					return errEnough
				}
			case x.Name != "":
				row := rowOf(x.Name, x.Facts)
				row.Code, row.Except = x.Code, x.Subject
				p.pending = append(p.pending, pendingSubject{x.Subject, row})
			}
			return nil
		})
		if failed = err; err == nil {
			failed = r.EachProfile(ctx, p.reg.ID, pass)
		}
	}, link.Options{Plain: p.reg.Scheme() == pack.Plain})
	if failed != nil {
		return failed
	}
	p.done.Known, p.done.Looked = p.index.Len(), len(p.pending)
	asked, err := r.QuestionsOf(ctx, p.reg.ID, nil)
	if err != nil {
		return err
	}
	p.asked = slices.Clone(asked)
	p.questions = make(map[pair]*fact.QuestionRow, len(asked))
	var told []link.Answer
	names := map[int64]string{}
	for i := range p.pending {
		names[p.pending[i].id] = p.pending[i].row.Name
	}
	for i := range asked {
		q := &asked[i]
		p.questions[pair{q.Subject, q.Candidate}] = q
		if q.State == fact.Different && names[q.Subject] != "" {
			told = append(told, link.Answer{Name: names[q.Subject], Subject: q.Candidate})
		}
	}
	p.told = told
	p.index.Remember(told)
	p.below = map[int64][]int64{}
	merged, err := r.Merged(ctx, p.reg.ID)
	if err != nil {
		return err
	}
	into := map[int64]int64{}
	for _, m := range merged {
		into[m.Subject] = m.Into
	}
	for s := range into {
		root := s
		for into[root] != 0 {
			root = into[root]
		}
		p.below[root] = append(p.below[root], s)
	}
	return nil
}

// slipped reports a code whose check character is wrong.
func (p *linkPass) slipped(code string) bool {
	if p.reg.Scheme() == pack.Plain {
		return false
	}
	_, state := cell.USCC([]byte(code), nil)
	return state == cell.BadCheck
}

// match decides all pending subjects, on all cores.
func (p *linkPass) match(ctx context.Context, progress func(derive.Progress)) error {
	rowOf := func(s *pendingSubject) *link.Row { return &s.row }
	p.index.Learn(func(yield func(link.Row) bool) {
		for i := range p.pending {
			if !yield(p.pending[i].row) {
				return
			}
		}
	})
	p.kept, p.merges, p.fresh, p.changed, p.weighed = map[pair]bool{}, nil, nil, nil, nil
	tell := p.g.base.Teller(derive.Progress{Stage: "linking", TotalRows: len(p.pending)}, progress)
	n := 0
	var left []pendingSubject
	err := link.Each(p.index, slices.Values(p.pending), rowOf, func(s *pendingSubject, m *link.Match) error {
		if n++; n%fact.BatchRows == 0 {
			tell(n, 0, false)
		}
		if m.Decision == link.Leave && s.row.Code == "" {
			left = append(left, *s)
			return ctx.Err()
		}
		if err := p.take(s.id, m); err != nil {
			return err
		}
		return ctx.Err()
	})
	tell(n, 0, true)
	if err != nil {
		return err
	}
	return p.among(ctx, left, rowOf)
}

// among compares with one another the subjects known by name only that have no candidate with a code. Of two that are the
// same, the older one stays.
func (p *linkPass) among(ctx context.Context, left []pendingSubject, rowOf func(*pendingSubject) *link.Row) error {
	if len(left) < 2 {
		p.done.Left += len(left)
		return nil
	}
	x := link.Build(func(yield func(link.Entry) bool) {
		for _, s := range left {
			if !yield(link.Entry{ID: s.id, Name: s.row.Name, Former: s.row.Former, Registration: s.row.Registration, Org: s.row.Org, Address: s.row.Address}) {
				return
			}
		}
	}, link.Options{Plain: true})
	x.Remember(p.told)
	return link.Each(x, slices.Values(left), rowOf, func(s *pendingSubject, m *link.Match) error {
		if m.ID > s.id { // the later subject will find this one
			p.done.Left++
			return ctx.Err()
		}
		if err := p.take(s.id, m); err != nil {
			return err
		}
		return ctx.Err()
	})
}

// take records the result of a match: a merge when it is certain and no person has decided about the pair, otherwise a
// question.
func (p *linkPass) take(subject int64, m *link.Match) error {
	if m.Decision == link.Leave || m.ID == 0 || m.ID == subject {
		p.done.Left++
		return nil
	}
	evidence, err := json.Marshal(evidenceOf(m))
	if err != nil {
		return err
	}
	key := pair{subject, m.ID}
	q := p.questions[key]
	if m.Decision == link.Link && q == nil {
		p.done.Linked++
		p.merges = append(p.merges, fact.MergeRow{Register: p.reg.ID, From: subject, Into: m.ID, At: p.now,
			Actor: derive.LinkageActor, How: string(m.By), Evidence: string(evidence)})
		return nil
	}
	p.kept[key] = true
	weight := int64(math.Round(1000 * max(-1e6, min(1e6, m.Weight))))
	switch {
	case q == nil:
		p.done.Asked++
		p.fresh = append(p.fresh, fact.QuestionRow{Register: p.reg.ID, Subject: subject, Candidate: m.ID, Weight: weight,
			Evidence: string(evidence), RaisedAt: p.now, State: fact.Open})
		return nil
	case q.State == fact.Same || q.State == fact.Different:
		p.done.Left++
		return nil
	case q.State == fact.Later:
		return nil
	}
	p.done.Asked++
	if q.State == fact.Open && q.Weight == weight && q.Evidence == string(evidence) {
		return nil
	}
	if q.State == fact.Open {
		p.weighed = append(p.weighed, q)
	} else {
		p.changed = append(p.changed, q)
	}
	q.Weight, q.Evidence, q.State, q.DecidedBy, q.DecidedAt = weight, string(evidence), fact.Open, "", time.Time{}
	return nil
}

// write writes the merges and questions of the pass and marks the questions that it would no longer ask as moot. The
// profiles that follow from the foreseen merges are derived already.
func (p *linkPass) write(ctx context.Context, w Writer, batch JoiningWriter, foreseen joins) error {
	if err := batch.ShowLanded(ctx, p.left); err != nil {
		return err
	}
	if err := w.SetQuestions(ctx, p.changed); err != nil {
		return err
	}
	now := p.joins()
	if err := batch.Join(ctx, foreseen.replaced(now)); err != nil {
		return err
	}
	if err := batch.AttachJoined(ctx); err != nil {
		return err
	}
	if _, err := p.g.base.Numbered(ctx, p.reg); err != nil {
		return err
	}
	asked := slices.DeleteFunc(p.concerned(now), func(s int64) bool { return p.marked[s] })
	if _, err := p.g.base.Settle(ctx, p.reg, foreseen.difference(now), derive.Progress{Stage: "deriving"}, nil); err != nil {
		return err
	}
	if err := p.g.base.Reconsider(ctx, p.reg.ID, asked); err != nil {
		return err
	}
	if len(p.merges)+len(p.fresh)+len(p.changed) == 0 {
		return nil // nothing happened that the log should contain
	}
	return p.g.base.Log(ctx, p.actor, "link", "register/"+p.reg.ID, map[string]any{
		"known": p.done.Known, "looked": p.done.Looked, "linked": p.done.Linked, "asked": p.done.Asked, "left": p.done.Left, "settled": p.done.Settled,
	})
}

// concerned returns the subjects whose questions, or whose records in whole lists, change with the pass, given some
// joins.
func (p *linkPass) concerned(j joins) (list []int64) {
	for _, m := range p.merges { // a merge moves records, also records of lists
		list = append(list, m.From, m.Into, j[m.From])
	}
	for i := range p.fresh {
		list = append(list, p.fresh[i].Subject)
	}
	for _, q := range p.changed {
		list = append(list, q.Subject)
	}
	return list
}

// mark makes readers read again the candidates of changed questions whose subjects are in a whole list: the "no" of that
// list about them depends on the question.
func (p *linkPass) mark(ctx context.Context, b *derive.Bulk, foreseen joins) error {
	p.marked = map[int64]bool{}
	subjects := p.concerned(foreseen)
	for _, s := range subjects {
		p.marked[s] = true
	}
	var candidates []int64
	for key := range p.questions {
		if p.marked[key.subject] {
			candidates = append(candidates, key.candidate)
		}
	}
	for i := range p.fresh {
		candidates = append(candidates, p.fresh[i].Candidate)
	}
	return b.Reread(ctx, p.reg, subjects, candidates)
}

// refresh writes the new evidence of questions that stay open, after the batch, in short transactions. A question that
// was answered meanwhile stays as it is. What cannot be written is left to the next pass; nothing depends on it.
func (p *linkPass) refresh(ctx context.Context) error {
	for part := range slices.Chunk(p.weighed, fact.BatchRows) {
		if err := p.g.rooms.Identities().Within(ctx, func(ctx context.Context, w Writer) error {
			var fresh []*fact.QuestionRow
			for _, q := range part {
				now, err := w.Question(ctx, q.ID)
				if err != nil {
					return err
				}
				if now != nil && now.State == fact.Open {
					fresh = append(fresh, q)
				}
			}
			if len(fresh) == 0 {
				return nil
			}
			if err := w.SetQuestions(ctx, fresh); err != nil {
				return err
			}
			return p.g.base.Log(ctx, p.actor, "link", "register/"+p.reg.ID, map[string]any{"weighed": len(fresh)})
		}); err != nil {
			return err
		}
	}
	return nil
}

// moot marks open questions that this pass would not ask as moot.
func (p *linkPass) moot() {
	for key, q := range p.questions {
		if p.kept[key] || q.State != fact.Open && q.State != fact.Later {
			continue
		}
		q.State, q.DecidedBy, q.DecidedAt = fact.Moot, derive.LinkageActor, p.now
		p.changed = append(p.changed, q)
		p.done.Settled++
	}
}

// WhyField is the field of the evidence with the sentence that explains the decision of linkage. Its weight is 0.
const WhyField = "why"

// evidenceOf returns the evidence of a match that is stored: the comparisons with the best candidate, and the
// explanation.
func evidenceOf(m *link.Match) []Evidence {
	list := []Evidence{{Field: WhyField, Level: string(m.By), Text: pack.Text{ZH: m.ZH, EN: m.EN}}}
	if len(m.Candidates) > 0 {
		for _, e := range m.Candidates[0].Evidence {
			list = append(list, Evidence{Field: string(e.Field), Level: e.Level, Left: e.Row, Right: e.Entry, Weight: bounded(e.Bits), Text: pack.Text{ZH: e.ZH, EN: e.EN}})
		}
	}
	return list
}

// bounded returns a weight as JSON can hold it (no infinities), rounded to a hundredth of a bit.
func bounded(bits float64) float64 {
	return math.Round(100*max(-1e6, min(1e6, bits))) / 100
}
