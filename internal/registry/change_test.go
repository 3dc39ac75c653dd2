package registry_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"eyas/internal/registry/fact"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/layout"
	"eyas/internal/registry/profile"
)

// A write moves the version of its register and of no other, whatever writes; who asks for what changed gets it.
func TestVersionsByRegister(t *testing.T) {
	both(t, func(r *rig) {
		ctx := t.Context()
		var told []string
		r.db.AfterWrite(func(_ context.Context, registers []string) { told = registers })
		registers := []string{"enterprise", "carrier", "person"}
		versions := map[string]profile.Version{}
		follow := map[string]*follower{}
		for _, id := range registers {
			v, _, err := r.Since(ctx, id, profile.Version{})
			if err != nil {
				t.Fatal(err)
			}
			versions[id], follow[id] = v, &follower{rows: map[int64]string{}}
		}
		step := func(what string, do func() error, want ...string) {
			t.Helper()
			told = nil
			if err := do(); err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			if !slices.Equal(told, want) {
				t.Errorf("%s: %v are told, want %v", what, told, want)
			}
			for _, id := range registers {
				now, own, err := r.Since(ctx, id, versions[id])
				if err != nil || !own || now.Mark == "" {
					t.Fatalf("%s: %s is at %+v, of its own history: %v, %v", what, id, now, own, err)
				}
				if moved := now != versions[id]; moved != slices.Contains(want, id) {
					t.Errorf("%s: the version of %s moved: %v", what, id, moved)
				}
				if change := must(r.ChangeOf(ctx, id)); change != now.Change {
					t.Errorf("%s: %s changed last at %d, by its version at %d", what, id, change, now.Change)
				}
				f := follow[id]
				if now != versions[id] {
					if err := r.EachProfile(ctx, id, f.after, func(p *fact.Profile) error {
						if delete(f.rows, p.Subject); !p.Gone {
							f.rows[p.Subject] = line(p, false)
						}
						return nil
					}); err != nil {
						t.Fatal(err)
					}
				}
				f.after, versions[id] = now.Change, now
				all := map[int64]string{}
				if err := r.EachProfile(ctx, id, 0, func(p *fact.Profile) error {
					if !p.Gone {
						all[p.Subject] = line(p, false)
					}
					return nil
				}); err != nil {
					t.Fatal(err)
				}
				for subject := range f.rows {
					if all[subject] != f.rows[subject] {
						t.Errorf("%s: by its changes %s has\n%s\nand has\n%s", what, id, f.rows[subject], all[subject])
					}
				}
				if len(all) != len(f.rows) {
					t.Errorf("%s: by its changes %s has %d subjects, and has %d", what, id, len(f.rows), len(all))
				}
			}
		}
		take := func(opt layout.Options, id *int64, name string, lines ...string) func() error {
			return func() (err error) {
				_, n, err := r.Import(ctx, r.file(name, lines...), opt, nil)
				if id != nil {
					*id = n
				}
				return err
			}
		}
		var first, list, again int64
		carrier := layout.Options{Register: "carrier"}
		step("an import", take(enterprise, &first, "a.csv", "统一社会信用代码,企业名称,成立日期,注册地址,联系电话",
			code(1)+",天津市华瑞精密机械制造有限公司,2010-01-01,天津市东丽区一号路1号,022-10000001",
			code(2)+",天津市宏远生物科技有限公司,2010-01-01,天津市东丽区二号路2号,022-10000002"), "enterprise")
		step("an import elsewhere", take(carrier, nil, "b.csv", "载体编号,载体名称,载体类别", "Z1,甲孵化器,孵化器"), "carrier")
		big := []string{"统一社会信用代码,企业名称"}
		for i := range 1500 {
			big = append(big, fmt.Sprintf("%s,企业%d", code(100+i), i))
		}
		step("a batch", take(enterprise, nil, "big.csv", big...), "enterprise")
		step("a whole list", take(from("abnormal", "2021-03-01"), &list, "list.csv", "企业名称", "天津华瑞精密机械有限公司"), "enterprise")
		step("a remembered header", func() error {
			return r.Remember(ctx, "enterprise", map[string]string{"人数": "staff"})
		})
		step("an entry", func() error {
			_, _, err := r.Enter(ctx, intake.Entry{Register: "carrier", Subject: r.only("carrier", "甲孵化器"), Source: intake.HandSource(r.pack, "carrier", true),
				Values: map[string]string{"name": "乙孵化器"}, Reason: "更名", Form: "表单"})
			return err
		}, "carrier")
		one, two := r.one("天津华瑞精密机械有限公司").Subject, r.one(code(1)).Subject
		step("a merge", func() error { _, err := r.Merge(ctx, one, two, "同一家"); return err }, "enterprise")
		step("an address's district", func() error { _, err := r.AnswerPlace(ctx, "一号路", "120110", nil); return err }, "enterprise")
		step("the whole list taken back", func() error { return r.Undo(ctx, list, nil) }, "enterprise")
		step("taken back once more", func() error { return r.Undo(ctx, list, nil) })
		// The older file loses against what stands: today reads as it did, the day that it speaks of does not.
		old := enterprise
		old.Source, old.AsOf = "market", "2015-01-01"
		step("an older file", take(old, &again, "old.csv", "统一社会信用代码,企业名称", code(101)+",企业1"), "enterprise")
		step("which is taken back", func() error { return r.Undo(ctx, again, nil) }, "enterprise")
		step("a batch in two registers", func() error {
			return r.Together(ctx, nil, func(ctx context.Context) error {
				if _, _, err := r.Import(ctx, r.file("p.csv", "姓名,人员类别", "褚十,expert"), layout.Options{Register: "person"}, nil); err != nil {
					return err
				}
				_, _, err := r.Import(ctx, r.file("c.csv", "载体编号,载体名称,载体类别", "Z2,丙孵化器,孵化器"), carrier, nil)
				return err
			})
		}, "carrier", "person")
		step("all derived again", func() error { _, err := r.Rederive(ctx, nil); return err }, "carrier", "enterprise", "person")
	})
}
