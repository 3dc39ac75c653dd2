package registry_test

import (
	"testing"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/registry"
	places "eyas/internal/registry/place"
	"eyas/internal/registry/placing"
)

func TestPlaceQuestions(t *testing.T) {
	both(t, func(r *rig) {
		ctx := r.t.Context()
		if _, _, err := r.Import(ctx, r.file("甲.csv", "企业名称,注册地址,所属区",
			"甲公司,天津新技术产业园区华苑产业区（环外）海泰东路12号,",
			"乙公司,天津华苑产业区环外,",
			"丙公司,天津市湘潭道1号,",
			"丁公司,天津市湘潭道2号,红桥区",
			"戊公司,威海市高区天津路130号,",
			"己公司,天津市南开区白堤路17号,",
			"庚公司,,",
			"辛公司,天津市,"), enterprise, nil); err != nil {
			r.t.Fatal(err)
		}
		check := func(when string, want ...string) *placing.PlaceQuestions {
			r.t.Helper()
			q, err := r.PlaceQuestions(ctx)
			if err != nil {
				r.t.Fatal(err)
			}
			var got []string
			for _, x := range q.List {
				got = append(got, x.Phrase)
			}
			if len(got) != len(want) {
				r.t.Fatalf("%s: asked about %q, want %q", when, got, want)
			}
			for i := range got {
				if got[i] != want[i] {
					r.t.Fatalf("%s: asked about %q, want %q", when, got, want)
				}
			}
			// A registry that read everything anew says the same.
			again, err := registry.New(r.pack, r.db, nil).PlaceQuestions(ctx)
			if err != nil {
				r.t.Fatal(err)
			}
			if len(again.List) != len(q.List) || again.Asked != q.Asked || again.Out != q.Out || again.Silent != q.Silent {
				r.t.Fatalf("%s: %+v, but read anew %+v", when, q, again)
			}
			return q
		}
		q := check("at first", "华苑产业区环外", "湘潭道")
		if q.Asked != 3 || q.Out != 1 || q.Silent != 1 || q.List[0].Subjects != 2 || len(q.List[0].Candidates) != 2 || q.List[0].Samples[0].Name != "甲公司" {
			r.t.Errorf("questions: %+v", q)
		}

		id, err := r.AnswerPlace(ctx, "华苑产业区（环外）", "120111", nil)
		if err != nil {
			r.t.Fatal(err)
		}
		check("answered", "湘潭道")
		if again, err := r.AnswerPlace(ctx, "华苑产业区环外", "120111", nil); err != nil || again != id {
			r.t.Errorf("the same answer again: %d, %v", again, err)
		}
		other, err := r.AnswerPlace(ctx, "华苑产业区环外", "120104", nil)
		if err != nil || other == id {
			r.t.Errorf("another answer: %d, %v", other, err)
		}
		check("answered otherwise", "湘潭道")
		if _, err := r.AnswerPlace(ctx, "湘潭道", places.Elsewhere, nil); err != nil {
			r.t.Fatal(err)
		}
		if q := check("both answered"); q.Out != 2 {
			r.t.Errorf("outside: %d", q.Out)
		}

		// What comes later is held against the answers, and a subject that gets a district asks no more.
		if _, _, err := r.Import(ctx, r.file("乙.csv", "企业名称,注册地址,所属区", "壬公司,天津八里台,", "丙公司,,红桥区"), enterprise, nil); err != nil {
			r.t.Fatal(err)
		}
		check("a later file", "八里台")

		if err := r.UndoPlaceAnswer(ctx, other); err != nil {
			r.t.Fatal(err)
		}
		if err := r.UndoPlaceAnswer(ctx, other); err != nil {
			r.t.Errorf("undone twice: %v", err)
		}
		check("undone", "华苑产业区环外", "八里台")

		list, err := r.PlaceAnswers(ctx)
		if err != nil || len(list) != 3 || list[0].Phrase != "湘潭道" || list[1].UndoneBy != "local" || list[2].UndoneAt.IsZero() {
			r.t.Errorf("answers: %+v, %v", list, err)
		}
		if _, err := r.db.VerifyAudit(ctx); err != nil {
			r.t.Error(err)
		}
	})
}

func TestPlaceAnswersAreChecked(t *testing.T) {
	r := sqlite(t)
	ctx := t.Context()
	for _, c := range []struct {
		actor, phrase, org string
		want               fault.Code
	}{
		{"local", "华", "120111", fault.Invalid},
		{"local", "（ ）", "120111", fault.Invalid},
		{"local", "湘潭道", "120000", fault.Invalid}, // the city is no district
		{"local", "湘潭道", "teda", fault.Invalid},
		{"local", "湘潭道", "", fault.Invalid},
		{"nobody", "湘潭道", "120106", fault.Forbidden},
	} {
		if _, err := r.AnswerPlace(auth.As(ctx, c.actor), c.phrase, c.org, nil); fault.Of(err) != c.want {
			t.Errorf("%+v: %v", c, err)
		}
	}
	if err := r.UndoPlaceAnswer(ctx, 9); fault.Of(err) != fault.NotFound {
		t.Errorf("an answer that is none: %v", err)
	}
	if list, err := r.PlaceAnswers(ctx); err != nil || len(list) != 0 {
		t.Errorf("%v, %v", list, err)
	}
}
