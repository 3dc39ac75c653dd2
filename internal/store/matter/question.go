package matter

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"eyas/internal/fault"
	"eyas/internal/matter/desk"
	"eyas/internal/store/dialect"
)

// AddList implements desk.Writer.
func (t Rows) AddList(ctx context.Context, l *desk.List) (err error) {
	defer fault.At(&err, "matter.AddList(matter %s)", l.Matter)
	if _, err := t.One(ctx, `SELECT COALESCE(MAX(id), 0) + 1 FROM case_list`, nil, &l.ID); err != nil {
		return err
	}
	whole := 0
	if l.Whole {
		whole = 1
	}
	_, err = t.Exec(ctx, `INSERT INTO case_list (id, matter, connector, file, whole, year, person, org, at) VALUES `+dialect.Marks(1, 9),
		l.ID, l.Matter, l.Connector, l.File, whole, l.Year, l.Person, l.Org, l.At.UnixMilli())
	return err
}

const questionColumns = `id, list, matter, kind, name, subject, case_id, row_no, status, on_day, said, district, park, org, person, asked, answer, note, answered, answerer`

// Ask implements desk.Writer.
func (t Rows) Ask(ctx context.Context, q *desk.Question) (err error) {
	defer fault.At(&err, "matter.Ask(matter %s)", q.Matter)
	found, err := t.One(ctx, `SELECT id FROM case_question WHERE matter = ? AND name = ?`, []any{q.Matter, q.Name}, &q.ID)
	if err != nil || found {
		return err
	}
	if _, err := t.One(ctx, `SELECT COALESCE(MAX(id), 0) + 1 FROM case_question`, nil, &q.ID); err != nil {
		return err
	}
	said, err := q.SaidText()
	if err != nil {
		return err
	}
	_, err = t.Exec(ctx, `INSERT INTO case_question (`+questionColumns+`) VALUES `+dialect.Marks(1, 20),
		q.ID, q.List, q.Matter, q.Kind, q.Name, q.Subject, q.Case, q.Row, q.State, string(q.On), said, q.District, q.Park, q.Org, q.Person, q.Asked.UnixMilli(), "", "", 0, "")
	return err
}

// Settle implements desk.Writer.
func (t Rows) Settle(ctx context.Context, matter string, cases []int64, at time.Time, person string) (err error) {
	defer fault.At(&err, "matter.Settle(matter %s)", matter)
	for first := 0; first < len(cases); first += 500 {
		part := cases[first:min(first+500, len(cases))]
		args := []any{desk.AnswerSettled, at.UnixMilli(), person, matter}
		for _, id := range part {
			args = append(args, id)
		}
		if _, err := t.Exec(ctx, `UPDATE case_question SET answer = ?, answered = ?, answerer = ? WHERE matter = ? AND answer = '' AND case_id IN `+dialect.Marks(1, len(part)), args...); err != nil {
			return err
		}
	}
	return nil
}

// SetAnswer implements desk.Writer.
func (t Rows) SetAnswer(ctx context.Context, q *desk.Question) (err error) {
	defer fault.At(&err, "matter.SetAnswer(question %d)", q.ID)
	_, err = t.Exec(ctx, `UPDATE case_question SET answer = ?, note = ?, answered = ?, answerer = ?, case_id = ? WHERE id = ?`, q.Answer, q.Note, q.Answered.UnixMilli(), q.Answerer, q.Case, q.ID)
	return err
}

// Question implements desk.Reader.
func (t Rows) Question(ctx context.Context, id int64) (_ *desk.Question, err error) {
	defer fault.At(&err, "matter.Question(%d)", id)
	list, err := t.questions(ctx, `id = ?`, id)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

// Questions implements desk.Reader.
func (t Rows) Questions(ctx context.Context, matter string, open bool, after int64, limit int) (list []desk.Question, err error) {
	defer fault.At(&err, "matter.Questions(matter %s)", matter)
	where := `matter = ? AND id > ?`
	if open {
		where += ` AND answer = ''`
	}
	return t.questions(ctx, where+` ORDER BY id LIMIT ?`, matter, after, limit)
}

func (t Rows) questions(ctx context.Context, where string, args ...any) (list []desk.Question, err error) {
	err = t.Each(ctx, `SELECT `+questionColumns+` FROM case_question WHERE `+where, args, func(rows *sql.Rows) error {
		var q desk.Question
		var said string
		var asked, answered int64
		if err := rows.Scan(&q.ID, &q.List, &q.Matter, &q.Kind, &q.Name, &q.Subject, &q.Case, &q.Row, &q.State, &q.On, &said, &q.District, &q.Park, &q.Org, &q.Person, &asked, &q.Answer, &q.Note, &answered, &q.Answerer); err != nil {
			return err
		}
		q.Asked = time.UnixMilli(asked).UTC()
		if answered != 0 {
			q.Answered = time.UnixMilli(answered).UTC()
		}
		list = append(list, q)
		return json.Unmarshal([]byte(said), &list[len(list)-1].Said)
	})
	return list, err
}
