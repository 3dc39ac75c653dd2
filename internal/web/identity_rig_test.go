package web

import (
	"context"
	"slices"
	"time"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/dossier"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/identity"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/profile"
)

// What the pages of identity ask, over the random table: nobody is merged, nothing was moved, everything is known on
// any day.

func (f *fakeRegistry) Root(_ context.Context, subject int64) (int64, error) { return subject, nil }

func (f *fakeRegistry) WithNumber(context.Context, string) (map[string][]*fact.Profile, error) {
	return nil, nil
}

func (f *fakeRegistry) Original(context.Context, int64) (*intake.Original, error) {
	return &intake.Original{Register: "enterprise"}, nil
}

func (f *fakeRegistry) RegisterOf(ctx context.Context, subject int64) (string, error) {
	_, err := f.Profile(ctx, subject)
	return f.reg.ID, err
}

func (f *fakeRegistry) ProfileAt(ctx context.Context, subject int64, _ fact.Moment) (*fact.Profile, error) {
	return f.Profile(ctx, subject)
}

func (f *fakeRegistry) SourcedAt(ctx context.Context, subject int64, _ fact.Moment) ([]fact.SourcedFact, error) {
	return f.Sourced(ctx, subject)
}

func (f *fakeRegistry) DossierAt(ctx context.Context, subject int64, m fact.Moment) (*dossier.Dossier, error) {
	p, err := f.ProfileAt(ctx, subject, m)
	if err != nil {
		return nil, err
	}
	facts, err := f.SourcedAt(ctx, subject, m)
	return &dossier.Dossier{Profile: p, Facts: facts}, err
}

func (f *fakeRegistry) FindIn(ctx context.Context, _, text string) ([]fact.Ref, error) {
	return f.Find(ctx, text)
}

func (f *fakeRegistry) Questions(context.Context, string, fact.QuestionState, fact.Wanted, int, int) ([]identity.Question, int, error) {
	return nil, 0, nil
}

func (f *fakeRegistry) QuestionByID(context.Context, int64) (*identity.Question, error) {
	return nil, fault.New(fault.NotFound, "没有这一对。", "There is no such pair.")
}

func (f *fakeRegistry) QuestionsOf(context.Context, int64) ([]identity.Question, error) {
	return nil, nil
}

func (f *fakeRegistry) Merges(context.Context, string, fact.MergeState, fact.Wanted, int, int) ([]identity.Joined, int, error) {
	return nil, 0, nil
}

func (f *fakeRegistry) MergesOf(context.Context, int64) ([]identity.Joined, error) { return nil, nil }

func (f *fakeRegistry) Moves(context.Context, int64) ([]identity.Move, error) { return nil, nil }

func (f *fakeRegistry) LinkedRecords(context.Context, int64) ([]profile.LinkedRecord, error) {
	return []profile.LinkedRecord{{Record: 7, How: fact.ByCode, Evidence: "91120000", Source: fact.Address{Import: 1, File: "2020年报.xlsx", Sheet: "企业", Row: 17, Actor: "local", At: importedAt, Record: 7}}}, nil
}

func (f *fakeRegistry) History(ctx context.Context, subject int64) (list []profile.SaidFact, err error) {
	facts, err := f.Sourced(ctx, subject)
	for _, x := range facts {
		list = append(list, profile.SaidFact{Fact: x.Fact, Source: x.Source, How: fact.ByCode, Wins: true})
	}
	return list, err
}

// fakeLinks asks about pairs of the table's subjects and keeps what it is told.
type fakeLinks struct {
	*fakeRegistry
	questions []identity.Question
	merges    []identity.Joined
	wanted    []fact.Wanted // of merges, as pages asked with more than zero rows
	pairs     []askedPairs  // of questions, likewise
}

// askedPairs is what was asked of questions.
type askedPairs struct {
	state  fact.QuestionState
	w      fact.Wanted
	offset int
}

func newFakeLinks(f *fakeRegistry) *fakeLinks {
	l := &fakeLinks{fakeRegistry: f}
	ref := func(i int, name string) fact.Ref {
		return fact.Ref{Subject: f.t.Subjects[i], Code: string(f.t.Codes.At(i)), Name: name}
	}
	for i := range 3 {
		l.questions = append(l.questions, identity.Question{ID: int64(i + 1), Register: "enterprise", Subject: ref(2*i, "天津市<b>东平</b>科技有限公司"), Candidate: ref(2*i+1, "天津东平科技发展有限公司"),
			Weight: 6.5 - 4*float64(i), RaisedAt: importedAt, State: fact.Open, Evidence: []identity.Evidence{
				{Field: "trade", Left: "东平", Right: "东平", Weight: 9.5, Text: pack.Text{ZH: "字号相同", EN: "same trade name"}},
				{Field: "business", Left: "科技", Right: "科技发展", Weight: -3, Text: pack.Text{ZH: "行业用语部分相同", EN: "lines of business agree in part"}},
				{Field: "code", Left: "1", Right: "2", Text: pack.Text{ZH: "看过", EN: "seen"}},
			}})
	}
	return l
}

func (f *fakeLinks) at(id int64) (*identity.Question, error) {
	i := slices.IndexFunc(f.questions, func(q identity.Question) bool { return q.ID == id })
	if i < 0 {
		return nil, fault.New(fault.NotFound, "没有这一对。", "There is no such pair.")
	}
	return &f.questions[i], nil
}

func (f *fakeLinks) Questions(_ context.Context, register string, state fact.QuestionState, w fact.Wanted, offset, limit int) (list []identity.Question, total int, err error) {
	if limit > 0 {
		f.pairs = append(f.pairs, askedPairs{state, w, offset})
	}
	for _, q := range f.questions {
		if q.Register == register && q.State == state {
			if total++; total > offset && len(list) < limit {
				list = append(list, q)
			}
		}
	}
	return list, total, nil
}

func (f *fakeLinks) QuestionByID(_ context.Context, id int64) (*identity.Question, error) {
	q, err := f.at(id)
	if err != nil {
		return nil, err
	}
	copied := *q
	return &copied, nil
}

func (f *fakeLinks) Merge(context.Context, int64, int64, string) (int64, error) {
	return 0, fault.New(fault.Conflict, "这里只回答问题。", "Questions are answered here, and no more.")
}

func (f *fakeLinks) Relink(context.Context, int64, int64, string) (int64, error) {
	return 0, fault.New(fault.Conflict, "这里只回答问题。", "Questions are answered here, and no more.")
}

func (f *fakeLinks) UndoRelink(context.Context, int64) error {
	return fault.New(fault.NotFound, "没有移动过。", "Nothing was moved.")
}

func (f *fakeLinks) Answer(ctx context.Context, id int64, answer fact.QuestionState, reason string) error {
	q, err := f.at(id)
	if err != nil || q.State == answer {
		return err
	}
	if !slices.Contains([]fact.QuestionState{fact.Same, fact.Different, fact.Later, fact.Open}, answer) {
		return fault.New(fault.Invalid, "回答不对。", "No such answer.")
	}
	if q.State, q.Reason, q.DecidedBy, q.DecidedAt = answer, reason, auth.Of(ctx), importedAt.Add(time.Hour); answer == fact.Open {
		q.DecidedBy, q.DecidedAt = "", time.Time{}
	}
	if answer == fact.Same {
		f.merges = append(f.merges, identity.Joined{ID: int64(len(f.merges) + 1), Register: q.Register, From: q.Subject, Into: q.Candidate, At: importedAt, Actor: auth.Of(ctx), How: "person", Evidence: q.Evidence, Reason: reason})
	}
	return nil
}

func (f *fakeLinks) Merges(_ context.Context, register string, which fact.MergeState, w fact.Wanted, offset, limit int) (list []identity.Joined, total int, err error) {
	if limit > 0 {
		f.wanted = append(f.wanted, w)
	}
	for _, m := range slices.Backward(f.merges) {
		if m.Register != register || which == fact.Standing && !m.UndoneAt.IsZero() || which == fact.Undone && m.UndoneAt.IsZero() {
			continue
		}
		if total++; total > offset && len(list) < limit {
			list = append(list, m)
		}
	}
	return list, total, nil
}

func (f *fakeLinks) Unmerge(ctx context.Context, id int64) error {
	if id < 1 || id > int64(len(f.merges)) {
		return fault.New(fault.NotFound, "没有这次合并。", "There is no such merge.")
	}
	f.merges[id-1].UndoneAt, f.merges[id-1].UndoneBy = importedAt.Add(2*time.Hour), auth.Of(ctx)
	return nil
}
