package registry_test

import (
	"testing"

	"eyas/internal/registry/fact"
)

// An answer about a subject that stands in a whole list is an answer about the one that it may be, and about nobody else:
// readers read that one again, and not the base.
func TestAnswerAboutOneOfAList(t *testing.T) {
	both(t, func(r *rig) {
		ctx := t.Context()
		r.take(r.file("m.csv", "统一社会信用代码,企业名称,成立日期,注册地址,联系电话",
			code(1)+",天津市华瑞精密机械制造有限公司,2010-01-01,天津市东丽区一号路1号,022-10000001",
			code(2)+",天津市宏远生物科技有限公司,2010-01-01,天津市东丽区二号路2号,022-10000002",
			code(3)+",天津市金泰新材料有限公司,2010-01-01,天津市东丽区三号路3号,022-10000003"), enterprise)
		r.take(r.file("list.csv", "企业名称", "天津华瑞精密机械有限公司", "天津某某商贸有限公司"), from("abnormal", "2021-03-01"))
		subject, candidate := r.one("天津华瑞精密机械有限公司").Subject, r.one(code(1)).Subject
		reread := func() (n int64) {
			if err := in(r.db).Read(ctx, func(from tables) (err error) { _, n, err = from.Changes(ctx, "enterprise"); return err }); err != nil {
				t.Fatal(err)
			}
			return n
		}
		before := reread()
		says := func(what, want string) {
			t.Helper()
			got := ""
			for i := 1; i <= 3; i++ {
				switch f := r.one(code(i)).Fact("abnormal_list", 0); {
				case f == nil:
					got += "?"
				case f.Value.Int == 1:
					got += "Y"
				default:
					got += "N"
				}
			}
			if got != want {
				t.Errorf("%s: the list says %s, want %s", what, got, want)
			}
		}
		// step does something and gives whom readers read again.
		step := func(do func() error) (seen []int64) {
			t.Helper()
			change := must(r.Change(ctx))
			if err := do(); err != nil {
				t.Fatal(err)
			}
			if err := r.EachProfile(ctx, "enterprise", change, func(p *fact.Profile) error {
				seen = append(seen, p.Subject)
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			if reread() != before {
				t.Error("everybody is read again")
			}
			return seen
		}
		only := func(what string, seen []int64, want ...int64) {
			t.Helper()
			for _, id := range seen {
				found := false
				for _, w := range want {
					found = found || id == w
				}
				if !found {
					t.Errorf("%s: %d is read again", what, id)
				}
			}
			for _, w := range want[:1] {
				found := false
				for _, id := range seen {
					found = found || id == w
				}
				if !found {
					t.Errorf("%s: %d is not read again", what, w)
				}
			}
		}
		says("before anybody asks", "NNN")
		ask := fact.QuestionRow{ID: 1, Register: "enterprise", Subject: subject, Candidate: candidate, Weight: 1000, Evidence: "[]", RaisedAt: r.now, State: fact.Open}
		if err := in(r.db).Write(ctx, func(w tables) error {
			if _, err := w.Advance(ctx, fact.LastAsked, 1); err != nil {
				return err
			}
			return w.AddQuestions(ctx, []fact.QuestionRow{ask})
		}); err != nil {
			t.Fatal(err)
		}
		says("while it is asked", "?NN")
		answer := func(a fact.QuestionState) func() error {
			return func() error { return r.Answer(ctx, 1, a, "") }
		}
		only("different", step(answer(fact.Different)), candidate)
		says("different", "NNN")
		only("open", step(answer(fact.Open)), candidate)
		says("asked anew", "?NN")
		only("same", step(answer(fact.Same)), candidate, subject)
		says("the same", "YNN")
		only("later", step(answer(fact.Later)), candidate, subject)
		says("put aside", "?NN")
		var move int64
		record := must(r.LinkedRecords(ctx, subject))[0].Record
		only("moved", step(func() (err error) {
			move, err = r.Relink(ctx, record, r.one(code(2)).Subject, "写错")
			return err
		}), candidate, subject, r.one(code(2)).Subject)
		says("its record is another's", "NYN")
		only("moved back", step(func() error { return r.UndoRelink(ctx, move) }), r.one(code(2)).Subject, subject, candidate)
	})
}
