package registry

import (
	"encoding/json"
	"fmt"
	"strings"

	"eyas/internal/pack"
)

// storedLists are the lists of a report as they are stored: with both languages.
type storedLists struct {
	Refusals []storedIssue `json:"refusals,omitempty"`
	Warnings []storedIssue `json:"warnings,omitempty"`
	Unmapped []string      `json:"unmapped,omitempty"`
}

type storedIssue struct {
	Scope  string    `json:"scope"`
	Sheet  string    `json:"sheet,omitempty"`
	Row    int       `json:"row,omitempty"`
	Column string    `json:"column,omitempty"`
	Value  string    `json:"value,omitempty"`
	Text   pack.Text `json:"text"`
}

func stored(list []Issue) []storedIssue {
	out := make([]storedIssue, len(list))
	for i, s := range list {
		out[i] = storedIssue{s.Scope, s.Sheet, s.Row, s.Column, s.Value, s.Text}
	}
	return out
}

func shown(list []storedIssue, lang string) []Issue {
	out := make([]Issue, len(list))
	for i, s := range list {
		out[i] = Issue{s.Scope, s.Sheet, s.Row, s.Column, s.Value, s.Text.In(lang), s.Text}
	}
	return out
}

// newImportRow is an import as it will be stored, but for what the database gives.
func newImportRow(in *intake, r *FileReport) (*ImportRow, error) {
	row := &ImportRow{
		Register: in.register.ID, File: in.name, Synthetic: in.options.Synthetic,
		Rows: r.Rows, Accepted: r.Accepted, Unchanged: r.Unchanged, Refused: r.Refused,
		RefusalCount: r.RefusalCount, WarningCount: r.WarningCount,
		Source: in.options.Source, AsOf: asOf(in.options), Whole: strings.Join(in.options.Absent, ","),
	}
	for _, part := range []struct {
		to   *string
		from any
	}{
		{&row.Options, in.options},
		{&row.Layouts, in.layouts},
		{&row.Lists, storedLists{stored(r.Refusals), stored(r.Warnings), r.Unmapped}},
	} {
		text, err := json.Marshal(part.from)
		if err != nil {
			return nil, fmt.Errorf("registry: import %s: %w", in.name, err)
		}
		*part.to = string(text)
	}
	return row, nil
}

func (r *ImportRow) layouts() (list []*Layout, err error) {
	if err := json.Unmarshal([]byte(r.Layouts), &list); err != nil {
		return nil, fmt.Errorf("registry: layouts of import %d: %w", r.ID, err)
	}
	return list, nil
}

// view is an import for people; the lists are there when the row has them.
func (r *ImportRow) view(lang string) (*Import, error) {
	i := &Import{
		ID: r.ID, Register: r.Register, File: r.File, SHA256: r.SHA256, Size: r.Size, Actor: r.Actor, At: r.At,
		UndoneAt: r.UndoneAt, UndoneBy: r.UndoneBy, Synthetic: r.Synthetic,
		Source: r.Source, Form: r.Form, Reason: r.Reason,
		Report: FileReport{
			File: r.File, Rows: r.Rows, Accepted: r.Accepted, Unchanged: r.Unchanged, Refused: r.Refused,
			RefusalCount: r.RefusalCount, WarningCount: r.WarningCount, Import: r.ID,
		},
	}
	if r.AsOf != nil {
		i.AsOf = dayTime(*r.AsOf)
	}
	if err := json.Unmarshal([]byte(r.Options), &i.Options); err != nil {
		return nil, fmt.Errorf("registry: options of import %d: %w", r.ID, err)
	}
	if r.Lists == "" {
		return i, nil
	}
	if lang == "" {
		lang = i.Options.Lang
	}
	var lists storedLists
	if err := json.Unmarshal([]byte(r.Lists), &lists); err != nil {
		return nil, fmt.Errorf("registry: lists of import %d: %w", r.ID, err)
	}
	i.Report.Refusals, i.Report.Warnings, i.Report.Unmapped = shown(lists.Refusals, lang), shown(lists.Warnings, lang), lists.Unmapped
	return i, nil
}
