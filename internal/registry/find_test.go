package registry_test

import (
	"testing"

	"eyas/internal/fault"
)

// The code of a subject that was merged into another finds that other one, in the register that is asked.
func TestFindIn(t *testing.T) {
	both(t, func(r *rig) {
		ctx := t.Context()
		r.take(r.file("a.csv", "统一社会信用代码,企业名称", code(1)+",甲公司", code(2)+",乙公司"), enterprise)
		from, into := r.one(code(1)).Subject, r.one(code(2)).Subject
		id, err := r.Merge(ctx, from, into, "")
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{code(1), code(2), "乙公司"} {
			if refs, err := r.FindIn(ctx, "enterprise", text); err != nil || len(refs) != 1 || refs[0].Subject != into {
				t.Errorf("%s finds %v, %v", text, refs, err)
			}
		}
		if refs, err := r.FindIn(ctx, "carrier", "乙公司"); err != nil || len(refs) != 0 {
			t.Errorf("in another register: %v, %v", refs, err)
		}
		if _, err := r.FindIn(ctx, "none", "乙公司"); fault.Of(err) != fault.Invalid {
			t.Errorf("in no register: %v", err)
		}
		if err := r.Unmerge(ctx, id); err != nil {
			t.Fatal(err)
		}
		if refs, err := r.FindIn(ctx, "enterprise", code(1)); err != nil || len(refs) != 1 || refs[0].Subject != from {
			t.Errorf("after the merge was taken back: %v, %v", refs, err)
		}
	})
}
