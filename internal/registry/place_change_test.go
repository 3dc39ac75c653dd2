package registry_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"eyas/internal/registry"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/intake"
	places "eyas/internal/registry/place"
	"eyas/internal/registry/placing"
	"eyas/internal/registry/sight"
	"eyas/internal/store"
)

// districts counts the enterprises by district.
func (r *rig) districts() map[string]int {
	r.t.Helper()
	count := map[string]int{}
	err := r.Scan(context.Background(), 0, func(p *fact.Profile) error {
		of := "none"
		if f := p.Fact("district", 0); f != nil {
			of = f.Value.Str
		}
		if !p.Gone {
			count[of]++
		}
		return nil
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return count
}

// lateWriter is a database in which others do something just before a write.
type lateWriter struct {
	*store.DB
	before func()
}

type lateRoom struct {
	fact.Room[placing.Reader, placing.Writer]
	before func()
}

func (l lateWriter) Places() fact.Room[placing.Reader, placing.Writer] {
	return lateRoom{l.DB.Places(), l.before}
}

func (l lateRoom) Within(ctx context.Context, fn func(context.Context, placing.Writer) error) error {
	l.before()
	return l.Room.Within(ctx, fn)
}

// What others bring between the search for addresses and a short write is derived with it.
func TestPlaceAnswerIsUpToDate(t *testing.T) {
	both(t, func(r *rig) {
		ctx := context.Background()
		r.take(r.file("a.csv", "企业名称,注册地址", "甲公司,天津市湘潭道1号", "乙公司,天津市某某道1号"), enterprise)
		brought := false
		g := registry.New(r.pack, lateWriter{r.db, func() {
			if !brought {
				brought = true
				r.take(r.file("b.csv", "企业名称,注册地址", "丙公司,天津市湘潭道2号"), enterprise)
			}
		}}, func() time.Time { return r.now })
		if _, err := g.AnswerPlace(ctx, "湘潭道", "120106", nil); err != nil {
			t.Fatal(err)
		}
		if got := r.districts(); !brought || got["120106"] != 2 || got["none"] != 1 {
			t.Errorf("districts %v", got)
		}
		r.sound()
	})
}

// An answer about words that many addresses have lands as a batch, one about few in a short write; either way every
// address counts, also those that others bring while the answer is prepared, and taking it back takes all back.
func TestPlaceAnswerAboutMany(t *testing.T) {
	for _, rows := range []int{20, 2_500} {
		t.Run(fmt.Sprint(rows), func(t *testing.T) {
			both(t, func(r *rig) {
				ctx := context.Background()
				lines := []string{"企业名称,注册地址"}
				for i := range rows {
					lines = append(lines, fmt.Sprintf("企业%d,天津市湘潭道%d号", i, i))
				}
				r.take(r.file("a.csv", append(lines, "别处公司,天津市南开区白堤路17号", "无址公司,")...), enterprise)
				before := r.districts()

				// While the answer is prepared somebody enters one more such address, and another answer.
				brought, batches := 0, 0
				g := r.watched(func() {
					if batches++; batches == 2 {
						brought++
						if _, _, err := r.Enter(ctx, intake.Entry{Register: "enterprise", Values: map[string]string{"name": "后来公司", "address": "天津市湘潭道9号"}}); err != nil {
							t.Error(err)
						}
						if _, err := r.AnswerPlace(ctx, "某某大厦", places.Elsewhere, nil); err != nil {
							t.Error(err)
						}
					}
				})
				id, err := g.AnswerPlace(ctx, "湘潭道", "120106", nil)
				if err != nil {
					t.Fatal(err)
				}
				if large := rows > 1024; large != (batches > 0) {
					t.Errorf("%d rows: a batch gave way %d times", rows, batches)
				}
				after := r.districts()
				if after["120106"] != rows+brought || after["none"] != 1 || after["120104"] != 1 {
					t.Errorf("districts %v", after)
				}
				r.sound()

				seen := sight.Seen{sight.SawPlace("湘潭道"): ""} // of before the answer
				if _, err := r.AnswerPlace(ctx, "湘潭道", "120101", seen); err == nil || !strings.Contains(err.Error(), "湘潭道") {
					t.Errorf("an answer upon what was seen before: %v", err)
				}
				if err := r.UndoPlaceAnswer(ctx, id); err != nil {
					t.Fatal(err)
				}
				before["none"] += brought
				if got := r.districts(); fmt.Sprint(got) != fmt.Sprint(before) {
					t.Errorf("taken back: districts %v, want %v", got, before)
				}
				r.sound()
			})
		})
	}
}
