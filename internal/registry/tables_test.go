package registry_test

import (
	"eyas/internal/store"
	"eyas/internal/store/room"
	"eyas/internal/store/row"
)

// tables are all kinds of rows that the registry has, which tests look at side by side.
type tables struct {
	row.CounterRows
	row.NumberRows
	row.ImportRows
	row.RecordRows
	row.ProfileRows
	row.SubjectRows
	row.MentionRows
	row.MergeRows
	row.QuestionRows
	row.PlaceRows
	row.MeaningRows
	row.LogRows
}

func in(db *store.DB) room.Room[tables, tables] {
	all := func(t *row.Tx) tables {
		return tables{row.CounterRows{Tx: t}, row.NumberRows{Tx: t}, row.ImportRows{Tx: t}, row.RecordRows{Tx: t}, row.ProfileRows{Tx: t}, row.SubjectRows{Tx: t},
			row.MentionRows{Tx: t}, row.MergeRows{Tx: t}, row.QuestionRows{Tx: t}, row.PlaceRows{Tx: t}, row.MeaningRows{Tx: t}, row.LogRows{Tx: t}}
	}
	return room.In(db.Rows(), all, all)
}
