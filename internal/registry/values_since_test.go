package registry_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"eyas/internal/registry/intake"
)

// The values that an attribute has had since a time are those that a reader would have seen who looked after every write: files and
// what takes them back, corrections, merges and what takes them back, whether or not anybody looked.
func TestValuesSince(t *testing.T) {
	both(t, func(r *rig) {
		ctx := context.Background()
		head := "统一社会信用代码,企业名称,法定代表人"
		runs := 0
		rapid.Check(r.t.(*testing.T), func(t *rapid.T) {
			if runs++; runs > 12 {
				return
			}
			a, b := code(2*runs), code(2*runs+1)
			type seen struct {
				after time.Time
				value string
			}
			var history []seen
			first := fmt.Sprintf("%d.csv", runs)
			r.take(r.file(first, head, fmt.Sprintf("%s,甲公司%d,张三", a, runs), fmt.Sprintf("%s,乙公司%d,李四", b, runs)), enterprise)
			subject, other := r.one(a).Subject, r.one(b).Subject
			look := func() {
				p, err := r.Profile(ctx, subject)
				if err != nil {
					t.Fatal(err)
				}
				value := ""
				if v := p.Value("representative"); v != nil && !p.Gone {
					value = v.Str
				}
				history = append(history, seen{r.now, value})
			}
			look()
			var imports []int64
			var merges []int64
			for i := range rapid.IntRange(1, 7).Draw(t, "steps") {
				name := rapid.SampledFrom([]string{"张三", "李四", "王五", ""}).Draw(t, "name")
				switch rapid.IntRange(0, 5).Draw(t, "step") {
				case 0:
					_, id := r.take(r.file(fmt.Sprintf("%d-%d.csv", runs, i), head, fmt.Sprintf("%s,甲公司%d,%s", a, runs, name), fmt.Sprintf("%s,乙公司%d,王五", b, runs)), enterprise)
					if id != 0 { // the same file twice is no import
						imports = append(imports, id)
					}
				case 1:
					if len(imports) > 0 {
						r.undo(imports[len(imports)-1])
						imports = imports[:len(imports)-1]
					}
				case 2, 3:
					e := intake.Entry{Register: "enterprise", Subject: subject, Source: "correction", Form: "表单", Reason: "核对"}
					if name == "" {
						e.Void = []string{"representative"}
					} else {
						e.Values = map[string]string{"representative": name}
					}
					if id, _, err := r.Enter(ctx, e); err == nil && id != 0 {
						imports = append(imports, id)
					}
				case 4:
					if len(merges) == 0 {
						id, err := r.Merge(ctx, other, subject, "试")
						if err != nil {
							t.Fatal(err)
						}
						merges = append(merges, id)
					}
				default:
					if len(merges) > 0 {
						if err := r.Unmerge(ctx, merges[0]); err != nil {
							t.Fatal(err)
						}
						merges = nil
					}
				}
				look()
			}
			for from := range history {
				var want []string
				for _, s := range history[from:] {
					want = append(want, s.value)
				}
				got, err := r.ValuesSince(ctx, subject, "representative", history[from].after)
				if err != nil {
					t.Fatal(err)
				}
				if got, want := slices.Compact(got), slices.Compact(want); !slices.Equal(got, want) {
					t.Fatalf("since look %d: %q instead of %q", from, got, want)
				}
			}
			now, change, err := r.ValueNow(ctx, subject, "representative")
			if p, bad := r.Profile(ctx, subject); err != nil || bad != nil || now != history[len(history)-1].value || change != p.Change {
				t.Fatal(now, change, err, bad)
			}
		})
	})
}
