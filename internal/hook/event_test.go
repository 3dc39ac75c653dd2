package hook

import (
	"encoding/json"
	"testing"
	"time"
)

// Ids are told each once, a few hundred in a message; of very many it is only told that there are.
func TestMessages(t *testing.T) {
	for n, want := range map[int]int{0: 0, 1: 1, 500: 1, 501: 2, 10_000: 20, 10_001: 1, 1_000_000: 1} {
		ids := make([]int64, n)
		for i := range ids {
			ids[i] = int64(i + 1)
		}
		list := messages(ids, false, func(part []int64, more bool) Content { return Content{Subjects: part, More: more} })
		told := int64(0)
		for _, c := range list {
			for _, id := range c.Subjects {
				if told++; id != told {
					t.Fatalf("%d ids: %d comes after %d", n, id, told-1)
				}
			}
			if text, err := body(1, &Delivery{Type: SubjectChanged, At: time.Unix(1, 0), Content: c}, c); err != nil || len(text) > 20_000 || !json.Valid(text) {
				t.Errorf("%d ids: %d bytes %v", n, len(text), err)
			}
		}
		if more := n > 10_000; len(list) != want || more != (n > 0 && list[0].More) || !more && int(told) != n {
			t.Errorf("%d ids make %d messages, of %d", n, len(list), told)
		}
	}
	if list := messages(nil, true, func(part []int64, more bool) Content { return Content{Subjects: part, More: more} }); len(list) != 1 || !list[0].More {
		t.Errorf("%+v", list)
	}
}

// Every type has data, lists are never null, and the documented types are those that are sent.
func TestBodies(t *testing.T) {
	for _, d := range Document() {
		text, err := body(7, &Delivery{Type: d.Type, At: time.Date(2026, 12, 1, 0, 0, 0, 0, time.FixedZone("CST", 8*3600))}, Content{Register: "enterprise", Matter: "hnte"})
		want := map[string]string{SubjectChanged: `{"register":"enterprise","subjects":[],"more":false}`, QuestionAsked: `{"register":"enterprise","questions":[],"more":false}`, QuestionAnswered: `{"register":"enterprise","questions":[],"more":false}`,
			ImportDone: `{"register":"enterprise","import":0}`, ImportUndone: `{"register":"enterprise","import":0}`, CaseChanged: `{"matter":"hnte","cases":[],"more":false}`, Test: `{"hook":7}`}[d.Type]
		if got := `{"type":"` + d.Type + `","timestamp":"2026-11-30T16:00:00Z","data":` + want + `}`; err != nil || string(text) != got {
			t.Errorf("%s, want %s: %v", text, got, err)
		}
	}
}
