package told

import (
	"context"
	"fmt"
	"slices"

	"eyas/internal/registry/identity"
	"eyas/internal/registry/profile"
)

// Things finds what belongs to a subject, as entries of the log name it.
type Things struct {
	Records interface {
		LinkedRecords(ctx context.Context, subject int64) ([]profile.LinkedRecord, error)
	}
	Pairs interface { // nil: none
		MergesOf(ctx context.Context, subject int64) ([]identity.Joined, error)
		QuestionsOf(ctx context.Context, subject int64) ([]identity.Question, error)
	}
}

// mostThings bounds how many things are asked for; a subject has some records of each year.
const mostThings = 2000

// Of returns what is the subject itself or belongs to it: the subjects that were merged into it, its records with their imports,
// the questions about it; and how the names of its doubted values begin.
func (t Things) Of(ctx context.Context, subject int64) (about, begins []string, err error) {
	subjects := []int64{subject}
	add := func(kind string, id int64) {
		if thing := fmt.Sprintf("%s/%d", kind, id); !slices.Contains(about, thing) && len(about) < mostThings {
			about = append(about, thing)
		}
	}
	if t.Pairs != nil {
		merges, err := t.Pairs.MergesOf(ctx, subject)
		if err != nil {
			return nil, nil, err
		}
		for i := range merges {
			subjects = append(subjects, merges[i].From.Subject)
		}
		questions, err := t.Pairs.QuestionsOf(ctx, subject)
		if err != nil {
			return nil, nil, err
		}
		for i := range questions {
			add("question", questions[i].ID)
		}
	}
	for _, s := range subjects {
		add("subject", s)
		begins = append(begins, fmt.Sprintf("finding/%d.", s))
	}
	records, err := t.Records.LinkedRecords(ctx, subject)
	for i := range records {
		add("record", records[i].Record)
		add("import", records[i].Source.Import)
	}
	return about, begins, err
}
