package registry

import (
	"context"
	"encoding/json"
	"math"
	"slices"
	"time"

	"eyas/internal/auth"
	"eyas/internal/pack"
	"eyas/internal/registry/cell"
	"eyas/internal/registry/link"
)

// Linkage is what a pass of linkage over a register came to.
type Linkage struct {
	Register string  `json:"register"`
	Known    int     `json:"known"`   // subjects with a code that could be meant
	Looked   int     `json:"looked"`  // subjects that were looked at: known by name only, or by a code that cannot be right
	Linked   int     `json:"linked"`  // merged into the subject that they are
	Asked    int     `json:"asked"`   // questions that people have to answer now
	Left     int     `json:"left"`    // like none
	Settled  int     `json:"settled"` // questions that need not be asked any more
	Seconds  float64 `json:"seconds"`
}

// linkageActor is in whose name linkage merges; who started it stands in the operation log.
const linkageActor = "linkage"

// Link looks, for every subject of a register that is known by name only or by a code whose check character fails, for
// the subject with a good code that it is. Those that are certain are merged, those that are not are asked about, in the
// last transaction of a batch. What people answered before holds: who was told apart stays apart. All of
// it can be taken back. What concerns subjects of which others write something meanwhile is left to the next pass.
func (g *Registry) Link(ctx context.Context, actor, register string, progress func(Progress)) (*Linkage, error) {
	if err := auth.Decide(g.actors.Actor(actor), auth.Link, auth.Resource{Register: register}); err != nil {
		return nil, err
	}
	reg, err := g.register(register)
	if err != nil {
		return nil, err
	}
	if len(reg.ApartAttrs) > 0 { // a name is not what tells its subjects apart
		return &Linkage{Register: register}, nil
	}
	start := g.clock()
	p := &linkPass{g: g, reg: reg, actor: actor, now: start.UTC()}
	if b, _ := ctx.Value(bulkKey{}).(*bulk); b != nil {
		err = p.inBulk(ctx, b, progress)
	} else {
		err = g.inBulk(ctx, "link", progress, func(ctx context.Context, b *bulk) error { return p.inBulk(ctx, b, progress) })
	}
	if err != nil {
		return nil, err
	}
	done := p.done // a copy: a pointer into the pass would keep all of it
	done.Seconds = g.clock().Sub(start).Seconds()
	return &done, nil
}

// inBulk looks for what is to be linked while others write, and leaves the writing for the last transaction of the bulk.
func (p *linkPass) inBulk(ctx context.Context, b *bulk, progress func(Progress)) error {
	p.done = Linkage{Register: p.reg.ID}
	if _, err := p.g.ready(ctx, p.reg); err != nil {
		return err
	}
	if err := b.Read(ctx, func(r Reader) error { return p.read(ctx, r) }); err != nil {
		return err
	}
	if err := p.match(ctx, progress); err != nil {
		return err
	}
	p.moot()
	b.last = append(b.last, func(ctx context.Context, w BatchWriter) error {
		if err := p.leave(ctx, w, b.others); err != nil {
			return err
		}
		return p.write(ctx, w)
	})
	return nil
}

// leave leaves to the next pass whatever concerns subjects of which others wrote something since this one looked, and
// questions that were answered since.
func (p *linkPass) leave(ctx context.Context, w Writer, others map[int64]bool) error {
	now, err := w.QuestionsOf(ctx, p.reg.ID, nil)
	if err != nil {
		return err
	}
	before := make(map[int64]QuestionState, len(p.asked))
	for i := range p.asked {
		before[p.asked[i].ID] = p.asked[i].State
	}
	answered := map[int64]bool{}
	pairs := map[pair]bool{}
	for i := range now {
		if before[now[i].ID] != now[i].State {
			answered[now[i].ID] = true
			pairs[pair{now[i].Subject, now[i].Candidate}] = true
		}
	}
	if len(others)+len(pairs) == 0 {
		return nil
	}
	p.merges = slices.DeleteFunc(p.merges, func(m MergeRow) bool {
		left := others[m.From] || others[m.Into] || pairs[pair{m.From, m.Into}]
		if left {
			p.done.Linked--
			p.done.Left++
		}
		return left
	})
	p.fresh = slices.DeleteFunc(p.fresh, func(q QuestionRow) bool {
		left := others[q.Subject] || others[q.Candidate] || pairs[pair{q.Subject, q.Candidate}]
		if left {
			p.done.Asked--
			p.done.Left++
		}
		return left
	})
	p.changed = slices.DeleteFunc(p.changed, func(q *QuestionRow) bool { return others[q.Subject] || others[q.Candidate] || answered[q.ID] })
	return nil
}

// linkPass is one pass while it runs.
type linkPass struct {
	g         *Registry
	reg       *pack.Register
	actor     string
	now       time.Time
	index     *link.Index
	pending   []pendingSubject // ascending
	asked     []QuestionRow    // as they were read
	told      []link.Answer    // what people said is different
	questions map[pair]*QuestionRow
	below     map[int64][]int64 // subjects whose records count for one
	kept      map[pair]bool     // what would be asked now
	merges    []MergeRow
	fresh     []QuestionRow
	changed   []*QuestionRow
	done      Linkage
}

type pair struct{ subject, candidate int64 }

// pendingSubject is a subject whose place is looked for.
type pendingSubject struct {
	id  int64
	row link.Row
}

// read makes the index of the subjects with good codes and lists the others.
func (p *linkPass) read(ctx context.Context, r Reader) error {
	var failed error
	p.pending = p.pending[:0]
	p.index = link.Build(func(yield func(link.Entry) bool) {
		pass, err := p.g.reader(ctx, r, p.reg, func(x *Profile) error {
			switch {
			case x.Gone:
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
	p.questions = make(map[pair]*QuestionRow, len(asked))
	var told []link.Answer
	names := map[int64]string{}
	for i := range p.pending {
		names[p.pending[i].id] = p.pending[i].row.Name
	}
	for i := range asked {
		q := &asked[i]
		p.questions[pair{q.Subject, q.Candidate}] = q
		if q.State == Different && names[q.Subject] != "" {
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

// slipped reports a code that cannot be right: its check character fails.
func (p *linkPass) slipped(code string) bool {
	if p.reg.Scheme() == pack.Plain {
		return false
	}
	_, state := cell.USCC([]byte(code), nil)
	return state == cell.BadCheck
}

// match decides all that are pending, on every core.
func (p *linkPass) match(ctx context.Context, progress func(Progress)) error {
	rowOf := func(s *pendingSubject) *link.Row { return &s.row }
	p.index.Learn(func(yield func(link.Row) bool) {
		for i := range p.pending {
			if !yield(p.pending[i].row) {
				return
			}
		}
	})
	p.kept, p.merges, p.fresh, p.changed = map[pair]bool{}, nil, nil, nil
	tell := p.g.teller(Progress{Stage: "linking", TotalRows: len(p.pending)}, progress)
	n := 0
	var left []pendingSubject
	err := link.Each(p.index, slices.Values(p.pending), rowOf, func(s *pendingSubject, m *link.Match) error {
		if n++; n%batchRows == 0 {
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

// among looks, for those known by name only that are like none with a code, whether they are one another. Of two that
// are one the older stays.
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
		if m.ID > s.id { // that one will find this one
			p.done.Left++
			return ctx.Err()
		}
		if err := p.take(s.id, m); err != nil {
			return err
		}
		return ctx.Err()
	})
}

// take notes what follows from a match: a merge when it is certain and nobody has said anything of the two, else a
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
		p.merges = append(p.merges, MergeRow{Register: p.reg.ID, From: subject, Into: m.ID, At: p.now,
			Actor: linkageActor, How: string(m.By), Evidence: string(evidence)})
		return nil
	}
	p.kept[key] = true
	weight := int64(math.Round(1000 * max(-1e6, min(1e6, m.Weight))))
	switch {
	case q == nil:
		p.done.Asked++
		p.fresh = append(p.fresh, QuestionRow{Register: p.reg.ID, Subject: subject, Candidate: m.ID, Weight: weight,
			Evidence: string(evidence), RaisedAt: p.now, State: Open})
		return nil
	case q.State == Same || q.State == Different:
		p.done.Left++
		return nil
	case q.State == Later:
		return nil
	}
	p.done.Asked++
	if q.State == Open && q.Weight == weight && q.Evidence == string(evidence) {
		return nil
	}
	q.Weight, q.Evidence, q.State, q.DecidedBy, q.DecidedAt = weight, string(evidence), Open, "", time.Time{}
	p.changed = append(p.changed, q)
	return nil
}

// write merges what is certain, asks what is not, and lets go of questions that would not be asked any more.
func (p *linkPass) write(ctx context.Context, w Writer) error {
	lastMerge, err := w.Advance(ctx, LastMerge, int64(len(p.merges)))
	if err != nil {
		return err
	}
	for i := range p.merges {
		p.merges[i].ID = lastMerge - int64(len(p.merges)) + int64(i) + 1
	}
	lastAsked, err := w.Advance(ctx, LastAsked, int64(len(p.fresh)))
	if err != nil {
		return err
	}
	for i := range p.fresh {
		p.fresh[i].ID = lastAsked - int64(len(p.fresh)) + int64(i) + 1
	}
	for _, q := range p.changed {
		if err := w.SetQuestion(ctx, q); err != nil {
			return err
		}
	}
	if err := w.AddMerges(ctx, p.merges); err != nil {
		return err
	}
	if err := w.AddQuestions(ctx, p.fresh); err != nil {
		return err
	}
	var settle []int64
	into := map[int64]int64{}
	for _, m := range p.merges {
		into[m.From] = m.Into
	}
	for _, m := range p.merges {
		root := m.Into
		for into[root] != 0 {
			root = into[root]
		}
		settle = append(settle, m.From, m.Into, root)
		if err := w.Attach(ctx, append(p.below[m.From], m.From), root); err != nil {
			return err
		}
	}
	if _, err := p.g.numbered(ctx, w, p.reg); err != nil {
		return err
	}
	asked := slices.Clone(settle) // a merge moves records, also those of lists
	for i := range p.fresh {
		asked = append(asked, p.fresh[i].Subject)
	}
	for _, q := range p.changed {
		asked = append(asked, q.Subject)
	}
	slices.Sort(settle)
	if _, err := p.g.settle(ctx, w, p.reg, slices.Compact(settle), Progress{Stage: "deriving"}, nil); err != nil {
		return err
	}
	if err := p.g.reconsider(ctx, w, p.reg.ID, asked); err != nil {
		return err
	}
	if len(p.merges)+len(p.fresh)+len(p.changed) == 0 {
		return nil // nothing happened that a log should tell
	}
	return p.g.log(ctx, w, p.actor, "link", "register/"+p.reg.ID, p.done)
}

// moot lets go of open questions that would not be asked any more.
func (p *linkPass) moot() {
	for key, q := range p.questions {
		if p.kept[key] || q.State != Open && q.State != Later {
			continue
		}
		q.State, q.DecidedBy, q.DecidedAt = Moot, linkageActor, p.now
		p.changed = append(p.changed, q)
		p.done.Settled++
	}
}

// WhyField is the field of the evidence that says, in a sentence, why linkage decided as it did; it weighs nothing.
const WhyField = "why"

// evidenceOf is what of a match is kept: what was compared with the best candidate, and why it was decided so.
func evidenceOf(m *link.Match) []Evidence {
	list := []Evidence{{Field: WhyField, Level: string(m.By), Text: pack.Text{ZH: m.ZH, EN: m.EN}}}
	if len(m.Candidates) > 0 {
		for _, e := range m.Candidates[0].Evidence {
			list = append(list, Evidence{Field: string(e.Field), Level: e.Level, Left: e.Row, Right: e.Entry, Weight: bounded(e.Bits), Text: pack.Text{ZH: e.ZH, EN: e.EN}})
		}
	}
	return list
}

// bounded is a weight as JSON can hold it, to a hundredth of a bit.
func bounded(bits float64) float64 {
	return math.Round(100*max(-1e6, min(1e6, bits))) / 100
}
