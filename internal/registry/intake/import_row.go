package intake

import (
	"encoding/json"
	"fmt"

	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/layout"
)

// storedLists holds the lists of a report as they are stored, in both languages.
type storedLists struct {
	Refusals []storedIssue `json:"refusals,omitempty"`
	Warnings []storedIssue `json:"warnings,omitempty"`
	Unmapped []string      `json:"unmapped,omitempty"`
	Effect   *storedEffect `json:"effect,omitempty"` // nil: the program that imported did not keep it
}

// storedEffect is an Effect as it is stored.
type storedEffect struct {
	Brought int   `json:"new,omitempty"`
	Updated int   `json:"updated,omitempty"`
	Mends   int64 `json:"mends,omitempty"`
}

type storedIssue struct {
	Scope  string    `json:"scope"`
	Sheet  string    `json:"sheet,omitempty"`
	Row    int       `json:"row,omitempty"`
	Column string    `json:"column,omitempty"`
	Value  string    `json:"value,omitempty"`
	Text   pack.Text `json:"text"`

	Readings []string `json:"readings,omitempty"`
}

func storedIssues(list []layout.Issue) []storedIssue {
	out := make([]storedIssue, len(list))
	for i, s := range list {
		out[i] = storedIssue{s.Scope, s.Sheet, s.Row, s.Column, s.Value, s.Text, s.Readings}
	}
	return out
}

func shownIssues(list []storedIssue, lang string) []layout.Issue {
	out := make([]layout.Issue, len(list))
	for i, s := range list {
		out[i] = layout.Issue{Scope: s.Scope, Sheet: s.Sheet, Row: s.Row, Column: s.Column, Value: s.Value, Reason: s.Text.In(lang), Readings: s.Readings, Text: s.Text}
	}
	return out
}

// viewOfImport returns an import for people. It has the lists of the report when the row has them.
func viewOfImport(r *fact.ImportRow, lang string) (*Import, error) {
	i := &Import{
		ID: r.ID, Register: r.Register, File: r.File, SHA256: r.SHA256, Size: r.Size, Actor: r.Actor, At: r.At,
		UndoneAt: r.UndoneAt, UndoneBy: r.UndoneBy, Synthetic: r.Synthetic,
		Source: r.Source, Form: r.Form, Reason: r.Reason, First: r.FirstRecord,
		Report: FileReport{
			File: r.File, Rows: r.Rows, Accepted: r.Accepted, Unchanged: r.Unchanged, Refused: r.Refused,
			RefusalCount: r.RefusalCount, WarningCount: r.WarningCount, Import: r.ID,
		},
	}
	if r.AsOf != nil {
		i.AsOf = fact.TimeOf(*r.AsOf)
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
	i.Report.Refusals, i.Report.Warnings, i.Report.Unmapped = shownIssues(lists.Refusals, lang), shownIssues(lists.Warnings, lang), lists.Unmapped
	if e := lists.Effect; e != nil {
		i.Report.Effect = Effect{Counted: true, Brought: e.Brought, Updated: e.Updated, Mends: e.Mends}
	}
	return i, nil
}
