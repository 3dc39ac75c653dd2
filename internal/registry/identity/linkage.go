package identity

import (
	"context"
	"encoding/json"
	"math"
	"slices"
	"time"

	"eyas/internal/auth"
	"eyas/internal/pack"
	"eyas/internal/registry/cell"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
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

// Link looks, for every subject of a register that is known by name only or by a code whose check character fails, for
// the subject with a good code that it is. Those that are certain are merged, those that are not are asked about, in the
// last transaction of a batch. What people answered before holds: who was told apart stays apart. All of
// it can be taken back. What concerns subjects of which others write something meanwhile is left to the next pass.
func (g *Identities) Link(ctx context.Context, register string, progress func(derive.Progress)) (*Linkage, error) {
	actor, err := g.base.May(ctx, auth.Link, auth.Resource{Register: register})
	if err != nil {
		return nil, err
	}
	reg, err := g.base.RegisterOf(register)
	if err != nil {
		return nil, err
	}
	if len(reg.ApartAttrs) > 0 { // a name is not what tells its subjects apart
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
	done := p.done // a copy: a pointer into the pass would keep all of it
	done.Seconds = g.base.Clock().Sub(start).Seconds()
	return &done, nil
}

// InBulk looks for what is to be linked, and derives what follows from it, while others write. The merges themselves are
// left for the last transaction of the bulk.
func (p *linkPass) inBulk(ctx context.Context, b *derive.Bulk, progress func(derive.Progress)) error {
	p.done, p.left = Linkage{Register: p.reg.ID}, nil
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
	b.AtLast(func(ctx context.Context) error {
		return p.g.rooms.Identities().Within(ctx, func(ctx context.Context, w Writer) error {
			if err := p.leave(ctx, w, b.Others); err != nil {
				return err
			}
			return p.g.rooms.Joining().Write(ctx, func(j JoiningWriter) error { return p.write(ctx, w, j, foreseen) })
		})
	})
	return nil
}

// land lands the merges, and for whom records count by them, in as many chunks as it takes.
func (p *linkPass) land(ctx context.Context, b *derive.Bulk, joins []fact.JoinRow) error {
	if len(p.merges) == 0 {
		return nil
	}
	if err := p.chunk(ctx, b, func(w JoiningWriter) error {
		id, _, err := w.Reserve(ctx, fact.LastMerge, int64(len(p.merges)), 0)
		for i := range p.merges {
			p.merges[i].ID = id + int64(i)
		}
		return err
	}); err != nil {
		return err
	}
	b.Used(fact.LastMerge, p.merges[len(p.merges)-1].ID)
	if err := landRows(ctx, p, b, p.merges, JoiningWriter.LandMerges); err != nil {
		return err
	}
	return landRows(ctx, p, b, joins, JoiningWriter.Join)
}

// chunk runs fn in a chunk of the batch.
func (p *linkPass) chunk(ctx context.Context, b *derive.Bulk, fn func(w JoiningWriter) error) error {
	return b.Chunk(ctx, func(ctx context.Context, _ derive.BatchWriter) error { return p.g.rooms.Joining().Write(ctx, fn) })
}

// landRows lands rows of one kind in as many chunks as it takes.
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

// leave leaves to the next pass whatever concerns subjects of which others wrote something since this one looked, and
// questions that were answered since.
func (p *linkPass) leave(ctx context.Context, w fact.QuestionReader, others map[int64]bool) error {
	now, err := w.QuestionsOf(ctx, p.reg.ID, nil)
	if err != nil {
		return err
	}
	before := make(map[int64]fact.QuestionState, len(p.asked))
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
	p.merges = slices.DeleteFunc(p.merges, func(m fact.MergeRow) bool {
		left := others[m.From] || others[m.Into] || pairs[pair{m.From, m.Into}]
		if left {
			p.done.Linked--
			p.done.Left++
			p.left = append(p.left, m.ID)
		}
		return left
	})
	p.fresh = slices.DeleteFunc(p.fresh, func(q fact.QuestionRow) bool {
		left := others[q.Subject] || others[q.Candidate] || pairs[pair{q.Subject, q.Candidate}]
		if left {
			p.done.Asked--
			p.done.Left++
		}
		return left
	})
	p.changed = slices.DeleteFunc(p.changed, func(q *fact.QuestionRow) bool { return others[q.Subject] || others[q.Candidate] || answered[q.ID] })
	return nil
}

// linkPass is one pass while it runs.
type linkPass struct {
	g         *Identities
	reg       *pack.Register
	actor     string
	now       time.Time
	index     *link.Index
	pending   []pendingSubject   // ascending
	asked     []fact.QuestionRow // as they were read
	told      []link.Answer      // what people said is different
	questions map[pair]*fact.QuestionRow
	below     map[int64][]int64 // subjects whose records count for one
	kept      map[pair]bool     // what would be asked now
	merges    []fact.MergeRow
	left      []int64 // merges that were landed and are left to the next pass
	fresh     []fact.QuestionRow
	changed   []*fact.QuestionRow
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
		pass, err := p.g.base.Reader(ctx, r, p.reg, func(x *fact.Profile) error {
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

// slipped reports a code that cannot be right: its check character fails.
func (p *linkPass) slipped(code string) bool {
	if p.reg.Scheme() == pack.Plain {
		return false
	}
	_, state := cell.USCC([]byte(code), nil)
	return state == cell.BadCheck
}

// match decides all that are pending, on every core.
func (p *linkPass) match(ctx context.Context, progress func(derive.Progress)) error {
	rowOf := func(s *pendingSubject) *link.Row { return &s.row }
	p.index.Learn(func(yield func(link.Row) bool) {
		for i := range p.pending {
			if !yield(p.pending[i].row) {
				return
			}
		}
	})
	p.kept, p.merges, p.fresh, p.changed = map[pair]bool{}, nil, nil, nil
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
	q.Weight, q.Evidence, q.State, q.DecidedBy, q.DecidedAt = weight, string(evidence), fact.Open, "", time.Time{}
	p.changed = append(p.changed, q)
	return nil
}

// write merges what is certain, asks what is not, and lets go of questions that would not be asked any more. What follows
// from the merges that were foreseen is derived already.
func (p *linkPass) write(ctx context.Context, w Writer, batch JoiningWriter, foreseen joins) error {
	if err := batch.ShowMerges(ctx, p.left); err != nil {
		return err
	}
	lastAsked, err := w.Advance(ctx, fact.LastAsked, int64(len(p.fresh)))
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
	if err := w.AddQuestions(ctx, p.fresh); err != nil {
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
	var asked []int64 // a merge moves records, also those of lists
	for _, m := range p.merges {
		asked = append(asked, m.From, m.Into, now[m.From])
	}
	for i := range p.fresh {
		asked = append(asked, p.fresh[i].Subject)
	}
	for _, q := range p.changed {
		asked = append(asked, q.Subject)
	}
	if _, err := p.g.base.Settle(ctx, p.reg, foreseen.difference(now), derive.Progress{Stage: "deriving"}, nil); err != nil {
		return err
	}
	if err := p.g.base.Reconsider(ctx, p.reg.ID, asked); err != nil {
		return err
	}
	if len(p.merges)+len(p.fresh)+len(p.changed) == 0 {
		return nil // nothing happened that a log should tell
	}
	return p.g.base.Log(ctx, p.actor, "link", "register/"+p.reg.ID, map[string]any{
		"known": p.done.Known, "looked": p.done.Looked, "linked": p.done.Linked, "asked": p.done.Asked, "left": p.done.Left, "settled": p.done.Settled,
	})
}

// moot lets go of open questions that would not be asked any more.
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
